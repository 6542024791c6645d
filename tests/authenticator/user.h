/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* User verification: what a request brings, and what the key can do. */
#ifndef SOFTKEY_USER_H
#define SOFTKEY_USER_H

#include "ctap2.h"

struct user_request {
	bool up, uv, rk;
	bool has_param;
	struct span param;
	bool has_protocol;
	int64_t protocol;
	const uint8_t *hash;
	const char *rp_id;
	unsigned permission;
};

/* Options and pinUvAuthParam, at the keys of this command. */
int user_parse(const cbor_item_t *options, const cbor_item_t *param, const cbor_item_t *protocol,
	       struct user_request *);
/*
 * CTAP 2.1, 6.1.2 steps 1 to 11 and 6.2.2 steps 1 to 6. A fingerprint asks
 * for the touch first, as the finger is both.
 */
int user_verify(struct key *, const struct user_request *, bool *ret_uv);
/* One fingerprint; the touch has been had. 0, or UV_INVALID, UV_BLOCKED. */
int user_fingerprint(struct key *);
struct pin_protocol *user_protocol(struct key *, int64_t version);
/* After a ceremony with presence, tokens of CTAP 2.1 are used up. */
void user_spend(struct key *, const struct user_request *);

#endif
