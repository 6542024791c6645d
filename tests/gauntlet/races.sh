# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Many processes at one instant: what may be used once is used once, what is counted is counted.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

ROUNDS=$(how_many 20 300)

# one_of_64 USER ANSWER WHAT
one_of_64() {
	tried 63
	race "$1" otp 64 --answer "$2" >/dev/null
	is "$(number PAM_SUCCESS)" 1 "how many got in: $3"
	is "$(number PAM_AUTH_ERR)" 63 "how many were refused: $3"
	held 63
}

test_64_processes_with_one_hotp_code() {
	local round
	row '64 processes present one HOTP code'
	swift_conf </dev/null
	enrol_hotp alice
	for round in $(seq "$ROUNDS"); do one_of_64 alice "$(hotp "$SEED" "$round")" "round $round"; done
	note "$ROUNDS rounds of 64"
}

# Each round is another person, since a code of the same step is used up.
test_64_processes_with_one_totp_code() {
	local round
	row '64 processes present one TOTP code'
	swift_conf </dev/null
	for round in $(seq "$ROUNDS"); do
		add_user "totp$round" $((8000 + round))
		enrol_totp "totp$round"
		one_of_64 "totp$round" "$(totp "$SEED" 1)" "round $round"
	done
	note "$ROUNDS rounds of 64"
}

test_64_processes_with_one_recovery_code() {
	local round
	row '64 processes present one recovery code'
	swift_conf </dev/null
	for round in $(seq 0 $((ROUNDS - 1))); do
		[ $((round % 8)) != 0 ] || enrol_recovery alice
		one_of_64 alice "${CODES[$((round % 8))]}" "round $round"
	done
	note "$ROUNDS rounds of 64"
}

failures() {
	authority_stop
	sqlite3 /var/lib/webcred/webcred.db "SELECT coalesce(max(failures), 0) FROM throttle WHERE subject LIKE 'account:%'"
	authority_start
}

test_parallel_failures_are_all_counted() {
	local round n=0
	row 'linux-pam PR 1016'
	conf <<-END
		[throttle]
		enabled = yes
		free = 1000
		[password]
		memory = 64
		passes = 1
	END
	enrol_hotp alice
	for round in $(seq "$(how_many 3 15)"); do
		tried 64
		seq -f '%06.0f' $((round * 64)) $((round * 64 + 63)) >"$SANDBOX/tmp/wrong"
		race alice otp 64 --race-answers "$SANDBOX/tmp/wrong" >/dev/null
		is "$(number PAM_AUTH_ERR)" 64 "how many were refused"
		n=$((n + 64))
		is "$(failures)" "$n" "failures that were counted, round $round"
		held 64
	done
}

test_parallel_guesses_do_not_outrun_the_count() {
	local round looked
	row 'parallel guesses outrun the count'
	for round in $(seq "$(how_many 3 30)"); do
		deny_five
		add_user "guess$round" $((8500 + round))
		enrol_hotp "guess$round"
		wrong_codes
		tried 59
		race "guess$round" otp 64 --race-answers "$SANDBOX/tmp/wrong"
		is "$(number PAM_AUTH_ERR)" 64 "how many were refused"
		sleep 0.1
		looked=$(grep 'get refused' "$SANDBOX/tmp/audit" | grep -c 'reason="wrong ')
		[ "$looked" -ge 1 ] && [ "$looked" -le 5 ] || fail "$looked of 64 guesses were looked at"
		held 59
	done
}

test_64_different_people_at_once() {
	local i round
	row '64 different people at once'
	swift_conf </dev/null
	: >"$SANDBOX/tmp/users"
	for i in $(seq 64); do
		id "user$i" >/dev/null 2>&1 || add_user "user$i" $((6000 + i))
		enrol_hotp "user$i"
		echo "$SEED" >"$SANDBOX/tmp/seed.$i"
		echo "user$i" >>"$SANDBOX/tmp/users"
	done
	for round in $(seq "$(how_many 2 20)"); do
		tried 64
		for i in $(seq 64); do hotp "$(cat "$SANDBOX/tmp/seed.$i")" "$round"; done >"$SANDBOX/tmp/codes"
		race nobody otp 64 --race-users "$SANDBOX/tmp/users" --race-answers "$SANDBOX/tmp/codes"
		is "$(number PAM_SUCCESS)" 64 "how many of 64 people got in"
		held 64
	done
}

# Credentials come and go while people log in with others; a loop each, all at once.
test_enrol_remove_and_login_at_once() {
	local end pids=() i wrong right
	row 'enrol, remove and login at once'
	swift_conf </dev/null
	alice_enrolled
	enrol_password bob 'battery staple'
	rm -f "$SANDBOX"/tmp/loop.*
	end=$(($(date +%s) + $(how_many 4 30)))
	for i in 1 2; do
		(
			while [ "$(date +%s)" -lt "$end" ]; do
				credrive -u alice recovery >/dev/null 2>&1
				credrive -u alice totp >/dev/null 2>&1
				for id in $(credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) type=otp.*/\1/p'); do
					credrive -u alice remove "$id" >/dev/null 2>&1
				done
			done
		) &
		pids+=($!)
		(
			while [ "$(date +%s)" -lt "$end" ]; do
				pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' authenticate acct_mgmt
			done >"$SANDBOX/tmp/loop.right.$i" 2>&1
		) &
		pids+=($!)
		(
			while [ "$(date +%s)" -lt "$end" ]; do
				pamdrive -u alice -s otp -c "$PAMD" --answer "00000$i" authenticate acct_mgmt
				pamdrive -u bob -s password -c "$PAMD" --answer 'correct horse' authenticate
			done >"$SANDBOX/tmp/loop.wrong.$i" 2>&1
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
	wrong=$(cat "$SANDBOX"/tmp/loop.wrong.* | grep -c '^authenticate')
	right=$(cat "$SANDBOX"/tmp/loop.right.* | grep -c '^authenticate')
	tried "$wrong"
	is "$(cat "$SANDBOX"/tmp/loop.wrong.* | grep -c '^authenticate PAM_SUCCESS')" 0 "wrong logins let in"
	is "$(cat "$SANDBOX"/tmp/loop.right.* | grep -c '^authenticate PAM_SUCCESS')" "$right" "right logins let in"
	held "$wrong"
	note "$wrong wrong logins, $right right ones"
	[ "$right" -gt 5 ] && [ "$wrong" -gt 5 ] || fail "too few to tell: $right right, $wrong wrong"
	unharmed
	authority_stop
	is "$(sqlite3 /var/lib/webcred/webcred.db 'PRAGMA integrity_check')" ok "the store's integrity"
	authority_start
}

test_a_name_comes_back_with_another_uid() {
	row 'a name comes back with another uid, or the same uid with another name'
	tried 2
	useradd -u 7001 -M mallory || fail "useradd"
	enrol_password mallory 'the first person'
	userdel mallory 2>/dev/null
	useradd -u 7002 -M mallory
	refused mallory "$SERVICE" 'the first person'
	held
	userdel mallory 2>/dev/null
	useradd -u 7001 -M victor
	refused victor "$SERVICE" 'the first person'
	held
	userdel victor 2>/dev/null
	useradd -u 7001 -M mallory
	sleep 1.1
	granted mallory "$SERVICE" 'the first person'
	userdel mallory 2>/dev/null
}

run_tests
