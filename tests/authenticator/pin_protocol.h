/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* PIN/UV auth protocols one and two (CTAP 2.1, 6.5.6 and 6.5.7). */
#ifndef SOFTKEY_PIN_PROTOCOL_H
#define SOFTKEY_PIN_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "decode.h"

enum pin_permission {
	PERMISSION_MC = 0x01,
	PERMISSION_GA = 0x02,
	PERMISSION_CM = 0x04,
};

struct pin_protocol {
	unsigned version; /* 1 or 2 */
	EVP_PKEY *agreement;
	uint8_t token[32];
	bool token_in_use;
	bool token_uv;
	unsigned permissions;
	char rp_id[256]; /* empty: not bound yet */
};

struct pin_secret {
	uint8_t mac_key[32], aes_key[32];
};

void pin_protocol_init(struct pin_protocol *, unsigned version);
void pin_protocol_deinit(struct pin_protocol *);
void pin_protocol_regenerate(struct pin_protocol *);
void pin_protocol_new_token(struct pin_protocol *, unsigned permissions, const char *rp_id);
/* After the use of a token with user presence (6.1.2, step 14). */
void pin_protocol_spend(struct pin_protocol *);

/* The shared secret with the platform's COSE key; false on a bad key. */
bool pin_protocol_decapsulate(const struct pin_protocol *, const cbor_item_t *cose,
			      struct pin_secret *ret_secret);
/* Plaintext is shorter than or as long as the ciphertext. */
bool pin_protocol_decrypt(const struct pin_protocol *, const struct pin_secret *,
			  struct span cipher, uint8_t *ret_plain, size_t size, size_t *ret_len);
/* Returns the length: that of the text, and 16 more in protocol two. */
size_t pin_protocol_encrypt(const struct pin_protocol *, const struct pin_secret *, const uint8_t *,
			    size_t, uint8_t *ret_cipher);
bool pin_protocol_verify(const struct pin_protocol *, const uint8_t key[32], const void *, size_t,
			 struct span mac);

#endif
