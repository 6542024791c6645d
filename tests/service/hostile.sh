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
