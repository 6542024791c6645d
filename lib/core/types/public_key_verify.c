/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_verify - whether an assertion is believed.
 *
 * The checks stand one under the other, in the order of WA 7.2; each returns
 * what is wrong, and the first that does ends the matter.  A key that lies may
 * lie about everything but the signature; so whatever the signature does not
 * cover is compared with the record, and the rest is checked before it counts.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/secret.h"
#include "lib/core/codec.h"
#include "lib/core/types/public_key.h"
#include "lib/core/types/public_key_check.h"

int public_key_hash(const void *bytes, size_t len, uint8_t ret_hash[32])
{
	return EVP_Digest(bytes, len, ret_hash, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

static bool verify_same(struct public_key_bytes bytes, const uint8_t *other, size_t len)
{
	return bytes.len == len && (len == 0 || memcmp(bytes.at, other, len) == 0);
}

/* ---- shared with create() -------------------------------------------------- */

const char *public_key_check_client_data(const struct public_key_context *expected,
					 const char *type, struct public_key_bytes client_data)
{
	char challenge[(PUBLIC_KEY_CHALLENGE_MAX + 2) / 3 * 4 + 1];
	struct client_data data;
	const char *wrong;
	ssize_t len;

	if (expected->challenge.len < PUBLIC_KEY_CHALLENGE_MIN ||
	    expected->challenge.len > PUBLIC_KEY_CHALLENGE_MAX)
		return "challenge: of a length nobody may ask with";
	len = codec_base64_encode(expected->challenge.at, expected->challenge.len, true, challenge,
				  sizeof(challenge));
	wrong = client_data_parse(client_data.at, client_data.len, &data);
	if (len < 0 || wrong != NULL)
		return wrong != NULL ? wrong : "challenge: cannot be encoded";
	if (!data.has_type || data.type_len != strlen(type) || strcmp(data.type, type) != 0)
		return "client data: of another type";
	if (!data.has_challenge || data.challenge_len != (size_t)len ||
	    !secret_equal(data.challenge, challenge, (size_t)len))
		return "client data: another challenge";
	if (!data.has_origin || data.origin_len != strlen(expected->origin) ||
	    strcmp(data.origin, expected->origin) != 0)
		return "client data: another origin";
	if (data.has_cross_origin && data.cross_origin && !expected->cross_origin)
		return "client data: made in a frame of another origin";
	if (data.has_top_origin && (expected->top_origin == NULL || !data.cross_origin ||
				    data.top_origin_len != strlen(expected->top_origin) ||
				    strcmp(data.top_origin, expected->top_origin) != 0))
		return "client data: below a top origin that is not expected";
	return NULL;
}

const char *public_key_check_rp_id(const char *rp_id, const struct public_key_auth *auth)
{
	uint8_t hash[32];

	if (public_key_hash(rp_id, strlen(rp_id), hash) != 0 ||
	    memcmp(hash, auth->rp_id_hash, sizeof(hash)) != 0)
		return "authenticator data: for another relying party id";
	return NULL;
}

const char *public_key_check_flags(const struct public_key_auth *auth, bool no_touch,
				   bool user_verification)
{
	if ((auth->flags & PUBLIC_KEY_UP) == 0 && !no_touch) /* 71 */
		return "authenticator data: user not present";
	if ((auth->flags & PUBLIC_KEY_UV) == 0 && user_verification)
		return "authenticator data: user not verified";
	if ((auth->flags & PUBLIC_KEY_BE) == 0 && (auth->flags & PUBLIC_KEY_BS) != 0)
		return "authenticator data: backed up, and not eligible for it";
	return NULL;
}

/* ---- get -------------------------------------------------------------------- */

static bool verify_allowed(const struct public_key_expectation *expected,
			   struct public_key_bytes id)
{
	for (size_t i = 0; i < expected->n_allow; i++) {
		if (verify_same(id, expected->allow[i].at, expected->allow[i].len))
			return true;
	}
	return false;
}

/* WA 7.2, steps 5 to 7; behaviours 67 and 69. */
static const char *verify_owner(const struct public_key_expectation *expected,
				const struct public_key_response *response)
{
	const struct credential *record = expected->record;
	struct public_key_bytes id = response->id;

	if (id.len == 0 && expected->n_allow == 1)
		id = expected->allow[0];
	if (id.len == 0 || id.len > WIRE_EXTERNAL_MAX)
		return "credential id: missing or too long";
	if (expected->n_allow > 0 && !verify_allowed(expected, id))
		return "credential id: not one that was asked for";
	if (!verify_same(id, record->external, record->external_len))
		return "credential id: not the record's";
	if (expected->n_allow == 0 && response->user_handle.len == 0)
		return "user handle: missing for a discoverable credential";
	if (response->user_handle.len > 0 &&
	    (expected->user_handle_len == 0 ||
	     !verify_same(response->user_handle, expected->user_handle, expected->user_handle_len)))
		return "user handle: another account's";
	return NULL;
}

static const char *verify_record(const struct credential *record, bool agent)
{
	if (record->type != WEBCRED_TYPE_PUBLIC_KEY || record->locked)
		return "record: locked, or not a security key's";
	/* An agent names a key by its public half. */
	if ((record->external_len < 1 && !agent) || record->external_len > WIRE_EXTERNAL_MAX ||
	    record->key_len > CREDENTIAL_KEY_MAX)
		return "record: without a usable credential id or key";
	return NULL;
}

/* What the authenticator data says of itself; step 15 to 21 of WA 7.2. */
static const char *verify_auth(const struct public_key_expectation *expected,
			       struct public_key_bytes bytes, struct public_key_auth *auth)
{
	const struct credential *record = expected->record;
	const char *wrong = public_key_auth_parse(bytes.at, bytes.len, auth);

	if (wrong == NULL && (auth->flags & PUBLIC_KEY_AT) != 0)
		wrong = "authenticator data: attested credential data in an assertion";
	if (wrong == NULL)
		wrong = public_key_check_rp_id(record->rp_id, auth);
	if (wrong == NULL)
		wrong = public_key_check_flags(auth, record->no_touch, expected->user_verification);
	if (wrong == NULL && ((auth->flags & PUBLIC_KEY_BE) != 0) != record->backup_eligible)
		wrong = "authenticator data: backup eligibility differs from the record";
	return wrong;
}

/* The key and its algorithm are the record's, never the response's. */
static const char *verify_signature(const struct credential *record,
				    const struct public_key_response *response)
{
	uint8_t message[CEREMONY_AUTHDATA_MAX + 32];
	struct cose_key key;

	if (cose_parse(record->key, record->key_len, &key) != COSE_OK ||
	    key.algorithm != record->cose_algorithm)
		return "record: its key cannot be used";
	if (response->auth_data.len > CEREMONY_AUTHDATA_MAX)
		return "authenticator data: too long";
	memcpy(message, response->auth_data.at, response->auth_data.len);
	if (public_key_hash(response->client_data.at, response->client_data.len,
			    message + response->auth_data.len) != 0)
		return "client data: cannot be hashed";
	if (!cose_verify(&key, message, response->auth_data.len + 32, response->signature.at,
			 response->signature.len))
		return "signature: does not verify";
	return NULL;
}

/*
 * WA 7.2, step 22: where either side is not zero, a value that is not above the
 * stored one is the sign of a clone.  *ret_note tells what was let pass.
 */
static const char *verify_counter(const struct public_key_expectation *expected, uint32_t counter,
				  const char **ret_note)
{
	uint64_t stored = expected->record->moving;

	if ((counter == 0 && stored == 0) || counter > stored)
		return NULL;
	if (expected->record->relearn) {
		*ret_note = "signature counter: learnt anew after a restore";
		return NULL;
	}
	switch (expected->counter) {
	case COUNTER_IGNORE:
		return NULL;
	case COUNTER_WARN:
		*ret_note = "signature counter: did not rise, a clone may exist";
		return NULL;
	case COUNTER_FAIL:
		break;
	}
	return "signature counter: did not rise, a clone may exist";
}

static const char *verify_all(const struct public_key_expectation *expected,
			      const struct public_key_response *response,
			      struct public_key_auth *auth, const char **ret_note)
{
	const char *wrong = verify_record(expected->record, false);

	if (wrong == NULL)
		wrong = verify_owner(expected, response);
	if (wrong == NULL)
		wrong = public_key_check_client_data(&expected->context, "webauthn.get",
						     response->client_data);
	if (wrong == NULL)
		wrong = verify_auth(expected, response->auth_data, auth);
	if (wrong == NULL)
		wrong = verify_signature(expected->record, response);
	if (wrong == NULL)
		wrong = verify_counter(expected, auth->counter, ret_note);
	return wrong;
}

/* What was signed is ours, so there is no client data to take apart: a signature
 * over anything else does not verify. */
static const char *verify_all_agent(const struct public_key_expectation *expected,
				    const struct public_key_response *response,
				    struct public_key_auth *auth, const char **ret_note)
{
	const struct credential *record = expected->record;
	const char *wrong = verify_record(record, true);

	if (wrong == NULL)
		wrong = verify_auth(expected, response->auth_data, auth);
	if (wrong != NULL)
		return wrong;
	wrong = verify_signature(record, response);
	/* Both at once is what a signature made for an earlier login looks like. */
	if (wrong != NULL && auth->counter > 0 && auth->counter <= record->moving)
		return "signature: does not verify, and its counter was used before: a replay";
	if (wrong == NULL)
		wrong = verify_counter(expected, auth->counter, ret_note);
	return wrong;
}

static void verify_judge(const struct public_key_auth *auth, const char *wrong, const char *note,
			 struct public_key_judgement *ret_judgement)
{
	if (wrong != NULL) {
		snprintf(ret_judgement->reason, sizeof(ret_judgement->reason), "%s", wrong);
		return;
	}
	if ((auth->flags & PUBLIC_KEY_UP) == 0)
		note = "no touch: enrolled so by an administrator";
	snprintf(ret_judgement->reason, sizeof(ret_judgement->reason), "%s", note);
	ret_judgement->counter = auth->counter;
	ret_judgement->backup_eligible = (auth->flags & PUBLIC_KEY_BE) != 0;
	ret_judgement->backup_state = (auth->flags & PUBLIC_KEY_BS) != 0;
	ret_judgement->user_present = (auth->flags & PUBLIC_KEY_UP) != 0;
	ret_judgement->user_verified = (auth->flags & PUBLIC_KEY_UV) != 0;
	ret_judgement->verdict = VERDICT_GRANTED;
}

/* What is wrong, or NULL; *ret_note is what the log is told beside a success. */
typedef const char *(*verify_course)(const struct public_key_expectation *expected,
				     const struct public_key_response *response,
				     struct public_key_auth *auth, const char **ret_note);

static void verify_by(verify_course course, const struct public_key_expectation *expected,
		      const struct public_key_response *response,
		      struct public_key_judgement *ret_judgement)
{
	struct public_key_auth auth = {0};
	const char *wrong, *note = "";

	memset(ret_judgement, 0, sizeof(*ret_judgement));
	ret_judgement->verdict = VERDICT_REFUSED;
	wrong = course(expected, response, &auth, &note);
	verify_judge(&auth, wrong, note, ret_judgement);
}

void public_key_verify(const struct public_key_expectation *expected,
		       const struct public_key_response *response,
		       struct public_key_judgement *ret_judgement)
{
	verify_by(verify_all, expected, response, ret_judgement);
}

void public_key_verify_agent(const struct public_key_expectation *expected,
			     const struct public_key_response *response,
			     struct public_key_judgement *ret_judgement)
{
	verify_by(verify_all_agent, expected, response, ret_judgement);
}
