# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Security keys under the real, setuid sudo and pamtester: touched, asked for a PIN, unplugged, lying.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# as USER COMMAND...: a process of that user.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@" 2>&1
}

# sudo_as USER [ANSWER...]: `sudo id -u` on a terminal; sets OUT, STATUS and TOOK.
sudo_as() {
	local user=$1 began
	shift
	began=$(milliseconds)
	OUT=$(as "$user" expect "$WEBCRED_TOOLS/answer.exp" "$@" -- sudo id -u)
	STATUS=$?
	TOOK=$(($(milliseconds) - began))
	echo "$OUT"
}

lets_in() {
	sudo_as "$@"
	is "$STATUS" 0 "sudo's exit status for $1"
	says "$OUT" '^0.?$' "what id -u said under sudo"
}

keeps_out() {
	sudo_as "$@"
	[ "$STATUS" != 0 ] || fail "sudo let $1 in"
	says_not "$OUT" '^0.?$' "what id -u said under sudo"
	says_not "$OUT" 'PAM authentication error' # an ordinary failure, in sudo's eyes
}

# begin [LINE...]: alice's key blue is plugged in, and sudo asks for it.
begin() {
	keys_conf 'fail_delay = 0' "$@"
	webcred_service sudo
	key_plug blue
	enrol_key alice blue
	key_log_clear blue
}

begin_with_pin() {
	keys_conf 'fail_delay = 0' 'user_verification = required' "$@"
	webcred_service sudo
	key_plug blue --pin=2718
	expect "$WEBCRED_TOOLS/answer.exp" 2718 -- webcred create public-key --user alice --label blue </dev/null ||
		fail "cannot enrol the key"
	key_log_clear blue
}

test_sudo_by_touch() {
	begin
	lets_in alice
	says "$OUT" 'Touch the key labelled blue\.'
	logged 'get granted user="alice" service="sudo" .*type=public-key'
	key_saw blue 'get-assertion .*up=1'
}

test_sudo_by_touch_and_pin() {
	begin_with_pin
	lets_in alice 2718
	says "$OUT" 'PIN of the key labelled blue \(8 tries left\):'
	is "$(key_retries blue)" 8 "tries left"
}

test_sudo_wrong_pin() {
	begin_with_pin
	keeps_out alice 3141
	says "$OUT" 'Wrong PIN: 7 tries left\.'
	is "$(key_retries blue)" 7 "tries left"
	is "$(key_log blue | grep -c '^pin-wrong')" 1 "PIN tries spent"
}

test_sudo_wrong_key_and_other_users_key() {
	begin
	key_unplug blue
	key_plug red
	keeps_out alice
	says "$OUT" 'This key is not enrolled for alice\.'
	enrol_key bob red
	keeps_out alice
	says "$OUT" 'This key is not enrolled for alice\.'
	lets_in bob
}

test_sudo_no_touch() {
	begin 'timeout = 2'
	key blue touch=wait
	keeps_out alice
	says "$OUT" 'The key was not touched in time'
	[ "$TOOK" -lt 6000 ] || fail "took $TOOK ms"
	key_saw blue '^cancel-received$'
	key blue touch=auto
	lets_in alice
}

test_sudo_refuses_each_lie() {
	local lie
	begin
	lets_in alice
	for lie in $(softkey --help | sed -n 's/^  lie=none|//p' | tr '|' ' '); do
		[ "$lie" != no-uv ] || continue # none where verification is not required
		[ "$lie" != counter-still ] || key blue counter-step=0
		key blue "lie=$lie"
		keeps_out alice
		says "$OUT" "The key's answer was not valid" "what it says of the lie $lie"
		key blue lie=none counter-step=1
		lets_in alice
	done
	begin_with_pin
	key blue lie=no-uv
	keeps_out alice 2718
	logged 'user not verified'
}

# The person pulls the key out while it blinks: the code is asked for at once.
test_sudo_unplugged_falls_through_to_the_code() {
	local pid began=0 code
	begin
	enrol_hotp alice
	code=$(hotp "$SEED" 1)
	key blue touch=wait
	as alice expect -c "
		set timeout 20
		spawn -noecho sudo id -u
		expect -re {code: ?} { puts \"asked at [clock milliseconds]\"; after 30; send \"$code\\r\"; exp_continue } eof {}
		exit [lindex [wait] 3]" >"$KEYS/sudo.out" 2>&1 </dev/null &
	pid=$!
	key blue wait-touch=5000
	began=$(milliseconds)
	key_unplug blue
	wait $pid || fail "sudo did not let her in: $(cat "$KEYS/sudo.out")"
	OUT=$(cat "$KEYS/sudo.out")
	says "$OUT" 'The key was unplugged'
	says "$OUT" '^0.?$'
	began=$(($(sed -n 's/.*asked at \([0-9]*\).*/\1/p' <<<"$OUT") - began))
	note "$began ms from unplugging to the prompt for the code"
	[ $began -lt 1000 ] || fail "took $began ms"
}

# PAM_SILENT, which sudo always passes, hides no word of what it waits for.
test_sudo_waits_for_a_key_to_be_plugged_in() {
	local pid
	begin
	key_unplug blue
	as alice expect "$WEBCRED_TOOLS/answer.exp" -- sudo id -u >"$KEYS/sudo.out" 2>&1 </dev/null &
	pid=$!
	for _ in $(seq 150); do
		grep -q 'Insert the key labelled blue' "$KEYS/sudo.out" && break
		sleep 0.02
	done
	says "$(cat "$KEYS/sudo.out")" 'Insert the key labelled blue \(waiting 10 seconds\)'
	key_plug blue
	wait $pid || fail "sudo did not let her in: $(cat "$KEYS/sudo.out")"
	OUT=$(cat "$KEYS/sudo.out")
	says "$OUT" 'Touch the key labelled blue'
	says "$OUT" '^0.?$'
}

# Killed, it leaves no blinking key.  ^C, a signal and the end of its terminal sudo itself holds back
# outside its prompts: then it is the timeout that ends the wait, and the key stops with it.
test_sudo_that_goes_away_leaves_no_blinking_key() {
	local how pid
	begin 'timeout = 3'
	for how in KILL TERM interrupt close; do
		key_log_clear blue
		key blue touch=wait
		rm -f "$KEYS/interrupt"
		as alice expect -c '
			set timeout 20
			spawn -noecho sudo id -u
			expect "Touch the key"
			while {![file exists '"$KEYS"'/interrupt]} { after 20 }
			send "\003"
			expect eof' >/dev/null 2>&1 </dev/null &
		pid=$!
		key blue wait-touch=5000
		case $how in
		interrupt) : >"$KEYS/interrupt" ;;
		close) kill -KILL $pid ;;
		*) kill -$how $(pgrep -x sudo) ;;
		esac
		[ $how = KILL ] || sleep 3
		key_saw blue '^cancel-received$'
		no_helper_left
		: >"$KEYS/interrupt"
		wait $pid
		key blue touch=auto
		lets_in alice
		[ "$TOOK" -lt 1500 ] || fail "the next login took $TOOK ms"
	done
}

# At pamtester, which lets ^C through.
test_control_c_at_a_terminal() {
	begin
	key blue touch=wait
	expect -c '
		set timeout 10
		spawn -noecho pamtester sudo alice authenticate
		expect "Touch the key"
		exec softkey ctl --wait 3000 '"$KEYS/blue.ctl"' wait-touch=3000
		send "\003"
		expect eof' </dev/null
	key_saw blue '^cancel-received$'
	no_helper_left
	key blue touch=auto
	OUT=$(pamtester sudo alice authenticate 2>&1 </dev/null) || fail "the next login: $OUT"
}

test_pamtester_by_touch() {
	begin
	OUT=$(pamtester sudo alice authenticate acct_mgmt 2>&1 </dev/null) || fail "refused: $OUT"
	says "$OUT" 'successfully authenticated'
	OUT=$(pamtester sudo alice 'authenticate(PAM_SILENT)' 2>&1 </dev/null) || fail "sudo is a quiet service"
	webcred_service plain
	OUT=$(pamtester plain alice 'authenticate(PAM_SILENT)' 2>&1 </dev/null) && fail "silent, and let in"
	OUT=$(pamtester plain alice 'authenticate(PAM_DISALLOW_NULL_AUTHTOK)' 2>&1 </dev/null) ||
		fail "refused: $OUT"
}

# The person's own account, with their own hands: a proof by the first key, then the second.
test_a_person_enrols_a_second_key() {
	begin
	key_plug red
	key blue touch=wait
	key red touch=wait
	as alice webcred create public-key --label red </dev/null >"$KEYS/create.out" 2>&1 &
	local pid=$!
	key_touch blue # the proof
	key_touch red  # the new one
	wait $pid || fail "not enrolled: $(cat "$KEYS/create.out")"
	says "$(cat "$KEYS/create.out")" 'Touch the key labelled blue'
	key_unplug blue
	key red touch=auto
	lets_in alice
	says "$OUT" 'Touch the key labelled red'
}

test_remote_sudo_is_not_asked_for_the_key() {
	begin
	enrol_hotp alice
	service sudo <<-END
		auth required pam_webcred.so
		account required pam_webcred.so
		session optional pam_webcred.so
	END
	key_log_clear blue
	OUT=$(pamtester -I rhost=192.0.2.7 sudo alice authenticate <<<"$(hotp "$SEED" 1)" 2>&1) || fail "refused: $OUT"
	is "$(key_log blue)" '' "what the key saw"
}

run_tests
