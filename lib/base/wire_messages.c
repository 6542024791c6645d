/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Whole messages, field by field in the order that wire.h states. */
#include "lib/base/wire.h"

#include <stdlib.h>
#include <string.h>

/* ---- REQUEST ------------------------------------------------------------ */

static void put_list(struct wire_out *out, const struct wire_descriptor *list, uint8_t n)
{
	if (n > WIRE_LIST_MAX) {
		out->overflow = true;
		return;
	}
	wire_put_u8(out, n);
	for (uint8_t i = 0; i < n; i++) {
		if (list[i].len == 0 || list[i].len > WIRE_EXTERNAL_MAX)
			out->overflow = true;
		wire_put_u8(out, list[i].type);
		wire_put_bytes(out, list[i].id, list[i].len);
	}
}

bool wire_put_request(struct wire_out *out, const struct wire_request *request)
{
	wire_begin(out, WIRE_REQUEST);
	wire_put_str(out, request->service);
	wire_put_str(out, request->tty);
	wire_put_str(out, request->rhost);
	wire_put_u32(out, request->host_flags);
	wire_put_u8(out, request->mediation);
	wire_put_u8(out, request->user_verification);
	wire_put_u32(out, request->timeout_ms);
	wire_put_str(out, request->order);
	wire_put_u8(out, request->flags);
	if (request->cached)
		wire_put_bytes(out, secret_bytes(request->cached), secret_len(request->cached));
	else
		wire_put_bytes(out, NULL, 0);
	put_list(out, request->allow, request->n_allow);
	put_list(out, request->exclude, request->n_exclude);
	wire_put_str(out, request->ssh_auth);
	return !out->overflow;
}

static struct wire_descriptor *get_list(struct wire_in *in, uint8_t *ret_n)
{
	uint8_t n = wire_get_u8(in);
	struct wire_descriptor *list;

	/* Each entry takes at least 4 bytes of the message: no allocation is
	 * larger than what was sent could fill. */
	if (in->bad || n > WIRE_LIST_MAX || (size_t)n * 4 > in->left) {
		in->bad = true;
		return NULL;
	}
	*ret_n = n;
	if (n == 0)
		return NULL;
	list = calloc(n, sizeof(*list));
	for (uint8_t i = 0; list && i < n; i++) {
		list[i].type = wire_get_u8(in);
		list[i].len = (uint16_t)wire_get_bytes(in, list[i].id, sizeof(list[i].id));
		if (list[i].len == 0)
			in->bad = true;
	}
	if (!list)
		in->bad = true;
	return list;
}

static void get_cached(struct wire_in *in, struct wire_request *request)
{
	request->cached = wire_get_secret(in);
	if (request->flags & WIRE_FLAG_CACHED)
		return;
	/* Said to be absent: then nothing may be there. */
	if (request->cached && secret_len(request->cached) > 0)
		in->bad = true;
	secret_free(request->cached);
	request->cached = NULL;
}

bool wire_get_request(const void *message, size_t len, struct wire_request *ret_request)
{
	struct wire_request request = {0};
	struct wire_in in;

	if (wire_open(&in, message, len) != WIRE_REQUEST)
		return false;
	wire_get_str(&in, request.service, sizeof(request.service));
	wire_get_str(&in, request.tty, sizeof(request.tty));
	wire_get_str(&in, request.rhost, sizeof(request.rhost));
	request.host_flags = wire_get_u32(&in);
	request.mediation = wire_get_u8(&in);
	request.user_verification = wire_get_u8(&in);
	request.timeout_ms = wire_get_u32(&in);
	wire_get_str(&in, request.order, sizeof(request.order));
	request.flags = wire_get_u8(&in);
	if (request.mediation > WEBCRED_MEDIATION_IMMEDIATE ||
	    request.user_verification > WEBCRED_UV_DISCOURAGED ||
	    (request.flags & ~WIRE_FLAG_ALL) != 0 ||
	    (request.host_flags & ~(WEBCRED_HOST_SILENT | WEBCRED_HOST_DISALLOW_NULL_AUTHTOK)) != 0)
		in.bad = true;
	get_cached(&in, &request);
	request.allow = get_list(&in, &request.n_allow);
	request.exclude = get_list(&in, &request.n_exclude);
	wire_get_str(&in, request.ssh_auth, sizeof(request.ssh_auth));
	if (!wire_done(&in)) {
		wire_request_deinit(&request);
		return false;
	}
	*ret_request = request;
	return true;
}

void wire_request_deinit(struct wire_request *request)
{
	secret_free(request->cached);
	free(request->allow);
	free(request->exclude);
	request->cached = NULL;
	request->allow = request->exclude = NULL;
	request->n_allow = request->n_exclude = 0;
}

/* ---- CHANGE ------------------------------------------------------------- */

bool wire_put_change(struct wire_out *out, const struct wire_change *change)
{
	wire_begin(out, WIRE_CHANGE);
	wire_put_u8(out, change->kind);
	wire_put_bytes(out, change->id, change->has_id ? sizeof(change->id) : 0);
	wire_put_str(out, change->label);
	if (change->secret)
		wire_put_bytes(out, secret_bytes(change->secret), secret_len(change->secret));
	else
		wire_put_bytes(out, NULL, 0);
	wire_put_u32(out, change->number);
	wire_put_u8(out, change->type);
	wire_put_u8(out, change->backend);
	wire_put_u8(out, change->algorithm);
	wire_put_u8(out, change->digits);
	wire_put_u16(out, change->period);
	wire_put_u8(out, change->count);
	wire_put_u8(out, change->user_verification);
	wire_put_u8(out, change->flags);
	wire_put_str(out, change->text);
	return !out->overflow;
}

/* Fields, as bits, for the table of who uses what. */
#define USES_ID 0x01u
#define USES_LABEL 0x02u
#define USES_SECRET 0x04u
#define USES_NUMBER 0x08u
#define USES_TEXT 0x10u
#define USES_CREATION 0x20u

static unsigned change_fields_present(const struct wire_change *change)
{
	bool creation = change->type || change->backend || change->algorithm || change->digits ||
			change->period || change->count || change->user_verification ||
			change->flags;

	return (change->has_id ? USES_ID : 0) | (change->label[0] ? USES_LABEL : 0) |
	       (change->secret && secret_len(change->secret) > 0 ? USES_SECRET : 0) |
	       (change->number ? USES_NUMBER : 0) | (change->text[0] ? USES_TEXT : 0) |
	       (creation ? USES_CREATION : 0);
}

static bool change_fields_allowed(const struct wire_change *change)
{
	static const unsigned uses[] = {
		[WIRE_CHANGE_STORE_PASSWORD] = USES_SECRET,
		[WIRE_CHANGE_CREATE] = USES_LABEL | USES_CREATION,
		[WIRE_CHANGE_RENAME] = USES_ID | USES_LABEL,
		[WIRE_CHANGE_REMOVE] = USES_ID,
		[WIRE_CHANGE_INVITE] = USES_NUMBER,
		[WIRE_CHANGE_LOCK] = USES_NUMBER,
		[WIRE_CHANGE_REMOVE_ALL] = 0,
		[WIRE_CHANGE_IMPORT] = USES_TEXT,
	};
	const unsigned creation_flags = WIRE_CREATE_RESIDENT | WIRE_CREATE_NO_TOUCH |
					WIRE_CREATE_ATTEST | WIRE_CREATE_AGENT;

	if (change->kind < WIRE_CHANGE_STORE_PASSWORD || change->kind > WIRE_CHANGE_IMPORT)
		return false;
	if (change->kind == WIRE_CHANGE_LOCK && change->number > 1)
		return false;
	if ((uses[change->kind] & USES_ID) && !change->has_id)
		return false;
	if (change->user_verification > WEBCRED_UV_DISCOURAGED || (change->flags & ~creation_flags))
		return false;
	return (change_fields_present(change) & ~uses[change->kind]) == 0;
}

bool wire_get_change(const void *message, size_t len, struct wire_change *ret_change)
{
	struct wire_change change = {0};
	struct wire_in in;
	size_t id_len;

	if (wire_open(&in, message, len) != WIRE_CHANGE)
		return false;
	change.kind = wire_get_u8(&in);
	id_len = wire_get_bytes(&in, change.id, sizeof(change.id));
	change.has_id = id_len > 0;
	wire_get_str(&in, change.label, sizeof(change.label));
	change.secret = wire_get_secret(&in);
	change.number = wire_get_u32(&in);
	change.type = wire_get_u8(&in);
	change.backend = wire_get_u8(&in);
	change.algorithm = wire_get_u8(&in);
	change.digits = wire_get_u8(&in);
	change.period = wire_get_u16(&in);
	change.count = wire_get_u8(&in);
	change.user_verification = wire_get_u8(&in);
	change.flags = wire_get_u8(&in);
	wire_get_str(&in, change.text, sizeof(change.text));
	if (!wire_done(&in) || (id_len != 0 && id_len != sizeof(change.id)) ||
	    !change_fields_allowed(&change)) {
		wire_change_deinit(&change);
		return false;
	}
	/* Only a password, be it empty, is a secret that a change carries. */
	if (change.kind != WIRE_CHANGE_STORE_PASSWORD)
		wire_change_deinit(&change);
	*ret_change = change;
	return true;
}

void wire_change_deinit(struct wire_change *change)
{
	secret_free(change->secret);
	change->secret = NULL;
}

/* ---- ENTRY and RESULT --------------------------------------------------- */

static void put_credential(struct wire_out *out, const struct wire_credential *credential)
{
	wire_put_bytes(out, credential->id, sizeof(credential->id));
	wire_put_u8(out, credential->type);
	wire_put_str(out, credential->kind);
	wire_put_str(out, credential->label);
	wire_put_str(out, credential->rp_id);
	wire_put_u64(out, (uint64_t)credential->created);
	wire_put_u64(out, (uint64_t)credential->last_used);
	wire_put_u64(out, credential->counter);
	wire_put_u8(out, credential->flags);
}

static void get_credential(struct wire_in *in, struct wire_credential *credential)
{
	const uint8_t all = WIRE_CREDENTIAL_UV | WIRE_CREDENTIAL_SILENT | WIRE_CREDENTIAL_LOCKED;

	if (wire_get_bytes(in, credential->id, sizeof(credential->id)) != sizeof(credential->id))
		in->bad = true;
	credential->type = wire_get_u8(in);
	wire_get_str(in, credential->kind, sizeof(credential->kind));
	wire_get_str(in, credential->label, sizeof(credential->label));
	wire_get_str(in, credential->rp_id, sizeof(credential->rp_id));
	credential->created = (int64_t)wire_get_u64(in);
	credential->last_used = (int64_t)wire_get_u64(in);
	credential->counter = wire_get_u64(in);
	credential->flags = wire_get_u8(in);
	if (credential->type == WEBCRED_TYPE_NONE || credential->type > WEBCRED_TYPE_IDENTITY ||
	    (credential->flags & ~all) != 0)
		in->bad = true;
}

bool wire_put_entry(struct wire_out *out, const struct wire_credential *credential)
{
	wire_begin(out, WIRE_ENTRY);
	put_credential(out, credential);
	return !out->overflow;
}

bool wire_get_entry(const void *message, size_t len, struct wire_credential *ret_credential)
{
	struct wire_credential credential = {0};
	struct wire_in in;

	if (wire_open(&in, message, len) != WIRE_ENTRY)
		return false;
	get_credential(&in, &credential);
	if (!wire_done(&in))
		return false;
	*ret_credential = credential;
	return true;
}

bool wire_put_result(struct wire_out *out, const struct wire_result *result)
{
	wire_begin(out, WIRE_RESULT);
	wire_put_u32(out, result->granted);
	wire_put_u32(out, result->outcome);
	wire_put_u32(out, result->fault);
	wire_put_u8(out, result->status);
	wire_put_u32(out, result->delay_us);
	wire_put_u8(out, result->flags);
	wire_put_str(out, result->message);
	wire_put_u8(out, result->has_credential ? 1 : 0);
	if (result->has_credential) {
		put_credential(out, &result->credential);
		wire_put_bytes(out, result->login, result->login_len);
	}
	return !out->overflow && result->login_len <= sizeof(result->login);
}

/* The rule at the end of RESULT's paragraph: a grant stands alone. */
static bool result_consistent(const struct wire_result *result)
{
	if (result->outcome > WEBCRED_IDENTITY || result->fault > 4095 ||
	    result->status > WEBCRED_STATUS_FAULT || (result->flags & ~WIRE_RESULT_TELL_THROTTLED))
		return false;
	if (result->login_len != 0 && result->login_len != WIRE_LOGIN_SIZE)
		return false;
	if (result->delay_us > WIRE_DELAY_MAX_US)
		return false;
	if (result->granted != WEBCRED_GRANTED)
		return true;
	return result->has_credential && result->outcome == 0 && result->fault == 0;
}

bool wire_get_result(const void *message, size_t len, struct wire_result *ret_result)
{
	struct wire_result result = {0};
	struct wire_in in;
	uint8_t has;
	bool good;

	if (wire_open(&in, message, len) != WIRE_RESULT)
		return false;
	result.granted = wire_get_u32(&in);
	result.outcome = wire_get_u32(&in);
	result.fault = wire_get_u32(&in);
	result.status = wire_get_u8(&in);
	result.delay_us = wire_get_u32(&in);
	result.flags = wire_get_u8(&in);
	wire_get_str(&in, result.message, sizeof(result.message));
	has = wire_get_u8(&in);
	result.has_credential = has == 1;
	if (has == 1) {
		get_credential(&in, &result.credential);
		result.login_len =
			(uint16_t)wire_get_bytes(&in, result.login, sizeof(result.login));
	}
	good = has <= 1 && wire_done(&in) && result_consistent(&result);
	if (good)
		*ret_result = result;
	secret_wipe(&result, sizeof(result)); /* the login it settles by */
	return good;
}
