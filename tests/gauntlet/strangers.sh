# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The user socket, which everybody may connect to: what is claimed there, what is cut, lengthened,
# held or poured into it; and that nobody else is hindered or told about.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

stored() { authority_stop; sqlite3 /var/lib/webcred/webcred.db "$1"; authority_start; }

# refused_request USER OPTION... ask VERB: nothing is granted, and nothing told.
refused_request() {
	local user=$1
	shift
	tried
	OUT=$(as "$user" stranger "$@" 2>&1)
	says_not "$OUT" '^RESULT granted|^ENTRY|^ACCOUNT|^MESSAGE|^SHOW .*bob' "$*"
	held
}

# bob_gets_in: a lock screen of his, within two seconds.
bob_gets_in() {
	local began
	began=$(date +%s%N)
	OUT=$(as bob credrive -u bob --answer 'battery staple' get)
	says "$OUT" '^granted' "bob at his lock screen"
	MS=$((($(date +%s%N) - began) / 1000000))
	[ "$MS" -lt 2000 ] || fail "bob waited $MS ms"
}

two_people() {
	alice_enrolled
	enrol_password bob 'battery staple'
}

# Every request there is, from carol, about everybody, with every uid in the hello.
test_himmelblau_a139def5() {
	local verb name uid kind
	row 'himmelblau a139def5'
	two_people
	enrol_totp bob
	for verb in get settle manage list prevent status accounts backup 0 9 99 65535; do
		for name in bob root carol nosuchname; do
			for uid in 5003 5002 0 4294967295; do
				refused_request carol --name $name --uid $uid --requester 0 --answer 'battery staple' ask $verb
			done
		done
	done
	for kind in $(seq 0 10); do
		for name in bob root carol; do
			refused_request carol --name $name --change "$kind" ask manage
		done
	done
	is "$(credentials bob)" 2 "bob's credentials"
	is "$(credentials carol)" 0 "carol's credentials"
	unharmed
}

test_caller_claims_service_sudo_a_tty_no_rhost() {
	row 'a caller on the user socket claims service sudo, a tty, no rhost'
	two_people
	for claim in '--service sudo' '--service sshd' '--service login' '--tty tty1' '--rhost 192.0.2.1' '--order password' \
		'--mediation 4' '--mediation 1' '--flags 16' '--flags 32' '--flags 255' '--ssh-auth publickey' \
		'--service sudo --tty tty1 --requester 0' '--service swaylock --tty tty1' '--requester 0 --flags 16'; do
		# shellcheck disable=SC2086 # words
		refused_request alice $claim --name alice --answer 'correct horse' ask get
	done
	# What is granted to her own lock screen clears nothing, and guesses count as her uid's.
	OUT=$(as alice stranger --name alice --answer 'correct horse' ask get)
	says "$OUT" '^RESULT granted' "her own lock screen"
	tried 2
	as alice stranger --name alice --answer 'wrong' ask get >/dev/null
	is "$(stored 'SELECT count(*) FROM silent_access')" 0 "services that may be silent"
	held
	is "$(stored 'SELECT DISTINCT origin FROM throttle WHERE failures > 0')" 'uid:5001' "origins that were counted"
	held
	unharmed
}

test_sssd_lengths() {
	row 'SSSD CVE-2026-6245, -68743, -68742, -68744'
	swift_conf </dev/null
	two_people
	says "$(as alice stranger --name alice --answer 'correct horse' ask get)" '^RESULT granted'
	OUT=$(as alice stranger --name alice --answer 'correct horse' lengths)
	stranger_sum
	OUT=$(stranger --socket /run/webcred/login --name alice --uid 5001 --tty tty1 --rhost h.example --order password \
		--answer 'correct horse' lengths)
	stranger_sum
	[ ! -s "$SANDBOX/authority.exits" ] || is "$(sort -u "$SANDBOX/authority.exits")" 0 "how the authority ended"
	bob_gets_in
}

test_polkit_cve_2026_4897() {
	local i
	row 'polkit CVE-2026-4897'
	swift_conf </dev/null
	two_people
	OUT=$(as alice stranger --name alice --answer 'correct horse' oversize)
	stranger_sum
	OUT=$(stranger --socket /run/webcred/login --name alice --uid 5001 --answer 'correct horse' oversize)
	stranger_sum
	for i in 1025 4096 65536 1048576; do
		tried
		drive alice "$SERVICE" --answer-big $i authenticate
		is "$CODE" PAM_AUTH_ERR "an answer of $i bytes"
		held
	done
	# The tool's own input, without an end.
	for i in 'store password --user alice' 'import pam-u2f /dev/stdin --user alice' 'create totp --user alice'; do
		tried
		# shellcheck disable=SC2086 # words
		head -c 20000000 /dev/zero | tr '\0' x | (ulimit -v 400000; timeout 20 webcred $i >"$SANDBOX/tmp/out" 2>&1)
		[ "${PIPESTATUS[2]}" != 124 ] || fail "webcred $i takes 20 MB"
		held
	done
	granted alice password 'correct horse'
	bob_gets_in
}

# A matrix: everybody's credential, presented as everybody else.
test_sssd_cve_2025_11561() {
	local owner target type
	row 'SSSD CVE-2025-11561'
	swift_conf </dev/null
	declare -A secret
	for owner in alice bob carol; do
		enrol_password $owner "the word of $owner"
		secret[$owner.password]="the word of $owner"
		enrol_hotp $owner
		secret[$owner.otp]=$(hotp "$SEED" 1)
		enrol_recovery $owner
		secret[$owner.recovery]=${CODES[0]}
	done
	for owner in alice bob carol; do
		for target in alice bob carol root daemon nosuchname; do
			[ $owner != $target ] || continue
			for type in password otp recovery; do
				keeps_out $target "${type/recovery/otp}" --answer "${secret[$owner.$type]}"
				keeps_out $target "${type/recovery/otp}" --ruser $owner --answer "${secret[$owner.$type]}"
			done
			# Their names as another's uid, in the hello.
			tried
			OUT=$(stranger --socket /run/webcred/login --name $target --uid "$(id -u $owner)" --order password \
				--answer "${secret[$owner.password]}" ask get)
			says_not "$OUT" '^RESULT granted'
			held
		done
	done
	for owner in alice bob carol; do
		for type in password otp recovery; do granted $owner "${type/recovery/otp}" "${secret[$owner.$type]}"; done
	done
}

# ---- hindering others ------------------------------------------------------------------

# While the keeper stands still, ten messages come whose descriptors wait 20 seconds at their last
# close; then it goes on, and bob comes.
test_client_lingers_with_a_descriptor_attached_to_its_hello() {
	local keeper pid
	row 'a descriptor that lingers, attached to the hello'
	two_people
	bob_gets_in
	tried 10
	keeper=$(keeper_pid)
	kill -STOP "$keeper"
	as alice stranger --name alice linger 10 20 15000 >"$SANDBOX/tmp/lingers" 2>&1 &
	pid=$!
	for _ in $(seq 200); do [ -s "$SANDBOX/tmp/lingers" ] && break; sleep 0.01; done
	kill -CONT "$keeper"
	OUT=$(cat "$SANDBOX/tmp/lingers")
	says "$OUT" '^sent (10 barred 0|0 barred 10)$'
	note "$OUT (barred: this kernel lets a socket refuse descriptors)"
	bob_gets_in
	note "bob waited $MS ms"
	granted bob password 'battery staple'
	[ "$MS" -lt 2000 ] || fail "bob's sudo waited $MS ms"
	held 10
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	:
}

# Uids are cheap to who may map them: five, each with 32 requests under names that nobody has.
test_strangers_share_a_few_places() {
	local uid pids=()
	row 'uids without credentials fill the user socket'
	two_people
	for uid in 100001 100002 100003 100004 100005; do
		tried 32
		setpriv --reuid $uid --regid $uid --clear-groups "$WEBCRED_TOOLS/stranger" --name "stranger$uid" --uid $uid \
			crowd 32 6000 asked >/dev/null 2>&1 &
		pids+=($!)
	done
	sleep 1.5
	bob_gets_in
	held 160
	kill "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	:
}

# A thousand of alice's, of each kind: silent ones make room, half a hello is no hello.
test_thousand_connections() {
	local how pid keeper before
	row 'a thousand connections: silent, half a hello, a request each'
	two_people
	ulimit -n 4096
	keeper=$(keeper_pid)
	before=$(find "/proc/$keeper/fd" | wc -l)
	for how in silent half asked; do
		tried 1000
		as alice stranger --name alice crowd 1000 5000 $how >"$SANDBOX/tmp/crowd" 2>&1 &
		pid=$!
		for _ in $(seq 300); do grep -q held "$SANDBOX/tmp/crowd" && break; sleep 0.01; done
		bob_gets_in
		note "$how: $(cat "$SANDBOX/tmp/crowd"), bob waited $MS ms"
		granted bob password 'battery staple'
		[ "$MS" -lt 2000 ] || fail "bob's sudo waited $MS ms"
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		held 1000
	done
	for _ in $(seq 200); do
		[ "$(find "/proc/$keeper/fd" | wc -l)" -le $((before + 16)) ] && break
		sleep 0.02
	done
	[ "$(find "/proc/$keeper/fd" | wc -l)" -le $((before + 16)) ] || fail "descriptors stay: $before before"
	unharmed
}

# Who is turned away is told of once a second, and the rest is counted.
test_log_is_not_flooded() {
	local began lines told
	row 'a log flooded by who is turned away'
	two_people
	ulimit -n 4096
	mark
	began=$SECONDS
	for _ in 1 2 3 4 5; do
		tried 400
		as alice stranger --name alice crowd 400 1 half >/dev/null 2>&1
	done
	sleep 1.1
	as alice stranger --name alice crowd 1 1 half >/dev/null 2>&1
	sleep 0.2
	lines=$(log_since | grep -c 'a caller of uid 5001 was turned away')
	told=$(log_since | sed -n 's/.*turned away.*(\([0-9]*\) more before).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
	note "2001 bad hellos in $((SECONDS - began)) s: $lines lines, which tell of $told more"
	[ "$lines" -ge 1 ] && [ "$lines" -le $((SECONDS - began + 2)) ] || fail "$lines lines in $((SECONDS - began)) s"
	[ "$told" -gt 0 ] || fail "what was left out is not counted"
	logged_not 'lines before this one were lost'
	held 2000
	unharmed
}

# A message that never comes: between hello and request, and between prompt and answer.
test_slow_messages() {
	local pids=() i
	row 'messages that come slowly or not at all'
	two_people
	for i in $(seq 30); do
		tried
		as alice stranger --name alice crowd 1 4000 half >/dev/null 2>&1 &
		pids+=($!)
		as alice credrive -u alice hold /run/webcred/user 1 4000 >/dev/null 2>&1 &
		pids+=($!)
	done
	for i in 1 2 3 4 5; do bob_gets_in; granted bob password 'battery staple'; done
	kill "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	held 30
	unharmed
}

run_tests
