/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "attestation.h"
#include "digest.h"
#include "keys.h"
#include "lies.h"
#include "u2f.h"

/* Status words (U2F raw message formats, section 3.3). */
enum u2f_status {
	U2F_OK = 0x9000,
	U2F_CONDITIONS_NOT_SATISFIED = 0x6985,
	U2F_WRONG_DATA = 0x6a80,
	U2F_WRONG_LENGTH = 0x6700,
	U2F_CLA_NOT_SUPPORTED = 0x6e00,
	U2F_INS_NOT_SUPPORTED = 0x6d00,
	U2F_OTHER = 0x6f00,
	U2F_MISBEHAVE = 0x10000, /* not on the wire */
};

enum u2f_instruction {
	U2F_REGISTER = 0x01,
	U2F_AUTHENTICATE = 0x02,
	U2F_VERSION = 0x03,
};

#define U2F_CHECK_ONLY 0x07
#define U2F_ENFORCE 0x03

struct u2f_apdu {
	uint8_t ins, p1;
	struct span data;
};

/* Short and extended lengths of ISO 7816-4; what is expected back is not
 * looked at, as a HID response is never split. */
static unsigned u2f_parse(const struct buf *request, struct u2f_apdu *ret_apdu)
{
	const uint8_t *p = request->data;
	size_t len = request->len, head = 5, n;

	if (len < 4)
		return U2F_WRONG_LENGTH;
	if (p[0] != 0)
		return U2F_CLA_NOT_SUPPORTED;
	ret_apdu->ins = p[1];
	ret_apdu->p1 = p[2];
	ret_apdu->data.ptr = NULL;
	ret_apdu->data.len = 0;
	/* No data: nothing, a short Le, or an extended one. */
	if (len <= 5 || (len == 7 && p[4] == 0))
		return U2F_OK;
	n = p[4];
	if (n == 0) {
		head = 7;
		if (len < head)
			return U2F_WRONG_LENGTH;
		n = (size_t)p[5] << 8 | p[6];
	}
	if (n > len - head)
		return U2F_WRONG_LENGTH;
	ret_apdu->data.ptr = p + head;
	ret_apdu->data.len = n;
	return U2F_OK;
}

/* A touch counts for one operation. */
static bool u2f_touched(struct key *key)
{
	switch (key->settings.touch) {
	case TOUCH_AUTO:
		return true;
	case TOUCH_REFUSE:
		return false;
	case TOUCH_WAIT:
		if (key->u2f_touch_until == -1 || key->now > key->u2f_touch_until)
			return false;
		key->u2f_touch_until = -1;
		return true;
	case TOUCH_DELAY:
		if (key->u2f_touch_at == -1)
			key->u2f_touch_at = key->now + key->settings.touch_delay;
		if (key->now < key->u2f_touch_at)
			return false;
		key->u2f_touch_at = -1;
		return true;
	}
	return false;
}

static unsigned u2f_require_touch(struct key *key)
{
	const struct settings *s = &key->settings;
	bool touched;

	key->ceremony.asks_touch = true;
	if (s->stall == STALL_BEFORE || s->flood != FLOOD_NONE)
		return U2F_MISBEHAVE;
	if (s->error != 0)
		return U2F_OTHER;
	touched = u2f_touched(key);
	if (touched) {
		key->u2f_poll_until = -1;
		return U2F_OK;
	}
	if (!key_awaits_touch(key))
		log_event(&key->log, "touch-wait");
	/* Who polls comes again within a second. */
	key->u2f_poll_until = key->now + 1000;
	return U2F_CONDITIONS_NOT_SATISFIED;
}

static struct credential *u2f_new_credential(struct key *key, const uint8_t *app)
{
	struct credential *cred = credential_new();

	cred->id_len = key->settings.credential_id_length;
	/* The key handle's length is one byte. */
	if (cred->id_len > 255)
		cred->id_len = 255;
	digest_random(cred->id, cred->id_len);
	digest_random(cred->cred_random, sizeof(cred->cred_random));
	cred->algorithm = KEYS_ES256;
	memcpy(cred->rp_hash, app, 32);
	cred->pkey = keys_generate(KEYS_ES256);
	return cred;
}

/* Section 4.3: 05, point, handle, certificate, signature. */
static unsigned u2f_encode_registration(struct key *key, const struct credential *cred,
					const uint8_t *challenge, struct buf *out)
{
	const struct state *state = &key->state;
	uint8_t point[65], id[LIES_ID_MAX], sig[KEYS_SIGNATURE_MAX];
	struct buf tbs = {0};
	size_t id_len = lies_id(key, cred, id), n;
	uint8_t handle_len;

	if (cred->pkey == NULL || !keys_point(cred->pkey, point))
		return U2F_OTHER;
	if (id_len > 255)
		id_len = 255;
	handle_len = (uint8_t)id_len;
	encode_raw(&tbs, "", 1);
	encode_raw(&tbs, cred->rp_hash, 32);
	encode_raw(&tbs, challenge, 32);
	encode_raw(&tbs, id, id_len);
	encode_raw(&tbs, point, sizeof(point));
	n = keys_sign(state->attestation_key, KEYS_ES256, tbs.data, tbs.len, sig);
	lies_signature(key, sig, n);
	encode_raw(out, "\x05", 1);
	encode_raw(out, point, sizeof(point));
	encode_raw(out, &handle_len, 1);
	encode_raw(out, id, id_len);
	encode_raw(out, state->attestation_cert, state->attestation_cert_len);
	encode_raw(out, sig, n);
	return n > 0 ? U2F_OK : U2F_OTHER;
}

static unsigned u2f_register(struct key *key, const struct u2f_apdu *apdu, struct buf *out)
{
	struct credential *cred;
	unsigned sw;

	if (apdu->data.len != 64)
		return U2F_WRONG_LENGTH;
	if (!key_awaits_touch(key))
		log_event(&key->log, "u2f-register");
	sw = u2f_require_touch(key);
	if (sw != U2F_OK)
		return sw;
	cred = u2f_new_credential(key, apdu->data.ptr + 32);
	sw = u2f_encode_registration(key, cred, apdu->data.ptr, out);
	if (sw != U2F_OK) {
		credential_free(cred);
		return sw;
	}
	state_add(&key->state, cred);
	return state_save(&key->state) == 0 ? U2F_OK : U2F_OTHER;
}

/* Section 5.4: presence, counter, signature over app, these, challenge. */
static unsigned u2f_encode_authentication(struct key *key, const struct credential *cred,
					  bool present, const uint8_t *challenge, struct buf *out)
{
	struct authdata ad = {0};
	struct buf tbs = {0};
	uint8_t sig[KEYS_SIGNATURE_MAX];
	size_t n;

	memcpy(ad.rp_hash, cred->rp_hash, 32);
	ad.flags = present ? AUTHDATA_UP : 0;
	ad.counter = authdata_count(key);
	lies_fields(key, &ad);
	ad.flags &= AUTHDATA_UP;
	encode_raw(&tbs, ad.rp_hash, 32);
	encode_raw(&tbs, &ad.flags, 1);
	encode_be32(&tbs, ad.counter);
	encode_raw(&tbs, challenge, 32);
	n = keys_sign(cred->pkey, KEYS_ES256, tbs.data, tbs.len, sig);
	lies_signature(key, sig, n);
	encode_raw(out, tbs.data + 32, 5);
	encode_raw(out, sig, n);
	lies_trailing(key, out);
	return n > 0 ? U2F_OK : U2F_OTHER;
}

static unsigned u2f_answer_authentication(struct key *key, const struct credential *cred,
					  bool present, const uint8_t *challenge, struct buf *out)
{
	struct state *state = &key->state;
	unsigned sw;

	if (lies_active(key) == LIE_REPLAY) {
		if (state->replay_len == 0)
			return U2F_OTHER;
		encode_raw(out, state->replay, state->replay_len);
		return U2F_OK;
	}
	sw = u2f_encode_authentication(key, cred, present, challenge, out);
	if (sw != U2F_OK)
		return sw;
	if (lies_active(key) == LIE_NONE)
		state_set_replay(state, out->data, out->len);
	lies_answer(key, out);
	return state_save(state) == 0 ? U2F_OK : U2F_OTHER;
}

static unsigned u2f_authenticate(struct key *key, const struct u2f_apdu *apdu, struct buf *out)
{
	const uint8_t *p = apdu->data.ptr;
	const struct credential *cred;
	unsigned sw;

	if (apdu->data.len < 65 || apdu->data.len != 65u + p[64])
		return U2F_WRONG_LENGTH;
	cred = credential_find(&key->state, p + 65, p[64], p + 32);
	if (cred != NULL && cred->algorithm != KEYS_ES256)
		cred = NULL;
	if (apdu->p1 == U2F_CHECK_ONLY) {
		log_event(&key->log, "u2f-check known=%d", cred != NULL);
		return cred != NULL ? U2F_CONDITIONS_NOT_SATISFIED : U2F_WRONG_DATA;
	}
	if (!key_awaits_touch(key))
		log_event(&key->log, "u2f-authenticate known=%d up=%d", cred != NULL,
			  apdu->p1 == U2F_ENFORCE);
	if (cred == NULL)
		return U2F_WRONG_DATA;
	if (apdu->p1 == U2F_ENFORCE) {
		sw = u2f_require_touch(key);
		if (sw != U2F_OK)
			return sw;
	}
	return u2f_answer_authentication(key, cred, apdu->p1 == U2F_ENFORCE, p, out);
}

static unsigned u2f_dispatch(struct key *key, const struct u2f_apdu *apdu, struct buf *out)
{
	switch (apdu->ins) {
	case U2F_REGISTER:
		return u2f_register(key, apdu, out);
	case U2F_AUTHENTICATE:
		return u2f_authenticate(key, apdu, out);
	case U2F_VERSION:
		if (apdu->data.len != 0)
			return U2F_WRONG_LENGTH;
		encode_raw(out, "U2F_V2", 6);
		return U2F_OK;
	default:
		return U2F_INS_NOT_SUPPORTED;
	}
}

int u2f_run(struct key *key, struct buf *out)
{
	struct u2f_apdu apdu;
	unsigned sw = u2f_parse(&key->ceremony.request, &apdu);

	if (sw == U2F_OK)
		sw = u2f_dispatch(key, &apdu, out);
	if (sw == U2F_MISBEHAVE)
		return CTAP_NEEDS_TOUCH;
	if (sw != U2F_OK)
		out->len = 0;
	encode_be16(out, (uint16_t)sw);
	if (key->ceremony.asks_touch && sw != U2F_CONDITIONS_NOT_SATISFIED)
		log_event(&key->log, "answered sw=0x%04x", sw);
	return CTAP_OK;
}
