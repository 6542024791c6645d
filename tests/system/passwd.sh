# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The real, setuid passwd: a proof first, then the new password; root needs no proof.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

begin() {
	doors_conf </dev/null
	cp "$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d/passwd" /etc/pam.d/passwd
}

# passwd_by USER [PATTERN ANSWER]... -- ARGUMENT...
passwd_by() {
	local user=$1 words=()
	shift
	while [ "$1" != -- ]; do words+=("$1"); shift; done
	shift
	steps ${words[@]+"${words[@]}"} -- setpriv --reuid "$user" --regid "$user" --clear-groups -- passwd "$@"
}

NEW=('New password' 'battery staple' Retype 'battery staple')

changed() {
	is "$STATUS" 0 "passwd's exit status"
	granted alice password 'battery staple'
}

# unchanged: passwd said no, and the old password is the password.
unchanged() {
	[ "$STATUS" != 0 ] || fail "passwd changed it"
	says "$OUT" 'unchanged'
	login alice password 'battery staple'
	is "$CODE" PAM_AUTH_ERR "login with the new password"
}

test_with_the_right_password() {
	begin
	enrol_password alice 'correct horse'
	passwd_by alice assword 'correct horse' "${NEW[@]}" --
	changed
	logged 'store done user="alice" service="passwd".*requester=5001'
	refused alice password 'correct horse'
}

test_with_a_wrong_password() {
	begin
	enrol_password alice 'correct horse'
	passwd_by alice assword 'wrong horse' --
	unchanged
	says_not "$OUT" 'New password' # the current credential comes first
	granted alice password 'correct horse'
}

# The strongest that is enrolled is the proof: here a code, and not the password.
test_with_a_code() {
	begin
	enrol_password alice 'correct horse'
	enrol_hotp alice
	passwd_by alice code 'correct horse' --
	unchanged
	passwd_by alice code "$(hotp "$SEED" 1)" "${NEW[@]}" --
	changed
	passwd_by alice code "$(hotp "$SEED" 1)" --
	[ "$STATUS" != 0 ] || fail "a code proved twice"
}

test_with_a_clock_code() {
	local code
	begin
	enrol_password alice 'correct horse'
	enrol_totp alice
	code=$(totp "$SEED" 1)
	passwd_by alice code "$(wrong "$code")" --
	unchanged
	passwd_by alice code "$code" "${NEW[@]}" --
	changed
}

test_with_a_security_key() {
	key_start desk
	begin
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	enrol_password alice 'correct horse'
	enrol_key alice
	key_ctl desk touch=refuse
	passwd_by alice --
	[ "$STATUS" != 0 ] || fail "passwd changed it"
	key_ctl desk touch=auto
	passwd_by alice "${NEW[@]}" --
	changed
	key_stop desk
	passwd_by alice assword 'battery staple' --
	[ "$STATUS" != 0 ] || fail "a password proved for a key that was unplugged"
	key_forget desk
}

test_two_new_passwords_that_differ() {
	begin
	enrol_password alice 'correct horse'
	passwd_by alice assword 'correct horse' 'New password' 'battery staple' Retype 'battery stable' --
	unchanged
	granted alice password 'correct horse'
}

test_too_short_a_password() {
	begin
	enrol_password alice 'correct horse'
	passwd_by alice assword 'correct horse' 'New password' short Retype short --
	[ "$STATUS" != 0 ] || fail "passwd took a short one"
	says "$OUT" '8'
	granted alice password 'correct horse'
}

test_cancelled_before_the_new_password() {
	begin
	enrol_password alice 'correct horse'
	passwd_by alice assword 'correct horse' 'New password' $'\003' --
	[ "$STATUS" != 0 ] || fail "passwd succeeded"
	granted alice password 'correct horse'
}

test_root_for_somebody_needs_no_proof() {
	begin
	enrol_password alice 'correct horse'
	passwd_by root "${NEW[@]}" -- alice
	changed
	says_not "$OUT" '^(Password|Current)'
}

test_root_gives_the_first_password() {
	begin
	passwd_by root "${NEW[@]}" -- alice
	changed
}

test_a_user_for_somebody_else() {
	begin
	enrol_password alice 'correct horse'
	passwd_by bob assword 'correct horse' "${NEW[@]}" -- alice
	[ "$STATUS" != 0 ] || fail "bob changed alice's password"
	granted alice password 'correct horse'
}

# Decision 15: the first password comes from root or with an invitation, and from nobody else.
test_nothing_enrolled_is_refused_and_told_what_to_do() {
	begin
	passwd_by alice "${NEW[@]}" --
	says "$OUT" 'Nothing is enrolled for alice yet.*invite'
	says_not "$OUT" '^New password'
	unchanged
	is "$(credentials alice)" 0 "what alice has"
}

test_nothing_enrolled_and_an_invitation() {
	local code
	begin
	code=$(credrive -u alice invite 600 |
		sed -n 's/^secret .*\([A-Z2-7]\{4\}\(-[A-Z2-7]\{4\}\)\{3\}\).*/\1/p' | head -n 1)
	passwd_by alice 'nvit|code' 'AAAA-AAAA-AAAA-AAAA' --
	unchanged
	passwd_by alice 'nvit|code' "$code" "${NEW[@]}" --
	changed
}

# pam_unix above us proves a Unix password, which no later module can see: it opens nothing here.
mixed() {
	begin
	service passwd <<-END
		password requisite pam_unix.so yescrypt
		password required pam_webcred.so use_authtok $*
	END
	unix_password alice 'unix word'
}

test_a_unix_password_is_no_proof_for_the_first_credential() {
	local before
	mixed
	before=$(getent shadow alice)
	passwd_by alice 'Current password' 'unix word' --
	[ "$STATUS" != 0 ] || fail "passwd changed it"
	is "$(credentials alice)" 0 "what alice has"
	is "$(getent shadow alice)" "$before" "alice's line in shadow"
}

test_both_passwords_are_changed_together() {
	local before
	mixed
	enrol_password alice 'correct horse'
	before=$(getent shadow alice)
	passwd_by alice 'Current password' 'unix word' 'Password: ' 'correct horse' "${NEW[@]}" --
	changed
	[ "$(getent shadow alice)" != "$before" ] || fail "the Unix password is as it was"
}

test_one_password_for_both_is_asked_for_once() {
	mixed try_first_pass
	enrol_password alice 'unix word'
	passwd_by alice 'Current password' 'unix word' "${NEW[@]}" --
	changed
}

# PRELIM of ours fails: pam_unix changed nothing either.
test_a_wrong_proof_leaves_both_as_they_were() {
	local before
	mixed
	enrol_password alice 'correct horse'
	before=$(getent shadow alice)
	passwd_by alice 'Current password' 'unix word' 'Password: ' 'wrong horse' --
	unchanged
	is "$(getent shadow alice)" "$before" "alice's line in shadow"
	granted alice password 'correct horse'
}

test_without_an_authority() {
	begin
	enrol_password alice 'correct horse'
	authority_stop
	passwd_by alice --
	[ "$STATUS" != 0 ] || fail "passwd succeeded"
	authority_start
	granted alice password 'correct horse'
}

run_tests
