/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_parse - what a security key sends, taken apart.
 *
 * Everything here reads bytes that a lying key, or whoever stands behind it,
 * chose.  Each parser takes pointer and length, allocates nothing, recurses to
 * a fixed depth, accepts nothing after the end, and lends pointers into its
 * input.
 */
#ifndef WEBCRED_CORE_PUBLIC_KEY_PARSE_H
#define WEBCRED_CORE_PUBLIC_KEY_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- CBOR (RFC 8949), as CTAP2 canonical form has it --------------------- */

/*
 * A walk over definite-length items with shortest heads, without tags.  libcbor
 * would build a tree and allocate by lengths the other side names; a login
 * needs neither.  After the first mistake everything fails.
 */
struct cbor_walk {
	const uint8_t *at;
	size_t left;
	bool bad;
};

enum cbor_major {
	CBOR_UNSIGNED = 0,
	CBOR_NEGATIVE = 1,
	CBOR_BYTES = 2,
	CBOR_TEXT = 3,
	CBOR_ARRAY = 4,
	CBOR_MAP = 5,
	CBOR_SIMPLE = 7,
};

#define CBOR_DEPTH_MAX 8
#define CBOR_MEMBERS_MAX 64 /* of one map */

void cbor_open(struct cbor_walk *walk, const uint8_t *bytes, size_t len);
/* The head of the next item; false on a mistake. */
bool cbor_head(struct cbor_walk *walk, enum cbor_major *ret_major, uint64_t *ret_value);
/* The next item must be this. */
bool cbor_get_int(struct cbor_walk *walk, int64_t *ret_value);
bool cbor_get_bytes(struct cbor_walk *walk, const uint8_t **ret_bytes, size_t *ret_len);
bool cbor_get_text(struct cbor_walk *walk, const char **ret_text, size_t *ret_len);
/* A map or array with this many members, each of which must be read. */
bool cbor_get_map(struct cbor_walk *walk, size_t *ret_members);
bool cbor_get_array(struct cbor_walk *walk, size_t *ret_members);
/* Steps over one whole item, checking all that is in it, duplicate keys too. */
bool cbor_skip(struct cbor_walk *walk);
/* True where the bytes are exactly one such item. */
bool cbor_whole(const uint8_t *bytes, size_t len);

/* ---- COSE_Key (RFC 9052, section 7; WA 5.8.5 and 6.5.1.1) ---------------- */

#define COSE_ES384 (-35) /* verified where a record has it, never asked for */

enum cose_result {
	COSE_OK = 1,
	COSE_MALFORMED = 2,
	COSE_UNSUPPORTED = 3, /* a key of an algorithm this build does not verify */
};

/* A public key, its members in the input.  RSA: x is n, y is e. */
struct cose_key {
	int32_t algorithm;
	const uint8_t *x, *y;
	size_t x_len, y_len;
};

/*
 * Exactly the members its algorithm asks for, kty and crv as they must be,
 * coordinates of the curve's size, RSA moduli of 2048 to 8192 bits and odd
 * exponents from 3 up.  That a point lies on its curve is checked when the key
 * is loaded.  ret_key is written only with COSE_OK.
 */
enum cose_result cose_parse(const uint8_t *bytes, size_t len, struct cose_key *ret_key);
/* As cose_parse(), for the first item of `walk`, which is stepped over. */
enum cose_result cose_parse_next(struct cbor_walk *walk, struct cose_key *ret_key);
/* Writes the COSE_Key of an EC point, an Ed25519 or an RSA key; for imports.
 * Its length, or 0 where it does not fit. */
size_t cose_write(const struct cose_key *key, uint8_t *buffer, size_t size);

/* Loads and verifies by libcrypto: ES256 and ES384 (strict DER), EdDSA with
 * Ed25519, RS256.  True for a signature that verifies, and for nothing else. */
bool cose_verify(const struct cose_key *key, const uint8_t *message, size_t message_len,
		 const uint8_t *signature, size_t signature_len);
/* The key can be loaded: its point is on the curve. */
bool cose_loads(const struct cose_key *key);

/* ---- authenticator data (WA 6.1) ----------------------------------------- */

#define PUBLIC_KEY_UP 0x01u
#define PUBLIC_KEY_UV 0x04u
#define PUBLIC_KEY_BE 0x08u
#define PUBLIC_KEY_BS 0x10u
#define PUBLIC_KEY_AT 0x40u
#define PUBLIC_KEY_ED 0x80u
#define PUBLIC_KEY_AUTH_MIN 37

struct public_key_auth {
	const uint8_t *rp_id_hash; /* 32 bytes */
	uint8_t flags;
	uint32_t counter;
	/* With PUBLIC_KEY_AT. */
	const uint8_t *aaguid; /* 16 bytes */
	const uint8_t *id;
	size_t id_len; /* 1 to 1023 */
	const uint8_t *key;
	size_t key_len;
	enum cose_result key_result;
	struct cose_key cose;
	/* With PUBLIC_KEY_ED: one map with texts as keys. */
	const uint8_t *extensions;
	size_t extensions_len;
};

/* NULL where it parsed, else what is wrong, for the log. */
const char *public_key_auth_parse(const uint8_t *bytes, size_t len,
				  struct public_key_auth *ret_auth);

/* ---- client data (WA 5.8.1) ---------------------------------------------- */

#define CLIENT_DATA_MAX 65536
#define CLIENT_DATA_MEMBERS_MAX 32
#define CLIENT_DATA_TEXT_MAX 2048

struct client_data {
	bool has_type, has_challenge, has_origin, has_cross_origin, has_top_origin;
	bool cross_origin;
	size_t type_len, challenge_len, origin_len, top_origin_len;
	char type[32];
	char challenge[CLIENT_DATA_TEXT_MAX];
	char origin[CLIENT_DATA_TEXT_MAX];
	char top_origin[CLIENT_DATA_TEXT_MAX];
};

/*
 * Strict JSON (RFC 8259): one object, valid UTF-8, no name twice, at most
 * CLIENT_DATA_MEMBERS_MAX members an object; members that are not known are
 * checked and ignored (WA 5.8.1 may add some).  A leading byte order mark is
 * dropped, as UTF-8 decode demands.  NULL where it parsed, else what is wrong.
 */
const char *client_data_parse(const uint8_t *bytes, size_t len, struct client_data *ret_data);

#endif
