# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What the authority could do if it were taken over, and what a user can put in everybody's way.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

unit() { find "$WEBCRED_STAGE" -path '*systemd/system*' -name "$1" | head -n 1; }

test_systemd_analyze_security() {
	local name
	row 'systemd-analyze security'
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze here"
	for name in webcred.service webcred-orphans.service; do
		tried
		OUT=$(systemd-analyze security --no-pager --offline=yes --threshold=25 "$(unit $name)" 2>&1) ||
			fail "$name: $(tail -n 1 <<<"$OUT")"
		note "$(tail -n 1 <<<"$OUT")"
		held
	done
}

# What a session is left with, as the kernel tells it.
test_sessions_have_no_rights() {
	local pid n=0
	row 'a session without rights'
	alice_enrolled
	await_a_session
	for pid in $(pgrep -x webcred-authori); do
		OUT=$(cat "/proc/$pid/status" 2>/dev/null) || continue # its caller came and went
		grep -q '^Uid:	0	' <<<"$OUT" && continue
		tried
		n=$((n + 1))
		says "$OUT" '^Seccomp:	2'
		says "$OUT" '^NoNewPrivs:	1'
		says_not "$OUT" '^Cap(Eff|Prm|Inh|Amb):	.*[1-9a-f]'
		says_not "$(ls -l "/proc/$pid/fd")" 'webcred\.db|host\.key|/dev/webcred|\.conf'
		held
	done
	[ $n -ge 1 ] || fail "no session was looked at"
}

# Everything that is alice's to write, made as hostile as a file can be, while bob and she log in.
test_hostile_local_user() {
	local home=$SANDBOX/home/alice kind pid before
	row 'a hostile local user: everything they can write to'
	alice_enrolled
	enrol_password bob 'battery staple'
	before=$(find /run/webcred /var/lib/webcred /etc/webcred -printf '%p %u %m\n' | sort)
	for kind in fifo socket link-to-etc link-to-store hardlink folder device-link loop; do
		tried 3
		rm -rf "$home" "$SANDBOX/tmp/alice"
		mkdir -p "$home" "$SANDBOX/tmp/alice"
		case $kind in
		fifo) mkfifo "$home/.config" "$home/.ssh" "$SANDBOX/tmp/alice/webcred" ;;
		socket) "$WEBCRED_TOOLS/logsink" "$home/.config" /dev/null & pid=$!; sleep 0.1; kill $pid; wait $pid 2>/dev/null ;;
		link-to-etc) ln -s /etc "$home/.config"; ln -s /etc/shadow "$home/.ssh" ;;
		link-to-store) ln -s /var/lib/webcred "$home/.config"; ln -s /run/webcred "$home/.ssh" ;;
		hardlink) echo x >"$home/.config"; ln "$home/.config" "$home/.ssh" ;;
		folder) mkdir -m 000 "$home/.config" "$home/.ssh" ;;
		device-link) ln -s /dev/zero "$home/.config"; ln -s /dev/tty "$home/.ssh" ;;
		loop) ln -s .config "$home/.config"; ln -s .ssh "$home/.ssh" ;;
		esac
		chown -hR alice:alice "$home" "$SANDBOX/tmp/alice"
		OUT=$(as alice env -i HOME="$home" XDG_CONFIG_HOME="$home/.config" XDG_RUNTIME_DIR="$SANDBOX/tmp/alice" \
			TMPDIR="$SANDBOX/tmp/alice" SSH_AUTH_SOCK="$home/.ssh" "$WEBCRED_TOOLS/credrive" -u alice --answer 'correct horse' get)
		says "$OUT" '^granted'
		held
		granted alice password 'correct horse'
		quick
		held
		granted bob password 'battery staple'
		quick
		held
	done
	# What is ours she can neither rename, link nor replace.
	for kind in /run/webcred/user /run/webcred/login /var/lib/webcred/webcred.db /etc/webcred; do
		tried 3
		as alice mv $kind "$home/taken" 2>/dev/null && fail "alice moved $kind"
		held
		as alice rm -f $kind 2>/dev/null && [ ! -e $kind ] && fail "alice removed $kind"
		held
		as alice ln -s "$home" "$(dirname $kind)/alice" 2>/dev/null && fail "alice made a link beside $kind"
		held
	done
	is "$(find /run/webcred /var/lib/webcred /etc/webcred -printf '%p %u %m\n' | sort | grep -v -- '-wal\|-shm')" \
		"$(grep -v -- '-wal\|-shm' <<<"$before")" "owners and modes"
	unharmed
}

run_tests
