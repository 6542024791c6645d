/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/text.h"

static void test_names_that_accounts_have(void **state)
{
	static const char *const good[] = {"a",
					   "root",
					   "systemd-network",
					   "user.name",
					   "user$",
					   "WORKGROUP+user",
					   "user@realm",
					   "j\xc3\xbcrgen",
					   "_apt",
					   "..a",
					   "1"};
	char longest[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_name_valid(good[i]));
	memset(longest, 'n', 255);
	longest[255] = '\0';
	assert_true(text_name_valid(longest));
}

static void test_names_that_no_account_has(void **state)
{
	static const char *const bad[] = {"",
					  ".",
					  "..",
					  "-a",
					  "a:b",
					  "a/b",
					  "../a",
					  "a,b",
					  "a b",
					  "a\tb",
					  "a\nb",
					  "a\"b",
					  "a'b",
					  "a`b",
					  "a\\b",
					  "a\x1b[2J",
					  "a\x7f",
					  "\x80",
					  "a\xc3",
					  "\xc0\xaf" /* overlong slash */,
					  "\xed\xa0\x80" /* surrogate */,
					  "a\xc2\x85" /* next line */,
					  "a\xc2\xa0" /* no-break space */,
					  "a\xe2\x80\xae" /* right-to-left override */,
					  "\xf4\x90\x80\x80" /* above U+10FFFF */};
	char long_name[257];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (text_name_valid(bad[i]))
			fail_msg("row %zu was accepted", i);
	}
	assert_false(text_name_valid(NULL));
	memset(long_name, 'n', 256);
	long_name[256] = '\0';
	assert_false(text_name_valid(long_name));
}

static void test_labels(void **state)
{
	(void)state;
	assert_true(text_label_valid("my blue key", 63));
	assert_true(text_label_valid("12345", 5));
	assert_false(text_label_valid("123456", 5));
	assert_false(text_label_valid("", 5));
	assert_false(text_label_valid("a\nb", 5));
	assert_false(text_label_valid(NULL, 5));
}

static void test_clean(void **state)
{
	char buffer[16];

	(void)state;
	text_clean(buffer, sizeof(buffer), "a\x1b[31m\nb");
	assert_string_equal(buffer, "a?[31m?b");
	text_clean(buffer, sizeof(buffer), "\xff\xc3\xa9");
	assert_string_equal(buffer, "?\xc3\xa9");
	/* Cut at a character's border, never inside one. */
	text_clean(buffer, 4, "ab\xc3\xa9");
	assert_string_equal(buffer, "ab");
	text_clean(buffer, 1, "ab");
	assert_string_equal(buffer, "");
	text_clean(buffer, sizeof(buffer), NULL);
	assert_string_equal(buffer, "");
}

static void test_escape(void **state)
{
	char buffer[32];

	(void)state;
	text_escape(buffer, sizeof(buffer), "a\" user=\"root\\");
	assert_string_equal(buffer, "a\\\" user=\\\"root\\\\");
	/* An escape is whole or is not there. */
	text_escape(buffer, 3, "a\"");
	assert_string_equal(buffer, "a");
}

static void test_hex(void **state)
{
	const uint8_t bytes[] = {0x00, 0x9f, 0xff};
	char buffer[7];

	(void)state;
	text_hex(buffer, bytes, sizeof(bytes));
	assert_string_equal(buffer, "009fff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_that_accounts_have),
		cmocka_unit_test(test_names_that_no_account_has),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
