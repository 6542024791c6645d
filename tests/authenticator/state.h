/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What a key keeps through a power cycle: credentials, counter, PIN. A state
 * belongs to one running softkey at a time.
 */
#ifndef SOFTKEY_STATE_H
#define SOFTKEY_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "decode.h"

#define CREDENTIAL_ID_MAX 1023
#define PIN_RETRIES_MAX 8
#define UV_RETRIES_MAX 5

struct credential {
	uint8_t id[CREDENTIAL_ID_MAX];
	size_t id_len;
	int algorithm;
	bool resident;
	bool hmac_secret;
	unsigned protect; /* credProtect level, 1 to 3 */
	char rp_id[256];  /* empty where it came by U2F */
	uint8_t rp_hash[32];
	uint8_t user_id[64];
	size_t user_id_len;
	char user_name[65], user_display[65];
	uint8_t cred_random[64]; /* without and with user verification */
	EVP_PKEY *pkey;
};

struct state {
	char *path; /* NULL: memory only */
	uint32_t counter;
	bool pin_set;
	uint8_t pin_hash[16];
	unsigned pin_length;
	unsigned pin_retries;
	unsigned min_pin_length;
	bool force_pin_change;
	unsigned uv_retries;
	EVP_PKEY *attestation_key;
	uint8_t *attestation_cert, *root_cert; /* DER */
	size_t attestation_cert_len, root_cert_len;
	struct credential **credentials; /* oldest first */
	size_t count;
	/* The last assertion that was answered, for lie=replay. */
	uint8_t *replay;
	size_t replay_len;
};

void state_init(struct state *, const char *path);
void state_deinit(struct state *);
/* 0, or -1 with a message on stderr. A file that is not there is no error. */
int state_load(struct state *);
/* Replaces the file in one step. */
int state_save(const struct state *);

/* Takes the credential. */
void state_add(struct state *, struct credential *);
void state_remove(struct state *, const struct credential *);
/* Authenticator reset (CTAP 2.1, 6.6): all but the attestation. */
void state_reset(struct state *);
void state_set_replay(struct state *, const uint8_t *, size_t);
void state_set_pin(struct state *, const char *pin, size_t len);

struct credential *credential_new(void);
void credential_free(struct credential *);
struct credential *credential_find(const struct state *, const uint8_t *id, size_t id_len,
				   const uint8_t rp_hash[32]);

#endif
