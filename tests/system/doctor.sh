# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# webcred doctor: what is in order is left alone, and each thing that is amiss is found.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/doors.sh"

cp -a /etc/pam.d "$SANDBOX/pam.d.debian"
cp -a /etc/ssh "$SANDBOX/ssh.debian"
cp -a /etc/sudoers "$SANDBOX/sudoers"
EXAMPLES=$WEBCRED_STAGE/usr/share/doc/webcred/examples/pam.d

# Debian's files, and sshd as our example wants it.
begin() {
	rm -rf /etc/pam.d /etc/ssh
	cp -a "$SANDBOX/pam.d.debian" /etc/pam.d
	cp -a "$SANDBOX/ssh.debian" /etc/ssh
	cp -a "$SANDBOX/sudoers" /etc/sudoers
	mkdir -p "$SSH" /etc/ssh
	[ -e "$SSH/host" ] || ssh-keygen -q -t ed25519 -N '' -f "$SSH/host"
	sshd_says <<<''
}

sshd_says() {
	{
		cat
		printf '%s\n' "HostKey $SSH/host" 'UsePAM yes' 'KbdInteractiveAuthentication yes' 'PasswordAuthentication no'
	} >/etc/ssh/sshd_config
}

doctor() {
	OUT=$(webcred doctor "$@" 2>&1 </dev/null)
	STATUS=$?
	grep -vE '^[a-z]+ [a-z_]+ = ' <<<"$OUT" || :
}

sound() {
	doctor
	is "$STATUS" 0 "doctor's exit status"
	says "$OUT" '^Nothing is wrong'
	says_not "$OUT" '^wrong'
}

# finds WHAT WHERE DO
finds() {
	doctor
	is "$STATUS" 1 "doctor's exit status"
	says "$OUT" "^wrong: .*$1"
	says "$OUT" "^  where: .*$2"
	says "$OUT" "^  do: .*$3"
}

test_nothing_is_wrong_after_an_installation() {
	begin
	sound
	says "$OUT" '^service get = '
}

test_shipped_examples_are_sound() {
	begin
	cp "$EXAMPLES"/* /etc/pam.d/
	sound
	sed -i 's/^#auth/auth/' /etc/pam.d/login # with its rescue lines
	sound
}

test_profile_of_debian_is_sound() {
	begin
	sed -i 's/^auth.*pam_unix.so.*/auth [success=3 ignore=ignore default=die] pam_webcred.so nullok\nauth [success=2 default=ignore] pam_unix.so nullok/' \
		/etc/pam.d/common-auth
	echo 'account required pam_webcred.so' >>/etc/pam.d/common-account
	sed -i 's/success=3/success=2/; s/success=2 default/success=1 default/' /etc/pam.d/common-auth
	sound
}

# falls_through CONTROL CODE [LINE]: with LINE in between; each that lets in who was refused is
# found, as the real libpam shows beside it.
falls_through() {
	begin
	{
		printf '%s\n' "auth $1 pam_webcred.so" ${3:+"$3"}
		printf '%s\n' 'auth required pam_permit.so' 'account required pam_unix.so' 'account required pam_webcred.so'
	} >/etc/pam.d/odd
	cp /etc/pam.d/odd "$PAMD/odd"
	enrol_password alice 'correct horse'
	login alice odd 'wrong horse'
	is "$CODE" "$2" "what libpam makes of [$1]"
	if [ "$2" = PAM_SUCCESS ]; then
		finds 'service odd: a refusal by webcred .* falls through' '/etc/pam.d/odd:1$' 'default=die'
	else
		sound
	fi
}

test_sufficient_falls_through() { falls_through sufficient PAM_SUCCESS; }
test_optional_falls_through() { falls_through optional PAM_SUCCESS; }
test_default_ignore_falls_through() { falls_through '[success=done default=ignore]' PAM_SUCCESS; }
test_jump_falls_through() {
	falls_through '[success=1 auth_err=1 default=die]' PAM_SUCCESS 'auth requisite pam_deny.so'
}
test_jump_past_the_end_does_not_fall_through() { falls_through '[auth_err=1 default=die]' PAM_PERM_DENIED; }
test_reset_falls_through() { falls_through '[success=ok default=reset]' PAM_SUCCESS; }
test_required_does_not_fall_through() { falls_through required PAM_AUTH_ERR; }
test_requisite_does_not_fall_through() { falls_through requisite PAM_AUTH_ERR; }
test_nothing_named_does_not_fall_through() { falls_through '[success=done]' PAM_AUTH_ERR; }

# One kind of refusal that is passed over is one too many: here the authority's being down.
test_a_fault_alone_that_falls_through() {
	begin
	printf '%s\n' 'auth [success=done perm_denied=ignore default=die] pam_webcred.so' \
		'auth [success=1 default=ignore] pam_unix.so' 'auth requisite pam_deny.so' \
		'auth required pam_permit.so' '@include common-account' 'account required pam_webcred.so' >/etc/pam.d/odd
	finds 'perm_denied.* falls through, and pam_unix.so alone lets in' '/etc/pam.d/odd:1$' 'default=die'
}

test_followed_by_a_stack_that_denies() {
	begin
	printf '%s\n' 'auth sufficient pam_webcred.so' 'auth requisite pam_deny.so' \
		'account required pam_unix.so' 'account required pam_webcred.so' >/etc/pam.d/odd
	sound
}

test_account_lines_that_lack() {
	begin
	printf '%s\n' 'auth required pam_webcred.so' 'account required pam_unix.so' >/etc/pam.d/odd
	finds 'no account line of pam_webcred' '/etc/pam.d/odd$' 'account required pam_webcred.so'
	printf '%s\n' 'auth required pam_webcred.so' 'account required pam_webcred.so' >/etc/pam.d/odd
	finds 'no account line of pam_unix' '/etc/pam.d/odd$' 'account required pam_unix.so'
	echo 'auth required pam_webcred.so' >/etc/pam.d/odd # a lock screen
	sound
}

test_account_lines_that_refuse_and_go_on() {
	begin
	printf '%s\n' 'auth required pam_webcred.so' 'account required pam_unix.so' \
		'account required pam_webcred.so' >/etc/pam.d/odd
	sound
	says "$OUT" '^advice: service odd: where pam_unix.so refuses'
	sed -i 's/required pam_unix/requisite pam_unix/' /etc/pam.d/odd
	sound
	says_not "$OUT" '^advice'
}

test_sockets_that_others_may_open() {
	begin
	chmod 0666 /run/webcred/login
	finds 'mode is 0666 and not 0600' '/run/webcred/login' 'chmod 0600'
	chmod 0600 /run/webcred/login
	chmod 0777 /run/webcred
	finds 'mode is 0777' '/run/webcred' 'chmod 0755'
	chmod 0755 /run/webcred
	sound
}

test_store_and_key_that_others_may_read() {
	begin
	chmod 0644 /var/lib/webcred/host.key
	finds 'mode is 0644 and not 0600' '/var/lib/webcred/host.key' 'chmod 0600'
	chmod 0600 /var/lib/webcred/host.key
	chown alice /var/lib/webcred/webcred.db
	finds 'owner is uid 5001' '/var/lib/webcred/webcred.db' 'chown root'
	chown root /var/lib/webcred/webcred.db
	chmod 0755 /var/lib/webcred
	finds 'mode is 0755 and not 0700' '/var/lib/webcred' 'chmod 0700'
	chmod 0700 /var/lib/webcred
	chmod 0666 /etc/webcred/webcred.conf
	doctor
	says "$OUT" 'where: /etc/webcred/webcred.conf'
	[ "$STATUS" != 0 ] || fail "nothing was wrong"
	chmod 0644 /etc/webcred/webcred.conf
}

test_without_an_authority() {
	begin
	authority_stop
	doctor
	is "$STATUS" 3 "doctor's exit status"
	says "$OUT" 'systemctl start webcred-login.socket webcred-user.socket'
}

test_sshd_settings() {
	begin
	cp "$EXAMPLES/sshd" /etc/pam.d/sshd
	sshd_says <<<'KbdInteractiveAuthentication no'
	finds 'no keyboard-interactive' sshd_config 'KbdInteractiveAuthentication yes'
	sshd_says <<<'UsePAM no'
	finds 'does not use PAM' sshd_config 'UsePAM yes'
	sshd_says <<<'PasswordAuthentication yes'
	doctor
	is "$STATUS" 0 "advice alone"
	says "$OUT" "^advice: sshd's password method"
	cp "$SANDBOX/pam.d.debian/sshd" /etc/pam.d/sshd # who does not ask webcred is not told
	sshd_says <<<'KbdInteractiveAuthentication no'
	sound
}

test_touch_that_sshd_does_not_demand() {
	begin
	cp "$EXAMPLES/sshd" /etc/pam.d/sshd
	conf <<<$'[webcred]\ntouch_required = yes\n[service sshd]\nget = ssh-key password'
	finds 'touch_required = yes says .* it does not' sshd_config 'PubkeyAuthOptions touch-required'
	sshd_says <<<'PubkeyAuthOptions verify-required'
	finds 'touch_required = yes says .* it does not' sshd_config 'PubkeyAuthOptions touch-required'
	sshd_says <<<'PubkeyAuthOptions touch-required'
	sound
	says_not "$OUT" '^advice: .*ssh-key'
	conf <<<$'[service sshd]\nget = ssh-key [SUCCESS=return] password'
	sound
	says "$OUT" '^advice: ssh-key in a get = has no effect'
	says "$OUT" '^  do: \[webcred\] touch_required = yes'
	sshd_says <<<''
	sound
	says "$OUT" '^  do: PubkeyAuthOptions touch-required, and then'
	conf <<<$'[service sshd]\nget = password' # who does not use it is not told
	sound
	says_not "$OUT" 'ssh-key in a get'
	sed -i 's/pam_webcred.so/pam_webcred.so [get=ssh-key password]/' /etc/pam.d/sshd
	sound
	says "$OUT" '^advice: ssh-key in a get = has no effect'
}

test_sudo_settings() {
	begin
	cp "$EXAMPLES/sudo" /etc/pam.d/sudo
	sound
	echo 'Defaults pam_service=other-sudo' >>/etc/sudoers
	cp "$SANDBOX/pam.d.debian/sudo" /etc/pam.d/other-sudo
	finds 'other-sudo, which does not ask webcred' '/etc/sudoers:[0-9]+' 'pam_service'
	cp "$EXAMPLES/sudo" /etc/pam.d/other-sudo
	finds 'other-sudo, which is no quiet service' '/etc/sudoers:[0-9]+' 'quiet_services'
	cp "$SANDBOX/sudoers" /etc/sudoers
	echo 'Defaults env_keep += "SSH_AUTH_INFO_0"' >>/etc/sudoers
	finds 'claim a verified key' '/etc/sudoers' 'env_keep'
	cp "$SANDBOX/sudoers" /etc/sudoers
	echo 'Defaults !pam_acct_mgmt' >>/etc/sudoers
	finds 'skips the account modules' '/etc/sudoers' 'pam_acct_mgmt'
	cp "$SANDBOX/sudoers" /etc/sudoers
}

test_json_is_one_object_a_line() {
	begin
	printf '%s\n' 'auth sufficient pam_webcred.so' 'auth required pam_permit.so' >/etc/pam.d/odd
	doctor --json
	is "$STATUS" 1 "doctor's exit status"
	grep -qv '^{.*}$' <<<"$OUT" && fail "a line is no object: $OUT"
	says "$OUT" '^\{"finding":\{"level":"wrong","what":"service odd: .*","where":"/etc/pam.d/odd:1","do":".*"\}\}$'
}

test_without_root() {
	begin
	OUT=$(as alice webcred doctor)
	is "$?" 0 "doctor's exit status"
	says "$OUT" 'Nothing is wrong'
	says_not "$OUT" '/var/lib/webcred/'
}

run_tests
