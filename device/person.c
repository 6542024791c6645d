/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What the person does: a finger, a PIN, a touch.
 *
 * required: the fingerprint where one is set up, else the PIN.  preferred: the
 * fingerprint; a PIN only where the key insists (alwaysUv, or its answer).
 * discouraged: only what the key insists on.  A fingerprint that is not
 * recognised leads to the PIN (pin.c) in the same ceremony.
 */
#include "device/course.h"

#include <fido/err.h>

#define FINGERPRINT_TRIES 3

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

void person_say_touch(struct course *course, bool fingerprint)
{
	uint8_t how = fingerprint ? 1 : 0;

	if (!course->silent || fingerprint)
		course_say(course, CEREMONY_TOUCH, &how, 1);
	io_phase(&course->io, wire_clock() + course->ask.timeout_ms);
}

static enum ceremony_end run_fingerprint(struct course *course, person_try attempt)
{
	int r = FIDO_ERR_UV_INVALID;

	for (int i = 0; i < FINGERPRINT_TRIES && r == FIDO_ERR_UV_INVALID; i++) {
		person_say_touch(course, true);
		r = attempt(course, true, NULL);
		if (course->io.state != IO_FINE)
			return end_of(course, r, "with a fingerprint");
	}
	/* CTAP 2.0 keys say PIN_REQUIRED or PIN_BLOCKED where later ones say UV_BLOCKED. */
	if ((r == FIDO_ERR_UV_INVALID || r == FIDO_ERR_UV_BLOCKED || r == FIDO_ERR_PIN_REQUIRED ||
	     r == FIDO_ERR_PIN_BLOCKED) &&
	    course->key.has_pin)
		return pin_run(course, attempt);
	return end_of(course, r, "with a fingerprint");
}

static enum ceremony_end run_plain(struct course *course, person_try attempt)
{
	int r;

	person_say_touch(course, false);
	r = attempt(course, false, NULL);
	if (r == FIDO_ERR_PIN_REQUIRED && course->io.state == IO_FINE && course->key.has_pin)
		return pin_run(course, attempt);
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
		return pin_run(course, attempt);
	}
	return end_with(course, CEREMONY_UNABLE, "no way to verify a person");
}
