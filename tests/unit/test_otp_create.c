/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <string.h>

#include "tests/unit/counted_secret.h"
#include "tests/unit/scripted_host.h"
#include "tests/unit/unit.h"

static const struct policy policy = {.password_min = 8};

static const int every_result[] = {-EIO, -ECONNRESET, WEBCRED_NOT_ALLOWED, WEBCRED_ABORTED};

static void script_enrolment(struct script *script, const char *answer)
{
	memset(script, 0, sizeof(*script));
	script->answer[0] = answer;
	strcpy(script->enrolment.uri, "otpauth://totp/x");
	strcpy(script->enrolment.secret_text, "GEZDGNBV");
}

static int create(struct script *script, const struct type_creation *creation)
{
	struct type_host host = script_host(script);
	struct credential credential = {0};
	int result = type_otp.create(&host, &policy, creation, &credential);

	assert_int_equal(credential.type, result == 0 ? WEBCRED_TYPE_OTP : 0);
	return result;
}

static void test_create_app(void **state)
{
	static const enum credential_kind kinds[] = {KIND_TOTP, KIND_HOTP};
	struct script script;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		struct type_creation creation = {.kind = kinds[i]};

		script_enrolment(&script, "123 456");
		assert_int_equal(create(&script, &creation), 0);
		assert_string_equal(script.trace, "begin show show show ask finish ");
		assert_string_equal(script.given, "123456");
		assert_int_equal(script.ask_kind, WEBCRED_ASK_CODE);
		assert_true(strstr(script.shown, "otpauth://totp/x\nGEZDGNBV\n") == script.shown);
		/* webcred.h's defaults */
		assert_int_equal(script.creation.algorithm, ALGORITHM_SHA1);
		assert_int_equal(script.creation.digits, 6);
		assert_int_equal(script.creation.period, kinds[i] == KIND_TOTP ? 30 : 0);
		assert_true(script.creation.label[0] != '\0');
	}
}

static void test_create_as_asked(void **state)
{
	struct type_creation creation = {.kind = KIND_TOTP,
					 .algorithm = ALGORITHM_SHA512,
					 .digits = 8,
					 .period = 60,
					 .label = "phone"};
	struct script script;

	(void)state;
	script_enrolment(&script, "12345678");
	assert_int_equal(create(&script, &creation), 0);
	assert_int_equal(script.creation.algorithm, ALGORITHM_SHA512);
	assert_int_equal(script.creation.digits, 8);
	assert_int_equal(script.creation.period, 60);
	assert_string_equal(script.creation.label, "phone");
}

/* The ends of what may be asked for; and a period is a clock's alone. */
static void test_create_ends(void **state)
{
	static const struct {
		struct type_creation asked;
		unsigned digits, period, count;
	} ends[] = {
		{{.kind = KIND_TOTP, .period = 15, .digits = 6}, 6, 15, 0},
		{{.kind = KIND_TOTP, .period = 120, .digits = 8}, 8, 120, 0},
		{{.kind = KIND_HOTP, .period = 30}, 6, 0, 0},
		{{.kind = KIND_RECOVERY, .period = 121, .count = 25}, 6, 0, 25},
		{{.kind = KIND_RECOVERY, .count = 1}, 6, 0, 1},
	};
	struct script script;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(ends); i++) {
		script_enrolment(&script, "123456");
		assert_int_equal(create(&script, &ends[i].asked), 0);
		assert_int_equal(script.creation.digits, ends[i].digits);
		assert_int_equal(script.creation.period, ends[i].period);
		assert_int_equal(script.creation.count, ends[i].count);
	}
}

/* Where the next call's variables will lie. */
static __attribute__((noinline)) void dirty_stack(void)
{
	volatile char junk[32768];

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = 'x';
}

/* What the host does not hand out is empty, never what lay there. */
static void test_create_mute_host(void **state)
{
	const struct type_creation creation = {.kind = KIND_TOTP};
	struct script script;

	(void)state;
	script_enrolment(&script, "123456");
	script.mute = MUTE_ALL;
	dirty_stack();
	(void)create(&script, &creation);
	assert_true(strncmp(script.shown, "\n\nScan", 6) == 0);
}

static void test_create_nothing_is_left(void **state)
{
	static const enum credential_kind kinds[] = {KIND_TOTP, KIND_RECOVERY};
	struct script script;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		const struct type_creation creation = {.kind = kinds[i]};

		counted_secret_forget();
		script_enrolment(&script, "123456");
		assert_int_equal(create(&script, &creation), 0);
		assert_int_equal(counted_wipes(sizeof(struct type_enrolment)), 1);
		assert_int_equal(counted_secret_alive, 0);
		counted_secret_none = true;
		script_enrolment(&script, "123456");
		assert_int_equal(create(&script, &creation), -ENOMEM);
		assert_string_equal(script.trace, "");
		counted_secret_forget();
	}
}

static void test_create_recovery(void **state)
{
	struct type_creation creation = {.kind = KIND_RECOVERY};
	struct script script;

	(void)state;
	script_enrolment(&script, NULL);
	assert_int_equal(create(&script, &creation), 0);
	assert_string_equal(script.trace, "begin show show finish ");
	assert_string_equal(script.given, "");
	assert_non_null(strstr(script.shown, "GEZDGNBV"));
	assert_int_equal(script.creation.count, 10);
}

/* One try, then a clear error. */
/* behaviour 1 */
static void test_create_wrong_code(void **state)
{
	static const enum credential_kind kinds[] = {KIND_TOTP, KIND_HOTP};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		struct type_creation creation = {.kind = kinds[i]};
		struct script script;

		script_enrolment(&script, "000000");
		script.finish_result = WEBCRED_NOT_ALLOWED;
		assert_int_equal(create(&script, &creation), WEBCRED_NOT_ALLOWED);
		assert_string_equal(script.trace, "begin show show show ask finish show ");
		assert_non_null(strstr(script.shown, "nothing was stored"));
		assert_int_equal(strstr(script.shown, "clocks") != NULL, kinds[i] == KIND_TOTP);
	}
}

/* behaviour 48 */
static void test_create_refused(void **state)
{
	static const struct type_creation bad[] = {
		{.kind = KIND_TOTP, .algorithm = 4},  {.kind = KIND_TOTP, .digits = 5},
		{.kind = KIND_HOTP, .digits = 9},     {.kind = KIND_TOTP, .period = 121},
		{.kind = KIND_TOTP, .period = 14},    {.kind = KIND_RECOVERY, .count = 26},
		{.kind = KIND_TOTP, .label = "a\nb"}, {.kind = KIND_TOTP, .label = "\x1b[2J"},
	};
	static const enum credential_kind others[] = {KIND_NONE, KIND_PASSWORD, KIND_WEBAUTHN,
						      (enum credential_kind)99};
	struct script script;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		script_enrolment(&script, NULL);
		assert_int_equal(create(&script, &bad[i]), WEBCRED_TYPE_ERROR);
		assert_string_equal(script.trace, "");
	}
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		const struct type_creation creation = {.kind = others[i]};

		script_enrolment(&script, NULL);
		assert_int_equal(create(&script, &creation), WEBCRED_NOT_SUPPORTED);
		assert_string_equal(script.trace, "");
	}
}

/* What could not be shown is not enrolled; nor is what was declined or broke. */
static void test_create_every_call_fails(void **state)
{
	static const enum credential_kind kinds[] = {KIND_TOTP, KIND_RECOVERY};

	(void)state;
	for (size_t k = 0; k < N_ELEMENTS(kinds); k++)
		for (size_t i = 0; i < N_ELEMENTS(every_result); i++)
			for (unsigned at = 1;; at++) {
				const struct type_creation creation = {.kind = kinds[k]};
				bool finished, informed;
				struct script script;
				int result;

				script_enrolment(&script, "123456");
				script.fail_at = at;
				script.fail_with = every_result[i];
				result = create(&script, &creation);
				if (script.calls < at) {
					assert_int_equal(result, 0);
					assert_in_range(at, 5, 7);
					break;
				}
				finished = strstr(script.trace, "finish") != NULL;
				informed = every_result[i] > 0 &&
					   at == (kinds[k] == KIND_TOTP ? 4 : 2);
				/* the sentence around the secret may go unread */
				assert_int_equal(result, informed ? 0 : every_result[i]);
				if (!informed && at < (kinds[k] == KIND_TOTP ? 6 : 4))
					assert_false(finished);
			}
}

static void test_create_unshown(void **state)
{
	static const enum credential_kind kinds[] = {KIND_TOTP, KIND_HOTP, KIND_RECOVERY};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
		const struct type_creation creation = {.kind = kinds[i]};
		struct script script;

		script_enrolment(&script, "123456");
		script.enrol_show_result = WEBCRED_NOT_ALLOWED;
		assert_int_equal(create(&script, &creation), WEBCRED_NOT_ALLOWED);
		assert_null(strstr(script.trace, "finish"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create_app),
		cmocka_unit_test(test_create_as_asked),
		cmocka_unit_test(test_create_ends),
		cmocka_unit_test(test_create_mute_host),
		cmocka_unit_test(test_create_nothing_is_left),
		cmocka_unit_test(test_create_recovery),
		cmocka_unit_test(test_create_wrong_code),
		cmocka_unit_test(test_create_refused),
		cmocka_unit_test(test_create_every_call_fails),
		cmocka_unit_test(test_create_unshown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
