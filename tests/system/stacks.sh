# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Debian's own stacks with our profile chosen, by the real pam-auth-update; and what modules after
# us get to see.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

# The machine's files as they were, to begin each test with; debconf's database is a copy as well.
cp -a /etc/pam.d "$SANDBOX/pam.d.debian"
cp -a /var/lib/pam "$SANDBOX/pam.state"
cp -a /var/cache/debconf "$SANDBOX/debconf"
mount --bind "$SANDBOX/debconf" /var/cache/debconf || exit 77

update() { DEBIAN_FRONTEND=noninteractive pam-auth-update "$@" </dev/null || fail "pam-auth-update $*"; }

begin() {
	rm -rf /etc/pam.d /var/lib/pam
	cp -a "$SANDBOX/pam.d.debian" /etc/pam.d
	cp -a "$SANDBOX/pam.state" /var/lib/pam
	update --force --package --remove webcred
	doors_conf </dev/null
}

chosen() {
	begin
	update --enable webcred
	unix_password alice 'unix word'
	unix_password bob 'unix word'
}

sudo_as() {
	local user=$1
	shift
	ask "$@" -- setpriv --reuid "$user" --regid "$user" --clear-groups -- sudo id -u
}

lets_in() {
	sudo_as "$@"
	is "$STATUS" 0 "sudo's exit status for $1"
	says "$OUT" '^0$'
}

# keeps_out USER ANSWER...: and one question was asked, whatever else the stack knows.
keeps_out() {
	sudo_as "$@"
	[ "$STATUS" != 0 ] || fail "sudo let $1 in"
	says_not "$OUT" '^0$'
}

prompts() { is "$(grep -oE '(assword|code)[^:]*: ' <<<"$OUT" | wc -l)" "$1" "how many prompts there were"; }

test_profile_is_off_until_it_is_chosen() {
	begin
	update --package
	grep -q webcred /etc/pam.d/common-* && fail "an installation alone changed the stacks"
	cmp /etc/pam.d/common-auth "$SANDBOX/pam.d.debian/common-auth" || fail "common-auth changed"
}

test_profile_chosen_and_removed() {
	begin
	update --enable webcred
	says "$(grep -v '^#' /etc/pam.d/common-auth | grep -m 1 pam_)" \
		'^auth.*success=[23] ignore=ignore default=die.*pam_webcred.so nullok' "the first line of common-auth"
	says "$(cat /etc/pam.d/common-account)" '^account.*pam_unix.so'
	says "$(cat /etc/pam.d/common-account)" '^account.*required.*pam_webcred.so'
	update --package --remove webcred
	grep -q webcred /etc/pam.d/common-* && fail "it is still there: $(grep webcred /etc/pam.d/common-*)"
	cmp /etc/pam.d/common-auth "$SANDBOX/pam.d.debian/common-auth" || fail "common-auth is not as it was"
}

test_refused_password_is_not_followed_by_a_unix_password_prompt() {
	chosen
	enrol_password alice 'correct horse'
	keeps_out alice 'wrong horse' 'unix word'
	prompts 1
	keeps_out alice 'unix word' 'unix word'
	prompts 1
	lets_in alice 'correct horse'
	prompts 1
}

test_refused_code_is_not_followed_by_a_unix_password_prompt() {
	local code
	chosen
	enrol_totp alice
	code=$(totp "$SEED" 1)
	keeps_out alice "$(wrong "$code")" 'unix word'
	prompts 1
	lets_in alice "$code"
	keeps_out alice "$code" 'unix word'
	prompts 1
}

test_unplugged_key_is_no_way_round_it() {
	key_start desk
	chosen
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	enrol_key alice
	lets_in alice
	key_stop desk
	keeps_out alice 'unix word' 'unix word'
	key_forget desk
}

test_the_unenrolled_pass_to_pam_unix() {
	chosen
	enrol_password alice 'correct horse'
	lets_in bob 'unix word'
	prompts 1
	keeps_out bob 'correct horse'
	keeps_out bob ''
}

# su, login and sshd include the same files.
test_every_service_that_includes_them() {
	chosen
	enrol_password alice 'correct horse'
	ask 'correct horse' -- setpriv --reuid bob --regid bob --clear-groups -- su alice -c 'id -un'
	says "$OUT" '^alice$'
	ask 'unix word' 'unix word' -- setpriv --reuid bob --regid bob --clear-groups -- su alice -c 'id -un'
	says_not "$OUT" '^alice$'
	prompts 1
	ask 'unix word' -- setpriv --reuid alice --regid alice --clear-groups -- su bob -c 'id -un'
	says "$OUT" '^bob$'
	sshd_start </dev/null
	ssh_lets_in keyboard-interactive alice 'correct horse'
	ssh_keeps_out keyboard-interactive alice 'unix word' 'unix word'
	prompts 1
	ssh_lets_in keyboard-interactive bob 'unix word'
	sshd_stop
	steps 'login: ?$' alice assword 'correct horse' '[$] $' 'echo I am `id -un`; exit' -- login
	says "$OUT" '^I am alice$'
	steps 'login: ?$' bob assword 'unix word' '[$] $' 'echo I am `id -un`; exit' -- login
	says "$OUT" '^I am bob$'
}

# Could not look is never nothing there: nobody passes, root's password neither.
test_without_an_authority_nobody_passes() {
	chosen
	unix_password root 'root word'
	enrol_password alice 'correct horse'
	authority_stop
	keeps_out alice 'correct horse' 'unix word'
	keeps_out bob 'unix word' 'unix word'
	ask 'root word' 'root word' -- setpriv --reuid bob --regid bob --clear-groups -- su -c 'id -u'
	says_not "$OUT" '^0$'
	authority_start
	lets_in bob 'unix word'
}

# pam_unix stays in the account stack: what chage and usermod say about the account is heard.
test_expired_account_is_refused() {
	chosen
	enrol_password alice 'correct horse'
	chage -E 1 alice
	chage -E 1 bob
	keeps_out alice 'correct horse'
	keeps_out bob 'unix word'
	chage -E -1 alice
	lets_in alice 'correct horse'
}

# usermod -L takes the Unix password alone away, as from who logs in with an ssh key: with
# `-e 1`, as its manual says, the account is closed; webcred lock closes what is enrolled.
test_usermod_lock_takes_the_unix_password_alone() {
	chosen
	enrol_password alice 'correct horse'
	usermod -L alice
	usermod -L bob
	keeps_out bob 'unix word'
	lets_in alice 'correct horse'
	usermod -L -e 1 alice
	keeps_out alice 'correct horse'
	usermod -U -e '' alice
	webcred lock --user alice >/dev/null || fail "lock"
	keeps_out alice 'correct horse' 'unix word'
	prompts 1
}

test_passwd_stays_pam_unixs() {
	chosen
	enrol_password alice 'correct horse'
	steps Current 'unix word' New 'another word 1' Retype 'another word 1' -- \
		setpriv --reuid alice --regid alice --clear-groups -- passwd
	is "$STATUS" 0 "passwd's exit status"
	lets_in alice 'correct horse'
}

# ---- PAM_AUTHTOK for those who come after ----------------------------------------------

# pam_exec takes PAM_AUTHTOK if it is set, and asks for a password of its own if it is not.
after_us() {
	cat >"$SANDBOX/tmp/tell" <<-END
		#!/bin/sh
		cat >"$SANDBOX/tmp/authtok"
	END
	chmod 0755 "$SANDBOX/tmp/tell"
	rm -f "$SANDBOX/tmp/authtok"
	service after <<-END
		auth required pam_webcred.so $*
		auth optional pam_exec.so expose_authtok quiet $SANDBOX/tmp/tell
		account required pam_webcred.so
	END
}

# seen: what pam_exec got, its closing zero byte aside.
seen() { tr -d '\0' <"$SANDBOX/tmp/authtok"; }

test_verified_password_is_handed_on() {
	after_us
	enrol_password alice 'correct horse'
	granted alice after 'correct horse'
	is "$(seen)" 'correct horse' "PAM_AUTHTOK"
}

test_refused_password_is_not_handed_on() {
	after_us
	enrol_password alice 'correct horse'
	refused alice after 'wrong horse' 'asked anew'
	is "$(seen)" 'asked anew' "PAM_AUTHTOK"
}

test_code_is_never_handed_on() {
	after_us
	enrol_hotp alice
	granted alice after "$(hotp "$SEED" 1)" 'asked anew'
	is "$(seen)" 'asked anew' "PAM_AUTHTOK"
}

test_pin_is_never_handed_on() {
	key_start desk --pin=246810
	doors_conf <<-END
		user_verification = required
		[devices]
		device = $KEY
	END
	after_us
	ask 246810 -- webcred create public-key --user alice
	is "$STATUS" 0 "enrolling a key with a PIN"
	granted alice after 246810 'asked anew'
	is "$(seen)" 'asked anew' "PAM_AUTHTOK"
	key_forget desk
}

# What an earlier module collected is tried as the password, never as a PIN or a code.
test_collected_password_is_taken_and_handed_on() {
	after_us
	service after <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so try_first_pass get=password
		auth optional pam_exec.so expose_authtok quiet $SANDBOX/tmp/tell
		account required pam_webcred.so
	END
	enrol_password alice 'correct horse'
	granted alice after 'correct horse'
	says "$OUT" '^prompts 1 '
	is "$(seen)" 'correct horse' "PAM_AUTHTOK"
}

test_collected_password_is_never_a_pin_or_a_code() {
	key_start desk --pin=246810
	doors_conf <<-END
		user_verification = required
		[devices]
		device = $KEY
	END
	service after <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so use_first_pass
		account required pam_webcred.so
	END
	ask 246810 -- webcred create public-key --user alice
	drive alice after --answer 246810 authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "PAM_AUTHTOK was taken for a PIN"
	says "$(key_ctl desk status)" 'pin-retries=8'
	enrol_hotp bob
	drive bob after --answer "$(hotp "$SEED" 1)" authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "PAM_AUTHTOK was taken for a code"
	granted bob otp "$(hotp "$SEED" 1)"
	key_forget desk
}

trap sshd_stop EXIT
run_tests
