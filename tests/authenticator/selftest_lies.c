/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Each lie changes what its name says, and nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctap2.h"
#include "digest.h"
#include "keys.h"
#include "selftest.h"

/* What an assertion shows to who looks closely. */
struct view {
	bool parsed, whole;
	bool rp_ok, sig_ok, id_ok, user_ok;
	size_t id_len, authdata_len;
	uint8_t flags;
	uint32_t counter;
	struct buf reply;
};

struct subject {
	struct fixture f;
	struct raw raw;
	uint8_t id[CREDENTIAL_ID_MAX];
	size_t id_len;
	EVP_PKEY *pkey;
};

/* The id and the key of a makeCredential answer. */
static bool lies_learn(struct subject *s, const struct buf *reply)
{
	cbor_item_t *map = decode_load(reply->data + 1, reply->len - 1), *cose = NULL;
	struct span authdata, x, y;
	bool ok = map != NULL && decode_bytes(decode_at(map, 2), &authdata) && authdata.len > 55;

	if (ok) {
		s->id_len = (size_t)authdata.ptr[53] << 8 | authdata.ptr[54];
		memcpy(s->id, authdata.ptr + 55, s->id_len);
		cose = decode_load(authdata.ptr + 55 + s->id_len, authdata.len - 55 - s->id_len);
	}
	ok = cose != NULL && cbor_map_size(cose) == 5 &&
	     decode_bytes(cbor_map_handle(cose)[3].value, &x) &&
	     decode_bytes(cbor_map_handle(cose)[4].value, &y);
	if (ok)
		s->pkey = keys_from_point(x.ptr, y.ptr);
	if (cose != NULL)
		cbor_decref(&cose);
	if (map != NULL)
		cbor_decref(&map);
	return ok && s->pkey != NULL;
}

static bool lies_verify(struct subject *s, struct span authdata, struct span sig)
{
	static const uint8_t hash[32] = {0x22};
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, s->pkey) == 1 &&
		  EVP_DigestVerifyUpdate(ctx, authdata.ptr, authdata.len) == 1 &&
		  EVP_DigestVerifyUpdate(ctx, hash, sizeof(hash)) == 1 &&
		  EVP_DigestVerifyFinal(ctx, sig.ptr, sig.len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static void lies_look_authdata(struct view *v, struct span authdata)
{
	uint8_t rp_hash[32];

	v->authdata_len = authdata.len;
	if (authdata.len < 37)
		return;
	digest_sha256("example.org", 11, rp_hash);
	v->rp_ok = memcmp(authdata.ptr, rp_hash, 32) == 0;
	v->flags = authdata.ptr[32];
	v->counter = (uint32_t)authdata.ptr[33] << 24 | (uint32_t)authdata.ptr[34] << 16 |
		     (uint32_t)authdata.ptr[35] << 8 | authdata.ptr[36];
}

static void lies_look(struct subject *s, const cbor_item_t *map, struct view *v)
{
	struct span id, authdata, sig, user;

	v->parsed = decode_bytes(decode_at(map, 2), &authdata) &&
		    decode_bytes(decode_at(map, 3), &sig) &&
		    decode_bytes(decode_named(decode_at(map, 1), "id"), &id);
	if (!v->parsed)
		return;
	v->id_len = id.len;
	v->id_ok = id.len == s->id_len && memcmp(id.ptr, s->id, id.len) == 0;
	v->user_ok = decode_bytes(decode_named(decode_at(map, 4), "id"), &user) && user.len == 1 &&
		     user.ptr[0] == 7;
	v->sig_ok = lies_verify(s, authdata, sig);
	lies_look_authdata(v, authdata);
}

static void lies_ask(struct subject *s, struct view *v)
{
	struct buf request;
	struct cbor_load_result result;
	cbor_item_t *map;

	memset(v, 0, sizeof(*v));
	raw_encode_get(&request, s->id, s->id_len, true);
	if (raw_cbor(&s->raw, &request, &v->reply) != 0)
		return;
	/* A decoder reserves what a bomb claims; sanitizers end us for that. */
	if (v->reply.data[1] == 0xba)
		return;
	map = cbor_load(v->reply.data + 1, v->reply.len - 1, &result);
	v->whole = map != NULL && result.read == v->reply.len - 1;
	if (map == NULL)
		return;
	lies_look(s, map, v);
	cbor_decref(&map);
}

/* Like the last true one, but for a counter that went on. */
static bool lies_honest(const struct view *v, const struct view *last)
{
	return v->parsed && v->whole && v->rp_ok && v->sig_ok && v->id_ok && v->user_ok &&
	       v->authdata_len == 37 && v->flags == AUTHDATA_UP && v->counter == last->counter + 1;
}

typedef bool (*lies_fn)(const struct view *v, const struct view *last);

static bool lie_signature(const struct view *v, const struct view *last)
{
	return v->parsed && !v->sig_ok && v->rp_ok && v->counter == last->counter + 1;
}

static bool lie_rp(const struct view *v, const struct view *last)
{
	return v->sig_ok && !v->rp_ok && v->flags == last->flags;
}

static bool lie_up(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->rp_ok && v->flags == 0;
}

static bool lie_still(const struct view *v, const struct view *last)
{
	return v->sig_ok && v->counter == last->counter;
}

static bool lie_back(const struct view *v, const struct view *last)
{
	return v->sig_ok && v->counter == last->counter - 1;
}

static bool lie_at(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->flags == (AUTHDATA_UP | AUTHDATA_AT) && v->authdata_len == 37;
}

static bool lie_at_data(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->flags == (AUTHDATA_UP | AUTHDATA_AT) && v->authdata_len > 100;
}

static bool lie_trailing(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->flags == AUTHDATA_UP && v->authdata_len == 42;
}

static bool lie_trailing_cbor(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->authdata_len == 37 && !v->whole;
}

static bool lie_bs(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->flags == (AUTHDATA_UP | AUTHDATA_BS);
}

static bool lie_be(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->flags == (AUTHDATA_UP | AUTHDATA_BE);
}

static bool lie_other_id(const struct view *v, const struct view *last)
{
	return v->sig_ok && !v->id_ok && v->id_len == last->id_len;
}

static bool lie_user(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->id_ok && !v->user_ok;
}

static bool lie_empty_id(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->id_len == 0;
}

static bool lie_huge_id(const struct view *v, const struct view *last)
{
	(void)last;
	return v->sig_ok && v->id_len > CREDENTIAL_ID_MAX;
}

static bool lie_alg(const struct view *v, const struct view *last)
{
	(void)last;
	return v->parsed && !v->sig_ok && v->rp_ok && v->id_ok;
}

static bool lie_zero(const struct view *v, const struct view *last)
{
	(void)last;
	return v->parsed && v->authdata_len == 0 && v->sig_ok;
}

static bool lie_replay(const struct view *v, const struct view *last)
{
	return v->reply.len == last->reply.len &&
	       memcmp(v->reply.data, last->reply.data, v->reply.len) == 0;
}

static bool lie_random(const struct view *v, const struct view *last)
{
	(void)last;
	return !v->parsed && v->reply.len == 201;
}

static bool lie_huge(const struct view *v, const struct view *last)
{
	(void)last;
	return !v->parsed && v->whole && v->reply.len > MESSAGE_MAX - 16;
}

static bool lie_truncated(const struct view *v, const struct view *last)
{
	return !v->parsed && !v->whole && v->reply.len < last->reply.len;
}

static bool lie_bomb(const struct view *v, const struct view *last)
{
	(void)last;
	return !v->parsed && !v->whole && v->reply.len == 7;
}

static const struct {
	const char *name;
	lies_fn told;
} lies[] = {
	{"none", lies_honest},
	{"bad-signature", lie_signature},
	{"wrong-rpid-hash", lie_rp},
	{"no-up", lie_up},
	{"counter-still", lie_still},
	{"counter-back", lie_back},
	{"at-set", lie_at},
	{"at-data", lie_at_data},
	{"trailing-bytes", lie_trailing},
	{"trailing-cbor", lie_trailing_cbor},
	{"bs-without-be", lie_bs},
	{"be-flip", lie_be},
	{"other-credential-id", lie_other_id},
	{"wrong-user-handle", lie_user},
	{"empty-id", lie_empty_id},
	{"huge-id", lie_huge_id},
	{"wrong-alg", lie_alg},
	{"zero-length-authdata", lie_zero},
	{"replay", lie_replay},
	{"random-cbor", lie_random},
	{"huge-cbor", lie_huge},
	{"truncated-cbor", lie_truncated},
	{"bomb-cbor", lie_bomb},
};

static void lies_each(struct subject *s)
{
	static struct view last, v;
	char command[64], name[64];

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fixture_ctl(&s->f, "lie=none");
		lies_ask(s, &last);
		snprintf(command, sizeof(command), "lie=%s", lies[i].name);
		snprintf(name, sizeof(name), "lie-%s", lies[i].name);
		fixture_ctl(&s->f, command);
		lies_ask(s, &v);
		check(lies[i].told(&v, &last), name, "not what it says");
	}
	fixture_ctl(&s->f, "lie=none");
}

/* A silent request is answered truly, whatever the lie. */
static void lies_silent(struct subject *s)
{
	struct buf request, reply;

	fixture_ctl(&s->f, "lie=random-cbor");
	raw_encode_get(&request, s->id, s->id_len, false);
	check(raw_cbor(&s->raw, &request, &reply) == 0 && reply.data[1] == 0xa4, "lie-not-silent",
	      "up=false was lied to");
	s->id[0] ^= 1;
	raw_encode_get(&request, s->id, s->id_len, false);
	check(raw_cbor(&s->raw, &request, &reply) == 0x2e, "silent-unknown", "expected 0x2e");
	fixture_ctl(&s->f, "error=30");
	raw_encode_get(&request, s->id, s->id_len, true);
	check(raw_cbor(&s->raw, &request, &reply) == 0x30, "error-status", "expected 0x30");
}

void selftest_lies(void)
{
	static const char *const options[] = {"--counter=5", NULL};
	struct subject s = {0};
	struct buf request, reply;

	fixture_start(&s.f, options);
	if (!raw_open(&s.raw, s.f.device))
		abort();
	raw_encode_make(&request, KEYS_ES256, 8, false);
	raw_cbor(&s.raw, &request, &reply);
	raw_encode_make(&request, KEYS_ES256, 7, true);
	if (check(raw_cbor(&s.raw, &request, &reply) == 0 && lies_learn(&s, &reply), "raw-make",
		  "no credential")) {
		lies_each(&s);
		lies_silent(&s);
	}
	EVP_PKEY_free(s.pkey);
	raw_close(&s.raw);
	check(fixture_stop(&s.f), "stop", "status, link or socket");
	fixture_remove(&s.f);
}
