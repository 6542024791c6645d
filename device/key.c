/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/course.h"

#include <string.h>

#include <fido/err.h>

#define BUSY_PAUSE_MS 150
/* What CTAP 2.1, 6.4 says of members that a key left out. */
#define MESSAGE_MAX_DEFAULT 1024
#define LIST_MAX_DEFAULT 1
#define PIN_MIN_DEFAULT 4

void key_close(struct key *key)
{
	if (key->dev)
		(void)fido_dev_close(key->dev);
	fido_dev_free(&key->dev);
}

static int connect_device(struct course *course)
{
	struct key *key = &course->key;
	int r;

	key_close(key);
	course->io.dev = NULL;
	course->io.hid_error = 0;
	key->dev = fido_dev_new();
	if (!key->dev)
		return FIDO_ERR_INTERNAL;
	r = io_attach(&course->io, key->dev);
	if (r == FIDO_OK)
		r = fido_dev_open(key->dev, "given");
	if (r == FIDO_OK)
		course->io.dev = key->dev;
	return r;
}

/* "Keys in use by another process are waited for, then reported." */
static enum ceremony_end connect_patiently(struct course *course)
{
	for (;;) {
		int64_t deadline = course->io.deadline, pause = wire_clock() + BUSY_PAUSE_MS;
		int r = connect_device(course);

		if (r == FIDO_OK)
			return CEREMONY_OK;
		if (course->io.state != IO_FINE || course->io.hid_error != FIDO_ERR_CHANNEL_BUSY ||
		    pause >= deadline)
			return end_of(course, r, "opening");
		switch (io_wait(&course->io, 0, pause)) {
		case IO_CHANNEL_READY:
			return end_with(course, CEREMONY_CANCELLED, "cancelled");
		case IO_DEVICE_GONE:
			return end_with(course, CEREMONY_UNPLUGGED, "unplugged");
		case IO_DEVICE_READY:
		case IO_EXPIRED:
			break;
		}
	}
}

static uint8_t read_transports(const fido_cbor_info_t *info)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} known[] = {{"usb", TRANSPORT_USB},	   {"nfc", TRANSPORT_NFC},
		     {"ble", TRANSPORT_BLE},	   {"smart-card", TRANSPORT_SMART_CARD},
		     {"hybrid", TRANSPORT_HYBRID}, {"internal", TRANSPORT_INTERNAL}};
	char **names = fido_cbor_info_transports_ptr(info);
	size_t n = fido_cbor_info_transports_len(info);
	uint8_t set = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (strcmp(names[i], known[k].name) == 0)
				set |= known[k].bit;
	return set;
}

static void read_options(struct key *key, const fido_cbor_info_t *info)
{
	char **names = fido_cbor_info_options_name_ptr(info);
	const bool *values = fido_cbor_info_options_value_ptr(info);
	size_t n = fido_cbor_info_options_len(info);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "alwaysUv") == 0)
			key->always_uv = values[i];
		else if (strcmp(names[i], "rk") == 0)
			key->resident = values[i];
		else if (strcmp(names[i], "makeCredUvNotRqd") == 0)
			key->create_without_uv = values[i];
	}
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
	return value ? value : fallback;
}

static void read_info(struct key *key, const fido_cbor_info_t *info)
{
	uint8_t transports = read_transports(info);
	size_t n = fido_cbor_info_algorithm_count(info);

	read_options(key, info);
	if (transports)
		key->transports = transports;
	key->pin_must_change = fido_cbor_info_new_pin_required(info);
	key->message_max = or_default(fido_cbor_info_maxmsgsiz(info), MESSAGE_MAX_DEFAULT);
	key->list_max = or_default(fido_cbor_info_maxcredcntlst(info), LIST_MAX_DEFAULT);
	key->id_max = or_default(fido_cbor_info_maxcredidlen(info), WIRE_EXTERNAL_MAX);
	key->pin_min = or_default(fido_cbor_info_minpinlen(info), PIN_MIN_DEFAULT);
	for (size_t i = 0; i < n && key->n_algorithms < COURSE_ALGORITHMS_MAX; i++)
		key->algorithm[key->n_algorithms++] = fido_cbor_info_algorithm_cose(info, i);
}

/* An U2F key has nothing to say: ES256, ids of one length byte, by USB. */
static void assume_u2f(struct key *key)
{
	key->message_max = MESSAGE_MAX_DEFAULT;
	key->list_max = 1;
	key->id_max = UINT8_MAX;
	key->n_algorithms = 1;
	key->algorithm[0] = COSE_ES256;
}

void key_count_tries(struct course *course)
{
	int tries = 0;

	if (!course->key.has_pin)
		return;
	if (fido_dev_get_retry_count(course->key.dev, &tries) == FIDO_OK && tries >= 0 &&
	    tries < (int)COURSE_TRIES_UNKNOWN)
		course->key.tries_left = (uint8_t)tries;
	else
		course->key.tries_left = COURSE_TRIES_UNKNOWN;
}

static enum ceremony_end learn(struct course *course)
{
	struct key *key = &course->key;
	fido_cbor_info_t *info = fido_cbor_info_new();
	int r = info ? fido_dev_get_cbor_info(key->dev, info) : FIDO_ERR_INTERNAL;

	if (r == FIDO_OK) {
		read_info(key, info);
		key->supports_pin = fido_dev_supports_pin(key->dev);
		key->has_pin = fido_dev_has_pin(key->dev);
		key->supports_uv = fido_dev_supports_uv(key->dev);
		key->has_uv = fido_dev_has_uv(key->dev);
		key_count_tries(course);
	}
	fido_cbor_info_free(&info);
	return end_of(course, r, "asking what it can do");
}

enum ceremony_end key_open(struct course *course, int64_t deadline)
{
	struct key *key = &course->key;
	enum ceremony_end end;

	io_phase(&course->io, deadline);
	key->tries_left = COURSE_TRIES_UNKNOWN;
	key->transports = TRANSPORT_USB;
	end = connect_patiently(course);
	if (end != CEREMONY_OK)
		return end;
	key->fido2 = fido_dev_is_fido2(key->dev);
	if (key->fido2)
		return learn(course);
	assume_u2f(key);
	return CEREMONY_OK;
}
