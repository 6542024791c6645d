/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "digest.h"
#include "keys.h"
#include "pin_protocol.h"

void pin_protocol_init(struct pin_protocol *p, unsigned version)
{
	memset(p, 0, sizeof(*p));
	p->version = version;
	pin_protocol_regenerate(p);
}

void pin_protocol_deinit(struct pin_protocol *p)
{
	EVP_PKEY_free(p->agreement);
	OPENSSL_cleanse(p, sizeof(*p));
}

void pin_protocol_regenerate(struct pin_protocol *p)
{
	EVP_PKEY_free(p->agreement);
	p->agreement = keys_generate(KEYS_ECDH);
	if (p->agreement == NULL)
		abort();
}

void pin_protocol_new_token(struct pin_protocol *p, unsigned permissions, const char *rp_id)
{
	digest_random(p->token, sizeof(p->token));
	p->token_in_use = true;
	p->token_uv = true;
	p->permissions = permissions;
	strncpy(p->rp_id, rp_id, sizeof(p->rp_id) - 1);
}

void pin_protocol_spend(struct pin_protocol *p)
{
	p->permissions = 0;
	p->token_uv = false;
}

static bool pin_protocol_coordinate(const cbor_item_t *cose, int64_t label, struct span *ret_span)
{
	int64_t v;

	for (size_t i = 0; i < cbor_map_size(cose); i++) {
		struct cbor_pair *pair = &cbor_map_handle(cose)[i];

		if (decode_int(pair->key, &v) && v == label)
			return decode_bytes(pair->value, ret_span) && ret_span->len == 32;
	}
	return false;
}

/* Z is the x-coordinate, as EVP_PKEY_derive gives it. */
static bool pin_protocol_ecdh(EVP_PKEY *own, EVP_PKEY *peer, uint8_t ret_z[32])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = 32;
	bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
		  EVP_PKEY_derive_set_peer(ctx, peer) > 0 &&
		  EVP_PKEY_derive(ctx, ret_z, &len) > 0 && len == 32;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

bool pin_protocol_decapsulate(const struct pin_protocol *p, const cbor_item_t *cose,
			      struct pin_secret *ret_secret)
{
	struct span x, y;
	EVP_PKEY *peer;
	uint8_t z[32];
	bool ok;

	if (!decode_is_map(cose) || !pin_protocol_coordinate(cose, -2, &x) ||
	    !pin_protocol_coordinate(cose, -3, &y))
		return false;
	peer = keys_from_point(x.ptr, y.ptr);
	ok = peer != NULL && pin_protocol_ecdh(p->agreement, peer, z);
	EVP_PKEY_free(peer);
	if (!ok)
		return false;
	if (p->version == 1) {
		digest_sha256(z, sizeof(z), ret_secret->aes_key);
		memcpy(ret_secret->mac_key, ret_secret->aes_key, 32);
	} else {
		digest_hkdf(z, "CTAP2 HMAC key", ret_secret->mac_key);
		digest_hkdf(z, "CTAP2 AES key", ret_secret->aes_key);
	}
	OPENSSL_cleanse(z, sizeof(z));
	return true;
}

bool pin_protocol_decrypt(const struct pin_protocol *p, const struct pin_secret *secret,
			  struct span cipher, uint8_t *ret_plain, size_t size, size_t *ret_len)
{
	uint8_t iv[16] = {0};

	if (p->version == 2) {
		if (cipher.len < sizeof(iv))
			return false;
		memcpy(iv, cipher.ptr, sizeof(iv));
		cipher.ptr += sizeof(iv);
		cipher.len -= sizeof(iv);
	}
	if (cipher.len == 0 || cipher.len % 16 != 0 || cipher.len > size)
		return false;
	digest_decrypt(secret->aes_key, iv, cipher.ptr, cipher.len, ret_plain);
	*ret_len = cipher.len;
	return true;
}

size_t pin_protocol_encrypt(const struct pin_protocol *p, const struct pin_secret *secret,
			    const uint8_t *ptr, size_t len, uint8_t *ret_cipher)
{
	uint8_t iv[16] = {0};
	size_t prefix = 0;

	if (p->version == 2) {
		prefix = sizeof(iv);
		digest_random(iv, sizeof(iv));
		memcpy(ret_cipher, iv, sizeof(iv));
	}
	digest_encrypt(secret->aes_key, iv, ptr, len, ret_cipher + prefix);
	return prefix + len;
}

bool pin_protocol_verify(const struct pin_protocol *p, const uint8_t key[32], const void *ptr,
			 size_t len, struct span mac)
{
	uint8_t want[32];

	digest_hmac(key, 32, ptr, len, want);
	return mac.len == (p->version == 1 ? 16 : 32) && CRYPTO_memcmp(mac.ptr, want, mac.len) == 0;
}
