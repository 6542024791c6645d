/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The library beneath the codes fails at any of its calls, or says less than it
 * should: no code is right then, nothing is kept, and nothing is left behind.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/core/types/otp.h"
#include "tests/unit/counted_secret.h"
#include "tests/unit/unit.h"

static const uint8_t seed[] = "12345678901234567890";
#define SEED seed, sizeof(seed) - 1

/* The call of this number fails, from 1; 0: none. */
static struct {
	unsigned fetch, make, init, update, final;
} fails, calls;
static size_t final_len; /* what EVP_MAC_final says instead, where it is not 0 */
static int alive;

EVP_MAC *__real_EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MAC *__wrap_EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties);
EVP_MAC *__wrap_EVP_MAC_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties)
{
	return ++calls.fetch == fails.fetch ? NULL
					    : __real_EVP_MAC_fetch(library, name, properties);
}

EVP_MAC_CTX *__real_EVP_MAC_CTX_new(EVP_MAC *mac);
EVP_MAC_CTX *__wrap_EVP_MAC_CTX_new(EVP_MAC *mac);
EVP_MAC_CTX *__wrap_EVP_MAC_CTX_new(EVP_MAC *mac)
{
	if (++calls.make == fails.make)
		return NULL;
	alive++;
	return __real_EVP_MAC_CTX_new(mac);
}

void __real_EVP_MAC_CTX_free(EVP_MAC_CTX *keyed);
void __wrap_EVP_MAC_CTX_free(EVP_MAC_CTX *keyed);
void __wrap_EVP_MAC_CTX_free(EVP_MAC_CTX *keyed)
{
	alive -= keyed != NULL;
	__real_EVP_MAC_CTX_free(keyed);
}

int __real_EVP_MAC_init(EVP_MAC_CTX *keyed, const unsigned char *key, size_t len,
			const OSSL_PARAM *parameters);
int __wrap_EVP_MAC_init(EVP_MAC_CTX *keyed, const unsigned char *key, size_t len,
			const OSSL_PARAM *parameters);
int __wrap_EVP_MAC_init(EVP_MAC_CTX *keyed, const unsigned char *key, size_t len,
			const OSSL_PARAM *parameters)
{
	return ++calls.init == fails.init ? 0 : __real_EVP_MAC_init(keyed, key, len, parameters);
}

int __real_EVP_MAC_update(EVP_MAC_CTX *keyed, const unsigned char *bytes, size_t len);
int __wrap_EVP_MAC_update(EVP_MAC_CTX *keyed, const unsigned char *bytes, size_t len);
int __wrap_EVP_MAC_update(EVP_MAC_CTX *keyed, const unsigned char *bytes, size_t len)
{
	return ++calls.update == fails.update ? 0 : __real_EVP_MAC_update(keyed, bytes, len);
}

int __real_EVP_MAC_final(EVP_MAC_CTX *keyed, unsigned char *out, size_t *len, size_t size);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *keyed, unsigned char *out, size_t *len, size_t size);
int __wrap_EVP_MAC_final(EVP_MAC_CTX *keyed, unsigned char *out, size_t *len, size_t size)
{
	int r = __real_EVP_MAC_final(keyed, out, len, size);

	if (final_len != 0)
		*len = final_len;
	return ++calls.final == fails.final ? 0 : r;
}

static void forget(void)
{
	memset(&fails, 0, sizeof(fails));
	memset(&calls, 0, sizeof(calls));
	final_len = 0;
	counted_secret_forget();
}

static const struct otp_windows windows = {.look_back = 1, .look_ahead = 1, .hotp_look_ahead = 1};

static struct credential hotp(void)
{
	return (struct credential){.type = WEBCRED_TYPE_OTP,
				   .kind = KIND_HOTP,
				   .algorithm = ALGORITHM_SHA1,
				   .digits = 6,
				   .moving = 5};
}

/* 254676 is RFC 4226's code of counter 5. */
static struct otp_match check(const struct credential *record)
{
	struct otp_match match;

	otp_check(record, SEED, "254676", 6, 0, &windows, &match);
	assert_int_equal(alive, 0);
	return match;
}

static bool find(const struct credential *record)
{
	uint64_t moving = 77;
	bool found = otp_find(record, SEED, "254676", 6, 0, 1, &moving);

	assert_int_equal(alive, 0);
	assert_int_equal(moving, found ? 5 : 77);
	return found;
}

/* The first of all: the algorithm is looked up once in a process. */
static void test_lookup(void **state)
{
	struct credential record = hotp();
	uint32_t value = 77;

	(void)state;
	forget();
	fails.fetch = 1;
	assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 6, 5, &value), -EINVAL);
	assert_int_equal(value, 77);
	assert_int_equal(calls.make, 0);
	assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 6, 5, &value), 0);
	assert_int_equal(value, 254676);
	assert_int_equal(check(&record).verdict, VERDICT_GRANTED);
	assert_true(find(&record));
	assert_int_equal(calls.fetch, 2);
}

/* An algorithm that there is not: nothing is begun. */
static void test_no_algorithm(void **state)
{
	uint32_t value = 77;

	(void)state;
	forget();
	assert_int_equal(otp_value(SEED, (enum credential_algorithm)4, 6, 5, &value), -EINVAL);
	assert_int_equal(calls.make, 0);
}

/* Every call of a kind, each in turn: before the candidate that is right and after it. */
static void each_fails(unsigned *fails_at, const unsigned *called, bool (*works)(void))
{
	unsigned n = 0;

	do {
		bool worked;

		forget();
		*fails_at = ++n;
		worked = works();
		/* Where it was never called so often, nothing went wrong. */
		assert_int_equal(worked, *called < n);
	} while (*called >= n);
	assert_true(n > 1);
}

static bool value_works(void)
{
	uint32_t value = 77;
	int r = otp_value(SEED, ALGORITHM_SHA1, 6, 5, &value);

	assert_int_equal(alive, 0);
	assert_int_equal(value, r == 0 ? 254676 : 77);
	return r == 0;
}

static bool check_works(void)
{
	struct credential record = hotp();
	struct otp_match match = check(&record);

	assert_int_equal(match.moving, match.verdict == VERDICT_GRANTED ? 6 : 5);
	assert_false(match.replayed);
	return match.verdict == VERDICT_GRANTED;
}

static bool find_works(void)
{
	struct credential record = hotp();

	return find(&record);
}

static void test_every_call_fails(void **state)
{
	static bool (*const courses[])(void) = {value_works, check_works, find_works};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(courses); i++) {
		each_fails(&fails.make, &calls.make, courses[i]);
		each_fails(&fails.init, &calls.init, courses[i]);
		each_fails(&fails.update, &calls.update, courses[i]);
		each_fails(&fails.final, &calls.final, courses[i]);
	}
}

/* Shorter than SHA-1's is no HMAC that a code is cut from (RFC 4226, 5.3); and what
 * failed is not believed because it is as long. */
static void test_short_result(void **state)
{
	(void)state;
	for (size_t len = 19; len <= 20; len++) {
		uint32_t value = 77;

		forget();
		final_len = len;
		assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 6, 5, &value),
				 len < 20 ? -EIO : 0);
		fails.final = 2;
		assert_int_equal(otp_value(SEED, ALGORITHM_SHA1, 6, 5, &value), -EIO);
	}
}

/* Neither the HMAC nor the number stays on the stack: for each of the five candidates. */
static void test_wiped(void **state)
{
	struct credential record = hotp();

	(void)state;
	forget();
	assert_int_equal(check(&record).verdict, VERDICT_GRANTED);
	assert_int_equal(counted_wipes(EVP_MAX_MD_SIZE), 5);
	assert_int_equal(counted_wipes(sizeof(uint32_t)), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_no_algorithm),
		cmocka_unit_test(test_every_call_fails),
		cmocka_unit_test(test_short_result),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
