# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Argon2id takes memory: how many passwords are checked or stored at once, on a machine of any speed.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

# hashing MEMORY PASSES MOST [LINE...]: what one hash takes (KiB), and how many there is room for;
# LINEs go into [throttle], which is off without.
hashing() {
	HASH=$1
	{
		printf '[password]\nmemory = %d\npasses = %d\n[limits]\nmax_hashes = %d\n[throttle]\n' "${@:1:3}"
		[ $# -gt 3 ] || set -- "$@" 'enabled = no'
		printf '%s\n' "${@:4}"
	} | conf
}

# at_once: kilobytes of their own, and how many hash, at one instant; sets KB and N.  No instant is
# seen as a whole, but nobody hashes twice: who hashed in both of two looks, one behind the other,
# did so in between, and so did all of these at the same time.
at_once() {
	read -r KB N < <({ look; echo; look; } | awk -v least="$((HASH / 2))" '
		NF == 0 { again = 1; next }
		!again { had[$1] = $2; next }
		$1 in had { kb = $2 < had[$1] ? $2 : had[$1]; sum += kb; if (kb > least) n++ }
		END { print sum + 0, n + 0 }')
}

# peak_while PID...: the most that at_once says until these have ended; sets PEAK and MOST.
peak_while() {
	PEAK=0 MOST=0
	while kill -0 "$@" 2>/dev/null; do
		at_once
		[ "$KB" -le "$PEAK" ] || PEAK=$KB
		[ "$N" -le "$MOST" ] || MOST=$N
		sleep 0.02
	done
	note "at most $MOST at once, $((PEAK / 1024)) MiB"
}

# within MOST BESIDE: so many hashes, and no more memory than they and BESIDE KiB.
within() {
	[ "$MOST" -gt 0 ] || fail "nothing was hashed while it was looked at"
	[ "$MOST" -le "$1" ] || fail "$MOST hash at once, with room for $1"
	[ "$PEAK" -lt $(($1 * HASH + $2)) ] || fail "$PEAK kB at once, with room for $1 of $HASH"
}

right() { drive "$1" "${2-password}" "${@:3}" --answer 'correct horse' authenticate >/dev/null; }

# told_or_in FILE...: what pamdrive printed: let in, or told to come again.
told_or_in() {
	local file
	for file; do
		OUT=$(cat "$file")
		says "$OUT" '^authenticate PAM_(SUCCESS|PERM_DENIED) '
		grep -q '^authenticate PAM_SUCCESS' <<<"$OUT" || says "$OUT" 'Too many logins at once: try again'
	done
}

test_64_lock_screens_and_64_ssh_logins() {
	local pids=() user in denied
	row '64 lock screens and 64 ssh logins at once'
	sanitized && skip "a sanitizer's own memory is many times what is measured"
	hashing 65536 2 8
	cp -r "$PAMD" "$SANDBOX/tmp/pam.d"
	chmod -R a+rX "$SANDBOX/tmp/pam.d"
	webcred_service sshd get=password
	webcred_service swaylock # its options are webcred.conf's
	cp "$PAMD"/* "$SANDBOX/tmp/pam.d/"
	for user in alice bob; do enrol_password $user 'correct horse'; done
	tried 128
	for user in alice bob; do
		as $user pamdrive -u $user -s swaylock -c "$SANDBOX/tmp/pam.d" --race 32 --quiet --answer 'correct horse' \
			authenticate >"$SANDBOX/tmp/lock.$user" 2>&1 &
		pids+=($!)
	done
	pamdrive -u alice -s sshd -c "$PAMD" --race 64 --rhost 192.0.2.1 --quiet --answer 'correct horse' authenticate \
		>"$SANDBOX/tmp/ssh" 2>&1 &
	pids+=($!)
	peak_while "${pids[2]}"
	wait "${pids[@]}"
	OUT=$(cat "$SANDBOX"/tmp/lock.* "$SANDBOX/tmp/ssh")
	note "$(tr '\n' ';' <<<"$OUT")"
	within 8 $((192 * 1024))
	says_not "$OUT" 'PAM_AUTH_ERR|LOST|neither'
	# A machine on which 15 seconds are not enough for all says so, to each for whom they were not.
	in=$(sed -n 's/^race 64.* PAM_SUCCESS=\([0-9]*\).*/\1/p' <<<"$OUT")
	denied=$(sed -n 's/^race 64.* PAM_PERM_DENIED=\([0-9]*\).*/\1/p' <<<"$OUT")
	is "$((${in:-0} + ${denied:-0}))" 64 "ssh logins that were let in, or told to come again"
	[ "${in:-0}" -gt 0 ] || fail "no ssh login was let in"
	[ "${denied:-0}" = 0 ] || logged 'Resource temporarily unavailable|try again'
	# Who was one too many has lost nothing.
	right alice
	is "$CODE" PAM_SUCCESS
	held 128
}

test_stored_passwords_wait_for_room_too() {
	local pids=() i in=0
	row 'passwords stored, 24 at once'
	sanitized && skip "a sanitizer's own memory is many times what is measured"
	hashing 65536 2 2
	for i in $(seq 24); do add_user "store$i" $((8900 + i)); done
	tried 24
	for i in $(seq 24); do
		credrive -u "store$i" password 'correct horse' >"$SANDBOX/tmp/store.$i" 2>&1 &
		pids+=($!)
	done
	peak_while "${pids[23]}"
	wait "${pids[@]}"
	within 2 $((60 * 1024))
	for i in $(seq 24); do
		OUT=$(cat "$SANDBOX/tmp/store.$i")
		if grep -q '^result' <<<"$OUT"; then
			right "store$i"
			is "$CODE" PAM_SUCCESS "what store$i stored"
			in=$((in + 1))
		else
			says "$OUT" 'Too many logins at once: try again' "store $i"
		fi
		held
	done
	[ "$in" -gt 0 ] || fail "nothing was stored"
}

# Time alone gives no place on: for seven seconds those who hash stand still, their memory with them.
test_a_slow_hash_keeps_its_place() {
	local pids=() i
	row 'a machine so slow that a hash takes seconds'
	sanitized && skip "a sanitizer's own memory is many times what is measured"
	hashing 65536 20 2
	enrol_password alice 'correct horse'
	tried 6
	for i in 1 2 3 4 5 6; do
		pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' authenticate >"$SANDBOX/tmp/slow.$i" 2>&1 &
		pids+=($!)
	done
	stand_still 2
	(sleep 7; kill -CONT "${STILL[@]}") &
	peak_while "${pids[@]}"
	wait "${pids[@]}"
	within 2 $((60 * 1024))
	told_or_in "$SANDBOX"/tmp/slow.*
	right alice
	is "$CODE" PAM_SUCCESS
	held 6
}

# A session that never comes back: who waits is told to try again, silently where silence was asked
# for, and nothing is counted; then it is ended, and its place is free.
test_a_session_that_stands_still() {
	local first i
	row 'a session stands still while it hashes'
	sanitized && skip "a sanitizer's own memory is many times what is measured"
	hashing 65536 20 1 'deny = 1' 'unlock_time = 0'
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	webcred_service collected get=password
	granted bob collected 'battery staple' # silent access is allowed from here on
	service collected <<-END
		auth optional pam_unix.so
		auth required pam_webcred.so get=password use_first_pass mediation=silent
	END
	pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' authenticate >"$SANDBOX/tmp/first" 2>&1 &
	first=$!
	stand_still 1
	mark
	tried 3
	drive bob collected --answer 'battery staple' authenticate >"$SANDBOX/tmp/silent" &
	drive bob password --answer 'battery staple' authenticate >/dev/null
	wait $!
	is "$CODE" PAM_PERM_DENIED "who found no room"
	says "$OUT" 'Too many logins at once: try again in a moment'
	says_not "$OUT" '^delay'
	held
	OUT=$(cat "$SANDBOX/tmp/silent")
	says "$OUT" '^authenticate PAM_PERM_DENIED '
	says "$OUT" '^prompts 1 texts 0' # pam_unix's own
	held
	for i in $(seq 120); do
		[ -e "/proc/${STILL[0]}" ] || break
		sleep 0.5
	done
	[ ! -e "/proc/${STILL[0]}" ] || fail "a session that stands still is there a minute later"
	wait $first
	says "$(cat "$SANDBOX/tmp/first")" '^authenticate PAM_PERM_DENIED '
	logged 'has hashed for 30 seconds; ended'
	granted bob password 'battery staple' # deny = 1: the refused ones were not counted
	held
}

run_tests
