# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The real, setuid sudo: it passes PAM_SILENT, runs the module with the user's real uid, and retries.
. "$WEBCRED_TOP/tests/support/lib.sh"

# as USER COMMAND...: a process of that user, on a terminal of its own.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@" 2>&1
}

# sudo_as USER ANSWER: `sudo id -u` answered by ANSWER; sets OUT and STATUS.
sudo_as() {
	local user=$1
	shift
	OUT=$(as "$user" expect "$WEBCRED_TOOLS/answer.exp" "$@" -- sudo id -u)
	STATUS=$?
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

sudo_service() {
	webcred_service sudo "$@"
}

test_password() {
	sudo_service
	enrol_password alice 'correct horse'
	lets_in alice 'correct horse'
	logged 'get granted user="alice" service="sudo"'
	keeps_out alice 'wrong horse'
}

test_totp_and_its_replay() {
	local code
	sudo_service
	enrol_totp alice
	code=$(totp "$SEED" 1)
	keeps_out alice "$(wrong "$code")"
	lets_in alice "$code"
	keeps_out alice "$code"
}

test_hotp_and_its_replay() {
	sudo_service
	enrol_hotp alice
	lets_in alice "$(hotp "$SEED" 1)"
	keeps_out alice "$(hotp "$SEED" 1)"
}

test_recovery_code_and_its_replay() {
	sudo_service
	enrol_recovery alice
	lets_in alice "${CODES[0]}"
	keeps_out alice "${CODES[0]}"
}

test_not_enrolled() {
	sudo_service
	enrol_password alice 'correct horse'
	keeps_out bob 'correct horse'
}

# sudo replaces exactly `Password: ` by its own prompt; any other text would break -p and Ansible.
test_own_prompt_of_sudo() {
	sudo_service
	enrol_password alice 'correct horse'
	OUT=$(as alice expect "$WEBCRED_TOOLS/answer.exp" 'correct horse' -- \
		sudo -p 'Say the word of %p: ' id -u)
	says "$OUT" 'Say the word of alice: '
	says_not "$OUT" 'Password:'
	says "$OUT" '^0.?$'
}

test_dash_S_reads_standard_input() {
	sudo_service
	enrol_password alice 'correct horse'
	is "$(as alice sudo -S -p '' id -u <<<'correct horse')" 0 "sudo -S"
	as alice sudo -S -p '' id -u <<<'wrong' && fail "sudo -S let a wrong password in"
	:
}

# sudo -n: its conversation errs at the first prompt.  At once, and no attempt is charged.
test_dash_n_ends_at_once_and_costs_nothing() {
	local i began
	conf <<-END
		[throttle]
		enabled = yes
		deny = 2
		unlock_time = 600
	END
	echo 'Defaults noninteractive_auth' >>/etc/sudoers
	sudo_service
	enrol_password alice 'correct horse'
	for i in 1 2 3 4 5; do
		began=$(date +%s%N)
		as alice sudo -n id -u && fail "sudo -n let alice in"
		[ $((($(date +%s%N) - began) / 1000000)) -lt 1000 ] || fail "sudo -n took more than a second"
	done
	lets_in alice 'correct horse'
}

# Two tries on one handle: a line that finds its own mark starts a new round.
test_second_try_of_one_sudo() {
	echo 'Defaults passwd_tries=3' >>/etc/sudoers
	sudo_service
	enrol_password alice 'correct horse'
	OUT=$(as alice expect "$WEBCRED_TOOLS/answer.exp" 'wrong' 'correct horse' -- sudo id -u)
	says "$OUT" '^0.?$'
}

test_two_factors() {
	service sudo <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
		session optional pam_webcred.so
	END
	enrol_password alice 'correct horse'
	enrol_hotp alice
	lets_in alice 'correct horse' "$(hotp "$SEED" 1)"
	keeps_out alice 'correct horse' '000000'
	keeps_out alice 'wrong horse' "$(hotp "$SEED" 2)"
}

# The profile's stack: webcred first, the Unix password where nothing is enrolled, and only there.
test_profile_of_debian_stacks() {
	service sudo <<-END
		auth [success=2 ignore=ignore default=die] pam_webcred.so nullok
		auth [success=1 default=ignore] pam_unix.so nullok try_first_pass
		auth requisite pam_deny.so
		auth required pam_permit.so
		account required pam_unix.so
		account required pam_webcred.so
		session required pam_permit.so
	END
	printf 'alice:unix word\nbob:unix word\n' | chpasswd
	lets_in bob 'unix word'
	enrol_password alice 'correct horse'
	keeps_out alice 'unix word'
	lets_in alice 'correct horse'
	authority_stop
	keeps_out bob 'unix word' # could not look is never nothing there
	keeps_out alice 'correct horse'
}

# A user freezes, limits and starves her own sudo; nobody else waits for it.
test_a_users_limits_harm_nobody_else() {
	sudo_service
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	as alice sh -c 'ulimit -f 0; ulimit -n 24; echo wrong | sudo -S -p "" true' || :
	as alice sh -c 'ulimit -v 200000; echo wrong | sudo -S -p "" true' || :
	lets_in bob 'battery staple'
	lets_in alice 'correct horse'
}

test_stopped_sudo_harms_nobody_else() {
	local pid
	sudo_service
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	as alice expect -c 'spawn -noecho sudo id -u; expect "assword"; exec touch '"$SANDBOX"'/tmp/asked; sleep 600' >/dev/null 2>&1 &
	pid=$!
	for _ in $(seq 200); do [ -e "$SANDBOX/tmp/asked" ] && break; sleep 0.02; done
	[ -e "$SANDBOX/tmp/asked" ] || fail "sudo did not ask"
	for stopped in $(pgrep -x sudo); do kill -STOP "$stopped"; done
	lets_in bob 'battery staple'
	rm -f "$SANDBOX/tmp/asked"
	kill -KILL "$pid" $(pgrep -x sudo)
}

test_refused_without_an_authority_at_once() {
	local began
	sudo_service
	enrol_password alice 'correct horse'
	authority_stop
	began=$(date +%s%N)
	keeps_out alice 'correct horse'
	[ $((($(date +%s%N) - began) / 1000000)) -lt 1500 ] || fail "sudo took more than a second"
}

# Behaviour 56, through sudo: in its session PAM_USER is root; the flag is of who logged in.
test_close_of_a_session_is_about_who_logged_in() {
	conf <<<$'[webcred]\nprevent_on_close = sudo'
	sudo_service
	enrol_password alice 'correct horse'
	lets_in alice 'correct horse'
	logged 'prevent-silent-access done user="alice" service="sudo"'
	logged_not 'prevent-silent-access .*user="root"'
}

run_tests
