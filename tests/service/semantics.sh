# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The credential model's promises that other files do not hold already; tests/semantics/index has all.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@" 2>&1
}

# silently USER SERVICE PASSWORD: CODE of a login that may not ask, with a password that another
# module has collected.  PAM_AUTHINFO_UNAVAIL: the prevent-silent-access flag is set.
silently() {
	service "$2" <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password use_first_pass mediation=silent
		account required pam_webcred.so
	END
	drive "$1" "$2" --answer "$3" authenticate acct_mgmt
	webcred_service "$2" get=password
}

flag_is_set() {
	silently "$@"
	is "$CODE" PAM_AUTHINFO_UNAVAIL "silent login of $1 to $2"
}

flag_is_clear() {
	silently "$@"
	is "$CODE" PAM_SUCCESS "silent login of $1 to $2"
}

# ---- the flag -----------------------------------------------------------------------

# behaviours 2 and 3: for each account and service; set until acct_mgmt clears it
test_flag_is_cleared_by_acct_mgmt_alone() {
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	flag_is_set alice desk 'correct horse'
	drive alice desk --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	flag_is_set alice desk 'correct horse'
	granted alice desk 'correct horse'
	flag_is_clear alice desk 'correct horse'
	flag_is_set alice door 'correct horse'
	flag_is_set bob desk 'battery staple'
}

# behaviour 3: a silent login clears nothing, and neither does one that was refused
test_only_a_mediated_login_clears_the_flag() {
	enrol_password alice 'correct horse'
	flag_is_set alice desk 'correct horse'
	flag_is_set alice desk 'correct horse'
	login alice desk 'wrong'
	flag_is_set alice desk 'correct horse'
}

# behaviour 3: never on the user socket
test_login_on_the_user_socket_leaves_the_flag() {
	enrol_password alice 'correct horse'
	webcred_service webcred
	OUT=$(as alice credrive -u alice --answer 'correct horse' get)
	says "$OUT" '^granted '
	OUT=$(as alice pamdrive -u alice -s webcred -c "$PAMD" --answer 'correct horse' authenticate acct_mgmt)
	says "$OUT" '^authenticate PAM_SUCCESS'
	flag_is_set alice webcred 'correct horse'
}

# behaviour 3: purging sets it again
test_purging_an_account_sets_the_flag() {
	enrol_password alice 'correct horse'
	granted alice desk 'correct horse' 2>/dev/null || :
	webcred_service desk get=password
	granted alice desk 'correct horse'
	flag_is_clear alice desk 'correct horse'
	webcred remove --all --user alice --yes || fail "cannot remove alice"
	enrol_password alice 'correct horse'
	flag_is_set alice desk 'correct horse'
}

# closes SERVICE USER [OPTION...]: a session of it ends, and the program is told that all is well.
closes() {
	local name=$1 user=$2
	shift 2
	drive "$user" "$name" "$@" open_session close_session
	says "$OUT" '^close_session PAM_SUCCESS'
	says "$OUT" 'prompts 0 texts 0'
}

# behaviour 56: by the authority's list alone, and for that person and service alone
test_close_of_a_session_of_a_listed_service_sets_the_flag() {
	conf <<<$'[webcred]\nprevent_on_close = desk other-desk'
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	webcred_service desk get=password
	webcred_service door get=password
	granted alice desk 'correct horse'
	granted alice door 'correct horse'
	granted bob desk 'battery staple'
	closes door alice
	flag_is_clear alice door 'correct horse'
	flag_is_clear alice desk 'correct horse'
	closes desk alice
	logged 'prevent-silent-access done user="alice" service="desk"'
	flag_is_set alice desk 'correct horse'
	flag_is_clear alice door 'correct horse'
	flag_is_clear bob desk 'battery staple'
	granted alice desk 'correct horse'
	closes desk nobodyhere # who is unknown is no trouble
	flag_is_clear alice desk 'correct horse'
}

# behaviour 56: of no service, as it is shipped; and no caller who is not root says that one closed
test_close_of_a_session_sets_no_flag_by_default() {
	enrol_password alice 'correct horse'
	webcred_service desk get=password
	granted alice desk 'correct horse'
	closes desk alice
	flag_is_clear alice desk 'correct horse'
	conf <<<$'[webcred]\nprevent_on_close = desk'
	OUT=$(as alice pamdrive -u alice -s desk -c "$PAMD" close_session)
	says "$OUT" '^close_session PAM_SUCCESS'
	flag_is_clear alice desk 'correct horse'
}

test_close_of_a_session_waits_for_no_authority() {
	conf <<<$'[webcred]\nprevent_on_close = desk'
	enrol_password alice 'correct horse'
	webcred_service desk get=password
	authority_stop
	closes desk alice
	says "$OUT" '^close_session PAM_SUCCESS [0-9]{1,3}\.' "how long it took"
	service desk <<<'session required pam_webcred.so no-such-option'
	drive alice desk close_session
	says "$OUT" '^close_session PAM_SUCCESS'
}

# behaviour 33: the word `required` leaves it as it is; required by the host's flags is no such word
test_required_leaves_the_flag() {
	enrol_password alice 'correct horse'
	webcred_service desk get=password mediation=required
	granted alice desk 'correct horse'
	flag_is_set alice desk 'correct horse'
	drive alice desk --answer 'correct horse' 'authenticate(disallow_null)' acct_mgmt
	flag_is_clear alice desk 'correct horse'
	webcred_service desk get=password mediation=required
	granted alice desk 'correct horse'
	flag_is_clear alice desk 'correct horse' # nor does it set it
}

# behaviour 56: sets it, may be repeated, one service or all, and leaves the keys alone
test_prevent_silent_access() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	webcred_service desk get=password
	webcred_service door get=password
	granted alice desk 'correct horse'
	granted alice door 'correct horse'
	for _ in 1 2; do
		webcred prevent-silent-access --user alice --service desk || fail "cannot prevent it"
		flag_is_set alice desk 'correct horse'
		flag_is_clear alice door 'correct horse'
	done
	webcred prevent-silent-access --user alice || fail "cannot prevent it everywhere"
	flag_is_set alice door 'correct horse'
	is "$(credentials alice)" 2 "credentials"
	drive alice "$SERVICE" authenticate acct_mgmt
	is "$CODE" PAM_SUCCESS "by the key"
}

# ---- checks, in their order --------------------------------------------------------------

# behaviours 6 and 21: a service that is not the caller's to name, words that are not his to say
test_context_is_not_the_callers_to_say() {
	enrol_password alice 'correct horse'
	OUT=$(as alice credrive -u alice --service sudo --answer 'correct horse' get)
	says "$OUT" '^result NotAllowedError.*unprivileged_services'
	says_not "$OUT" '^ask'
	OUT=$(as alice credrive -u alice --answer 'correct horse' get password)
	says "$OUT" '^result SecurityError'
	OUT=$(as alice credrive -u alice --mediation optional --answer 'correct horse' get)
	says "$OUT" '^result SecurityError'
	OUT=$(as alice credrive -u alice --answer 'correct horse' get)
	says "$OUT" '^granted .*type=password'
}

# behaviours 16, 17 and 4: ahead of every question, whoever it is about
test_types_are_checked_before_anybody_is_asked() {
	local user
	enrol_password alice 'correct horse'
	for user in alice bob nobodyhere; do
		OUT=$(credrive -u $user -U 5001 get ' ')
		says "$OUT" '^result NotSupportedError' "no type for $user"
		OUT=$(credrive -u $user -U 5001 get 'otp,password')
		says "$OUT" '^result NotSupportedError.*stands alone' "two types for $user"
		says_not "$OUT" '^ask'
	done
	OUT=$(credrive -u alice --mediation immediate get ' ')
	says "$OUT" '^result NotSupportedError' "ahead of what the type can"
}

# behaviour 19
test_immediate_with_a_type_that_cannot() {
	enrol_password alice 'correct horse'
	OUT=$(credrive -u alice --mediation immediate --answer 'correct horse' get password)
	says "$OUT" '^result TypeError.*immediate'
	says_not "$OUT" '^ask'
	OUT=$(credrive -u alice --mediation immediate get 'public-key otp')
	says "$OUT" '^result TypeError.*otp'
}

# ---- chooser ------------------------------------------------------------------------------

chooser_conf() {
	keys_conf '[service pick]' 'chooser = yes' "$@"
	webcred_service pick
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
}

# behaviours 10, 25, 29 and 36: service and host, every usable credential, in the order of the types
test_chooser_lists_what_can_be_used() {
	chooser_conf
	enrol_hotp alice
	webcred_service pick
	drive alice pick --answer 3 --answer 'correct horse' authenticate acct_mgmt
	is "$CODE" PAM_SUCCESS
	says "$OUT" "Log in to pick on $(hostname) with"
	is "$(grep -oE '^  [0-9]+  .*' <<<"$OUT")" $'  1  security key "blue"\n  2  one-time code\n  3  password' "the list"
	drive alice pick --answer 2 --answer "$(hotp "$SEED" 1)" authenticate
	is "$CODE" PAM_SUCCESS
	drive alice pick --answer '' authenticate # Enter: the first
	is "$CODE" PAM_SUCCESS
	logged 'credential="blue"'
	webcred_service pick "[get=password otp]"
	drive alice pick --answer 1 --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS
	is "$(grep -oE '^  [0-9]+  .*' <<<"$OUT")" $'  1  password\n  2  one-time code' "the list by another order"
}

# behaviour 36: nothing to choose, nothing shown; and 38: nor to who has nothing
test_chooser_is_left_out_where_there_is_one_way() {
	chooser_conf
	enrol_password bob 'battery staple'
	drive bob pick --answer 'battery staple' authenticate
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 1 '
	drive carol pick --answer 'battery staple' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 '
}

# behaviours 25 and 26: null, and the exception of what was chosen ends the request
test_what_was_chosen_decides() {
	chooser_conf 'timeout = 2'
	key blue touch=refuse
	drive alice pick --answer 1 --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 ' # no password was asked for instead
	drive alice pick --answer 7 --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 '
	drive alice pick --answer 2x --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
}

# behaviours 25 and 26: the key that was chosen and no other, and nothing behind it in the order
test_another_way_than_the_chosen_one_is_left_alone() {
	local red blue_before
	chooser_conf
	key_unplug blue
	key_plug red
	enrol_key alice red
	key_plug blue
	drive alice pick --answer x authenticate
	red=$(sed -n 's/^.*  \([0-9]\)  security key "red".*/\1/p' <<<"$OUT")
	[ -n "$red" ] || fail "no red key in the list: $OUT"
	blue_before=$(key_log blue | grep -cE 'touch-wait|up=1')
	mark
	drive alice pick --answer "$red" authenticate
	is "$CODE" PAM_SUCCESS
	logged 'get granted .*credential="red"'
	is "$(key_log blue | grep -cE 'touch-wait|up=1')" "$blue_before" "what the blue key was asked to be touched for"
	enrol_hotp alice
	webcred_service pick '[get=otp [NOTALLOWED=continue\] password]'
	drive alice pick --answer 1 --answer "$(wrong "$(hotp "$SEED" 1)")" --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 2 ' # the choice and the code
}

# behaviour 10: a label is shown as it is, and no control character ever is
test_labels_hold_no_control_characters() {
	keys_conf
	key_plug blue
	OUT=$(webcred create public-key --user alice --label $'a\e[2Jb' 2>&1 </dev/null) && fail "an escape in a label"
	is "$(credentials alice)" 0 "what alice has"
	enrol_key alice 'büro'
	drive alice "$SERVICE" authenticate
	says "$OUT" 'Touch the key labelled büro'
}

# ---- store, create --------------------------------------------------------------------------------

# behaviour 50: in chauthtok the new one wins, and later modules get it
test_new_password_wins_over_the_current_one() {
	enrol_password alice 'correct horse'
	webcred_service change get=password
	drive alice change --answer 'correct horse' --answer 'battery staple' --answer 'battery staple' \
		'chauthtok(expired)'
	says "$OUT" '^chauthtok\(expired\) PAM_SUCCESS'
	granted alice password 'battery staple'
	refused alice password 'correct horse'
	is "$(credentials alice)" 1 "passwords"
}

# behaviour 59: the rpId is the stored one, whatever the configuration says later
test_rp_id_is_fixed_at_first_start() {
	authority_stop
	rm -rf /var/lib/webcred
	mkdir -m 0700 /var/lib/webcred
	keys_begin
	for name in first.example second.example; do
		conf <<-END
			[webcred]
			rp_id = $name
			locality_unknown = local
			[devices]
			device = /dev/webcred-blue
		END
		logged "ready: rp_id=first.example"
		mark
	done
	key_plug blue
	enrol_key alice blue
	key_saw blue 'make-credential .*first\.example'
	key_saw_not blue 'second\.example'
}

# behaviour 58: in the configuration; the log names the line
test_rp_id_has_to_be_a_name() {
	local name
	enrol_password alice 'correct horse'
	for name in 192.0.2.1 '[::1]' -host.example host.example:443 'a b' 'a..b'; do
		mark
		install -d /etc/webcred
		printf '[webcred]\nrp_id = %s\n' "$name" >/etc/webcred/webcred.conf
		login alice password 'correct horse'
		is "$CODE" PAM_PERM_DENIED "rp_id = $name"
		logged 'rp_id.*no domain name'
	done
}

# behaviour 77: the same rpId and user.id overwrite a discoverable credential on the key
test_discoverable_credential_is_overwritten() {
	keys_conf
	key_plug blue
	enrol_key alice blue --resident
	says "$(key blue status)" 'residents=1'
	webcred remove blue --user alice --yes || fail "cannot remove it"
	enrol_key alice blue --resident
	says "$(key blue status)" 'residents=1'
	enrol_key bob blue --resident # another account, another handle
	says "$(key blue status)" 'residents=2'
}

# behaviour 35: offered after a login that asked, to who has none; never after a silent one, and
# creating without having shown who one is is NotAllowedError
test_enrolment_is_offered_after_a_mediated_login() {
	conf <<-END
		[service desk]
		offer = public-key otp
	END
	webcred_service desk get=password
	enrol_password alice 'correct horse'
	granted alice desk 'correct horse'
	says "$OUT" 'TEXT_INFO "You have none of these enrolled yet: public-key otp\.'
	flag_is_clear alice desk 'correct horse'
	says_not "$OUT" 'enrolled yet'
	drive alice desk --answer 'correct horse' authenticate 'acct_mgmt(silent)'
	says "$OUT" '^prompts 1 texts 0'
	OUT=$(as alice credrive -u alice --answer 'wrong' totp)
	says "$OUT" '^result NotAllowedError'
	enrol_totp alice
	granted alice desk 'correct horse'
	says "$OUT" '^prompts 1 texts 0'
}

# behaviour 35: where a service demands it, the account step does
test_required_credentials() {
	conf <<-END
		[service desk]
		required_credentials = public-key otp
	END
	webcred_service desk get="password"
	enrol_password alice 'correct horse'
	enrol_recovery alice # stands in for others, and is none
	drive alice desk --answer 'correct horse' authenticate acct_mgmt
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^acct_mgmt PAM_AUTH_ERR'
	says "$OUT" 'ERROR_MSG "desk wants one of these enrolled first: public-key otp\.'
	logged 'settle refused user="alice"'
	flag_is_set alice desk 'correct horse'
	enrol_totp alice
	granted alice desk 'correct horse'
}

# behaviour 78: with a list of models a key has to attest, and to be on it
test_models_of_keys() {
	keys_begin
	conf <<-END
		[webcred]
		locality_unknown = local
		[devices]
		device = /dev/webcred-blue
		models = 77656263-7265-6420-736f-66746b657921 00000000000000000000000000000001
	END
	key_plug blue --attestation=basic
	enrol_key alice blue # "webcred softkey!", by its name
	key_unplug blue
	rm "$KEYS/blue.state"
	key_plug blue --attestation=basic --aaguid=0123456789abcdef0123456789abcdef
	OUT=$(webcred create public-key --user alice --label other 2>&1 </dev/null) && fail "another model was enrolled"
	says "$OUT" 'model: not one of'
	key_unplug blue
	rm "$KEYS/blue.state"
	key_plug blue --attestation=none
	OUT=$(webcred create public-key --user alice --label silent 2>&1 </dev/null) && fail "a key that attests nothing was enrolled"
	is "$(credentials alice)" 1 "keys"
}

# behaviours 37 and 80: a person lists, renames and removes her own
test_a_person_looks_after_her_own() {
	local id
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	id=$(as alice credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) .*/\1/p')
	is "$(wc -w <<<"$id")" 1 "how many alice sees"
	OUT=$(as alice credrive -u alice --answer 'correct horse' rename "$id" mine)
	says "$(as alice credrive -u alice list)" 'label=mine$'
	OUT=$(as alice credrive -u alice --answer 'correct horse' remove "$id")
	says "$OUT" '^result success'
	is "$(credentials alice)" 0 "what alice has"
	is "$(credentials bob)" 1 "what bob has"
}

run_tests
