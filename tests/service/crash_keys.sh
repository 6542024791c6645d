# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The helpers of security keys die at the worst moment: a login is lost, and nothing else.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

ROUNDS=${WEBCRED_ROUNDS:-60}

# The authority's processes, and those below them.
family() {
	local mother
	mother=$(authority_pid)
	echo "$mother"
	pgrep -P "$mother"
}

zombies() { ps -o stat= -p "$(family | paste -sd ,)" | grep -c '^Z'; }
descriptors() { ls "/proc/$1/fd" | wc -l; }

# calm: until nobody ends any more and everybody who is to be ready is.
calm() {
	local i
	for i in $(seq 100); do
		[ "$(zombies)" = 0 ] && [ "$(helpers)" = 0 ] && [ "$(family | wc -l)" -ge "${1-0}" ] && return
		sleep 0.05
	done
	fail "zombies $(zombies), helpers $(helpers), processes $(family | wc -l) of ${1-}"
}

counter() { webcred list --user alice --json | grep -o '"counter":[0-9]*' | head -n 1 | tr -dc 0-9; }

# How often the key has signed for somebody who touched it.
signatures() { key_log blue | grep -c 'get-assertion.*up=1'; }

# What stands in for hidraw is a terminal: half a report that a killed helper left in it would shift every
# report behind it, while hidraw gives each opener whole ones of its own.
realign() {
	no_helper_left
	perl -MPOSIX -e 'open(my $key, "+<", $ARGV[0]) or die; POSIX::tcflush(fileno($key), POSIX::TCIOFLUSH())' \
		/dev/webcred-blue || fail "cannot empty the key's terminal"
}

# pause MICROSECONDS: without a process of its own, whose start would be longer than the pause.
pause() { read -r -t "$(($1 / 1000000)).$(printf %06d $(($1 % 1000000)))" -u "$NEVER" || true; }

# login_takes: microseconds, the middle one of five.
login_takes() {
	local began
	for _ in 1 2 3 4 5; do
		began=$(date +%s%N)
		pamdrive -u alice -s keyonly -c "$PAMD" --quiet authenticate >/dev/null
		echo $((($(date +%s%N) - began) / 1000))
	done | sort -n | sed -n 3p
}

test_kill_9_of_the_helper_at_random_moments() {
	local round span granted=0 refused=0 killed=0 before now mother keeper open_mother open_keeper size victim
	keys_conf
	key_plug blue
	enrol_key alice blue
	webcred_service keyonly get=public-key
	drive alice keyonly authenticate
	is "$CODE" PAM_SUCCESS "the login before"
	# Whoever touches it takes his time, and so does who looks for a victim.
	key blue touch=200 >/dev/null
	rm -f "$SANDBOX/tmp/never"
	mkfifo "$SANDBOX/tmp/never"
	exec {NEVER}<>"$SANDBOX/tmp/never"
	mother=$(authority_pid) keeper=$(pgrep -o -P "$(authority_pid)")
	sleep 0.5
	calm
	size=$(family | wc -l) open_mother=$(descriptors "$mother") open_keeper=$(descriptors "$keeper")
	before=$(counter)
	for round in $(seq "$ROUNDS"); do
		[ $((round % 20)) != 1 ] || span=$(login_takes) before=$(counter)
		key_log_clear blue
		pamdrive -u alice -s keyonly -c "$PAMD" --quiet authenticate >/dev/null &
		victim=
		pause $((RANDOM % 1000 * span / 1000))
		# Now the one in the ceremony, now the one that waits, now both.
		[ $((round % 3)) = 1 ] || victim=$(helper_pids)
		[ $((round % 3)) = 0 ] || victim="$victim $(helper_waiting)"
		# shellcheck disable=SC2086 # a list of words
		kill -KILL $victim 2>/dev/null && killed=$((killed + 1))
		if wait $!; then
			granted=$((granted + 1))
			[ "$(signatures)" -ge 1 ] || fail "round $round: let in, and the key signed nothing: $(key_log blue)"
			now=$(counter)
			[ "$now" -gt "$before" ] || fail "round $round: let in, and the counter went from $before to $now"
		else
			refused=$((refused + 1))
			now=$(counter)
			[ "$now" -ge "$before" ] || fail "round $round: the counter went back from $before to $now"
			realign
		fi
		before=$now
		if [ $((round % 10)) = 0 ]; then
			calm
			drive alice keyonly authenticate >/dev/null
			is "$CODE" PAM_SUCCESS "round $round: the next login"
			before=$(counter)
		fi
	done
	exec {NEVER}<&-
	rm "$SANDBOX/tmp/never"
	note "$ROUNDS logins, $killed kills; let in $granted, refused $refused"
	[ "$ROUNDS" -lt 30 ] || { [ "$refused" -gt 0 ] && [ "$granted" -gt 0 ]; } ||
		fail "the kills came too early or too late to tell: let in $granted, refused $refused"
	is "$(authority_pid) $(pgrep -o -P "$mother")" "$mother $keeper" "mother and keeper"
	calm "$size"
	# The helper that waits is the mother's one descriptor, and may be there or not.
	now=$(descriptors "$mother")
	[ "$now" -le $((open_mother + 1)) ] || fail "the mother has $now descriptors, not $open_mother"
	drive alice keyonly authenticate
	is "$CODE" PAM_SUCCESS "the login behind them all"
	calm "$size"
	now=$(descriptors "$keeper")
	[ "$now" -le $((open_keeper + $(family | wc -l) - size)) ] ||
		fail "the keeper has $now descriptors, not $open_keeper"
	is "$(credentials alice)" 1 "alice's credentials"
}

run_tests
