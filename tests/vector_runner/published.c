/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * published - the ceremonies of WebAuthn Level 3, section 16: a registration,
 * and an assertion by the credential that it made.  Both must pass.
 *
 * The relying party of that section may be embedded in another origin, and for
 * its vectors alone cross-origin client data is expected here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vector_runner/runner.h"

#define PUBLISHED_TOP_ORIGIN "https://example.com"

static const int32_t published_algorithms[] = {COSE_ES256, COSE_EDDSA, COSE_RS256, COSE_ES384};

struct published_bytes {
	uint8_t *at;
	size_t len;
};

struct published {
	struct published_bytes challenge, client_data, object;
	struct published_bytes get_challenge, get_client_data, get_auth_data, get_signature;
	struct public_key_attestation attestation;
	char format[33];
	struct credential record;
};

bool published_is(const json_t *vector)
{
	return json_is_object(json_object_get(vector, "registration")) &&
	       json_is_object(json_object_get(vector, "authentication"));
}

static bool published_hex(const json_t *object, const char *member, struct published_bytes *bytes)
{
	return runner_hex(object, member, &bytes->at, &bytes->len);
}

static bool published_read(const json_t *vector, struct published *published)
{
	const json_t *made = json_object_get(vector, "registration");
	const json_t *used = json_object_get(vector, "authentication");

	return runner_text(vector, "rpId") != NULL && runner_text(vector, "origin") != NULL &&
	       published_hex(made, "challenge", &published->challenge) &&
	       published_hex(made, "clientDataJSON", &published->client_data) &&
	       published_hex(made, "attestationObject", &published->object) &&
	       published_hex(used, "challenge", &published->get_challenge) &&
	       published_hex(used, "clientDataJSON", &published->get_client_data) &&
	       published_hex(used, "authenticatorData", &published->get_auth_data) &&
	       published_hex(used, "signature", &published->get_signature);
}

/* attestationObject: fmt, attStmt, authData (WA 6.5.4). */
static bool published_member(struct cbor_walk *walk, struct published *published)
{
	struct public_key_attestation *attestation = &published->attestation;
	const char *name, *text;
	size_t len, text_len;

	if (!cbor_get_text(walk, &name, &len))
		return false;
	if (len == 3 && memcmp(name, "fmt", 3) == 0) {
		if (!cbor_get_text(walk, &text, &text_len) || text_len >= sizeof(published->format))
			return false;
		memcpy(published->format, text, text_len);
		attestation->format = published->format;
		return true;
	}
	if (len == 8 && memcmp(name, "authData", 8) == 0)
		return cbor_get_bytes(walk, &attestation->auth_data.at,
				      &attestation->auth_data.len);
	attestation->statement.at = walk->at;
	if (len != 7 || memcmp(name, "attStmt", 7) != 0 || !cbor_skip(walk))
		return false;
	attestation->statement.len = (size_t)(walk->at - attestation->statement.at);
	return true;
}

static bool published_object(struct published *published)
{
	struct cbor_walk walk;
	size_t n;

	if (!cbor_whole(published->object.at, published->object.len))
		return false;
	cbor_open(&walk, published->object.at, published->object.len);
	if (!cbor_get_map(&walk, &n) || n != 3)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!published_member(&walk, published))
			return false;
	}
	return true;
}

static enum answer published_create(const json_t *vector, struct published *published, char *reason)
{
	struct public_key_creation expected = {
		.context = {.origin = runner_text(vector, "origin"),
			    .challenge = {published->challenge.at, published->challenge.len},
			    .cross_origin = true,
			    .top_origin = PUBLISHED_TOP_ORIGIN},
		.rp_id = runner_text(vector, "rpId"),
		.algorithm = published_algorithms,
		.n_algorithms = sizeof(published_algorithms) / sizeof(published_algorithms[0]),
	};
	struct public_key_auth auth;
	const char *format = published->format;

	published->attestation.client_data.at = published->client_data.at;
	published->attestation.client_data.len = published->client_data.len;
	expected.attest = strcmp(format, "none") == 0 || strcmp(format, "packed") == 0 ||
			  strcmp(format, "fido-u2f") == 0;
	if (public_key_auth_parse(published->attestation.auth_data.at,
				  published->attestation.auth_data.len, &auth) == NULL &&
	    auth.key_result == COSE_UNSUPPORTED) {
		snprintf(reason, RUNNER_REASON_MAX, "public key: algorithm not supported");
		return ANSWER_UNSUPPORTED;
	}
	if (public_key_register(&expected, &published->attestation, &published->record, reason) !=
	    VERDICT_GRANTED)
		return ANSWER_REJECT;
	return ANSWER_ACCEPT;
}

static enum answer published_get(const json_t *vector, const struct published *published,
				 char *reason)
{
	struct public_key_bytes id = {published->record.external, published->record.external_len};
	struct public_key_expectation expected = {
		.context = {.origin = runner_text(vector, "origin"),
			    .challenge = {published->get_challenge.at,
					  published->get_challenge.len},
			    .cross_origin = true,
			    .top_origin = PUBLISHED_TOP_ORIGIN},
		.record = &published->record,
		.counter = COUNTER_FAIL,
		.allow = &id,
		.n_allow = 1,
	};
	struct public_key_response response = {
		.id = id,
		.auth_data = {published->get_auth_data.at, published->get_auth_data.len},
		.client_data = {published->get_client_data.at, published->get_client_data.len},
		.signature = {published->get_signature.at, published->get_signature.len},
	};
	struct public_key_judgement judgement;

	public_key_verify(&expected, &response, &judgement);
	if (judgement.verdict != VERDICT_GRANTED) {
		snprintf(reason, RUNNER_REASON_MAX, "assertion: %s", judgement.reason);
		return ANSWER_REJECT;
	}
	snprintf(reason, RUNNER_REASON_MAX, "registration and assertion verified, format %s",
		 published->format);
	return ANSWER_ACCEPT;
}

enum answer published_judge(const json_t *vector, char *reason)
{
	struct published published = {0};
	enum answer answer = ANSWER_REJECT;

	if (!published_read(vector, &published))
		snprintf(reason, RUNNER_REASON_MAX, "members are missing, or no hex");
	else if (!published_object(&published))
		snprintf(reason, RUNNER_REASON_MAX, "attestationObject: malformed");
	else
		answer = published_create(vector, &published, reason);
	if (answer == ANSWER_ACCEPT)
		answer = published_get(vector, &published, reason);
	free(published.challenge.at);
	free(published.client_data.at);
	free(published.object.at);
	free(published.get_challenge.at);
	free(published.get_client_data.at);
	free(published.get_auth_data.at);
	free(published.get_signature.at);
	return answer;
}
