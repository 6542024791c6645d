/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The commands of CTAP 2.1, section 6. Each takes the parameters as a map
 * (NULL where there are none), appends its answer without the status byte,
 * and returns a status or CTAP_NEEDS_TOUCH.
 */
#ifndef SOFTKEY_CTAP2_H
#define SOFTKEY_CTAP2_H

#include "decode.h"
#include "encode.h"
#include "key.h"

/* The request of the ceremony under way. */
int ctap2_run(struct key *, struct buf *ret_answer);

int make_credential_run(struct key *, const cbor_item_t *, struct buf *);
int get_assertion_run(struct key *, const cbor_item_t *, struct buf *);
int get_assertion_next(struct key *, struct buf *);
int client_pin_run(struct key *, const cbor_item_t *, struct buf *);

/* Authenticator data (WebAuthn Level 3, section 6.1). */
enum authdata_flag {
	AUTHDATA_UP = 0x01,
	AUTHDATA_UV = 0x04,
	AUTHDATA_BE = 0x08,
	AUTHDATA_BS = 0x10,
	AUTHDATA_AT = 0x40,
	AUTHDATA_ED = 0x80,
};

struct authdata {
	uint8_t rp_hash[32];
	uint8_t flags; /* UP and UV; the rest follows */
	uint32_t counter;
	const struct credential *attested; /* NULL for an assertion */
	struct buf extensions;		   /* empty, or a whole map */
};

/* Fill in backup flags and counter, and apply the lies that are signed. */
void authdata_prepare(struct key *, struct authdata *);
void authdata_encode(struct key *, const struct authdata *, struct buf *);
/* Sign authdata || client data hash; 0 on failure. */
size_t authdata_sign(struct key *, EVP_PKEY *, int algorithm, const struct buf *authdata,
		     const uint8_t hash[32], uint8_t *ret_sig);
uint32_t authdata_count(struct key *);

/* hmac-secret and credProtect (CTAP 2.1, section 12). */
int extensions_create(struct key *, const cbor_item_t *, struct credential *,
		      struct buf *ret_extensions);
int extensions_assert(struct key *, const cbor_item_t *, const struct credential *, bool uv,
		      struct buf *ret_extensions);

#endif
