/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * "Request a credential", over every combination: flags, quiet service, option,
 * section, what an earlier module collected, the prevent-silent-access flag, what
 * is enrolled, and every order of the three types.
 *
 * The expectation is the specification's: a login is a sequence of native
 * requests of one type each (behaviour 4), each answered by the rules of
 * behaviours 23, 24 and 30 to 34 as they are worded, in their order.  It shares
 * neither a function nor the shape of the code that it judges.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/outcome.h"
#include "lib/core/mediation.h"
#include "tests/unit/unit.h"

/* One row of the table. */
struct row {
	bool pam_silent, pam_disallow_null, quiet_service;
	const char *option, *section; /* the words; "" for none */
	bool collected_before;	      /* PAM_AUTHTOK, try_first_pass */
	bool flag_clear;
	bool enrolled; /* a usable credential of some type of the order */
	const char *order;
};

/* What a person would notice. */
enum seen { NULL_AT_ONCE = 1, ASKED = 2, IN_UNASKED = 3 };

static const char *const words[] = {"",	      "optional",    "required",
				    "silent", "conditional", "immediate"};
static const char *const orders[] = {"password",
				     "otp",
				     "public-key",
				     "otp password",
				     "password otp",
				     "public-key password",
				     "password public-key",
				     "public-key otp",
				     "otp public-key",
				     "public-key otp password"};

/* ---- the specification ------------------------------------------------------ */

/* applications.md: the nearer word wins over every flag; a quiet service's
 * PAM_SILENT is as if absent. */
static const char *mediation_of(const struct row *row)
{
	if (*row->option)
		return row->option;
	if (*row->section)
		return row->section;
	if (row->pam_silent && !row->quiet_service)
		return "silent";
	if (row->pam_disallow_null)
		return "required";
	return "optional";
}

/* "both: silent, and nothing cached either"; 33: "whatever is cached". */
static bool cache_counts(const struct row *row)
{
	if (*row->option || *row->section)
		return strcmp(mediation_of(row), "required") != 0;
	return !(row->pam_silent && row->pam_disallow_null) || row->quiet_service;
}

/* 53 and 55: only a password collects anything, and then its one record. */
static bool native_request_collects_one(const struct row *row, const char *type)
{
	return strcmp(type, "password") == 0 && row->collected_before && cache_counts(row);
}

/* 23, word by word; 7: discovery from the store is the password's. */
static bool native_request_returns_unasked(const struct row *row, const char *type)
{
	return native_request_collects_one(row, type) && row->flag_clear &&
	       strcmp(type, "password") == 0 && strcmp(mediation_of(row), "required") != 0 &&
	       strcmp(mediation_of(row), "conditional") != 0;
}

static enum seen specification(const struct row *row)
{
	const char *mediation = mediation_of(row);
	bool unasked = false;
	char copy[64], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", row->order);
	for (char *type = strtok_r(copy, " ", &save); type; type = strtok_r(NULL, " ", &save))
		unasked = unasked || native_request_returns_unasked(row, type);
	/* 30: the user is never involved. */
	if (strcmp(mediation, "silent") == 0)
		return unasked ? IN_UNASKED : NULL_AT_ONCE;
	/* 34: use a credential that is here now, or finish at once. */
	if (strcmp(mediation, "immediate") == 0 && !row->enrolled)
		return NULL_AT_ONCE;
	/* 31: silent where allowed, else ask.  (34 asks for what is here.) */
	if (strcmp(mediation, "optional") == 0 && unasked)
		return IN_UNASKED;
	/* 32, 33. */
	return ASKED;
}

/* ---- the code ------------------------------------------------------------------ */

static enum webcred_mediation parsed(const char *word)
{
	enum webcred_mediation mediation = WEBCRED_MEDIATION_BY_FLAGS;

	if (*word)
		assert_true(outcome_mediation_parse(word, &mediation));
	return mediation;
}

static enum seen decided(const struct row *row)
{
	unsigned flags = (row->pam_silent ? WEBCRED_HOST_SILENT : 0) |
			 (row->pam_disallow_null ? WEBCRED_HOST_DISALLOW_NULL_AUTHTOK : 0);
	bool cached_allowed;
	struct mediation_facts facts = {
		.mediation = mediation_from_flags(parsed(row->option), parsed(row->section),
						  row->quiet_service, flags, &cached_allowed),
		.flag_clear = row->flag_clear,
	};
	struct order order;

	assert_int_equal(order_parse(row->order, strlen(row->order), &order, NULL), 0);
	mediation_collect(&order, row->collected_before && cached_allowed, row->enrolled, &facts);
	switch (mediation_decide(&facts)) {
	case MEDIATION_REFUSE:
		return NULL_AT_ONCE;
	case MEDIATION_ASK:
		return ASKED;
	case MEDIATION_ALLOW_SILENT:
		return IN_UNASKED;
	}
	return 0;
}

/* ---- the table ------------------------------------------------------------------- */

static const char *const seen_names[] = {"nothing", "null at once", "asked", "in, unasked"};

/* Immediate with what was collected: here now either way; whether the step then
 * asks is the type's own, so that both answers are one to the person. */
static bool agree(const struct row *row, enum seen expected, enum seen got)
{
	if (strcmp(mediation_of(row), "immediate") == 0 && expected != NULL_AT_ONCE)
		return got != NULL_AT_ONCE;
	return expected == got;
}

static void check(const struct row *row, unsigned counts[4])
{
	enum seen expected = specification(row), got = decided(row);

	counts[expected]++;
	if (!agree(row, expected, got))
		fail_msg("silent=%d disallow_null=%d quiet=%d option=%s section=%s collected=%d "
			 "clear=%d enrolled=%d get=%s: %s, and should be %s",
			 row->pam_silent, row->pam_disallow_null, row->quiet_service, row->option,
			 row->section, row->collected_before, row->flag_clear, row->enrolled,
			 row->order, seen_names[got], seen_names[expected]);
}

/* Behaviours 12, 23, 24, 30, 31, 32, 33 and 34. */
/* behaviour 55 */
static void test_every_combination(void **state)
{
	unsigned counts[4] = {0}, rows = 0;

	(void)state;
	for (unsigned option = 0; option < N_ELEMENTS(words); option++)
		for (unsigned section = 0; section < N_ELEMENTS(words); section++)
			for (unsigned order = 0; order < N_ELEMENTS(orders); order++)
				for (unsigned bits = 0; bits < 64; bits++) {
					const struct row row = {
						.pam_silent = bits & 1,
						.pam_disallow_null = bits & 2,
						.quiet_service = bits & 4,
						.collected_before = bits & 8,
						.flag_clear = bits & 16,
						.enrolled = bits & 32,
						.option = words[option],
						.section = words[section],
						.order = orders[order],
					};

					check(&row, counts);
					rows++;
				}
	assert_int_equal(rows, 6 * 6 * 10 * 64); /* 23,040 */
	/* A table of one answer would prove nothing. */
	assert_true(counts[NULL_AT_ONCE] > 1000);
	assert_true(counts[ASKED] > 1000);
	assert_true(counts[IN_UNASKED] > 500);
}

/* Behaviour 61: clamped, whoever asks; the user socket may only shorten. */
static void test_timeout_is_clamped(void **state)
{
	static const struct {
		uint32_t configured, asked;
		bool may_extend;
		uint32_t expected;
	} rows[] = {
		{60000, 0, true, 60000},       {60000, 0, false, 60000},
		{60000, 5000, true, 5000},     {60000, 5000, false, 5000},
		{60000, 90000, true, 90000},   {60000, 90000, false, 60000},
		{60000, 110001, true, 110000}, {60000, UINT32_MAX, true, 110000},
		{110000, 0, true, 110000},     {UINT32_MAX, 0, false, 110000},
		{60000, 1, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rows); i++)
		assert_int_equal(
			mediation_timeout(rows[i].configured, rows[i].asked, rows[i].may_extend),
			rows[i].expected);
	/* sshd gives a login 120 seconds. */
	assert_true(MEDIATION_TIMEOUT_MAX_MS < 120000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination),
		cmocka_unit_test(test_timeout_is_clamped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
