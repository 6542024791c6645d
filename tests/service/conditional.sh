# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Conditional and immediate mediation: what is here now is offered, beside one prompt or at once.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

conditional_conf() {
	keys_conf '[service both]' 'mediation = conditional' "$@"
	webcred_service both
}

# behaviours 18 and 32: what is present is offered, and does not block the other ways in
test_conditional_offers_what_is_present() {
	conditional_conf 'timeout = 20'
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key blue touch=wait
	drive alice both --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 1 '
	key_saw blue '^cancel-received$'
	logged 'get granted .*type=password'
	key blue touch=auto
	drive alice both --answer '' authenticate # touched, and Enter
	is "$CODE" PAM_SUCCESS
	logged 'get granted .*type=public-key'
	key_unplug blue
	drive alice both --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
}

# behaviours 32 and 38: the prompt names what the order and the place allow, whoever asks
test_conditional_says_what_can_be_done() {
	conditional_conf 'timeout = 1'
	drive bob both --answer x authenticate
	says "$OUT" 'Touch your security key and press Enter, or type a password or a one-time code\."$'
	drive bob both --rhost 192.0.2.1 --answer x authenticate
	says "$OUT" 'TEXT_INFO "Type a password or a one-time code\."$'
	webcred_service keyonly get=public-key mediation=conditional
	drive bob keyonly authenticate
	says "$OUT" 'Touch your security key and press Enter\."$'
	drive bob keyonly --rhost 192.0.2.1 authenticate
	is "$CODE" PAM_AUTH_ERR
	says_not "$OUT" '^conv '
}

# behaviours 27 and 32: never null at once, with nothing enrolled as with something
test_conditional_is_never_null_at_once() {
	conditional_conf
	drive bob both --answer 'anything' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 '
	drive bob both --answer 'anything' 'authenticate(silent)'
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 '
}

# behaviours 27, 60 and 61: bounded in time all the same; running out is NotAllowedError
test_conditional_ends_with_its_time() {
	conditional_conf 'timeout = 1'
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key blue touch=wait
	(
		sleep 2
		: >"$SANDBOX/tmp/go"
	) &
	drive alice both --hold "$SANDBOX/tmp/go" --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
	key_saw blue '^cancel-received$'
	no_helper_left
}

# behaviours 34 and 63: what is here now, or the end, at once
test_immediate() {
	keys_conf
	webcred_service now get=public-key mediation=immediate
	drive alice now authenticate
	is "$CODE" PAM_AUTHINFO_UNAVAIL
	key_plug blue
	enrol_key alice blue
	drive alice now authenticate
	is "$CODE" PAM_SUCCESS
	key_unplug blue
	drive alice now authenticate
	is "$CODE" PAM_AUTHINFO_UNAVAIL
	says "$OUT" '^prompts 0 '
	quick
}

run_tests
