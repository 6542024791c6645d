/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_KEYS_H
#define SOFTKEY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "encode.h"

/* COSE algorithm identifiers (RFC 9053). */
enum keys_algorithm {
	KEYS_ES256 = -7,
	KEYS_EDDSA = -8,
	KEYS_RS256 = -257,
	KEYS_ECDH = -25, /* ECDH-ES + HKDF-256, for key agreement */
};

#define KEYS_SIGNATURE_MAX 512

/* A new pair for one of the three signature algorithms; NULL on failure. */
EVP_PKEY *keys_generate(int algorithm);
bool keys_supported(int algorithm);
const char *keys_name(int algorithm);
/* KEYS_* for a name, 0 for an unknown one. */
int keys_parse(const char *name);

/* The public half as a COSE_Key (CTAP 2.1, 6.5.6 for KEYS_ECDH). */
void keys_encode(struct buf *, const EVP_PKEY *, int algorithm);
/* X9.62 uncompressed point of a P-256 key. */
bool keys_point(const EVP_PKEY *, uint8_t ret_point[65]);
/* Borrow nothing: a P-256 public key of its own from two coordinates. */
EVP_PKEY *keys_from_point(const uint8_t x[32], const uint8_t y[32]);

/* Returns the length of the signature, 0 on failure. */
size_t keys_sign(EVP_PKEY *, int algorithm, const uint8_t *, size_t,
		 uint8_t ret_signature[KEYS_SIGNATURE_MAX]);

#endif
