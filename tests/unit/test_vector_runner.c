/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * vector-runner on files it has never seen: made here, with fresh keys, in each
 * shape and each form of key; and on the published ones.
 */
#include <errno.h>
#include <jansson.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/core/codec.h"
#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

static char path[] = "/tmp/webcred-vectors-XXXXXX";
static char output[65536];
static json_t *published;

/* Runs it on a file; its exit status, its lines in `output`. */
static int run(const char *file)
{
	char command[512];
	size_t len;
	FILE *pipe;
	int status;

	snprintf(command, sizeof(command), "%s %s 2>/dev/null", TEST_RUNNER, file);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	len = fread(output, 1, sizeof(output) - 1, pipe);
	output[len] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void run_json(json_t *file)
{
	assert_int_equal(json_dump_file(file, path, 0), 0);
	json_decref(file);
	assert_int_equal(run(path), 0);
}

/* The answer on the line that begins with this name. */
static void answered(const char *name, const char *answer)
{
	char wanted[256];
	const char *at = output;

	snprintf(wanted, sizeof(wanted), "%s\t%s\t", name, answer);
	while (at != NULL) {
		if (strncmp(at, wanted, strlen(wanted)) == 0)
			return;
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	fail_msg("no line %s in:\n%s", wanted, output);
}

static unsigned count(const char *answer)
{
	char wanted[32];
	unsigned n = 0;

	snprintf(wanted, sizeof(wanted), "\t%s\t", answer);
	for (const char *at = output; (at = strstr(at, wanted)) != NULL; at++)
		n++;
	return n;
}

static json_t *hex(const uint8_t *bytes, size_t len)
{
	static char text[8192];

	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	text[2 * len] = '\0';
	return json_string(text);
}

static void test_published(void **state)
{
	(void)state;
	assert_int_equal(run(TEST_VECTORS "/webauthn_l3_section16.json"), 0);
	assert_int_equal(count("accept"), 13);
	assert_int_equal(count("unsupported"), 2);
	answered("Packed Attestation with ES512 Credential", "unsupported");
	answered("Packed Attestation with Ed448 Credential", "unsupported");
	assert_int_equal(run(TEST_VECTORS "/rfc4226_hotp.json " TEST_VECTORS "/rfc6238_totp.json"),
			 0);
	assert_int_equal(count("accept"), 28);
	answered("HOTP 9", "accept");
	answered("TOTP SHA512 20000000000", "accept");
}

static void test_unreadable(void **state)
{
	FILE *file = fopen(path, "w");

	(void)state;
	fputs("{\"neither\":1}", file);
	fclose(file);
	assert_int_equal(run(path), 2);
	file = fopen(path, "w");
	fputs("[{\"name\":\"a\tb\",\"what\":1}", file);
	fclose(file);
	assert_int_equal(run(path), 2);
	assert_int_equal(run("/nonexistent"), 2);
	assert_int_equal(run(""), 2);
	run_json(json_pack("[{s:s,s:i}]", "name", "a\tb", "what", 1));
	assert_string_equal(output, "a b\tunsupported\ta vector of a shape that is not known\n");
}

/* ---- lists of assertions ------------------------------------------------------- */

/* The assertion of a published ceremony, in the members of such a list. */
static json_t *assertion(size_t index, const char *name)
{
	const json_t *vector = json_array_get(json_object_get(published, "vectors"), index);
	const json_t *get = json_object_get(vector, "authentication");
	const json_t *credential = json_object_get(vector, "credential");
	const json_t *made =
		json_object_get(json_object_get(vector, "registration"), "authDataParsed");

	return json_pack("{s:s, s:O, s:O, s:O, s:O, s:O, s:s, s:i, s:O, s:O, s:O, s:O, s:s}",
			 "name", name, "rpId", json_object_get(vector, "rpId"), "expectedOrigin",
			 json_object_get(vector, "origin"), "challenge",
			 json_object_get(get, "challenge"), "credentialId",
			 json_object_get(credential, "credentialId"), "publicKeyCose",
			 json_object_get(credential, "publicKeyCose"), "userVerification",
			 "preferred", "storedSignCount", 0, "registeredBE",
			 json_object_get(json_object_get(made, "flags"), "BE"), "authenticatorData",
			 json_object_get(get, "authenticatorData"), "clientDataJSON",
			 json_object_get(get, "clientDataJSON"), "signature",
			 json_object_get(get, "signature"), "comment", "ignored");
}

static void add(json_t *list, const char *name, const char *member, json_t *value)
{
	json_t *one = assertion(0, name);

	if (value != NULL)
		json_object_set_new(one, member, value);
	else
		json_object_del(one, member);
	json_array_append_new(list, one);
}

static void test_assertions(void **state)
{
	json_t *list = json_array();

	(void)state;
	json_array_append_new(list, assertion(0, "good"));
	json_array_append_new(list, assertion(8, "rs256"));
	json_array_append_new(list, assertion(9, "eddsa"));
	json_array_append_new(list, assertion(2, "cross-origin"));
	json_array_append_new(list, assertion(3, "top-origin"));
	json_array_append_new(list, assertion(7, "es512"));
	add(list, "uv", "userVerification", json_string("required"));
	add(list, "rp", "rpId", json_string("example.net"));
	add(list, "origin", "expectedOrigin", json_string("https://example.net"));
	add(list, "challenge", "challenge", json_string("00112233445566778899aabbccddeeff"));
	add(list, "counter", "storedSignCount", json_integer(1));
	add(list, "be", "registeredBE", json_false());
	add(list, "signature", "signature", json_string("3006020101020101"));
	add(list, "no hex", "signature", json_string("xx"));
	add(list, "empty", "authenticatorData", json_string(""));
	add(list, "key", "publicKeyCose", json_string("a0"));
	add(list, "missing", "clientDataJSON", NULL);
	run_json(json_deep_copy(list));
	for (int shape = 0; shape < 2; shape++) {
		answered("good", "accept");
		answered("rs256", "accept");
		answered("eddsa", "accept");
		answered("es512", "unsupported");
		assert_int_equal(count("accept"), 3);
		assert_int_equal(count("reject"), 13);
		answered("cross-origin", "reject");
		answered("top-origin", "reject");
		if (shape == 0)
			run_json(json_pack("{s:o}", "vectors", list));
	}
}

/* ---- groups of signatures ---------------------------------------------------------- */

static const uint8_t message[] = "a message";

static json_t *one_test(int id, const uint8_t *signature, size_t len, const char *result)
{
	return json_pack("{s:i, s:s, s:o, s:o, s:s}", "tcId", id, "comment", "", "msg",
			 hex(message, sizeof(message)), "sig", hex(signature, len), "result",
			 result);
}

/* r and s side by side. */
static size_t to_p1363(const uint8_t *der, size_t len, uint8_t out[64])
{
	const unsigned char *at = der;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)len);

	assert_non_null(signature);
	BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + 32, 32);
	ECDSA_SIG_free(signature);
	return 64;
}

/* Test 1 is good, 2 has a byte more, 3 a bit changed. */
static json_t *three_tests(const struct signer *signer, bool p1363)
{
	uint8_t signature[600] = {0};
	size_t len = signer_sign(signer, message, sizeof(message), signature, sizeof(signature));
	json_t *tests = json_array();

	if (p1363) {
		uint8_t raw[65] = {0};

		len = to_p1363(signature, len, raw);
		memcpy(signature, raw, sizeof(raw));
	}
	json_array_append_new(tests, one_test(1, signature, len, "valid"));
	json_array_append_new(tests, one_test(2, signature, len + 1, "acceptable"));
	signature[len - 1] ^= 1;
	json_array_append_new(tests, one_test(3, signature, len, "invalid"));
	return tests;
}

enum form { FORM_MEMBERS, FORM_COORDINATES, FORM_JWK, FORM_DER, FORM_PEM, N_FORMS };

static json_t *base64url(const uint8_t *bytes, size_t len)
{
	char text[2048];

	assert_true(codec_base64_encode(bytes, len, true, text, sizeof(text)) >= 0);
	return json_string(text);
}

static json_t *members(const struct cose_key *key, bool coordinates)
{
	uint8_t padded[1 + 1024] = {0};

	if (key->algorithm == COSE_EDDSA)
		return json_pack("{s:s, s:s, s:o}", "type", "EDDSAPublicKey", "curve",
				 "edwards25519", "pk", hex(key->x, key->x_len));
	memcpy(padded + 1, key->x, key->x_len); /* with a zero for the sign */
	if (key->algorithm == COSE_RS256)
		return json_pack("{s:o, s:o}", "modulus", hex(padded, key->x_len + 1),
				 "publicExponent", hex(key->y, key->y_len));
	if (coordinates)
		return json_pack("{s:s, s:o, s:o}", "curve", "secp256r1", "wx",
				 hex(padded, key->x_len + 1), "wy", hex(key->y, key->y_len));
	padded[0] = 0x04;
	memcpy(padded + 33, key->y, 32);
	return json_pack("{s:s, s:o}", "curve", "secp256r1", "uncompressed", hex(padded, 65));
}

static json_t *jwk(const struct cose_key *key)
{
	if (key->algorithm == COSE_EDDSA)
		return json_pack("{s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519", "x",
				 base64url(key->x, key->x_len));
	if (key->algorithm == COSE_RS256)
		return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n",
				 base64url(key->x, key->x_len), "e", base64url(key->y, key->y_len));
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", "P-256", "x",
			 base64url(key->x, key->x_len), "y", base64url(key->y, key->y_len));
}

static void give_key(json_t *group, const struct signer *signer, enum form form)
{
	struct cose_key key;
	unsigned char *der = NULL;
	char *pem;
	BIO *bio;
	int len;

	assert_int_equal(cose_parse(signer->cose, signer->cose_len, &key), COSE_OK);
	switch (form) {
	case FORM_MEMBERS:
	case FORM_COORDINATES:
		json_object_set_new(group, "publicKey", members(&key, form == FORM_COORDINATES));
		return;
	case FORM_JWK:
		json_object_set_new(group, "publicKeyJwk", jwk(&key));
		return;
	case FORM_DER:
		len = i2d_PUBKEY(signer->pkey, &der);
		assert_true(len > 0);
		json_object_set_new(group, "publicKeyDer", hex(der, (size_t)len));
		OPENSSL_free(der);
		return;
	case FORM_PEM:
	case N_FORMS:
		bio = BIO_new(BIO_s_mem());
		assert_int_equal(PEM_write_bio_PUBKEY(bio, signer->pkey), 1);
		len = (int)BIO_get_mem_data(bio, &pem);
		json_object_set_new(group, "publicKeyPem", json_stringn(pem, (size_t)len));
		BIO_free(bio);
	}
}

static void run_group(const struct signer *signer, const char *type, const char *sha, bool p1363,
		      enum form form)
{
	json_t *group = json_pack("{s:s, s:o}", "type", type, "tests", three_tests(signer, p1363));

	if (sha != NULL)
		json_object_set_new(group, "sha", json_string(sha));
	give_key(group, signer, form);
	run_json(json_pack("{s:s, s:[o]}", "algorithm", "any", "testGroups", group));
}

static void test_signatures(void **state)
{
	static const struct {
		int32_t algorithm;
		const char *type, *sha;
		bool p1363;
	} cases[] = {
		{COSE_ES256, "EcdsaVerify", "SHA-256", false},
		{COSE_ES256, "EcdsaP1363Verify", "SHA-256", true},
		{COSE_EDDSA, "EddsaVerify", NULL, false},
		{COSE_RS256, "RsassaPkcs1Verify", "SHA-256", false},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		struct signer signer;

		signer_open(&signer, cases[i].algorithm);
		for (int form = 0; form < N_FORMS; form++) {
			run_group(&signer, cases[i].type, cases[i].sha, cases[i].p1363,
				  (enum form)form);
			answered("1", "accept");
			answered("2", "reject");
			answered("3", "reject");
		}
		signer_close(&signer);
	}
}

static void test_foreign_signatures(void **state)
{
	struct signer signer;

	(void)state;
	signer_open(&signer, COSE_ES256);
	run_group(&signer, "EcdsaVerify", "SHA-512", false, FORM_MEMBERS);
	assert_int_equal(count("unsupported"), 3);
	run_group(&signer, "EcdhTest", "SHA-256", false, FORM_MEMBERS);
	assert_int_equal(count("unsupported"), 3);
	signer_close(&signer);
	signer_open(&signer, COSE_RS256);
	run_group(&signer, "RsassaPssVerify", "SHA-256", false, FORM_MEMBERS);
	assert_int_equal(count("unsupported"), 3);
	signer_close(&signer);
}

static int open_all(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	published = json_load_file(TEST_VECTORS "/webauthn_l3_section16.json", 0, NULL);
	return fd < 0 || close(fd) != 0 || published == NULL ? -1 : 0;
}

static int close_all(void **state)
{
	(void)state;
	json_decref(published);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),	   cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_assertions),	   cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_foreign_signatures),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
