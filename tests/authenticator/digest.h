/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_DIGEST_H
#define SOFTKEY_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* libcrypto in few words. A failure here is a broken machine: they abort. */
void digest_random(void *, size_t);
void digest_sha256(const void *, size_t, uint8_t ret_digest[32]);
void digest_hmac(const uint8_t *key, size_t key_len, const void *, size_t, uint8_t ret_mac[32]);
/* HKDF-SHA-256, salt of 32 zero bytes, 32 bytes out. */
void digest_hkdf(const uint8_t secret[32], const char *info, uint8_t ret_key[32]);
/* AES-256-CBC without padding; len is a multiple of 16. */
void digest_encrypt(const uint8_t key[32], const uint8_t iv[16], const uint8_t *, size_t len,
		    uint8_t *ret_cipher);
void digest_decrypt(const uint8_t key[32], const uint8_t iv[16], const uint8_t *, size_t len,
		    uint8_t *ret_plain);

#endif
