/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Client data byte by byte, names that may be an rpId, texts for the person. */
#include <string.h>

#include "lib/core/types/public_key.h"
#include "tests/unit/unit.h"

/* 70: byte-exact, and bound to service and host. */
/* behaviour 70 */
static void test_client_data_bytes(void **state)
{
	char origin[PUBLIC_KEY_ORIGIN_MAX], text[PUBLIC_KEY_CLIENT_DATA_MAX];
	uint8_t zeros[32] = {0};
	ssize_t n;

	(void)state;
	assert_int_equal(public_key_origin("host.example", "sshd", origin, sizeof(origin)), 0);
	assert_string_equal(origin, "webcred://host.example/sshd");
	assert_int_equal(public_key_origin("h/\"", "a b\\", origin, sizeof(origin)), 0);
	assert_string_equal(origin, "webcred://h%2F%22/a%20b%5C");
	n = public_key_client_data(false, zeros, 32, "webcred://h/s", text, sizeof(text));
	assert_int_equal(n, strlen(text));
	assert_string_equal(text, "{\"type\":\"webauthn.get\",\"challenge\":"
				  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
				  "\"origin\":\"webcred://h/s\",\"crossOrigin\":false}");
	assert_true(public_key_client_data(true, zeros, 32, "o", text, 40) < 0);
}

/* behaviour 58 */
static void test_rp_id(void **state)
{
	static const char *const good[] = {"host", "host.example", "a-b.example.org", "xn--n3h.net",
					   "1.example"};
	static const char *const bad[] = {"",	   "-host", "host:22", "host name", "192.0.2.1",
					  "::1",   "host.", ".host",   "a..b",	    "h\xc3\xb6st",
					  "host-", "host/", "12"};

	(void)state; /* 58 */
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		assert_true(public_key_rp_id_valid(good[i]));
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_false(public_key_rp_id_valid(bad[i]));
}

static void test_texts(void **state)
{
	char text[PUBLIC_KEY_TEXT_MAX];

	(void)state;
	public_key_touch_text("blue", false, text, sizeof(text));
	assert_string_equal(text, "Touch the key labelled blue.");
	public_key_touch_text("", true, text, sizeof(text));
	assert_string_equal(text, "Put your finger on your security key.");
	public_key_pin_text("blue", 8, 0, text, sizeof(text));
	assert_string_equal(text, "PIN of the key labelled blue (8 tries left): ");
	public_key_pin_text(NULL, 255, 0, text, sizeof(text));
	assert_string_equal(text, "PIN of your security key: ");
	public_key_pin_text("blue", 1, CEREMONY_PIN_WAS_WRONG, text, sizeof(text));
	assert_string_equal(text, "Wrong PIN. PIN of the key labelled blue (1 try left): ");
	public_key_pin_text("blue", 8, CEREMONY_PIN_WAS_SHORT, text, sizeof(text));
	assert_string_equal(text,
			    "Too short for its PIN. PIN of the key labelled blue (8 tries left): ");
	public_key_pin_text("blue", 8, CEREMONY_PIN_WAS_LONG, text, sizeof(text));
	assert_string_equal(text,
			    "Too long for a PIN. PIN of the key labelled blue (8 tries left): ");
	public_key_touch_text("a\x1b[31m", false, text, sizeof(text));
	assert_null(strchr(text, 0x1b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_data_bytes),
		cmocka_unit_test(test_rp_id),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
