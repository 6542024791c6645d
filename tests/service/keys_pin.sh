# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Security keys that verify their person: PIN, fingerprint, and the tries that are theirs to spend.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# enrol_by_pin USER LABEL PIN [OPTION...]: on a terminal, where the key asks for its PIN.
enrol_by_pin() {
	local user=$1 label=$2 pin=$3
	shift 3
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" "$pin" -- \
		webcred create public-key --user "$user" --label "$label" "$@" 2>&1 </dev/null) ||
		fail "cannot enrol the key $label: $OUT"
}

# A key with the PIN 2718, verification required, and a password to fall back to.
begin_required() {
	keys_conf 'user_verification = required' "$@"
	key_plug blue --pin=2718
	enrol_by_pin alice blue 2718 --user-verification required
	enrol_password alice 'correct horse'
	key_log_clear blue
}

# behaviour 64
test_in_by_touch_and_pin() {
	begin_required
	granted alice "$SERVICE" 2718
	says "$OUT" 'conv ECHO_OFF "PIN of the key labelled blue \(8 tries left\): "'
	says "$OUT" 'Touch the key labelled blue'
	says "$OUT" '^prompts 1 '
	key_saw blue '^pin-right$'
	key_saw blue 'get-assertion .*up=1 .*pin=1'
	is "$(key_retries blue)" 8 "tries left"
}

# One PIN try a login, and the person is told how many are left.
test_wrong_pin() {
	local left
	begin_required
	for left in 7 6; do
		key_log_clear blue
		drive alice "$SERVICE" --answer 3141 --answer 2718 --answer 'correct horse' authenticate
		is "$CODE" PAM_AUTH_ERR
		says "$OUT" "ERROR_MSG \"Wrong PIN: $left tries left\.\""
		says "$OUT" '^prompts 1 ' "one prompt, and nothing behind it"
		is "$(key_retries blue)" "$left" "tries left"
		is "$(key_log blue | grep -c '^pin-wrong')" 1 "PIN tries spent"
		logged 'get refused user="alice" .*reason="wrong PIN'
	done
	granted alice "$SERVICE" 2718
	says "$OUT" '6 tries left'
	is "$(key_retries blue)" 8 "tries left"
}

# What cannot be a PIN costs none of them, and is told by its name.
test_impossible_pin_costs_no_try() {
	begin_required
	refused alice "$SERVICE" 12
	says "$OUT" 'ERROR_MSG "PIN too short for this key\. No try was spent\."'
	logged 'get refused user="alice" .*reason="PIN too short'
	refused alice "$SERVICE" 'correct horse battery staple correct horse battery staple correct'
	says "$OUT" 'ERROR_MSG "PIN too long'
	is "$(key_retries blue)" 8 "tries left"
	key_saw_not blue pin-wrong
}

# ---- more tries than one, where they are configured ------------------------------------

# For the service that says so, and with the tries left told each time.
test_second_try_where_it_is_configured() {
	begin_required '[service two]' 'pin_tries = 2'
	webcred_service two
	granted alice two 3141 2718
	says "$OUT" 'conv ECHO_OFF "PIN of the key labelled blue \(8 tries left\): "'
	says "$OUT" 'conv ECHO_OFF "Wrong PIN\. PIN of the key labelled blue \(7 tries left\): "'
	says "$OUT" '^prompts 2 '
	is "$(key_retries blue)" 8 "tries left"
	granted alice two 12 2718
	says "$OUT" '"Too short for its PIN\. PIN of the key labelled blue \(8 tries left\): "'
	# ... and no third one, nor what comes next in the order
	drive alice two --answer 3141 --answer 3142 --answer 2718 --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" 'ERROR_MSG "Wrong PIN: 6 tries left\."'
	says "$OUT" '^prompts 2 '
	is "$(key_retries blue)" 6 "tries left"
	granted alice two 2718
	drive alice "$SERVICE" --answer 3141 --answer 2718 authenticate # one, for every other
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 '
}

# A program that gives its one answer to every prompt spends one, however many there are.
test_the_same_answer_again_costs_no_try() {
	begin_required 'pin_tries = 3'
	drive alice "$SERVICE" --answer 'correct horse' --answer 'correct horse' --answer 'correct horse' \
		--answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 2 '
	logged 'get refused user="alice" .*reason="wrong PIN: the same one again'
	is "$(key_retries blue)" 7 "tries left"
	is "$(key_log blue | grep -c '^pin-wrong')" 1 "PIN tries spent"
}

# ... and none where it is known for that.
test_one_answer_costs_no_try_however_many_are_configured() {
	begin_required 'pin_tries = 3'
	webcred_service swaylock
	drive alice swaylock --answer 'correct horse' --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 1 '
	key_saw_not blue 'pin-wrong|pin-right'
}

test_three_tries_in_one_login() {
	begin_required 'pin_tries = 3'
	granted alice "$SERVICE" 3141 3142 2718
	says "$OUT" '^prompts 3 '
	drive alice "$SERVICE" --answer 3141 --answer 3142 --answer 3143 authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "a wrong PIN was taken"
	says "$OUT" 'Unplug the key and plug it in again'
	is "$(key_retries blue)" 5 "tries left"
}

# The last two want their yes in the middle of a login as well.
test_last_tries_are_not_spent_by_a_second_try() {
	begin_required 'pin_tries = 3'
	key blue pin-retries=3
	drive alice "$SERVICE" --answer 3141 --answer 2718 --answer 2718 --answer 2718 authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" 'conv ECHO_ON "Wrong PIN\. Only 2 tries are left for the PIN of this key'
	says "$OUT" '^prompts 2 '
	is "$(key_retries blue)" 2 "tries left"
	key blue pin-retries=3
	granted alice "$SERVICE" 3141 yes 2718
	is "$(key_retries blue)" 8 "tries left"
}

# A key has the hash of the composed form; a terminal may send the other (CTAP 2.1, 6.5.1).
test_pin_typed_in_decomposed_form() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue pin=$'caf\xc3\xa9'
	keys_conf_again 'user_verification = required'
	key_log_clear blue
	granted alice "$SERVICE" $'cafe\xcc\x81'
	granted alice "$SERVICE" $'caf\xc3\xa9'
	key_saw_not blue 'pin-wrong'
	refused alice "$SERVICE" $'cae\xcc\x81' # three characters, once composed
	says "$OUT" 'PIN too short'
	key_saw_not blue 'pin-wrong'
}

# A login password typed into a PIN prompt burns tries, eight of them kill the key.
test_password_is_never_tried_as_a_pin() {
	sanitized && skip "pam_unix calls crypt(3), which the sanitizer's own wrapper does not find"
	begin_required
	printf 'alice:27182718\n' | chpasswd
	service cached <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=public-key use_first_pass
		account required pam_webcred.so
	END
	drive alice cached --answer 2718 --answer 2718 authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "a password was taken for a PIN"
	says "$OUT" '^prompts 1 '
	service cached <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so try_first_pass
		account required pam_webcred.so
	END
	drive alice cached --answer 3141 authenticate # the key's own prompt has no answer
	[ "$CODE" != PAM_SUCCESS ] || fail "a password was taken for a PIN"
	is "$(key_retries blue)" 8 "tries left"
	key_saw_not blue 'pin-wrong|pin-right'
}

test_declined_pin_prompt_costs_no_try() {
	begin_required
	drive alice "$SERVICE" authenticate # no answer at all
	is "$CODE" PAM_CONV_ERR
	refused alice "$SERVICE" ''
	is "$(key_retries blue)" 8 "tries left"
	key_saw_not blue 'pin-wrong|touch-wait'
	no_helper_left
	granted alice "$SERVICE" 2718
}

# Not its fault: the next way in is offered.
test_blocked_pin_is_explained() {
	begin_required
	key blue block-pin
	granted alice "$SERVICE" 'correct horse'
	says "$OUT" 'The PIN of this key is blocked'
	says "$OUT" '^prompts 1 '
}

# The last two tries of a key are spent by nobody who does not say so: a lock screen that
# answers whatever is asked with the login password does not.
test_last_tries_are_spent_on_request_alone() {
	local left
	begin_required
	for left in 2 1; do
		key blue pin-retries=$left
		drive alice "$SERVICE" --answer 'correct horse' --answer 'correct horse' authenticate
		is "$CODE" PAM_SUCCESS # by what comes next in the order
		says "$OUT" "conv ECHO_ON \"Only $left tr[a-z]+ (is|are) left for the PIN of this key"
		says_not "$OUT" 'PIN of the key labelled'
		is "$(key_retries blue)" $left "tries left"
	done
	granted alice "$SERVICE" yes 2718
	is "$(key_retries blue)" 8 "tries left"
}

test_last_try_blocks_and_says_so() {
	begin_required
	key blue pin-retries=1
	refused alice "$SERVICE" yes 3141
	says "$OUT" '\(1 try left\)'
	says "$OUT" 'Wrong PIN\. The key is blocked now and must be reset'
	says "$OUT" '^prompts 2 '
	is "$(key_retries blue)" 0 "tries left"
}

test_three_in_a_row_want_the_key_unplugged() {
	begin_required
	refused alice "$SERVICE" 3141
	refused alice "$SERVICE" 3141
	drive alice "$SERVICE" --answer 3141 authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "a wrong PIN was taken"
	says "$OUT" 'Unplug the key and plug it in again'
	key_unplug blue
	key_plug blue
	granted alice "$SERVICE" 2718
}

test_key_without_a_pin_is_explained() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	keys_conf_again 'user_verification = required'
	granted alice "$SERVICE" 'correct horse'
	says "$OUT" 'This key has no PIN yet, and one is required'
	key_saw_not blue 'up=1|touch-wait'
}

test_pin_that_must_be_changed_is_explained() {
	begin_required
	key blue force-pin-change
	granted alice "$SERVICE" 'correct horse'
	says "$OUT" 'PIN of this key must be changed'
}

# Required: a signature without the UV bit is a lie, whatever PIN was right.
test_verification_that_is_not_in_the_signature() {
	begin_required
	key blue lie=no-uv
	refused alice "$SERVICE" 2718
	logged 'get refused user="alice" .*user not verified'
}

test_fingerprint() {
	keys_conf 'user_verification = required'
	key_plug blue --uv=ok
	enrol_key alice blue
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" 'Put your finger on the key labelled blue'
	key_saw blue '^uv-right$'
}

test_fingerprint_that_is_not_recognised() {
	keys_conf 'user_verification = required'
	key_plug blue --uv=ok
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key blue uv=fail
	refused alice "$SERVICE" 'correct horse'
	key_saw blue '^uv-wrong'
	key_saw_not blue '^touch-wait$' # never without the finger
}

# Preferred and discouraged ask for no PIN where the key does not insist.
test_not_required() {
	begin_required
	keys_conf_again 'user_verification = preferred'
	granted alice "$SERVICE"
	says "$OUT" '^prompts 0 '
	keys_conf_again 'user_verification = discouraged'
	granted alice "$SERVICE"
	says "$OUT" '^prompts 0 '
	key blue always-uv=on
	granted alice "$SERVICE" 2718
	says "$OUT" '^prompts 1 '
}

test_old_pin_protocol() {
	keys_conf 'user_verification = required'
	key_plug blue --pin=2718 --versions=FIDO_2_0 --pin-protocols=1
	enrol_by_pin alice blue 2718
	granted alice "$SERVICE" 2718
	refused alice "$SERVICE" 3141
	is "$(key_retries blue)" 7 "tries left"
}

# Adding a key is a change: it wants a proof as strong as the strongest key, a verified one.
test_second_key_needs_a_verified_proof() {
	begin_required
	webcred_service webcred
	key_plug red
	key red touch=wait # the new one
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- expect "$WEBCRED_TOOLS/answer.exp" \
		3141 -- webcred create public-key --label red 2>&1 </dev/null) && fail "enrolled: $OUT"
	says "$OUT" 'PIN of the key labelled blue'
	is "$(credentials alice)" 2 "credentials"
	is "$(key_retries blue)" 7 "tries left"
}

run_tests
