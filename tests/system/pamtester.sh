# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# The real pamtester, from /etc/pam.d and with the installed module.
. "$WEBCRED_TOP/tests/support/lib.sh"

# tester SERVICE USER ANSWERS OPERATION...: on a terminal of its own, since prompts want one.
tester() {
	local service=$1 user=$2 answer=$3
	shift 3
	OUT=$(expect "$WEBCRED_TOOLS/answer.exp" "$answer" -- \
		pamtester "$service" "$user" "$@" 2>&1)
	STATUS=$?
	echo "$OUT"
}

lets_in() {
	tester "$1" "$2" "$3" authenticate acct_mgmt
	is "$STATUS" 0 "pamtester's exit status for $2"
	says "$OUT" 'successfully authenticated'
}

keeps_out() {
	tester "$1" "$2" "$3" authenticate
	[ "$STATUS" != 0 ] || fail "pamtester let $2 in: $OUT"
	says "$OUT" 'Authentication failure'
}

test_password() {
	enrol_password alice 'correct horse'
	lets_in "$SERVICE" alice 'correct horse'
	keeps_out "$SERVICE" alice 'wrong horse'
}

test_totp_and_its_replay() {
	local code
	enrol_totp alice
	code=$(totp "$SEED" 1)
	keeps_out "$SERVICE" alice "$(wrong "$code")"
	lets_in "$SERVICE" alice "$code"
	keeps_out "$SERVICE" alice "$code"
}

test_hotp_and_its_replay() {
	enrol_hotp alice
	lets_in "$SERVICE" alice "$(hotp "$SEED" 1)"
	keeps_out "$SERVICE" alice "$(hotp "$SEED" 1)"
	lets_in "$SERVICE" alice "$(hotp "$SEED" 2)"
}

test_recovery_code_and_its_replay() {
	enrol_recovery alice
	lets_in "$SERVICE" alice "${CODES[0]}"
	keeps_out "$SERVICE" alice "${CODES[0]}"
}

test_not_enrolled() {
	keeps_out "$SERVICE" alice 'anything'
	keeps_out "$SERVICE" nobodyhere 'anything'
}

test_flags_on_its_command_line() {
	enrol_password alice 'correct horse'
	tester "$SERVICE" alice 'correct horse' 'authenticate(PAM_SILENT)'
	[ "$STATUS" != 0 ] || fail "silent mediation let alice in"
	says_not "$OUT" 'Password:'
}

run_tests
