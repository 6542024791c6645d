/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "ctap2.h"
#include "digest.h"
#include "user.h"

/* 12.1 and 12.5; unknown extensions are ignored. */
int extensions_create(struct key *key, const cbor_item_t *map, struct credential *cred,
		      struct buf *ret_extensions)
{
	const cbor_item_t *hmac, *protect;
	bool want = false;
	int64_t level = 0;

	if (map == NULL)
		return CTAP_OK;
	if (!decode_is_map(map))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	hmac = decode_named(map, "hmac-secret");
	protect = decode_named(map, "credProtect");
	if ((hmac != NULL && !decode_bool(hmac, &want)) ||
	    (protect != NULL && !decode_int(protect, &level)))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	cred->hmac_secret = want && key->settings.hmac_secret;
	if (level >= 1 && level <= 3)
		cred->protect = (unsigned)level;
	else
		level = 0;
	if (level == 0 && !cred->hmac_secret)
		return CTAP_OK;
	encode_map(ret_extensions, (level != 0) + cred->hmac_secret);
	if (level != 0) {
		encode_text(ret_extensions, "credProtect");
		encode_int(ret_extensions, level);
	}
	if (cred->hmac_secret) {
		encode_text(ret_extensions, "hmac-secret");
		encode_bool(ret_extensions, true);
	}
	return CTAP_OK;
}

struct hmac_input {
	const struct pin_protocol *protocol;
	struct pin_secret secret;
	uint8_t salts[64];
	size_t len;
};

static int extensions_parse_hmac(struct key *key, const cbor_item_t *input,
				 struct hmac_input *ret_input)
{
	struct span cipher, mac;
	int64_t version = 1;

	if (!decode_bytes(decode_at(input, 2), &cipher) || !decode_bytes(decode_at(input, 3), &mac))
		return CTAP_MISSING_PARAMETER;
	if (decode_at(input, 4) != NULL && !decode_int(decode_at(input, 4), &version))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	ret_input->protocol = user_protocol(key, version);
	if (ret_input->protocol == NULL ||
	    !pin_protocol_decapsulate(ret_input->protocol, decode_at(input, 1), &ret_input->secret))
		return CTAP_INVALID_PARAMETER;
	if (!pin_protocol_verify(ret_input->protocol, ret_input->secret.mac_key, cipher.ptr,
				 cipher.len, mac))
		return CTAP_PIN_AUTH_INVALID;
	if (!pin_protocol_decrypt(ret_input->protocol, &ret_input->secret, cipher, ret_input->salts,
				  sizeof(ret_input->salts), &ret_input->len) ||
	    (ret_input->len != 32 && ret_input->len != 64))
		return CTAP_INVALID_LENGTH;
	return CTAP_OK;
}

int extensions_assert(struct key *key, const cbor_item_t *map, const struct credential *cred,
		      bool uv, struct buf *ret_extensions)
{
	const cbor_item_t *hmac = decode_named(map, "hmac-secret");
	const uint8_t *random = cred->cred_random + (uv ? 32 : 0);
	struct hmac_input input;
	uint8_t output[64], cipher[80];
	size_t len;
	int r;

	if (hmac == NULL || !cred->hmac_secret)
		return CTAP_OK;
	r = extensions_parse_hmac(key, hmac, &input);
	if (r != CTAP_OK)
		return r;
	digest_hmac(random, 32, input.salts, 32, output);
	if (input.len == 64)
		digest_hmac(random, 32, input.salts + 32, 32, output + 32);
	len = pin_protocol_encrypt(input.protocol, &input.secret, output, input.len, cipher);
	encode_map(ret_extensions, 1);
	encode_text(ret_extensions, "hmac-secret");
	encode_bytes(ret_extensions, cipher, len);
	return CTAP_OK;
}
