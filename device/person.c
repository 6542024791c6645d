/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What the person does: a finger, a PIN, a touch.
 *
 * required: the fingerprint where one is set up, else the PIN.  preferred: the
 * fingerprint; a PIN only where the key insists (alwaysUv, or its answer).
 * discouraged: only what the key insists on.  A fingerprint that is not
 * recognised leads to the PIN in the same ceremony.  A PIN is tried once.
 */
#include "device/course.h"

#include <string.h>

#include <fido/err.h>

#define FINGERPRINT_TRIES 3
#define PIN_MAX 63 /* bytes: CTAP 2.1, 6.5.1 */

enum way { WAY_NONE, WAY_FINGERPRINT, WAY_PIN };

/* CTAP 2.1, 6.1.2 step 11 and CTAP 2.0, 5.1: a protected key makes credentials
 * only for a verified person, unless it says otherwise. */
static bool key_insists(const struct course *course)
{
	const struct key *key = &course->key;

	if (key->always_uv)
		return true;
	if (course->ask.kind != CEREMONY_CREATE || course->found.any)
		return false;
	return (key->has_pin || key->has_uv) && (!key->create_without_uv || course->ask.resident);
}

static enum ceremony_end choose_way(struct course *course, enum webcred_user_verification wanted,
				    enum way *ret_way)
{
	const struct key *key = &course->key;
	bool must = wanted == WEBCRED_UV_REQUIRED || key_insists(course);

	*ret_way = WAY_NONE;
	if (key->has_uv && (must || wanted == WEBCRED_UV_PREFERRED))
		*ret_way = WAY_FINGERPRINT;
	else if (must && key->has_pin)
		*ret_way = WAY_PIN;
	else if (must && (key->supports_pin || key->supports_uv))
		return end_with(course, CEREMONY_PIN_UNSET,
				"it has neither PIN nor fingerprint set up");
	else if (must)
		return end_with(course, CEREMONY_UNABLE, "it cannot verify a person");
	return CEREMONY_OK;
}

static void say_touch(struct course *course, bool fingerprint)
{
	uint8_t how = fingerprint ? 1 : 0;

	if (!course->silent || fingerprint)
		course_say(course, CEREMONY_TOUCH, &how, 1);
	io_phase(&course->io, wire_clock() + course->ask.timeout_ms);
}

/* Code points: what minPINLength counts. */
static size_t pin_length(const char *pin)
{
	size_t n = 0;

	for (; *pin; pin++)
		if (((unsigned char)*pin & 0xc0u) != 0x80u)
			n++;
	return n;
}

/* What cannot be its PIN is not worth one of its tries. */
static bool pin_possible(const struct key *key, const struct webcred_secret *pin)
{
	size_t len = secret_len(pin);

	return len > 0 && len <= PIN_MAX && strlen(secret_bytes(pin)) == len &&
	       pin_length(secret_bytes(pin)) >= key->pin_min;
}

static enum ceremony_end hear_pin(struct course *course, struct webcred_secret **ret_pin)
{
	uint8_t message[WEBCRED_SECRET_MAX + 16];
	struct webcred_secret *pin = NULL;
	enum ceremony_end end;
	struct wire_in in;
	size_t len = 0;

	end = course_hear(course, message, sizeof(message), wire_clock() + course->ask.timeout_ms,
			  &len);
	if (end != CEREMONY_OK)
		return end;
	if (wire_open(&in, message, len) == CEREMONY_PIN)
		pin = wire_get_secret(&in);
	secret_wipe(message, sizeof(message));
	if (!pin || !wire_done(&in)) {
		secret_free(pin);
		return end_with(course, CEREMONY_CANCELLED, "cancelled at its PIN");
	}
	*ret_pin = pin;
	return CEREMONY_OK;
}

static enum ceremony_end ask_pin(struct course *course, struct webcred_secret **ret_pin)
{
	const struct key *key = &course->key;
	uint8_t question[2] = {key->tries_left, 0};
	enum ceremony_end end;

	if (key->tries_left == 0)
		return end_of(course, FIDO_ERR_PIN_BLOCKED, "its PIN");
	if (key->pin_must_change)
		return end_with(course, CEREMONY_PIN_MUST_CHANGE, "it wants a new PIN first");
	course_say(course, CEREMONY_PIN, question, sizeof(question));
	end = hear_pin(course, ret_pin);
	if (end != CEREMONY_OK || pin_possible(key, *ret_pin))
		return end;
	secret_free(*ret_pin);
	*ret_pin = NULL;
	return end_with(course, CEREMONY_PIN_WRONG, "not a possible PIN; no try was spent");
}

static enum ceremony_end run_pin(struct course *course, person_try attempt)
{
	struct webcred_secret *pin = NULL;
	enum ceremony_end end = ask_pin(course, &pin);
	int r;

	if (end != CEREMONY_OK)
		return end;
	say_touch(course, false);
	r = attempt(course, false, secret_bytes(pin));
	secret_free(pin);
	end = end_of(course, r, "with its PIN");
	if (end == CEREMONY_PIN_WRONG || end == CEREMONY_PIN_BLOCKED)
		key_count_tries(course);
	/* Wrong, and the last one: refused like every other wrong one. */
	if (end == CEREMONY_PIN_BLOCKED && course->key.tries_left == 0)
		return end_with(course, CEREMONY_PIN_WRONG, "wrong, and blocked for good by it");
	return end;
}

static enum ceremony_end run_fingerprint(struct course *course, person_try attempt)
{
	int r = FIDO_ERR_UV_INVALID;

	for (int i = 0; i < FINGERPRINT_TRIES && r == FIDO_ERR_UV_INVALID; i++) {
		say_touch(course, true);
		r = attempt(course, true, NULL);
		if (course->io.state != IO_FINE)
			return end_of(course, r, "with a fingerprint");
	}
	/* CTAP 2.0 keys say PIN_REQUIRED or PIN_BLOCKED where later ones say UV_BLOCKED. */
	if ((r == FIDO_ERR_UV_INVALID || r == FIDO_ERR_UV_BLOCKED || r == FIDO_ERR_PIN_REQUIRED ||
	     r == FIDO_ERR_PIN_BLOCKED) &&
	    course->key.has_pin)
		return run_pin(course, attempt);
	return end_of(course, r, "with a fingerprint");
}

static enum ceremony_end run_plain(struct course *course, person_try attempt)
{
	int r;

	say_touch(course, false);
	r = attempt(course, false, NULL);
	if (r == FIDO_ERR_PIN_REQUIRED && course->io.state == IO_FINE && course->key.has_pin)
		return run_pin(course, attempt);
	return end_of(course, r, "with a touch");
}

enum ceremony_end person_run(struct course *course, person_try attempt,
			     enum webcred_user_verification wanted)
{
	enum way way;
	enum ceremony_end end = choose_way(course, wanted, &way);

	if (end != CEREMONY_OK)
		return end;
	switch (way) {
	case WAY_NONE:
		return run_plain(course, attempt);
	case WAY_FINGERPRINT:
		return run_fingerprint(course, attempt);
	case WAY_PIN:
		return run_pin(course, attempt);
	}
	return end_with(course, CEREMONY_UNABLE, "no way to verify a person");
}
