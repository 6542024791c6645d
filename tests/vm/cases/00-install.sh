# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What the installation left, and what the other files build on: alice has a password, bob an app
# that shows codes, carol a security key; dave has enrolled nothing and has a Unix password.
. "$WEBCRED_TOP/guest/lib.sh"

test_installed_as_a_package_would() {
	is "$(stat -c '%a %U' /run/webcred/login)" '600 root'
	is "$(stat -c '%a %U' /run/webcred/user)" '666 root'
	is "$(stat -c '%a %U' /var/lib/webcred)" '700 root'
	is "$(systemctl is-active webcred-login.socket)" active
	getent passwd webcred webcred-device >/dev/null || fail "the accounts are missing"
	# Nothing installed changes a login by itself.
	! grep -rq pam_webcred /etc/pam.d || fail "the installation touched /etc/pam.d"
}

test_a_key_is_known_to_udev_and_enrolled() {
	cp -r /etc/pam.d /var/lib/pam.d.debian
	stacks login sudo su sshd swaylock
	cp "$EXAMPLES/swaylock" /etc/pam.d/vlock
	plug desk
	enrol_password alice 'correct horse'
	enrol_code bob
	console_in root 'Password: ' 'root word' # has enrolled nothing: the Unix password counts
	enrol_key carol desk
	console_out
	is "$(systemctl is-active webcred.service)" active
	is "$(credentials carol)" 1
}

run_tests
