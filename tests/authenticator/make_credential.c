/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* authenticatorMakeCredential (CTAP 2.1, section 6.1). */
#include <string.h>

#include "attestation.h"
#include "digest.h"
#include "keys.h"
#include "lies.h"
#include "user.h"

struct make_request {
	struct span hash;
	char rp_id[256];
	uint8_t rp_hash[32];
	struct span user_id;
	const cbor_item_t *user;
	int algorithm;
	const cbor_item_t *exclude, *extensions;
	struct user_request user_request;
};

/* The platform's order is its preference; unknown types are passed over. */
static int make_choose_algorithm(struct key *key, const cbor_item_t *params, int *ret_alg)
{
	if (params == NULL)
		return CTAP_MISSING_PARAMETER;
	if (!decode_is_array(params))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	for (size_t i = 0; i < cbor_array_size(params); i++) {
		const cbor_item_t *item = cbor_array_handle(params)[i];
		char type[32];
		int64_t alg;

		if (!decode_is_map(item) || !decode_int(decode_named(item, "alg"), &alg) ||
		    !decode_text(decode_named(item, "type"), type, sizeof(type)))
			return CTAP_CBOR_UNEXPECTED_TYPE;
		if (strcmp(type, "public-key") != 0)
			continue;
		for (size_t j = 0; j < SETTINGS_ALGORITHMS; j++) {
			if (alg != 0 && key->settings.algorithms[j] == alg) {
				*ret_alg = (int)alg;
				return CTAP_OK;
			}
		}
	}
	return CTAP_UNSUPPORTED_ALGORITHM;
}

static int make_parse(struct key *key, const cbor_item_t *map, struct make_request *req)
{
	const cbor_item_t *rp = decode_at(map, 2);
	int r;

	req->user = decode_at(map, 3);
	if (decode_at(map, 1) == NULL || rp == NULL || req->user == NULL)
		return CTAP_MISSING_PARAMETER;
	if (!decode_bytes(decode_at(map, 1), &req->hash) ||
	    !decode_text(decode_named(rp, "id"), req->rp_id, sizeof(req->rp_id)) ||
	    !decode_bytes(decode_named(req->user, "id"), &req->user_id))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	if (req->hash.len != 32 || req->user_id.len > 64)
		return CTAP_INVALID_LENGTH;
	digest_sha256(req->rp_id, strlen(req->rp_id), req->rp_hash);
	r = make_choose_algorithm(key, decode_at(map, 4), &req->algorithm);
	if (r != CTAP_OK)
		return r;
	req->exclude = decode_at(map, 5);
	req->extensions = decode_at(map, 6);
	r = user_parse(decode_at(map, 7), decode_at(map, 8), decode_at(map, 9), &req->user_request);
	req->user_request.hash = req->hash.ptr;
	req->user_request.rp_id = req->rp_id;
	req->user_request.permission = PERMISSION_MC;
	return r;
}

static bool make_excluded(struct key *key, const struct make_request *req)
{
	struct span id;

	if (!decode_is_array(req->exclude))
		return false;
	for (size_t i = 0; i < cbor_array_size(req->exclude); i++) {
		const cbor_item_t *item = cbor_array_handle(req->exclude)[i];

		if (decode_bytes(decode_named(item, "id"), &id) &&
		    credential_find(&key->state, id.ptr, id.len, req->rp_hash) != NULL)
			return true;
	}
	return false;
}

static struct credential *make_resident(struct key *key, const struct make_request *req,
					size_t *ret_residents)
{
	struct credential *same = NULL;

	*ret_residents = 0;
	for (size_t i = 0; i < key->state.count; i++) {
		struct credential *cred = key->state.credentials[i];

		if (!cred->resident)
			continue;
		++*ret_residents;
		if (memcmp(cred->rp_hash, req->rp_hash, 32) == 0 &&
		    cred->user_id_len == req->user_id.len &&
		    memcmp(cred->user_id, req->user_id.ptr, cred->user_id_len) == 0)
			same = cred;
	}
	return same;
}

static struct credential *make_new(struct key *key, const struct make_request *req)
{
	struct credential *cred = credential_new();

	cred->id_len = key->settings.credential_id_length;
	digest_random(cred->id, cred->id_len);
	digest_random(cred->cred_random, sizeof(cred->cred_random));
	cred->algorithm = lies_algorithm(key, req->algorithm);
	cred->resident = req->user_request.rk;
	strcpy(cred->rp_id, req->rp_id);
	memcpy(cred->rp_hash, req->rp_hash, 32);
	cred->user_id_len = req->user_id.len;
	if (req->user_id.len > 0)
		memcpy(cred->user_id, req->user_id.ptr, req->user_id.len);
	/* A name that is too long stays away; keys may cut it (6.1.2). */
	if (!decode_text(decode_named(req->user, "name"), cred->user_name, sizeof(cred->user_name)))
		cred->user_name[0] = '\0';
	if (!decode_text(decode_named(req->user, "displayName"), cred->user_display,
			 sizeof(cred->user_display)))
		cred->user_display[0] = '\0';
	cred->pkey = keys_generate(cred->algorithm);
	return cred;
}

static int make_answer(struct key *key, const struct make_request *req, struct credential *cred,
		       bool uv, struct buf *out)
{
	struct authdata ad = {0};
	struct buf authdata = {0};
	int r;

	r = extensions_create(key, req->extensions, cred, &ad.extensions);
	if (r != CTAP_OK)
		return r;
	memcpy(ad.rp_hash, req->rp_hash, 32);
	ad.flags = AUTHDATA_UP | (uv ? AUTHDATA_UV : 0);
	ad.attested = cred;
	authdata_prepare(key, &ad);
	authdata_encode(key, &ad, &authdata);
	r = attestation_encode(key, cred, &authdata, req->hash.ptr, out);
	lies_answer(key, out);
	return r;
}

/* Everything that may refuse before the user is asked. */
static int make_check(struct key *key, const struct make_request *req)
{
	const struct user_request *user = &req->user_request;

	if (!user->up)
		return CTAP_INVALID_OPTION;
	if (user->rk && !key->settings.rk)
		return CTAP_UNSUPPORTED_OPTION;
	return (int)key->settings.error;
}

static int make_store(struct key *key, const struct make_request *req, bool uv, struct buf *out)
{
	size_t residents;
	struct credential *cred, *same = make_resident(key, req, &residents);
	int r;

	if (!req->user_request.rk)
		same = NULL;
	else if (same == NULL && residents >= key->settings.max_resident)
		return CTAP_KEY_STORE_FULL;
	cred = make_new(key, req);
	r = cred->pkey == NULL ? CTAP_OTHER : make_answer(key, req, cred, uv, out);
	if (r != CTAP_OK) {
		credential_free(cred);
		return r;
	}
	/* A new one for the same account takes the place of the old. */
	if (same != NULL)
		state_remove(&key->state, same);
	state_add(&key->state, cred);
	return state_save(&key->state) == 0 ? CTAP_OK : CTAP_OTHER;
}

int make_credential_run(struct key *key, const cbor_item_t *map, struct buf *out)
{
	struct make_request req = {0};
	bool uv = false;
	int r = make_parse(key, map, &req);

	if (r != CTAP_OK)
		return r;
	if (!key->ceremony.touched)
		log_event(&key->log,
			  "make-credential rp=%s rk=%d uv=%d pin=%d"
			  " alg=%s",
			  req.rp_id, req.user_request.rk, req.user_request.uv,
			  req.user_request.has_param, keys_name(req.algorithm));
	r = make_check(key, &req);
	if (r == CTAP_OK)
		r = user_verify(key, &req.user_request, &uv);
	if (r == CTAP_OK)
		r = key_require_touch(key);
	if (r != CTAP_OK)
		return r;
	user_spend(key, &req.user_request);
	if (make_excluded(key, &req))
		return CTAP_CREDENTIAL_EXCLUDED;
	return make_store(key, &req, uv, out);
}
