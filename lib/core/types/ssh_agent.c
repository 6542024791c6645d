/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/ssh_agent.h"

#include <string.h>

#include "lib/core/types/import.h"
#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/ssh_blob.h"

/* draft-miller-ssh-agent, section 5.1. */
enum {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	AGENT_SIGN_REQUEST = 13,
	AGENT_SIGN_RESPONSE = 14,
};

#define SCALAR_MAX 33 /* of P-256, with a zero in front */

/* ---- what is said --------------------------------------------------------------- */

size_t ssh_agent_key(const struct credential *record, uint8_t *buffer, size_t size)
{
	struct ssh_out out = {.bytes = buffer, .size = size};
	struct cose_key key;
	uint8_t point[65] = {0x04}; /* uncompressed (SEC 1, section 2.3.3) */

	if (record->kind != KIND_SSH_SK ||
	    cose_parse(record->key, record->key_len, &key) != COSE_OK)
		return 0;
	if (key.algorithm == COSE_ES256 && key.x_len == 32 && key.y_len == 32) {
		memcpy(point + 1, key.x, 32);
		memcpy(point + 33, key.y, 32);
		ssh_out_text(&out, OPENSSH_ECDSA_SK);
		ssh_out_text(&out, "nistp256");
		ssh_out_string(&out, point, sizeof(point));
	} else if (key.algorithm == COSE_EDDSA && key.x_len == 32) {
		ssh_out_text(&out, OPENSSH_ED25519_SK);
		ssh_out_string(&out, key.x, key.x_len);
	} else {
		return 0;
	}
	ssh_out_text(&out, record->rp_id);
	return out.overflow ? 0 : out.len;
}

size_t ssh_agent_put_list(uint8_t *buffer, size_t size)
{
	struct ssh_out out = {.bytes = buffer, .size = size};

	ssh_out_u8(&out, AGENT_REQUEST_IDENTITIES);
	return out.overflow ? 0 : out.len;
}

size_t ssh_agent_put_sign(const uint8_t *key, size_t key_len, const void *data, size_t len,
			  uint8_t *buffer, size_t size)
{
	struct ssh_out out = {.bytes = buffer, .size = size};

	ssh_out_u8(&out, AGENT_SIGN_REQUEST);
	ssh_out_string(&out, key, key_len);
	ssh_out_string(&out, data, len);
	ssh_out_u32(&out, 0); /* the flags are RSA's */
	return out.overflow ? 0 : out.len;
}

/* ---- what comes back -------------------------------------------------------------- */

bool ssh_agent_refused(const uint8_t *message, size_t len)
{
	return len == 1 && message[0] == AGENT_FAILURE;
}

const char *ssh_agent_get_keys(const uint8_t *message, size_t len, ssh_agent_each *each,
			       void *context)
{
	struct ssh_blob blob = {message, len, false};
	uint32_t n;

	if (ssh_blob_u8(&blob) != AGENT_IDENTITIES_ANSWER)
		return "agent: its answer is no list of keys";
	n = ssh_blob_u32(&blob);
	if (n > SSH_AGENT_KEYS_MAX)
		return "agent: its list has more keys than an agent holds";
	while (n-- > 0 && !blob.bad) {
		struct ssh_blob key = ssh_blob_string(&blob), comment = ssh_blob_string(&blob);

		if (!blob.bad &&
		    !each(context, key.at, key.left, (const char *)comment.at, comment.left))
			return NULL;
	}
	return ssh_blob_done(&blob) ? NULL : "agent: its list of keys is cut short or too long";
}

/* mpint (RFC 4251) and INTEGER (X.690) are one form, but for the length; whether
 * it is the shortest and positive is looked at where the signature is verified. */
static bool agent_take_scalar(struct ssh_blob *blob, struct ssh_out *out)
{
	struct ssh_blob scalar = ssh_blob_string(blob);

	if (scalar.bad || scalar.left < 1 || scalar.left > SCALAR_MAX)
		return false;
	ssh_out_u8(out, 0x02);
	ssh_out_u8(out, (uint8_t)scalar.left);
	ssh_out_bytes(out, scalar.at, scalar.left);
	return !out->overflow;
}

/* mpint r, mpint s: becomes SEQUENCE { r INTEGER, s INTEGER }. */
static bool agent_take_ecdsa(struct ssh_blob blob, struct ssh_agent_signature *signature)
{
	struct ssh_out out = {.bytes = signature->bytes, .size = sizeof(signature->bytes)};

	ssh_out_u8(&out, 0x30);
	ssh_out_u8(&out, 0); /* the length follows */
	if (blob.bad || !agent_take_scalar(&blob, &out) || !agent_take_scalar(&blob, &out) ||
	    !ssh_blob_done(&blob))
		return false;
	signature->bytes[1] = (uint8_t)(out.len - 2);
	signature->len = out.len;
	return true;
}

static bool agent_take_ed25519(struct ssh_blob blob, struct ssh_agent_signature *signature)
{
	if (blob.bad || blob.left != 64)
		return false;
	memcpy(signature->bytes, blob.at, blob.left);
	signature->len = blob.left;
	return true;
}

const char *ssh_agent_get_signature(const uint8_t *message, size_t len,
				    struct ssh_agent_signature *ret_signature)
{
	struct ssh_agent_signature signature = {0};
	struct ssh_blob blob = {message, len, false}, whole, type, inner;
	bool good = false;

	if (ssh_blob_u8(&blob) != AGENT_SIGN_RESPONSE)
		return "agent: its answer is no signature";
	whole = ssh_blob_string(&blob);
	if (!ssh_blob_done(&blob))
		return "agent: its signature is cut short or too long";
	type = ssh_blob_string(&whole);
	inner = ssh_blob_string(&whole);
	signature.flags = ssh_blob_u8(&whole);
	signature.counter = ssh_blob_u32(&whole);
	if (ssh_blob_is(type, OPENSSH_ED25519_SK)) {
		signature.algorithm = COSE_EDDSA;
		good = agent_take_ed25519(inner, &signature);
	} else if (ssh_blob_is(type, OPENSSH_ECDSA_SK)) {
		signature.algorithm = COSE_ES256;
		good = agent_take_ecdsa(inner, &signature);
	} else {
		return "agent: its signature is no security key's";
	}
	if (!good || !ssh_blob_done(&whole))
		return "agent: a security key's signature in no form of theirs";
	*ret_signature = signature;
	return NULL;
}
