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
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
