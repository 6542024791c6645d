/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The last table of the credential model's behaviours, row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include <security/pam_modules.h>

#include "pam_webcred/result.h"

#define GRANT                                                                                      \
	.verdict = VERDICT_GRANTED, .granted = WEBCRED_GRANTED, .ran = 0,                          \
	.status = WEBCRED_STATUS_SUCCESS
/* As GRANT, with one thing wrong. */
#define ALMOST(sentence, witness, outcome, word)                                                   \
	.verdict = (enum verdict)(sentence), .granted = (witness), .ran = (outcome),               \
	.status = WEBCRED_STATUS_##word
#define REFUSE(outcome)                                                                            \
	.verdict = VERDICT_REFUSED, .ran = (outcome), .status = WEBCRED_STATUS_NOTALLOWED
#define NULL_WITH(word) .verdict = VERDICT_REFUSED, .ran = 0, .status = WEBCRED_STATUS_##word

static const struct row {
	const char *name;
	struct result result;
	int authenticate, account, chauthtok;
} rows[] = {
	{"credential, verified and committed", {GRANT}, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS},
	{"null under silent mediation",
	 {NULL_WITH(NONE)},
	 PAM_AUTHINFO_UNAVAIL,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, mediation=silent",
	 {NULL_WITH(NOTFOUND), .silent = true},
	 PAM_AUTHINFO_UNAVAIL,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, nothing enrolled, nullok",
	 {NULL_WITH(NOTFOUND), .nullok = true},
	 PAM_IGNORE,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, nothing enrolled",
	 {NULL_WITH(NOTFOUND)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, the key is unplugged, nullok",
	 {NULL_WITH(UNAVAIL), .nullok = true},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, order exhausted, nullok",
	 {NULL_WITH(NOTALLOWED), .nullok = true},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, could not look, nullok",
	 {NULL_WITH(FAULT), .nullok = true},
	 PAM_PERM_DENIED,
	 PAM_PERM_DENIED,
	 PAM_AUTHTOK_ERR},
	{"null, throttled, told",
	 {NULL_WITH(TRYAGAIN), .tell_throttled = true},
	 PAM_MAXTRIES,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, throttled, not told",
	 {NULL_WITH(TRYAGAIN)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"null, order exhausted, where throttling is told",
	 {NULL_WITH(NOTALLOWED), .tell_throttled = true},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"NotAllowedError",
	 {REFUSE(WEBCRED_NOT_ALLOWED), .nullok = true},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"throttled",
	 {.verdict = VERDICT_REFUSED,
	  .ran = WEBCRED_NOT_ALLOWED,
	  .status = WEBCRED_STATUS_TRYAGAIN},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"throttled, told",
	 {.verdict = VERDICT_REFUSED,
	  .ran = WEBCRED_NOT_ALLOWED,
	  .status = WEBCRED_STATUS_TRYAGAIN,
	  .tell_throttled = true},
	 PAM_MAXTRIES,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"a wrong secret where throttling is told",
	 {REFUSE(WEBCRED_NOT_ALLOWED), .tell_throttled = true},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"AbortError", {REFUSE(WEBCRED_ABORTED)}, PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_AUTHTOK_ERR},
	{"AbortError, the conversation died",
	 {REFUSE(WEBCRED_ABORTED), .conversation_dead = true},
	 PAM_CONV_ERR,
	 PAM_AUTH_ERR,
	 PAM_CONV_ERR},
	{"SecurityError",
	 {REFUSE(WEBCRED_SECURITY)},
	 PAM_PERM_DENIED,
	 PAM_PERM_DENIED,
	 PAM_PERM_DENIED},
	{"NotSupportedError",
	 {REFUSE(WEBCRED_NOT_SUPPORTED)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"NetworkError", {REFUSE(WEBCRED_NETWORK)}, PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_AUTHTOK_ERR},
	{"InvalidStateError",
	 {REFUSE(WEBCRED_INVALID_STATE)},
	 PAM_AUTH_ERR,
	 PAM_ACCT_EXPIRED,
	 PAM_AUTHTOK_ERR},
	{"ConstraintError",
	 {REFUSE(WEBCRED_CONSTRAINT)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"TypeError",
	 {REFUSE(WEBCRED_TYPE_ERROR), .nullok = true},
	 PAM_PERM_DENIED,
	 PAM_PERM_DENIED,
	 PAM_AUTHTOK_ERR},
	{"IdentityCredentialError",
	 {REFUSE(WEBCRED_IDENTITY)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"no authority",
	 {REFUSE(-ENOENT), .nullok = true},
	 PAM_PERM_DENIED,
	 PAM_PERM_DENIED,
	 PAM_AUTHTOK_ERR},
	{"no memory", {REFUSE(-ENOMEM)}, PAM_PERM_DENIED, PAM_PERM_DENIED, PAM_AUTHTOK_ERR},
	{"an outcome of a later library",
	 {REFUSE(77)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"nothing was ever filled in", RESULT_REFUSED, PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_AUTHTOK_ERR},
	/* A verdict alone opens nothing. */
	{"granted beside a fault",
	 {ALMOST(VERDICT_GRANTED, WEBCRED_GRANTED, -EIO, SUCCESS)},
	 PAM_PERM_DENIED,
	 PAM_PERM_DENIED,
	 PAM_AUTHTOK_ERR},
	{"granted beside an outcome",
	 {ALMOST(VERDICT_GRANTED, WEBCRED_GRANTED, WEBCRED_NOT_ALLOWED, SUCCESS)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"granted with a status that is none",
	 {ALMOST(VERDICT_GRANTED, WEBCRED_GRANTED, 0, NOTALLOWED)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"a credential without a verdict",
	 {ALMOST(VERDICT_REFUSED, WEBCRED_GRANTED, 0, SUCCESS)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
	{"a verdict that is merely true",
	 {ALMOST(1, WEBCRED_GRANTED, 0, SUCCESS)},
	 PAM_AUTH_ERR,
	 PAM_AUTH_ERR,
	 PAM_AUTHTOK_ERR},
};

static void check(const struct row *row, const char *column, int is, int should)
{
	if (is != should)
		fail_msg("%s, %s: %d, should be %d", row->name, column, is, should);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(&rows[i], "authenticate", result_authenticate(&rows[i].result),
		      rows[i].authenticate);
		check(&rows[i], "account", result_account(&rows[i].result), rows[i].account);
		check(&rows[i], "chauthtok", result_chauthtok(&rows[i].result), rows[i].chauthtok);
	}
}

/* authenticate needs both witnesses; settling and changing have no credential. */
static void test_second_witness(void **state)
{
	const struct result one = {.verdict = VERDICT_GRANTED, .status = WEBCRED_STATUS_SUCCESS};
	struct result near = {GRANT};

	(void)state;
	assert_int_equal(result_authenticate(&one), PAM_AUTH_ERR);
	assert_int_equal(result_account(&one), PAM_SUCCESS);
	assert_int_equal(result_chauthtok(&one), PAM_SUCCESS);
	for (int bit = 0; bit < 32; bit++) {
		near.granted = WEBCRED_GRANTED ^ 1u << bit;
		assert_int_equal(result_authenticate(&near), PAM_AUTH_ERR);
	}
}

/* Everything zero is what a forgotten initialiser leaves: never a success. */
static void test_zero_is_a_refusal(void **state)
{
	const struct result zero = {0};

	(void)state;
	assert_int_not_equal(result_authenticate(&zero), PAM_SUCCESS);
	assert_int_not_equal(result_account(&zero), PAM_SUCCESS);
	assert_int_not_equal(result_chauthtok(&zero), PAM_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_second_witness),
		cmocka_unit_test(test_zero_is_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
