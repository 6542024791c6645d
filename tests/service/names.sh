# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# Names no account can have, and names made to fool a log or a path.
. "$WEBCRED_TOP/tests/support/lib.sh"

# refuses_name NAME: refused at once, said in the log in one harmless line, and nothing is stored.
refuses_name() {
	local before after
	enrol_password alice 'correct horse'
	before=$(ls -R /var/lib/webcred /run/webcred)
	mark
	drive "$1" "$SERVICE" --answer 'correct horse' authenticate acct_mgmt
	case $CODE in
	PAM_AUTH_ERR | PAM_PERM_DENIED | PAM_USER_UNKNOWN) ;;
	*) fail "the name ended with $CODE" ;;
	esac
	quick
	logged 'webcred'
	log_since | LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' && fail "an escape reached the log"
	log_since | grep -q '~\[2J\|~forged' && fail "an escape reached syslog's socket"
	after=$(ls -R /var/lib/webcred /run/webcred)
	is "$after" "$before" "the folders"
	granted alice "$SERVICE" 'correct horse'
}

test_empty_name() { refuses_name ''; }
test_name_with_a_colon() { refuses_name 'alice:x:0:0'; }
test_name_with_a_newline() { refuses_name $'alice\nforged: result=granted user=root'; }
test_name_that_climbs() { refuses_name '../../etc/shadow'; }
test_name_that_is_dots() { refuses_name '..'; }
test_name_with_escape_sequences() { refuses_name $'alice\e[2J\e]0;root\a'; }
test_name_with_quotes() { refuses_name 'alice" result="granted'; }
test_name_with_a_dash_first() { refuses_name '-rf'; }
test_name_that_is_not_utf8() { refuses_name $'al\xffice'; }
test_name_of_255_bytes() { refuses_name "$(printf '%0255d' 0)"; }
test_name_of_256_bytes() { refuses_name "$(printf '%0256d' 0)"; }
test_name_of_a_mebibyte_almost() { refuses_name "$(printf '%0120000d' 0)"; }

test_no_name_at_all() {
	OUT=$(pamdrive -s "$SERVICE" -c "$PAMD" --conv error authenticate 2>&1)
	says_not "$OUT" '^authenticate PAM_SUCCESS'
}

test_odd_service_tty_and_rhost_are_bounded_and_escaped() {
	local long
	long=$(printf '%05000d' 0)
	enrol_password alice 'correct horse'
	mark
	drive alice "$SERVICE" --tty $'pts/1\nforged: granted\e[2J' --rhost "h\" result=\"granted" \
		--answer wrong authenticate
	is "$CODE" PAM_AUTH_ERR
	quick
	log_since | grep -q '~' && fail "a control character reached syslog's socket"
	logged 'get refused'
	drive alice "$SERVICE" --tty "$long" --rhost "$long" --answer wrong authenticate
	[ "$CODE" != PAM_SUCCESS ] || fail "a wrong password was let in"
	quick
	granted alice "$SERVICE" 'correct horse'
}

run_tests
