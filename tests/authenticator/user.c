/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "user.h"

static int user_parse_options(const cbor_item_t *options, struct user_request *req)
{
	const struct {
		const char *name;
		bool *value;
	} known[] = {{"up", &req->up}, {"uv", &req->uv}, {"rk", &req->rk}};

	if (options == NULL)
		return CTAP_OK;
	if (!decode_is_map(options))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const cbor_item_t *v = decode_named(options, known[i].name);

		if (v != NULL && !decode_bool(v, known[i].value))
			return CTAP_CBOR_UNEXPECTED_TYPE;
	}
	return CTAP_OK;
}

int user_parse(const cbor_item_t *options, const cbor_item_t *param, const cbor_item_t *protocol,
	       struct user_request *req)
{
	int r;

	req->up = true;
	r = user_parse_options(options, req);
	if (r != CTAP_OK)
		return r;
	req->has_param = param != NULL;
	if (param != NULL && !decode_bytes(param, &req->param))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	req->has_protocol = protocol != NULL;
	if (protocol != NULL && !decode_int(protocol, &req->protocol))
		return CTAP_CBOR_UNEXPECTED_TYPE;
	return CTAP_OK;
}

struct pin_protocol *user_protocol(struct key *key, int64_t version)
{
	if (version == 1 && key->settings.pin_one)
		return &key->session.protocols[0];
	if (version == 2 && key->settings.pin_two)
		return &key->session.protocols[1];
	return NULL;
}

int user_fingerprint(struct key *key)
{
	struct state *state = &key->state;

	if (key->settings.uv == UV_BLOCKED || state->uv_retries == 0) {
		log_event(&key->log, "uv-blocked");
		return CTAP_UV_BLOCKED;
	}
	if (key->settings.uv == UV_OK) {
		log_event(&key->log, "uv-right");
		state->uv_retries = UV_RETRIES_MAX;
		return CTAP_OK;
	}
	state->uv_retries--;
	state_save(state);
	log_event(&key->log, "uv-wrong retries=%u", state->uv_retries);
	return state->uv_retries == 0 ? CTAP_UV_BLOCKED : CTAP_UV_INVALID;
}

/* An empty parameter asks which key the user means (6.1.2, step 1). */
static int user_pick(struct key *key)
{
	int r = key_require_touch(key);

	if (r != CTAP_OK)
		return r;
	return key->state.pin_set ? CTAP_PIN_INVALID : CTAP_PIN_NOT_SET;
}

static int user_verify_token(struct key *key, const struct user_request *req)
{
	struct pin_protocol *p;

	if (!req->has_protocol)
		return CTAP_MISSING_PARAMETER;
	p = user_protocol(key, req->protocol);
	if (p == NULL)
		return CTAP_INVALID_PARAMETER;
	if (!p->token_in_use || !p->token_uv ||
	    !pin_protocol_verify(p, p->token, req->hash, 32, req->param) ||
	    !(p->permissions & req->permission) ||
	    (p->rp_id[0] != '\0' && strcmp(p->rp_id, req->rp_id) != 0)) {
		log_event(&key->log, "pin-auth-invalid");
		return CTAP_PIN_AUTH_INVALID;
	}
	if (p->rp_id[0] == '\0')
		strncpy(p->rp_id, req->rp_id, sizeof(p->rp_id) - 1);
	return CTAP_OK;
}

static int user_verify_built_in(struct key *key)
{
	int r = key_require_touch(key);

	if (r != CTAP_OK)
		return r;
	if (user_fingerprint(key) == CTAP_OK)
		return CTAP_OK;
	return key->state.pin_set ? CTAP_PUAT_REQUIRED : CTAP_OPERATION_DENIED;
}

/* Whether the request may go on without user verification. */
static bool user_may_skip(const struct key *key, const struct user_request *req)
{
	const struct settings *s = &key->settings;
	bool protected = key->state.pin_set || s->uv != UV_NONE;

	if (s->always_uv && req->up)
		return false;
	if (req->permission == PERMISSION_GA || !protected)
		return true;
	return s->make_cred_uv_not_rqd && !req->rk;
}

int user_verify(struct key *key, const struct user_request *req, bool *ret_uv)
{
	bool built_in = key->settings.uv != UV_NONE;
	int r;

	if (req->has_param && req->param.len == 0)
		return user_pick(key);
	*ret_uv = false;
	if (req->has_param) {
		if (!key->settings.client_pin && !built_in)
			return CTAP_INVALID_PARAMETER;
		r = user_verify_token(key, req);
	} else if (req->uv && !built_in) {
		return CTAP_INVALID_OPTION;
	} else if (req->uv || (built_in && !user_may_skip(key, req) && key->settings.always_uv)) {
		r = user_verify_built_in(key);
	} else {
		return user_may_skip(key, req) ? CTAP_OK : CTAP_PUAT_REQUIRED;
	}
	if (r == CTAP_OK)
		*ret_uv = true;
	return r;
}

void user_spend(struct key *key, const struct user_request *req)
{
	struct pin_protocol *p;

	if (!req->has_param || !key->settings.fido_2_1)
		return;
	p = user_protocol(key, req->protocol);
	if (p != NULL)
		pin_protocol_spend(p);
}
