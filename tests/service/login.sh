# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Every type of credential: right, wrong, replayed, not enrolled; through PAM itself.
. "$WEBCRED_TOP/tests/support/lib.sh"

test_right_password_lets_in() {
	enrol_password alice 'correct horse'
	granted alice "$SERVICE" 'correct horse'
	says "$OUT" '^conv ECHO_OFF "Password: "$' # sudo -p replaces exactly this
	logged 'get granted'
}

test_wrong_password_is_refused() {
	enrol_password alice 'correct horse'
	refused alice "$SERVICE" 'correct horsf'
	says "$OUT" '^prompts 1 ' # one prompt per secret per call, never a loop
	logged 'get refused'
	log_since | grep -q 'correct hors' && fail "the log holds the password"
	granted alice "$SERVICE" 'correct horse'
}

test_password_of_another_account_is_refused() {
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	refused alice "$SERVICE" 'battery staple'
}

test_right_totp_lets_in_one_step_ahead() {
	enrol_totp alice
	granted alice "$SERVICE" "$(totp "$SEED" 1)"
}

# behaviour 81
test_totp_is_taken_once() {
	local code
	enrol_totp alice
	code=$(totp "$SEED" 1)
	granted alice "$SERVICE" "$code"
	mark
	refused alice "$SERVICE" "$code"
	logged 'get refused.*(used before|replay|already)'
}

test_totp_of_enrolment_is_used_up() {
	enrol_totp alice
	refused alice "$SERVICE" "$(totp "$SEED" -1)"
	refused alice "$SERVICE" "$(totp "$SEED" 0)"
}

test_wrong_totp_is_refused() {
	enrol_totp alice
	refused alice "$SERVICE" "$(wrong "$(totp "$SEED" 1)")"
	refused alice "$SERVICE" "$(totp "$SEED" 40)"
}

test_totp_sha256_with_8_digits() {
	enrol_totp alice sha256 8
	granted alice "$SERVICE" "$(totp "$SEED" 1 sha256 8)"
	refused alice "$SERVICE" "$(totp "$SEED" 1 sha256 6)"
}

test_totp_sha512_with_7_digits() {
	enrol_totp alice sha512 7
	granted alice "$SERVICE" "$(totp "$SEED" 1 sha512 7)"
}

# behaviour 81
test_hotp_lets_in_and_only_rises() {
	enrol_hotp alice
	granted alice "$SERVICE" "$(hotp "$SEED" 1)"
	refused alice "$SERVICE" "$(hotp "$SEED" 1)"
	refused alice "$SERVICE" "$(hotp "$SEED" 0)"
	granted alice "$SERVICE" "$(hotp "$SEED" 4)" # three button presses into the air
	refused alice "$SERVICE" "$(hotp "$SEED" 3)"
	granted alice "$SERVICE" "$(hotp "$SEED" 5)"
}

# RFC 4226, section 7.4: far away, two codes in a row prove the device.
test_hotp_resynchronises_with_two_codes_in_a_row() {
	enrol_hotp alice
	refused alice "$SERVICE" "$(hotp "$SEED" 40)"
	granted alice "$SERVICE" "$(hotp "$SEED" 41)"
	refused alice "$SERVICE" "$(hotp "$SEED" 41)"
	granted alice "$SERVICE" "$(hotp "$SEED" 42)"
}

test_two_far_codes_that_are_not_neighbours_do_not_resynchronise() {
	enrol_hotp alice
	refused alice "$SERVICE" "$(hotp "$SEED" 40)"
	refused alice "$SERVICE" "$(hotp "$SEED" 43)"
	granted alice "$SERVICE" "$(hotp "$SEED" 1)"
}

# behaviour 81
test_recovery_code_lets_in_once() {
	enrol_totp alice
	enrol_recovery alice
	granted alice "$SERVICE" "${CODES[0]}"
	refused alice "$SERVICE" "${CODES[0]}"
	granted alice "$SERVICE" "$(tr 'A-Z' 'a-z' <<<"${CODES[1]}" | tr -d -)"
	refused alice "$SERVICE" 'AAAA-AAAA-AAAA-AAAA'
}

test_code_of_another_account_is_refused() {
	enrol_totp alice
	enrol_totp bob
	refused alice "$SERVICE" "$(totp "$SEED" 1)"
	granted bob "$SERVICE" "$(totp "$SEED" 1)"
}

# Behaviour 38: who is not enrolled gets the same prompts and the same code.
test_not_enrolled_is_asked_and_refused() {
	enrol_password alice 'correct horse'
	refused bob password 'anything'
	says "$OUT" '^conv ECHO_OFF "Password: "$'
	refused bob otp 123456
	says "$OUT" '^prompts 1 '
}

# behaviour 38
test_unknown_name_is_asked_and_refused_alike() {
	local wrong unknown
	enrol_password alice 'correct horse'
	refused alice password 'wrong'
	wrong=$(sed 's/ [0-9.]* ms$//; s/^delay [0-9]*/delay/' <<<"$OUT")
	says "$wrong" '^delay after PAM_AUTH_ERR'
	refused nobodyhere password 'wrong'
	unknown=$(sed 's/ [0-9.]* ms$//; s/^delay [0-9]*/delay/' <<<"$OUT")
	is "$unknown" "$wrong" "what an unknown name sees"
}

test_order_goes_on_where_nothing_is_enrolled() {
	enrol_password alice 'correct horse'
	webcred_service both 'get="otp password"'
	service both <<-END
		auth required pam_webcred.so [get=otp password]
		account required pam_webcred.so
	END
	granted alice both 'correct horse'
	enrol_totp alice
	granted alice both "$(totp "$SEED" 1)"
	refused alice both 'correct horse' # NOTALLOWED returns: a code was due
}

test_two_lines_are_two_factors() {
	service two <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
	END
	enrol_password alice 'correct horse'
	enrol_totp alice
	refused alice two 'correct horse' 000000
	refused alice two 'wrong' "$(totp "$SEED" 1)"
	# The code above was right and is used up: the password alone was wrong.
	enrol_totp bob
	enrol_password bob 'battery staple'
	granted bob two 'battery staple' "$(totp "$SEED" 1)"
}

test_one_credential_is_not_two_factors() {
	service twice <<-END
		auth required pam_webcred.so get=otp
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
	END
	enrol_hotp alice
	refused alice twice "$(hotp "$SEED" 1)" "$(hotp "$SEED" 2)"
}

# Without options they cannot be told apart: what the first has let in does not serve the second.
test_two_lines_without_options_do_not_share_a_credential() {
	enrol_password alice 'correct horse'
	enrol_hotp bob
	service bare <<-END
		auth required pam_webcred.so
		auth required pam_webcred.so
		account required pam_webcred.so
	END
	for _ in 1 2; do
		mark
		drive alice bare --answer 'correct horse' --answer 'correct horse' authenticate
		is "$CODE" PAM_PERM_DENIED "one password on two lines"
		says "$OUT" '^prompts 1 '
		logged 'two lines of pam_webcred without options cannot be told apart: give each its own get='
	done
	drive bob bare --answer "$(hotp "$SEED" 1)" --answer "$(hotp "$SEED" 2)" authenticate
	is "$CODE" PAM_PERM_DENIED "one token on two lines"
	# Another line in between, or one that was refused, makes no difference.
	service bare <<-END
		auth required pam_webcred.so
		auth required pam_webcred.so get=otp nullok
		auth required pam_permit.so
		auth required pam_webcred.so
	END
	drive alice bare --answer 'correct horse' --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "one password on three lines"
	service bare <<-END
		auth optional pam_webcred.so
		auth required pam_webcred.so
	END
	drive alice bare --answer 'wrong' --answer 'correct horse' authenticate
	is "$CODE" PAM_SUCCESS "the second line alone"
}

# tries N OPERATION...: every one ends well, on one handle, with a prompt for each of N tries.
tries() {
	local n=$1
	shift
	drive alice "$SERVICE" --answer 'correct horse' --answer 'correct horse' --answer 'correct horse' "$@"
	says_not "$OUT" '^[a-z_]+(\([a-z]*\))? PAM_[A-RT-Z]'
	says "$OUT" "^prompts $n "
}

# A lock screen asks again on its handle, and so does sudo: that is no second line.
test_one_handle_authenticates_again() {
	enrol_password alice 'correct horse'
	tries 3 authenticate authenticate acct_mgmt authenticate
	tries 2 authenticate acct_mgmt authenticate acct_mgmt
	tries 2 authenticate acct_mgmt 'setcred(refresh)' authenticate 'setcred(refresh)'
	drive alice "$SERVICE" --answer wrong --answer 'correct horse' authenticate authenticate acct_mgmt
	is "$CODE" PAM_SUCCESS "the second try"
	# Ours had let in, and another line had not: the next try is a try.
	service denied <<-END
		auth required pam_webcred.so
		auth required pam_deny.so
	END
	drive alice denied --answer 'correct horse' --answer 'correct horse' authenticate authenticate
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 2 '
	logged_not 'cannot be told apart'
}

test_nullok_is_ignore_only_where_nothing_is_enrolled() {
	service nullok <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok get=password
		auth required pam_permit.so
		account required pam_permit.so
	END
	drive alice nullok authenticate
	is "$CODE" PAM_SUCCESS "nothing enrolled, passed over"
	says "$OUT" '^prompts 0 '
	service nullok <<-END
		auth required pam_webcred.so nullok get=password
		account required pam_permit.so
	END
	drive alice nullok authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "PAM_IGNORE alone let somebody in"
	enrol_password alice 'correct horse'
	login alice nullok 'wrong'
	is "$CODE" PAM_AUTH_ERR
}

# Somebody whose last credential was removed is as good as somebody who never had one (behaviour 38).
test_nothing_left_is_nothing_enrolled() {
	local never
	service nullok <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok get=password
		auth required pam_permit.so
	END
	drive bob password --answer 'wrong' authenticate # who never had one
	never=$(grep '^conv\|^prompts\|^delay' <<<"$OUT" | tr -d 0-9)
	enrol_password alice 'correct horse'
	webcred remove password --user alice --yes || fail "remove"
	is "$(credentials alice)" 0 "credentials"
	drive alice password --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTH_ERR "the password that was removed"
	logged 'get refused user="alice" .*reason="nothing is enrolled"'
	drive alice password --answer 'wrong' authenticate
	is "$(grep '^conv\|^prompts\|^delay' <<<"$OUT" | tr -d 0-9)" "$never" "what is asked and said"
	drive alice nullok authenticate
	is "$CODE" PAM_SUCCESS "passed over by nullok"
	enrol_password alice 'battery staple'
	webcred unlock --user alice >/dev/null # the tries above
	granted alice password 'battery staple'
}

test_nullok_does_not_pass_over_a_fault() {
	service nullok <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok get=password
		auth required pam_permit.so
	END
	authority_stop
	drive alice nullok authenticate
	is "$CODE" PAM_PERM_DENIED
	quick
}

test_refused_then_permit_fails() {
	service permit <<-END
		auth required pam_webcred.so get=password
		auth required pam_permit.so
		account required pam_permit.so
	END
	enrol_password alice 'correct horse'
	login alice permit 'wrong'
	is "$CODE" PAM_AUTH_ERR
	login bob permit 'wrong'
	is "$CODE" PAM_AUTH_ERR
}

# PAM_SILENT: not even one call of the conversation (behaviour 24).
test_silent_asks_nothing() {
	enrol_password alice 'correct horse'
	drive alice "$SERVICE" --answer 'correct horse' 'authenticate(silent)'
	is "$CODE" PAM_AUTHINFO_UNAVAIL
	says "$OUT" '^prompts 0 texts 0'
}

test_silent_from_a_quiet_service_asks() {
	enrol_password alice 'correct horse'
	webcred_service sudo
	drive alice sudo --answer 'correct horse' 'authenticate(silent)' 'acct_mgmt(silent)'
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^acct_mgmt\(silent\) PAM_SUCCESS'
}

test_mediation_option_wins_over_flags() {
	enrol_password alice 'correct horse'
	webcred_service asks mediation=required
	drive alice asks --answer 'correct horse' 'authenticate(silent)'
	is "$CODE" PAM_SUCCESS
	webcred_service silent mediation=silent
	drive alice silent --answer 'correct horse' authenticate
	is "$CODE" PAM_AUTHINFO_UNAVAIL
}

test_unknown_option_is_an_error_that_names_it() {
	enrol_password alice 'correct horse'
	webcred_service odd frobnicate=yes
	drive alice odd --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED
	logged 'frobnicate'
	webcred_service odd mediation=sometimes
	drive alice odd --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED
	logged 'sometimes'
	webcred_service odd get=pasword
	drive alice odd --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED
	logged 'pasword'
}

test_first_pass_is_verified_like_any_other() {
	service first <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password use_first_pass
		account required pam_permit.so
	END
	enrol_password alice 'correct horse'
	login alice first 'correct horse'
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 1 '
	login alice first 'wrong'
	is "$CODE" PAM_AUTH_ERR
	says "$OUT" '^prompts 1 '
}

test_try_first_pass_asks_where_there_is_none() {
	webcred_service try get=password try_first_pass
	enrol_password alice 'correct horse'
	granted alice try 'correct horse'
}

test_all_entry_points_answer() {
	enrol_password alice 'correct horse'
	drive alice "$SERVICE" --answer 'correct horse' authenticate acct_mgmt 'setcred(establish)' \
		'open_session' 'close_session' 'setcred(delete)'
	says "$OUT" '^setcred\(establish\) PAM_SUCCESS'
	says "$OUT" '^open_session PAM_SUCCESS'
	says "$OUT" '^close_session PAM_SUCCESS'
	says "$OUT" '^setcred\(delete\) PAM_SUCCESS'
}

run_tests
