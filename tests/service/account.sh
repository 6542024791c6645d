# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Accounts come and go, the real useradd and userdel: credentials belong to a name and its uid.
. "$WEBCRED_TOP/tests/support/lib.sh"

test_userdel_and_useradd_of_one_name_with_another_uid() {
	useradd -u 7001 -M mallory || fail "useradd"
	enrol_password mallory 'the first person'
	granted mallory "$SERVICE" 'the first person'
	userdel mallory 2>/dev/null
	useradd -u 7002 -M mallory || fail "useradd"
	refused mallory "$SERVICE" 'the first person'
	userdel mallory 2>/dev/null
	useradd -u 7001 -M mallory
	granted mallory "$SERVICE" 'the first person'
	userdel mallory 2>/dev/null
}

test_another_name_with_the_uid_of_one_that_left() {
	useradd -u 7003 -M trent
	enrol_password trent 'the first person'
	userdel trent 2>/dev/null
	useradd -u 7003 -M victor
	refused victor "$SERVICE" 'the first person'
	userdel victor 2>/dev/null
}

test_locked_account_is_refused_and_unlocked_lets_in() {
	enrol_password alice 'correct horse'
	credrive -u alice lock || fail "lock"
	refused alice "$SERVICE" 'correct horse'
	credrive -u alice unlock || fail "unlock"
	granted alice "$SERVICE" 'correct horse'
}

# Between authenticate and acct_mgmt the account is locked: the login does not count.
test_locked_between_authenticate_and_acct_mgmt() {
	local pid
	service later <<-END
		auth required pam_webcred.so get=password
		auth required pam_webcred.so get=otp
		account required pam_webcred.so
	END
	enrol_password alice 'correct horse'
	enrol_hotp alice
	pamdrive -u alice -s later -c "$PAMD" --answer 'correct horse' --answer "$(hotp "$SEED" 1)" \
		--hold "$SANDBOX/tmp/go" --prompted "$SANDBOX/tmp/asked" authenticate acct_mgmt \
		>"$SANDBOX/tmp/out" &
	pid=$!
	until [ -e "$SANDBOX/tmp/asked" ]; do sleep 0.01; done
	credrive -u alice lock || fail "lock"
	touch "$SANDBOX/tmp/go"
	wait $pid
	OUT=$(cat "$SANDBOX/tmp/out")
	rm -f "$SANDBOX/tmp/go" "$SANDBOX/tmp/asked"
	says_not "$OUT" '^acct_mgmt PAM_SUCCESS'
}

# behaviour 80
test_removed_credential_is_refused() {
	local id
	enrol_password alice 'correct horse'
	enrol_totp alice
	id=$(credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) type=otp.*/\1/p')
	credrive -u alice remove "$id" || fail "remove"
	is "$(credentials alice)" 1 "how many credentials are left"
	refused alice otp "$(totp "$SEED" 1)"
	granted alice "$SERVICE" 'correct horse'
}

# behaviour 80
test_list_and_rename() {
	local id
	enrol_password alice 'correct horse'
	enrol_totp alice
	is "$(credentials alice)" 2 "how many credentials"
	id=$(credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) type=otp.*/\1/p')
	credrive -u alice rename "$id" 'my phone' || fail "rename"
	says "$(credrive -u alice list)" 'label=my phone$'
	credrive -u alice rename "$id" $'a\e[2Jb' >/dev/null && fail "a label with an escape was taken"
	says "$(credrive -u alice list)" 'label=my phone$'
	is "$(credentials bob)" 0 "how many credentials bob has"
}

run_tests
