/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/outcome.h"

static void test_outcome_names(void **state)
{
	(void)state;
	assert_string_equal(outcome_name(WEBCRED_NOT_ALLOWED), "NotAllowedError");
	assert_string_equal(outcome_name(WEBCRED_ABORTED), "AbortError");
	assert_string_equal(outcome_name(WEBCRED_TYPE_ERROR), "TypeError");
	assert_string_equal(outcome_name(WEBCRED_IDENTITY), "IdentityCredentialError");
	assert_string_equal(outcome_name(WEBCRED_OK), "success");
	assert_string_equal(outcome_name(WEBCRED_SECURITY), "SecurityError");
	assert_string_equal(outcome_name(WEBCRED_NOT_SUPPORTED), "NotSupportedError");
	assert_string_equal(outcome_name(WEBCRED_INVALID_STATE), "InvalidStateError");
	assert_string_equal(outcome_name(WEBCRED_CONSTRAINT), "ConstraintError");
	assert_string_equal(outcome_name(WEBCRED_NETWORK), "NetworkError");
	assert_string_equal(outcome_name(-5), "fault");
	assert_string_equal(outcome_name(-1), "fault");
	assert_string_equal(outcome_name(1 << 26), "unknown");
	assert_string_equal(outcome_name(WEBCRED_IDENTITY + 1), "unknown");
}

/* The words of the order, as a log and `webcred get --explain` have them. */
static void test_status_names(void **state)
{
	static const char *const names[] = {"NONE",	  "SUCCESS",  "NOTFOUND", "UNAVAIL",
					    "NOTALLOWED", "TRYAGAIN", "FAULT"};

	(void)state;
	for (int i = WEBCRED_STATUS_NONE; i <= WEBCRED_STATUS_FAULT; i++)
		assert_string_equal(outcome_status_name((enum webcred_status)i), names[i]);
	assert_string_equal(outcome_status_name((enum webcred_status)(WEBCRED_STATUS_FAULT + 1)),
			    "unknown");
}

static void test_type_words_go_both_ways(void **state)
{
	(void)state;
	for (int i = WEBCRED_TYPE_PASSWORD; i <= WEBCRED_TYPE_IDENTITY; i++) {
		enum webcred_type type = (enum webcred_type)i;

		assert_int_equal(outcome_type_parse(outcome_type_name(type)), type);
	}
	assert_int_equal(outcome_type_parse("none"), WEBCRED_TYPE_NONE);
	assert_int_equal(outcome_type_parse("Password"), WEBCRED_TYPE_NONE);
	assert_int_equal(outcome_type_parse(""), WEBCRED_TYPE_NONE);
	assert_int_equal(outcome_type_parse(NULL), WEBCRED_TYPE_NONE);
}

/* Behaviour 12: an unknown word is a TypeError. */
static void test_mediation_words(void **state)
{
	enum webcred_mediation mediation = WEBCRED_MEDIATION_BY_FLAGS;

	(void)state;
	for (int i = WEBCRED_MEDIATION_OPTIONAL; i <= WEBCRED_MEDIATION_IMMEDIATE; i++) {
		const char *word = outcome_mediation_name((enum webcred_mediation)i);

		assert_true(outcome_mediation_parse(word, &mediation));
		assert_int_equal(mediation, i);
	}
	assert_string_equal(outcome_mediation_name(WEBCRED_MEDIATION_BY_FLAGS), "by-flags");
	assert_string_equal(outcome_mediation_name(WEBCRED_MEDIATION_OPTIONAL), "optional");
	assert_string_equal(outcome_mediation_name(WEBCRED_MEDIATION_CONDITIONAL), "conditional");
	assert_string_equal(outcome_mediation_name(WEBCRED_MEDIATION_IMMEDIATE), "immediate");
	assert_true(outcome_mediation_parse("silent", &mediation));
	assert_int_equal(mediation, WEBCRED_MEDIATION_SILENT);
	assert_false(outcome_mediation_parse("by-flags", &mediation));
	assert_false(outcome_mediation_parse("Silent", &mediation));
	assert_false(outcome_mediation_parse("", &mediation));
	assert_false(outcome_mediation_parse(NULL, &mediation));
	assert_int_equal(mediation, WEBCRED_MEDIATION_SILENT); /* written on success only */
}

static void test_verdicts_lie_far_apart(void **state)
{
	(void)state;
	/* No single flipped bit, nor a zeroed or all-ones word, is a grant. */
	assert_true(__builtin_popcount((unsigned)VERDICT_GRANTED ^ (unsigned)VERDICT_REFUSED) >= 8);
	assert_true(__builtin_popcount((unsigned)VERDICT_GRANTED) >= 8);
	assert_true(__builtin_popcount(~(unsigned)VERDICT_GRANTED) >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcome_names),
		cmocka_unit_test(test_status_names),
		cmocka_unit_test(test_type_words_go_both_ways),
		cmocka_unit_test(test_mediation_words),
		cmocka_unit_test(test_verdicts_lie_far_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
