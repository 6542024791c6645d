/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key - what security keys say, judged (behaviours 57 to 80).
 *
 * public_key_verify() is the one place where an assertion is believed: the
 * session, the tests and the vector runner all call it.  It knows no device
 * and no store: what was expected comes in, what was answered comes in, a
 * verdict goes out.  public_key_register() is its counterpart for create().
 *
 * Client data of a login.  webcred plays client and relying party at once, so
 * it writes the client data itself, in the byte order WebAuthn prescribes
 * (WA 5.8.1.1).  Its origin binds service and host (behaviour 70):
 *
 *   webcred://HOST/SERVICE      both percent-encoded (RFC 3986, unreserved)
 *
 * HOST is policy.host, SERVICE the PAM service that asks.  An assertion made
 * for one service or one host is worth nothing at another.  Records imported
 * from pam-u2f and OpenSSH are asked in the same way: a key signs a hash of
 * client data and does not care who wrote it; only their rpId differs (59).
 */
#ifndef WEBCRED_CORE_PUBLIC_KEY_H
#define WEBCRED_CORE_PUBLIC_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/types/ceremony.h"
#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/type.h"

#define PUBLIC_KEY_CHALLENGE_SIZE 32 /* behaviour 70 asks for 16 at least */
#define PUBLIC_KEY_CHALLENGE_MIN 16
#define PUBLIC_KEY_CHALLENGE_MAX 1024
/* "webcred://" and two names of which each byte may take three. */
#define PUBLIC_KEY_ORIGIN_MAX (10 + 3 * (WIRE_RPID_MAX + 1 + WIRE_SERVICE_MAX) + 1)
#define PUBLIC_KEY_CLIENT_DATA_MAX (PUBLIC_KEY_ORIGIN_MAX + 256)
#define PUBLIC_KEY_TEXT_MAX 256

/* Bytes that belong to somebody else. */
struct public_key_bytes {
	const uint8_t *at;
	size_t len;
};

/* What the client data has to say. */
struct public_key_context {
	const char *origin;
	struct public_key_bytes challenge; /* fresh, at least 16 bytes */
	/* A relying party that is embedded somewhere; the authority never is. */
	bool cross_origin;
	const char *top_origin; /* NULL: must be absent */
};

/* ---- get ---------------------------------------------------------------- */

struct public_key_expectation {
	struct public_key_context context;
	const struct credential *record; /* the account's; key and algorithm are its own */
	bool user_verification;		 /* required */
	enum policy_counter counter;
	const uint8_t *user_handle; /* the account's */
	size_t user_handle_len;
	/* The ids that were asked for; none: discoverable credentials (69). */
	const struct public_key_bytes *allow;
	size_t n_allow;
};

struct public_key_response {
	struct public_key_bytes id; /* empty: left out by the key (67) */
	struct public_key_bytes auth_data, client_data, signature;
	struct public_key_bytes user_handle; /* may be empty */
};

struct public_key_judgement {
	enum verdict verdict;
	char reason[TYPE_REASON_MAX]; /* for the log: why not; or what is odd about a yes */
	/* With VERDICT_GRANTED alone. */
	uint32_t counter; /* to be committed by compare-and-swap on record->moving */
	bool backup_eligible, backup_state;
	bool user_present, user_verified;
};

/*
 * Judges an assertion: every check of WA 7.2 and of behaviours 57 to 71.  The
 * verdict is VERDICT_REFUSED from the first line on and granted in the last.
 * Nothing in it is secret but time: the challenge is compared in constant time.
 */
void public_key_verify(const struct public_key_expectation *expected,
		       const struct public_key_response *response,
		       struct public_key_judgement *ret_judgement);

/*
 * The same for a signature by a key in an ssh agent (PROTOCOL.u2f): it covers the
 * hash of the application, flags, counter and the hash of what was signed, which
 * is authenticator data and the hash of client data under other names.
 * response.client_data is what was to be signed (sshsig.h), auth_data its first
 * three parts; of *expected only record, user_verification and counter are read.
 */
void public_key_verify_agent(const struct public_key_expectation *expected,
			     const struct public_key_response *response,
			     struct public_key_judgement *ret_judgement);

/* ---- create ------------------------------------------------------------- */

struct public_key_creation {
	struct public_key_context context;
	const char *rp_id;
	bool user_verification; /* required */
	bool no_touch;		/* an administrator enrols it so (71) */
	bool attest;		/* direct attestation was asked for: verify it (78) */
	const int32_t *algorithm;
	size_t n_algorithms;
};

struct public_key_attestation {
	struct public_key_bytes id; /* as told beside the authenticator data; may be empty */
	struct public_key_bytes auth_data, client_data;
	const char *format;		   /* "none", "packed", "fido-u2f" */
	struct public_key_bytes statement; /* attStmt, CBOR */
};

/*
 * Judges a new credential (WA 7.1) and fills the public-key members of
 * *ret_record (behaviour 79), rp_id and kind included; label, id and times are
 * the caller's.  *ret_record is written only with VERDICT_GRANTED.  The reason
 * has room for TYPE_REASON_MAX bytes.
 */
enum verdict public_key_register(const struct public_key_creation *expected,
				 const struct public_key_attestation *response,
				 struct credential *ret_record, char *ret_reason);

/*
 * Verifies an attestation statement over auth_data and the hash of the client
 * data: "none", "packed" (self and with certificates) and "fido-u2f".  That the
 * certificate is worth anything is for an AAGUID list or a trust store to say.
 */
enum verdict public_key_attestation_check(const struct public_key_attestation *response,
					  const struct public_key_auth *auth,
					  const uint8_t client_data_hash[32], char *ret_reason);

/* ---- client data -------------------------------------------------------- */

/* "webcred://HOST/SERVICE"; 0, or -EMSGSIZE. */
int public_key_origin(const char *host, const char *service, char *buffer, size_t size);
/* The client data of one ceremony, byte-exact; its length, or -EMSGSIZE. */
ssize_t public_key_client_data(bool create, const uint8_t *challenge, size_t challenge_len,
			       const char *origin, char *buffer, size_t size);
/* SHA-256; 0, or -EIO where the library fails. */
int public_key_hash(const void *bytes, size_t len, uint8_t ret_hash[32]);

/* ---- texts for the person ----------------------------------------------- */

/* What is shown while a key waits: "Touch the key labelled blue."  An empty
 * label says "your security key". */
void public_key_touch_text(const char *label, bool fingerprint, char *buffer, size_t size);
/* "PIN of the key labelled blue (8 tries left): ".  tries 255: unknown; again: why it
 * is asked for again (CEREMONY_PIN_WAS_), or 0. */
void public_key_pin_text(const char *label, uint8_t tries, uint8_t again, char *buffer,
			 size_t size);
/* "Wrong PIN. ", in front of what is asked next; "" for 0. */
const char *public_key_pin_again(uint8_t again);
/* What to tell once a ceremony has ended without an answer; "" for nothing.
 * present and matching count keys; user is the account's name, or "".  Who enrols (create)
 * is also told in what the key failed. */
void public_key_end_text(const struct type_ceremony_result *result, bool create, const char *user,
			 char *buffer, size_t size);
/* For the log: "pin-wrong", "unplugged", ...; never NULL. */
const char *public_key_end_name(enum ceremony_end end);

/* A record whose key can be in an ssh agent: ssh's own. */
bool public_key_in_agents(const struct credential *record);

/* Behaviour 58: a host name, not an address, no port, no white space. */
bool public_key_rp_id_valid(const char *rp_id);

#endif
