/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The published ceremonies (WebAuthn Level 3, section 16): each loadable one is
 * granted, and refused with any single thing changed.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/codec.h"
#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

#define LOADABLE 13 /* of 15: all but ES512 and Ed448 */

struct bytes {
	uint8_t at[2048];
	size_t len;
};

struct vector {
	const json_t *json;
	struct bytes key, id, challenge, auth, client, signature;
	struct credential record;
	struct public_key_bytes allow;
	struct public_key_expectation expected;
	struct public_key_response response;
};

static json_t *file;
static struct signer stranger;

static void hex(const json_t *object, const char *member, struct bytes *bytes)
{
	const char *text = json_string_value(json_object_get(object, member));
	ssize_t n;

	assert_non_null(text);
	n = codec_hex_decode(text, strlen(text), bytes->at, sizeof(bytes->at));
	assert_true(n >= 0);
	bytes->len = (size_t)n;
}

static struct public_key_bytes lend(const struct bytes *bytes)
{
	return (struct public_key_bytes){bytes->at, bytes->len};
}

static void expect(struct vector *vector)
{
	const char *anchor = json_string_value(json_object_get(vector->json, "anchor"));

	vector->allow = lend(&vector->id);
	vector->expected = (struct public_key_expectation){
		.context = {.origin = json_string_value(json_object_get(vector->json, "origin")),
			    .challenge = lend(&vector->challenge)},
		.record = &vector->record,
		.counter = COUNTER_FAIL,
		.allow = &vector->allow,
		.n_allow = 1,
	};
	if (strstr(anchor, "crossOrigin") != NULL || strstr(anchor, "topOrigin") != NULL)
		vector->expected.context.cross_origin = true;
	if (strstr(anchor, "topOrigin") != NULL)
		vector->expected.context.top_origin = "https://example.com";
	vector->response = (struct public_key_response){
		.id = lend(&vector->id),
		.auth_data = lend(&vector->auth),
		.client_data = lend(&vector->client),
		.signature = lend(&vector->signature),
	};
}

/* False for a key that is not supported. */
static bool load(size_t index, struct vector *vector)
{
	const json_t *json = json_array_get(json_object_get(file, "vectors"), index);
	const json_t *get = json_object_get(json, "authentication");
	const json_t *credential = json_object_get(json, "credential");
	const json_t *flags = json_object_get(
		json_object_get(json_object_get(json, "registration"), "authDataParsed"), "flags");
	struct credential *record = &vector->record;
	struct cose_key key;
	enum cose_result result;

	memset(vector, 0, sizeof(*vector));
	vector->json = json;
	hex(credential, "publicKeyCose", &vector->key);
	hex(credential, "credentialId", &vector->id);
	hex(get, "challenge", &vector->challenge);
	hex(get, "authenticatorData", &vector->auth);
	hex(get, "clientDataJSON", &vector->client);
	hex(get, "signature", &vector->signature);
	result = cose_parse(vector->key.at, vector->key.len, &key);
	assert_int_not_equal(result, COSE_MALFORMED);
	if (result == COSE_UNSUPPORTED)
		return false;
	record->type = WEBCRED_TYPE_PUBLIC_KEY;
	strcpy(record->rp_id, json_string_value(json_object_get(json, "rpId")));
	record->cose_algorithm = (int32_t)json_integer_value(json_object_get(json, "coseAlg"));
	record->external_len = (uint16_t)vector->id.len;
	memcpy(record->external, vector->id.at, vector->id.len);
	record->key_len = (uint16_t)vector->key.len;
	memcpy(record->key, vector->key.at, vector->key.len);
	record->backup_eligible = json_is_true(json_object_get(flags, "BE"));
	expect(vector);
	return true;
}

static enum verdict judge(struct vector *vector)
{
	struct public_key_judgement judgement;

	vector->response.auth_data = lend(&vector->auth);
	vector->response.client_data = lend(&vector->client);
	vector->response.signature = lend(&vector->signature);
	public_key_verify(&vector->expected, &vector->response, &judgement);
	return judgement.verdict;
}

static void each(void (*check)(struct vector *vector))
{
	static struct vector vector;
	unsigned loaded = 0;

	for (size_t i = 0; i < json_array_size(json_object_get(file, "vectors")); i++) {
		if (!load(i, &vector))
			continue;
		loaded++;
		assert_int_equal(judge(&vector), VERDICT_GRANTED);
		check(&vector);
	}
	assert_int_equal(loaded, LOADABLE);
}

/* Every byte, in one bit and in all of them. */
static void bytes_changed(struct vector *vector, struct bytes *bytes)
{
	for (size_t i = 0; i < bytes->len; i++) {
		bytes->at[i] ^= 0x01;
		assert_int_equal(judge(vector), VERDICT_REFUSED);
		bytes->at[i] ^= 0xfe;
		assert_int_equal(judge(vector), VERDICT_REFUSED);
		bytes->at[i] ^= 0xff;
	}
	bytes->at[bytes->len++] = 0;
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	bytes->len -= 2;
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	bytes->len++;
	assert_int_equal(judge(vector), VERDICT_GRANTED);
}

static void check_bytes(struct vector *vector)
{
	bytes_changed(vector, &vector->signature);
	bytes_changed(vector, &vector->auth);
	bytes_changed(vector, &vector->client);
}

static void test_bytes(void **state)
{
	(void)state;
	each(check_bytes);
}

static void check_expectations(struct vector *vector)
{
	struct public_key_expectation kept = vector->expected;
	struct credential record = vector->record;

	vector->expected.context.origin = "https://example.net";
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->expected = kept;
	vector->expected.context.challenge.at++;
	vector->expected.context.challenge.len--;
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->expected = kept;
	vector->expected.user_verification = true;
	assert_int_equal(judge(vector), (vector->auth.at[32] & PUBLIC_KEY_UV) != 0
						? VERDICT_GRANTED
						: VERDICT_REFUSED);
	vector->expected = kept;
	if (kept.context.cross_origin) {
		vector->expected.context.cross_origin = false;
		assert_int_equal(judge(vector), VERDICT_REFUSED);
		vector->expected = kept;
	}
	strcpy(vector->record.rp_id, "example.net");
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->record = record;
	vector->record.backup_eligible = !record.backup_eligible;
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->record = record;
	vector->record.moving = 1; /* the published counters are all 0 */
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->record = record;
	vector->record.external[0] ^= 1;
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->record = record;
	memcpy(vector->record.key, stranger.cose, stranger.cose_len);
	vector->record.key_len = (uint16_t)stranger.cose_len;
	vector->record.cose_algorithm = stranger.algorithm;
	assert_int_equal(judge(vector), VERDICT_REFUSED);
	vector->record = record;
	assert_int_equal(judge(vector), VERDICT_GRANTED);
}

static void test_expectations(void **state)
{
	(void)state;
	each(check_expectations);
}

/* ---- the attestation statements, with certificates ------------------------------ */

/* attestationObject: three members, taken apart by the walker. */
static void take_apart(const struct bytes *object, struct public_key_attestation *ret_response,
		       char format[33])
{
	struct cbor_walk walk;
	const char *name, *text;
	size_t n, len, text_len;

	assert_true(cbor_whole(object->at, object->len));
	cbor_open(&walk, object->at, object->len);
	assert_true(cbor_get_map(&walk, &n));
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++) {
		assert_true(cbor_get_text(&walk, &name, &len));
		if (len == 3) { /* fmt */
			assert_true(cbor_get_text(&walk, &text, &text_len) && text_len < 33);
			memcpy(format, text, text_len);
			format[text_len] = '\0';
		} else if (len == 8) { /* authData */
			assert_true(cbor_get_bytes(&walk, &ret_response->auth_data.at,
						   &ret_response->auth_data.len));
		} else { /* attStmt */
			ret_response->statement.at = walk.at;
			assert_true(cbor_skip(&walk));
			ret_response->statement.len =
				(size_t)(walk.at - ret_response->statement.at);
		}
	}
	ret_response->format = format;
}

static enum verdict attest(const struct public_key_attestation *response)
{
	struct public_key_auth auth;
	uint8_t hash[32];
	char reason[TYPE_REASON_MAX];

	if (public_key_auth_parse(response->auth_data.at, response->auth_data.len, &auth) != NULL)
		return VERDICT_REFUSED;
	assert_int_equal(public_key_hash(response->client_data.at, response->client_data.len, hash),
			 0);
	return public_key_attestation_check(response, &auth, hash, reason);
}

/* The statement itself, the authenticator data and the client data: any byte. */
static void check_attested(struct public_key_attestation *response, struct bytes *object,
			   struct bytes *client)
{
	assert_int_equal(attest(response), VERDICT_GRANTED);
	for (size_t i = 0; i < response->auth_data.len; i += 3) {
		uint8_t *byte = object->at + (response->auth_data.at - object->at) + i;

		/* fido-u2f signs neither flags, counter nor AAGUID (WA 8.6). */
		if (strcmp(response->format, "fido-u2f") == 0 && i >= 32 && i < 55)
			continue;
		*byte ^= 1;
		assert_int_equal(attest(response), VERDICT_REFUSED);
		*byte ^= 1;
	}
	for (size_t i = 0; i < client->len; i += 7) {
		client->at[i] ^= 1;
		assert_int_equal(attest(response), VERDICT_REFUSED);
		client->at[i] ^= 1;
	}
	assert_int_equal(attest(response), VERDICT_GRANTED);
}

static void test_attestation(void **state)
{
	static struct bytes object, client;
	unsigned checked = 0;

	(void)state;
	for (size_t i = 0; i < json_array_size(json_object_get(file, "vectors")); i++) {
		const json_t *made = json_object_get(
			json_array_get(json_object_get(file, "vectors"), i), "registration");
		struct public_key_attestation response = {0};
		char format[33];

		hex(made, "attestationObject", &object);
		hex(made, "clientDataJSON", &client);
		take_apart(&object, &response, format);
		response.client_data = lend(&client);
		if (strcmp(format, "packed") != 0 && strcmp(format, "fido-u2f") != 0)
			continue;
		if (attest(&response) != VERDICT_GRANTED)
			continue; /* ES512, Ed448: counted below */
		check_attested(&response, &object, &client);
		checked++;
	}
	assert_int_equal(checked, 6); /* self, ES256, ES384, RS256, EdDSA, fido-u2f */
}

static int open_all(void **state)
{
	(void)state;
	signer_open(&stranger, COSE_ES256);
	file = json_load_file(TEST_VECTORS "/webauthn_l3_section16.json", 0, NULL);
	return file != NULL ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	signer_close(&stranger);
	json_decref(file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_attestation),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
