# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Processes die or stand still at the worst moment: nothing is granted wrongly, nothing is lost.
. "$WEBCRED_TOP/tests/support/lib.sh"

ROUNDS=${WEBCRED_ROUNDS:-200}
LOAD=${WEBCRED_LOAD:-0} # so many programs log in over and over beside it, by wrong passwords

unthrottled() {
	conf <<-END
		[throttle]
		enabled = no
		[password]
		memory = 8192
		passes = 1
	END
}

# The authority's processes: mother first, then keeper and sessions.
family() {
	local mother
	mother=$(authority_pid 2>/dev/null) || return 0
	echo "$mother"
	pgrep -P "$mother"
}

# choose_victim: the mother, the keeper (its oldest child), a session, or the caller to be (none
# yet), each as likely; sets MOTHER, VICTIM, and ENDS where its death is the authority's.  It takes
# longer than a login may, so it comes before the login.
choose_victim() {
	MOTHER=$(authority_pid)
	ENDS=yes
	case $((RANDOM % 4)) in
	0) VICTIM=$MOTHER ;;
	1) VICTIM=$(pgrep -o -P "$MOTHER") ;;
	2) VICTIM=$(pgrep -P "$MOTHER" | tail -n +2 | shuf -n 1) ENDS= ;;
	3) VICTIM='' ENDS='' ;;
	esac
}

# pause MICROSECONDS: without a process of its own, whose start would be longer than the pause.
pause() { read -r -t "$(($1 / 1000000)).$(printf %06d $(($1 % 1000000)))" -u "$PAUSE" || true; }

# Until the authority is the next one, where the victim took it along.
new_authority() {
	local i
	for i in $(seq 250); do
		[ -n "$ENDS" ] && [ "$(authority_pid 2>/dev/null)" = "$MOTHER" ] || break
		sleep 0.02
	done
	authority_wait
}

# load: the programs of $LOAD; LOADERS are their pids.
load() {
	local i
	LOADERS=()
	for i in $(seq "$LOAD"); do
		while :; do
			pamdrive -u bob -s password -c "$PAMD" --quiet --repeat 20 --answer wrong authenticate
		done >/dev/null 2>&1 &
		LOADERS+=($!)
	done
}

# login_takes: microseconds, the middle one of five wrong ones, with the start of its process.
login_takes() {
	local began
	for _ in 1 2 3 4 5; do
		began=$(date +%s%N)
		pamdrive -u alice -s otp -c "$PAMD" --quiet --answer 000000 authenticate >/dev/null
		echo $((($(date +%s%N) - began) / 1000))
	done | sort -n | sed -n 3p
}

# After a kill the code that was presented either counted or did not: never twice, and never lost
# for good.  NEXT is the counter a right device would show next.
test_kill_9_at_random_moments_loses_and_grants_nothing() {
	local round next=1 code first granted=0 refused=0 other=0 delay kills span
	unthrottled
	rm -f "$SANDBOX/authority.exits"
	mkfifo "$SANDBOX/tmp/pause"
	exec {PAUSE}<>"$SANDBOX/tmp/pause"
	enrol_hotp alice
	enrol_password bob 'battery staple'
	load
	for round in $(seq "$ROUNDS"); do
		# What a login takes now, 3 ms or 300, on this machine and beside whatever else runs.
		[ $((round % 20)) != 1 ] || span=$(login_takes)
		code=$(hotp "$SEED" "$next")
		choose_victim
		delay=$((RANDOM % 1000 * span / 1000))
		pamdrive -u alice -s otp -c "$PAMD" --quiet --answer "$code" authenticate >/dev/null &
		[ "$delay" = 0 ] || pause "$delay"
		kill -KILL "${VICTIM:-$!}" 2>/dev/null
		wait $! 2>/dev/null && first=granted || first=refused
		new_authority || fail "round $round: the authority is gone"
		# The same code again: it must not have counted twice.
		if pamdrive -u alice -s otp -c "$PAMD" --quiet --answer "$code" authenticate >/dev/null; then
			[ "$first" = refused ] || fail "round $round: one code was granted twice"
			other=$((other + 1))
		fi
		# Whatever happened to the last code, the device's next one works.
		next=$((next + 1))
		[ "$first" = granted ] && granted=$((granted + 1)) || refused=$((refused + 1))
		if [ $((round % 10)) = 0 ]; then
			granted alice otp "$(hotp "$SEED" "$next")" >/dev/null
			next=$((next + 1))
			login bob password 'wrong' >/dev/null
			is "$CODE" PAM_AUTH_ERR "round $round: a wrong password"
			granted bob password 'battery staple' >/dev/null
		fi
	done
	exec {PAUSE}<&-
	rm "$SANDBOX/tmp/pause"
	[ "$LOAD" = 0 ] || kill "${LOADERS[@]}"
	kills=$(wc -l <"$SANDBOX/authority.exits")
	note "$ROUNDS kills, $kills of them ended the authority; granted at once $granted, not at once $refused, then at the second try $other"
	[ "$ROUNDS" -lt 100 ] || { [ "$refused" -gt 0 ] && [ "$granted" -gt 0 ]; } ||
		fail "the kills came too early or too late to tell: granted $granted, refused $refused"
	is "$(credentials alice)" 1 "alice's credentials"
	is "$(credentials bob)" 1 "bob's credentials"
	authority_stop
	is "$(sqlite3 "$(find /var/lib/webcred -name '*.db' | head -n 1)" 'PRAGMA integrity_check')" ok \
		"the store's integrity"
}

# layout PID: where its program lies.
layout() { awk 'NR == 1 { print $1 }' "/proc/$1/maps"; }

# Every session is a copy of the mother: what a crash tells of addresses is worth nothing behind it.
test_a_session_that_crashes_has_the_next_ones_lie_elsewhere() {
	local mother keeper before old i
	sanitized && skip "a sanitizer catches the signal"
	unthrottled
	enrol_password alice 'correct horse'
	mother=$(authority_pid)
	keeper=$(pgrep -o -P "$mother")
	before=$(layout "$mother")
	old=$(pgrep -P "$mother" | tail -n +2 | tr '\n' ' ')
	hold_one_prompt alice
	mark
	kill -SEGV "$(pgrep -P "$mother" | tail -n +2 | tail -n 1)"
	logged 'was ended by signal 11'
	for i in $(seq 100); do
		[ "$(layout "$mother")" = "$before" ] || break
		sleep 0.02
	done
	[ "$(layout "$mother")" != "$before" ] || fail "the mother lies where she lay"
	granted alice password 'correct horse'
	is "$(authority_pid) $(pgrep -o -P "$mother")" "$mother $keeper" "mother and keeper"
	logged_not 'cannot'
	# Those that waited are gone, and as many are back; who was being served is served on.
	for i in $(seq 100); do
		[ "$(pgrep -P "$mother" | wc -l)" -ge "$(wc -w <<<"$old")" ] && break
		sleep 0.02
	done
	for i in $(pgrep -P "$mother" | tail -n +2); do
		[ "$(layout "$i")" = "$(layout "$mother")" ] || held=$((${held-0} + 1))
	done
	[ "${held-0}" -le 1 ] || fail "$held sessions lie where the old ones lay"
	kill -KILL "$HELD"
}

# A mother whose keeper has ended says nothing of sessions that she cannot fork any more: she stands
# still in the midst of forking for a crowd, and the keeper is gone when she goes on.
test_an_end_of_the_keeper_is_no_trouble_of_its_sessions() {
	local i n keeper crowd
	unthrottled
	enrol_password alice 'correct horse'
	for i in 1 2 3 4 5 6 7 8; do
		MOTHER=$(authority_pid) ENDS=yes
		keeper=$(pgrep -o -P "$MOTHER")
		n=$(pgrep -c -P "$MOTHER")
		pamdrive -u alice -s password -c "$PAMD" --race 60 --quiet --answer 'correct horse' authenticate >/dev/null 2>&1 &
		crowd=$!
		for _ in $(seq 200); do [ "$(pgrep -c -P "$MOTHER")" -le "$n" ] || break; done
		kill -STOP "$MOTHER"
		kill -KILL "$keeper"
		kill -CONT "$MOTHER"
		wait $crowd
		new_authority || fail "the authority did not come back"
	done
	granted alice password 'correct horse'
	logged_not 'cannot'
}

test_kill_9_of_keeper_between_prompt_and_answer() {
	local mother pid
	unthrottled
	enrol_password alice 'correct horse'
	pamdrive -u alice -s password -c "$PAMD" --answer 'correct horse' --hold "$SANDBOX/tmp/go" \
		--prompted "$SANDBOX/tmp/asked" authenticate >"$SANDBOX/tmp/out" &
	pid=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
	mother=$(authority_pid)
	for child in $(pgrep -P "$mother"); do kill -KILL "$child"; done
	touch "$SANDBOX/tmp/go"
	wait $pid
	OUT=$(cat "$SANDBOX/tmp/out")
	rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
	says "$OUT" '^authenticate PAM_(PERM_DENIED|AUTH_ERR)'
	authority_wait || fail "the authority did not come back"
	granted alice password 'correct horse'
}

test_no_process_is_left_when_the_mother_dies() {
	local before pid i left
	before=$(family)
	[ "$(wc -w <<<"$before")" -ge 2 ] || fail "the authority is one process: $before"
	touch "$SANDBOX/authority.stop"
	kill -KILL "$(authority_pid)"
	for i in $(seq 100); do
		left=
		for pid in $before; do
			[ -d "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null && left="$left $pid"
		done
		[ -z "$left" ] && break
		sleep 0.02
	done
	[ -z "$left" ] || fail "still there after the mother was killed: $left"
}

# hold_one_prompt USER: starts a login that waits at its prompt; sets HELD.
hold_one_prompt() {
	rm -f "$SANDBOX/tmp/asked"
	pamdrive -u "$1" -s password -c "$PAMD" --answer 'correct horse' --hold "$SANDBOX/tmp/never" \
		--prompted "$SANDBOX/tmp/asked" authenticate >/dev/null 2>&1 &
	HELD=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
}

test_sigstop_of_a_caller_harms_nobody_else() {
	local i held=()
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	for i in $(seq 40); do
		hold_one_prompt alice
		kill -STOP "$HELD"
		held+=("$HELD")
	done
	granted bob password 'battery staple'
	[ "$MS" -lt 2000 ] || fail "bob waited $MS ms behind callers that stand still"
	kill -KILL "${held[@]}"
	granted alice password 'correct horse'
}

test_callers_who_say_nothing_harm_nobody_else() {
	local root_holds alice_holds
	enrol_password bob 'battery staple'
	setpriv --reuid alice --regid alice --clear-groups -- \
		"$WEBCRED_TOOLS/credrive" hold /run/webcred/user 300 8000 >/dev/null 2>&1 &
	alice_holds=$!
	credrive hold /run/webcred/login 100 8000 >/dev/null 2>&1 &
	root_holds=$!
	sleep 0.3
	granted bob password 'battery staple'
	[ "$MS" -lt 2000 ] || fail "bob waited $MS ms behind callers who say nothing"
	OUT=$(setpriv --reuid bob --regid bob --clear-groups -- "$WEBCRED_TOOLS/credrive" -u bob \
		--answer 'battery staple' get)
	says "$OUT" '^granted' "bob on the user socket, which alice floods"
	kill "$alice_holds" "$root_holds"
}

# A user's own limits reach what the module would start; it starts nothing, so they harm nobody.
test_ulimit_of_a_caller_harms_nobody() {
	enrol_hotp alice
	enrol_password bob 'battery staple'
	(
		ulimit -f 0
		pamdrive -u alice -s otp -c "$PAMD" --answer 000000 authenticate >/dev/null 2>&1
		pamdrive -u alice -s otp -c "$PAMD" --answer "$(hotp "$SEED" 1)" authenticate >/dev/null 2>&1
	)
	(
		ulimit -n 12
		pamdrive -u alice -s otp -c "$PAMD" --answer 000000 authenticate >/dev/null 2>&1
	)
	granted bob password 'battery staple'
	granted alice otp "$(hotp "$SEED" 2)"
}

test_interrupted_before_an_answer_costs_nothing() {
	local i
	conf <<-END
		[throttle]
		enabled = yes
		deny = 2
		unlock_time = 600
	END
	enrol_password alice 'correct horse'
	for i in 1 2 3 4 5 6; do
		hold_one_prompt alice
		kill -KILL "$HELD"
		wait "$HELD" 2>/dev/null
	done
	granted alice password 'correct horse'
}

run_tests
