# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) the webcred authors
# One login of each type, and one refusal of each, under valgrind: the module and the library in the
# host, and the authority itself.
. "$WEBCRED_TOP/tests/support/lib.sh"

command -v valgrind >/dev/null || { echo "valgrind is not installed"; exit 77; }

# PAM dlopens the module: it stays loaded, so that a leak has its names.
memcheck() {
	OUT=$(valgrind --quiet --leak-check=full --show-leak-kinds=definite,possible \
		--errors-for-leak-kinds=definite,possible --error-exitcode=99 \
		pamdrive -u "$1" -s "$2" -c "$PAMD" --answer "$3" authenticate acct_mgmt 2>&1)
	STATUS=$?
	echo "$OUT"
	[ "$STATUS" != 99 ] || fail "valgrind complains"
}

clean_and_granted() {
	memcheck "$@"
	says "$OUT" '^authenticate PAM_SUCCESS'
}

clean_and_refused() {
	memcheck "$@"
	says "$OUT" '^authenticate PAM_AUTH_ERR'
}

test_password() {
	enrol_password alice 'correct horse'
	clean_and_granted alice password 'correct horse'
	clean_and_refused alice password 'wrong horse'
}

test_totp() {
	enrol_totp alice
	clean_and_granted alice otp "$(totp "$SEED" 1)"
	clean_and_refused alice otp 000000
}

test_hotp() {
	enrol_hotp alice
	clean_and_granted alice otp "$(hotp "$SEED" 1)"
	clean_and_refused alice otp 000000
}

test_recovery_code() {
	enrol_recovery alice
	clean_and_granted alice otp "${CODES[0]}"
	clean_and_refused alice otp "${CODES[0]}"
}

test_not_enrolled() {
	clean_and_refused bob password 'anything'
}

test_no_authority() {
	authority_stop
	memcheck alice password 'anything'
	says "$OUT" '^authenticate PAM_PERM_DENIED'
}

run_tests
