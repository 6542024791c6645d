/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "ctap2.h"
#include "digest.h"
#include "keys.h"
#include "lies.h"

/* One counter for all credentials, as most keys have it. */
uint32_t authdata_count(struct key *key)
{
	struct state *state = &key->state;
	enum lie lie = lies_active(key);

	if (lie == LIE_COUNTER_STILL)
		return state->counter;
	if (lie == LIE_COUNTER_BACK)
		return state->counter > 0 ? state->counter - 1 : 0;
	state->counter += key->settings.counter_step;
	return state->counter;
}

void authdata_prepare(struct key *key, struct authdata *ad)
{
	if (key->settings.backup != BACKUP_NONE)
		ad->flags |= AUTHDATA_BE;
	if (key->settings.backup == BACKUP_BACKED_UP)
		ad->flags |= AUTHDATA_BS;
	if (ad->attested != NULL)
		ad->flags |= AUTHDATA_AT;
	if (ad->extensions.len > 0)
		ad->flags |= AUTHDATA_ED;
	ad->counter = authdata_count(key);
	lies_fields(key, ad);
}

static void authdata_encode_attested(struct key *key, const struct credential *cred,
				     struct buf *out)
{
	uint8_t id[LIES_ID_MAX];
	size_t id_len = lies_id(key, cred, id);

	encode_raw(out, key->settings.aaguid, sizeof(key->settings.aaguid));
	encode_be16(out, (uint16_t)id_len);
	encode_raw(out, id, id_len);
	keys_encode(out, cred->pkey, cred->algorithm);
}

void authdata_encode(struct key *key, const struct authdata *ad, struct buf *out)
{
	if (lies_active(key) == LIE_ZERO_LENGTH_AUTHDATA)
		return;
	encode_raw(out, ad->rp_hash, sizeof(ad->rp_hash));
	encode_raw(out, &ad->flags, 1);
	encode_be32(out, ad->counter);
	if (ad->attested != NULL)
		authdata_encode_attested(key, ad->attested, out);
	encode_raw(out, ad->extensions.data, ad->extensions.len);
	lies_trailing(key, out);
}

size_t authdata_sign(struct key *key, EVP_PKEY *pkey, int algorithm, const struct buf *authdata,
		     const uint8_t hash[32], uint8_t *ret_sig)
{
	struct buf tbs = {0};
	size_t n;

	encode_raw(&tbs, authdata->data, authdata->len);
	encode_raw(&tbs, hash, 32);
	if (tbs.overflow)
		return 0;
	n = keys_sign(pkey, algorithm, tbs.data, tbs.len, ret_sig);
	lies_signature(key, ret_sig, n);
	return n;
}
