# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Guessing: what is counted and for how long, what a refusal tells, what a crowd of guesses costs.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

# throttle LINE...: a cheap hash, and these words of the throttle's.
throttle() {
	{
		printf '[password]\nmemory = 64\npasses = 1\n[throttle]\n'
		printf '%s\n' "$@"
	} | conf
}

guess() { drive "$1" "${2-password}" "${@:3}" --answer 'wrong' authenticate >/dev/null; }
right() { drive "$1" "${2-password}" "${@:3}" --answer 'correct horse' authenticate >/dev/null; }

# The count is of an account, a type and a place: not of a service, nor of how its name is reached.
test_what_is_counted_together() {
	row 'the throttle: account, type, origin'
	throttle 'free = 0' 'delay = 30' 'max = 30'
	alice_enrolled
	enrol_hotp alice
	enrol_password bob 'correct horse'
	webcred_service another get=password
	tried 4
	guess alice
	right alice another
	is "$CODE" PAM_AUTH_ERR "another service has the same count"
	held
	right alice password --tty pts/7 --ruser bob
	is "$CODE" PAM_AUTH_ERR "another terminal has the same count"
	held
	right bob
	is "$CODE" PAM_SUCCESS "another account"
	drive alice otp --answer "$(hotp "$SEED" 1)" authenticate
	is "$CODE" PAM_SUCCESS "another type"
	right alice password --rhost 192.0.2.1
	is "$CODE" PAM_SUCCESS "another place"
	# From afar: all places are one, and none of them delays the seat.
	guess bob password --rhost 192.0.2.1
	right bob password --rhost 198.51.100.7
	is "$CODE" PAM_AUTH_ERR "another remote host has the same count"
	held
	right bob
	is "$CODE" PAM_SUCCESS "the seat"
	# The user socket: a user's own program counts as theirs.
	as bob stranger --name bob --answer 'wrong' ask get >/dev/null
	says_not "$(as bob stranger --name bob --answer 'correct horse' ask get)" '^RESULT granted'
	held
	right bob
	is "$CODE" PAM_SUCCESS "the seat, beside bob's own program"
}

# wait_is SECONDS WHAT, behind a guess that BEGAN and ENDED: alice's right answer is refused so long
# and no longer, however slow the machine is; a wait begins with a whole second, and ends with one.
wait_is() {
	local asked refused=0
	until [ "${CODE-}" = PAM_SUCCESS ]; do
		asked=$(date +%s%3N)
		[ $((asked - ENDED)) -lt 60000 ] || fail "$2: refused for a minute"
		right alice
		[ "$CODE" != PAM_AUTH_ERR ] || refused=$asked
	done
	asked=$(date +%s%3N)
	[ $((asked - BEGAN)) -ge $(($1 * 1000)) ] || fail "$2: let in $((asked - BEGAN)) ms behind it, not $1 s"
	[ "$refused" != 0 ] || fail "$2: never refused"
	[ $((refused - ENDED)) -le $(($1 * 1000 + 1000)) ] || fail "$2: refused $((refused - ENDED)) ms behind it"
	held
}

last_guess() {
	CODE='' BEGAN=$(date +%s%3N)
	guess alice
	CODE='' ENDED=$(date +%s%3N)
}

test_the_wait_grows_to_its_cap_and_is_forgotten() {
	row 'the throttle: a growing wait with a cap'
	throttle 'free = 1' 'delay = 2' 'max = 4'
	alice_enrolled
	tried 4
	guess alice
	right alice
	is "$CODE" PAM_SUCCESS "the first is free"
	guess alice
	last_guess
	wait_is 2 "the second"
	guess alice
	guess alice
	sleep 3.1
	last_guess
	wait_is 4 "the third"
	guess alice
	guess alice
	sleep 3.1
	guess alice
	sleep 5.1
	last_guess # twice four would be eight, the cap is four
	wait_is 4 "the fourth"
	guess alice
	right alice
	is "$CODE" PAM_SUCCESS "who got in has no failures left"
	held
}

test_deny_is_asked_for_and_ends() {
	row 'the throttle: deny, unlock_time, fail_interval, even_deny_root'
	throttle 'free = 20' 'deny = 2' 'unlock_time = 5' 'fail_interval = 4'
	alice_enrolled
	enrol_password root 'correct horse'
	tried 4
	guess alice
	sleep 5.1
	guess alice # the first is older than fail_interval
	right alice
	is "$CODE" PAM_SUCCESS "one failure within the interval"
	guess alice
	last_guess
	wait_is 5 "two failures within the interval, until unlock_time is over"
	guess root
	guess root
	right root
	is "$CODE" PAM_SUCCESS "root is not locked out"
	throttle 'free = 20' 'deny = 2' 'unlock_time = 0' 'even_deny_root = yes'
	guess root
	guess root
	right root
	is "$CODE" PAM_AUTH_ERR "even root"
	held
	sleep 1.2
	right root
	is "$CODE" PAM_AUTH_ERR "unlock_time 0: an administrator's to end"
	held
	webcred unlock --user root >/dev/null || fail "unlock"
	right root
	is "$CODE" PAM_SUCCESS "unlocked"
	# A name that nobody has is counted too, and waits like one that somebody has.
	guess nosuchname
	guess nosuchname
	guess nosuchname
	authority_stop
	says "$(sqlite3 /var/lib/webcred/webcred.db "SELECT subject, failures FROM throttle WHERE subject LIKE 'unknown:%'")" \
		'^unknown:[0-9]+\|2$' "an unknown name's slot, which holds no name"
	says_not "$(strings /var/lib/webcred/webcred.db*)" nosuchname
	authority_start
	held
}

test_pam_fail_delay() {
	local delays delay
	row 'pam_fail_delay'
	conf <<-END
		[throttle]
		enabled = no
		[password]
		memory = 64
		passes = 1
	END
	alice_enrolled
	tried 10
	delays=$(for _ in 1 2 3 4 5 6 7 8 9 10; do
		drive alice password --answer wrong authenticate
	done | sed -n 's/^delay \([0-9]*\) after PAM_AUTH_ERR$/\1/p')
	is "$(wc -l <<<"$delays")" 10 "how many refusals came with a delay"
	for delay in $delays; do
		# libpam spreads what it is told, 2 seconds, by up to half.
		[ "$delay" -ge 1000000 ] && [ "$delay" -le 3000000 ] || fail "a delay of $delay microseconds"
		held
	done
	right alice
	says_not "$OUT" '^delay'
}

# What the name service takes for a name that nobody has is its own, and told by every program that
# asks it: here it is a file, so that what is left is ours.
name_service_of_files() {
	sed -i 's/^passwd:.*/passwd: files/' /etc/nsswitch.conf
}

# emptied USER: somebody had a password, and has nothing any more; the store still knows the name.
emptied() {
	enrol_password "$1" 'correct horse'
	webcred remove password --user "$1" --yes >/dev/null || fail "cannot remove the password of $1"
	is "$(credentials "$1")" 0 "credentials of $1"
}

# t_of SAMPLES: unknown name, nothing enrolled, nothing left, wrong secret, in random order.
t_of() {
	OUT=$(timing password "$PAMD" "$1" "$(date +%s)" unknown=nosuchname=wrong none=bob=wrong \
		emptied=carol=wrong wrong=alice=wrong)
	[ $? = 0 ] || fail "$OUT"
	WORST=$(sed -n 's/^worst //p' <<<"$OUT")
	while read -r line; do note "$1: $line"; done <<<"$OUT"
	awk -v t="$WORST" 'BEGIN { exit !(t != "" && t < 4.5) }' || fail "|t| is $WORST: $OUT"
}

# One bad moment of the machine is not a leak; a leak is there every time.
t_stays_small() {
	local turn
	for turn in 1 2 3; do
		(t_of "$1") && { rm -f "$SANDBOX/failed"; return 0; }
	done
	fail "three times: $(cat "$SANDBOX/failed")"
}

# longest USER: the most bytes that the keeper hands a session for one refused login of theirs.
longest() {
	local trace=$SANDBOX/tmp/trace.$1
	trace_keeper "$trace"
	guess "$1"
	untrace_keeper
	sed -n 's/.* = \([0-9]*\)$/\1/p' "$trace" | sort -n | tail -n 1
}

# What the clock may tell is work that one has and another has not: none is left out where nobody is
# known, nothing is enrolled, or nothing is left.  A user handle (32 bytes) and a label make a difference.
test_as_much_is_handed_out_for_each_refusal() {
	local who n most=0 least=100000
	row 'timing: as much is handed out for each'
	command -v strace >/dev/null || skip "strace is not installed"
	swift_conf </dev/null
	alice_enrolled
	emptied carol
	for who in nosuchname bob carol alice; do
		n=$(longest $who)
		[ -n "$n" ] || skip "strace sees nothing here: $(cat "$SANDBOX/tmp/trace.$who.err")"
		note "$who: $n bytes"
		[ "$n" -le "$most" ] || most=$n
		[ "$n" -ge "$least" ] || least=$n
	done
	tried 4
	[ $((most - least)) -le 48 ] || fail "between $least and $most bytes"
	held 4
}

test_timing_of_password_refusals() {
	local n
	row 'timing: unknown name, nothing enrolled, wrong secret'
	n=$(how_many 2000 10000)
	swift_conf </dev/null
	alice_enrolled
	emptied carol
	name_service_of_files
	tried $((4 * n))
	t_stays_small "$n"
	held $((4 * n))
}

test_timing_with_delay_and_throttle() {
	local n
	row 'timing, with throttle and delay on'
	conf <<-END
		[password]
		memory = 64
		passes = 1
		[throttle]
		free = 1
		delay = 3600
		max = 3600
	END
	alice_enrolled
	emptied carol
	name_service_of_files
	n=$(how_many 300 1000)
	tried $((4 * n))
	t_stays_small "$n"
	held $((4 * n))
}

run_tests
