/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * assertion - lists of assertions, judged as by a relying party of that rpId
 * and origin that refuses clones and frames of other origins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vector_runner/runner.h"

/* Hex members, in the order of enum part. */
enum part { CHALLENGE, ID, KEY, AUTH_DATA, CLIENT_DATA, SIGNATURE, N_PARTS };
static const char *const part_name[N_PARTS] = {
	"challenge",	     "credentialId",   "publicKeyCose",
	"authenticatorData", "clientDataJSON", "signature",
};

struct assertion {
	uint8_t *bytes[N_PARTS];
	size_t len[N_PARTS];
	struct credential record;
};

bool assertion_is(const json_t *vector)
{
	return json_object_get(vector, "publicKeyCose") != NULL &&
	       json_object_get(vector, "authenticatorData") != NULL &&
	       json_object_get(vector, "signature") != NULL;
}

static enum answer assertion_read(const json_t *vector, struct assertion *assertion, char *reason)
{
	for (size_t i = 0; i < N_PARTS; i++) {
		if (!runner_hex(vector, part_name[i], &assertion->bytes[i], &assertion->len[i])) {
			snprintf(reason, RUNNER_REASON_MAX, "%s: missing, or no hex", part_name[i]);
			return ANSWER_REJECT;
		}
	}
	if (runner_text(vector, "rpId") == NULL || runner_text(vector, "expectedOrigin") == NULL) {
		snprintf(reason, RUNNER_REASON_MAX, "rpId or expectedOrigin: missing");
		return ANSWER_UNSUPPORTED;
	}
	return ANSWER_ACCEPT;
}

/* The record that a registration would have left. */
static enum answer assertion_record(const json_t *vector, struct assertion *assertion, char *reason)
{
	struct credential *record = &assertion->record;
	const json_t *be = json_object_get(vector, "registeredBE");
	const json_t *count = json_object_get(vector, "storedSignCount");
	const char *rp_id = runner_text(vector, "rpId");
	struct cose_key key;

	snprintf(reason, RUNNER_REASON_MAX, "rpId, id or key: of a length no record can have");
	if (strlen(rp_id) > WIRE_RPID_MAX || assertion->len[ID] > WIRE_EXTERNAL_MAX ||
	    assertion->len[KEY] > CREDENTIAL_KEY_MAX)
		return ANSWER_REJECT;
	switch (cose_parse(assertion->bytes[KEY], assertion->len[KEY], &key)) {
	case COSE_UNSUPPORTED:
		snprintf(reason, RUNNER_REASON_MAX, "public key: algorithm not supported");
		return ANSWER_UNSUPPORTED;
	case COSE_MALFORMED:
		snprintf(reason, RUNNER_REASON_MAX, "public key: malformed");
		return ANSWER_REJECT;
	case COSE_OK:
		break;
	}
	record->type = WEBCRED_TYPE_PUBLIC_KEY;
	record->kind = KIND_WEBAUTHN;
	strcpy(record->rp_id, rp_id);
	record->cose_algorithm = key.algorithm;
	record->external_len = (uint16_t)assertion->len[ID];
	memcpy(record->external, assertion->bytes[ID], assertion->len[ID]);
	record->key_len = (uint16_t)assertion->len[KEY];
	memcpy(record->key, assertion->bytes[KEY], assertion->len[KEY]);
	record->moving = (uint64_t)json_integer_value(count);
	record->backup_eligible = json_is_true(be) || json_integer_value(be) == 1;
	return ANSWER_ACCEPT;
}

static bool assertion_needs_verification(const json_t *vector)
{
	const json_t *word = json_object_get(vector, "userVerification");

	return json_is_true(word) ||
	       (json_is_string(word) && strcmp(json_string_value(word), "required") == 0);
}

static enum answer assertion_verify(const json_t *vector, const struct assertion *assertion,
				    char *reason)
{
	struct public_key_bytes id = {assertion->bytes[ID], assertion->len[ID]};
	struct public_key_expectation expected = {
		.context = {.origin = runner_text(vector, "expectedOrigin"),
			    .challenge = {assertion->bytes[CHALLENGE], assertion->len[CHALLENGE]}},
		.record = &assertion->record,
		.user_verification = assertion_needs_verification(vector),
		.counter = COUNTER_FAIL,
		.allow = &id,
		.n_allow = 1,
	};
	struct public_key_response response = {
		.id = id,
		.auth_data = {assertion->bytes[AUTH_DATA], assertion->len[AUTH_DATA]},
		.client_data = {assertion->bytes[CLIENT_DATA], assertion->len[CLIENT_DATA]},
		.signature = {assertion->bytes[SIGNATURE], assertion->len[SIGNATURE]},
	};
	struct public_key_judgement judgement;

	public_key_verify(&expected, &response, &judgement);
	if (judgement.verdict != VERDICT_GRANTED) {
		snprintf(reason, RUNNER_REASON_MAX, "%s", judgement.reason);
		return ANSWER_REJECT;
	}
	snprintf(reason, RUNNER_REASON_MAX, "verified, counter %u%s", judgement.counter,
		 judgement.user_verified ? ", user verified" : "");
	return ANSWER_ACCEPT;
}

enum answer assertion_judge(const json_t *vector, char *reason)
{
	struct assertion assertion = {0};
	enum answer answer = assertion_read(vector, &assertion, reason);

	if (answer == ANSWER_ACCEPT)
		answer = assertion_record(vector, &assertion, reason);
	if (answer == ANSWER_ACCEPT)
		answer = assertion_verify(vector, &assertion, reason);
	for (size_t i = 0; i < N_PARTS; i++)
		free(assertion.bytes[i]);
	return answer;
}
