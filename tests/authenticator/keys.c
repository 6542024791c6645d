/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "keys.h"

static const struct {
	int algorithm;
	const char *name;
} keys_names[] = {
	{KEYS_ES256, "es256"},
	{KEYS_EDDSA, "eddsa"},
	{KEYS_RS256, "rs256"},
};

#define KEYS_COUNT (sizeof(keys_names) / sizeof(keys_names[0]))

bool keys_supported(int algorithm)
{
	return keys_name(algorithm) != NULL;
}

const char *keys_name(int algorithm)
{
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		if (keys_names[i].algorithm == algorithm)
			return keys_names[i].name;
	}
	return NULL;
}

int keys_parse(const char *name)
{
	for (size_t i = 0; i < KEYS_COUNT; i++) {
		if (strcmp(keys_names[i].name, name) == 0)
			return keys_names[i].algorithm;
	}
	return 0;
}

EVP_PKEY *keys_generate(int algorithm)
{
	if (algorithm == KEYS_ES256 || algorithm == KEYS_ECDH)
		return EVP_EC_gen("P-256");
	if (algorithm == KEYS_EDDSA)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (algorithm == KEYS_RS256)
		return EVP_RSA_gen(2048);
	return NULL;
}

bool keys_point(const EVP_PKEY *pkey, uint8_t ret_point[65])
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, ret_point, 65,
					       &len) == 1 &&
	       len == 65 && ret_point[0] == 0x04;
}

EVP_PKEY *keys_from_point(const uint8_t x[32], const uint8_t y[32])
{
	uint8_t point[65] = {0x04};
	char group[] = "P-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group) - 1),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_END,
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *pkey = NULL;

	memcpy(point + 1, x, 32);
	memcpy(point + 33, y, 32);
	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) <= 0)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static void keys_encode_ec(struct buf *buf, const EVP_PKEY *pkey, int algorithm)
{
	uint8_t point[65] = {0};

	if (!keys_point(pkey, point))
		buf->overflow = true;
	encode_map(buf, 5);
	encode_int(buf, 1);
	encode_int(buf, 2);
	encode_int(buf, 3);
	encode_int(buf, algorithm);
	encode_int(buf, -1);
	encode_int(buf, 1);
	encode_int(buf, -2);
	encode_bytes(buf, point + 1, 32);
	encode_int(buf, -3);
	encode_bytes(buf, point + 33, 32);
}

static void keys_encode_okp(struct buf *buf, const EVP_PKEY *pkey)
{
	uint8_t x[32] = {0};
	size_t len = sizeof(x);

	if (EVP_PKEY_get_raw_public_key(pkey, x, &len) != 1)
		buf->overflow = true;
	encode_map(buf, 4);
	encode_int(buf, 1);
	encode_int(buf, 1);
	encode_int(buf, 3);
	encode_int(buf, KEYS_EDDSA);
	encode_int(buf, -1);
	encode_int(buf, 6);
	encode_int(buf, -2);
	encode_bytes(buf, x, sizeof(x));
}

static void keys_encode_bn(struct buf *buf, const EVP_PKEY *pkey, const char *name)
{
	uint8_t bytes[512];
	BIGNUM *bn = NULL;
	int len = 0;

	if (EVP_PKEY_get_bn_param(pkey, name, &bn) == 1 && BN_num_bytes(bn) <= (int)sizeof(bytes))
		len = BN_bn2bin(bn, bytes);
	BN_free(bn);
	if (len == 0)
		buf->overflow = true;
	encode_bytes(buf, bytes, (size_t)len);
}

static void keys_encode_rsa(struct buf *buf, const EVP_PKEY *pkey)
{
	encode_map(buf, 4);
	encode_int(buf, 1);
	encode_int(buf, 3);
	encode_int(buf, 3);
	encode_int(buf, KEYS_RS256);
	encode_int(buf, -1);
	keys_encode_bn(buf, pkey, OSSL_PKEY_PARAM_RSA_N);
	encode_int(buf, -2);
	keys_encode_bn(buf, pkey, OSSL_PKEY_PARAM_RSA_E);
}

void keys_encode(struct buf *buf, const EVP_PKEY *pkey, int algorithm)
{
	if (algorithm == KEYS_EDDSA)
		keys_encode_okp(buf, pkey);
	else if (algorithm == KEYS_RS256)
		keys_encode_rsa(buf, pkey);
	else
		keys_encode_ec(buf, pkey, algorithm);
}

size_t keys_sign(EVP_PKEY *pkey, int algorithm, const uint8_t *ptr, size_t len,
		 uint8_t ret_signature[KEYS_SIGNATURE_MAX])
{
	/* Ed25519 hashes by itself. */
	const EVP_MD *md = algorithm == KEYS_EDDSA ? NULL : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = KEYS_SIGNATURE_MAX;

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) != 1 ||
	    EVP_DigestSign(ctx, ret_signature, &n, ptr, len) != 1)
		n = 0;
	EVP_MD_CTX_free(ctx);
	return n;
}
