# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Debian's own stacks with the profile that is installed, switched on by the real pam-auth-update.
. "$WEBCRED_TOP/guest/lib.sh"

test_switched_on_by_pam_auth_update() {
	cp /var/lib/pam.d.debian/* /etc/pam.d/
	cp -r /etc/pam.d "$SANDBOX/pam.d.before"
	DEBIAN_FRONTEND=noninteractive pam-auth-update --package --enable webcred || fail "pam-auth-update"
	says "$(cat /etc/pam.d/common-auth)" '^auth.*success=[0-9]+ ignore=ignore default=die.*pam_webcred.so nullok'
	printf 'bob:unix word\ncarol:unix word\n' | chpasswd -c SHA256
}

test_who_has_enrolled_nothing_passes_to_the_unix_password() {
	console_in dave 'Password: ' 'unix word'
	console 'sudo id -u' 'password for dave: ' 'unix word'
	says "$HEARD" '^0$'
	console_never 'sudo id -u' 'wrong word'
	ssh_as dave 'unix word' -- id -un
	says "$OUT" '^dave$'
}

# One question, one refusal: no second question that takes the Unix password.
test_a_refused_code_is_followed_by_no_unix_password() {
	next_code bob
	console_in bob 'code: ' "$CODE"
	talk send "sudo id -u; echo \"ended=\$?\"$CR" expect 'code: $' send "123456$CR" \
		expect '(assword[^:]*: |ended=1\s+ready> )$' || fail "waited for /$WAITED/, and heard: $HEARD"
	says "$HEARD" 'ended=1'
	says_not "$HEARD" 'assword[^:]*:'
	console_never 'sudo id -u' 'unix word'
	next_code bob
	console 'sudo id -u' 'code: ' "$CODE"
	says "$HEARD" '^0$'
	ssh_as bob 'unix word' -- id -un
	says_not "$OUT" '^bob$'
}

test_unplugging_the_key_is_no_way_round() {
	plugged desk || plug desk
	console_in carol
	unplug desk
	console_never 'sudo id -u' 'unix word'
	console_refuses carol 'unix word'
	ssh_as carol 'unix word' -- id -un
	says_not "$OUT" '^carol$'
	plug desk
	console_in carol
}

test_no_authority_is_no_way_round() {
	systemctl -q stop webcred-login.socket webcred-user.socket webcred.service
	console_refuses dave
	console_refuses bob
	ssh_as bob 'unix word' -- id -un
	says_not "$OUT" '^bob$'
}

# The account line: a locked or expired account is Debian's own affair, and stays refused.
test_an_expired_account_stays_out() {
	chage -E 1 alice
	console_refuses alice 'correct horse'
	chage -E -1 alice
	console_in alice 'Password: ' 'correct horse'
}

test_switched_off_again() {
	DEBIAN_FRONTEND=noninteractive pam-auth-update --package --remove webcred || fail "pam-auth-update"
	! grep -q pam_webcred /etc/pam.d/common-* || fail "a trace of it is left"
	is "$(cat /etc/pam.d/common-auth)" "$(cat "$SANDBOX/pam.d.before/common-auth")"
	console_in bob 'Password: ' 'unix word'
}

run_tests
