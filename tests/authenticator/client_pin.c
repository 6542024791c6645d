/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* authenticatorClientPIN (CTAP 2.1, section 6.5). */
#include <string.h>

#include <openssl/crypto.h>

#include "digest.h"
#include "keys.h"
#include "user.h"

enum pin_subcommand {
	PIN_GET_RETRIES = 0x01,
	PIN_GET_KEY_AGREEMENT = 0x02,
	PIN_SET = 0x03,
	PIN_CHANGE = 0x04,
	PIN_GET_TOKEN = 0x05,
	PIN_GET_TOKEN_USING_UV = 0x06,
	PIN_GET_UV_RETRIES = 0x07,
	PIN_GET_TOKEN_WITH_PERMISSIONS = 0x09,
};

struct pin_request {
	struct pin_protocol *protocol;
	struct pin_secret secret;
	struct span param, new_pin, pin_hash;
	int64_t permissions;
	char rp_id[256];
};

static int pin_parse(struct key *key, const cbor_item_t *map, struct pin_request *req)
{
	int64_t version;
	const cbor_item_t *permissions = decode_at(map, 0x09);
	const cbor_item_t *rp_id = decode_at(map, 0x0a);

	if (!decode_int(decode_at(map, 0x01), &version))
		return CTAP_MISSING_PARAMETER;
	req->protocol = user_protocol(key, version);
	if (req->protocol == NULL)
		return CTAP_INVALID_PARAMETER;
	if (permissions != NULL && !decode_int(permissions, &req->permissions))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	if (rp_id != NULL && !decode_text(rp_id, req->rp_id, sizeof(req->rp_id)))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	return CTAP_OK;
}

/* The shared secret, and those of the byte strings that are wanted. */
static int pin_parse_secret(const cbor_item_t *map, struct pin_request *req, bool param,
			    bool new_pin, bool pin_hash)
{
	if (decode_at(map, 0x03) == NULL ||
	    (param && !decode_bytes(decode_at(map, 0x04), &req->param)) ||
	    (new_pin && !decode_bytes(decode_at(map, 0x05), &req->new_pin)) ||
	    (pin_hash && !decode_bytes(decode_at(map, 0x06), &req->pin_hash)))
		return CTAP_MISSING_PARAMETER;
	if (!pin_protocol_decapsulate(req->protocol, decode_at(map, 0x03), &req->secret))
		return CTAP_INVALID_PARAMETER;
	return CTAP_OK;
}

static int pin_answer_retries(struct key *key, struct buf *out)
{
	encode_map(out, 2);
	encode_int(out, 0x03);
	encode_int(out, key->state.pin_retries);
	encode_int(out, 0x04);
	encode_bool(out, key->session.pin_mismatches >= 3);
	return CTAP_OK;
}

static int pin_answer_uv_retries(struct key *key, struct buf *out)
{
	if (key->settings.uv == UV_NONE)
		return CTAP_INVALID_PARAMETER;
	encode_map(out, 1);
	encode_int(out, 0x05);
	encode_int(out, key->settings.uv == UV_BLOCKED ? 0 : key->state.uv_retries);
	return CTAP_OK;
}

static int pin_answer_agreement(const struct pin_request *req, struct buf *out)
{
	encode_map(out, 1);
	encode_int(out, 0x01);
	keys_encode(out, req->protocol->agreement, KEYS_ECDH);
	return CTAP_OK;
}

static int pin_answer_token(const struct pin_request *req, struct buf *out)
{
	uint8_t cipher[48];
	size_t len = pin_protocol_encrypt(req->protocol, &req->secret, req->protocol->token,
					  sizeof(req->protocol->token), cipher);

	encode_map(out, 1);
	encode_int(out, 0x02);
	encode_bytes(out, cipher, len);
	return CTAP_OK;
}

/* A new PIN comes as 64 bytes, padded with zeros (6.5.5.5). */
static int pin_store(struct key *key, const struct pin_request *req)
{
	uint8_t plain[64];
	size_t len, points = 0;

	if (!pin_protocol_decrypt(req->protocol, &req->secret, req->new_pin, plain, sizeof(plain),
				  &len) ||
	    len != sizeof(plain))
		return CTAP_PIN_POLICY_VIOLATION;
	len = strnlen((const char *)plain, sizeof(plain));
	for (size_t i = 0; i < len; i++)
		points += (plain[i] & 0xc0) != 0x80;
	if (points < key->state.min_pin_length || len > 63)
		return CTAP_PIN_POLICY_VIOLATION;
	state_set_pin(&key->state, (const char *)plain, len);
	OPENSSL_cleanse(plain, sizeof(plain));
	key->session.pin_mismatches = 0;
	for (size_t i = 0; i < 2; i++)
		key->session.protocols[i].token_in_use = false;
	log_event(&key->log, "pin-set");
	return state_save(&key->state) == 0 ? CTAP_OK : CTAP_OTHER;
}

static int pin_set(struct key *key, const cbor_item_t *map, struct pin_request *req)
{
	int r = pin_parse_secret(map, req, true, true, false);

	if (r != CTAP_OK)
		return r;
	if (key->state.pin_set ||
	    !pin_protocol_verify(req->protocol, req->secret.mac_key, req->new_pin.ptr,
				 req->new_pin.len, req->param))
		return CTAP_PIN_AUTH_INVALID;
	return pin_store(key, req);
}

static int pin_mismatch(struct key *key, const struct pin_request *req)
{
	unsigned retries = key->state.pin_retries;

	pin_protocol_regenerate(req->protocol);
	log_event(&key->log, "pin-wrong retries=%u", retries);
	if (retries == 0)
		return CTAP_PIN_BLOCKED;
	if (++key->session.pin_mismatches >= 3)
		return CTAP_PIN_AUTH_BLOCKED;
	return CTAP_PIN_INVALID;
}

/* The retry is spent, and on disk, before the comparison (6.5.5.7). */
static int pin_compare(struct key *key, const struct pin_request *req)
{
	struct state *state = &key->state;
	uint8_t plain[64];
	size_t len;

	if (!state->pin_set)
		return CTAP_PIN_NOT_SET;
	if (state->pin_retries == 0)
		return CTAP_PIN_BLOCKED;
	if (key->session.pin_mismatches >= 3)
		return CTAP_PIN_AUTH_BLOCKED;
	state->pin_retries--;
	if (state_save(state) != 0)
		return CTAP_OTHER;
	if (!pin_protocol_decrypt(req->protocol, &req->secret, req->pin_hash, plain, sizeof(plain),
				  &len) ||
	    len != sizeof(state->pin_hash) || CRYPTO_memcmp(plain, state->pin_hash, len) != 0)
		return pin_mismatch(key, req);
	state->pin_retries = PIN_RETRIES_MAX;
	state->uv_retries = UV_RETRIES_MAX;
	key->session.pin_mismatches = 0;
	log_event(&key->log, "pin-right");
	return state_save(state) == 0 ? CTAP_OK : CTAP_OTHER;
}

static int pin_change(struct key *key, const cbor_item_t *map, struct pin_request *req)
{
	struct buf signed_part = {0};
	int r = pin_parse_secret(map, req, true, true, true);

	if (r != CTAP_OK)
		return r;
	if (key->state.pin_set && key->state.pin_retries == 0)
		return CTAP_PIN_BLOCKED;
	encode_raw(&signed_part, req->new_pin.ptr, req->new_pin.len);
	encode_raw(&signed_part, req->pin_hash.ptr, req->pin_hash.len);
	if (!pin_protocol_verify(req->protocol, req->secret.mac_key, signed_part.data,
				 signed_part.len, req->param))
		return CTAP_PIN_AUTH_INVALID;
	r = pin_compare(key, req);
	return r == CTAP_OK ? pin_store(key, req) : r;
}

/* Old clients get a token without asking for permissions (6.5.5.7.1). */
static int pin_token(struct key *key, const cbor_item_t *map, struct pin_request *req,
		     bool with_permissions, struct buf *out)
{
	int64_t known = PERMISSION_MC | PERMISSION_GA;
	int r = pin_parse_secret(map, req, false, false, true);

	if (r != CTAP_OK)
		return r;
	if (with_permissions) {
		if (req->permissions == 0)
			return CTAP_INVALID_PARAMETER;
		if ((req->permissions & known) == 0)
			return CTAP_UNAUTHORIZED_PERMISSION;
		if (req->rp_id[0] == '\0')
			return CTAP_MISSING_PARAMETER;
	} else {
		req->permissions = known;
		req->rp_id[0] = '\0';
	}
	r = pin_compare(key, req);
	if (r != CTAP_OK)
		return r;
	if (key->state.force_pin_change)
		return with_permissions ? CTAP_PIN_POLICY_VIOLATION : CTAP_PIN_INVALID;
	pin_protocol_new_token(req->protocol, (unsigned)req->permissions, req->rp_id);
	return pin_answer_token(req, out);
}

static int pin_token_using_uv(struct key *key, const cbor_item_t *map, struct pin_request *req,
			      struct buf *out)
{
	int r;

	if (key->settings.uv == UV_NONE)
		return CTAP_NOT_ALLOWED;
	r = pin_parse_secret(map, req, false, false, false);
	if (r != CTAP_OK)
		return r;
	if (req->permissions == 0)
		return CTAP_INVALID_PARAMETER;
	if (key->settings.uv == UV_BLOCKED || key->state.uv_retries == 0) {
		log_event(&key->log, "uv-blocked");
		return CTAP_UV_BLOCKED;
	}
	r = key_require_touch(key);
	if (r == CTAP_OK)
		r = user_fingerprint(key);
	if (r != CTAP_OK)
		return r;
	pin_protocol_new_token(req->protocol, (unsigned)req->permissions, req->rp_id);
	return pin_answer_token(req, out);
}

/* The subcommands that go on from a shared secret. */
static int pin_run_secret(struct key *key, const cbor_item_t *map, int64_t sub, struct buf *out)
{
	struct pin_request req = {0};
	bool v2_1 = key->settings.fido_2_1;
	int r = pin_parse(key, map, &req);

	if (r != CTAP_OK)
		return r;
	if (sub == PIN_GET_KEY_AGREEMENT)
		r = pin_answer_agreement(&req, out);
	else if (sub == PIN_GET_TOKEN_USING_UV && v2_1)
		r = pin_token_using_uv(key, map, &req, out);
	else if (!key->settings.client_pin)
		r = CTAP_INVALID_PARAMETER;
	else if (sub == PIN_SET)
		r = pin_set(key, map, &req);
	else if (sub == PIN_CHANGE)
		r = pin_change(key, map, &req);
	else if (sub == PIN_GET_TOKEN)
		r = pin_token(key, map, &req, false, out);
	else if (sub == PIN_GET_TOKEN_WITH_PERMISSIONS && v2_1)
		r = pin_token(key, map, &req, true, out);
	else
		r = CTAP_INVALID_PARAMETER;
	OPENSSL_cleanse(&req.secret, sizeof(req.secret));
	return r;
}

int client_pin_run(struct key *key, const cbor_item_t *map, struct buf *out)
{
	int64_t sub;

	if (!decode_int(decode_at(map, 0x02), &sub))
		return CTAP_MISSING_PARAMETER;
	if (!key->ceremony.touched)
		log_event(&key->log, "client-pin sub=%d", (int)sub);
	if (sub == PIN_GET_RETRIES)
		return key->settings.client_pin && key->settings.tell_retries
			       ? pin_answer_retries(key, out)
			       : CTAP_INVALID_PARAMETER;
	if (sub == PIN_GET_UV_RETRIES)
		return pin_answer_uv_retries(key, out);
	return pin_run_secret(key, map, sub, out);
}
