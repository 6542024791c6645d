/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/signer.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#include "tests/unit/unit.h"

static void number(const struct signer *signer, const char *name, uint8_t *out, int size)
{
	BIGNUM *value = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(signer->pkey, name, &value), 1);
	assert_int_equal(BN_bn2binpad(value, out, size), size);
	BN_free(value);
}

static void public_part(struct signer *signer)
{
	uint8_t x[256], y[48];
	struct cose_key key = {signer->algorithm, x, y, 32, 32};
	size_t len = sizeof(x);

	switch (signer->algorithm) {
	case COSE_EDDSA:
		assert_int_equal(EVP_PKEY_get_raw_public_key(signer->pkey, x, &len), 1);
		break;
	case COSE_RS256:
		number(signer, OSSL_PKEY_PARAM_RSA_N, x, 256);
		number(signer, OSSL_PKEY_PARAM_RSA_E, y, 3);
		key.x_len = 256;
		key.y_len = 3;
		break;
	default:
		key.x_len = key.y_len = signer->algorithm == COSE_ES384 ? 48 : 32;
		number(signer, OSSL_PKEY_PARAM_EC_PUB_X, x, (int)key.x_len);
		number(signer, OSSL_PKEY_PARAM_EC_PUB_Y, y, (int)key.y_len);
	}
	signer->cose_len = cose_write(&key, signer->cose, sizeof(signer->cose));
	assert_true(signer->cose_len > 0);
}

void signer_open(struct signer *signer, int32_t algorithm)
{
	signer->algorithm = algorithm;
	if (algorithm == COSE_EDDSA)
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else if (algorithm == COSE_RS256)
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	else
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC",
						 algorithm == COSE_ES384 ? "P-384" : "P-256");
	assert_non_null(signer->pkey);
	public_part(signer);
}

void signer_close(struct signer *signer)
{
	EVP_PKEY_free(signer->pkey);
	signer->pkey = NULL;
}

size_t signer_sign(const struct signer *signer, const uint8_t *message, size_t len,
		   uint8_t *signature, size_t size)
{
	const EVP_MD *digest = signer->algorithm == COSE_EDDSA	 ? NULL
			       : signer->algorithm == COSE_ES384 ? EVP_sha384()
								 : EVP_sha256();
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(context, NULL, digest, NULL, signer->pkey), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &size, message, len), 1);
	EVP_MD_CTX_free(context);
	return size;
}

size_t signer_assert(const struct signer *signer, const uint8_t *auth_data, size_t auth_len,
		     const void *client_data, size_t client_len, uint8_t *signature, size_t size)
{
	uint8_t message[CEREMONY_AUTHDATA_MAX + 64];

	assert_true(auth_len <= CEREMONY_AUTHDATA_MAX);
	memcpy(message, auth_data, auth_len);
	assert_int_equal(public_key_hash(client_data, client_len, message + auth_len), 0);
	return signer_sign(signer, message, auth_len + 32, signature, size);
}

void signer_auth_data(const char *rp_id, uint8_t flags, uint32_t counter, uint8_t out[37])
{
	assert_int_equal(public_key_hash(rp_id, strlen(rp_id), out), 0);
	out[32] = flags;
	for (int i = 0; i < 4; i++)
		out[33 + i] = (uint8_t)(counter >> (24 - 8 * i));
}

size_t signer_attested(const struct signer *signer, const char *rp_id, uint8_t flags,
		       uint32_t counter, const uint8_t *id, size_t id_len, uint8_t *out,
		       size_t size)
{
	assert_true(37 + 18 + id_len + signer->cose_len <= size);
	signer_auth_data(rp_id, flags | PUBLIC_KEY_AT, counter, out);
	memset(out + 37, 0xaa, 16);
	out[53] = (uint8_t)(id_len >> 8);
	out[54] = (uint8_t)id_len;
	memcpy(out + 55, id, id_len);
	memcpy(out + 55 + id_len, signer->cose, signer->cose_len);
	return 55 + id_len + signer->cose_len;
}

void signer_record(const struct signer *signer, const char *rp_id, const uint8_t *id, size_t id_len,
		   struct credential *ret_record)
{
	memset(ret_record, 0, sizeof(*ret_record));
	memset(ret_record->id, id[0], sizeof(ret_record->id));
	ret_record->type = WEBCRED_TYPE_PUBLIC_KEY;
	ret_record->kind = KIND_WEBAUTHN;
	strcpy(ret_record->label, "blue");
	strcpy(ret_record->rp_id, rp_id);
	ret_record->cose_algorithm = signer->algorithm;
	ret_record->external_len = (uint16_t)id_len;
	memcpy(ret_record->external, id, id_len);
	ret_record->key_len = (uint16_t)signer->cose_len;
	memcpy(ret_record->key, signer->cose, signer->cose_len);
}
