# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The real sshd and ssh, over 127.0.0.1: keyboard-interactive, password, and a key beside them.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

KBDINT=keyboard-interactive

# ssh_service OPTION...: account and session as the shipped example has them, without what a
# sandbox cannot do.
ssh_service() {
	service sshd <<-END
		auth     required pam_webcred.so $*
		account  required pam_nologin.so
		account  required pam_unix.so
		account  required pam_webcred.so
		password required pam_webcred.so
		session  required pam_permit.so
	END
}

begin() {
	doors_conf </dev/null
	ssh_service "$@"
	sshd_start </dev/null
}

test_password() {
	begin
	enrol_password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse'
	logged 'get granted user="alice" service="sshd"'
	ssh_keeps_out $KBDINT alice 'wrong horse'
}

test_totp_and_its_replay() {
	local code
	begin
	enrol_totp alice
	code=$(totp "$SEED" 1)
	ssh_keeps_out $KBDINT alice "$(wrong "$code")"
	ssh_lets_in $KBDINT alice "$code"
	ssh_keeps_out $KBDINT alice "$code"
}

test_hotp_and_its_replay() {
	begin
	enrol_hotp alice
	ssh_lets_in $KBDINT alice "$(hotp "$SEED" 1)"
	ssh_keeps_out $KBDINT alice "$(hotp "$SEED" 1)"
	ssh_lets_in $KBDINT alice "$(hotp "$SEED" 2)"
}

test_recovery_code_and_its_replay() {
	begin
	enrol_recovery alice
	ssh_lets_in $KBDINT alice "${CODES[0]}"
	ssh_keeps_out $KBDINT alice "${CODES[0]}"
}

test_second_try_on_one_connection() {
	begin
	enrol_password alice 'correct horse'
	SSH_MORE=(-o NumberOfPasswordPrompts=2)
	ssh_lets_in $KBDINT alice 'wrong horse' 'correct horse'
}

test_two_factors_in_one_login() {
	begin
	service sshd <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_unix.so
		account required pam_webcred.so
		session required pam_permit.so
	END
	enrol_password alice 'correct horse'
	enrol_hotp alice
	ssh_lets_in $KBDINT alice 'correct horse' "$(hotp "$SEED" 1)"
	ssh_keeps_out $KBDINT alice 'correct horse' 000000
	ssh_keeps_out $KBDINT alice 'wrong horse' "$(hotp "$SEED" 2)"
}

# PermitEmptyPasswords no is PAM_DISALLOW_NULL_AUTHTOK is required: always asked, nothing cached.
test_permit_empty_passwords_no_is_mediation_required() {
	begin
	enrol_password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse'
	logged 'get granted user="alice" service="sshd".*mediation=required'
	sshd_start <<<'PermitEmptyPasswords yes'
	mark
	ssh_lets_in $KBDINT alice 'correct horse'
	logged 'get granted user="alice" service="sshd".*mediation=optional'
	ssh_keeps_out $KBDINT alice ''
}

# sshd's password method answers every prompt with echo off, the password's or not.
test_password_method() {
	begin
	doors_conf <<<$'[service sshd]\nget = password'
	sshd_start <<<'PasswordAuthentication yes'
	enrol_password alice 'correct horse'
	ssh_lets_in password alice 'correct horse'
	logged 'get granted user="alice" service="sshd"'
	ssh_keeps_out password alice 'wrong horse'
}

test_password_method_with_a_code_instead_of_a_password() {
	begin
	sshd_start <<<'PasswordAuthentication yes'
	enrol_hotp alice
	ssh_lets_in password alice "$(hotp "$SEED" 1)"
	ssh_keeps_out password alice 'correct horse'
}

# Two secrets, one answer: refused, and said by the log; keyboard-interactive is the one for two.
test_password_method_cannot_give_two_factors() {
	begin
	sshd_start <<<'PasswordAuthentication yes'
	service sshd <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
		session required pam_permit.so
	END
	enrol_password alice 'correct horse'
	enrol_hotp alice
	ssh_keeps_out password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse' "$(hotp "$SEED" 1)"
}

test_password_method_fails_on_a_prompt_with_echo() {
	begin
	doors_conf <<<'echo_code = yes'
	sshd_start <<<'PasswordAuthentication yes'
	enrol_hotp alice
	ssh_keeps_out password alice "$(hotp "$SEED" 1)"
	ssh_lets_in $KBDINT alice "$(hotp "$SEED" 1)"
}

key_of() {
	local home=$SANDBOX/home/$1
	mkdir -p "$home/.ssh"
	[ -e "$SSH/$1" ] || ssh-keygen -q -t ed25519 -N '' -f "$SSH/$1"
	cp "$SSH/$1.pub" "$home/.ssh/authorized_keys"
	chown -R "$1:$1" "$home/.ssh"
	SSH_MORE=(-i "$SSH/$1")
}

test_publickey_then_a_code() {
	begin
	sshd_start <<<'AuthenticationMethods publickey,keyboard-interactive'
	enrol_hotp alice
	key_of alice
	ssh_lets_in publickey,$KBDINT alice "$(hotp "$SEED" 1)"
	ssh_keeps_out publickey,$KBDINT alice "$(hotp "$SEED" 1)"
	ssh_keeps_out publickey alice
	SSH_MORE=()
	ssh_keeps_out $KBDINT alice "$(hotp "$SEED" 2)"
	says_not "$OUT" 'code|Password'
}

# Behaviour 38, through sshd: the same prompts, the same end, for a name without an account, for an
# account without a credential, and for a wrong password.
test_unknown_user_looks_like_an_unenrolled_one() {
	local unknown unenrolled wrong
	begin
	enrol_password alice 'correct horse'
	ssh_keeps_out $KBDINT bob 'anything'
	unenrolled=$(sed 's/bob/NAME/g' <<<"$OUT") 
	ssh_keeps_out $KBDINT nobodyhere 'anything'
	unknown=$(sed 's/nobodyhere/NAME/g' <<<"$OUT")
	is "$unknown" "$unenrolled" "what an unknown name sees"
	says "$unknown" 'Password:'
	ssh_keeps_out $KBDINT alice 'wrong horse'
	wrong=$(sed 's/alice/NAME/g' <<<"$OUT")
	is "$wrong" "$unenrolled" "what a wrong password sees"
}

test_ssh_then_sudo() {
	begin
	webcred_service sudo
	enrol_password alice 'correct horse'
	SSH_MORE=(-t)
	ssh_in $KBDINT alice 'correct horse' 'correct horse' -- sudo id -u
	is "$STATUS" 0 "ssh's exit status"
	says "$OUT" '^0$' "what id -u said under sudo"
	logged 'get granted user="alice" service="sudo"'
	ssh_in $KBDINT alice 'correct horse' 'wrong horse' -- sudo id -u
	[ "$STATUS" != 0 ] || fail "sudo let alice in"
	says_not "$OUT" '^0$'
}

# PAM_RHOST is set: the key of the desk does not blink, and is no way in either.
test_a_remote_login_never_makes_the_key_of_the_desk_blink() {
	begin
	key_start desk
	doors_conf <<<"[devices]"$'\n'"device = $KEY"
	enrol_key alice
	enrol_password alice 'correct horse'
	: >"$SANDBOX/tmp/desk.log"
	ssh_lets_in $KBDINT alice 'correct horse'
	ssh_keeps_out $KBDINT alice 'wrong horse'
	[ -s "$SANDBOX/tmp/desk.log" ] && fail "the key was spoken to: $(cat "$SANDBOX/tmp/desk.log")"
	drive alice "$SERVICE" authenticate
	is "$CODE" PAM_SUCCESS "the same key, at the seat"
	key_forget desk
}

# sshd before 10.3 holds a text back until the next prompt, so a cue would come too late: nothing is
# waited for there, neither a touch nor a key that is out, whatever key_wait says.
test_a_remote_login_waits_for_no_key() {
	local began seat
	begin
	key_start desk
	doors_conf <<<$'key_wait = 30\n[devices]\n'"device = $KEY"
	enrol_key alice
	enrol_password alice 'correct horse'
	began=$(date +%s)
	key_stop desk
	ssh_lets_in $KBDINT alice 'correct horse'
	says_not "$OUT" 'Insert|Touch'
	doors_conf <<<$'key_wait = 30\n[service sshd]\nget = public-key\n[devices]\n'"device = $KEY"
	ssh_keeps_out $KBDINT alice
	says_not "$OUT" 'Insert|Touch|assword'
	ssh_keeps_out $KBDINT nobodyhere
	[ $(($(date +%s) - began)) -lt 25 ] || fail "it took $(($(date +%s) - began)) s"
	# ... while one at the seat is asked for it, and waited for
	: >"$SANDBOX/tmp/seat.out"
	pamdrive -u alice -s "$SERVICE" -c "$PAMD" --answer 'correct horse' authenticate >"$SANDBOX/tmp/seat.out" 2>&1 &
	seat=$!
	for _ in $(seq 500); do grep -q Insert "$SANDBOX/tmp/seat.out" && break; sleep 0.02; done
	key_start desk
	wait $seat
	says "$(cat "$SANDBOX/tmp/seat.out")" '^authenticate PAM_SUCCESS'
	key_forget desk
}

test_locked_out_accounts() {
	begin
	enrol_password alice 'correct horse'
	usermod -L alice
	chage -E 1 alice
	ssh_keeps_out $KBDINT alice 'correct horse' || :
	chage -E -1 alice
	credrive -u alice lock || fail "lock"
	ssh_keeps_out $KBDINT alice 'correct horse'
	credrive -u alice unlock || fail "unlock"
	ssh_lets_in $KBDINT alice 'correct horse'
}

# pam_unix says that the password is due; ours is asked for, proved and replaced.
test_expired_password_is_replaced_on_the_way_in() {
	begin
	enrol_password alice 'correct horse'
	chage -d 0 alice
	ssh_in $KBDINT alice 'correct horse' 'wrong horse'
	[ "$STATUS" != 0 ] || fail "let in without a new password"
	ssh_in $KBDINT alice 'correct horse' 'correct horse' 'battery staple' 'battery staple'
	is "$STATUS" 0 "ssh's exit status"
	says "$OUT" '^alice$'
	chage -d 19000 alice
	ssh_keeps_out $KBDINT alice 'correct horse'
	ssh_lets_in $KBDINT alice 'battery staple'
}

# How many processes the authority has, and sshd.
processes() { echo "$(pgrep -c -f webcred-authority) $(pgrep -c -x sshd)"; }

test_a_client_killed_at_the_prompt_leaves_nothing_behind() {
	local before now pid
	begin
	doors_conf <<<$'[throttle]\ndeny = 2\nunlock_time = 600'
	enrol_password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse'
	sleep 0.2
	before=$(processes)
	ssh_words $KBDINT
	for _ in 1 2 3; do
		rm -f "$SANDBOX/tmp/asked"
		expect -c "spawn -noecho ${SSH_COMMAND[*]} alice@127.0.0.1 id; expect assword; \
			exec touch $SANDBOX/tmp/asked; exec kill -KILL [exp_pid]; expect eof; wait" >/dev/null 2>&1 &
		pid=$!
		for _ in $(seq 200); do [ -e "$SANDBOX/tmp/asked" ] && break; sleep 0.02; done
		[ -e "$SANDBOX/tmp/asked" ] || fail "ssh did not ask"
		wait $pid
	done
	for _ in $(seq 100); do now=$(processes); [ "$now" = "$before" ] && break; sleep 0.05; done
	is "$now" "$before" "processes of the authority, and of sshd"
	ssh_lets_in $KBDINT alice 'correct horse' # three prompts without an answer cost nothing
}

# LoginGraceTime ends the login with a signal, in the middle of our prompt.
test_login_grace_time_ends_a_login_that_waits() {
	local before now pid
	begin
	sshd_start <<<'LoginGraceTime 2'
	enrol_password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse'
	sleep 0.2
	before=$(processes)
	ssh_words $KBDINT
	# The client waits at its terminal, and does not see that nobody is there any more.
	expect -c "spawn -noecho ${SSH_COMMAND[*]} alice@127.0.0.1 id; expect assword; sleep 4; \
		exec kill -KILL [exp_pid]; wait" >/dev/null 2>&1 &
	pid=$!
	sleep 3.5
	for _ in $(seq 100); do now=$(processes); [ "$now" = "$before" ] && break; sleep 0.05; done
	is "$now" "$before" "processes of the authority, and of sshd"
	logged_not 'get refused'
	ssh_lets_in $KBDINT alice 'correct horse'
}

# Behaviour 56, through sshd: its monitor, which is root, closes the session.
test_close_of_a_session_prevents_silent_access() {
	begin
	doors_conf <<<$'[webcred]\nprevent_on_close = sshd'
	sed -i 's/^session.*/session required pam_webcred.so/' /etc/pam.d/sshd
	enrol_password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse'
	logged 'prevent-silent-access done user="alice" service="sshd"'
	authority_stop # it lets nobody else read its store
	is "$(sqlite3 /var/lib/webcred/webcred.db 'SELECT count(*) FROM silent_access')" 0 "services that may be silent"
}

test_ssh_then_su() {
	begin
	service su <<<$'auth required pam_webcred.so\naccount required pam_webcred.so\nsession required pam_permit.so'
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	SSH_MORE=(-t)
	ssh_in $KBDINT alice 'correct horse' 'battery staple' -- su bob -c "'id -un'"
	says "$OUT" '^bob$'
	ssh_in $KBDINT alice 'correct horse' 'correct horse' -- su bob -c "'id -un'"
	says_not "$OUT" '^bob$'
}

# ---- a key that sshd has verified ----------------------------------------------------

# ssh_key_of TYPE: alice's key of that type, made by ssh-keygen, enrolled here too where it is a
# security key, and used by ssh.
ssh_key_of() {
	rm -f "$SSH/id" "$SSH/id.pub"
	ssh-keygen -q -t "$1" ${KEY:+-O device="$KEY"} -N '' -f "$SSH/id" </dev/null || fail "ssh-keygen -t $1"
	mkdir -p "$SANDBOX/home/alice/.ssh"
	cp "$SSH/id.pub" "$SANDBOX/home/alice/.ssh/authorized_keys"
	chown -R alice:alice "$SANDBOX/home/alice/.ssh"
	SSH_MORE=(-i "$SSH/id")
}

ssh_key_begin() {
	KEY=
	begin debug
	doors_conf <<<$'[webcred]\ntouch_required = yes\n[service sshd]\nget = ssh-key password'
	sshd_start <<<$'AuthenticationMethods publickey,keyboard-interactive\nPubkeyAuthOptions touch-required'
	enrol_password alice 'correct horse'
}

# ssh looks for security keys by hidraw alone; a provider of ours opens the one in software.  The
# signature is real, and real sshd's monitor, which calls PAM, is not told its counter by the child
# that verified it: what it says of the key could be said twice, so it is not taken.
test_security_key_that_sshd_verified_counts_with_its_counter_alone() {
	command -v "${CC:-cc}" >/dev/null || skip "no C compiler, and so no provider of keys for ssh"
	"${CC:-cc}" -shared -fPIC -o "$SANDBOX/tmp/sk_provider.so" "$WEBCRED_TOP/tests/support/sk_provider.c" \
		-lfido2 -lcrypto || skip "no libfido2 to build the provider of keys for ssh with"
	ssh_key_begin
	key_start desk
	ssh_key_of ecdsa-sk
	webcred import --from openssh-sk --user alice --write "$SSH/id" || fail "cannot enrol it"
	SSH_MORE+=(-o "SecurityKeyProvider=$SANDBOX/tmp/sk_provider.so")
	export WEBCRED_SK_DEVICE=$KEY
	sed -i "1i auth optional pam_exec.so log=$SANDBOX/tmp/env /usr/bin/env" /etc/pam.d/sshd
	ssh_lets_in publickey,$KBDINT alice 'correct horse' # the flag is set until a login has asked
	says "$(cat "$SANDBOX/tmp/env")" '^SSH_AUTH_INFO_0=publickey sk-ecdsa-sha2-nistp256@openssh.com [A-Za-z0-9+/=]+$'
	ssh_lets_in publickey,$KBDINT alice 'correct horse'
	says "$OUT" 'Password'
	ssh_keeps_out publickey,$KBDINT alice 'wrong horse'
	logged 'ssh-key: sshd does not tell the counter'
	key_forget desk
}

test_ordinary_key_that_sshd_verified_lets_nobody_in() {
	ssh_key_begin
	ssh_key_of ed25519
	ssh_lets_in publickey,$KBDINT alice 'correct horse'
	ssh_lets_in publickey,$KBDINT alice 'correct horse'
	says "$OUT" 'Password'
	ssh_keeps_out publickey,$KBDINT alice 'wrong horse'
}

# A module that says somebody else logged in, as some that map names do.
switch_module() {
	command -v "${CC:-cc}" >/dev/null || skip "no C compiler"
	"${CC:-cc}" -shared -fPIC -o "$SANDBOX/tmp/pam_switch.so" -x c - -lpam <<-END || fail "pam_switch.so"
		#include <security/pam_modules.h>
		int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
		{
			(void)flags, (void)argc;
			return pam_set_item(pamh, PAM_USER, argv[0]);
		}
		int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
		{
			(void)pamh, (void)flags, (void)argc, (void)argv;
			return PAM_SUCCESS;
		}
	END
}

# sshd 9.2 itself does not notice; a module that changes the name ahead of us is the stack's word.
test_user_changed_by_a_later_module_is_refused() {
	begin
	switch_module
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	service sshd <<-END
		auth     required pam_webcred.so
		auth     required $SANDBOX/tmp/pam_switch.so bob
		account  required pam_webcred.so
		session  required pam_permit.so
	END
	ssh_in $KBDINT alice 'correct horse'
	[ "$STATUS" != 0 ] || fail "alice's password let somebody in: $OUT"
	logged 'the user.s name changed since it was authenticated'
}

# The example that is installed, as it is, on Debian's own files.
test_shipped_example() {
	begin
	cp "$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d/sshd" /etc/pam.d/sshd
	unix_password bob 'unix word'
	unix_password alice 'unix word'
	enrol_password alice 'correct horse'
	ssh_lets_in $KBDINT alice 'correct horse'
	ssh_keeps_out $KBDINT alice 'unix word'
	says "$(grep -c 'Password' <<<"$OUT")" '^1$' "how many times ssh was asked"
	ssh_lets_in $KBDINT bob 'unix word'
	ssh_keeps_out $KBDINT bob 'correct horse'
	touch /etc/nologin
	ssh_keeps_out $KBDINT bob 'unix word'
	rm -f /etc/nologin
	authority_stop
	ssh_keeps_out $KBDINT bob 'unix word'
}

trap sshd_stop EXIT
run_tests
