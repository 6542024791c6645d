/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/codec.h"
#include "lib/core/types/otp.h"
#include "tests/unit/unit.h"

static const uint8_t seed[] = "12345678901234567890";
#define SEED seed, sizeof(seed) - 1

static const struct otp_windows windows = {
	.look_back = 1, .look_ahead = 1, .hotp_look_ahead = 10, .resynchronise = 100};

static struct credential totp(uint64_t moving, int32_t drift)
{
	return (struct credential){.type = WEBCRED_TYPE_OTP,
				   .kind = KIND_TOTP,
				   .algorithm = ALGORITHM_SHA1,
				   .digits = 6,
				   .period = 30,
				   .moving = moving,
				   .drift = drift};
}

static struct credential hotp(uint64_t moving)
{
	return (struct credential){.type = WEBCRED_TYPE_OTP,
				   .kind = KIND_HOTP,
				   .algorithm = ALGORITHM_SHA1,
				   .digits = 6,
				   .moving = moving};
}

/* The code of a moving factor as the device shows it. */
static const char *code_of(const struct credential *record, uint64_t moving)
{
	static char text[16];
	uint32_t value = 0;

	assert_int_equal(otp_value(SEED, record->algorithm, record->digits, moving, &value), 0);
	snprintf(text, sizeof(text), "%0*u", record->digits, value);
	return text;
}

static struct otp_match check(const struct credential *record, const char *code, int64_t now)
{
	struct otp_match match;

	memset(&match, 0xee, sizeof(match));
	otp_check(record, SEED, code, strlen(code), now, &windows, &match);
	if (match.verdict != VERDICT_GRANTED) {
		assert_int_equal(match.verdict, VERDICT_REFUSED);
		assert_int_equal(match.moving, record->moving);
		assert_int_equal(match.drift, record->drift);
	}
	return match;
}

/* ---- the standards' own values ------------------------------------------------ */

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
		struct credential record = hotp(count);
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
		match = check(&record, text_of(row, "hotp"), 0);
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
	struct credential record = totp(0, 0);
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

/* ---- windows, replay, drift --------------------------------------------------- */

#define NOW 1700000000
#define STEP (NOW / 30)

static void test_totp_window(void **state)
{
	struct credential record = totp(0, 0);

	(void)state;
	for (int64_t i = -4; i <= 4; i++) {
		struct otp_match match =
			check(&record, code_of(&record, (uint64_t)(STEP + i)), NOW);

		if (i >= -1 && i <= 1) {
			assert_int_equal(match.verdict, VERDICT_GRANTED);
			assert_int_equal(match.moving, STEP + i);
			assert_int_equal(match.drift, i); /* one step towards it */
		} else {
			assert_int_equal(match.verdict, VERDICT_REFUSED);
			assert_false(match.replayed);
		}
	}
}

static void test_totp_only_rises(void **state)
{
	struct credential record = totp(STEP, 0);
	struct otp_match match;

	(void)state;
	match = check(&record, code_of(&record, STEP), NOW);
	assert_int_equal(match.verdict, VERDICT_REFUSED);
	assert_true(match.replayed);
	match = check(&record, code_of(&record, STEP - 1), NOW);
	assert_int_equal(match.verdict, VERDICT_REFUSED);
	assert_true(match.replayed);
	match = check(&record, code_of(&record, STEP + 1), NOW);
	assert_int_equal(match.verdict, VERDICT_GRANTED);
	assert_int_equal(match.moving, STEP + 1);
	/* A clock set back makes nothing of the past valid again. */
	record.moving = STEP + 100;
	for (int64_t i = -1; i <= 1; i++)
		assert_int_equal(
			check(&record, code_of(&record, (uint64_t)(STEP + i)), NOW).verdict,
			VERDICT_REFUSED);
}

/* A device that runs ahead by a second in ten is followed, step by step. */
static void test_drift_is_learned(void **state)
{
	struct credential record = totp(0, 0);
	int64_t now = NOW;

	(void)state;
	for (unsigned login = 0; login < 40; login++) {
		int64_t device = NOW + (now - NOW) * 11 / 10;
		struct otp_match match =
			check(&record, code_of(&record, (uint64_t)(device / 30)), now);

		assert_int_equal(match.verdict, VERDICT_GRANTED);
		record.moving = match.moving;
		record.drift = match.drift;
		now += 120;
	}
	assert_in_range(record.drift, 14, 17); /* 468 s ahead are 15.6 steps */
	/* And back, when the device's clock is set right in small steps. */
	record = totp(0, -3);
	assert_int_equal(check(&record, code_of(&record, STEP - 2), NOW).drift, -2);
	assert_int_equal(check(&record, code_of(&record, STEP - 3), NOW).drift, -3);
	assert_int_equal(check(&record, code_of(&record, STEP - 4), NOW).drift, -4);
	assert_int_equal(check(&record, code_of(&record, STEP), NOW).verdict, VERDICT_REFUSED);
}

static void test_early_times(void **state)
{
	struct credential record = totp(0, -5);

	(void)state;
	/* Steps before 1970, and step 0, never match. */
	for (int64_t now = 0; now < 120; now += 30)
		assert_int_equal(check(&record, code_of(&record, 0), now).verdict, VERDICT_REFUSED);
	record.drift = 0;
	assert_int_equal(check(&record, code_of(&record, 1), 30).verdict, VERDICT_GRANTED);
	assert_int_equal(check(&record, code_of(&record, 1), -30).verdict, VERDICT_REFUSED);
}

static void test_hotp_window(void **state)
{
	struct credential record = hotp(1000);
	struct otp_match match;

	(void)state;
	for (uint64_t counter = 990; counter <= 1020; counter++) {
		match = check(&record, code_of(&record, counter), 0);
		if (counter >= 1000 && counter <= 1010) {
			assert_int_equal(match.verdict, VERDICT_GRANTED);
			assert_int_equal(match.moving, counter + 1);
			assert_false(match.replayed);
		} else {
			assert_int_equal(match.verdict, VERDICT_REFUSED);
			assert_int_equal(match.replayed, counter >= 997 && counter < 1000);
		}
	}
}

/* At either end of the numbers nothing wraps round into a match. */
static void test_hotp_ends(void **state)
{
	struct credential record = hotp(0);

	(void)state;
	assert_int_equal(check(&record, code_of(&record, UINT64_MAX), 0).verdict, VERDICT_REFUSED);
	assert_false(check(&record, code_of(&record, UINT64_MAX), 0).replayed);
	record = hotp(UINT64_MAX);
	for (uint64_t counter = 0; counter < 12; counter++)
		assert_int_equal(check(&record, code_of(&record, counter), 0).verdict,
				 VERDICT_REFUSED);
	record = hotp((uint64_t)INT64_MAX);
	assert_int_equal(check(&record, code_of(&record, (uint64_t)INT64_MAX), 0).verdict,
			 VERDICT_REFUSED);
	record = hotp((uint64_t)INT64_MAX - 1);
	assert_int_equal(check(&record, code_of(&record, (uint64_t)INT64_MAX - 1), 0).verdict,
			 VERDICT_GRANTED);
	assert_int_equal(check(&record, code_of(&record, (uint64_t)INT64_MAX), 0).verdict,
			 VERDICT_REFUSED);
}

/* Two counters with one code, where both are in the window: the first counts. */
static void test_first_match_wins(void **state)
{
	static uint32_t value[6000];
	struct otp_windows wide = {.hotp_look_ahead = N_ELEMENTS(value)};
	struct credential record = hotp(0);
	struct otp_match match;
	size_t first = 0, second = 0;
	uint64_t moving = 0;
	char code[16];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(value) && second == 0; i++) {
		assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 6, i, &value[i]), 0);
		for (size_t k = 0; k < i; k++)
			if (value[k] == value[i]) {
				first = k;
				second = i;
			}
	}
	assert_true(second > first);
	snprintf(code, sizeof(code), "%06u", value[first]);
	otp_check(&record, SEED, code, 6, 0, &wide, &match);
	assert_int_equal(match.verdict, VERDICT_GRANTED);
	assert_int_equal(match.moving, first + 1);
	assert_true(otp_find(&record, SEED, code, 6, 0, (unsigned)second, &moving));
	assert_int_equal(moving, first);
	/* and once the first is used, the second */
	record.moving = first + 1;
	otp_check(&record, SEED, code, 6, 0, &wide, &match);
	assert_int_equal(match.moving, second + 1);
}

/* ---- what is no code, what is no record --------------------------------------- */

static void test_malformed_codes(void **state)
{
	struct credential record = hotp(0); /* 755224 */
	static const char *const bad[] = {
		"",	   "75522",   "7552244", "755 24", "75522a",
		" 755224", "755224 ", "-55224",	 "+55224", "\x37\x35\x35\x32\x32\xb4"};
	struct otp_match match;

	(void)state;
	assert_int_equal(check(&record, "755224", 0).verdict, VERDICT_GRANTED);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(check(&record, bad[i], 0).verdict, VERDICT_REFUSED);
	otp_check(&record, SEED, "75522\0", 6, 0, &windows, &match);
	assert_int_equal(match.verdict, VERDICT_REFUSED);
	/* Leading zeros count: "081804" is a code, "81804" is none. */
	record = totp(0, 0);
	assert_int_equal(check(&record, "081804", 1111111109).verdict, VERDICT_GRANTED);
	assert_int_equal(check(&record, "81804", 1111111109).verdict, VERDICT_REFUSED);
	assert_int_equal(check(&record, "0081804", 1111111109).verdict, VERDICT_REFUSED);
}

static void test_unusable_records(void **state)
{
	struct credential good = totp(0, 0), record;
	char code[16];

	(void)state;
	snprintf(code, sizeof(code), "%s", code_of(&good, STEP));
	assert_int_equal(check(&good, code, NOW).verdict, VERDICT_GRANTED);
	record = good, record.locked = true;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
	record = good, record.period = 0;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
	record = good, record.algorithm = 0;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
	record = good, record.algorithm = 4;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
	record = good, record.digits = 5;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
	record = good, record.kind = KIND_RECOVERY;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
	record = good, record.type = WEBCRED_TYPE_PASSWORD;
	assert_int_equal(check(&record, code, NOW).verdict, VERDICT_REFUSED);
}

static void test_value_bounds(void **state)
{
	uint32_t value = 77;
	uint8_t long_seed[OTP_SEED_MAX + 1] = {0};

	(void)state;
	assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 5, 0, &value), -EINVAL);
	assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 9, 0, &value), -EINVAL);
	assert_int_equal(otp_value(SEED, 0, 6, 0, &value), -EINVAL);
	assert_int_equal(otp_value(seed, 0, ALGORITHM_SHA1, 6, 0, &value), -EINVAL);
	assert_int_equal(otp_value(long_seed, sizeof(long_seed), ALGORITHM_SHA1, 6, 0, &value),
			 -EINVAL);
	assert_int_equal(value, 77);
}

/* ---- resynchronisation (RFC 4226, 7.4) ---------------------------------------- */

static void test_find(void **state)
{
	struct credential record = totp(0, 0);
	uint64_t moving = 77;
	const char *code;

	(void)state;
	for (int64_t i = -60; i <= 60; i += 10) {
		code = code_of(&record, (uint64_t)(STEP + i));
		moving = 77;
		if (i >= -50 && i <= 50) {
			assert_true(otp_find(&record, SEED, code, 6, NOW, 50, &moving));
			assert_int_equal(moving, STEP + i);
		} else {
			assert_false(otp_find(&record, SEED, code, 6, NOW, 50, &moving));
			assert_int_equal(moving, 77);
		}
	}
	/* What was used stays used, in the wide window as well. */
	record.moving = STEP + 5;
	assert_false(otp_find(&record, SEED, code_of(&record, STEP + 5), 6, NOW, 50, &moving));
	assert_true(otp_find(&record, SEED, code_of(&record, STEP + 6), 6, NOW, 50, &moving));

	record = hotp(100);
	assert_true(otp_find(&record, SEED, code_of(&record, 149), 6, 0, 50, &moving));
	assert_int_equal(moving, 149);
	assert_false(otp_find(&record, SEED, code_of(&record, 151), 6, 0, 50, &moving));
	assert_false(otp_find(&record, SEED, code_of(&record, 99), 6, 0, 50, &moving));
	assert_false(otp_find(&record, SEED, "no code", 7, 0, 50, &moving));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc4226),
		cmocka_unit_test(test_rfc6238),
		cmocka_unit_test(test_totp_window),
		cmocka_unit_test(test_totp_only_rises),
		cmocka_unit_test(test_drift_is_learned),
		cmocka_unit_test(test_early_times),
		cmocka_unit_test(test_hotp_window),
		cmocka_unit_test(test_hotp_ends),
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_malformed_codes),
		cmocka_unit_test(test_unusable_records),
		cmocka_unit_test(test_value_bounds),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
