# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Who may enrol, and with which proof; through libwebcred, as root and as the user.
. "$WEBCRED_TOP/tests/support/lib.sh"

# as USER COMMAND...: a process of that user.
as() {
	local user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --clear-groups -- "$@" >"$SANDBOX/tmp/as" 2>&1
	local status=$?
	cat "$SANDBOX/tmp/as"
	# Refused is an answer; not having reached anybody is none, and proves nothing.
	says_not "$(cat "$SANDBOX/tmp/as")" '/run/webcred/user' "an attempt"
	return $status
}

test_root_enrols_without_a_proof() {
	says "$(enrol alice password 'correct horse')" '^result .*'
	granted alice "$SERVICE" 'correct horse'
}

test_first_credential_is_not_a_users_own_to_make() {
	OUT=$(as alice credrive -u alice password 'my own word')
	says_not "$OUT" '^result success'
	is "$(credentials alice)" 0 "what alice has"
}

test_a_user_adds_with_the_right_proof() {
	enrol_password alice 'correct horse'
	OUT=$(as alice credrive -u alice --answer 'correct horse' totp) || fail "$OUT"
	is "$(credentials alice)" 2 "what alice has"
}

test_a_user_adds_nothing_with_a_wrong_proof() {
	enrol_password alice 'correct horse'
	as alice credrive -u alice --answer 'wrong' totp && fail "enrolled with a wrong proof"
	is "$(credentials alice)" 1 "what alice has"
}

# behaviour 13
test_a_user_manages_nobody_else() {
	enrol_password alice 'correct horse'
	enrol_password bob 'battery staple'
	as alice credrive -u bob --answer 'correct horse' --answer 'battery staple' password 'taken over' &&
		fail "alice changed bob's password"
	as alice credrive -u bob -U 5001 --answer 'correct horse' password 'taken over' &&
		fail "alice changed a password under bob's name and her own uid"
	as alice credrive -u bob list | grep -q '^credential' && fail "alice listed bob's credentials"
	granted bob "$SERVICE" 'battery staple'
}

test_a_user_cannot_reach_the_login_socket() {
	enrol_password bob 'battery staple'
	OUT=$(as alice credrive -u bob --socket /run/webcred/login --answer 'battery staple' get)
	says_not "$OUT" '^granted'
}

# The strongest credential decides: a password alone adds nothing beside an authenticator app.
test_proof_is_as_strong_as_what_is_enrolled() {
	enrol_password alice 'correct horse'
	enrol_totp alice
	as alice credrive -u alice --answer 'correct horse' password 'another word' && fail "a step down"
	granted alice password 'correct horse'
}

test_a_user_removes_with_a_proof_alone() {
	local id
	enrol_password alice 'correct horse'
	id=$(credrive -u alice list | sed -n 's/^credential \([0-9a-f]*\) .*/\1/p')
	as alice credrive -u alice --answer 'wrong' remove "$id" && fail "removed with a wrong proof"
	is "$(credentials alice)" 1 "what alice has"
	as alice credrive -u alice --answer 'correct horse' remove "$id" || fail "not removed with a proof"
	is "$(credentials alice)" 0 "what alice has"
}

test_invitation_enrols_the_first_credential_once() {
	local code
	OUT=$(credrive -u alice invite 600) || fail "invite: $OUT"
	code=$(sed -n 's/^secret .*\([A-Z2-7]\{4\}\(-[A-Z2-7]\{4\}\)\{3\}\).*/\1/p' <<<"$OUT" | head -n 1)
	[ -n "$code" ] || fail "no code in: $OUT"
	as alice credrive -u alice --answer 'AAAA-AAAA-AAAA-AAAA' password 'my own word' &&
		fail "enrolled with a wrong invitation"
	as bob credrive -u bob --answer "$code" password 'my own word' && fail "bob used alice's invitation"
	OUT=$(as alice credrive -u alice --answer "$code" password 'my own word') || fail "$OUT"
	granted alice "$SERVICE" 'my own word'
	as alice credrive -u alice --answer "$code" totp && fail "an invitation was used twice"
	:
}

test_only_root_invites_and_locks() {
	enrol_password alice 'correct horse'
	as alice credrive -u alice --answer 'correct horse' invite 600 && fail "a user invited herself"
	as alice credrive -u alice --answer 'correct horse' lock && fail "a user locked an account"
	granted alice "$SERVICE" 'correct horse'
}

# behaviour 1
test_totp_is_enrolled_only_with_a_code_that_proves_it() {
	credrive -u alice --answer 000000 --answer 000001 --answer 000002 --answer 000003 totp &&
		fail "enrolled without the app having it"
	is "$(credentials alice)" 0 "what alice has"
}

test_empty_password_is_a_type_error() {
	OUT=$(credrive -u alice password '')
	says "$OUT" '^result TypeError'
	is "$(credentials alice)" 0 "what alice has"
}

# behaviours 41 and 42
test_password_is_replaced_not_added() {
	enrol_password alice 'the first'
	enrol_password alice 'the second'
	is "$(credentials alice)" 1 "what alice has"
	refused alice "$SERVICE" 'the first'
	granted alice "$SERVICE" 'the second'
}

# behaviour 42: who says no to the question that a change needs has done nothing wrong; it is logged
test_declined_change_changes_nothing() {
	enrol_password alice 'correct horse'
	OUT=$(as alice credrive -u alice password 'another word') && fail "changed: $OUT"
	says "$OUT" '^result AbortError'
	logged 'manage declined user="alice" .*reason="not proved: no answer"'
	granted alice "$SERVICE" 'correct horse'
	refused alice "$SERVICE" 'another word'
}

test_no_secret_is_in_the_store_or_the_log() {
	enrol_password alice 'correct horse'
	enrol_totp alice
	enrol_recovery alice
	granted alice password 'correct horse'
	grep -rlaq 'correct horse' /var/lib/webcred "$SANDBOX/log" && fail "the password is in clear"
	grep -rlaq "$SEED" /var/lib/webcred "$SANDBOX/log" && fail "the seed is in clear"
	grep -rlaq "$(base32 -d <<<"$SEED==" 2>/dev/null | head -c 8)" /var/lib/webcred 2>/dev/null &&
		fail "the seed's bytes are in clear"
	grep -rlaq -e "${CODES[0]}" -e "${CODES[0]//-/}" /var/lib/webcred "$SANDBOX/log" && fail "a recovery code is in clear"
	:
}

run_tests
