/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What a key sends, damaged in every small way.  Each damaged input lies alone
 * on the heap, so that a read past its end is seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

static const uint8_t id[] = "0123456789abcdef";

/* ---- CBOR ------------------------------------------------------------------ */

static void test_cbor(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool good;
	} cases[] = {
#define CBOR(text, good) {text, sizeof(text) - 1, good}
		CBOR("\x00", true),
		CBOR("\x17", true),
		CBOR("\x18\x18", true),
		CBOR("\x18\x17", false), /* a longer head than needed */
		CBOR("\x19\x00\xff", false),
		CBOR("\x19\x01\x00", true),
		CBOR("\x1a\x00\x00\xff\xff", false),
		CBOR("\x1a\x00\x01\x00\x00", true),
		CBOR("\x1b\x00\x00\x00\x00\xff\xff\xff\xff", false),
		CBOR("\x1b\x00\x00\x00\x01\x00\x00\x00\x00", true),
		CBOR("\x1c", false),
		CBOR("\x1f", false),
		CBOR("\x20", true),
		CBOR("\x3b\xff\xff\xff\xff\xff\xff\xff\xff", true),
		CBOR("\x40", true),
		CBOR("\x41", false),
		CBOR("\x41\x00", true),
		CBOR("\x5f\x41\x00\xff", false), /* of indefinite length */
		CBOR("\x7f\xff", false),
		CBOR("\x9f\xff", false),
		CBOR("\xbf\xff", false),
		CBOR("\x5b\xff\xff\xff\xff\xff\xff\xff\xff", false), /* hostile lengths */
		CBOR("\x9b\xff\xff\xff\xff\xff\xff\xff\xff", false),
		CBOR("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", false),
		CBOR("\x9a\x00\xff\xff\xff\x00", false),
		CBOR("\x61\xc3", false), /* no UTF-8 */
		CBOR("\x62\xc3\xa9", true),
		CBOR("\x82\x00\x00", true),
		CBOR("\x82\x00", false),
		CBOR("\xa2\x00\x00\x01\x00", true),
		CBOR("\xa2\x01\x00\x00\x00", true),  /* order is not judged */
		CBOR("\xa2\x00\x00\x00\x00", false), /* a key twice */
		CBOR("\xa2\x61\x61\x00\x61\x61\x01", false),
		CBOR("\xa2\xa1\x00\x01\x00\xa1\x00\x01\x00", false),
		CBOR("\xa1\x00", false),
		CBOR("\xc0\x00", false), /* a tag */
		CBOR("\xe0", false),
		CBOR("\xf4", true),
		CBOR("\xf6", true),
		CBOR("\xf8\x20", false),
		CBOR("\xf9\x3c\x00", true),
		CBOR("\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00", true),
		CBOR("\xff", false),
		CBOR("\x81\x81\x81\x81\x81\x81\x81\x00", true),
		CBOR("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00", false), /* too deep */
		CBOR("\x00\x00", false),				 /* something follows */
		CBOR("", false),
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		uint8_t *alone = malloc(cases[i].len + 1);

		memcpy(alone, cases[i].bytes, cases[i].len);
		if (cbor_whole(alone, cases[i].len) != cases[i].good)
			fail_msg("case %zu", i);
		free(alone);
	}
}

/* A head that is reserved, or of indefinite length, with plenty behind it; and
 * items of another kind than is asked for. */
static void test_cbor_heads(void **state)
{
	static const uint8_t wrong[] = {0x1c, 0x1d, 0x1e, 0x1f, 0x3f, 0x5c, 0x5f, 0x7f, 0x9f, 0xbf};
	uint8_t bytes[400] = {0};
	struct cbor_walk walk;
	const uint8_t *string;
	const char *text;
	int64_t number;
	size_t n;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
		bytes[0] = wrong[i];
		cbor_open(&walk, bytes, sizeof(bytes));
		assert_false(cbor_skip(&walk));
	}
	for (unsigned head = 0; head < 256; head++) {
		bytes[0] = (uint8_t)head;
		cbor_open(&walk, bytes, sizeof(bytes));
		assert_int_equal(cbor_get_int(&walk, &number),
				 head < 24 || (head >= 0x20 && head < 0x38));
		cbor_open(&walk, bytes, sizeof(bytes));
		assert_int_equal(cbor_get_bytes(&walk, &string, &n), head >= 0x40 && head < 0x58);
		cbor_open(&walk, bytes, sizeof(bytes));
		assert_int_equal(cbor_get_text(&walk, &text, &n), head >= 0x60 && head < 0x78);
		cbor_open(&walk, bytes, sizeof(bytes));
		assert_int_equal(cbor_get_array(&walk, &n), head >= 0x80 && head < 0x98);
		cbor_open(&walk, bytes, sizeof(bytes));
		assert_int_equal(cbor_get_map(&walk, &n), head >= 0xa0 && head < 0xb8);
	}
	cbor_open(&walk, (const uint8_t *)"\x3b\x80\0\0\0\0\0\0\0", 9); /* below INT64_MIN */
	assert_false(cbor_get_int(&walk, &number));
}

static void test_cbor_members(void **state)
{
	uint8_t many[2 + 2 * 100];
	size_t at;

	(void)state;
	for (unsigned n = CBOR_MEMBERS_MAX; n <= CBOR_MEMBERS_MAX + 1; n++) {
		at = 0;
		many[at++] = 0xb8;
		many[at++] = (uint8_t)n;
		for (unsigned i = 0; i < n; i++) {
			if (i >= 24)
				many[at++] = 0x18;
			many[at++] = (uint8_t)i;
			many[at++] = 0;
		}
		assert_int_equal(cbor_whole(many, at), n == CBOR_MEMBERS_MAX);
	}
}

/* ---- COSE_Key ----------------------------------------------------------------- */

static enum cose_result parse_alone(const uint8_t *bytes, size_t len)
{
	uint8_t *alone = malloc(len + 1);
	struct cose_key key;
	enum cose_result result;

	memcpy(alone, bytes, len);
	alone = realloc(alone, len > 0 ? len : 1);
	result = cose_parse(alone, len, &key);
	free(alone);
	return result;
}

static void test_cose_lengths(void **state)
{
	static const int32_t algorithms[] = {COSE_ES256, COSE_ES384, COSE_EDDSA, COSE_RS256};

	(void)state;
	for (size_t a = 0; a < N_ELEMENTS(algorithms); a++) {
		struct signer signer;
		uint8_t longer[CREDENTIAL_KEY_MAX + 1];

		signer_open(&signer, algorithms[a]);
		assert_int_equal(parse_alone(signer.cose, signer.cose_len), COSE_OK);
		for (size_t len = 0; len < signer.cose_len; len++)
			assert_int_not_equal(parse_alone(signer.cose, len), COSE_OK);
		memcpy(longer, signer.cose, signer.cose_len);
		longer[signer.cose_len] = 0;
		assert_int_equal(parse_alone(longer, signer.cose_len + 1), COSE_MALFORMED);
		signer_close(&signer);
	}
}

/* A key of the given members, in hex; x stands for 32 bytes. */
static enum cose_result parse_text(const char *text)
{
	uint8_t bytes[512];
	size_t len = 0;

	for (; *text != '\0'; text++) {
		unsigned value;

		if (*text == 'x') {
			memset(bytes + len, 0x11, 32);
			len += 32;
		} else if (*text != ' ') {
			assert_int_equal(sscanf(text, "%2x", &value), 1);
			bytes[len++] = (uint8_t)value;
			text++;
		}
	}
	return parse_alone(bytes, len);
}

static void test_cose_members(void **state)
{
	static const struct {
		const char *text;
		enum cose_result result;
	} cases[] = {
		{"a5 0102 0326 2001 215820x 225820x", COSE_OK},
		{"a5 2001 0102 0326 215820x 225820x", COSE_OK}, /* another order */
		{"a4 0101 0327 2006 215820x", COSE_OK},
		{"a5 0101 0326 2001 215820x 225820x", COSE_MALFORMED}, /* kty */
		{"a5 0103 0326 2001 215820x 225820x", COSE_MALFORMED},
		{"a5 0102 0326 2002 215820x 225820x", COSE_MALFORMED}, /* crv */
		{"a5 0102 0326 2006 215820x 225820x", COSE_MALFORMED},
		{"a5 0102 0327 2001 215820x 225820x", COSE_MALFORMED},
		{"a4 0102 0326 2001 215820x", COSE_MALFORMED},		       /* no y */
		{"a5 0102 0326 2001 215820x 22f5", COSE_MALFORMED},	       /* compressed */
		{"a4 0102 2001 215820x 225820x", COSE_MALFORMED},	       /* no alg */
		{"a4 0326 2001 215820x 225820x", COSE_MALFORMED},	       /* no kty */
		{"a4 0102 0326 215820x 225820x", COSE_MALFORMED},	       /* no crv */
		{"a6 0102 0326 0201 2001 215820x 225820x", COSE_MALFORMED},    /* kid */
		{"a6 0102 0326 2001 215820x 225820x 23 4101", COSE_MALFORMED}, /* d */
		{"a6 0102 0102 0326 2001 215820x 225820x", COSE_MALFORMED},    /* twice */
		{"a6 0102 0326 0327 2001 215820x 225820x", COSE_MALFORMED},
		{"a5 0102 0326 2001 21581f1111 225820x", COSE_MALFORMED},
		{"a5 0102 0326 2001 217820x 225820x", COSE_MALFORMED}, /* a text */
		{"bf 0102 0326 2001 215820x 225820x ff", COSE_MALFORMED},
		{"a5 0102 03382e 2001 215820x 225820x", COSE_UNSUPPORTED}, /* ES256K */
		{"a5 0102 033823 2003 215820x 225820x", COSE_UNSUPPORTED}, /* ES512 */
		{"a4 0101 0327 2007 215820x", COSE_UNSUPPORTED},	   /* Ed448 */
		{"a5 0101 0327 2006 215820x 225820x", COSE_MALFORMED},
		{"a4 0102 0327 2006 215820x", COSE_MALFORMED},
		{"a4 0101 0327 2006 21581f1111", COSE_MALFORMED},
		{"a0", COSE_MALFORMED},
		{"80", COSE_MALFORMED},
		{"", COSE_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		if (parse_text(cases[i].text) != cases[i].result)
			fail_msg("%s: %d", cases[i].text, parse_text(cases[i].text));
	}
}

static enum cose_result parse_rsa(size_t n_len, uint8_t first, uint8_t last, const char *e,
				  size_t e_len)
{
	uint8_t n[1100], bytes[1200];
	struct cose_key key = {COSE_RS256, n, (const uint8_t *)e, n_len, e_len};
	size_t len;

	memset(n, 0x5a, sizeof(n));
	n[0] = first;
	n[n_len - 1] = last;
	len = cose_write(&key, bytes, sizeof(bytes));
	assert_true(len > 0);
	return parse_alone(bytes, len);
}

static void test_cose_rsa(void **state)
{
	(void)state;
	assert_int_equal(parse_rsa(256, 0x80, 1, "\1\0\1", 3), COSE_OK);
	assert_int_equal(parse_rsa(1024, 0xff, 1, "\3", 1), COSE_OK);
	assert_int_equal(parse_rsa(256, 0x7f, 1, "\1\0\1", 3), COSE_MALFORMED); /* 2047 bits */
	assert_int_equal(parse_rsa(128, 0x80, 1, "\1\0\1", 3), COSE_MALFORMED);
	assert_int_equal(parse_rsa(1025, 0x01, 1, "\1\0\1", 3), COSE_MALFORMED); /* 8193 */
	assert_int_equal(parse_rsa(257, 0x00, 1, "\1\0\1", 3), COSE_MALFORMED);
	assert_int_equal(parse_rsa(256, 0x80, 2, "\1\0\1", 3), COSE_MALFORMED); /* even */
	assert_int_equal(parse_rsa(256, 0x80, 1, "\1\0\2", 3), COSE_MALFORMED);
	assert_int_equal(parse_rsa(256, 0x80, 1, "\1", 1), COSE_MALFORMED);
	assert_int_equal(parse_rsa(256, 0x80, 1, "\0\3", 2), COSE_MALFORMED);
	assert_int_equal(parse_rsa(256, 0x80, 1, "", 0), COSE_MALFORMED);
	assert_int_equal(parse_rsa(256, 0x80, 1, "\1\0\0\0\0\0\0\0\1", 9), COSE_MALFORMED);
	{
		struct signer signer;

		signer_open(&signer, COSE_RS256);
		assert_int_equal(parse_alone(signer.cose, signer.cose_len), COSE_OK);
		signer.cose[2] = 2; /* kty EC2 */
		assert_int_equal(parse_alone(signer.cose, signer.cose_len), COSE_MALFORMED);
		signer.cose[2] = 3;
		signer.cose[0] = 0xa3; /* without e */
		assert_int_equal(parse_alone(signer.cose, signer.cose_len - 5), COSE_MALFORMED);
		signer_close(&signer);
	}
}

static void test_curve(void **state)
{
	struct signer signer;
	struct cose_key key;
	uint8_t y[32];

	(void)state;
	signer_open(&signer, COSE_ES256);
	assert_int_equal(cose_parse(signer.cose, signer.cose_len, &key), COSE_OK);
	assert_true(cose_loads(&key));
	memcpy(y, key.y, sizeof(y));
	y[31] ^= 1;
	key.y = y;
	assert_false(cose_loads(&key)); /* not on the curve */
	memset(y, 0xff, sizeof(y));
	assert_false(cose_loads(&key)); /* not in the field */
	memset(y, 0, sizeof(y));
	key.x = y;
	assert_false(cose_loads(&key));
	signer_close(&signer);
}

/* ---- signatures ------------------------------------------------------------------ */

static void test_signatures(void **state)
{
	static const int32_t algorithms[] = {COSE_ES256, COSE_ES384, COSE_EDDSA, COSE_RS256};
	static const uint8_t message[] = "message";

	(void)state;
	for (size_t a = 0; a < N_ELEMENTS(algorithms); a++) {
		struct signer signer;
		struct cose_key key;
		uint8_t signature[600] = {0};
		size_t len;

		signer_open(&signer, algorithms[a]);
		assert_int_equal(cose_parse(signer.cose, signer.cose_len, &key), COSE_OK);
		len = signer_sign(&signer, message, sizeof(message), signature, sizeof(signature));
		assert_true(cose_verify(&key, message, sizeof(message), signature, len));
		assert_false(cose_verify(&key, message, sizeof(message) - 1, signature, len));
		assert_false(cose_verify(&key, message, sizeof(message), signature, len + 1));
		for (size_t cut = 0; cut < len; cut++)
			assert_false(cose_verify(&key, message, sizeof(message), signature, cut));
		signature[len / 2] ^= 1;
		assert_false(cose_verify(&key, message, sizeof(message), signature, len));
		signer_close(&signer);
	}
}

/* BER that libcrypto would take, and numbers that are none (X.690). */
static void test_strict_der(void **state)
{
	static const uint8_t message[] = "message";
	struct signer signer;
	struct cose_key key;
	uint8_t der[80], other[90];
	size_t len;

	(void)state;
	signer_open(&signer, COSE_ES256);
	assert_int_equal(cose_parse(signer.cose, signer.cose_len, &key), COSE_OK);
	len = signer_sign(&signer, message, sizeof(message), der, sizeof(der));
	assert_true(cose_verify(&key, message, sizeof(message), der, len));
	other[0] = 0x30; /* the length in two bytes */
	other[1] = 0x81;
	memcpy(other + 2, der + 1, len - 1);
	assert_false(cose_verify(&key, message, sizeof(message), other, len + 1));
	memcpy(other, der, 2); /* a zero before r */
	other[1]++;
	other[2] = 0x02;
	other[3] = (uint8_t)(der[3] + 1);
	other[4] = 0;
	memcpy(other + 5, der + 4, len - 4);
	assert_false(cose_verify(&key, message, sizeof(message), other, len + 1));
	memcpy(other, der, len); /* something after s */
	other[len] = 0;
	other[1]++;
	assert_false(cose_verify(&key, message, sizeof(message), other, len + 1));
	assert_false(cose_verify(&key, message, sizeof(message),
				 (const uint8_t *)"\x30\x06\x02\x01\x00\x02\x01\x00", 8));
	signer_close(&signer);
}

/* ---- authenticator data --------------------------------------------------------------- */

static const char *auth_alone(const uint8_t *bytes, size_t len, struct public_key_auth *ret_auth)
{
	uint8_t *alone = malloc(len > 0 ? len : 1);
	const char *wrong;

	memcpy(alone, bytes, len);
	wrong = public_key_auth_parse(alone, len, ret_auth);
	free(alone);
	return wrong;
}

static void test_auth_lengths(void **state)
{
	struct signer signer;
	struct public_key_auth auth;
	uint8_t bytes[400];
	size_t len;

	(void)state;
	signer_open(&signer, COSE_ES256);
	len = signer_attested(&signer, "rp", PUBLIC_KEY_UP | PUBLIC_KEY_ED, 7, id, sizeof(id),
			      bytes, sizeof(bytes));
	memcpy(bytes + len,
	       "\xa1\x63"
	       "abc\xa1\x01\x02",
	       8);
	len += 8;
	assert_null(auth_alone(bytes, len, &auth));
	assert_int_equal(auth.counter, 7);
	assert_int_equal(auth.id_len, sizeof(id));
	assert_int_equal(auth.key_result, COSE_OK);
	assert_int_equal(auth.extensions_len, 8);
	for (size_t cut = 0; cut < len; cut++)
		assert_non_null(auth_alone(bytes, cut, &auth));
	bytes[len] = 0;
	assert_non_null(auth_alone(bytes, len + 1, &auth));
	signer_close(&signer);
}

/* 79: an id has 1 to 1023 bytes. */
static void test_auth_id(void **state)
{
	static const struct {
		size_t len;
		bool good;
	} cases[] = {{0, false}, {1, true}, {1023, true}, {1024, false}};
	static const uint8_t long_id[1024];
	struct signer signer;
	struct public_key_auth auth;
	uint8_t bytes[1300];

	(void)state;
	signer_open(&signer, COSE_EDDSA);
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		size_t len = signer_attested(&signer, "rp", PUBLIC_KEY_UP, 7, long_id, cases[i].len,
					     bytes, sizeof(bytes));

		assert_int_equal(auth_alone(bytes, len, &auth) == NULL, cases[i].good);
	}
	signer_close(&signer);
}

/* Every byte of a good COSE_Key and of good authenticator data, set to every
 * value: the parsers stay within their input (seen by AddressSanitizer). */
static void test_every_byte(void **state)
{
	struct signer signer;
	struct public_key_auth auth;
	uint8_t bytes[400], kept;
	size_t len;

	(void)state;
	signer_open(&signer, COSE_ES256);
	len = signer_attested(&signer, "rp", PUBLIC_KEY_UP, 7, id, sizeof(id), bytes,
			      sizeof(bytes));
	for (size_t i = 32; i < len; i++) {
		kept = bytes[i];
		for (unsigned byte = 0; byte < 256; byte++) {
			bytes[i] = (uint8_t)byte;
			(void)auth_alone(bytes, len, &auth);
		}
		bytes[i] = kept;
	}
	assert_null(auth_alone(bytes, len, &auth));
	signer_close(&signer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cbor),	     cmocka_unit_test(test_cbor_members),
		cmocka_unit_test(test_cbor_heads),   cmocka_unit_test(test_cose_lengths),
		cmocka_unit_test(test_cose_members), cmocka_unit_test(test_cose_rsa),
		cmocka_unit_test(test_curve),	     cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_strict_der),   cmocka_unit_test(test_auth_lengths),
		cmocka_unit_test(test_auth_id),	     cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
