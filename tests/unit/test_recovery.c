/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "lib/core/types/otp.h"
#include "tests/unit/counted_secret.h"
#include "tests/unit/unit.h"

/* Nothing is written behind what the header promises. */
static void is_untouched(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], 'x');
}

static void test_text(void **state)
{
	static const struct {
		uint8_t random[10];
		const char *text, *canonical;
	} codes[] = {
		/* base32("foobarfoob") */
		{"foobarfoob", "MZXW-6YTB-OJTG-633C", "MZXW6YTBOJTG633C"},
		/* 80 bits, the first of them too */
		{"\xe6oobarfoob", "4ZXW-6YTB-OJTG-633C", "4ZXW6YTBOJTG633C"},
		{"\x80", "QAAA-AAAA-AAAA-AAAA", "QAAAAAAAAAAAAAAA"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(codes); i++) {
		char text[40], canonical[OTP_RECOVERY_LEN + 11];

		memset(text, 'x', sizeof(text));
		memset(canonical, 'x', sizeof(canonical));
		otp_recovery_text(codes[i].random, text);
		assert_string_equal(text, codes[i].text);
		is_untouched(text + 20, sizeof(text) - 20);
		assert_true(otp_recovery_canonical(text, strlen(text), canonical));
		assert_string_equal(canonical, codes[i].canonical);
		is_untouched(canonical + OTP_RECOVERY_LEN + 1, 10);
	}
}

/* What made and what read a code leaves none of it on the stack. */
static void test_wiped(void **state)
{
	static const uint8_t random[10] = "foobarfoob";
	static const char *const typed[] = {"MZXW-6YTB-OJTG-633C", "MZXW-6YTB-OJTG-633_"};
	char text[20], canonical[OTP_RECOVERY_LEN + 1];

	(void)state;
	counted_secret_forget();
	otp_recovery_text(random, text);
	assert_int_equal(counted_wipes(sizeof(random)), 1);
	assert_int_equal(counted_wipes(OTP_RECOVERY_LEN + 1), 1);
	for (size_t i = 0; i < N_ELEMENTS(typed); i++) {
		counted_secret_forget();
		(void)otp_recovery_canonical(typed[i], strlen(typed[i]), canonical);
		assert_int_equal(counted_wipes(OTP_RECOVERY_LEN + 1), 1);
	}
}

/* All ones are "7777777777777777": a code of digits would be taken for an app's. */
static void test_never_digits_only(void **state)
{
	static const uint8_t digits[][10] = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0xd6, 0xb5, 0xad, 0x6b, 0x5a, 0xd6, 0xb5, 0xad, 0x6b, 0x5a}, /* all 2 */
	};
	char text[20], canonical[OTP_RECOVERY_LEN + 1];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(digits); i++) {
		otp_recovery_text(digits[i], text);
		assert_true(text[0] >= 'A' && text[0] <= 'Z');
		assert_true(otp_recovery_canonical(text, strlen(text), canonical));
	}
	assert_false(otp_recovery_canonical("7777777777777777", 16, canonical));
	assert_false(otp_recovery_canonical("2345-2345-2345-2345", 19, canonical));
}

static void test_canonical(void **state)
{
	static const struct {
		const char *typed, *expected;
	} same[] = {
		{"mzxw-6ytb-ojtg-633c", "MZXW6YTBOJTG633C"},
		{" MZXW 6YTB\tOJTG 633C ", "MZXW6YTBOJTG633C"},
		{"0188AAAAAAAAAAAA", "OIBBAAAAAAAAAAAA"},
		{"oibb-aaaa-aaaa-aaaa", "OIBBAAAAAAAAAAAA"},
	};
	static const char *const none[] = {
		"",
		"123456",
		"MZXW6YTBOJTG633",
		"MZXW6YTBOJTG633CC",
		"MZXW6YTBOJTG6339",
		"MZXW6YTBOJTG63_C",
		"MZXW6YTBOJTG633C\n",
		"\xc3\xa9XW6YTBOJTG633C",
		"----------------",
	};
	char canonical[OTP_RECOVERY_LEN + 1];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(same); i++) {
		assert_true(
			otp_recovery_canonical(same[i].typed, strlen(same[i].typed), canonical));
		assert_string_equal(canonical, same[i].expected);
	}
	for (size_t i = 0; i < N_ELEMENTS(none); i++) {
		memset(canonical, 'x', sizeof(canonical));
		assert_false(otp_recovery_canonical(none[i], strlen(none[i]), canonical));
		assert_int_equal(canonical[0], 'x');
	}
	assert_false(otp_recovery_canonical("MZXW6YT\0OJTG633C", 16, canonical));
}

/* Every character there is, before fifteen that are good. */
static void test_every_character(void **state)
{
	char typed[] = "?AAAAAAAAAAAAAAA", canonical[OTP_RECOVERY_LEN + 1];

	(void)state;
	for (int c = 0; c < 256; c++) {
		char meant = '\0';

		if ((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))
			meant = (char)c;
		else if (c >= 'a' && c <= 'z')
			meant = (char)(c - 0x20);
		else if (c == '0' || c == '1' || c == '8')
			meant = c == '0' ? 'O' : c == '1' ? 'I' : 'B';
		typed[0] = (char)c;
		assert_int_equal(otp_recovery_canonical(typed, 16, canonical), meant != '\0');
		if (meant != '\0')
			assert_int_equal(canonical[0], meant);
	}
}

/* BLAKE2b with key 00 01 .. 1f and a 32-byte digest over "MZXW6YTBOJTG633C",
 * computed by Python's hashlib. */
static void test_hash(void **state)
{
	static const uint8_t expected[32] = {0x00, 0x63, 0x01, 0x05, 0x0f, 0xde, 0xde, 0x25,
					     0x09, 0xbb, 0x69, 0x37, 0x65, 0xd5, 0xde, 0x37,
					     0x1e, 0xe1, 0xbf, 0x66, 0xd8, 0xdf, 0xb9, 0x72,
					     0xd7, 0x60, 0xe1, 0x20, 0xc4, 0x66, 0x26, 0xcb};
	uint8_t key[32], hash[32], other[32];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	otp_recovery_hash(key, "MZXW6YTBOJTG633C", hash);
	assert_memory_equal(hash, expected, sizeof(hash));
	key[31] ^= 1;
	otp_recovery_hash(key, "MZXW6YTBOJTG633C", other);
	assert_memory_not_equal(hash, other, sizeof(hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_never_digits_only),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
