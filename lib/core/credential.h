/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * credential - what the store knows of one enrolled credential, less whatever
 * verifies a secret.  This is what a session sees before there is an answer:
 * no hash, no seed.  (Behaviour 79 lists the members of a public-key record.)
 */
#ifndef WEBCRED_CORE_CREDENTIAL_H
#define WEBCRED_CORE_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/wire.h"

enum credential_kind {
	KIND_NONE = 0,
	KIND_PASSWORD = 1,
	KIND_TOTP = 2,	   /* RFC 6238; moving = last accepted time step */
	KIND_HOTP = 3,	   /* RFC 4226; moving = next expected counter */
	KIND_RECOVERY = 4, /* a set of single-use codes; moving = codes left */
	KIND_WEBAUTHN = 5, /* client data and rpId as WebAuthn has them */
	KIND_PAM_U2F = 6,  /* imported: rpId "pam://host" */
	KIND_SSH_SK = 7,   /* imported: application "ssh:" */
};

enum credential_algorithm { ALGORITHM_SHA1 = 1, ALGORITHM_SHA256 = 2, ALGORITHM_SHA512 = 3 };

/* COSE algorithm numbers (IANA). */
enum { COSE_ES256 = -7, COSE_EDDSA = -8, COSE_RS256 = -257 };

/* Transports, a set (behaviour 66): hints, never a filter. */
#define TRANSPORT_USB 0x01u
#define TRANSPORT_NFC 0x02u
#define TRANSPORT_BLE 0x04u
#define TRANSPORT_SMART_CARD 0x08u
#define TRANSPORT_HYBRID 0x10u
#define TRANSPORT_INTERNAL 0x20u

#define CREDENTIAL_KEY_MAX 1100 /* an RS256 key of 8192 bits as COSE */

struct credential {
	uint8_t id[WIRE_ID_SIZE]; /* ours, random */
	enum webcred_type type;
	enum credential_kind kind;
	char label[WIRE_LABEL_MAX + 1];
	char rp_id[WIRE_RPID_MAX + 1]; /* the record's own (behaviour 59) */
	int64_t created, last_used;    /* seconds since the epoch; 0 never */
	bool locked;
	/* The moving value: see the kinds; a key's signature counter. */
	uint64_t moving;
	/* otp */
	uint8_t algorithm; /* enum credential_algorithm */
	uint8_t digits;	   /* 6 to 8 */
	uint16_t period;   /* seconds; TOTP */
	int32_t drift;	   /* steps the device's clock is ahead; TOTP */
	/* public-key */
	int32_t cose_algorithm;
	uint16_t external_len;
	uint8_t external[WIRE_EXTERNAL_MAX]; /* the key's credential id */
	uint16_t key_len;
	uint8_t key[CREDENTIAL_KEY_MAX]; /* COSE_Key, as the key gave it */
	uint8_t aaguid[16];
	uint8_t transports;
	bool uv_initialized, backup_eligible, backup_state;
	bool resident, no_touch, relearn; /* relearn: take the next counter, audited */
};

/* For people: "password", "authenticator app", "security key", ...; never NULL. */
const char *credential_kind_name(enum credential_kind kind);
/* For options: "totp", "hotp", "recovery"; KIND_NONE for another word. */
enum credential_kind credential_kind_parse(const char *word);

/*
 * How strong a proof by this credential is, for the rule that a change needs
 * at least the strongest that is enrolled: recovery 1 (once), password 2,
 * otp 3, key 4, key with user verification 5.
 */
unsigned credential_strength(const struct credential *credential, bool user_verified);

/* For replies and audit lines. */
void credential_to_wire(const struct credential *credential, struct wire_credential *ret_wire);

/* A record on the channel between keeper and session. */
void credential_put(struct wire_out *out, const struct credential *credential);
bool credential_get(struct wire_in *in, struct credential *ret_credential);

#endif
