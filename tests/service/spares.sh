# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Sessions that wait for a caller: one that ends there takes no login with it, and leaves nothing.
. "$WEBCRED_TOP/tests/support/lib.sh"

# quick_conf LINE...: a cheap hash, nothing is delayed, and these words.
quick_conf() {
	printf '%s\n' '[throttle]' 'enabled = no' '[password]' 'memory = 64' 'passes = 1' "$@" | conf
	enrol_password alice 'correct horse'
}

# until_calm: as many wait as before the last login, and each has given up its rights.
until_calm() {
	local pid all
	for _ in $(seq 500); do
		all=yes
		[ "$(sessions | wc -l)" = "$SPARES" ] || all=
		for pid in $(sessions); do
			grep -q '^Seccomp:.2' "/proc/$pid/status" 2>/dev/null || all=
		done
		[ -z "$all" ] || return 0
		sleep 0.02
	done
	fail "$(sessions | wc -l) sessions wait, not $SPARES"
}

count_spares() {
	local before='' i
	for i in $(seq 500); do
		SPARES=$(sessions | wc -l)
		[ "$SPARES" != "$before" ] || [ "$i" -lt 25 ] || return 0
		before=$SPARES
		sleep 0.02
	done
	fail "sessions come and go by themselves"
}

# kill_sessions: and until the mother has buried them.
kill_sessions() {
	local all pid
	mapfile -t all < <(sessions)
	kill -KILL "${all[@]}"
	for pid in "${all[@]}"; do
		while [ -d "/proc/$pid" ]; do sleep 0.01; done
	done
}

descriptors() { ls "/proc/$(keeper_pid)/fd" | wc -l; }

test_a_spare_that_ends_is_replaced_unasked() {
	local held
	quick_conf
	granted alice password 'correct horse'
	count_spares
	[ "$SPARES" -ge 8 ] || fail "only $SPARES sessions wait"
	until_calm
	held=$(descriptors)
	kill_sessions
	until_calm
	for _ in $(seq 200); do
		[ "$(descriptors)" != "$held" ] || break
		sleep 0.02
	done
	is "$(descriptors)" "$held" "the keeper's descriptors"
	granted alice password 'correct horse'
}

# It has been handed the caller, and stands still before it hears of it.
test_a_session_that_ends_before_it_took_anything_is_replaced() {
	local i login held
	quick_conf
	granted alice password 'correct horse'
	count_spares
	for i in 1 2 3 4 5; do
		until_calm
		mapfile -t held < <(sessions)
		kill -STOP "${held[@]}"
		pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' authenticate acct_mgmt >"$SANDBOX/tmp/out" 2>&1 &
		login=$!
		sleep 0.3
		[ -d "/proc/$login" ] || fail "a login was served by a session that stands still"
		kill -KILL "${held[@]}"
		wait "$login" || :
		says "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_SUCCESS' "login $i"
		says "$(cat "$SANDBOX/tmp/out")" '^acct_mgmt PAM_SUCCESS' "login $i"
	done
}

# One that has asked something is not, though an answer lies there: what it took is gone with it.
test_a_session_that_ends_later_is_not_replaced() {
	local login all
	quick_conf
	granted alice password 'correct horse'
	count_spares
	until_calm
	pamdrive -u alice -s password -c "$PAMD" --hold "$SANDBOX/tmp/go" --prompted "$SANDBOX/tmp/asked" \
		--answer 'correct horse' authenticate >"$SANDBOX/tmp/out" 2>&1 &
	login=$!
	until [ -e "$SANDBOX/tmp/asked" ] || [ ! -d "/proc/$login" ]; do sleep 0.01; done
	mapfile -t all < <(sessions)
	kill -STOP "${all[@]}"
	: >"$SANDBOX/tmp/go"
	sleep 0.3
	[ -d "/proc/$login" ] || fail "a login was served by a session that stands still"
	kill -KILL "${all[@]}"
	wait "$login" || :
	says "$(cat "$SANDBOX/tmp/out")" '^authenticate PAM_PERM_DENIED'
	granted alice password 'correct horse'
}

# None can give up its rights: a refusal, no other program's processor, and all is well behind it.
test_sessions_that_fail_from_the_start() {
	local tracer lines
	quick_conf
	granted alice password 'correct horse'
	count_spares
	until_calm
	mark
	strace -q -f -p "$(authority_pid)" -e trace=setresuid -e inject=setresuid:error=EPERM -o /dev/null &
	tracer=$!
	until grep -q "^TracerPid:.$tracer$" "/proc/$(authority_pid)/status"; do
		[ -d "/proc/$tracer" ] || skip "strace cannot be attached here"
		sleep 0.02
	done
	kill_sessions
	sleep 3
	drive alice password --answer 'correct horse' authenticate
	is "$CODE" PAM_PERM_DENIED
	lines=$(log_since | grep -c 'a session could not give up its rights')
	[ "$lines" -ge 1 ] && [ "$lines" -le 60 ] || fail "$lines lines of the log"
	note "$lines sessions' failures told of"
	kill "$tracer"
	wait "$tracer" 2>/dev/null
	for _ in $(seq 200); do
		drive alice password --answer 'correct horse' authenticate >/dev/null
		[ "$CODE" != PAM_SUCCESS ] || break
		sleep 0.1
	done
	is "$CODE" PAM_SUCCESS "once they can"
}

run_tests
