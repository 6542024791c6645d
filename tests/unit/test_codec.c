/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "tests/unit/unit.h"

/* RFC 4648, section 10 */
static const struct {
	const char *plain, *base64, *base32;
} rfc4648[] = {
	{"", "", ""},
	{"f", "Zg==", "MY======"},
	{"fo", "Zm8=", "MZXQ===="},
	{"foo", "Zm9v", "MZXW6==="},
	{"foob", "Zm9vYg==", "MZXW6YQ="},
	{"fooba", "Zm9vYmE=", "MZXW6YTB"},
	{"foobar", "Zm9vYmFy", "MZXW6YTBOI======"},
};

static void test_rfc4648(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(rfc4648); i++) {
		const char *plain = rfc4648[i].plain;
		size_t len = strlen(plain), bare = strcspn(rfc4648[i].base32, "=");
		uint8_t bytes[16];
		char text[32];

		/* with padding and without */
		assert_int_equal(codec_base32_decode(rfc4648[i].base32, strlen(rfc4648[i].base32),
						     bytes, sizeof(bytes)),
				 len);
		assert_memory_equal(bytes, plain, len);
		assert_int_equal(codec_base32_decode(rfc4648[i].base32, bare, bytes, sizeof(bytes)),
				 len);
		assert_int_equal(codec_base64_decode(rfc4648[i].base64, strlen(rfc4648[i].base64),
						     false, bytes, sizeof(bytes)),
				 len);
		assert_memory_equal(bytes, plain, len);
		assert_int_equal(codec_base64_decode(rfc4648[i].base64,
						     strcspn(rfc4648[i].base64, "="), true, bytes,
						     sizeof(bytes)),
				 len);

		assert_int_equal(
			codec_base32_encode((const uint8_t *)plain, len, text, sizeof(text)), bare);
		assert_memory_equal(text, rfc4648[i].base32, bare);
		codec_base64_encode((const uint8_t *)plain, len, false, text, sizeof(text));
		assert_string_equal(text, rfc4648[i].base64);
		assert_int_equal(
			codec_base64_encode((const uint8_t *)plain, len, true, text, sizeof(text)),
			strcspn(rfc4648[i].base64, "="));
	}
}

static void test_alphabets(void **state)
{
	const uint8_t high[] = {0xfb, 0xff, 0xfe};
	uint8_t bytes[8];
	char text[16];

	(void)state;
	codec_base64_encode(high, 3, false, text, sizeof(text));
	assert_string_equal(text, "+//+");
	codec_base64_encode(high, 3, true, text, sizeof(text));
	assert_string_equal(text, "-__-");
	assert_int_equal(codec_base64_decode("-__-", 4, true, bytes, sizeof(bytes)), 3);
	assert_memory_equal(bytes, high, 3);
	assert_int_equal(codec_base64_decode("-__-", 4, false, bytes, sizeof(bytes)), -EINVAL);
	assert_int_equal(codec_base64_decode("+//+", 4, true, bytes, sizeof(bytes)), -EINVAL);
}

static void test_base32_for_people(void **state)
{
	static const char *const same[] = {"mzxw6ytboi", "MZXW 6YTB OI", "mzxw-6ytb-oi",
					   " MZXW6YTB OI======\t"};
	static const char *const bad[] = {
		"MZXW6YTB0I", /* 0 is no digit of base32 */
		"MZXW6YTB1I", /* nor is 1 */
		"MZXW6YTB8I", /* nor is 8 */
		"A",
		"AAA",
		"AAAAAA",	     /* the same with nothing but zero bits */
		"M",		     /* five bits are no byte */
		"MZX",		     /* a third digit is never the last */
		"MZXW6Y",	     /* nor a sixth */
		"MZ",		     /* left-over bits are not zero */
		"MY=",		     /* half the padding */
		"MY=======",	     /* too much of it */
		"MZXW6YTB========",  /* padding of nothing */
		"MY======MY======",  /* more after the end */
		"MZXW6YTBOI======A", /* the same */
		"=",
	};
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(same); i++) {
		assert_int_equal(codec_base32_decode(same[i], strlen(same[i]), bytes, 16), 6);
		assert_memory_equal(bytes, "foobar", 6);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(codec_base32_decode(bad[i], strlen(bad[i]), bytes, 16), -EINVAL);
}

static void test_base64_canonical(void **state)
{
	static const char *const bad[] = {
		"Z", "Zh==", "Zm9=", "Zg=", "Zg===", "Zm9v=", "Zg==Zg", "Z g=", "====", "Zm9v\n"};
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(codec_base64_decode(bad[i], strlen(bad[i]), false, bytes, 16),
				 -EINVAL);
}

/* Both ways, every length, and every buffer that is too small. */
static void test_round_trips(void **state)
{
	uint8_t bytes[80], back[80];
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		ssize_t n = codec_base32_encode(bytes, len, text, sizeof(text));

		assert_true(n >= 0);
		assert_int_equal(codec_base32_decode(text, (size_t)n, back, len), len);
		assert_memory_equal(back, bytes, len);
		if (len > 0)
			assert_int_equal(codec_base32_decode(text, (size_t)n, back, len - 1),
					 -EMSGSIZE);
		for (int url = 0; url <= 1; url++) {
			n = codec_base64_encode(bytes, len, url, text, sizeof(text));
			assert_int_equal(codec_base64_decode(text, (size_t)n, url, back, len), len);
			assert_memory_equal(back, bytes, len);
		}
	}
}

/* Nothing is written at or behind `size`; the heap's end says so under ASan. */
static void test_bounds(void **state)
{
	(void)state;
	for (size_t size = 0; size <= 20; size++) {
		char *text = malloc(size > 0 ? size : 1);
		uint8_t *bytes = malloc(size > 0 ? size : 1);

		assert_int_equal(codec_base32_encode((const uint8_t *)"foobar", 6, text, size),
				 size > 10 ? 10 : -EMSGSIZE);
		assert_int_equal(codec_base64_encode((const uint8_t *)"foob", 4, false, text, size),
				 size > 8 ? 8 : -EMSGSIZE);
		assert_int_equal(codec_percent_encode("a b/c", 5, text, size),
				 size > 9 ? 9 : -EMSGSIZE);
		assert_int_equal(codec_percent_decode("a%20b%2fc", 9, text, size),
				 size > 5 ? 5 : -EMSGSIZE);
		assert_int_equal(codec_hex_decode("00ff10", 6, bytes, size),
				 size >= 3 ? 3 : -EMSGSIZE);
		free(text);
		free(bytes);
	}
}

static void test_hex(void **state)
{
	const uint8_t expected[] = {0x00, 0x9f, 0xaB, 0xCd};
	uint8_t bytes[4];

	(void)state;
	assert_int_equal(codec_hex_decode("009FaBcD", 8, bytes, 4), 4);
	assert_memory_equal(bytes, expected, 4);
	assert_int_equal(codec_hex_decode("009", 3, bytes, 4), -EINVAL);
	assert_int_equal(codec_hex_decode("0g", 2, bytes, 4), -EINVAL);
	assert_int_equal(codec_hex_decode(" 0", 2, bytes, 4), -EINVAL);
}

static void test_percent(void **state)
{
	static const char *const bad[] = {"%", "%4", "a%", "%zz", "%0g", "%00", "a%00b"};
	char text[64];

	(void)state;
	assert_true(codec_percent_encode("Az09-._~ :@/%\xc3\xa9", 15, text, sizeof(text)) > 0);
	assert_string_equal(text, "Az09-._~%20%3A%40%2F%25%C3%A9");
	assert_int_equal(codec_percent_decode("%c3%A9%3a+", 10, text, sizeof(text)), 4);
	assert_string_equal(text, "\xc3\xa9:+");
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(codec_percent_decode(bad[i], strlen(bad[i]), text, sizeof(text)),
				 -EINVAL);
	assert_int_equal(codec_percent_decode("a\0b", 3, text, sizeof(text)), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4648),
		cmocka_unit_test(test_alphabets),
		cmocka_unit_test(test_base32_for_people),
		cmocka_unit_test(test_base64_canonical),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
