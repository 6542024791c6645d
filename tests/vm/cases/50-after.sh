# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The same machine, booted again: sockets are back, nothing was forgotten, nothing came back to life.
. "$WEBCRED_TOP/guest/lib.sh"

test_sockets_came_back_and_nothing_is_running_yet() {
	is "$(systemctl is-active webcred-login.socket webcred-user.socket | sort -u)" active
	is "$(stat -c '%a %U' /run/webcred/login)" '600 root'
	is "$(systemctl is-active webcred.service)" inactive
	is "$(systemctl --failed --no-legend | wc -l)" 0 "number of failed units"
}

test_a_used_code_stays_used() {
	local code
	code=$(cat /var/lib/softkey/bob.used)
	date -s "@$(($(stat -c %Y /var/lib/softkey/bob.used)))" >/dev/null
	printf '%s\n' "$code" | pamtester sudo bob authenticate acct_mgmt && fail "a used code was let in"
	next_code bob
	printf '%s\n' "$CODE" | pamtester sudo bob authenticate acct_mgmt || fail "the next code was refused"
}

test_password_and_key_at_the_console() {
	console_in alice 'Password: ' 'correct horse'
	is "$(credentials carol)" "$(cat /var/lib/softkey/carol.credentials)"
	# Plugged in after the service started: the device list of its cgroup must know hidraw.
	unplug desk
	plug desk
	watch desk
	console_in carol
	blinked desk
}

run_tests
