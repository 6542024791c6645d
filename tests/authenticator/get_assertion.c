/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* authenticatorGetAssertion and its successor (CTAP 2.1, 6.2 and 6.3). */
#include <string.h>

#include "digest.h"
#include "keys.h"
#include "lies.h"
#include "user.h"

/* How long getNextAssertion may take (6.3, step 2). */
#define NEXT_TIMEOUT 30000

struct get_request {
	struct span hash;
	char rp_id[256];
	uint8_t rp_hash[32];
	const cbor_item_t *allow, *extensions;
	struct user_request user_request;
};

static int get_parse(const cbor_item_t *map, struct get_request *req)
{
	const cbor_item_t *options = decode_at(map, 5);
	int r;

	if (decode_at(map, 1) == NULL || decode_at(map, 2) == NULL)
		return CTAP_MISSING_PARAMETER;
	if (!decode_text(decode_at(map, 1), req->rp_id, sizeof(req->rp_id)) ||
	    !decode_bytes(decode_at(map, 2), &req->hash))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	if (req->hash.len != 32)
		return CTAP_INVALID_LENGTH;
	digest_sha256(req->rp_id, strlen(req->rp_id), req->rp_hash);
	req->allow = decode_at(map, 3);
	if (req->allow != NULL && !decode_is_array(req->allow))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	req->extensions = decode_at(map, 4);
	if (decode_named(options, "rk") != NULL)
		return CTAP_UNSUPPORTED_OPTION;
	r = user_parse(options, decode_at(map, 6), decode_at(map, 7), &req->user_request);
	req->user_request.hash = req->hash.ptr;
	req->user_request.rp_id = req->rp_id;
	req->user_request.permission = PERMISSION_GA;
	return r;
}

/* credProtect (12.1): level 3 wants verification, level 2 that or its id. */
static bool get_permits(const struct credential *cred, bool listed, bool uv)
{
	return uv || cred->protect == 1 || (cred->protect == 2 && listed);
}

static struct credential *get_listed(struct key *key, const struct get_request *req, bool uv)
{
	struct credential *cred;
	struct span id;

	for (size_t i = 0; i < cbor_array_size(req->allow); i++) {
		const cbor_item_t *item = cbor_array_handle(req->allow)[i];

		if (!decode_bytes(decode_named(item, "id"), &id))
			continue;
		cred = credential_find(&key->state, id.ptr, id.len, req->rp_hash);
		if (cred != NULL && get_permits(cred, true, uv))
			return cred;
	}
	return NULL;
}

/* Newest first. Returns how many; the list takes so many as it can. */
static size_t get_residents(struct key *key, const struct get_request *req, bool uv,
			    struct credential **list, size_t size)
{
	size_t n = 0;

	for (size_t i = key->state.count; i-- > 0 && n < size;) {
		struct credential *cred = key->state.credentials[i];

		if (cred->resident && get_permits(cred, false, uv) &&
		    memcmp(cred->rp_hash, req->rp_hash, 32) == 0)
			list[n++] = cred;
	}
	return n;
}

static void get_encode_credential(struct key *key, const struct credential *cred, struct buf *out)
{
	uint8_t id[LIES_ID_MAX];
	size_t len = lies_id(key, cred, id);

	encode_int(out, 1);
	encode_map(out, 2);
	encode_text(out, "id");
	encode_bytes(out, id, len);
	encode_text(out, "type");
	encode_text(out, "public-key");
}

/* Names are for a choice among several, and only after verification. */
static void get_encode_user(struct key *key, const struct credential *cred, bool names,
			    struct buf *out)
{
	uint8_t user[64];
	size_t len = lies_user(key, cred, user);
	bool name = names && cred->user_name[0] != '\0';
	bool display = names && cred->user_display[0] != '\0';

	encode_int(out, 4);
	encode_map(out, 1 + name + display);
	encode_text(out, "id");
	encode_bytes(out, user, len);
	if (name) {
		encode_text(out, "name");
		encode_text(out, cred->user_name);
	}
	if (display) {
		encode_text(out, "displayName");
		encode_text(out, cred->user_display);
	}
}

struct get_answer {
	const struct credential *cred;
	const uint8_t *hash;
	const cbor_item_t *extensions;
	uint8_t flags;
	bool omit_id;
	bool names;
	size_t total; /* shown where it is above one */
};

static int get_sign(struct key *key, const struct get_answer *answer, const struct buf *authdata,
		    struct buf *out)
{
	const struct credential *cred = answer->cred;
	int algorithm = lies_algorithm(key, cred->algorithm);
	EVP_PKEY *pkey = cred->pkey;
	uint8_t sig[KEYS_SIGNATURE_MAX];
	size_t n;

	if (algorithm != cred->algorithm)
		pkey = keys_generate(algorithm);
	n = authdata_sign(key, pkey, algorithm, authdata, answer->hash, sig);
	if (pkey != cred->pkey)
		EVP_PKEY_free(pkey);
	encode_int(out, 3);
	encode_bytes(out, sig, n);
	return n > 0 ? CTAP_OK : CTAP_OTHER;
}

static int get_encode(struct key *key, const struct get_answer *answer, struct buf *out)
{
	const struct credential *cred = answer->cred;
	bool user = cred->resident || lies_active(key) == LIE_WRONG_USER_HANDLE;
	struct authdata ad = {0};
	struct buf authdata = {0};
	int r;

	r = extensions_assert(key, answer->extensions, cred, answer->flags & AUTHDATA_UV,
			      &ad.extensions);
	if (r != CTAP_OK)
		return r;
	memcpy(ad.rp_hash, cred->rp_hash, 32);
	ad.flags = answer->flags;
	if (lies_active(key) == LIE_AT_DATA)
		ad.attested = cred;
	authdata_prepare(key, &ad);
	authdata_encode(key, &ad, &authdata);
	encode_map(out, 2 + !answer->omit_id + user + (answer->total > 1));
	if (!answer->omit_id)
		get_encode_credential(key, cred, out);
	encode_int(out, 2);
	encode_bytes(out, authdata.data, authdata.len);
	r = get_sign(key, answer, &authdata, out);
	if (user)
		get_encode_user(key, cred, answer->names, out);
	if (answer->total > 1) {
		encode_int(out, 5);
		encode_int(out, (int64_t)answer->total);
	}
	lies_answer(key, out);
	return out->overflow ? CTAP_OTHER : r;
}

/* A replay sends the last true answer again, and nothing of this request. */
static int get_finish(struct key *key, const struct get_answer *answer, struct buf *out)
{
	struct state *state = &key->state;
	int r;

	if (lies_active(key) == LIE_REPLAY) {
		if (state->replay_len == 0)
			return CTAP_OTHER;
		encode_raw(out, state->replay, state->replay_len);
		return CTAP_OK;
	}
	r = get_encode(key, answer, out);
	if (r == CTAP_OK && lies_active(key) == LIE_NONE && key->ceremony.asks_touch)
		state_set_replay(state, out->data, out->len);
	if (r == CTAP_OK && state_save(state) != 0)
		r = CTAP_OTHER;
	return r;
}

static void get_remember(struct key *key, const struct get_request *req, struct credential **list,
			 size_t count, uint8_t flags)
{
	struct session *s = &key->session;

	if (count < 2)
		return;
	/* Kept backwards, to be taken from the end. */
	for (size_t i = 1; i < count; i++)
		s->next[count - 1 - i] = list[i];
	s->next_count = count - 1;
	memcpy(s->next_hash, req->hash.ptr, 32);
	s->next_flags = flags;
	s->next_deadline = key->now + NEXT_TIMEOUT;
}

static int get_select(struct key *key, const struct get_request *req, bool uv, struct buf *out)
{
	struct credential *list[sizeof(key->session.next) / sizeof(key->session.next[0])];
	bool listed = req->allow != NULL && cbor_array_size(req->allow) > 0;
	struct get_answer answer = {0};
	size_t count;
	int r;

	if (listed) {
		list[0] = get_listed(key, req, uv);
		count = list[0] != NULL;
	} else {
		count = get_residents(key, req, uv, list, sizeof(list) / sizeof(list[0]));
	}
	if (count == 0)
		return CTAP_NO_CREDENTIALS;
	if (req->user_request.up && (r = key_require_touch(key)) != CTAP_OK)
		return r;
	answer.flags = (req->user_request.up ? AUTHDATA_UP : 0) | (uv ? AUTHDATA_UV : 0);
	answer.cred = list[0];
	answer.hash = req->hash.ptr;
	answer.extensions = req->user_request.up ? req->extensions : NULL;
	answer.omit_id = key->settings.omit_id && listed && cbor_array_size(req->allow) == 1;
	answer.names = uv && count > 1;
	answer.total = count;
	if (req->user_request.up)
		user_spend(key, &req->user_request);
	get_remember(key, req, list, count, answer.flags);
	return get_finish(key, &answer, out);
}

int get_assertion_run(struct key *key, const cbor_item_t *map, struct buf *out)
{
	struct get_request req = {0};
	bool uv = false;
	int r = get_parse(map, &req);

	if (r != CTAP_OK)
		return r;
	if (!key->ceremony.touched)
		log_event(&key->log,
			  "get-assertion rp=%s up=%d uv=%d pin=%d"
			  " allow=%zu",
			  req.rp_id, req.user_request.up, req.user_request.uv,
			  req.user_request.has_param,
			  req.allow == NULL ? 0 : cbor_array_size(req.allow));
	if (req.user_request.up && key->settings.error != 0)
		return (int)key->settings.error;
	r = user_verify(key, &req.user_request, &uv);
	if (r != CTAP_OK)
		return r;
	return get_select(key, &req, uv, out);
}

int get_assertion_next(struct key *key, struct buf *out)
{
	struct session *s = &key->session;
	struct get_answer answer = {0};

	log_event(&key->log, "get-next-assertion");
	if (s->next_count == 0 || key->now >= s->next_deadline) {
		s->next_count = 0;
		return CTAP_NOT_ALLOWED;
	}
	answer.cred = s->next[--s->next_count];
	answer.hash = s->next_hash;
	answer.flags = s->next_flags;
	answer.names = s->next_flags & AUTHDATA_UV;
	s->next_deadline = key->now + NEXT_TIMEOUT;
	/* The touch was that of the first; the lies go on as well. */
	key->ceremony.asks_touch = s->next_flags & AUTHDATA_UP;
	return get_finish(key, &answer, out);
}
