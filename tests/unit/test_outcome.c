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
	assert_string_equal(outcome_name(-5), "fault");
	assert_string_equal(outcome_name(WEBCRED_IDENTITY + 1), "unknown");
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
		cmocka_unit_test(test_type_words_go_both_ways),
		cmocka_unit_test(test_mediation_words),
		cmocka_unit_test(test_verdicts_lie_far_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
