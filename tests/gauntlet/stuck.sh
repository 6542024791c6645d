# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# A descriptor comes along with a message whose close never ends: of a file on a FUSE file system of
# the sender's own, whose server does not answer.  Kernels from 6.16 on let a socket refuse it
# (SO_PASSRIGHTS); here the authority's kernel is an older one.  Whoever closes it may be lost, but
# never the keeper, and nobody else may wait.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

FOLDER=$SANDBOX/tmp/held
KEEPER='' BEFORE='' ALICE='' BOB='' LOST='' TROUBLE=''
FILE_PID='' OTHERS=()

# Both programs of the authority's are started with it: keeper, mother and sessions.
old_kernel() {
	cat >"$WEBCRED_TOOLS/webcred-authority" <<-END
		#!/bin/sh
		LD_PRELOAD=$WEBCRED_TOOLS/libolder_kernel.so exec /usr/sbin/webcred-authority "\$@"
	END
	chmod 0755 "$WEBCRED_TOOLS/webcred-authority"
	swift_conf </dev/null
	grep -q libolder_kernel "/proc/$(keeper_pid)/maps" || fail "the keeper's kernel is not an older one"
	grep -q libolder_kernel "/proc/$(authority_pid)/maps" || fail "the sessions' kernel is not an older one"
}

# stuck_file [--writeback], as carol's; skips where there is no such thing.
file_begin() {
	local status
	[ -c /dev/fuse ] || mknod -m 0666 /dev/fuse c 10 229 || skip "no /dev/fuse can be made here"
	mkdir -p "$FOLDER"
	: >"$SANDBOX/tmp/file"
	stuck_file --uid 5003 "$@" "$FOLDER" >"$SANDBOX/tmp/file" 2>&1 </dev/null &
	FILE_PID=$!
	for _ in $(seq 200); do
		grep -q ready "$SANDBOX/tmp/file" && return
		kill -0 $FILE_PID 2>/dev/null || break
		sleep 0.01
	done
	kill $FILE_PID 2>/dev/null
	wait $FILE_PID
	status=$?
	[ $status != 77 ] || skip "$(cat "$SANDBOX/tmp/file")"
	fail "stuck_file ended with $status: $(cat "$SANDBOX/tmp/file")"
}

# What waited for an answer of it goes on, or ends.
file_end() {
	[ -n "$FILE_PID" ] || return
	kill "$FILE_PID" "${OTHERS[@]}" 2>/dev/null
	wait "$FILE_PID" "${OTHERS[@]}" 2>/dev/null
	FILE_PID='' OTHERS=()
}

# However a test ends, nothing is left waiting.
stuck_end() {
	local status=$?
	file_end
	rm -f "$WEBCRED_TOOLS/webcred-authority"
	(exit $status)
	row_end
}

state() {
	local line
	read -r line 2>/dev/null <"/proc/$1/stat" || return
	line=${line##*) }
	echo "${line%% *}"
}

# watch PID: the most milliseconds that it was seen in state D without an end, into tmp/watch.
watch() {
	local now since='' most=0
	echo 0 >"$SANDBOX/tmp/watch"
	while sleep 0.02; do
		now=$((${EPOCHREALTIME/./} / 1000))
		[ "$(state "$1")" = D ] || since=$now
		: "${since:=$now}"
		[ $((now - since)) -gt $most ] || continue
		most=$((now - since))
		echo $most >"$SANDBOX/tmp/watch"
	done
}

# stuck: the processes other than the keeper that wait for the file system's answer.  As long as
# there is no signal for them they are in state S.
stuck() {
	local pid
	for pid in $(pgrep .); do
		[ "$pid" != "$KEEPER" ] && [ "$pid" != "$FILE_PID" ] || continue
		[ "$(state "$pid")" != D ] && ! grep -q ' fuse_' "/proc/$pid/stack" 2>/dev/null || echo "$pid"
	done
}

# Without the channels: one to each process that stands ready, and of these there may be more now.
descriptors() { echo $(($(find "/proc/$KEEPER/fd" -type l | wc -l) - $(pgrep -c -P "$(authority_pid)"))); }

# What the keeper has when nobody is there: the same number twice.
calm_descriptors() {
	local now='' last=''
	for _ in $(seq 40); do
		now=$(descriptors)
		[ "$now" != "$last" ] || break
		last=$now
		sleep 0.25
	done
	echo "$now"
}

# trouble WORDS: the case has failed; its other findings count as well.
trouble() { TROUBLE="$TROUBLE${TROUBLE:+; }$*"; }

# expect_logins: alice logs in, within 2 seconds; bob, at his lock screen, within 5.
expect_logins() {
	local began out
	out=$(timeout 6 pamdrive -u alice -s "$SERVICE" -c "$PAMD" --answer 'correct horse' authenticate acct_mgmt 2>&1)
	ALICE=$(sed -n 's/^authenticate[^ ]* \(PAM_[A-Z_]*\) .*/\1/p' <<<"$out")
	MS=$(sed -n 's/^authenticate[^ ]* PAM_[A-Z_]* \([0-9]*\)\..*/\1/p' <<<"$out")
	ALICE="${ALICE:-nothing} in ${MS:-6000} ms"
	[[ $ALICE == PAM_SUCCESS* ]] && [ "$MS" -lt 2000 ] || trouble "alice: $ALICE"
	began=$(date +%s%N)
	out=$(as bob timeout 6 credrive -u bob --answer 'battery staple' get 2>&1)
	MS=$((($(date +%s%N) - began) / 1000000))
	BOB="$(grep -o '^granted' <<<"$out" || echo nothing) in $MS ms"
	[[ $BOB == granted* ]] && [ "$MS" -lt 5000 ] || trouble "bob: $BOB"
}

# attack KIND N: everything is sent, and the page written, while the keeper stands still.
attack() {
	local bound=200
	: >"$SANDBOX/tmp/stranger"
	kill -STOP "$KEEPER"
	as carol stranger --name carol --order password stuck "$1" "$2" 60000 "$FOLDER/file" \
		>"$SANDBOX/tmp/stranger" 2>&1 </dev/null &
	OTHERS+=($!)
	while [ $((bound--)) -gt 0 ] && [ ! -s "$SANDBOX/tmp/stranger" ]; do sleep 0.02; done
	kill -CONT "$KEEPER"
	grep -qx "sent $2 barred 0" "$SANDBOX/tmp/stranger" ||
		fail "what was attached was not sent: $(cat "$SANDBOX/tmp/stranger")"
}

# expect_calm: nothing that was stuck is left, but for the one that closes if it was not given up
# yet, and nothing of it with the keeper.
expect_calm() {
	local left='' still now
	for _ in $(seq 100); do
		left=$(stuck; pgrep -r Z webcred-)
		still=''
		for now in $LOST; do [ ! -e "/proc/$now" ] || still="$still $now"; done
		[ "$(wc -w <<<"$still")" -le 1 ] || left="$left $still"
		[ -n "$left" ] || break
		sleep 0.05
	done
	[ -z "$left" ] || trouble "still there: $(for now in $left; do head -n 3 "/proc/$now/status"; done | tr '\n\t' '  ')"
	[ "$(keeper_pid)" = "$KEEPER" ] || trouble "another keeper"
	for _ in $(seq 100); do
		now=$(descriptors)
		[ "$now" -gt "$BEFORE" ] || break
		sleep 0.1
	done
	[ "$now" -le "$BEFORE" ] || trouble "$now descriptors, $BEFORE before"
}

# stuck_case NAME KIND N [--writeback]
stuck_case() {
	local name=$1 kind=$2 n=$3
	shift 3
	TROUBLE=''
	file_begin "$@"
	tried
	KEEPER=$(keeper_pid)
	BEFORE=$(calm_descriptors)
	attack "$kind" "$n"
	watch "$KEEPER" &
	OTHERS+=($!)
	sleep 0.2
	expect_logins
	sleep 1.2
	[ "$(cat "$SANDBOX/tmp/watch")" -le 1000 ] || trouble "the keeper was in state D for $(cat "$SANDBOX/tmp/watch") ms"
	! grep -q '^RESULT granted' "$SANDBOX/tmp/stranger" || trouble "carol got in"
	LOST=$(stuck)
	file_end
	expect_calm
	note "$name${1:+, a dirty page}: alice $ALICE, bob $BOB, D $(cat "$SANDBOX/tmp/watch") ms, stuck beside the keeper $(wc -w <<<"$LOST")${TROUBLE:+: NOT HELD: $TROUBLE}"
	if [ -z "$TROUBLE" ]; then held; else authority_restart; fi
}

# With every message that there is, and to every end that it has.
stuck_cases() {
	trap stuck_end EXIT
	old_kernel
	alice_enrolled
	enrol_password bob 'battery staple'
	enrol_password carol 'her own words'
	expect_logins
	is "$TROUBLE" '' "before"
	stuck_case 'with the hello' hello 1 "$@"
	stuck_case 'behind a hello that is refused' refused 1 "$@"
	stuck_case 'behind a request that is none' unread 1 "$@"
	stuck_case 'with the request' request 1 "$@"
	stuck_case 'with the request, the sender gone' left 1 "$@"
	stuck_case 'more hellos than there is room for' hello 80 "$@"
	stuck_case 'more requests than there is room for' request 80 "$@"
	is $((TRIED - HELD)) 0 "number of cases in which others were hindered"
	unharmed
}

test_descriptor_whose_close_never_ends() {
	row 'a descriptor whose close never ends'
	stuck_cases
}

test_descriptor_whose_page_is_never_written() {
	row 'a descriptor whose last page is never written'
	stuck_cases --writeback
}

run_tests
