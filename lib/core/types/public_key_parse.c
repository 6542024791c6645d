/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_parse - COSE_Key and authenticator data. */
#include <string.h>

#include "lib/base/wire.h"
#include "lib/core/credential.h"
#include "lib/core/types/public_key_parse.h"

/* RFC 9052, table 4; RFC 9053, sections 7.1 and 7.2; RFC 8230, section 4. */
enum { COSE_KTY = 1, COSE_ALG = 3 };
enum { COSE_KTY_OKP = 1, COSE_KTY_EC2 = 2, COSE_KTY_RSA = 3 };
enum { COSE_CRV_P256 = 1, COSE_CRV_P384 = 2, COSE_CRV_ED25519 = 6 };

#define RSA_BYTES_MIN 256
#define RSA_BYTES_MAX 1024

/* The members a key may have, by label; -1 is a curve, or the modulus of RSA. */
struct cose_members {
	bool has_kty, has_alg, has_crv, has[4];
	int64_t kty, alg, crv;
	const uint8_t *bytes[4]; /* of labels -1, -2 and -3 */
	size_t len[4];
};

static bool cose_once(bool *seen)
{
	bool again = *seen;

	*seen = true;
	return !again;
}

/* Label -1: an integer names a curve, a byte string is a modulus. */
static bool cose_minus_one(struct cbor_walk *walk, struct cose_members *members)
{
	struct cbor_walk ahead = *walk;
	enum cbor_major major;
	uint64_t value;

	if (!cbor_head(&ahead, &major, &value))
		return false;
	if (major == CBOR_BYTES)
		return cose_once(&members->has[1]) &&
		       cbor_get_bytes(walk, &members->bytes[1], &members->len[1]);
	return cose_once(&members->has_crv) && cbor_get_int(walk, &members->crv);
}

static bool cose_member(struct cbor_walk *walk, struct cose_members *members)
{
	int64_t label;

	if (!cbor_get_int(walk, &label))
		return false;
	switch (label) {
	case COSE_KTY:
		return cose_once(&members->has_kty) && cbor_get_int(walk, &members->kty);
	case COSE_ALG:
		return cose_once(&members->has_alg) && cbor_get_int(walk, &members->alg);
	case -1:
		return !members->has_crv && !members->has[1] && cose_minus_one(walk, members);
	case -2:
	case -3:
		return cose_once(&members->has[-label]) &&
		       cbor_get_bytes(walk, &members->bytes[-label], &members->len[-label]);
	default:
		return false; /* WA 6.5.1.1: no other optional parameters */
	}
}

static enum cose_result cose_ec2(const struct cose_members *members, int64_t crv, size_t size,
				 struct cose_key *key)
{
	if (members->kty != COSE_KTY_EC2 || !members->has_crv || members->crv != crv ||
	    !members->has[2] || !members->has[3] || members->len[2] != size ||
	    members->len[3] != size)
		return COSE_MALFORMED;
	key->x = members->bytes[2];
	key->x_len = size;
	key->y = members->bytes[3];
	key->y_len = size;
	return COSE_OK;
}

static enum cose_result cose_okp(const struct cose_members *members, struct cose_key *key)
{
	/* Ed448 goes by the same number, -8 (RFC 9053, section 2.2). */
	if (members->kty == COSE_KTY_OKP && members->has_crv && members->crv != COSE_CRV_ED25519)
		return COSE_UNSUPPORTED;
	if (members->kty != COSE_KTY_OKP || !members->has_crv || !members->has[2] ||
	    members->has[3] || members->len[2] != 32)
		return COSE_MALFORMED;
	key->x = members->bytes[2];
	key->x_len = 32;
	key->y = NULL;
	key->y_len = 0;
	return COSE_OK;
}

static enum cose_result cose_rsa(const struct cose_members *members, struct cose_key *key)
{
	const uint8_t *n = members->bytes[1], *e = members->bytes[2];
	size_t n_len = members->len[1], e_len = members->len[2];

	if (members->kty != COSE_KTY_RSA || !members->has[1] || !members->has[2] || members->has[3])
		return COSE_MALFORMED;
	/* Unsigned and without leading zeros; a top byte below 0x80 makes the
	 * modulus a few bits shorter than its bytes: 2048 bits at least. */
	if (n_len < RSA_BYTES_MIN || n_len > RSA_BYTES_MAX || n[0] == 0 ||
	    (n_len == RSA_BYTES_MIN && n[0] < 0x80) || (n[n_len - 1] & 1) == 0)
		return COSE_MALFORMED;
	if (e_len < 1 || e_len > 8 || e[0] == 0 || (e[e_len - 1] & 1) == 0 ||
	    (e_len == 1 && e[0] < 3))
		return COSE_MALFORMED;
	key->x = n;
	key->x_len = n_len;
	key->y = e;
	key->y_len = e_len;
	return COSE_OK;
}

enum cose_result cose_parse_next(struct cbor_walk *walk, struct cose_key *ret_key)
{
	struct cbor_walk whole = *walk;
	struct cose_members members = {0};
	struct cose_key key = {0};
	enum cose_result result;
	size_t n;
	bool ok;

	if (!cbor_skip(walk)) /* sound CBOR, whatever it says */
		return COSE_MALFORMED;
	ok = cbor_get_map(&whole, &n);
	for (size_t i = 0; ok && i < n; i++)
		ok = cose_member(&whole, &members);
	if (!members.has_kty || !members.has_alg)
		return COSE_MALFORMED;
	switch (members.alg) {
	case COSE_ES256:
		result = cose_ec2(&members, COSE_CRV_P256, 32, &key);
		break;
	case COSE_ES384:
		result = cose_ec2(&members, COSE_CRV_P384, 48, &key);
		break;
	case COSE_EDDSA:
		result = cose_okp(&members, &key);
		break;
	case COSE_RS256:
		result = cose_rsa(&members, &key);
		break;
	default:
		return COSE_UNSUPPORTED;
	}
	if (!ok || result != COSE_OK)
		return ok ? result : COSE_MALFORMED;
	key.algorithm = (int32_t)members.alg;
	*ret_key = key;
	return COSE_OK;
}

enum cose_result cose_parse(const uint8_t *bytes, size_t len, struct cose_key *ret_key)
{
	struct cbor_walk walk;
	struct cose_key key;
	enum cose_result result;

	cbor_open(&walk, bytes, len);
	result = cose_parse_next(&walk, &key);
	if (result == COSE_MALFORMED || walk.bad || walk.left > 0)
		return COSE_MALFORMED;
	if (result == COSE_OK)
		*ret_key = key;
	return result;
}

/* ---- writing, for keys that came in another form -------------------------- */

struct cose_out {
	uint8_t *at;
	size_t left;
	bool full;
};

static void cose_put(struct cose_out *out, const void *bytes, size_t len)
{
	if (out->full || len > out->left) {
		out->full = true;
		return;
	}
	memcpy(out->at, bytes, len);
	out->at += len;
	out->left -= len;
}

static void cose_put_head(struct cose_out *out, enum cbor_major major, uint64_t value)
{
	uint8_t head[3] = {(uint8_t)((unsigned)major << 5), 0, 0};

	if (value < 24) {
		head[0] |= (uint8_t)value;
		cose_put(out, head, 1);
	} else if (value <= UINT8_MAX) {
		head[0] |= 24;
		head[1] = (uint8_t)value;
		cose_put(out, head, 2);
	} else if (value <= UINT16_MAX) {
		head[0] |= 25;
		head[1] = (uint8_t)(value >> 8);
		head[2] = (uint8_t)value;
		cose_put(out, head, 3);
	} else {
		out->full = true;
	}
}

static void cose_put_int(struct cose_out *out, int64_t value)
{
	if (value >= 0)
		cose_put_head(out, CBOR_UNSIGNED, (uint64_t)value);
	else
		cose_put_head(out, CBOR_NEGATIVE, (uint64_t)(-1 - value));
}

static void cose_put_bytes(struct cose_out *out, int64_t label, const uint8_t *bytes, size_t len)
{
	cose_put_int(out, label);
	cose_put_head(out, CBOR_BYTES, len);
	cose_put(out, bytes, len);
}

static void cose_put_pair(struct cose_out *out, int64_t label, int64_t value)
{
	cose_put_int(out, label);
	cose_put_int(out, value);
}

size_t cose_write(const struct cose_key *key, uint8_t *buffer, size_t size)
{
	struct cose_out out = {buffer, size, false};
	bool rsa = key->algorithm == COSE_RS256, okp = key->algorithm == COSE_EDDSA;

	cose_put_head(&out, CBOR_MAP, rsa || okp ? 4 : 5);
	cose_put_pair(&out, COSE_KTY, rsa ? COSE_KTY_RSA : okp ? COSE_KTY_OKP : COSE_KTY_EC2);
	cose_put_pair(&out, COSE_ALG, key->algorithm);
	if (rsa) {
		cose_put_bytes(&out, -1, key->x, key->x_len);
		cose_put_bytes(&out, -2, key->y, key->y_len);
	} else {
		cose_put_pair(&out, -1,
			      okp			     ? COSE_CRV_ED25519
			      : key->algorithm == COSE_ES384 ? COSE_CRV_P384
							     : COSE_CRV_P256);
		cose_put_bytes(&out, -2, key->x, key->x_len);
		if (!okp)
			cose_put_bytes(&out, -3, key->y, key->y_len);
	}
	return out.full ? 0 : size - out.left;
}

/* ---- authenticator data ---------------------------------------------------- */

/* aaguid, u16 length, id, COSE_Key (WA 6.5.1). */
static const char *public_key_attested(struct cbor_walk *walk, struct public_key_auth *auth)
{
	if (walk->left < 18)
		return "authenticator data: attested credential data cut short";
	auth->aaguid = walk->at;
	auth->id_len = (size_t)walk->at[16] << 8 | walk->at[17];
	walk->at += 18;
	walk->left -= 18;
	if (auth->id_len < 1 || auth->id_len > WIRE_EXTERNAL_MAX)
		return "authenticator data: a credential id has 1 to 1023 bytes";
	if (auth->id_len > walk->left)
		return "authenticator data: credential id cut short";
	auth->id = walk->at;
	walk->at += auth->id_len;
	walk->left -= auth->id_len;
	auth->key = walk->at;
	auth->key_result = cose_parse_next(walk, &auth->cose);
	if (walk->bad)
		return "authenticator data: the public key is no sound CBOR";
	auth->key_len = (size_t)(walk->at - auth->key);
	return NULL;
}

/* One map whose keys are extension identifiers, hence texts (WA 9.4). */
static bool public_key_extensions(struct cbor_walk *walk, struct public_key_auth *auth)
{
	struct cbor_walk inside = *walk;
	const char *name;
	size_t n, name_len;

	auth->extensions = walk->at;
	if (!cbor_skip(walk) || !cbor_get_map(&inside, &n))
		return false;
	auth->extensions_len = (size_t)(walk->at - auth->extensions);
	for (size_t i = 0; i < n; i++) {
		if (!cbor_get_text(&inside, &name, &name_len) || !cbor_skip(&inside))
			return false;
	}
	return true;
}

const char *public_key_auth_parse(const uint8_t *bytes, size_t len,
				  struct public_key_auth *ret_auth)
{
	struct public_key_auth auth = {0};
	struct cbor_walk walk;
	const char *wrong;

	if (len < PUBLIC_KEY_AUTH_MIN)
		return "authenticator data: shorter than 37 bytes";
	auth.rp_id_hash = bytes;
	auth.flags = bytes[32];
	auth.counter = (uint32_t)bytes[33] << 24 | (uint32_t)bytes[34] << 16 |
		       (uint32_t)bytes[35] << 8 | bytes[36];
	cbor_open(&walk, bytes + PUBLIC_KEY_AUTH_MIN, len - PUBLIC_KEY_AUTH_MIN);
	if ((auth.flags & PUBLIC_KEY_AT) != 0) {
		wrong = public_key_attested(&walk, &auth);
		if (wrong != NULL)
			return wrong;
	}
	if ((auth.flags & PUBLIC_KEY_ED) != 0 && !public_key_extensions(&walk, &auth))
		return "authenticator data: the extensions are no map of names";
	if (walk.left > 0)
		return "authenticator data: bytes follow its end";
	*ret_auth = auth;
	return NULL;
}
