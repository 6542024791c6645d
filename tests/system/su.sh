# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The real, setuid su: bob becomes alice with what alice has enrolled.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

# As the shipped example, without Debian's own stacks.
su_service() {
	service su <<-END
		auth    sufficient pam_rootok.so
		auth    required pam_webcred.so $*
		account required pam_unix.so
		account required pam_webcred.so
		session required pam_permit.so
	END
	cp /etc/pam.d/su /etc/pam.d/su-l
}

begin() {
	doors_conf </dev/null
	su_service "$@"
}

# su_as BY TARGET ANSWER...
su_as() {
	local by=$1 target=$2
	shift 2
	ask "$@" -- setpriv --reuid "$by" --regid "$by" --clear-groups -- su "$target" -c 'id -un'
}

lets_in() {
	su_as "$@"
	is "$STATUS" 0 "su's exit status"
	says "$OUT" "^$2\$" "what id -un said under su"
}

keeps_out() {
	su_as "$@"
	[ "$STATUS" != 0 ] || fail "su let $1 in"
	says_not "$OUT" "^$2\$" "what id -un said under su"
	says "$OUT" 'Authentication failure'
}

test_password() {
	begin
	enrol_password alice 'correct horse'
	lets_in bob alice 'correct horse'
	logged 'get granted user="alice" service="su".*requester=5002'
	keeps_out bob alice 'wrong horse'
	says_not "$OUT" '(assword: ?){2}'
}

test_totp_and_its_replay() {
	local code
	begin
	enrol_totp alice
	code=$(totp "$SEED" 1)
	keeps_out bob alice "$(wrong "$code")"
	lets_in bob alice "$code"
	keeps_out bob alice "$code"
}

test_hotp_and_its_replay() {
	begin
	enrol_hotp alice
	lets_in bob alice "$(hotp "$SEED" 1)"
	keeps_out bob alice "$(hotp "$SEED" 1)"
}

test_recovery_code_and_its_replay() {
	begin
	enrol_recovery alice
	lets_in bob alice "${CODES[0]}"
	keeps_out bob alice "${CODES[0]}"
}

test_security_key_touched_and_declined() {
	key_start desk
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	su_service
	enrol_key alice
	lets_in bob alice
	logged 'get granted user="alice" service="su".*type=public-key'
	key_ctl desk touch=refuse
	keeps_out bob alice
	key_stop desk
	keeps_out bob alice # unplugging is no way round it
	key_forget desk
}

# The target's credentials count, and not the caller's.
test_own_password_is_not_the_targets() {
	begin
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	keeps_out bob alice 'battery staple'
}

test_root_is_not_asked() {
	begin
	enrol_password alice 'correct horse'
	OUT=$(su alice -c 'id -un' </dev/null 2>&1)
	is "$OUT" alice
}

test_login_shell_is_a_service_of_its_own() {
	begin
	enrol_password alice 'correct horse'
	ask 'correct horse' -- setpriv --reuid bob --regid bob --clear-groups -- su - alice -c 'id -un'
	is "$STATUS" 0 "su's exit status"
	logged 'get granted user="alice" service="su-l"'
}

test_unknown_user() {
	begin
	enrol_password alice 'correct horse'
	su_as bob nobodyhere 'anything'
	[ "$STATUS" != 0 ] || fail "su let somebody be nobodyhere"
}

# chage -E is pam_unix's to see: it stays in the account stack.
test_expired_account_is_refused_whatever_is_enrolled() {
	begin
	enrol_password alice 'correct horse'
	chage -E 1 alice
	su_as bob alice 'correct horse'
	[ "$STATUS" != 0 ] || fail "su let an expired account in"
	says_not "$OUT" '^alice$'
	chage -E -1 alice
	lets_in bob alice 'correct horse'
}

# A login by one's own password expired: su asks for a new one, with a proof.
test_expired_password_is_replaced() {
	begin
	echo 'password required pam_webcred.so' >>/etc/pam.d/su
	enrol_password alice 'correct horse'
	chage -d 0 alice
	steps assword 'correct horse' assword 'correct horse' 'New password' 'battery staple' \
		Retype 'battery staple' -- \
		setpriv --reuid bob --regid bob --clear-groups -- su alice -c 'id -un'
	is "$STATUS" 0 "su's exit status"
	chage -d 19000 alice
	keeps_out bob alice 'correct horse'
	lets_in bob alice 'battery staple'
}

test_shipped_example() {
	begin
	cp "$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d/su" /etc/pam.d/su
	unix_password alice 'unix word'
	unix_password bob 'unix word'
	enrol_password alice 'correct horse'
	lets_in bob alice 'correct horse'
	keeps_out bob alice 'unix word'
	lets_in alice bob 'unix word'
	authority_stop
	su_as bob alice 'correct horse'
	[ "$STATUS" != 0 ] || fail "su let bob in without an authority"
	su_as alice bob 'unix word'
	[ "$STATUS" != 0 ] || fail "su fell through to the Unix password"
	OUT=$(su alice -c 'id -un' </dev/null 2>&1)
	is "$OUT" alice "root, without an authority"
}

run_tests
