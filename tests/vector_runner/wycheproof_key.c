/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * wycheproof_key - a group's public key: members in hex, a JSON Web Key
 * (RFC 7517), SubjectPublicKeyInfo in DER, or PEM; whichever is there.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "tests/vector_runner/runner.h"

#define PART_MAX 2048

/* A key on its way: x and y of a point, of an Ed25519 key x, of RSA n and e. */
struct parts {
	int32_t algorithm; /* 0: not known yet */
	uint8_t x[PART_MAX], y[PART_MAX];
	size_t x_len, y_len;
};

static int32_t curve_algorithm(const char *curve)
{
	static const struct {
		const char *name;
		int32_t algorithm;
	} curves[] = {
		{"secp256r1", COSE_ES256}, {"P-256", COSE_ES256}, {"prime256v1", COSE_ES256},
		{"secp384r1", COSE_ES384}, {"P-384", COSE_ES384}, {"edwards25519", COSE_EDDSA},
		{"Ed25519", COSE_EDDSA},
	};

	for (size_t i = 0; curve != NULL && i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcasecmp(curve, curves[i].name) == 0)
			return curves[i].algorithm;
	}
	return 0;
}

static size_t coordinate_size(int32_t algorithm)
{
	return algorithm == COSE_ES384 ? 48 : 32;
}

/* Big numbers are written with a sign; a record has them without. */
static void strip_zeros(uint8_t *bytes, size_t *len, size_t least)
{
	size_t n = 0;

	while (*len - n > least && bytes[n] == 0)
		n++;
	memmove(bytes, bytes + n, *len - n);
	*len -= n;
}

/* ... and a coordinate of a point is always as long as its field. */
static bool fit(uint8_t *bytes, size_t *len, size_t size)
{
	strip_zeros(bytes, len, size);
	if (*len > size)
		return false;
	memmove(bytes + size - *len, bytes, *len);
	memset(bytes, 0, size - *len);
	*len = size;
	return true;
}

static bool part_hex(const json_t *object, const char *member, uint8_t *part, size_t *ret_len)
{
	const char *text = runner_text(object, member);
	ssize_t n = text == NULL ? -1 : codec_hex_decode(text, strlen(text), part, PART_MAX);

	*ret_len = n < 0 ? 0 : (size_t)n;
	return n > 0;
}

static bool part_base64url(const json_t *object, const char *member, uint8_t *part, size_t *ret_len)
{
	const char *text = runner_text(object, member);
	ssize_t n =
		text == NULL ? -1 : codec_base64_decode(text, strlen(text), true, part, PART_MAX);

	*ret_len = n < 0 ? 0 : (size_t)n;
	return n > 0;
}

static bool split_point(struct parts *parts, const uint8_t *point, size_t len)
{
	size_t size = coordinate_size(parts->algorithm);

	if (len != 1 + 2 * size || point[0] != 0x04)
		return false;
	memcpy(parts->x, point + 1, size);
	memcpy(parts->y, point + 1 + size, size);
	parts->x_len = parts->y_len = size;
	return true;
}

/* Members in hex: a point, two coordinates, an Edwards key, or a modulus. */
static bool from_members(const json_t *key, struct parts *parts)
{
	uint8_t point[PART_MAX];
	size_t len;

	parts->algorithm = curve_algorithm(runner_text(key, "curve"));
	if (part_hex(key, "modulus", parts->x, &parts->x_len) &&
	    part_hex(key, "publicExponent", parts->y, &parts->y_len)) {
		parts->algorithm = COSE_RS256;
		return true;
	}
	if (parts->algorithm == COSE_EDDSA)
		return part_hex(key, "pk", parts->x, &parts->x_len);
	if (parts->algorithm == 0)
		return false;
	if (part_hex(key, "uncompressed", point, &len))
		return split_point(parts, point, len);
	return part_hex(key, "wx", parts->x, &parts->x_len) &&
	       part_hex(key, "wy", parts->y, &parts->y_len);
}

static bool from_jwk(const json_t *key, struct parts *parts)
{
	parts->algorithm = curve_algorithm(runner_text(key, "crv"));
	if (part_base64url(key, "n", parts->x, &parts->x_len) &&
	    part_base64url(key, "e", parts->y, &parts->y_len)) {
		parts->algorithm = COSE_RS256;
		return true;
	}
	if (parts->algorithm == 0 || !part_base64url(key, "x", parts->x, &parts->x_len))
		return false;
	return parts->algorithm == COSE_EDDSA || part_base64url(key, "y", parts->y, &parts->y_len);
}

static bool from_number(const EVP_PKEY *pkey, const char *name, uint8_t *part, size_t *ret_len)
{
	BIGNUM *number = NULL;
	bool ok =
		EVP_PKEY_get_bn_param(pkey, name, &number) == 1 && BN_num_bytes(number) <= PART_MAX;

	if (ok)
		*ret_len = (size_t)BN_bn2bin(number, part);
	BN_free(number);
	return ok;
}

static bool from_pkey(const EVP_PKEY *pkey, struct parts *parts)
{
	char curve[64];

	if (EVP_PKEY_is_a(pkey, "RSA")) {
		parts->algorithm = COSE_RS256;
		return from_number(pkey, OSSL_PKEY_PARAM_RSA_N, parts->x, &parts->x_len) &&
		       from_number(pkey, OSSL_PKEY_PARAM_RSA_E, parts->y, &parts->y_len);
	}
	if (EVP_PKEY_is_a(pkey, "ED25519")) {
		parts->algorithm = COSE_EDDSA;
		parts->x_len = sizeof(parts->x);
		return EVP_PKEY_get_raw_public_key(pkey, parts->x, &parts->x_len) == 1;
	}
	if (!EVP_PKEY_is_a(pkey, "EC") ||
	    EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) != 1)
		return false;
	parts->algorithm = curve_algorithm(curve);
	return parts->algorithm != 0 &&
	       from_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, parts->x, &parts->x_len) &&
	       from_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, parts->y, &parts->y_len);
}

static EVP_PKEY *pkey_from_text(const json_t *group)
{
	const char *pem = runner_text(group, "publicKeyPem");
	EVP_PKEY *pkey = NULL;
	uint8_t *der = NULL;
	size_t len;

	if (pem == NULL)
		pem = runner_text(group, "keyPem");
	if (runner_hex(group, "publicKeyDer", &der, &len) ||
	    runner_hex(group, "keyDer", &der, &len)) {
		const unsigned char *at = der;

		pkey = d2i_PUBKEY(NULL, &at, (long)len);
	}
	free(der);
	if (pkey == NULL && pem != NULL) {
		BIO *bio = BIO_new_mem_buf(pem, -1);

		pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
		BIO_free(bio);
	}
	return pkey;
}

static bool read_parts(const json_t *group, struct parts *parts)
{
	static const char *const members[] = {"publicKey", "key", "publicKeyJwk", "keyJwk"};
	EVP_PKEY *pkey;
	bool ok;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const json_t *key = json_object_get(group, members[i]);

		if (json_is_object(key) && (from_members(key, parts) || from_jwk(key, parts)))
			return true;
	}
	if (from_members(group, parts) || from_jwk(group, parts))
		return true;
	pkey = pkey_from_text(group);
	ok = pkey != NULL && from_pkey(pkey, parts);
	EVP_PKEY_free(pkey);
	return ok;
}

enum answer wycheproof_key(const json_t *group, uint8_t *cose, size_t size, size_t *ret_len,
			   char *reason)
{
	static struct parts parts;
	struct cose_key key;
	size_t field;
	bool ok;

	memset(&parts, 0, sizeof(parts));
	snprintf(reason, RUNNER_REASON_MAX, "public key: of a form or algorithm not known");
	if (!read_parts(group, &parts))
		return ANSWER_UNSUPPORTED;
	field = coordinate_size(parts.algorithm);
	if (parts.algorithm == COSE_RS256) {
		strip_zeros(parts.x, &parts.x_len, 1);
		strip_zeros(parts.y, &parts.y_len, 1);
		ok = true;
	} else {
		ok = parts.algorithm == COSE_EDDSA ||
		     (fit(parts.x, &parts.x_len, field) && fit(parts.y, &parts.y_len, field));
	}
	key = (struct cose_key){parts.algorithm, parts.x, parts.y, parts.x_len, parts.y_len};
	*ret_len = ok ? cose_write(&key, cose, size) : 0;
	return *ret_len > 0 ? ANSWER_ACCEPT : ANSWER_UNSUPPORTED;
}
