/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Back is back and ahead is ahead, also where they are not the same. */
static void test_totp_window_of_one_side(void **state)
{
	static const struct otp_windows sides[] = {{.look_back = 2}, {.look_ahead = 2}};
	struct credential record = totp(0, 0);

	(void)state;
	for (size_t side = 0; side < N_ELEMENTS(sides); side++)
		for (int64_t i = -3; i <= 3; i++) {
			const char *code = code_of(&record, (uint64_t)(STEP + i));
			bool inside = side == 0 ? i >= -2 && i <= 0 : i >= 0 && i <= 2;
			struct otp_match match;

			otp_check(&record, SEED, code, 6, NOW, &sides[side], &match);
			assert_int_equal(match.verdict, inside ? VERDICT_GRANTED : VERDICT_REFUSED);
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

/* At either end of its numbers the drift stays where it is. */
static void test_drift_ends(void **state)
{
	struct credential record = totp(0, INT32_MAX);
	const int64_t late = 100 * (int64_t)INT32_MAX;

	(void)state;
	assert_int_equal(
		check(&record, code_of(&record, (uint64_t)STEP + INT32_MAX + 1), NOW).drift,
		INT32_MAX);
	record.drift--;
	assert_int_equal(check(&record, code_of(&record, (uint64_t)STEP + INT32_MAX), NOW).drift,
			 INT32_MAX);
	record.drift = INT32_MIN;
	assert_int_equal(
		check(&record, code_of(&record, (uint64_t)(late / 30 + INT32_MIN - 1)), late).drift,
		INT32_MIN);
	record.drift++;
	assert_int_equal(
		check(&record, code_of(&record, (uint64_t)(late / 30 + INT32_MIN)), late).drift,
		INT32_MIN);
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
	/* Step 0 has been; those before it never were, whatever is stored. */
	record.moving = 5;
	assert_true(check(&record, code_of(&record, 0), 0).replayed);
	record.moving = UINT64_MAX;
	assert_false(check(&record, code_of(&record, UINT64_MAX), 0).replayed);
}

static void test_hotp_window(void **state)
{
	struct credential record = hotp(1000);
	struct otp_match match;

	(void)state;
	record.drift = 7;
	for (uint64_t counter = 990; counter <= 1020; counter++) {
		match = check(&record, code_of(&record, counter), 0);
		if (counter >= 1000 && counter <= 1010) {
			assert_int_equal(match.verdict, VERDICT_GRANTED);
			assert_int_equal(match.moving, counter + 1);
			assert_int_equal(match.drift, 7); /* a counter's is nothing, and stays */
			assert_false(match.replayed);
		} else {
			assert_int_equal(match.verdict, VERDICT_REFUSED);
			assert_int_equal(match.replayed, counter >= 997 && counter < 1000);
		}
	}
}

/* Counters 103,424 and 103,427 of RFC 4226's seed have one code: used once, it is used. */
static void test_hotp_same_code_again(void **state)
{
	struct credential record = hotp(103424);
	struct otp_match match;

	(void)state;
	assert_string_equal(code_of(&record, 103424), "746629");
	assert_string_equal(code_of(&record, 103427), "746629");
	match = check(&record, "746629", 0);
	assert_int_equal(match.verdict, VERDICT_GRANTED);
	assert_int_equal(match.moving, 103425);
	for (uint64_t next = 103425; next <= 103430; next++) {
		record = hotp(next);
		match = check(&record, "746629", 0);
		assert_int_equal(match.verdict, VERDICT_REFUSED);
		assert_true(match.replayed);
		assert_int_equal(match.moving, next);
	}
	/* the others go on as ever */
	record = hotp(103425);
	assert_int_equal(check(&record, code_of(&record, 103425), 0).verdict, VERDICT_GRANTED);
	assert_int_equal(check(&record, code_of(&record, 103428), 0).moving, 103429);
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
	/* and once the first is used, neither; until three more are */
	for (record.moving = first + 1; record.moving < first + 4; record.moving++) {
		otp_check(&record, SEED, code, 6, 0, &wide, &match);
		assert_int_equal(match.verdict, VERDICT_REFUSED);
		assert_true(match.replayed);
	}
	assert_true(second > record.moving);
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

/* Whatever stands where a digit belongs: that digit alone is right. */
static void test_every_character(void **state)
{
	struct credential record = hotp(0);
	char code[] = "755224";

	(void)state;
	for (size_t at = 0; at < 6; at++) {
		char right = code[at];

		for (int c = 0; c < 256; c++) {
			code[at] = (char)c;
			assert_int_equal(check(&record, code, 0).verdict,
					 c == right ? VERDICT_GRANTED : VERDICT_REFUSED);
		}
		code[at] = right;
	}
}

/* A number that differs in one bit is another number. */
static void test_every_bit(void **state)
{
	static const struct otp_windows none = {0};

	(void)state;
	for (uint64_t counter = 0; counter < 20; counter++) {
		struct credential record = hotp(counter);
		uint32_t value = (uint32_t)strtoul(code_of(&record, counter), NULL, 10);

		for (unsigned bit = 0; bit < 20; bit++) {
			struct otp_match match;
			char code[16];

			snprintf(code, sizeof(code), "%06u", value ^ 1u << bit);
			otp_check(&record, SEED, code, strlen(code), 0, &none, &match);
			assert_int_equal(match.verdict, VERDICT_REFUSED);
			assert_false(match.replayed);
		}
	}
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
	/* before 1970, and where there is nothing to look with */
	moving = 77;
	code = code_of(&record, 100);
	assert_false(otp_find(&record, SEED, code, 6, -1, 50, &moving));
	record.kind = KIND_RECOVERY;
	assert_false(otp_find(&record, SEED, code, 6, 0, 50, &moving));
	record = hotp(100);
	record.locked = true;
	assert_false(otp_find(&record, SEED, code, 6, 0, 50, &moving));
	assert_int_equal(moving, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totp_window),
		cmocka_unit_test(test_totp_window_of_one_side),
		cmocka_unit_test(test_totp_only_rises),
		cmocka_unit_test(test_drift_is_learned),
		cmocka_unit_test(test_drift_ends),
		cmocka_unit_test(test_early_times),
		cmocka_unit_test(test_hotp_window),
		cmocka_unit_test(test_hotp_same_code_again),
		cmocka_unit_test(test_hotp_ends),
		cmocka_unit_test(test_first_match_wins),
		cmocka_unit_test(test_malformed_codes),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_unusable_records),
		cmocka_unit_test(test_value_bounds),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
