/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "attestation.h"
#include "ctap2.h"
#include "u2f.h"

/* CTAPHID_KEEPALIVE comes at least every 100 ms (CTAP 2.1, 11.2.9.1.7). */
#define KEEPALIVE_INTERVAL 100
#define KEEPALIVE_UPNEEDED 2
/* A touch given to a client that polls. */
#define TOUCH_LASTS 2000
/* A flood is this many reports every so many ms. */
#define FLOOD_BURST 4
#define FLOOD_INTERVAL 1

void key_init(struct key *key, const struct hid_ops *ops, void *transport)
{
	memset(key, 0, sizeof(*key));
	key->transport = transport;
	key->log.fd = -1;
	key->u2f_poll_until = key->u2f_touch_at = key->u2f_touch_until = -1;
	settings_init(&key->settings);
	state_init(&key->state, NULL);
	for (size_t i = 0; i < 2; i++)
		pin_protocol_init(&key->session.protocols[i], i + 1);
	hid_init(&key->hid, ops, key, 0);
}

void key_deinit(struct key *key)
{
	for (size_t i = 0; i < 2; i++)
		pin_protocol_deinit(&key->session.protocols[i]);
	state_deinit(&key->state);
	log_close(&key->log);
}

int key_start(struct key *key)
{
	key_settle(key);
	key->born = key->now;
	if (attestation_ensure(key) != 0)
		return -1;
	return state_save(&key->state);
}

void key_settle(struct key *key)
{
	const struct settings *s = &key->settings;

	key->hid.capabilities =
		HID_CAP_WINK | (s->ctap2 ? HID_CAP_CBOR : 0) | (s->u2f ? 0 : HID_CAP_NMSG);
	if (key->ceremony.phase == CEREMONY_FLOODING && s->flood == FLOOD_NONE)
		key->ceremony.phase = CEREMONY_STALLED;
}

static void key_set_phase(struct key *key, enum ceremony_phase phase)
{
	key->ceremony.phase = phase;
	if (phase == CEREMONY_TOUCH)
		log_event(&key->log, "touch-wait");
	else if (phase == CEREMONY_STALLED)
		log_event(&key->log, "stalled");
	else if (phase == CEREMONY_FLOODING)
		log_event(&key->log, "flooding");
}

static void key_send(struct key *key, const uint8_t *ptr, size_t len)
{
	bool cut = key->settings.stall == STALL_MID_FRAME && key->ceremony.asks_touch;

	if (cut) {
		hid_reply_cut(&key->hid, ptr, len);
		key_set_phase(key, CEREMONY_STALLED);
		return;
	}
	key->ceremony.phase = CEREMONY_NONE;
	hid_reply(&key->hid, ptr, len);
}

static bool key_logs_answer(const struct key *key)
{
	uint8_t cmd = key->ceremony.request.data[0];

	return cmd != CTAP_GET_INFO && cmd != CTAP_CLIENT_PIN;
}

static void key_answer(struct key *key, int status, const struct buf *body)
{
	struct buf out = {0};
	const uint8_t code = (uint8_t)status;

	encode_raw(&out, &code, 1);
	if (status == CTAP_OK && body != NULL)
		encode_raw(&out, body->data, body->len);
	if (key_logs_answer(key))
		log_event(&key->log, "answered status=0x%02x keepalives=%u", code,
			  key->ceremony.keepalives);
	key_send(key, out.data, out.len);
}

int key_require_touch(struct key *key)
{
	key->ceremony.asks_touch = true;
	return key->ceremony.touched ? CTAP_OK : CTAP_NEEDS_TOUCH;
}

bool key_awaits_touch(const struct key *key)
{
	return key->ceremony.phase == CEREMONY_TOUCH ||
	       (key->u2f_poll_until != -1 && key->now <= key->u2f_poll_until);
}

static void key_begin_wait(struct key *key)
{
	struct ceremony *c = &key->ceremony;
	bool delay = key->settings.touch == TOUCH_DELAY;

	c->touch_at = delay ? key->now + key->settings.touch_delay : -1;
	c->timeout_at = key->now + key->settings.touch_timeout;
	c->keepalive_at = key->now;
	key_set_phase(key, CEREMONY_TOUCH);
}

/* The ceremony stands at the touch: misbehave, or do as the user does. */
static void key_at_touch(struct key *key)
{
	const struct settings *s = &key->settings;

	key->ceremony.keepalive_at = key->now;
	if (s->stall == STALL_BEFORE)
		key_set_phase(key, CEREMONY_STALLED);
	else if (s->flood != FLOOD_NONE)
		key_set_phase(key, CEREMONY_FLOODING);
	else if (s->touch == TOUCH_REFUSE)
		key_answer(key, CTAP_OPERATION_DENIED, NULL);
	else
		key_begin_wait(key);
}

static bool key_touches_at_once(const struct key *key)
{
	const struct settings *s = &key->settings;

	return s->touch == TOUCH_AUTO && s->stall != STALL_BEFORE && s->flood == FLOOD_NONE;
}

static void key_run(struct key *key)
{
	struct buf body = {0};
	int status = ctap2_run(key, &body);

	if (status == CTAP_NEEDS_TOUCH && key_touches_at_once(key)) {
		key->ceremony.touched = true;
		status = ctap2_run(key, &body);
	}
	if (status == CTAP_NEEDS_TOUCH)
		key_at_touch(key);
	else
		key_answer(key, body.overflow ? CTAP_OTHER : status, &body);
}

void key_on_request(void *ctx, uint8_t cmd, const uint8_t *ptr, size_t len)
{
	struct key *key = ctx;
	struct ceremony *c = &key->ceremony;
	struct buf response = {0};

	memset(c, 0, sizeof(*c));
	encode_raw(&c->request, ptr, len);
	if (cmd == HID_CBOR)
		key_run(key);
	else if (u2f_run(key, &response) == CTAP_OK)
		key_send(key, response.data, response.len);
	else
		key_at_touch(key);
}

/*
 * A client that is gone left its ceremony behind. A wait for a touch goes on,
 * as a key knows nothing of its clients; what could never end is dropped, so
 * that the next client finds a key and not a brick.
 */
void key_on_init(void *ctx, bool broadcast)
{
	struct key *key = ctx;

	log_event(&key->log, "init");
	if (broadcast &&
	    (key->ceremony.phase == CEREMONY_STALLED || key->ceremony.phase == CEREMONY_FLOODING)) {
		key->ceremony.phase = CEREMONY_NONE;
		hid_drop(&key->hid);
	}
}

void key_on_cancel(void *ctx, bool running)
{
	struct key *key = ctx;

	log_event(&key->log, running ? "cancel-received" : "cancel-received idle");
	if (running && key->ceremony.phase == CEREMONY_TOUCH)
		key_answer(key, CTAP_KEEPALIVE_CANCEL, NULL);
}

void key_on_abort(void *ctx)
{
	struct key *key = ctx;

	log_event(&key->log, "aborted");
	key->ceremony.phase = CEREMONY_NONE;
}

void key_on_wink(void *ctx)
{
	struct key *key = ctx;

	log_event(&key->log, "wink");
}

bool key_touch(struct key *key)
{
	if (!key_awaits_touch(key))
		return false;
	log_event(&key->log, "touched");
	if (key->ceremony.phase != CEREMONY_TOUCH) {
		key->u2f_touch_until = key->now + TOUCH_LASTS;
		return true;
	}
	key->ceremony.phase = CEREMONY_NONE;
	key->ceremony.touched = true;
	key_run(key);
	return true;
}

static void key_send_keepalive(struct key *key)
{
	/* The log needs one of them, and not a line for each. */
	if (key->ceremony.keepalives++ == 0)
		log_event(&key->log, "keepalive");
	hid_keepalive(&key->hid, KEEPALIVE_UPNEEDED);
}

static void key_flood(struct key *key)
{
	/* Strangers' channels are to be ignored; so a flood of them, for ever,
	 * tells whether a client looks at the clock. */
	static uint32_t stranger = 0x66000000;

	for (int i = 0; i < FLOOD_BURST; i++) {
		if (key->settings.flood == FLOOD_KEEPALIVES)
			key_send_keepalive(key);
		else
			hid_send_stray(&key->hid, stranger++, HID_CBOR);
	}
}

static void key_tick_touch(struct key *key)
{
	struct ceremony *c = &key->ceremony;

	if (key->now >= c->timeout_at) {
		log_event(&key->log, "touch-timeout");
		key_answer(key, CTAP_USER_ACTION_TIMEOUT, NULL);
	} else if (c->touch_at != -1 && key->now >= c->touch_at) {
		key_touch(key);
	} else if (key->now >= c->keepalive_at) {
		key_send_keepalive(key);
		c->keepalive_at = key->now + KEEPALIVE_INTERVAL;
	}
}

void key_tick(struct key *key, int64_t now)
{
	struct ceremony *c = &key->ceremony;

	key->now = now;
	hid_tick(&key->hid, now);
	if (c->phase == CEREMONY_TOUCH) {
		key_tick_touch(key);
	} else if (c->phase == CEREMONY_FLOODING && now >= c->keepalive_at) {
		key_flood(key);
		c->keepalive_at = now + FLOOD_INTERVAL;
	}
}

int64_t key_deadline(const struct key *key)
{
	const struct ceremony *c = &key->ceremony;
	int64_t at = key->hid.deadline;

	if (c->phase == CEREMONY_FLOODING)
		return c->keepalive_at;
	if (c->phase != CEREMONY_TOUCH)
		return at;
	at = c->keepalive_at < c->timeout_at ? c->keepalive_at : c->timeout_at;
	if (c->touch_at != -1 && c->touch_at < at)
		at = c->touch_at;
	return at;
}
