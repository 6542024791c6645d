/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "lib/core/types/password.h"
#include "tests/unit/counted_hash.h"
#include "tests/unit/scripted_host.h"
#include "tests/unit/unit.h"

static const struct policy policy = {.argon_memory_kib = 8, .argon_passes = 1, .password_min = 8};

#define RIGHT "correct horse"

static void test_dummy(void **state)
{
	const struct policy cost = {.argon_memory_kib = 64, .argon_passes = 3};
	const struct policy cheap[] = {{.argon_memory_kib = 7, .argon_passes = 1},
				       {.argon_memory_kib = 8, .argon_passes = 0}};
	char hash[TYPE_HASH_MAX], other[TYPE_HASH_MAX], real[TYPE_HASH_MAX];

	(void)state;
	assert_int_equal(password_dummy_hash(&cost, hash), 0);
	assert_int_equal(password_dummy_hash(&cost, other), 0);
	assert_string_not_equal(hash, other);
	/* of the form and the cost of a real one, and wrong for whatever reason a
	 * real one is: a mismatch, not a string that could not be read */
	counted_hash_make("x", &cost, real);
	assert_int_equal(strlen(hash), strlen(real));
	assert_memory_equal(hash, real, strlen("$argon2id$v=19$m=64,t=3,p=1$"));
	assert_int_equal(crypto_pwhash_str_needs_rehash(hash, 3, 64 * 1024), 0);
	errno = 0;
	assert_int_equal(counted_hash_is(hash, "x", 1), -1);
	assert_int_equal(errno, EINVAL);
	for (size_t i = 0; i < N_ELEMENTS(cheap); i++)
		assert_int_equal(password_dummy_hash(&cheap[i], hash), -EINVAL);
}

static int store(struct script *script, const char *bytes, size_t len)
{
	struct type_host host = script_host(script);
	struct webcred_secret *secret = secret_new();
	struct credential credential = {0};
	int result;

	(void)secret_set(secret, bytes, len);
	result = type_password.store(&host, &policy, secret, &credential);
	assert_int_equal(credential.type, result == 0 ? WEBCRED_TYPE_PASSWORD : 0);
	secret_free(secret);
	return result;
}

static void test_store(void **state)
{
	static const char *const good[] = {"12345678", "correct horse", "p\xc3\xa4ssw\xc3\xb6rt",
					   "\xe5\xaf\x86\xe5\xaf\x86\xe5\xaf\x86\xe5\xaf\x86"
					   "\xe5\xaf\x86\xe5\xaf\x86\xe5\xaf\x86\xe5\xaf\x86"};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		struct script script = {0};

		assert_int_equal(store(&script, good[i], strlen(good[i])), 0);
		assert_string_equal(script.trace, "room store ");
		assert_int_equal(counted_hash_is(script.stored_hash, good[i], strlen(good[i])), 0);
		assert_int_equal(crypto_pwhash_str_needs_rehash(script.stored_hash, 1, 8192), 0);
	}
}

/* behaviour 45 */
static void test_store_refuses(void **state)
{
	static char long_text[WEBCRED_SECRET_MAX + 1];
	const struct {
		const char *bytes;
		size_t len;
		int expected;
		const char *says;
	} bad[] = {
		{"", 0, WEBCRED_TYPE_ERROR, "empty"}, /* behaviour 49 */
		{"1234567", 7, WEBCRED_NOT_ALLOWED, "at least 8 characters"},
		/* seven characters, fourteen bytes */
		{"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 14,
		 WEBCRED_NOT_ALLOWED, "at least 8 characters"},
		{"12345678\0x", 10, WEBCRED_TYPE_ERROR, "control character"},
		{"\n12345678", 9, WEBCRED_TYPE_ERROR, "control character"},
		{"12345678\n", 9, WEBCRED_TYPE_ERROR, "control character"},
		{"12345678\x1b", 9, WEBCRED_TYPE_ERROR, "control character"},
		{"12345678\x7f", 9, WEBCRED_TYPE_ERROR, "control character"},
		{"12345678\xff", 9, WEBCRED_TYPE_ERROR, "UTF-8"},
		{long_text, sizeof(long_text), WEBCRED_TYPE_ERROR, "at most 1024"},
	};
	struct script script;

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		memset(&script, 0, sizeof(script));
		assert_int_equal(store(&script, bad[i].bytes, bad[i].len), bad[i].expected);
		assert_string_equal(script.trace, "show ");
		assert_non_null(strstr(script.shown, bad[i].says));
		assert_string_equal(script.stored_hash, "");
	}
	memset(&script, 0, sizeof(script));
	assert_int_equal(store(&script, long_text, sizeof(long_text) - 1), 0);
}

static void test_store_faults(void **state)
{
	struct script script = {.fail_at = 1, .fail_with = -EIO};
	struct type_host host = script_host(&script);
	struct credential credential;
	unsigned made = counted_made;

	(void)state;
	counted_no_memory = false;
	assert_int_equal(store(&script, RIGHT, strlen(RIGHT)), -EIO);
	script = (struct script){.fail_at = 1, .fail_with = -EIO};
	assert_int_equal(store(&script, "short", 5), -EIO);
	assert_int_equal(counted_made, made); /* no room, no hash */
	script = (struct script){.fail_at = 2, .fail_with = WEBCRED_INVALID_STATE};
	assert_int_equal(store(&script, RIGHT, strlen(RIGHT)), WEBCRED_INVALID_STATE);
	script = (struct script){0};
	counted_no_memory = true;
	assert_int_equal(store(&script, RIGHT, strlen(RIGHT)), -ENOMEM);
	assert_string_equal(script.trace, "room ");
	counted_no_memory = false;
	assert_int_equal(type_password.store(&host, &policy, NULL, &credential),
			 WEBCRED_TYPE_ERROR); /* behaviour 45 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dummy),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_store_refuses),
		cmocka_unit_test(test_store_faults),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
