/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "digest.h"

static void digest_require(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "softkey: libcrypto failed: %s\n", what);
	abort();
}

void digest_random(void *ptr, size_t len)
{
	digest_require(RAND_bytes(ptr, (int)len) == 1, "random");
}

void digest_sha256(const void *ptr, size_t len, uint8_t ret_digest[32])
{
	digest_require(EVP_Digest(ptr, len, ret_digest, NULL, EVP_sha256(), NULL), "sha256");
}

void digest_hmac(const uint8_t *key, size_t key_len, const void *ptr, size_t len,
		 uint8_t ret_mac[32])
{
	digest_require(HMAC(EVP_sha256(), key, (int)key_len, ptr, len, ret_mac, NULL) != NULL,
		       "hmac");
}

void digest_hkdf(const uint8_t secret[32], const char *info, uint8_t ret_key[32])
{
	static const uint8_t salt[32];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	size_t len = 32;

	digest_require(ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
			       EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) > 0 &&
			       EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt, sizeof(salt)) > 0 &&
			       EVP_PKEY_CTX_set1_hkdf_key(ctx, secret, 32) > 0 &&
			       EVP_PKEY_CTX_add1_hkdf_info(ctx, (const uint8_t *)info,
							   (int)strlen(info)) > 0 &&
			       EVP_PKEY_derive(ctx, ret_key, &len) > 0,
		       "hkdf");
	EVP_PKEY_CTX_free(ctx);
}

static void digest_cipher(int encrypt, const uint8_t key[32], const uint8_t iv[16],
			  const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	digest_require(ctx != NULL &&
			       EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv, encrypt) >
				       0 &&
			       EVP_CIPHER_CTX_set_padding(ctx, 0) > 0 &&
			       EVP_CipherUpdate(ctx, out, &n, in, (int)len) > 0 && n == (int)len,
		       "aes");
	EVP_CIPHER_CTX_free(ctx);
}

void digest_encrypt(const uint8_t key[32], const uint8_t iv[16], const uint8_t *ptr, size_t len,
		    uint8_t *ret_cipher)
{
	digest_cipher(1, key, iv, ptr, len, ret_cipher);
}

void digest_decrypt(const uint8_t key[32], const uint8_t iv[16], const uint8_t *ptr, size_t len,
		    uint8_t *ret_plain)
{
	digest_cipher(0, key, iv, ptr, len, ret_plain);
}
