# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The credential model's promises about keys, and about what leaves the keeper when.
. "$WEBCRED_TOP/tests/support/lib.sh"
. "$WEBCRED_TOP/tests/support/keys.sh"

# handle USER: as the store has it.
handle() { of_a_copy "SELECT hex(handle) FROM account WHERE name = '$1'"; }

# behaviour 72: random, another in each store, and never a name
test_user_handle_tells_nobody() {
	local first
	enrol_password alice 'correct horse'
	first=$(handle alice)
	is "${#first}" 64 "hexadecimal digits of a user handle"
	says_not "$first" "$(printf alice | od -An -tx1 | tr -d ' \n' | tr a-f A-F)" "alice's user handle"
	says_not "$first" '0000000000' "alice's user handle"
	fresh
	enrol_password alice 'correct horse'
	[ "$(handle alice)" != "$first" ] || fail "the same in another store: $first"
}

# behaviour 71: root's alone to allow, and said at each use
test_no_touch_is_said_at_each_login() {
	keys_conf
	key_plug blue
	OUT=$(setpriv --reuid alice --regid alice --clear-groups -- \
		webcred create public-key --label blue --no-touch 2>&1 </dev/null) && fail "as alice: $OUT"
	is "$(credentials alice)" 0 "what alice has"
	enrol_key alice blue --no-touch
	for _ in 1 2; do
		mark
		drive alice "$SERVICE" authenticate
		is "$CODE" PAM_SUCCESS
		logged 'get granted user="alice" .*enrolled as no-touch'
	done
}

# behaviour 61: what a request asks for counts, within what is configured
test_timeout_of_a_request() {
	keys_conf
	key_plug blue
	enrol_key alice blue
	key blue touch=wait
	webcred_service brief get=public-key timeout=1
	drive alice brief authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "let in untouched"
	[ "$MS" -ge 900 ] && [ "$MS" -lt 5000 ] || fail "$MS ms for one second"
}

# behaviour 53: what a guess could be tried on leaves the keeper once the guess is counted
test_no_hash_before_an_attempt_is_counted() {
	local trace=$SANDBOX/tmp/keeper.trace
	command -v strace >/dev/null || skip "strace is not installed"
	enrol_password alice 'correct horse'
	trace_keeper "$trace" -s 20000
	drive alice password authenticate # nobody answers
	[ "$CODE" != PAM_SUCCESS ] || fail "let in without an answer"
	[ -s "$trace" ] || skip "strace sees nothing here: $(cat "$trace.err")"
	grep -q argon2id "$trace" && fail "a hash was handed out, and no attempt made"
	drive alice password --answer wrong authenticate
	is "$CODE" PAM_AUTH_ERR
	untrace_keeper
	grep -q argon2id "$trace" || fail "no hash was seen where one is needed: the test sees nothing"
}

run_tests
