# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The authority as systemd runs it: started by its sockets, stopped, disabled, replaced while people
# log in.  Refused is what happens while it is down, and the rescue is what the example documents.
. "$WEBCRED_TOP/guest/lib.sh"

# driven USER ANSWER: a root program's login through sudo's stack, by pamtester; sets STATUS.
driven() {
	OUT=$(printf '%s\n' "$2" | timeout 60 pamtester sudo "$1" authenticate acct_mgmt 2>&1)
	STATUS=$?
}

test_a_stopped_service_comes_back_with_the_next_login() {
	systemctl -q stop webcred.service 2>/dev/null
	driven alice 'correct horse'
	is "$STATUS" 0
	is "$(systemctl is-active webcred.service)" active
}

test_killed_it_comes_back() {
	local before
	before=$(systemctl show -P MainPID webcred.service)
	kill -KILL "$before"
	driven alice 'correct horse'
	is "$STATUS" 0
	[ "$(systemctl show -P MainPID webcred.service)" != "$before" ] || fail "it was not started again"
}

without_sockets() {
	systemctl -q stop webcred-login.socket webcred-user.socket webcred.service
}

test_without_its_sockets_everybody_is_refused_at_once() {
	local began
	without_sockets
	began=$(date +%s)
	driven alice 'correct horse'
	[ "$STATUS" != 0 ] || fail "let in"
	says "$OUT" 'Permission denied' # PAM_PERM_DENIED: could not look is never nothing there
	driven dave 'unix word'
	[ "$STATUS" != 0 ] || fail "let in"
	[ $(($(date +%s) - began)) -lt 10 ] || fail "took $(($(date +%s) - began)) s"
	logged 'webcred'
}

test_without_its_sockets_the_console_refuses_even_root() {
	without_sockets
	console_refuses root
	console_refuses dave
}

# The lines that the example has for it, uncommented: root, at the console, by the Unix password.
test_rescue_by_the_documented_lines() {
	sed -i 's/^#auth/auth/' /etc/pam.d/login
	without_sockets
	console_in root 'Password: ' 'root word'
	console_out
	console_refuses dave
	console_refuses root 'wrong word'
	systemctl -q start webcred-login.socket webcred-user.socket
	console_in alice 'Password: ' 'correct horse'
	stacks login
}

test_rescue_by_sulogin() {
	without_sockets
	OUT=$(expect -c 'set timeout 30
		spawn -noecho sulogin
		expect "assword for maintenance"
		send "root word\r"
		expect -re {[#>] $}
		send "id -u; exit\r"
		expect eof' 2>&1 3>&-)
	says "$OUT" '^0.?$'
}

# Restarted over and over: whoever is logging in is let in or refused for what they typed, and nobody
# waits for long.
test_replaced_while_people_log_in() {
	local n right=0 wrong=0 pid
	conf <<-END
		[throttle]
		enabled = no
	END
	(for n in 1 2 3 4 5 6; do
		systemctl -q restart webcred.service
		sleep 1
	done) 3>&- &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		driven alice 'wrong horse'
		[ "$STATUS" != 0 ] || fail "a wrong password was let in"
		wrong=$((wrong + 1))
		driven alice 'correct horse'
		[ "$STATUS" = 0 ] || fail "refused in the middle of it: $OUT"
		right=$((right + 1))
	done
	wait "$pid"
	note "$right right and $wrong wrong logins during 6 restarts"
	driven alice 'correct horse'
	is "$STATUS" 0
	is "$(systemctl is-active webcred-login.socket webcred.service | sort -u)" active
}

# What a process may at most do, on this kernel.
test_sessions_and_keeper_run_confined() {
	local pid uid
	uid=$(id -u webcred)
	driven alice 'correct horse'
	pid=$(pgrep -u webcred -f webcred | head -n 1)
	[ -n "$pid" ] || fail "no session waits"
	says "$(cat "/proc/$pid/status")" "^Uid:\s+$uid\s+$uid\s+$uid\s+$uid"
	says "$(cat "/proc/$pid/status")" '^Seccomp:\s+2'
	says "$(cat "/proc/$pid/status")" '^NoNewPrivs:\s+1'
	says "$(cat "/proc/$pid/status")" '^CapEff:\s+0+$'
	logged_not 'was ended by signal'
	systemctl show -P NRestarts webcred.service | grep -q . || fail "no such service"
}

# For the boot that follows.
test_before_the_reboot() {
	credentials carol >/var/lib/softkey/carol.credentials
	next_code bob
	driven bob "$CODE"
	is "$STATUS" 0
	echo "$CODE" >/var/lib/softkey/bob.used
	unplug desk
	systemctl is-enabled webcred-login.socket webcred-user.socket >/dev/null || fail "the sockets are not enabled"
}

run_tests
