# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# A key that sshd has just verified lets in without being asked again: each condition of it.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# ssh_conf [LINE...]: sshd's word is taken, touch is asserted; LINEs go into [service sshd].
ssh_conf() {
	keys_begin
	{
		printf '[webcred]\nlocality_unknown = local\ntouch_required = %s\n' "${TOUCH-yes}"
		printf '[devices]\ndevice = /dev/webcred-blue\n[throttle]\nenabled = no\n'
		printf '[service sshd]\nget = ssh-key password\n'
		[ $# = 0 ] || printf '%s\n' "$@"
	} | conf
	webcred_service sshd
	key_plug blue
	enrol_key alice blue
	enrol_password alice 'correct horse'
	key_log_clear blue
	ssh_key
}

# ssh_login COUNT [OPTION...]: as sshd calls: keyboard-interactive, after publickey.
ssh_login() {
	local count=$1
	shift
	drive alice sshd --rhost 192.0.2.1 --env "SSH_AUTH_INFO_0=$(ssh_line "$count")" "$@" \
		'authenticate(disallow_null)' acct_mgmt
}

# The flag is set until a login that asked has been let in (behaviours 2 and 3).
clear_flag() {
	drive alice sshd --rhost 192.0.2.1 --answer 'correct horse' 'authenticate(disallow_null)' acct_mgmt
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
}

in_silently() {
	ssh_login "$@"
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 0 '
}

asked() {
	says "$OUT" '^prompts 1 '
	is "$CODE" PAM_SUCCESS
}

# behaviours 23, 37 and 55: unasked, told, logged; and the key on the desk does not blink
test_in_without_being_asked() {
	ssh_conf
	clear_flag
	in_silently 100
	says "$OUT" 'TEXT_INFO "Your security key "blue", which sshd has verified, let you in\."'
	says "$OUT" '^acct_mgmt PAM_SUCCESS'
	logged 'get granted user="alice" .*type=public-key credential="blue".*silent'
	is "$(key_log blue)" '' "what the key saw"
}

# behaviour 2: set until a mediated login clears it; a silent one does not
test_flag_is_set_at_first_and_again() {
	ssh_conf
	ssh_login 100 --answer 'correct horse'
	asked
	in_silently 101
	webcred prevent-silent-access --user alice || fail "cannot prevent it"
	ssh_login 102 --answer 'correct horse'
	asked
}

# The same line never serves twice, nor an older one.
test_counter_has_to_rise() {
	local count
	ssh_conf
	clear_flag
	in_silently 100
	for count in 100 99 1 0; do
		ssh_login $count --answer 'correct horse'
		is "$CODE" PAM_AUTH_ERR "count $count"
	done
	logged 'did not rise'
	in_silently 101
}

test_8_logins_with_one_line_one_gets_in() {
	local i pids=()
	ssh_conf
	clear_flag
	ssh_line 500 >"$SANDBOX/tmp/line"
	for i in $(seq 8); do
		timeout 60 pamdrive -u alice -s sshd -c "$PAMD" --env "SSH_AUTH_INFO_0=$(cat "$SANDBOX/tmp/line")" \
			authenticate >"$SANDBOX/tmp/race.$i" 2>&1 </dev/null &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "$(cat "$SANDBOX"/tmp/race.* | grep -c '^authenticate PAM_SUCCESS')" 1 "how many got in"
}

test_off_until_touch_is_asserted() {
	TOUCH=no ssh_conf
	clear_flag
	ssh_login 100 --answer 'correct horse'
	asked
}

test_only_a_listed_service() {
	ssh_conf '[service other-ssh]' 'get = ssh-key password'
	webcred_service other-ssh
	drive alice other-ssh --answer 'correct horse' authenticate acct_mgmt
	drive alice other-ssh --env "SSH_AUTH_INFO_0=$(ssh_line 100)" --answer 'correct horse' authenticate
	asked
}

test_not_with_verification_required() {
	ssh_conf 'user_verification = required'
	clear_flag
	ssh_login 100 --answer 'correct horse'
	asked
}

test_not_where_the_word_required_stands() {
	ssh_conf 'mediation = required' # behaviour 33
	clear_flag
	ssh_login 100 --answer 'correct horse'
	asked
}

test_a_key_of_somebody_else() {
	ssh_conf
	clear_flag
	drive bob sshd --env "SSH_AUTH_INFO_0=$(ssh_line 100)" --answer 'anything' authenticate
	is "$CODE" PAM_AUTH_ERR
}

test_a_line_that_is_damaged() {
	local line
	ssh_conf
	clear_flag
	line=$(ssh_line 100)
	for line in "${line%count*}" "${line/sk-/}" "${line/publickey/password}" "x${line}" "${line/ssh.com A/ssh.com B}" \
		"$(printf '%s\nx' "${line% *} 100x")" "$(printf '%5000s' x)"; do
		drive alice sshd --env "SSH_AUTH_INFO_0=$line" --answer 'correct horse' authenticate
		asked
	done
}

# In sudo and su the real uid is the person's, and so may the environment be.
# behaviour 6
test_not_from_a_caller_whose_real_uid_is_not_root() {
	ssh_conf
	clear_flag
	OUT=$(SSH_LINE=$(ssh_line 100) perl -e '$< = 5001; exec @ARGV' \
		pamdrive -u alice -s sshd -c "$PAMD" --env "SSH_AUTH_INFO_0=$(ssh_line 100)" \
		--answer 'correct horse' authenticate 2>&1)
	echo "$OUT"
	says "$OUT" '^authenticate PAM_SUCCESS'
	says "$OUT" '^prompts 1 '
}

# One key is one factor, whichever way it comes in.
test_never_a_second_factor_beside_the_same_key() {
	ssh_conf
	clear_flag
	service sshd <<-END
		auth required pam_webcred.so [get=ssh-key password]
		auth required pam_webcred.so get=public-key
		account required pam_webcred.so
	END
	drive alice sshd --env "SSH_AUTH_INFO_0=$(ssh_line 100)" authenticate
	is "$CODE" PAM_AUTH_ERR
	key_saw_not blue touch-wait
	service sshd <<-END
		auth required pam_webcred.so get=public-key
		auth required pam_webcred.so get=ssh-key
		account required pam_webcred.so
	END
	drive alice sshd --env "SSH_AUTH_INFO_0=$(ssh_line 200)" authenticate
	is "$CODE" PAM_AUTH_ERR
}

# behaviour 24: not one call of the conversation, granted or not
test_ssh_key_alone_and_silent() {
	ssh_conf
	clear_flag
	drive alice sshd --env "SSH_AUTH_INFO_0=$(ssh_line 100)" 'authenticate(silent)'
	is "$CODE" PAM_SUCCESS
	says "$OUT" '^prompts 0 texts 0'
	drive alice sshd --env "SSH_AUTH_INFO_0=$(ssh_line 101)" 'authenticate(silent|disallow_null)'
	is "$CODE" PAM_AUTHINFO_UNAVAIL # nothing cached either
	says "$OUT" '^prompts 0 texts 0'
}

run_tests
