/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* libfido2 in few words, for rp "example.org". */
#ifndef SOFTKEY_SELFTEST_CLIENT_H
#define SOFTKEY_SELFTEST_CLIENT_H

#include <fido.h>

#include "selftest.h"

struct client {
	fido_dev_t *dev;
	/* The last credential. */
	uint8_t id[1100], user[1], key[1100];
	size_t id_len, key_len;
	int algorithm;
	uint8_t hmac[32]; /* what hmac-secret gave */
};

bool client_open(struct client *, const char *device);
void client_close(struct client *);
/* Make a credential and verify its attestation; a libfido2 error. */
int client_make(struct client *, int algorithm, uint8_t user, bool rk, bool uv, bool hmac,
		const char *pin);
/* Ask for an assertion and verify it; uv also wants the flag. */
int client_get(struct client *, bool listed, bool uv, bool hmac, const char *pin,
	       size_t *ret_count);

#endif
