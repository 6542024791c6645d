/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The codes that RFC 4226 and RFC 6238 print. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "lib/core/types/otp.h"
#include "tests/unit/unit.h"

static const struct otp_windows windows = {
	.look_back = 1, .look_ahead = 1, .hotp_look_ahead = 10, .resynchronise = 100};

static json_t *load(const char *name)
{
	char path[512];
	json_t *root;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	return root;
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void test_rfc4226(void **state)
{
	json_t *root = load("rfc4226_hotp.json"), *row;
	const char *secret = text_of(root, "secretAscii");
	json_t *rows = json_object_get(root, "vectors");
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(rows), 10);
	json_array_foreach(rows, i, row)
	{
		uint64_t count = (uint64_t)json_integer_value(json_object_get(row, "count"));
		uint64_t whole =
			(uint64_t)json_integer_value(json_object_get(row, "truncatedDecimal"));
		struct credential record = {.type = WEBCRED_TYPE_OTP,
					    .kind = KIND_HOTP,
					    .algorithm = ALGORITHM_SHA1,
					    .digits = 6,
					    .moving = count};
		struct otp_match match;
		uint32_t value = 0;

		assert_int_equal(otp_value((const uint8_t *)secret, strlen(secret), ALGORITHM_SHA1,
					   6, count, &value),
				 0);
		assert_int_equal(value, strtoul(text_of(row, "hotp"), NULL, 10));
		for (unsigned digits = 7; digits <= 8; digits++) {
			assert_int_equal(otp_value((const uint8_t *)secret, strlen(secret),
						   ALGORITHM_SHA1, digits, count, &value),
					 0);
			assert_int_equal(value, whole % (digits == 7 ? 10000000 : 100000000));
		}
		otp_check(&record, (const uint8_t *)secret, strlen(secret), text_of(row, "hotp"), 6,
			  0, &windows, &match);
		assert_int_equal(match.verdict, VERDICT_GRANTED);
		assert_int_equal(match.moving, count + 1);
	}
	json_decref(root);
}

static enum credential_algorithm algorithm_of(const char *name)
{
	if (strcmp(name, "SHA1") == 0)
		return ALGORITHM_SHA1;
	if (strcmp(name, "SHA256") == 0)
		return ALGORITHM_SHA256;
	assert_string_equal(name, "SHA512");
	return ALGORITHM_SHA512;
}

static void check_totp_row(json_t *row, unsigned digits, const char *code)
{
	const char *hex = text_of(row, "seedHex");
	int64_t now = json_integer_value(json_object_get(row, "unixTime"));
	struct credential record = {.type = WEBCRED_TYPE_OTP, .kind = KIND_TOTP, .period = 30};
	struct otp_match match;
	uint8_t bytes[64];
	ssize_t len = codec_hex_decode(hex, strlen(hex), bytes, sizeof(bytes));

	assert_true(len > 0);
	record.algorithm = algorithm_of(text_of(row, "algorithm"));
	record.digits = (uint8_t)digits;
	otp_check(&record, bytes, (size_t)len, code, strlen(code), now, &windows, &match);
	assert_int_equal(match.verdict, VERDICT_GRANTED);
	assert_int_equal(match.moving, strtoull(text_of(row, "T_hex"), NULL, 16));
	assert_int_equal(match.drift, 0);
	/* The same at the next login: used. */
	record.moving = match.moving;
	otp_check(&record, bytes, (size_t)len, code, strlen(code), now, &windows, &match);
	assert_int_equal(match.verdict, VERDICT_REFUSED);
	assert_true(match.replayed);
}

static void test_rfc6238(void **state)
{
	json_t *root = load("rfc6238_totp.json"), *row;
	json_t *rows = json_object_get(root, "vectors");
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(rows), 18);
	json_array_foreach(rows, i, row)
	{
		check_totp_row(row, 8, text_of(row, "totp8"));
		check_totp_row(row, 6, text_of(row, "totp6_derived"));
	}
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4226),
		cmocka_unit_test(test_rfc6238),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
