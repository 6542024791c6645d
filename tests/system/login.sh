# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The real login(1), as root on a terminal: what a console does.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

login_service() {
	service login <<-END
		auth     required pam_webcred.so $*
		account  required pam_unix.so
		account  required pam_webcred.so
		password required pam_webcred.so
		session  required pam_permit.so
	END
}

begin() {
	doors_conf </dev/null
	login_service "$@"
}

# at_console USER [PATTERN ANSWER]...: types the name, then the answers, then a command to the shell.
at_console() {
	local user=$1
	shift
	steps 'login: ?$' "$user" "$@" '[$] $' 'echo I am `id -un`; exit' -- login
}

lets_in() {
	at_console "$@"
	says "$OUT" "^I am $1\$" "what login's shell said"
}

# refused, login asks for a name again: once more would be another try.
keeps_out() {
	local user=$1
	shift
	steps 'login: ?$' "$user" "$@" 'login: ?$' '' -- timeout 8 login
	says_not "$OUT" "I am" "what login's shell said"
	says "$OUT" 'Login incorrect'
}

test_password() {
	begin
	enrol_password alice 'correct horse'
	lets_in alice assword 'correct horse'
	logged 'get granted user="alice" service="login".*mediation=optional'
	keeps_out alice assword 'wrong horse'
}

test_totp_and_its_replay() {
	local code
	begin
	enrol_totp alice
	code=$(totp "$SEED" 1)
	keeps_out alice 'code' "$(wrong "$code")"
	lets_in alice 'code' "$code"
	keeps_out alice 'code' "$code"
}

test_hotp_and_its_replay() {
	begin
	enrol_hotp alice
	lets_in alice code "$(hotp "$SEED" 1)"
	keeps_out alice code "$(hotp "$SEED" 1)"
}

test_recovery_code_and_its_replay() {
	begin
	enrol_recovery alice
	lets_in alice code "${CODES[0]}"
	keeps_out alice code "${CODES[0]}"
}

test_security_key_touched_and_declined() {
	key_start desk
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	login_service
	enrol_key alice
	lets_in alice
	says "$OUT" 'ouch the key labelled'
	logged 'get granted user="alice" service="login".*type=public-key'
	key_ctl desk touch=refuse
	keeps_out alice
	key_stop desk
	keeps_out alice
	key_forget desk
}

# login -h is what telnetd and rlogind said: far away, so the key of the desk does not blink.
test_login_from_a_far_host_never_makes_the_key_blink() {
	key_start desk
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	login_service
	enrol_key alice
	enrol_password alice 'correct horse'
	: >"$SANDBOX/tmp/desk.log"
	steps assword 'correct horse' '[$] $' 'echo I am `id -un`; exit' -- login -h far.example.org alice
	says "$OUT" '^I am alice$'
	logged 'get granted user="alice" service="login".*rhost="far.example.org".*type=password'
	[ -s "$SANDBOX/tmp/desk.log" ] && fail "the key was spoken to: $(cat "$SANDBOX/tmp/desk.log")"
	key_forget desk
}

test_second_try_of_one_login() {
	begin
	enrol_password alice 'correct horse'
	steps 'login: ?$' alice assword 'wrong horse' 'login: ?$' alice assword 'correct horse' \
		'[$] $' 'echo I am `id -un`; exit' -- login
	says "$OUT" '^I am alice$'
}

# The name is typed to login: another one the second time is another person's login.
test_second_try_under_another_name() {
	begin
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	steps 'login: ?$' alice assword 'battery staple' 'login: ?$' bob assword 'battery staple' \
		'[$] $' 'echo I am `id -un`; exit' -- login
	says "$OUT" '^I am bob$'
}

test_expired_password_is_replaced_on_the_way_in() {
	begin
	enrol_password alice 'correct horse'
	chage -d 0 alice
	lets_in alice assword 'correct horse' assword 'correct horse' 'New password' 'battery staple' \
		Retype 'battery staple'
	chage -d 19000 alice
	keeps_out alice assword 'correct horse'
	lets_in alice assword 'battery staple'
}

# PAM_CHANGE_EXPIRED_AUTHTOK: real root asks, and a proof is due all the same.
test_expired_password_needs_a_proof_though_login_is_root() {
	begin
	enrol_password alice 'correct horse'
	chage -d 0 alice
	steps 'login: ?$' alice assword 'correct horse' assword 'wrong horse' -- timeout 10 login
	says_not "$OUT" 'New password'
	logged 'prove refused|refused user="alice" service="login"'
	chage -d 19000 alice
	lets_in alice assword 'correct horse'
}

test_shipped_example() {
	begin
	cp "$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d/login" /etc/pam.d/login
	unix_password alice 'unix word'
	unix_password bob 'unix word'
	enrol_password alice 'correct horse'
	lets_in alice assword 'correct horse'
	keeps_out alice assword 'unix word'
	lets_in bob assword 'unix word'
	keeps_out bob assword 'correct horse'
	authority_stop
	keeps_out bob
}

# The lines that are offered for rescue: root, at the console, by the Unix password.
test_shipped_example_with_its_rescue_lines() {
	begin
	sed 's/^#auth/auth/' "$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d/login" >/etc/pam.d/login
	says "$(grep -c '^auth.*pam_succeed_if' /etc/pam.d/login)" '^2$' "rescue lines"
	unix_password root 'rescue word'
	unix_password alice 'unix word'
	enrol_password root 'correct horse'
	enrol_password alice 'correct horse'
	keeps_out alice assword 'unix word'
	steps 'login: ?$' root assword 'correct horse' assword 'correct horse' '# $' 'echo I am `id -un`; exit' -- login
	says "$OUT" '^I am root$'
	authority_stop
	keeps_out alice
	steps 'login: ?$' root assword 'rescue word' '# $' 'echo I am `id -un`; exit' -- login
	says "$OUT" '^I am root$'
	steps 'login: ?$' root assword 'wrong word' 'login: ?$' '' -- timeout 8 login
	says_not "$OUT" 'I am'
	# Not for who comes over the network, as login -h says.
	steps assword 'rescue word' -- timeout 8 login -h far.example.org root
	says_not "$OUT" '# $'
	says "$OUT" 'Login incorrect|ended before'
}

run_tests
