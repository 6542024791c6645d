/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "authority/throttle.h"
#include "tests/unit/unit.h"

#define T0 1700000000 /* the last failure */

static struct conf conf;

static int setup(void **state)
{
	(void)state;
	conf_defaults(&conf); /* free 3, delay 1, max 60, interval 900, deny 0 */
	return 0;
}

/* -1: allowed; else the wait. */
static long wait_of(uint32_t failures, bool is_root, int64_t now)
{
	struct store_throttle state = {.failures = failures, .first_at = T0 - 5, .last_at = T0};
	uint32_t wait = 4711;

	return throttle_allows(&conf, &state, is_root, now, &wait) ? -1 : (long)wait;
}

/* Free ones first, then a wait that doubles up to the cap; a second more, for the failure may
 * have been at the end of its second. */
static void test_delay(void **state)
{
	static const struct {
		uint32_t failures;
		long wait;
	} at_once[] = {
		{0, -1}, {1, -1}, {3, -1},  {4, 2},   {5, 3},	 {6, 5},	   {7, 9},
		{8, 17}, {9, 33}, {10, 61}, {11, 61}, {100, 61}, {UINT32_MAX, 61},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(at_once); i++) {
		assert_int_equal(wait_of(at_once[i].failures, false, T0), at_once[i].wait);
		/* root is delayed like everybody */
		assert_int_equal(wait_of(at_once[i].failures, true, T0), at_once[i].wait);
	}
	assert_int_equal(wait_of(7, false, T0 + 8), 1);
	assert_int_equal(wait_of(7, false, T0 + 9), -1);
	conf.throttle_free = 0;
	assert_int_equal(wait_of(1, false, T0), 2);
	conf.throttle_delay_s = 50;
	assert_int_equal(wait_of(2, false, T0), 61);
	conf.throttle_enabled = false;
	assert_int_equal(wait_of(100, false, T0), -1);
}

static void test_forget(void **state)
{
	struct store_throttle old = {.failures = 50, .first_at = 1, .last_at = T0};
	struct store_throttle fresh = old;

	(void)state;
	throttle_charge(&conf, &fresh, T0 + 900);
	assert_int_equal(fresh.failures, 51);
	assert_int_equal(fresh.first_at, 1);
	assert_int_equal(fresh.last_at, T0 + 900);
	throttle_charge(&conf, &old, T0 + 901);
	assert_int_equal(old.failures, 1);
	assert_int_equal(old.first_at, T0 + 901);
	throttle_refund(&fresh);
	assert_int_equal(fresh.failures, 0);
	assert_int_equal(fresh.last_at, 0);
}

static void test_deny(void **state)
{
	struct store_throttle locked = {.failures = 5, .first_at = T0, .last_at = T0};

	(void)state;
	conf.deny = 5;
	conf.throttle_free = 100;
	assert_int_equal(wait_of(4, false, T0), -1);
	assert_int_equal(wait_of(5, false, T0), 601);
	assert_int_equal(wait_of(5, false, T0 + 600), 1);
	assert_int_equal(wait_of(5, false, T0 + 601), -1);
	/* root is locked out only where that was asked for */
	assert_int_equal(wait_of(5, true, T0), -1);
	conf.even_deny_root = true;
	assert_int_equal(wait_of(5, true, T0), 601);
	/* after the lockout one failure is one failure */
	throttle_charge(&conf, &locked, T0 + 601);
	assert_int_equal(locked.failures, 1);
	/* a lockout outlasts fail_interval */
	conf.unlock_time_s = 5000;
	assert_int_equal(wait_of(5, false, T0 + 2000), 3001);
	/* until an administrator unlocks */
	conf.unlock_time_s = 0;
	assert_int_equal(wait_of(5, false, T0 + 100000000), 0);
}

/* 64 wrong codes at once against deny = 5: each is charged before it is
 * verified, so at most 5 are. */
static void test_charge_first(void **state)
{
	struct store_throttle counter = {0};
	unsigned verified = 0;
	uint32_t wait;

	(void)state;
	conf.deny = 5;
	conf.throttle_free = 100;
	for (int i = 0; i < 64; i++) {
		if (!throttle_allows(&conf, &counter, false, T0, &wait))
			continue;
		throttle_charge(&conf, &counter, T0);
		verified++;
	}
	assert_int_equal(verified, 5);
}

/* A clock set back: a small step waits a little longer, a big one does not
 * keep anybody out for years. */
static void test_clock(void **state)
{
	struct store_throttle counter = {.failures = 10, .first_at = T0, .last_at = T0};

	(void)state;
	assert_int_equal(wait_of(10, false, T0 - 30), 91);
	assert_int_equal(wait_of(10, false, T0 - 60), 121);
	assert_int_equal(wait_of(10, false, T0 - 61), -1);
	conf.deny = 5;
	assert_int_equal(wait_of(10, false, T0 - 600), 1201);
	assert_int_equal(wait_of(10, false, T0 - 100000), -1);
	throttle_charge(&conf, &counter, T0 - 100000);
	assert_int_equal(counter.failures, 1);
	assert_int_equal(counter.last_at, T0 - 100000);
	counter = (struct store_throttle){.failures = UINT32_MAX, .last_at = T0};
	conf.deny = 0;
	throttle_charge(&conf, &counter, T0);
	assert_int_equal(counter.failures, UINT32_MAX);
}

/* A remote guesser has a counter of its own. */
static void test_origin(void **state)
{
	static const struct {
		const char *rhost;
		uint32_t requester;
		bool login_socket;
		const char *origin;
	} cases[] = {
		{"", 0, true, "seat"},
		{NULL, 0, true, "seat"},
		{"10.0.0.1", 0, true, "remote"},
		{"10.0.0.1", 1000, true, "remote"},
		{"", 1000, true, "uid:1000"},
		{"", 4294967295u, true, "uid:4294967295"},
		{"", 1000, false, "uid:1000"},
		/* on the user socket nobody is asked where they come from */
		{"10.0.0.1", 1000, false, "uid:1000"},
		{"", 0, false, "uid:0"},
	};
	char origin[STORE_ORIGIN_MAX + 1];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		throttle_origin(origin, sizeof(origin), cases[i].rhost, cases[i].requester,
				cases[i].login_socket);
		assert_string_equal(origin, cases[i].origin);
	}
}

static void test_unknown(void **state)
{
	uint8_t key[32] = {1}, other[32] = {2};
	char first[STORE_ORIGIN_MAX + 1], second[STORE_ORIGIN_MAX + 1];
	unsigned same = 0;
	char name[] = "nobodyA";

	(void)state;
	throttle_unknown(first, sizeof(first), key, "nobody");
	throttle_unknown(second, sizeof(second), key, "nobody");
	assert_string_equal(first, second);
	assert_int_equal(strncmp(first, "unknown:", 8), 0);
	for (name[6] = 'A'; name[6] <= 'Z'; name[6]++) {
		throttle_unknown(first, sizeof(first), key, name);
		throttle_unknown(second, sizeof(second), other, name);
		same += strcmp(first, second) == 0;
	}
	assert_true(same < 5); /* the slot depends on the key */
}

/* The least that can be configured: one failure, for a second. */
static void test_deny_at_one(void **state)
{
	struct store_throttle many = {.failures = 70000, .first_at = T0, .last_at = T0};

	(void)state;
	conf.deny = 1;
	conf.unlock_time_s = 1;
	assert_int_equal(wait_of(1, false, T0), 2);
	assert_int_equal(wait_of(1, false, T0 + 1), 1);
	assert_int_equal(wait_of(1, false, T0 + 2), -1);
	conf.deny = 0;
	throttle_charge(&conf, &many, T0 + 1);
	assert_int_equal(many.failures, 70001);
}

/* Every byte of the key counts, and the slot is the hash's first two bytes. */
static void test_unknown_slot(void **state)
{
	uint8_t key[33], hash[crypto_generichash_BYTES_MIN];
	char name[16], slot[32], should[32];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i + 1);
	for (unsigned i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "nobody%u", i);
		crypto_generichash(hash, sizeof(hash), (const uint8_t *)name, strlen(name), key,
				   32);
		snprintf(should, sizeof(should), "unknown:%u", (unsigned)hash[0] * 256 + hash[1]);
		throttle_unknown(slot, sizeof(slot), key, name);
		assert_string_equal(slot, should);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_delay, setup),
		cmocka_unit_test_setup(test_forget, setup),
		cmocka_unit_test_setup(test_deny, setup),
		cmocka_unit_test_setup(test_charge_first, setup),
		cmocka_unit_test_setup(test_clock, setup),
		cmocka_unit_test_setup(test_origin, setup),
		cmocka_unit_test_setup(test_unknown, setup),
		cmocka_unit_test_setup(test_deny_at_one, setup),
		cmocka_unit_test_setup(test_unknown_slot, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
