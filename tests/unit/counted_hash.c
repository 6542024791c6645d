/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/counted_hash.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "tests/unit/unit.h"

unsigned counted_verified, counted_made;
bool counted_no_memory;

int __real_crypto_pwhash_str_verify(const char *hash, const char *text, unsigned long long len);
int __wrap_crypto_pwhash_str_verify(const char *hash, const char *text, unsigned long long len);
int __wrap_crypto_pwhash_str_verify(const char *hash, const char *text, unsigned long long len)
{
	counted_verified++;
	if (counted_no_memory) {
		errno = ENOMEM;
		return -1;
	}
	return __real_crypto_pwhash_str_verify(hash, text, len);
}

int __real_crypto_pwhash_str_alg(char *hash, const char *text, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm);
int __wrap_crypto_pwhash_str_alg(char *hash, const char *text, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm);
int __wrap_crypto_pwhash_str_alg(char *hash, const char *text, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm)
{
	counted_made++;
	if (counted_no_memory) /* libsodium does not say so in errno here */
		return -1;
	return __real_crypto_pwhash_str_alg(hash, text, len, passes, memory, algorithm);
}

void counted_hash_make(const char *password, const struct policy *cost, char hash[TYPE_HASH_MAX])
{
	memset(hash, 0, TYPE_HASH_MAX);
	assert_int_equal(__real_crypto_pwhash_str_alg(hash, password, strlen(password),
						      cost->argon_passes,
						      (size_t)cost->argon_memory_kib * 1024,
						      crypto_pwhash_ALG_ARGON2ID13),
			 0);
}

int counted_hash_is(const char *hash, const char *text, unsigned long long len)
{
	return __real_crypto_pwhash_str_verify(hash, text, len);
}
