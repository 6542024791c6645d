/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "digest.h"
#include "keys.h"
#include "lies.h"

enum lie lies_active(const struct key *key)
{
	return key->ceremony.asks_touch ? key->settings.lie : LIE_NONE;
}

void lies_fields(struct key *key, struct authdata *ad)
{
	switch ((int)lies_active(key)) { /* most lies are told elsewhere */
	case LIE_WRONG_RPID_HASH:
		ad->rp_hash[0] ^= 0xff;
		break;
	case LIE_NO_UP:
		ad->flags &= ~AUTHDATA_UP;
		break;
	case LIE_NO_UV:
		ad->flags &= ~AUTHDATA_UV;
		break;
	case LIE_AT_SET:
	case LIE_AT_DATA:
		ad->flags |= AUTHDATA_AT;
		break;
	case LIE_BS_WITHOUT_BE:
		ad->flags &= ~AUTHDATA_BE;
		ad->flags |= AUTHDATA_BS;
		break;
	case LIE_BE_FLIP:
		ad->flags ^= AUTHDATA_BE;
		if (!(ad->flags & AUTHDATA_BE))
			ad->flags &= ~AUTHDATA_BS;
		break;
	default:
		break;
	}
}

void lies_trailing(struct key *key, struct buf *authdata)
{
	static const uint8_t tail[5] = {0xde, 0xad, 0xbe, 0xef, 0x00};

	if (lies_active(key) == LIE_TRAILING_BYTES)
		encode_raw(authdata, tail, sizeof(tail));
}

static size_t lies_other_id(struct key *key, const struct credential *cred, uint8_t *ret_id)
{
	struct state *state = &key->state;

	for (size_t i = 0; i < state->count; i++) {
		const struct credential *other = state->credentials[i];

		if (other->id_len == cred->id_len && memcmp(other->id, cred->id, cred->id_len) == 0)
			continue;
		memcpy(ret_id, other->id, other->id_len);
		return other->id_len;
	}
	digest_random(ret_id, cred->id_len);
	return cred->id_len;
}

size_t lies_id(struct key *key, const struct credential *cred, uint8_t ret_id[LIES_ID_MAX])
{
	switch ((int)lies_active(key)) { /* most lies are told elsewhere */
	case LIE_OTHER_CREDENTIAL_ID:
		return lies_other_id(key, cred, ret_id);
	case LIE_EMPTY_ID:
		return 0;
	case LIE_HUGE_ID:
		memset(ret_id, 0x68, LIES_ID_MAX);
		return LIES_ID_MAX;
	default:
		memcpy(ret_id, cred->id, cred->id_len);
		return cred->id_len;
	}
}

/* The last byte lies in s, or in the RSA block: the form stays right. */
void lies_signature(struct key *key, uint8_t *sig, size_t len)
{
	if (lies_active(key) == LIE_BAD_SIGNATURE && len > 0)
		sig[len - 1] ^= 0x01;
}

int lies_algorithm(struct key *key, int algorithm)
{
	if (lies_active(key) != LIE_WRONG_ALG)
		return algorithm;
	return algorithm == KEYS_ES256 ? KEYS_EDDSA : KEYS_ES256;
}

size_t lies_user(struct key *key, const struct credential *cred, uint8_t ret_user[64])
{
	size_t len = cred->user_id_len;

	memcpy(ret_user, cred->user_id, len);
	if (lies_active(key) == LIE_WRONG_USER_HANDLE) {
		len = len > 0 ? len : 32;
		digest_random(ret_user, len);
	}
	return len;
}

/* As much well-formed CBOR as a message can hold: arrays in an array. */
static void lies_huge(struct buf *out)
{
	static const uint8_t item[4] = {0x83, 0x01, 0x02, 0x03};
	size_t items = (MESSAGE_MAX - 1 - 3) / sizeof(item);

	out->len = 0;
	encode_array(out, items);
	for (size_t i = 0; i < items; i++)
		encode_raw(out, item, sizeof(item));
}

void lies_answer(struct key *key, struct buf *out)
{
	/* A map that claims 2^32 - 1 pairs. */
	static const uint8_t bomb[] = {0xba, 0xff, 0xff, 0xff, 0xff, 0x01};

	switch ((int)lies_active(key)) { /* most lies are told elsewhere */
	case LIE_RANDOM_CBOR:
		out->len = 200;
		digest_random(out->data, out->len);
		break;
	case LIE_HUGE_CBOR:
		lies_huge(out);
		break;
	case LIE_TRUNCATED_CBOR:
		out->len /= 2;
		break;
	case LIE_TRAILING_CBOR:
		encode_int(out, 0);
		break;
	case LIE_BOMB_CBOR:
		out->len = 0;
		encode_raw(out, bomb, sizeof(bomb));
		break;
	default:
		break;
	}
}
