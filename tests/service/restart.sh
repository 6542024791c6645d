# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The authority is restarted, as by an upgrade, while people log in.
. "$WEBCRED_TOP/tests/support/lib.sh"

# SIGTERM: the login that is at its prompt ends well, new callers are refused or wait for the next.
test_drain_lets_a_login_end() {
	local pid mother
	enrol_password alice 'correct horse'
	rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
	pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' --hold "$SANDBOX/tmp/go" \
		--prompted "$SANDBOX/tmp/asked" authenticate >"$SANDBOX/tmp/out" 2>&1 &
	pid=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
	touch "$SANDBOX/authority.stop"
	mother=$(authority_pid)
	kill -TERM "$mother"
	sleep 0.2
	kill -0 "$mother" 2>/dev/null || fail "it went while a login was under way"
	drive alice password --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED "a login that comes while it drains"
	touch "$SANDBOX/tmp/go"
	wait $pid
	says "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_SUCCESS'
	for _ in $(seq 100); do kill -0 "$mother" 2>/dev/null || break; sleep 0.02; done
	kill -0 "$mother" 2>/dev/null && fail "it did not end once the login had"
	is "$(tail -n 1 "$SANDBOX/authority.exits")" 0 "its exit status"
	authority_start
	granted alice password 'correct horse'
}

# 50 logins in a loop, right and wrong, while the authority is restarted ten times.
test_restarts_while_50_log_in_grant_nothing_wrongly() {
	local i round wrong
	conf <<-END
		[throttle]
		enabled = no
		[password]
		memory = 8192
		passes = 1
	END
	enrol_password alice 'correct horse'
	rm -f "$SANDBOX/tmp/stop" "$SANDBOX"/tmp/loop.*
	for i in $(seq 50); do
		(
			word='correct horse'
			[ $((i % 2)) = 0 ] || word="wrong horse $i"
			until [ -e "$SANDBOX/tmp/stop" ]; do
				pamdrive -u alice -s password -c "$PAMD" --quiet --answer "$word" authenticate >/dev/null 2>&1
				echo $? >>"$SANDBOX/tmp/loop.$i"
			done
		) &
	done
	for round in $(seq 10); do
		sleep 0.3
		kill -TERM "$(authority_pid)" 2>/dev/null
		authority_wait || fail "round $round: the authority did not come back"
	done
	touch "$SANDBOX/tmp/stop"
	for i in $(seq 300); do
		pgrep -x pamdrive >/dev/null || break
		sleep 0.1
	done
	wrong=0
	for i in $(seq 1 2 50); do
		grep -qx 0 "$SANDBOX/tmp/loop.$i" && fail "a wrong password was let in, loop $i"
		wrong=$((wrong + $(wc -l <"$SANDBOX/tmp/loop.$i")))
	done
	note "10 restarts, $wrong wrong logins, $(cat "$SANDBOX"/tmp/loop.*[02468] | wc -l) right ones, $(cat "$SANDBOX"/tmp/loop.*[02468] | grep -cx 0) let in"
	[ "$(cat "$SANDBOX"/tmp/loop.*[02468] | grep -cx 0)" -gt 0 ] || fail "nobody was let in at all"
	authority_wait
	granted alice password 'correct horse'
	refused alice password 'wrong horse'
}

run_tests
