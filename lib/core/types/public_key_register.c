/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_register - whether a new credential is taken (WA 7.1). */
#include <stdio.h>
#include <string.h>

#include "lib/core/types/public_key.h"
#include "lib/core/types/public_key_check.h"

static bool register_wanted(const struct public_key_creation *expected, int32_t algorithm)
{
	for (size_t i = 0; i < expected->n_algorithms; i++) {
		if (expected->algorithm[i] == algorithm)
			return true;
	}
	return false;
}

/* The id (79: at most 1023 bytes, which the parser sees to) and the key. */
static const char *register_key(const struct public_key_creation *expected,
				const struct public_key_attestation *response,
				const struct public_key_auth *auth)
{
	if ((auth->flags & PUBLIC_KEY_AT) == 0)
		return "authenticator data: without attested credential data";
	if (response->id.len > 0 && (response->id.len != auth->id_len ||
				     memcmp(response->id.at, auth->id, auth->id_len) != 0))
		return "credential id: differs from the authenticator data's";
	if (auth->key_result == COSE_UNSUPPORTED)
		return "public key: of an algorithm that is not supported";
	if (auth->key_result != COSE_OK || auth->key_len > CREDENTIAL_KEY_MAX)
		return "public key: malformed";
	if (!register_wanted(expected, auth->cose.algorithm))
		return "public key: of an algorithm that was not asked for";
	if (!cose_loads(&auth->cose))
		return "public key: not on its curve";
	return NULL;
}

static const char *register_check(const struct public_key_creation *expected,
				  const struct public_key_attestation *response,
				  struct public_key_auth *auth)
{
	const char *wrong = public_key_check_client_data(&expected->context, "webauthn.create",
							 response->client_data);

	if (wrong == NULL)
		wrong = public_key_auth_parse(response->auth_data.at, response->auth_data.len,
					      auth);
	if (wrong == NULL)
		wrong = public_key_check_rp_id(expected->rp_id, auth);
	/* A credential is always created with a touch, one for use without, too. */
	if (wrong == NULL)
		wrong = public_key_check_flags(auth, false, expected->user_verification);
	if (wrong == NULL)
		wrong = register_key(expected, response, auth);
	return wrong;
}

static void register_fill(const struct public_key_creation *expected,
			  const struct public_key_auth *auth, struct credential *record)
{
	record->type = WEBCRED_TYPE_PUBLIC_KEY;
	record->kind = KIND_WEBAUTHN;
	snprintf(record->rp_id, sizeof(record->rp_id), "%s", expected->rp_id);
	record->cose_algorithm = auth->cose.algorithm;
	record->external_len = (uint16_t)auth->id_len;
	memcpy(record->external, auth->id, auth->id_len);
	record->key_len = (uint16_t)auth->key_len;
	memcpy(record->key, auth->key, auth->key_len);
	memcpy(record->aaguid, auth->aaguid, sizeof(record->aaguid));
	record->moving = auth->counter;
	record->uv_initialized = (auth->flags & PUBLIC_KEY_UV) != 0;
	record->backup_eligible = (auth->flags & PUBLIC_KEY_BE) != 0;
	record->backup_state = (auth->flags & PUBLIC_KEY_BS) != 0;
	record->no_touch = expected->no_touch;
}

enum verdict public_key_register(const struct public_key_creation *expected,
				 const struct public_key_attestation *response,
				 struct credential *ret_record, char *ret_reason)
{
	struct public_key_auth auth = {0};
	uint8_t hash[32];
	const char *wrong;

	ret_reason[0] = '\0';
	if (strlen(expected->rp_id) > WIRE_RPID_MAX)
		wrong = "relying party id: too long";
	else
		wrong = register_check(expected, response, &auth);
	if (wrong == NULL &&
	    public_key_hash(response->client_data.at, response->client_data.len, hash) != 0)
		wrong = "client data: cannot be hashed";
	if (wrong != NULL) {
		snprintf(ret_reason, TYPE_REASON_MAX, "%s", wrong);
		return VERDICT_REFUSED;
	}
	/* 78: without `direct` whatever attestation a key adds is not looked at. */
	if (expected->attest &&
	    public_key_attestation_check(response, &auth, hash, ret_reason) != VERDICT_GRANTED)
		return VERDICT_REFUSED;
	register_fill(expected, &auth, ret_record);
	return VERDICT_GRANTED;
}
