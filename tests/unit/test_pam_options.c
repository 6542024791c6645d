/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pam_webcred/options.h"

#define PARSE(options, error, ...)                                                                 \
	parse((const char *const[]){__VA_ARGS__},                                                  \
	      (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), options, error)

static int parse(const char *const *argv, int argc, struct options *options, char *error)
{
	return options_parse(argc, argv, options, error, OPTIONS_ERROR_SIZE);
}

static void test_none(void **state)
{
	char error[OPTIONS_ERROR_SIZE];
	struct options options;

	(void)state;
	assert_int_equal(options_parse(0, NULL, &options, error, sizeof(error)), 0);
	assert_string_equal(options.order, "");
	assert_int_equal(options.mediation, WEBCRED_MEDIATION_BY_FLAGS);
	assert_int_equal(options.timeout_ms, 0);
	assert_false(options.nullok);
	assert_null(options.socket);
}

static void test_all(void **state)
{
	char error[OPTIONS_ERROR_SIZE];
	struct options options;

	(void)state;
	assert_int_equal(PARSE(&options, error, "get=public-key [UNAVAIL=continue] otp password",
			       "mediation=required", "timeout=110", "user_verification=required",
			       "socket=/run/webcred/login", "nullok", "try_first_pass",
			       "use_first_pass", "use_authtok", "debug"),
			 0);
	assert_string_equal(options.order, "public-key [UNAVAIL=continue] otp password");
	assert_int_equal(options.mediation, WEBCRED_MEDIATION_REQUIRED);
	assert_int_equal(options.timeout_ms, 110000);
	assert_int_equal(options.user_verification, WEBCRED_UV_REQUIRED);
	assert_string_equal(options.socket, "/run/webcred/login");
	assert_true(options.nullok && options.try_first_pass && options.use_first_pass &&
		    options.use_authtok && options.debug);
}

/* Each names the word, and says what is allowed. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *word, *said;
	} rows[] = {
		{"nulok", "unknown option \"nulok\"; allowed: get="},
		{"nullok=yes", "unknown option \"nullok=yes\""},
		{"get", "unknown option \"get\""},
		{"", "unknown option \"\""},
		{"GET=otp", "unknown option"},
		{"get=", "bad value in \"get=\""},
		{"get=otp\n", "bad value in \"get=otp?\""},
		{"mediation=silentt", "optional, required, silent"},
		{"mediation=", "optional, required, silent"},
		{"mediation=by-flags", "optional, required, silent"},
		{"timeout=0", "1 to 110"},
		{"timeout=111", "1 to 110"},
		{"timeout=99999999999999999999", "1 to 110"},
		{"timeout=-1", "1 to 110"},
		{"timeout=10s", "1 to 110"},
		{"timeout=", "1 to 110"},
		{"user_verification=requird", "required, preferred or discouraged"},
		{"socket=run/webcred/login", "absolute path"},
		{"socket=", "absolute path"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char error[OPTIONS_ERROR_SIZE] = "";
		struct options options;

		if (PARSE(&options, error, "debug", rows[i].word) != WEBCRED_TYPE_ERROR)
			fail_msg("\"%s\" was accepted", rows[i].word);
		if (!strstr(error, rows[i].said))
			fail_msg("\"%s\": said \"%s\"", rows[i].word, error);
	}
}

static void test_twice(void **state)
{
	char error[OPTIONS_ERROR_SIZE];
	struct options options;

	(void)state;
	assert_int_equal(PARSE(&options, error, "get=otp", "get=password"), WEBCRED_TYPE_ERROR);
	assert_non_null(strstr(error, "get="));
}

static void test_order_too_long(void **state)
{
	char error[OPTIONS_ERROR_SIZE], word[WIRE_ORDER_MAX + 16] = "get=";
	struct options options;

	(void)state;
	memset(word + 4, 'p', WIRE_ORDER_MAX);
	word[4 + WIRE_ORDER_MAX] = '\0';
	assert_int_equal(PARSE(&options, error, word), 0);
	word[4 + WIRE_ORDER_MAX] = 'p';
	word[5 + WIRE_ORDER_MAX] = '\0';
	assert_int_equal(PARSE(&options, error, word), WEBCRED_TYPE_ERROR);
}

static void test_names_are_listed(void **state)
{
	size_t n = 0;

	(void)state;
	while (options_name(n))
		n++;
	assert_int_equal(n, 10);
	assert_string_equal(options_name(0), "get=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),	       cmocka_unit_test(test_all),
		cmocka_unit_test(test_mistakes),       cmocka_unit_test(test_twice),
		cmocka_unit_test(test_order_too_long), cmocka_unit_test(test_names_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
