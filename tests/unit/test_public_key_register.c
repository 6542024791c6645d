/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What public_key_register() refuses (WA 7.1, behaviours 72 to 79): each check
 * has a case of its own, and the reason is compared.
 */
#include <string.h>

#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

#define RP "host.example"
#define ORIGIN "webcred://host.example/sudo"
#define UP PUBLIC_KEY_UP
#define BS PUBLIC_KEY_BS
#define AT PUBLIC_KEY_AT

static struct signer signer;
static const uint8_t challenge[32] = "0123456789abcdef0123456789abcde";
static const uint8_t the_id[] = "the credential's id", other_id[] = "another id";

struct creation {
	struct public_key_creation expected;
	struct public_key_attestation response;
	int32_t algorithms[2];
	uint8_t auth[2048];
	char client_data[512];
	struct credential record;
	char reason[TYPE_REASON_MAX];
};

static void creation_init(struct creation *creation)
{
	ssize_t n;

	memset(creation, 0, sizeof(*creation));
	n = public_key_client_data(true, challenge, sizeof(challenge), ORIGIN,
				   creation->client_data, sizeof(creation->client_data));
	assert_true(n > 0);
	creation->algorithms[0] = COSE_ES256;
	creation->expected = (struct public_key_creation){
		.context = {.origin = ORIGIN, .challenge = {challenge, sizeof(challenge)}},
		.rp_id = RP,
		.algorithm = creation->algorithms,
		.n_algorithms = 1,
	};
	creation->response = (struct public_key_attestation){
		.id = {the_id, sizeof(the_id)},
		.auth_data = {creation->auth, 0},
		.client_data = {(uint8_t *)creation->client_data, (size_t)n},
		.format = "none",
		.statement = {(const uint8_t *)"\xa0", 1},
	};
	creation->response.auth_data.len = signer_attested(
		&signer, RP, UP, 1, the_id, sizeof(the_id), creation->auth, sizeof(creation->auth));
}

static void created(struct creation *creation)
{
	assert_int_equal(public_key_register(&creation->expected, &creation->response,
					     &creation->record, creation->reason),
			 VERDICT_GRANTED);
	assert_string_equal(creation->reason, "");
	assert_int_equal(creation->record.external_len, sizeof(the_id));
}

static void not_created(struct creation *creation, const char *reason)
{
	memset(&creation->record, 0, sizeof(creation->record));
	assert_int_equal(public_key_register(&creation->expected, &creation->response,
					     &creation->record, creation->reason),
			 VERDICT_REFUSED);
	assert_string_equal(creation->reason, reason);
	assert_int_equal(creation->record.type, WEBCRED_TYPE_NONE);
}

static void test_register_key(void **state)
{
	struct creation c;
	size_t key = 55 + sizeof(the_id); /* where the COSE_Key begins */

	(void)state;
	creation_init(&c);
	created(&c);
	c.response.id.len = 0; /* not told beside it */
	created(&c);
	creation_init(&c);
	c.algorithms[0] = COSE_RS256; /* 73 */
	not_created(&c, "public key: of an algorithm that was not asked for");
	c.expected.n_algorithms = 2;
	c.algorithms[1] = COSE_ES256;
	created(&c);
	creation_init(&c);
	c.auth[key + 4] = 0x2e; /* -15 */
	not_created(&c, "public key: of an algorithm that is not supported");
	creation_init(&c);
	c.auth[key + 2] = 0x01; /* kty OKP */
	not_created(&c, "public key: malformed");
	creation_init(&c);
	c.auth[c.response.auth_data.len - 1] ^= 1; /* y */
	not_created(&c, "public key: not on its curve");
	creation_init(&c);
	c.response.id = (struct public_key_bytes){other_id, sizeof(other_id)};
	not_created(&c, "credential id: differs from the authenticator data's");
	creation_init(&c);
	signer_auth_data(RP, UP, 1, c.auth);
	c.response.auth_data.len = 37;
	not_created(&c, "authenticator data: without attested credential data");
}

static void test_register_rest(void **state)
{
	struct creation c;

	(void)state;
	creation_init(&c);
	c.expected.context.origin = "webcred://host.example/sshd";
	not_created(&c, "client data: another origin");
	creation_init(&c);
	memcpy(strstr(c.client_data, "create"), "get\",\"x", 6);
	not_created(&c, "client data: not strict JSON, or a member of the wrong kind or size");
	creation_init(&c);
	c.response.client_data.len = (size_t)public_key_client_data(
		false, challenge, sizeof(challenge), ORIGIN, c.client_data, sizeof(c.client_data));
	not_created(&c, "client data: of another type");
	creation_init(&c);
	c.expected.rp_id = "example";
	not_created(&c, "authenticator data: for another relying party id");
	creation_init(&c);
	c.auth[32] = AT;
	not_created(&c, "authenticator data: user not present");
	c.expected.no_touch = true; /* even then */
	not_created(&c, "authenticator data: user not present");
	creation_init(&c);
	c.expected.user_verification = true;
	not_created(&c, "authenticator data: user not verified");
	creation_init(&c);
	c.auth[32] |= BS;
	not_created(&c, "authenticator data: backed up, and not eligible for it");
	creation_init(&c);
	c.response.auth_data.len--;
	not_created(&c, "authenticator data: the public key is no sound CBOR");
	creation_init(&c);
	c.response.auth_data.len++;
	not_created(&c, "authenticator data: bytes follow its end");
}

/* 78: with `direct` the statement is verified; self attestation is signed here,
 * certificates are those of the published vectors. */
/* behaviour 78 */
static void test_attestation(void **state)
{
	uint8_t statement[200] = "\xa2\x63"
				 "alg\x26\x63"
				 "sig\x58";
	size_t at = 11;
	struct creation c;

	(void)state;
	creation_init(&c);
	c.response.format = "packed";
	statement[at] =
		(uint8_t)signer_assert(&signer, c.auth, c.response.auth_data.len, c.client_data,
				       c.response.client_data.len, statement + at + 1, 100);
	c.response.statement = (struct public_key_bytes){statement, at + 1 + (size_t)statement[at]};
	c.expected.attest = true;
	created(&c);
	statement[at + 20] ^= 1;
	not_created(&c, "attestation: the signature does not verify");
	c.expected.attest = false; /* then it is not looked at */
	created(&c);
	c.expected.attest = true;
	statement[at + 20] ^= 1;
	statement[5] = 0x27;
	not_created(&c, "attestation: of another algorithm than the key");
	statement[5] = 0x26;
	c.response.statement.len--;
	not_created(&c, "attestation: malformed");
	c.response.statement.len++;
	c.response.format = "none";
	not_created(&c, "attestation: none, and yet not empty");
	c.response.format = "tpm";
	not_created(&c, "attestation: of a format that is not supported");
	c.response.format = "fido-u2f";
	not_created(&c, "attestation: the signature does not verify");
	c.response.format = "packed";
	c.response.statement = (struct public_key_bytes){(const uint8_t *)"\xa0", 1};
	not_created(&c, "attestation: members are missing");
	c.response.format = "none";
	created(&c);
}

static int open_keys(void **state)
{
	(void)state;
	signer_open(&signer, COSE_ES256);
	return 0;
}

static int close_keys(void **state)
{
	(void)state;
	signer_close(&signer);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register_key),
		cmocka_unit_test(test_register_rest),
		cmocka_unit_test(test_attestation),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
