# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Somebody whom only webcred knows: made by one command, in by every door, gone by another.
. "$WEBCRED_TOP/guest/lib.sh"

LOCAL=/var/lib/local-files

local_files() { cat /etc/passwd /etc/group /etc/shadow /etc/gshadow | sha256sum; }
untouched() { is "$(local_files)" "$(cat "$LOCAL")" "the local files"; }

test_switched_on() {
	local_files >"$LOCAL"
	cp /etc/nsswitch.conf /var/lib/nsswitch.before
	stacks login sshd sudo su
	webcred account enable || fail "enable"
	says "$(grep '^passwd:' /etc/nsswitch.conf)" 'files webcred'
	untouched
}

test_carol2_is_added_and_everybody_knows_her() {
	OUT=$(webcred account add carol2 --gecos 'Carol Two' --shell /bin/sh --create-home 2>&1) || fail "add: $OUT"
	says "$(getent passwd carol2)" '^carol2:\*:65536:65536:Carol Two:/home/carol2:/bin/sh$'
	is "$(id carol2)" 'uid=65536(carol2) gid=65536(carol2) groups=65536(carol2)'
	is "$(stat -c '%a %U %G' /home/carol2)" '700 carol2 carol2'
	echo "PS1='ready> '" >/home/carol2/.profile
	: >/home/carol2/.hushlogin
	is "$(systemd-run -q --pipe --wait --uid=carol2 id -un)" carol2
	enrol_password carol2 'second horse'
	untouched
}

test_carol2_at_the_console_sudo_and_su() {
	console_in carol2 'Password: ' 'second horse'
	console 'id -un; pwd'
	says "$HEARD" '^carol2$'
	says "$HEARD" '^/home/carol2$'
	console 'sudo id -u' 'password for carol2: ' 'second horse'
	says "$HEARD" '^0$'
	console_never 'sudo id -u' 'wrong horse'
	console 'su alice -c "id -un"' 'Password: ' 'correct horse'
	says "$HEARD" '^alice$'
	console_refuses carol2 'wrong horse'
	untouched
}

test_carol2_by_ssh() {
	ssh_as carol2 'second horse' -- id -un
	says "$OUT" '^carol2$'
	ssh_as carol2 'wrong horse' -- id -un
	says_not "$OUT" '^carol2$'
}

test_lock_and_expiry() {
	webcred account modify carol2 --lock || fail "lock"
	ssh_as carol2 'second horse' -- id -un
	says_not "$OUT" '^carol2$'
	webcred account modify carol2 --unlock --expires 2001-01-01 || fail "expiry"
	ssh_as carol2 'second horse' -- id -un
	says_not "$OUT" '^carol2$'
	console_refuses_expired carol2 'second horse'
	webcred account modify carol2 --expires never || fail "never"
	ssh_as carol2 'second horse' -- id -un
	says "$OUT" '^carol2$'
}

# login(1) says why and asks anew.
console_refuses_expired() {
	console_fresh
	talk send "$1$CR" until "{Login incorrect|expired|login: \$|ready> \$} {$PROMPT} {$2$CR}" ||
		fail "$1, at the console: waited for /$WAITED/, and heard: $HEARD"
	says_not "$HEARD" 'ready>'
}

test_the_service_is_replaced_and_names_stay() {
	systemctl restart webcred.service
	is "$(id -u carol2)" 65536
	systemctl stop webcred.service webcred-login.socket webcred-user.socket
	is "$(id -u carol2)" 65536 # no daemon is asked
	systemctl start webcred-login.socket webcred-user.socket
}

test_removed_no_name_and_no_login_are_left() {
	loginctl terminate-user carol2 2>/dev/null
	webcred account remove carol2 --yes || fail "remove"
	! getent passwd carol2 || fail "the name is still there"
	! getent passwd 65536 || fail "the uid is still somebody's"
	! getent group carol2 || fail "the group is still there"
	console_refuses carol2 'second horse'
	ssh_as carol2 'second horse' -- id -un
	says_not "$OUT" '^carol2$'
	is "$(stat -c %u /home/carol2)" 65536
	untouched
}

test_switched_off_byte_for_byte() {
	webcred account disable || fail "disable"
	cmp /etc/nsswitch.conf /var/lib/nsswitch.before || fail "nsswitch.conf is not as it was"
	untouched
	console_in alice 'Password: ' 'correct horse'
}

run_tests
