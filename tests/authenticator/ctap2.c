/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "ctap2.h"
#include "keys.h"
#include "user.h"

struct info_option {
	const char *name;
	bool present, value;
};

static size_t info_options(const struct key *key, struct info_option *ret_list)
{
	const struct settings *s = &key->settings;
	bool token = s->fido_2_1 && (s->client_pin || s->uv != UV_NONE);
	const struct info_option all[] = {
		{"rk", true, s->rk},
		{"up", true, s->up},
		{"uv", s->uv != UV_NONE, true},
		{"plat", true, false},
		{"alwaysUv", s->fido_2_1, s->always_uv},
		{"clientPin", s->client_pin, key->state.pin_set},
		{"pinUvAuthToken", token, true},
		{"makeCredUvNotRqd", s->fido_2_1 && s->make_cred_uv_not_rqd, true},
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].present)
			ret_list[n++] = all[i];
	}
	return n;
}

static void info_encode_versions(const struct settings *s, struct buf *out)
{
	encode_int(out, 0x01);
	encode_array(out, (size_t)s->u2f + s->fido_2_0 + s->fido_2_1);
	if (s->u2f)
		encode_text(out, "U2F_V2");
	if (s->fido_2_0)
		encode_text(out, "FIDO_2_0");
	if (s->fido_2_1)
		encode_text(out, "FIDO_2_1");
}

static void info_encode_options(const struct key *key, struct buf *out)
{
	struct info_option list[16];
	size_t n = info_options(key, list);

	encode_int(out, 0x04);
	encode_map(out, n);
	for (size_t i = 0; i < n; i++) {
		encode_text(out, list[i].name);
		encode_bool(out, list[i].value);
	}
}

static void info_encode_protocols(const struct settings *s, struct buf *out)
{
	encode_int(out, 0x06);
	encode_array(out, (size_t)s->pin_one + s->pin_two);
	if (s->pin_two)
		encode_int(out, 2);
	if (s->pin_one)
		encode_int(out, 1);
}

static void info_encode_transports(const struct settings *s, struct buf *out)
{
	char copy[sizeof(s->transports)], *rest = copy, *word;
	size_t n = 1;

	strcpy(copy, s->transports);
	for (const char *p = copy; *p != '\0'; p++)
		n += *p == ',';
	encode_int(out, 0x09);
	encode_array(out, n);
	while ((word = strsep(&rest, ",")) != NULL)
		encode_text(out, word);
}

static void info_encode_algorithms(const struct settings *s, struct buf *out)
{
	size_t n = 0;

	while (n < SETTINGS_ALGORITHMS && s->algorithms[n] != 0)
		n++;
	encode_int(out, 0x0a);
	encode_array(out, n);
	for (size_t i = 0; i < n; i++) {
		encode_map(out, 2);
		encode_text(out, "alg");
		encode_int(out, s->algorithms[i]);
		encode_text(out, "type");
		encode_text(out, "public-key");
	}
}

/* What came with CTAP 2.1 (6.4). */
static void info_encode_2_1(struct key *key, struct buf *out)
{
	const struct settings *s = &key->settings;
	size_t residents = 0;

	for (size_t i = 0; i < key->state.count; i++)
		residents += key->state.credentials[i]->resident;
	encode_int(out, 0x07);
	encode_int(out, 16);
	encode_int(out, 0x08);
	encode_int(out, CREDENTIAL_ID_MAX);
	info_encode_transports(s, out);
	info_encode_algorithms(s, out);
	encode_int(out, 0x0c);
	encode_bool(out, key->state.force_pin_change);
	encode_int(out, 0x0d);
	encode_int(out, key->state.min_pin_length);
	encode_int(out, 0x0e);
	encode_int(out, 1);
	encode_int(out, 0x14);
	encode_int(out, residents >= s->max_resident ? 0 : (int64_t)(s->max_resident - residents));
}

static int info_run(struct key *key, struct buf *out)
{
	const struct settings *s = &key->settings;
	bool protocols = s->pin_one || s->pin_two;

	log_event(&key->log, "get-info");
	encode_map(out, 5 + protocols + (s->fido_2_1 ? 8 : 0));
	info_encode_versions(s, out);
	encode_int(out, 0x02);
	encode_array(out, 1 + s->hmac_secret);
	encode_text(out, "credProtect");
	if (s->hmac_secret)
		encode_text(out, "hmac-secret");
	encode_int(out, 0x03);
	encode_bytes(out, s->aaguid, sizeof(s->aaguid));
	info_encode_options(key, out);
	encode_int(out, 0x05);
	encode_int(out, MESSAGE_MAX);
	if (protocols)
		info_encode_protocols(s, out);
	if (s->fido_2_1)
		info_encode_2_1(key, out);
	return CTAP_OK;
}

/* 6.6: with a touch, and for real keys only shortly after power-up. */
static int reset_run(struct key *key)
{
	const struct settings *s = &key->settings;
	int r;

	if (s->reset_window != 0 && key->now - key->born > (int64_t)s->reset_window)
		return CTAP_NOT_ALLOWED;
	if (s->error != 0)
		return (int)s->error;
	r = key_require_touch(key);
	if (r != CTAP_OK)
		return r;
	state_reset(&key->state);
	for (size_t i = 0; i < 2; i++) {
		pin_protocol_deinit(&key->session.protocols[i]);
		pin_protocol_init(&key->session.protocols[i], i + 1);
	}
	key->session.pin_mismatches = 0;
	return state_save(&key->state) == 0 ? CTAP_OK : CTAP_OTHER;
}

static int selection_run(struct key *key)
{
	if (key->settings.error != 0)
		return (int)key->settings.error;
	return key_require_touch(key);
}

static int ctap2_dispatch(struct key *key, uint8_t cmd, const cbor_item_t *map, struct buf *out)
{
	/* getNextAssertion follows its assertion at once, or not at all. */
	if (cmd != CTAP_GET_NEXT_ASSERTION)
		key->session.next_count = 0;
	switch (cmd) {
	case CTAP_MAKE_CREDENTIAL:
		return make_credential_run(key, map, out);
	case CTAP_GET_ASSERTION:
		return get_assertion_run(key, map, out);
	case CTAP_GET_INFO:
		return info_run(key, out);
	case CTAP_CLIENT_PIN:
		return client_pin_run(key, map, out);
	case CTAP_GET_NEXT_ASSERTION:
		return get_assertion_next(key, out);
	case CTAP_RESET:
		if (!key->ceremony.touched)
			log_event(&key->log, "reset");
		return reset_run(key);
	case CTAP_SELECTION:
		if (!key->ceremony.touched)
			log_event(&key->log, "selection");
		return key->settings.fido_2_1 ? selection_run(key) : CTAP_INVALID_COMMAND;
	default:
		log_event(&key->log, "unknown-command 0x%02x", cmd);
		return CTAP_INVALID_COMMAND;
	}
}

int ctap2_run(struct key *key, struct buf *out)
{
	const struct buf *request = &key->ceremony.request;
	cbor_item_t *map = NULL;
	int r;

	if (request->len > 1) {
		map = decode_load(request->data + 1, request->len - 1);
		if (map == NULL)
			return CTAP_INVALID_CBOR;
		if (!decode_is_map(map)) {
			cbor_decref(&map);
			return CTAP_CBOR_UNEXPECTED_TYPE;
		}
	}
	r = ctap2_dispatch(key, request->data[0], map, out);
	if (map != NULL)
		cbor_decref(&map);
	return r;
}
