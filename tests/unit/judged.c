/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/judged.h"

#include <string.h>

#include "tests/unit/unit.h"

struct signer signer, stranger;
const uint8_t challenge[32] = "0123456789abcdef0123456789abcde";
const uint8_t the_id[20] = "the credential's id", other_id[11] = "another id";
const uint8_t handle[32] = "an account's handle, 32 bytes..";

void client_data(struct fixture *fixture, const char *text)
{
	fixture->client_len = strlen(text);
	memcpy(fixture->client_data, text, fixture->client_len + 1);
}

void auth(struct fixture *fixture, uint8_t flags, uint32_t counter)
{
	signer_auth_data(RP, flags, counter, fixture->auth);
	fixture->auth_len = 37;
}

void auth_more(struct fixture *fixture, const void *bytes, size_t len)
{
	memcpy(fixture->auth + fixture->auth_len, bytes, len);
	fixture->auth_len += len;
}

void fixture_init(struct fixture *fixture)
{
	ssize_t n;

	memset(fixture, 0, sizeof(*fixture));
	signer_record(&signer, RP, the_id, sizeof(the_id), &fixture->record);
	fixture->record.moving = 5;
	fixture->allow[0] = (struct public_key_bytes){the_id, sizeof(the_id)};
	fixture->allow[1] = (struct public_key_bytes){other_id, sizeof(other_id)};
	fixture->expected = (struct public_key_expectation){
		.context = {.origin = ORIGIN, .challenge = {challenge, sizeof(challenge)}},
		.record = &fixture->record,
		.counter = COUNTER_FAIL,
		.user_handle = handle,
		.user_handle_len = sizeof(handle),
		.allow = fixture->allow,
		.n_allow = 2,
	};
	fixture->response.id = fixture->allow[0];
	n = public_key_client_data(false, challenge, sizeof(challenge), ORIGIN,
				   fixture->client_data, sizeof(fixture->client_data));
	assert_true(n > 0);
	fixture->client_len = (size_t)n;
	auth(fixture, UP, 6);
}

void judge(struct fixture *fixture, const struct signer *by)
{
	struct public_key_response *response = &fixture->response;

	response->auth_data = (struct public_key_bytes){fixture->auth, fixture->auth_len};
	response->client_data =
		(struct public_key_bytes){(uint8_t *)fixture->client_data, fixture->client_len};
	if (by != NULL) {
		response->signature.at = fixture->signature;
		response->signature.len = signer_assert(
			by, fixture->auth, fixture->auth_len, fixture->client_data,
			fixture->client_len, fixture->signature, sizeof(fixture->signature));
	}
	public_key_verify(&fixture->expected, response, &fixture->judgement);
}

void granted(struct fixture *fixture)
{
	judge(fixture, &signer);
	if (fixture->judgement.verdict != VERDICT_GRANTED)
		fail_msg("%s", fixture->judgement.reason);
}

void refused(struct fixture *fixture, const char *reason)
{
	judge(fixture, &signer);
	assert_int_equal(fixture->judgement.verdict, VERDICT_REFUSED);
	assert_string_equal(fixture->judgement.reason, reason);
	assert_int_equal(fixture->judgement.counter, 0);
}

int open_keys(void **state)
{
	(void)state;
	signer_open(&signer, COSE_ES256);
	signer_open(&stranger, COSE_ES256);
	return 0;
}

int close_keys(void **state)
{
	(void)state;
	signer_close(&signer);
	signer_close(&stranger);
	return 0;
}
