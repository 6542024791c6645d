# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Lock screens and other callers without root: the user socket, about their own account.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

# locker NAME [OPTION...]: authenticate alone: no locker calls acct_mgmt.
locker() {
	service "$1" <<<"auth required pam_webcred.so ${*:2}"
}

# unlock USER SERVICE ANSWER...: pamdrive as that user; sets OUT, CODE and MS as drive does.
unlock() {
	local user=$1 service=$2 answers=() answer
	shift 2
	for answer; do answers+=(--answer "$answer"); done
	OUT=$(as "$user" pamdrive -u "$user" -s "$service" -c "$PAMD" ${answers[@]+"${answers[@]}"} \
		${UNLOCK_MORE[@]+"${UNLOCK_MORE[@]}"} authenticate)
	CODE=$(sed -n 's/^authenticate[^ ]* \(PAM_[A-Z_]*\) .*/\1/p' <<<"$OUT" | tail -n 1)
	MS=$(sed -n 's/^authenticate[^ ]* PAM_[A-Z_]* \([0-9]*\)\..*/\1/p' <<<"$OUT" | tail -n 1)
	echo "$OUT"
}
UNLOCK_MORE=()

opens() {
	unlock "$@"
	is "$CODE" PAM_SUCCESS "unlocking $2 as $1"
}

stays_locked() {
	unlock "$@"
	is "$CODE" PAM_AUTH_ERR "unlocking $2 as $1"
}

test_password() {
	locker swaylock
	enrol_password alice 'correct horse'
	opens alice swaylock 'correct horse'
	logged 'get granted user="alice".*peer_uid=5001.*claimed_service="swaylock"'
	stays_locked alice swaylock 'wrong horse'
}

test_totp_and_its_replay() {
	local code
	locker swaylock
	enrol_totp alice
	code=$(totp "$SEED" 1)
	stays_locked alice swaylock "$(wrong "$code")"
	opens alice swaylock "$code"
	stays_locked alice swaylock "$code"
}

test_hotp_and_its_replay() {
	locker swaylock
	enrol_hotp alice
	opens alice swaylock "$(hotp "$SEED" 1)"
	stays_locked alice swaylock "$(hotp "$SEED" 1)"
}

test_recovery_code_and_its_replay() {
	locker swaylock
	enrol_recovery alice
	opens alice swaylock "${CODES[0]}"
	stays_locked alice swaylock "${CODES[0]}"
}

test_security_key_touched_and_declined() {
	key_start desk
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	locker swaylock
	enrol_key alice
	opens alice swaylock
	key_ctl desk touch=refuse
	stays_locked alice swaylock
	key_stop desk
	stays_locked alice swaylock
	key_forget desk
}

test_real_pamtester_without_root() {
	locker swaylock
	enrol_password alice 'correct horse'
	ask 'correct horse' -- setpriv --reuid alice --regid alice --clear-groups -- \
		pamtester swaylock alice authenticate
	is "$STATUS" 0 "pamtester's exit status"
	says "$OUT" 'successfully authenticated'
	ask 'wrong horse' -- setpriv --reuid alice --regid alice --clear-groups -- \
		pamtester swaylock alice authenticate
	[ "$STATUS" != 0 ] || fail "pamtester let alice in"
}

# Debian's vlock-main is setuid root, so it comes in by the login socket.  It asks for the account's
# password and then, if that is wrong, for root's.
test_real_vlock() {
	command -v vlock >/dev/null || skip "vlock is not installed"
	doors_conf </dev/null
	locker vlock
	enrol_password alice 'correct horse'
	enrol_hotp root
	steps unlock '' "alice's Password" 'wrong horse' code 000000 unlock '' "alice's Password" 'correct horse' -- \
		setpriv --reuid alice --regid alice --clear-groups -- env USER=alice vlock
	is "$STATUS" 0 "vlock's exit status"
	logged 'get refused user="alice" service="vlock".*requester=5001'
	logged 'get refused user="root" service="vlock".*requester=5001'
	logged 'get granted user="alice" service="vlock".*requester=5001'
}

# The user socket is about the peer's own account alone.
# vlock asks its user, and then root.
vlock() {
	steps "$@" -- setpriv --reuid alice --regid alice --clear-groups -- env USER=alice vlock
}

test_real_vlock_with_a_key() {
	command -v vlock >/dev/null || skip "vlock is not installed"
	key_start desk --pin=246810
	doors_conf <<-END
		user_verification = required
		key_wait = 0
		[devices]
		device = $KEY
	END
	locker vlock
	ask 246810 -- webcred create public-key --user alice
	is "$STATUS" 0 "enrolling a key with a PIN"
	enrol_hotp root
	vlock unlock '' PIN 246810
	is "$STATUS" 0 "vlock's exit status, with a PIN"
	logged 'get granted user="alice" service="vlock".*type=public-key'
	# Wrong: one try is gone, and root has to come.
	vlock unlock '' PIN 135790 code "$(hotp "$SEED" 2)"
	is "$STATUS" 0 "vlock's exit status, after a wrong PIN"
	says "$(key_ctl desk status)" 'pin-retries=7' "the key"
	key_stop desk
	vlock unlock '' code "$(hotp "$SEED" 3)"
	is "$STATUS" 0 "vlock's exit status, with the key out"
	is "$(log_since | grep -c 'get refused user="alice" service="vlock"')" 2 "refusals"
	key_forget desk
}

test_nobody_elses_account() {
	locker swaylock
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	OUT=$(as bob pamdrive -u alice -s swaylock -c "$PAMD" --answer 'correct horse' authenticate)
	says_not "$OUT" '^authenticate PAM_SUCCESS'
	logged_not 'granted'
}

test_service_that_is_not_listed() {
	locker sudo
	locker webcred-test
	enrol_password alice 'correct horse'
	stays_locked alice sudo 'correct horse'
	says "$OUT" '^prompts 0 '
	stays_locked alice webcred-test 'correct horse'
	says "$OUT" '^prompts 0 '
	logged 'claimed_service="sudo".*unprivileged_services'
}

# A claim of rhost or tty is not believed, and does no harm.
test_claims_of_tty_and_rhost_are_dropped() {
	locker swaylock
	enrol_password alice 'correct horse'
	UNLOCK_MORE=(--rhost far.example.org --tty tty1 --ruser root)
	opens alice swaylock 'correct horse'
	logged_not 'far.example.org|tty1'
}

test_policy_on_the_line_is_not_a_lockers_to_say() {
	locker swaylock get=password
	enrol_password alice 'correct horse'
	unlock alice swaylock 'correct horse'
	is "$CODE" PAM_PERM_DENIED
	logged 'order, mediation'
}

# Lockers never call acct_mgmt: what revokes is seen in authenticate.
test_locked_account_and_removed_credential() {
	local id
	locker swaylock
	enrol_password alice 'correct horse'
	credrive -u alice lock || fail "lock"
	stays_locked alice swaylock 'correct horse'
	credrive -u alice unlock || fail "unlock"
	opens alice swaylock 'correct horse'
	id=$(credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) .*/\1/p')
	credrive -u alice remove "$id" || fail "remove"
	stays_locked alice swaylock 'correct horse'
}

# One prompt for each secret, whatever is given: hyprlock would answer a loop for ever.
test_locker_that_repeats_its_answer() {
	locker hyprlock
	enrol_password alice 'correct horse'
	enrol_totp alice
	stays_locked alice hyprlock wrong wrong wrong wrong
	says "$OUT" '^prompts 1 '
}

# Every prompt is answered by the login password: it is no PIN, and costs the key no try.
test_login_password_is_never_tried_as_a_pin() {
	local name
	key_start desk --pin=246810
	doors_conf <<-END
		user_verification = required
		get = public-key password
		[devices]
		device = $KEY
	END
	enrol_password alice 'correct horse'
	ask 246810 -- webcred create public-key --user alice
	is "$STATUS" 0 "enrolling a key with a PIN"
	says "$(key_ctl desk status)" 'pin-retries=8' "the key"
	for name in swaylock i3lock hyprlock; do
		locker "$name"
		opens alice "$name" 'correct horse' 'correct horse' 'correct horse'
		says "$OUT" '^prompts 1 '
		says "$OUT" '^conv ECHO_OFF "Password: "'
	done
	says "$(key_ctl desk status)" 'pin-retries=8' "the key"
	# One that shows what it is asked for may ask.
	locker kde
	opens alice kde 246810
	says "$OUT" 'PIN of'
	says "$(key_ctl desk status)" 'pin-retries=8' "the key"
	key_forget desk
}

# Less than 50 ms is "service unavailable" to kscreenlocker.  It leaves pam_fail_delay to libpam.
test_refusal_takes_50_ms_as_kscreenlocker_wants() {
	local user
	locker kde
	enrol_hotp alice
	enrol_password bob 'battery staple'
	for user in alice bob carol; do
		stays_locked "$user" kde 000000
		[ "$(sed -n 's/^delay \([0-9]*\) .*/\1/p' <<<"$OUT")" -ge 50000 ] ||
			fail "$user was refused after $MS ms, and without a delay"
	done
}

# As systemd runs polkit 127's helper: no devices, no homes, no network, no new privileges, no
# capabilities; only the socket in the file system is left.
# restricted USER OPTION...: pamdrive so; sets OUT.
restricted() {
	OUT=$(unshare --mount --net --ipc --uts --propagation private sh -c '
		mount -t tmpfs none /dev && mkdir /dev/shm && mknod -m 666 /dev/null c 1 3
		mkdir -p /home /root && mount -t tmpfs -o mode=000 none /home && mount -t tmpfs -o mode=000 none /root
		mount -t tmpfs -o ro none '"$SANDBOX/home"'
		exec "$@"' sh prlimit --nproc=64 --core=0 --memlock=0 --nofile=64 \
		setpriv --reuid "$1" --regid "$1" --clear-groups --no-new-privs --bounding-set=-all -- \
		pamdrive -u "$1" -s polkit-1 -c "$PAMD" "${@:2}" authenticate 2>&1)
	echo "$OUT"
}

test_caller_under_systemds_restrictions() {
	key_start desk
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	locker polkit-1
	enrol_key alice
	enrol_password bob 'battery staple'
	restricted alice
	says "$OUT" '^authenticate PAM_SUCCESS'
	logged 'get granted user="alice".*type=public-key'
	key_ctl desk touch=refuse
	restricted alice
	says "$OUT" '^authenticate PAM_AUTH_ERR'
	key_stop desk
	restricted alice
	says "$OUT" '^authenticate PAM_AUTH_ERR'
	restricted bob --answer 'battery staple'
	says "$OUT" '^authenticate PAM_SUCCESS'
	restricted bob --answer 'wrong'
	says "$OUT" '^authenticate PAM_AUTH_ERR'
	key_forget desk
}

# Asking at the user socket clears no flag and settles nothing; it changes counts alone.
test_caller_under_systemds_restrictions_with_a_pin() {
	key_start desk --pin=246810
	doors_conf <<-END
		user_verification = required
		key_wait = 0
		[devices]
		device = $KEY
	END
	locker polkit-1
	ask 246810 -- webcred create public-key --user alice
	is "$STATUS" 0 "enrolling a key with a PIN"
	restricted alice --answer 246810
	says "$OUT" '^authenticate PAM_SUCCESS'
	restricted alice --answer 135790
	says "$OUT" '^authenticate PAM_AUTH_ERR'
	says "$(key_ctl desk status)" 'pin-retries=7' "the key"
	key_forget desk
}

test_unlocking_counts_as_no_login() {
	locker swaylock
	webcred_service silent mediation=silent
	enrol_password alice 'correct horse'
	opens alice swaylock 'correct horse'
	drive alice silent authenticate
	is "$CODE" PAM_AUTHINFO_UNAVAIL
}

test_shipped_example() {
	cp "$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d/swaylock" /etc/pam.d/swaylock
	enrol_password alice 'correct horse'
	ask 'correct horse' -- setpriv --reuid alice --regid alice --clear-groups -- pamtester swaylock alice authenticate
	is "$STATUS" 0 "pamtester's exit status"
	ask 'wrong horse' 'wrong horse' -- setpriv --reuid alice --regid alice --clear-groups -- pamtester swaylock alice authenticate
	[ "$STATUS" != 0 ] || fail "let in"
	is "$(grep -c assword <<<"$OUT")" 1 "how many prompts"
	authority_stop
	ask 'correct horse' -- setpriv --reuid alice --regid alice --clear-groups -- pamtester swaylock alice authenticate
	[ "$STATUS" != 0 ] || fail "let in without an authority"
}

run_tests
