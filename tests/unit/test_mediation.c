/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Expectations are written out from semantics.md (23, 24, 30 to 34) and from
 * the table "From flags to mediation" of applications.md, not computed. */
#include "lib/core/mediation.h"
#include "tests/unit/unit.h"

#define NONE WEBCRED_MEDIATION_BY_FLAGS
#define OPTIONAL WEBCRED_MEDIATION_OPTIONAL
#define REQUIRED WEBCRED_MEDIATION_REQUIRED
#define SILENT WEBCRED_MEDIATION_SILENT
#define CONDITIONAL WEBCRED_MEDIATION_CONDITIONAL
#define IMMEDIATE WEBCRED_MEDIATION_IMMEDIATE
#define S WEBCRED_HOST_SILENT
#define D WEBCRED_HOST_DISALLOW_NULL_AUTHTOK

static const struct {
	enum webcred_mediation asked, section;
	bool quiet;
	unsigned flags;
	enum webcred_mediation expected;
	bool cached;
} flags[] = {
	/* the table's rows, one by one */
	{NONE, NONE, false, 0, OPTIONAL, true},
	{NONE, NONE, false, S, SILENT, true},
	{NONE, NONE, false, D, REQUIRED, true}, /* PAM_AUTHTOK under sshd is allowed */
	{NONE, NONE, false, S | D, SILENT, false},
	{NONE, NONE, true, 0, OPTIONAL, true},
	{NONE, NONE, true, S, OPTIONAL, true}, /* sudo */
	{NONE, NONE, true, D, REQUIRED, true},
	{NONE, NONE, true, S | D, REQUIRED, true}, /* sudo-rs */
	/* other bits of a host mean nothing here */
	{NONE, NONE, false, 0x8000, OPTIONAL, true},
	/* a word wins over every flag ... */
	{OPTIONAL, NONE, false, S | D, OPTIONAL, true},
	{SILENT, NONE, false, 0, SILENT, true},
	{SILENT, NONE, true, 0, SILENT, true},
	{SILENT, NONE, false, D, SILENT, true},
	{REQUIRED, NONE, false, S, REQUIRED, false}, /* 33: whatever is cached */
	{CONDITIONAL, NONE, false, S, CONDITIONAL, true},
	{IMMEDIATE, NONE, false, S, IMMEDIATE, true},
	/* ... of the section, too ... */
	{NONE, OPTIONAL, false, S | D, OPTIONAL, true},
	{NONE, REQUIRED, true, S, REQUIRED, false},
	{NONE, SILENT, true, 0, SILENT, true},
	/* ... and the nearer word over the farther */
	{OPTIONAL, REQUIRED, false, S, OPTIONAL, true},
	{REQUIRED, SILENT, false, 0, REQUIRED, false},
};

static void test_from_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(flags); i++) {
		bool cached = !flags[i].cached;

		assert_int_equal(mediation_from_flags(flags[i].asked, flags[i].section,
						      flags[i].quiet, flags[i].flags, &cached),
				 flags[i].expected);
		assert_int_equal(cached, flags[i].cached);
	}
}

#define ASK MEDIATION_ASK
#define REFUSE MEDIATION_REFUSE
#define ALLOW MEDIATION_ALLOW_SILENT

/*
 * Columns: flag set, flag clear; within each: store discovery with 0, 1, 2
 * collected, then remote discovery with 0, 1, 2.
 */
static const struct {
	enum webcred_mediation mediation;
	enum mediation_decision expected[2][2][3];
} decisions[] = {
	{SILENT,
	 {{{REFUSE, REFUSE, REFUSE}, {REFUSE, REFUSE, REFUSE}},
	  {{REFUSE, ALLOW, REFUSE}, {REFUSE, REFUSE, REFUSE}}}},
	{OPTIONAL, {{{ASK, ASK, ASK}, {ASK, ASK, ASK}}, {{ASK, ALLOW, ASK}, {ASK, ASK, ASK}}}},
	{REQUIRED, {{{ASK, ASK, ASK}, {ASK, ASK, ASK}}, {{ASK, ASK, ASK}, {ASK, ASK, ASK}}}},
	{CONDITIONAL, {{{ASK, ASK, ASK}, {ASK, ASK, ASK}}, {{ASK, ASK, ASK}, {ASK, ASK, ASK}}}},
	{IMMEDIATE,
	 {{{REFUSE, ASK, ASK}, {REFUSE, ASK, ASK}}, {{REFUSE, ALLOW, ASK}, {REFUSE, ASK, ASK}}}},
	/* not resolved, and no mediation at all: fail closed */
	{NONE,
	 {{{REFUSE, REFUSE, REFUSE}, {REFUSE, REFUSE, REFUSE}},
	  {{REFUSE, REFUSE, REFUSE}, {REFUSE, REFUSE, REFUSE}}}},
	{(enum webcred_mediation)99,
	 {{{REFUSE, REFUSE, REFUSE}, {REFUSE, REFUSE, REFUSE}},
	  {{REFUSE, REFUSE, REFUSE}, {REFUSE, REFUSE, REFUSE}}}},
};

/* behaviour 23 */
static void test_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(decisions); i++)
		for (unsigned clear = 0; clear < 2; clear++)
			for (unsigned remote = 0; remote < 2; remote++)
				for (size_t n = 0; n < 3; n++) {
					const struct mediation_facts facts = {
						.mediation = decisions[i].mediation,
						.flag_clear = clear == 1,
						.collected = n,
						.all_from_store = remote == 0,
					};

					assert_int_equal(mediation_decide(&facts),
							 decisions[i].expected[clear][remote][n]);
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_flags),
		cmocka_unit_test(test_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
