# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Somebody whom only webcred knows, at the real doors: login, ssh, sudo, su.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"
. "$WEBCRED_TOP/tests/support/people.sh"

trap sshd_stop EXIT

# The shipped stacks but for their session lines, which want a whole machine.
door_stacks() {
	local name
	for name in login sshd sudo su; do
		service "$name" <<-END
			auth    required pam_webcred.so get=password
			account required pam_unix.so
			account required pam_webcred.so
			session required pam_permit.so
		END
	done
}

begin() {
	people_begin
	door_stacks
	makes cathy --shell /bin/sh --create-home
	enrol_password cathy 'correct horse'
}

at_console() {
	steps 'login: ?$' "$1" assword "$2" '[$] $' 'echo I am `id -un` in `pwd`; exit' -- timeout 20 login
}

refused_at_console() {
	steps 'login: ?$' "$1" assword "$2" 'login: ?$|expired|denied|Permission' '' -- timeout 15 login
	says_not "$OUT" 'I am'
}

test_console() {
	begin
	at_console cathy 'correct horse'
	says "$OUT" "^I am cathy in $SANDBOX/home/cathy"
	steps 'login: ?$' cathy assword 'wrong horse' 'login: ?$' '' -- timeout 8 login
	says_not "$OUT" 'I am'
}

test_ssh() {
	begin
	sshd_start </dev/null
	ssh_lets_in keyboard-interactive cathy 'correct horse'
	ssh_keeps_out keyboard-interactive cathy 'wrong horse'
	changes cathy --expires 2001-01-01
	ssh_in keyboard-interactive cathy 'correct horse'
	[ "$STATUS" != 0 ] || fail "ssh let an expired account in"
	changes cathy --expires never
	changes cathy --lock
	ssh_keeps_out keyboard-interactive cathy 'correct horse'
	changes cathy --unlock
	ssh_lets_in keyboard-interactive cathy 'correct horse'
	removes cathy
	ssh_keeps_out keyboard-interactive cathy 'correct horse'
}

# A key of sshd's own passes no auth line: the account line alone can refuse.
test_ssh_by_a_key_of_sshds_own() {
	begin
	sshd_start </dev/null
	install -d -m 0700 -o cathy -g cathy "$SANDBOX/home/cathy/.ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$SANDBOX/tmp/id" <<<y >/dev/null
	cp "$SANDBOX/tmp/id.pub" "$SANDBOX/home/cathy/.ssh/authorized_keys"
	chown cathy:cathy "$SANDBOX/home/cathy/.ssh/authorized_keys"
	SSH_MORE=(-i "$SANDBOX/tmp/id")
	ssh_lets_in publickey cathy
	changes cathy --lock
	ssh_in publickey cathy
	[ "$STATUS" != 0 ] || fail "a key let a locked account in"
	changes cathy --unlock --expires 2001-01-01
	ssh_in publickey cathy
	[ "$STATUS" != 0 ] || fail "a key let an expired account in"
	changes cathy --expires never
	ssh_lets_in publickey cathy
}

test_sudo_and_su() {
	begin
	ask 'correct horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says "$OUT" '^0$'
	ask 'wrong horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says_not "$OUT" '^0$'
	ask 'correct horse' -- setpriv --reuid alice --regid alice --init-groups -- su cathy -c 'id -un'
	says "$OUT" '^cathy$'
	changes cathy --expires 2001-01-01
	ask 'correct horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says_not "$OUT" '^0$'
	ask 'correct horse' -- setpriv --reuid alice --regid alice --init-groups -- su cathy -c 'id -un'
	says_not "$OUT" '^cathy$'
}

# sudoers by a group of webcred's, and by a local one that the administrator put her in.
test_sudo_by_group() {
	begin
	grep -v '^ALL' /etc/sudoers >"$SANDBOX/tmp/sudoers"
	echo '%operators ALL=(ALL:ALL) ALL' >>"$SANDBOX/tmp/sudoers"
	cp "$SANDBOX/tmp/sudoers" /etc/sudoers
	ask 'correct horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says_not "$OUT" '^0$'
	webcred account group add operators --members cathy || fail "group"
	ask 'correct horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says "$OUT" '^0$'
	webcred account group remove operators || fail "remove"
	ask 'correct horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says_not "$OUT" '^0$'
	echo 'operators:x:6003:cathy' >>/etc/group
	says "$(id -nG cathy)" operators
	ask 'correct horse' -- setpriv --reuid cathy --regid cathy --init-groups -- sudo id -u
	says "$OUT" '^0$'
	machine_sudo
}

# Nothing that is installed for it touches a line of the local files, and enable is taken back.
test_local_files_stay_as_they_are() {
	local file
	people_begin
	webcred account disable || fail "disable"
	for file in passwd group shadow gshadow nsswitch.conf; do cp -p "/etc/$file" "$SANDBOX/tmp/$file"; done
	webcred account enable || fail "enable"
	[ -e /etc/nsswitch.conf.before-webcred ] || fail "no backup"
	cmp /etc/nsswitch.conf.before-webcred "$SANDBOX/tmp/nsswitch.conf" || fail "the backup differs"
	makes cathy
	enrol_password cathy 'correct horse'
	webcred account group add crew --members cathy || fail "group"
	changes cathy --name kathy --lock
	removes kathy
	webcred account disable || fail "disable"
	for file in passwd group shadow gshadow nsswitch.conf; do
		cmp "/etc/$file" "$SANDBOX/tmp/$file" || fail "/etc/$file has changed"
		is "$(stat -c '%a %u %g' "/etc/$file")" "$(stat -c '%a %u %g' "$SANDBOX/tmp/$file")"
	done
}

# What it does not understand it leaves alone.
test_enable_refuses_politely() {
	local text
	people_begin
	webcred account disable || fail "disable"
	for text in $'group: files\n' $'passwd: files\n' $'passwd: compat\ngroup: files\n' \
		$'passwd: files\npasswd: files\ngroup: files\n' $'passwd: files [NOTFOUND=return] ldap\ngroup: files\n' \
		$'passwd: webcred files\ngroup: files\n' $'passwd: files webcred\ngroup: files\n' ''; do
		printf '%s' "$text" >/etc/nsswitch.conf
		OUT=$(webcred account enable 2>&1) && fail "it changed: $text"
		is "$(cat /etc/nsswitch.conf; echo x)" "$(printf '%s' "$text"; echo x)"
	done
	printf 'passwd:\tfiles [SUCCESS=return]  systemd # people\ngroup:files\nhosts: dns' >/etc/nsswitch.conf
	cp /etc/nsswitch.conf "$SANDBOX/tmp/odd"
	webcred account enable || fail "enable"
	is "$(head -n 2 /etc/nsswitch.conf)" $'passwd:\tfiles [SUCCESS=return] webcred  systemd # people\ngroup:files webcred'
	OUT=$(webcred account enable) || fail "a second time"
	says "$OUT" already
	webcred account disable || fail "disable"
	cmp /etc/nsswitch.conf "$SANDBOX/tmp/odd" || fail "not as it was"
	ln -sf "$SANDBOX/tmp/odd" /etc/nsswitch.conf
	OUT=$(webcred account enable 2>&1) && fail "a link was followed"
	says "$OUT" 'symbolic link'
	rm /etc/nsswitch.conf
}

run_tests
