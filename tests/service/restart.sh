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

# between SIGNAL mother|keeper: somebody logs in; the authority's mother or keeper gets SIGNAL between the
# stack's auth and its account lines.
between() {
	local pid mother victim
	service between <<-END
		auth     required pam_webcred.so get=password
		auth     required pam_exec.so quiet $SANDBOX/tmp/between
		account  required pam_webcred.so get=password
	END
	printf '#!/bin/sh\ntouch "%s/asked"; until [ -e "%s/go" ]; do sleep 0.02; done\n' \
		"$SANDBOX/tmp" "$SANDBOX/tmp" >"$SANDBOX/tmp/between"
	chmod 755 "$SANDBOX/tmp/between"
	rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
	pamdrive -u alice -s between -c "$PAMD" --answer 'correct horse' authenticate acct_mgmt \
		>"$SANDBOX/tmp/out" 2>&1 &
	pid=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
	mother=$(authority_pid)
	victim=$mother
	[ "$2" = mother ] || victim=$(pgrep -o -P "$mother")
	kill "-$1" "$victim"
	while kill -0 "$mother" 2>/dev/null; do sleep 0.02; done
	authority_wait || fail "the authority did not come back"
	touch "$SANDBOX/tmp/go"
	wait $pid
	OUT=$(cat "$SANDBOX/tmp/out")
	echo "$OUT"
	says "$OUT" '^authenticate PAM_SUCCESS'
}

# An upgrade comes between: the login counts all the same, once; the next keeper finds it no more.
test_a_restart_between_auth_and_account_is_not_noticed() {
	enrol_password alice 'correct horse'
	between TERM mother
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	is "$(sqlite3 /var/lib/webcred/webcred.db "SELECT value FROM meta WHERE key = 'logins'")" "" "what is left of it"
}

# Nothing is carried over by who is killed.
test_a_crash_between_auth_and_account_refuses() {
	enrol_password alice 'correct horse'
	between KILL keeper
	says "$OUT" '^acct_mgmt PAM_AUTH_ERR'
}

# What another boot left counts for nothing: its clock was another.
test_logins_of_another_boot_count_for_nothing() {
	local carried
	enrol_password alice 'correct horse'
	drive alice password --answer 'correct horse' authenticate
	authority_stop
	carried=$(sqlite3 /var/lib/webcred/webcred.db "SELECT value FROM meta WHERE key = 'logins'")
	says "$carried" "^$(cat /proc/sys/kernel/random/boot_id) ."
	sqlite3 /var/lib/webcred/webcred.db "UPDATE meta SET value = '00000000' || substr(value, 9) WHERE key = 'logins'"
	starts_with "${carried#* }"
	for carried in '' x "$(printf '%.0sA' $(seq 300))" "$(printf '%.0sA' $(seq 400000))"; do
		starts_with "$carried"
	done
}

# starts_with TEXT: it starts and works, and finds TEXT the next time as carried over within this boot.
starts_with() {
	authority_start || fail "it does not start"
	granted alice password 'correct horse'
	authority_stop
	printf "UPDATE meta SET value = '%s %s' WHERE key = 'logins'" "$(cat /proc/sys/kernel/random/boot_id)" "$1" |
		sqlite3 /var/lib/webcred/webcred.db
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
