# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Many processes at one instant: what may be used once is used once, what is counted is counted.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/races.sh"

unthrottled() {
	conf <<-END
		[throttle]
		enabled = no
	END
}

test_64_processes_with_one_hotp_code_one_gets_in() {
	local round
	unthrottled
	enrol_hotp alice
	for round in 1 2 3 4 5; do
		race alice otp 64 --answer "$(hotp "$SEED" "$round")"
		is "$(number PAM_SUCCESS)" 1 "how many got in, round $round"
		is "$(number PAM_AUTH_ERR)" 63 "how many were refused, round $round"
	done
}

test_64_processes_with_one_totp_code_one_gets_in() {
	local name
	unthrottled
	for name in alice bob carol; do
		enrol_totp $name
		race $name otp 64 --answer "$(totp "$SEED" 1)"
		is "$(number PAM_SUCCESS)" 1 "how many got in as $name"
		is "$(number PAM_AUTH_ERR)" 63 "how many were refused as $name"
	done
}

test_64_processes_with_one_recovery_code_one_gets_in() {
	local i
	unthrottled
	enrol_recovery alice
	for i in 0 1 2; do
		race alice otp 64 --answer "${CODES[$i]}"
		is "$(number PAM_SUCCESS)" 1 "how many got in"
	done
}

# audited_five: every one of 64 refusals is in the audit file (a busy syslog drops lines, and counts
# them), and one to five of them say that the secret was looked at.
audited_five() {
	local all looked
	all=$(grep -c 'get refused' "$SANDBOX/tmp/audit")
	looked=$(grep 'get refused' "$SANDBOX/tmp/audit" | grep -c 'reason="wrong ')
	is "$all" 64 "refusals in the audit log"
	[ "$looked" -ge 1 ] && [ "$looked" -le 5 ] ||
		fail "$looked of 64 guesses were looked at: $(cut -c 1-200 "$SANDBOX/tmp/audit" | sort | uniq -c | head -n 10)"
}

# deny = 5: of 64 guesses at once five at most are ever looked at (the audit log says which).
test_64_wrong_codes_at_once_are_five_guesses() {
	deny_five
	enrol_hotp alice
	wrong_codes
	mark
	race alice otp 64 --race-answers "$SANDBOX/tmp/wrong"
	is "$(number PAM_AUTH_ERR)" 64 "how many were refused"
	sleep 0.2
	audited_five
	login alice otp "$(hotp "$SEED" 1)"
	is "$CODE" PAM_AUTH_ERR "the right code after deny=5 wrong ones"
}

# As it is shipped, nobody is ever locked out, but the fourth guess has to wait.
test_64_wrong_codes_at_once_are_three_guesses_by_default() {
	local looked began may
	conf <<-END
		[audit]
		to = $SANDBOX/tmp/audit
	END
	rm -f "$SANDBOX/tmp/audit"
	authority_restart
	enrol_hotp alice
	wrong_codes
	began=$(date +%s)
	race alice otp 64 --race-answers "$SANDBOX/tmp/wrong"
	is "$(number PAM_AUTH_ERR)" 64 "how many were refused"
	# On a machine so busy that they are not at once, each 2 seconds allow one more.
	may=$((4 + ($(date +%s) - began) / 2))
	looked=$(grep 'get refused' "$SANDBOX/tmp/audit" | grep -c 'reason="wrong ')
	[ "$looked" -ge 1 ] && [ "$looked" -le "$may" ] || fail "$looked of 64 guesses were looked at"
	[ "$looked" -le 4 ] || skip "too busy: 64 guesses took $(($(date +%s) - began)) s"
	sleep 2.1
	granted alice otp "$(hotp "$SEED" 1)"
}

test_64_wrong_passwords_at_once_are_five_guesses() {
	deny_five
	enrol_password alice 'correct horse'
	seq -f 'wrong %g' 64 >"$SANDBOX/tmp/wrong"
	mark
	race alice password 64 --race-answers "$SANDBOX/tmp/wrong"
	is "$(number PAM_AUTH_ERR)" 64 "how many were refused"
	sleep 0.2
	audited_five
}

test_64_users_at_once_all_get_in() {
	local i
	: >"$SANDBOX/tmp/users"
	: >"$SANDBOX/tmp/codes"
	for i in $(seq 64); do
		add_user "user$i" $((6000 + i))
		enrol_hotp "user$i"
		echo "user$i" >>"$SANDBOX/tmp/users"
		hotp "$SEED" 1 >>"$SANDBOX/tmp/codes"
	done
	race nobody otp 64 --race-users "$SANDBOX/tmp/users" --race-answers "$SANDBOX/tmp/codes"
	is "$(number PAM_SUCCESS)" 64 "how many of 64 users got in"
}

test_64_users_with_passwords_at_once_all_get_in() {
	local i
	conf <<-END
		[password]
		memory = 8192
		passes = 1
	END
	: >"$SANDBOX/tmp/users"
	: >"$SANDBOX/tmp/words"
	for i in $(seq 64); do
		id "user$i" >/dev/null 2>&1 || add_user "user$i" $((6000 + i))
		enrol_password "user$i" "the word of user $i"
		echo "user$i" >>"$SANDBOX/tmp/users"
		echo "the word of user $i" >>"$SANDBOX/tmp/words"
	done
	race nobody password 64 --race-users "$SANDBOX/tmp/users" --race-answers "$SANDBOX/tmp/words"
	is "$(number PAM_SUCCESS)" 64 "how many of 64 users got in"
}

run_tests
