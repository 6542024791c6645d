# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What a local person may try against the others, and what must not come of it.
. "$WEBCRED_TOP/tests/support/lib.sh"

# as_alice COMMAND...: with no right that alice has not.
as_alice() { setpriv --reuid alice --regid alice --clear-groups -- "$@"; }

# A lock ends what is in flight: who had not been let in by then is not let in after it.
test_lock_ends_what_is_in_flight() {
	local pid
	enrol_password alice 'correct horse'
	{ sleep 1; echo 'correct horse'; } | as_alice webcred get >"$SANDBOX/inflight" 2>&1 &
	pid=$!
	sleep 0.4
	webcred lock --user alice >/dev/null || fail "lock"
	wait "$pid" && fail "a login that began before the lock was granted after it: $(cat "$SANDBOX/inflight")"
	logged_not 'get granted user="alice"'
	webcred unlock --user alice >/dev/null
	granted alice "$SERVICE" 'correct horse'
}

# hold_lock: `webcred lock --user alice`, begun, and its session HELD before it asks for the lock.
hold_lock() {
	local spares pid most=0 n
	mapfile -t spares < <(sessions)
	kill -STOP "${spares[@]}"
	webcred lock --user alice >/dev/null 2>&1 &
	LOCK=$!
	sleep 0.2
	kill -STOP "$(keeper_pid)"
	kill -CONT "${spares[@]}"
	sleep 0.2
	kill -STOP "${spares[@]}" # one has asked its first question
	kill -CONT "$(keeper_pid)"
	sleep 0.2
	for pid in "${spares[@]}"; do
		n=$(ls "/proc/$pid/fd" | wc -l)
		[ "$n" -le "$most" ] || { most=$n HELD=$pid; }
	done
	for pid in "${spares[@]}"; do
		[ "$pid" = "$HELD" ] || kill -CONT "$pid"
	done
}

# lock_now: what waits for the keeper and the lock are heard in one turn, in this order.
lock_now() {
	sleep 0.2
	kill -CONT "$HELD"
	sleep 0.2
	kill -CONT "$(keeper_pid)"
	wait "$LOCK" || fail "lock"
	wait "$1"
	logged 'lock done'
}

none_after_lock() {
	log_since | sed -n '/lock done/,$p' | grep 'get granted' && fail "granted after the lock: $(cat "$SANDBOX/tmp/out")"
	webcred unlock --user alice || fail "unlock"
}

# prompted_login SERVICE ANSWER: waits at its prompt for $SANDBOX/tmp/go; sets LOGIN.
prompted_login() {
	rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
	pamdrive -u alice -s "$1" -c "$PAMD" --hold "$SANDBOX/tmp/go" --prompted "$SANDBOX/tmp/asked" \
		--answer "$2" authenticate >"$SANDBOX/tmp/out" 2>&1 &
	LOGIN=$!
	until [ -e "$SANDBOX/tmp/asked" ] || [ ! -d "/proc/$LOGIN" ]; do sleep 0.01; done
}

# A password's charge is answered in the lock's own turn: nothing may follow it.
test_lock_ends_a_charge_of_the_same_turn() {
	local round
	enrol_password alice 'correct horse'
	for round in 1 2 3; do
		mark
		hold_lock
		prompted_login password 'correct horse'
		kill -STOP "$(keeper_pid)"
		: >"$SANDBOX/tmp/go"
		lock_now "$LOGIN"
		none_after_lock
	done
	granted alice password 'correct horse'
}

# A login that began in the lock's own turn was told that the account is open.
test_lock_ends_a_login_that_began_in_the_same_turn() {
	local login round spares
	enrol_hotp alice
	for round in 1 2 3; do
		mark
		hold_lock
		mapfile -t spares < <(sessions | grep -vx "$HELD")
		kill -STOP "${spares[@]}"
		pamdrive -u alice -s otp -c "$PAMD" --answer "$(hotp "$SEED" "$round")" authenticate >"$SANDBOX/tmp/out" 2>&1 &
		login=$!
		sleep 0.2
		kill -STOP "$(keeper_pid)"
		kill -CONT "${spares[@]}"
		lock_now "$login"
		none_after_lock
	done
	granted alice otp "$(hotp "$SEED" 4)"
}

# A grant that the lock's own turn commits leaves, once.
test_lock_lets_out_what_is_committed_with_it() {
	enrol_hotp alice
	hold_lock
	prompted_login otp "$(hotp "$SEED" 1)"
	kill -STOP "$(keeper_pid)"
	: >"$SANDBOX/tmp/go"
	lock_now "$LOGIN"
	says "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_SUCCESS'
	logged 'get granted user="alice"'
	is "$(log_since | grep -c ' get ')" 1 "lines about the login"
	refused alice otp "$(hotp "$SEED" 2)"
}

# A person who thinks about the next prompt holds no room to hash.
test_prompts_behind_a_wrong_password_hold_no_room_to_hash() {
	local i pids=
	enrol_password bob 'battery staple'
	enrol_hotp alice
	enrol_password alice 'correct horse'
	for i in 1 2 3 4 5 6 7 8 9 10; do
		{ echo "wrong $i"; sleep 6; } |
			webcred get --user alice --types 'password [NOTALLOWED=continue] otp' >/dev/null 2>&1 &
		pids="$pids $!"
	done
	sleep 2.5
	granted bob "$SERVICE" 'battery staple'
	[ "$MS" -lt 2000 ] || fail "bob waited $MS ms behind prompts of others"
	# shellcheck disable=SC2086 # a list
	kill $pids 2>/dev/null
	:
}

# Names are claims on the user socket; another's is nobody's, and changes nothing.
test_verbs_for_root_are_refused_on_the_user_socket() {
	enrol_password alice 'correct horse'
	as_alice webcred remove --orphans --yes >/dev/null 2>&1 && fail "orphans"
	as_alice webcred backup "$SANDBOX/tmp/copy" >/dev/null 2>&1 && fail "backup"
	as_alice webcred lock --user bob >/dev/null 2>&1 && fail "lock"
	[ ! -s "$SANDBOX/tmp/copy" ] || fail "a copy was written"
	granted alice "$SERVICE" 'correct horse'
}

run_tests
