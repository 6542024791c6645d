/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* signer - a key pair that signs whatever a test wants signed, lies included. */
#ifndef WEBCRED_TESTS_SIGNER_H
#define WEBCRED_TESTS_SIGNER_H

#include <openssl/evp.h>

#include "lib/core/types/public_key.h"

struct signer {
	EVP_PKEY *pkey;
	int32_t algorithm;
	uint8_t cose[CREDENTIAL_KEY_MAX];
	size_t cose_len;
};

/* COSE_ES256, COSE_ES384, COSE_EDDSA or COSE_RS256 (2048 bits). */
void signer_open(struct signer *signer, int32_t algorithm);
void signer_close(struct signer *signer);
/* Over the message itself; the length. */
size_t signer_sign(const struct signer *signer, const uint8_t *message, size_t len,
		   uint8_t *signature, size_t size);
/* Over auth_data and the hash of client_data, as a security key does. */
size_t signer_assert(const struct signer *signer, const uint8_t *auth_data, size_t auth_len,
		     const void *client_data, size_t client_len, uint8_t *signature, size_t size);
/* rpIdHash, flags, counter; 37 bytes. */
void signer_auth_data(const char *rp_id, uint8_t flags, uint32_t counter, uint8_t out[37]);
/* The same with attested credential data; the length. */
size_t signer_attested(const struct signer *signer, const char *rp_id, uint8_t flags,
		       uint32_t counter, const uint8_t *id, size_t id_len, uint8_t *out,
		       size_t size);
/* A record of this key. */
void signer_record(const struct signer *signer, const char *rp_id, const uint8_t *id, size_t id_len,
		   struct credential *ret_record);

#endif
