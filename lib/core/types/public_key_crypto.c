/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_crypto - signatures, by libcrypto.
 *
 * libfido2's own verification loads RSA keys of 2048 bits only and leaves half
 * of the policy unchecked; so the signature alone is asked of a library here,
 * and everything around it is public_key_verify's.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "lib/core/credential.h"
#include "lib/core/types/public_key_parse.h"

#define POINT_MAX (1 + 2 * 48)

static EVP_PKEY *crypto_from_data(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(context);
	return pkey;
}

/* libcrypto refuses a point that is not on the curve, or not in its field. */
static EVP_PKEY *crypto_load_ec(const struct cose_key *key)
{
	uint8_t point[POINT_MAX];
	char group[] = "P-256";
	OSSL_PARAM params[3];

	if (key->algorithm == COSE_ES384)
		memcpy(group, "P-384", sizeof(group));
	if (1 + key->x_len + key->y_len > sizeof(point))
		return NULL;
	point[0] = 0x04; /* uncompressed (SEC 1, section 2.3.3) */
	memcpy(point + 1, key->x, key->x_len);
	memcpy(point + 1 + key->x_len, key->y, key->y_len);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point,
						      1 + key->x_len + key->y_len);
	params[2] = OSSL_PARAM_construct_end();
	return crypto_from_data("EC", params);
}

static EVP_PKEY *crypto_load_rsa(const struct cose_key *key)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(key->x, (int)key->x_len, NULL);
	BIGNUM *e = BN_bin2bn(key->y, (int)key->y_len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (build != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params != NULL)
		pkey = crypto_from_data("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static EVP_PKEY *crypto_load(const struct cose_key *key)
{
	switch (key->algorithm) {
	case COSE_ES256:
	case COSE_ES384:
		return crypto_load_ec(key);
	case COSE_EDDSA:
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->x, key->x_len);
	case COSE_RS256:
		return crypto_load_rsa(key);
	default:
		return NULL;
	}
}

bool cose_loads(const struct cose_key *key)
{
	EVP_PKEY *pkey = crypto_load(key);
	bool loads = pkey != NULL;

	EVP_PKEY_free(pkey);
	return loads;
}

/* One INTEGER of a DER signature: positive, shortest, within `size` bytes. */
static bool crypto_der_integer(const uint8_t **at, size_t *left, size_t size)
{
	const uint8_t *p = *at;
	size_t len;

	if (*left < 3 || p[0] != 0x02 || p[1] == 0 || p[1] > size + 1 || (size_t)p[1] > *left - 2)
		return false;
	len = p[1];
	if ((p[2] & 0x80) != 0) /* negative */
		return false;
	if (p[2] == 0 && len > 1 && (p[3] & 0x80) == 0) /* a zero too many */
		return false;
	if (len == size + 1 && p[2] != 0)
		return false;
	*at += 2 + len;
	*left -= 2 + len;
	return true;
}

/* SEQUENCE { r INTEGER, s INTEGER } in DER and nothing else: libcrypto alone
 * would take some BER (X.690, sections 8.1.3 and 10.1). */
static bool crypto_der_strict(const uint8_t *signature, size_t len, size_t size)
{
	const uint8_t *at = signature + 2;
	size_t left;

	if (len < 8 || len - 2 > 0x7f || signature[0] != 0x30 || signature[1] != len - 2)
		return false;
	left = len - 2;
	return crypto_der_integer(&at, &left, size) && crypto_der_integer(&at, &left, size) &&
	       left == 0;
}

static bool crypto_form(const struct cose_key *key, const uint8_t *signature, size_t len)
{
	switch (key->algorithm) {
	case COSE_ES256:
	case COSE_ES384:
		return crypto_der_strict(signature, len, key->x_len);
	case COSE_EDDSA:
		return len == 64;
	case COSE_RS256:
		return len == key->x_len;
	default:
		return false;
	}
}

static const EVP_MD *crypto_digest(const struct cose_key *key)
{
	switch (key->algorithm) {
	case COSE_ES384:
		return EVP_sha384();
	case COSE_EDDSA: /* hashes by itself */
		return NULL;
	default:
		return EVP_sha256();
	}
}

bool cose_verify(const struct cose_key *key, const uint8_t *message, size_t message_len,
		 const uint8_t *signature, size_t signature_len)
{
	EVP_MD_CTX *context;
	EVP_PKEY *pkey;
	bool good;

	if (!crypto_form(key, signature, signature_len))
		return false;
	pkey = crypto_load(key);
	context = EVP_MD_CTX_new();
	/* For RSA the padding is PKCS #1 v1.5 unless another is set. */
	good = pkey != NULL && context != NULL &&
	       EVP_DigestVerifyInit(context, NULL, crypto_digest(key), NULL, pkey) == 1 &&
	       EVP_DigestVerify(context, signature, signature_len, message, message_len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(pkey);
	if (!good)
		ERR_clear_error();
	return good;
}
