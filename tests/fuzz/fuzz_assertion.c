/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * An assertion, or a new credential with its attestation, as a whole: what a
 * lying key, and whoever stands behind it, can say.  What was expected is part
 * of the input, so that real ceremonies can be seeds.
 */
#include "lib/core/types/public_key.h"
#include "tests/fuzz/fuzz.h"

static char origin[PUBLIC_KEY_ORIGIN_MAX], rp_id[WIRE_RPID_MAX + 1];

static struct public_key_bytes bytes(struct fuzz_pieces *pieces)
{
	struct public_key_bytes piece;

	piece.at = fuzz_piece(pieces, &piece.len);
	return piece;
}

static void text(struct fuzz_pieces *pieces, char *buffer, size_t size)
{
	struct public_key_bytes piece = bytes(pieces);

	(void)snprintf(buffer, size, "%.*s", (int)piece.len, (const char *)piece.at);
}

/* Challenge, origin, relying party id. */
static struct public_key_context context(struct fuzz_pieces *pieces, uint8_t flags)
{
	struct public_key_bytes challenge = bytes(pieces);

	text(pieces, origin, sizeof(origin));
	text(pieces, rp_id, sizeof(rp_id));
	return (struct public_key_context){
		.origin = origin,
		.challenge = challenge,
		.cross_origin = flags & 0x08,
		.top_origin = flags & 0x10 ? "webcred://host.example.org" : NULL,
	};
}

static void try_assertion(struct fuzz_pieces *pieces, uint8_t flags, uint8_t more)
{
	static struct credential record;
	struct public_key_context its = context(pieces, flags);
	struct public_key_bytes key = bytes(pieces), asked = bytes(pieces), handle = bytes(pieces);
	struct public_key_response response = {.id = bytes(pieces)};
	struct public_key_expectation expected = {
		.context = its,
		.record = &record,
		.user_verification = flags & 0x02,
		.counter = (enum policy_counter)(more % 3),
		.user_handle = handle.at,
		.user_handle_len = handle.len,
		.allow = &asked,
		.n_allow = asked.len > 0 ? 1 : 0,
	};
	struct public_key_judgement judgement;
	struct cose_key parsed;

	response.auth_data = bytes(pieces);
	response.client_data = bytes(pieces);
	response.signature = bytes(pieces);
	response.user_handle = bytes(pieces);
	memset(&record, 0, sizeof(record));
	record.type = WEBCRED_TYPE_PUBLIC_KEY;
	record.kind = KIND_WEBAUTHN;
	memcpy(record.rp_id, rp_id, sizeof(record.rp_id));
	record.moving = flags >> 5;
	record.no_touch = flags & 0x04;
	record.relearn = more & 0x04;
	record.locked = more & 0x08;
	record.external_len =
		(uint16_t)(asked.len < WIRE_EXTERNAL_MAX ? asked.len : WIRE_EXTERNAL_MAX);
	memcpy(record.external, asked.at, record.external_len);
	record.key_len = (uint16_t)(key.len < CREDENTIAL_KEY_MAX ? key.len : CREDENTIAL_KEY_MAX);
	memcpy(record.key, key.at, record.key_len);
	if (cose_parse(record.key, record.key_len, &parsed) == COSE_OK)
		record.cose_algorithm = parsed.algorithm;
	public_key_verify(&expected, &response, &judgement);
	if (judgement.verdict != VERDICT_GRANTED) {
		fuzz_insist(judgement.verdict == VERDICT_REFUSED && judgement.reason[0] != '\0');
		return;
	}
	fuzz_insist(!expected.user_verification || judgement.user_verified);
	fuzz_insist(record.no_touch || judgement.user_present);
	fuzz_insist(response.signature.len > 0 && record.key_len > 0);
}

static void try_attestation(struct fuzz_pieces *pieces, uint8_t flags, uint8_t more)
{
	static const int32_t algorithms[] = {COSE_ES256, COSE_EDDSA, COSE_RS256};
	static struct credential record;
	struct public_key_creation expected = {
		.context = context(pieces, flags),
		.rp_id = rp_id,
		.user_verification = flags & 0x02,
		.no_touch = flags & 0x04,
		.attest = flags & 0x40,
		.algorithm = algorithms,
		.n_algorithms = more & 0x03 ? more & 0x03 : 3,
	};
	struct public_key_attestation response;
	char reason[TYPE_REASON_MAX] = "";
	enum verdict verdict;
	char *format;
	size_t len;
	const uint8_t *piece;

	response.id = bytes(pieces);
	response.auth_data = bytes(pieces);
	response.client_data = bytes(pieces);
	response.statement = bytes(pieces);
	piece = fuzz_piece(pieces, &len);
	format = fuzz_text(piece, len);
	response.format = format;
	verdict = public_key_register(&expected, &response, &record, reason);
	fuzz_insist(verdict == VERDICT_GRANTED || verdict == VERDICT_REFUSED);
	fuzz_insist(verdict == VERDICT_GRANTED || reason[0] != '\0');
	fuzz_insist(verdict != VERDICT_GRANTED || (record.external_len > 0 && record.key_len > 0));
	free(format);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_pieces pieces = {data, size};
	uint8_t flags = fuzz_byte(&pieces), more = fuzz_byte(&pieces);

	if (flags & 0x01)
		try_assertion(&pieces, flags, more);
	else
		try_attestation(&pieces, flags, more);
	return 0;
}
