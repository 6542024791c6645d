# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Debian's kernel takes any descriptor along on any socket: one whose close never ends stops nobody.
. "$WEBCRED_TOP/guest/lib.sh"

HELD=$SANDBOX/held

# held [--writeback]: carol's file system, which does not answer.
held() {
	mkdir -p "$HELD"
	stuck_file --uid "$(id -u carol)" "$@" "$HELD" >"$SANDBOX/tmp/held" 2>&1 </dev/null &
	HOLDER=$!
	for _ in $(seq 100); do
		grep -q ready "$SANDBOX/tmp/held" && return
		sleep 0.1
	done
	fail "no file system: $(cat "$SANDBOX/tmp/held")"
}

# sent KIND N: carol's connections, each with a descriptor of that file.
sent() {
	: >"$SANDBOX/tmp/sent"
	setpriv --reuid carol --regid carol --clear-groups -- stranger --name carol --order password \
		stuck "$1" "$2" 20000 "$HELD/file" >"$SANDBOX/tmp/sent" 2>&1 </dev/null &
	SENDER=$!
	for _ in $(seq 100); do
		[ -s "$SANDBOX/tmp/sent" ] && break
		sleep 0.1
	done
	grep -q "^sent $2 barred 0" "$SANDBOX/tmp/sent" || fail "not sent: $(cat "$SANDBOX/tmp/sent")"
}

others_are_served() {
	local began
	began=$(date +%s)
	OUT=$(printf 'correct horse\n' | timeout 30 pamtester sudo alice authenticate acct_mgmt 2>&1) ||
		fail "alice, behind $1: $OUT"
	OUT=$(setpriv --reuid bob --regid bob --clear-groups -- timeout 30 webcred list 2>&1) ||
		fail "bob, behind $1: $OUT"
	[ $(($(date +%s) - began)) -le 7 ] || fail "behind $1 it took $(($(date +%s) - began)) s"
}

each_kind() {
	local before kind
	modprobe -q fuse || skip "the kernel has no file systems in user space"
	before=$(systemctl show -P MainPID webcred.service)
	for kind in 'hello 1' 'refused 1' 'unread 1' 'request 1' 'left 1' 'hello 40'; do
		held "$@"
		# shellcheck disable=SC2086 # two words
		sent $kind
		others_are_served "$kind $*"
		kill "$HOLDER" "$SENDER" 2>/dev/null
		wait "$HOLDER" "$SENDER" 2>/dev/null
		others_are_served "$kind $*, once it answered"
	done
	is "$(systemctl show -P MainPID webcred.service)" "$before" "the authority"
}

test_a_close_that_never_ends_stops_nobody() { each_kind; }
test_a_page_that_is_never_written_stops_nobody() { each_kind --writeback; }

run_tests
