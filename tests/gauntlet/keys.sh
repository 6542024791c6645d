# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Security keys: what is forged, unverified, recorded, or claimed from afar.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

begin() {
	keys_conf "$@"
	key_plug blue
	enrol_key alice blue
	webcred_service keyonly get=public-key
	honest
}

honest() {
	key blue lie=none counter-step=1 touch=auto >/dev/null
	drive alice keyonly authenticate
	is "$CODE" PAM_SUCCESS "the next, honest login"
}

test_cve_2025_24032_pam_pkcs11() {
	local lie
	row 'CVE-2025-24032 pam_pkcs11'
	begin
	for lie in bad-signature wrong-alg replay wrong-rpid-hash no-up other-credential-id wrong-user-handle empty-id trailing-bytes; do
		key blue "lie=$lie" >/dev/null
		keeps_out alice keyonly
	done
	honest
	# Somebody else's key, which signs as well as any.
	key_plug red
	keys_conf_again 'get = public-key'
	key_unplug blue
	keeps_out alice keyonly
}

test_cve_2021_31924_pam_u2f() {
	local how order
	row 'CVE-2021-31924 pam-u2f'
	keys_conf 'user_verification = required'
	key_plug blue --pin=2718
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" 2718 -- webcred create public-key --user alice --label blue \
		--user-verification required 2>&1 </dev/null) || fail "cannot enrol: $OUT"
	enrol_password alice 'correct horse'
	webcred_service keyonly get=public-key
	webcred_service combined mediation=conditional
	service sufficient <<-END
		auth sufficient pam_webcred.so get=public-key
		auth required pam_deny.so
	END
	# No PIN comes: on each path that asks for one.
	for order in keyonly sufficient combined; do
		for how in none error null nulltext; do keeps_out alice $order --conv $how; done
		keeps_out alice $order
		keeps_out alice $order --answer ''
	done
	drive alice keyonly --answer 2718 authenticate
	is "$CODE" PAM_SUCCESS "with the PIN"
	# The PIN is right, and what was signed does not say so.
	key blue lie=no-uv >/dev/null
	for order in keyonly sufficient combined; do keeps_out alice $order --answer 2718; done
	tried 2
	OUT=$(as alice expect "$WEBCRED_TOOLS/answer.exp" 2718 -- webcred create totp 2>&1 </dev/null) &&
		fail "a proof without verification: $OUT"
	held
	OUT=$(as alice credrive -u alice --answer 2718 get)
	says_not "$OUT" '^granted' # the user socket
	held
	key blue lie=none >/dev/null
	drive alice keyonly --answer 2718 authenticate
	is "$CODE" PAM_SUCCESS "with the PIN"
}

test_ghsa_w38v_cw9r_x9p6_pam_usb() {
	local where mediation host
	row 'GHSA-w38v-cw9r-x9p6 pam_usb'
	for where in local remote; do
		keys_conf
		key_plug blue
		enrol_key alice blue
		printf '[webcred]\nlocality_unknown = %s\n[devices]\ndevice = /dev/webcred-blue\n[throttle]\nenabled = no\n' $where | conf
		for mediation in optional required conditional; do
			webcred_service keyonly get=public-key mediation=$mediation
			key_log_clear blue
			for host in 192.0.2.1 localhost 127.0.0.1 ::1 h.example "$(hostname)" tty1; do
				keeps_out alice keyonly --rhost "$host"
				keeps_out alice keyonly --rhost "$host" --tty tty1
				keeps_out alice keyonly --rhost "$host" --env XDG_SEAT=seat0
			done
			key_saw_not blue 'touch-wait|up=1'
		done
		key_unplug blue
	done
}

# Texts are shown, nobody is asked, nobody touches: no answer is not an answer.
test_openssh_bdaf65ae() {
	local how
	row 'OpenSSH bdaf65ae'
	begin 'timeout = 1'
	for how in 'touch=refuse' 'touch=wait' 'stall=before' 'error=27'; do
		key blue "$how" >/dev/null
		tried
		drive alice keyonly authenticate
		[ "$CODE" != PAM_SUCCESS ] || fail "with $how"
		says "$OUT" '^prompts 0 '
		held
		key_unplug blue
		key_plug blue
	done
	tried 2
	drive alice keyonly 'authenticate(silent)'
	[ "$CODE" != PAM_SUCCESS ] || fail "silent"
	says "$OUT" '^prompts 0 texts 0'
	held
	drive bob keyonly authenticate # nothing enrolled, nothing asked
	[ "$CODE" != PAM_SUCCESS ] || fail "nothing enrolled"
	held
	honest
}

# What the key said once, it says again: to 64 ceremonies, each with a challenge of its own.
test_recorded_assertion_in_64_ceremonies() {
	row 'a recorded assertion replayed into 64 ceremonies'
	begin
	key blue lie=replay counter=100000 >/dev/null
	tried 64
	OUT=$(timeout 100 pamdrive -u alice -s keyonly -c "$PAMD" --repeat 64 authenticate 2>&1)
	says_not "$OUT" 'PAM_SUCCESS|^changed'
	says "$OUT" '^repeated 64 PAM_AUTH_ERR'
	held 64
	key blue counter=200000 >/dev/null
	honest
}

test_ssh_auth_info_line_replayed() {
	local round line
	row 'an SSH_AUTH_INFO_0 line replayed by 64'
	keys_begin
	printf '[webcred]\nlocality_unknown = local\ntouch_required = yes\n[devices]\ndevice = /dev/webcred-blue\n[throttle]\nenabled = no\n[service sshd]\nget = ssh-key password\n' | conf
	webcred_service sshd
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	ssh_key
	drive alice sshd --rhost 192.0.2.1 --answer 'correct horse' 'authenticate(disallow_null)' acct_mgmt
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	for round in $(seq "$(how_many 3 30)"); do
		line=$(ssh_line $((1000 + round)))
		tried 63
		race alice sshd 64 --rhost 192.0.2.1 --env "SSH_AUTH_INFO_0=$line"
		is "$(number PAM_SUCCESS)" 1 "how many got in by one line"
		held 63
	done
	keeps_out alice sshd --rhost 192.0.2.1 --env "SSH_AUTH_INFO_0=$(ssh_line 500)"
}

run_tests
