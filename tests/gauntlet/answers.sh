# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# What is answered, and what PAM is told: nothing but a committed credential is a success.
. "$WEBCRED_TOP/tests/gauntlet/lib.sh"

# Every way in which nothing usable is there, in front of a module that lets everybody pass.
test_cve_2025_24531_pam_pkcs11() {
	local control option
	row 'CVE-2025-24531 pam_pkcs11'
	alice_enrolled
	credrive -u alice lock
	for control in required requisite '[success=ok default=bad]' '[success=ok default=die]'; do
		for option in get=password get=otp get=public-key mediation=silent mediation=immediate \
			use_first_pass get=identity 'get=ssh-key' frobnicate=yes; do
			service stack <<-END
				auth $control pam_webcred.so $option
				auth required pam_permit.so
				account required pam_permit.so
			END
			keeps_out alice stack --answer 'correct horse' # locked
			keeps_out bob stack --answer 'correct horse'   # nothing enrolled
			keeps_out nosuchname stack --answer 'correct horse'
		done
	done
	credrive -u alice unlock
	authority_stop
	keeps_out alice stack --answer 'correct horse'
	authority_start
	unharmed
}

test_cve_2011_4120_yubico_pam() {
	local order how
	row 'CVE-2011-4120 yubico-pam'
	alice_enrolled
	enrol_hotp alice
	for order in password otp 'otp password'; do
		service sufficient <<-END
			auth sufficient pam_webcred.so [get=$order]
			auth required pam_deny.so
			account required pam_permit.so
		END
		for how in none error null nulltext; do
			keeps_out alice sufficient --conv $how
			keeps_out nosuchname sufficient --conv $how
		done
		keeps_out alice sufficient # its first prompt is answered by PAM_CONV_ERR, as ^D is
		keeps_out alice sufficient --answer ''
		keeps_out nosuchname sufficient --answer ''
		fresh
		alice_enrolled
		enrol_hotp alice
	done
	granted alice password 'correct horse'
}

test_google_authenticator_55() {
	row 'google-authenticator #55'
	service alone <<-END
		auth required pam_webcred.so nullok
		account required pam_permit.so
	END
	service before <<-END
		auth [default=die ignore=ignore success=done] pam_webcred.so nullok
		auth required pam_permit.so
	END
	tried
	drive bob alone authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "nothing enrolled, and nullok let in"
	held
	drive bob before authenticate
	is "$CODE" PAM_SUCCESS "passed over, where another module decides"
	enrol_password bob 'battery staple'
	keeps_out bob before --answer 'wrong'
	keeps_out bob alone --answer ''
	authority_stop
	keeps_out bob before --answer 'battery staple'
	authority_start
}

test_cve_2020_27780_pam_unix() {
	local service name
	row 'CVE-2020-27780 pam_unix'
	for service in "$SERVICE" password otp; do
		for name in nosuchname root bob ''; do
			keeps_out "$name" $service --answer ''
			keeps_out "$name" $service --answer '' --rhost 192.0.2.1
			keeps_out "$name" $service --conv null
		done
	done
	alice_enrolled
	unharmed
}

# lies VALUE...: in the place of the authority, each answered to one login.
lies() {
	stranger lie "$@" >"$SANDBOX/tmp/lies" 2>&1 &
	until grep -q ready "$SANDBOX/tmp/lies"; do sleep 0.01; done
}

# Root's socket is played: whatever but the one value is answered, nobody gets in.
test_cve_2023_42465_sudo() {
	local good=$((0x6d5ca39b)) bit value values=()
	row 'sudo CVE-2023-42465'
	alice_enrolled
	authority_stop
	for bit in $(seq 0 31); do values+=("$(printf %x $((good ^ (1 << bit))))"); done
	values+=(0 1 ffffffff "$(printf %x $((good ^ 0xffffffff)))" 80000000)
	lies "${values[@]}" "$(printf %x $good)"
	for value in "${values[@]}"; do keeps_out alice "$SERVICE" --answer x; done
	drive alice "$SERVICE" --answer x authenticate
	is "$CODE" PAM_SUCCESS "the one value that grants, so that the others meant something"
	authority_start
	unharmed
}

silent_access() {
	of_a_copy 'SELECT count(*) FROM silent_access'
}

test_second_login_line_refuses_after_ours_has_granted() {
	local wrong
	row 'a second login line refuses after ours has granted'
	alice_enrolled
	enrol_hotp alice
	service two <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
	END
	service denied <<-END
		auth required pam_webcred.so get=password
		auth requisite pam_deny.so
		account required pam_webcred.so
	END
	wrong=$(wrong "$(hotp "$SEED" 1)")
	tried 3
	drive alice two --answer 'correct horse' --answer "$wrong" authenticate
	is "$CODE" PAM_AUTH_ERR "a wrong second factor"
	held
	drive alice denied --answer 'correct horse' authenticate # and no host goes on to acct_mgmt
	is "$CODE" PAM_AUTH_ERR "another module's refusal"
	is "$(silent_access)" 0 "services that may be silent"
	held
	service twice <<-END
		auth required pam_webcred.so get=otp
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
	END
	drive alice twice --answer "$(hotp "$SEED" 1)" --answer "$(hotp "$SEED" 2)" authenticate
	is "$CODE" PAM_AUTH_ERR "one record on two lines"
	held
	granted alice two 'correct horse' "$(hotp "$SEED" 3)"
	is "$(silent_access)" 1 "services that may be silent, after a login that counts"
}

# token_after ORDER OPTION... -- ANSWER...: what stands in PAM_AUTHTOK behind our line.
token_after() {
	local line=$1 answers=()
	shift
	while [ $# -gt 0 ]; do answers+=(--answer "$1"); shift; done
	printf '#!/bin/sh\nexec cat >%s\n' "$SANDBOX/tmp/token" >"$SANDBOX/tmp/show"
	chmod 755 "$SANDBOX/tmp/show"
	rm -f "$SANDBOX/tmp/token"
	service shows <<-END
		$line
		auth required pam_exec.so expose_authtok quiet $SANDBOX/tmp/show
		account required pam_permit.so
	END
	drive alice shows "${answers[@]}" authenticate
	TOKEN=$(tr -d '\0' <"$SANDBOX/tmp/token" 2>/dev/null)
}

# pam_exec asks for what is not there, with a prompt that has no answer left: no token then.
test_pam_authtok_is_an_asked_verified_password_and_nothing_else() {
	row 'PAM_AUTHTOK holds a code'
	swift_conf </dev/null
	alice_enrolled
	enrol_hotp alice
	token_after 'auth required pam_webcred.so get=password' 'correct horse'
	is "$TOKEN" 'correct horse' "a verified password"
	tried 4
	token_after 'auth required pam_webcred.so get=otp' "$(hotp "$SEED" 1)"
	is "$TOKEN" '' "after a code"
	held
	token_after 'auth [default=ignore success=ok] pam_webcred.so get=password' 'wrong'
	is "$TOKEN" '' "after a wrong password"
	held
	token_after 'auth optional pam_unix.so
auth required pam_webcred.so try_first_pass [get=otp [NOTALLOWED=continue\] password]' 'correct horse' 000000
	is "$TOKEN" 'correct horse' "a wrong code was typed, and the cached password granted"
	held
	token_after 'auth optional pam_unix.so
auth required pam_webcred.so try_first_pass get=otp' 'not the password' "$(hotp "$SEED" 2)"
	is "$TOKEN" 'not the password' "a code granted beside what pam_unix had collected"
	held
}

run_tests
