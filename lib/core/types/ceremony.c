/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/ceremony.h"

#include <string.h>

/* Above the switches: how many PIN tries there are beyond the first. */
enum { BEGIN_RESIDENT = 0x01, BEGIN_ATTEST = 0x02, BEGIN_ALL = 0x0f };
#define BEGIN_TRIES_SHIFT 2u
enum { DONE_UV_INITIALIZED = 0x01, DONE_ID_OMITTED = 0x02, DONE_ALL = 0x03 };

/* A flag is 0 or 1, as everywhere in wire.h. */
static bool get_flag(struct wire_in *in)
{
	uint8_t value = wire_get_u8(in);

	if (value > 1)
		in->bad = true;
	return value == 1;
}

/* ---- BEGIN ------------------------------------------------------------------ */

static void put_entries(struct wire_out *out, const struct type_ceremony *ceremony)
{
	wire_put_u8(out, ceremony->n_entries);
	for (size_t i = 0; i < ceremony->n_entries; i++) {
		const struct ceremony_entry *entry = &ceremony->entry[i];

		if (entry->len == 0 || entry->len > sizeof(entry->id)) {
			out->overflow = true;
			return;
		}
		wire_put_str(out, entry->rp_id);
		wire_put_bytes(out, entry->id, entry->len);
		wire_put_u8(out, entry->no_touch);
	}
}

static uint8_t begin_flags(const struct type_ceremony *ceremony)
{
	unsigned more = ceremony->pin_tries > 0 ? ceremony->pin_tries - 1u : 0;

	return (uint8_t)((ceremony->resident ? BEGIN_RESIDENT : 0) |
			 (ceremony->attest ? BEGIN_ATTEST : 0) | more << BEGIN_TRIES_SHIFT);
}

bool ceremony_put_begin(struct wire_out *out, const struct type_ceremony *ceremony)
{
	if (ceremony->n_entries > CEREMONY_ENTRIES_MAX ||
	    ceremony->n_algorithms > sizeof(ceremony->algorithm) / sizeof(ceremony->algorithm[0]) ||
	    ceremony->user_id_len > sizeof(ceremony->user_id) ||
	    ceremony->pin_tries > CEREMONY_PIN_TRIES_MAX)
		return false;
	wire_begin(out, (enum wire_message)CEREMONY_BEGIN);
	wire_put_u8(out, (uint8_t)ceremony->kind);
	wire_put_str(out, ceremony->rp_id);
	wire_put_bytes(out, ceremony->client_data_hash, sizeof(ceremony->client_data_hash));
	wire_put_u8(out, (uint8_t)ceremony->user_verification);
	wire_put_u8(out, begin_flags(ceremony));
	wire_put_u32(out, ceremony->timeout_ms);
	wire_put_bytes(out, ceremony->user_id, ceremony->user_id_len);
	wire_put_str(out, ceremony->user_name);
	wire_put_u8(out, ceremony->n_algorithms);
	for (size_t i = 0; i < ceremony->n_algorithms; i++)
		wire_put_u32(out, (uint32_t)ceremony->algorithm[i]);
	put_entries(out, ceremony);
	return !out->overflow;
}

static void get_algorithms(struct wire_in *in, struct type_ceremony *ceremony)
{
	ceremony->n_algorithms = wire_get_u8(in);
	if (ceremony->n_algorithms > sizeof(ceremony->algorithm) / sizeof(ceremony->algorithm[0])) {
		in->bad = true;
		return;
	}
	for (size_t i = 0; i < ceremony->n_algorithms; i++)
		ceremony->algorithm[i] = (int32_t)wire_get_u32(in);
}

static void get_entries(struct wire_in *in, struct type_ceremony *ceremony,
			struct ceremony_entry *entry)
{
	ceremony->n_entries = wire_get_u8(in);
	if (ceremony->n_entries > CEREMONY_ENTRIES_MAX) {
		in->bad = true;
		return;
	}
	for (size_t i = 0; i < ceremony->n_entries && !in->bad; i++) {
		memset(&entry[i], 0, sizeof(entry[i]));
		wire_get_str(in, entry[i].rp_id, sizeof(entry[i].rp_id));
		entry[i].len = (uint16_t)wire_get_bytes(in, entry[i].id, sizeof(entry[i].id));
		entry[i].no_touch = get_flag(in);
		if (entry[i].len == 0)
			in->bad = true;
	}
	ceremony->entry = entry;
}

bool ceremony_get_begin(const void *message, size_t len, struct type_ceremony *ret_ceremony,
			struct ceremony_entry *entry)
{
	struct type_ceremony ceremony;
	struct wire_in in;
	uint8_t uv, flags;
	size_t hash_len;

	memset(&ceremony, 0, sizeof(ceremony));
	if (wire_open(&in, message, len) != CEREMONY_BEGIN)
		return false;
	ceremony.kind = (enum ceremony_kind)wire_get_u8(&in);
	wire_get_str(&in, ceremony.rp_id, sizeof(ceremony.rp_id));
	hash_len =
		wire_get_bytes(&in, ceremony.client_data_hash, sizeof(ceremony.client_data_hash));
	uv = wire_get_u8(&in);
	flags = wire_get_u8(&in);
	ceremony.timeout_ms = wire_get_u32(&in);
	ceremony.user_id_len =
		(uint8_t)wire_get_bytes(&in, ceremony.user_id, sizeof(ceremony.user_id));
	wire_get_str(&in, ceremony.user_name, sizeof(ceremony.user_name));
	get_algorithms(&in, &ceremony);
	get_entries(&in, &ceremony, entry);
	if (!wire_done(&in) || hash_len != sizeof(ceremony.client_data_hash) ||
	    (ceremony.kind != CEREMONY_GET && ceremony.kind != CEREMONY_CREATE) ||
	    uv > WEBCRED_UV_DISCOURAGED || (flags & ~BEGIN_ALL) != 0 ||
	    flags >> BEGIN_TRIES_SHIFT >= CEREMONY_PIN_TRIES_MAX)
		return false;
	ceremony.user_verification = (enum webcred_user_verification)uv;
	ceremony.resident = (flags & BEGIN_RESIDENT) != 0;
	ceremony.attest = (flags & BEGIN_ATTEST) != 0;
	ceremony.pin_tries = (uint8_t)((flags >> BEGIN_TRIES_SHIFT) + 1u);
	*ret_ceremony = ceremony;
	return true;
}

/* ---- PRESENT ---------------------------------------------------------------- */

bool ceremony_put_present(struct wire_out *out, const struct ceremony_present *present)
{
	wire_begin(out, (enum wire_message)CEREMONY_PRESENT);
	wire_put_u8(out, present->found);
	wire_put_u8(out, present->has_pin);
	wire_put_u8(out, present->can_verify);
	wire_put_u8(out, present->entry);
	wire_put_u8(out, present->tries_left);
	return !out->overflow;
}

bool ceremony_get_present(const void *message, size_t len, struct ceremony_present *ret_present)
{
	struct ceremony_present present;
	struct wire_in in;

	memset(&present, 0, sizeof(present));
	if (wire_open(&in, message, len) != CEREMONY_PRESENT)
		return false;
	present.found = get_flag(&in);
	present.has_pin = get_flag(&in);
	present.can_verify = get_flag(&in);
	present.entry = wire_get_u8(&in);
	present.tries_left = wire_get_u8(&in);
	if (!wire_done(&in) || present.entry >= CEREMONY_ENTRIES_MAX)
		return false;
	*ret_present = present;
	return true;
}

/* ---- DONE ------------------------------------------------------------------- */

static void put_response(struct wire_out *out, const struct ceremony_result *result)
{
	wire_put_str(out, result->rp_id);
	wire_put_bytes(out, result->id, result->id_len);
	wire_put_bytes(out, result->auth_data, result->auth_data_len);
	wire_put_bytes(out, result->signature, result->signature_len);
	wire_put_bytes(out, result->user_handle, result->user_handle_len);
	wire_put_u32(out, (uint32_t)result->cose_algorithm);
	wire_put_str(out, result->format);
	wire_put_bytes(out, result->attestation, result->attestation_len);
	wire_put_u8(out, result->transports);
}

bool ceremony_put_done(struct wire_out *out, const struct ceremony_result *result)
{
	if (result->id_len > sizeof(result->id) ||
	    result->auth_data_len > sizeof(result->auth_data) ||
	    result->signature_len > sizeof(result->signature) ||
	    result->user_handle_len > sizeof(result->user_handle) ||
	    result->attestation_len > sizeof(result->attestation))
		return false;
	wire_begin(out, (enum wire_message)CEREMONY_DONE);
	wire_put_u8(out, (uint8_t)result->end);
	wire_put_u8(out, result->tries_left);
	wire_put_str(out, result->detail);
	wire_put_u8(out, (uint8_t)((result->uv_initialized ? DONE_UV_INITIALIZED : 0) |
				   (result->id_omitted ? DONE_ID_OMITTED : 0)));
	if (result->end == CEREMONY_OK)
		put_response(out, result);
	return !out->overflow;
}

static void get_response(struct wire_in *in, struct ceremony_result *result)
{
	wire_get_str(in, result->rp_id, sizeof(result->rp_id));
	result->id_len = (uint16_t)wire_get_bytes(in, result->id, sizeof(result->id));
	result->auth_data_len =
		(uint16_t)wire_get_bytes(in, result->auth_data, sizeof(result->auth_data));
	result->signature_len =
		(uint16_t)wire_get_bytes(in, result->signature, sizeof(result->signature));
	result->user_handle_len =
		(uint8_t)wire_get_bytes(in, result->user_handle, sizeof(result->user_handle));
	result->cose_algorithm = (int32_t)wire_get_u32(in);
	wire_get_str(in, result->format, sizeof(result->format));
	result->attestation_len =
		(uint16_t)wire_get_bytes(in, result->attestation, sizeof(result->attestation));
	result->transports = wire_get_u8(in);
}

bool ceremony_get_done(const void *message, size_t len, struct ceremony_result *ret_result)
{
	struct ceremony_result result;
	struct wire_in in;
	uint8_t flags;

	memset(&result, 0, sizeof(result));
	if (wire_open(&in, message, len) != CEREMONY_DONE)
		return false;
	result.end = (enum ceremony_end)wire_get_u8(&in);
	result.tries_left = wire_get_u8(&in);
	wire_get_str(&in, result.detail, sizeof(result.detail));
	flags = wire_get_u8(&in);
	if (result.end == CEREMONY_OK)
		get_response(&in, &result);
	if (!wire_done(&in) || result.end < CEREMONY_OK || result.end > CEREMONY_END_LAST ||
	    (flags & ~DONE_ALL) != 0)
		return false;
	result.uv_initialized = (flags & DONE_UV_INITIALIZED) != 0;
	result.id_omitted = (flags & DONE_ID_OMITTED) != 0;
	*ret_result = result;
	return true;
}
