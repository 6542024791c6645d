/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The PIN: asked for with the tries that are left, brought into the form in which it
 * was set, and tried once, or as often as the session has said.
 *
 * A key counts wrong ones, eight kill it.  So what cannot be its PIN is not tried, and
 * neither is a wrong one once more: a program that gives the same answer to whatever
 * it is asked spends one try, however many there may be.
 */
#include "device/course.h"

#include <string.h>

#include <fido/err.h>
#include <utf8proc.h>

#define PIN_MAX 63 /* bytes: CTAP 2.1, 6.5.1 */
/* No character of a PIN decomposes into more than four, and each has a byte at least. */
#define POINTS_MAX (4 * PIN_MAX)

/* CTAP 2.1, 6.5.1: a PIN is hashed in normalisation form C.  What is no UTF-8 was set by
 * somebody as it is, and what decomposes into more than POINTS_MAX is too long anyway. */
static void normalise(struct webcred_secret *pin)
{
	static utf8proc_int32_t points[POINTS_MAX + 1]; /* reencode() ends it by a zero */
	const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	utf8proc_ssize_t n =
		utf8proc_decompose((const utf8proc_uint8_t *)secret_bytes(pin),
				   (utf8proc_ssize_t)secret_len(pin), points, POINTS_MAX, form);

	if (n > 0 && n <= POINTS_MAX) {
		n = utf8proc_reencode(points, n, form);
		if (n > 0)
			(void)secret_set(pin, points, (size_t)n);
	}
	secret_wipe(points, sizeof(points));
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
static enum ceremony_end check_form(struct course *course, const struct webcred_secret *pin)
{
	size_t len = secret_len(pin);

	if (len > PIN_MAX)
		return end_with(course, CEREMONY_PIN_LONG, "no try was spent");
	if (strlen(secret_bytes(pin)) != len)
		return end_with(course, CEREMONY_PIN_WRONG, "a zero byte; no try was spent");
	if (len == 0 || pin_length(secret_bytes(pin)) < course->key.pin_min)
		return end_with(course, CEREMONY_PIN_SHORT, "no try was spent");
	return CEREMONY_OK;
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

/* Why it is asked for again; 0 where a PIN that ended so is not. */
static uint8_t again(enum ceremony_end end)
{
	if (end == CEREMONY_PIN_WRONG)
		return CEREMONY_PIN_WAS_WRONG;
	if (end == CEREMONY_PIN_SHORT)
		return CEREMONY_PIN_WAS_SHORT;
	return end == CEREMONY_PIN_LONG ? CEREMONY_PIN_WAS_LONG : 0;
}

/* last: how the one before ended, or CEREMONY_OK. */
static enum ceremony_end ask_pin(struct course *course, enum ceremony_end last,
				 struct webcred_secret **ret_pin)
{
	const struct key *key = &course->key;
	uint8_t question[2] = {key->tries_left, again(last)};
	enum ceremony_end end;

	if (key->tries_left == 0)
		return end_of(course, FIDO_ERR_PIN_BLOCKED, "its PIN");
	if (key->pin_must_change)
		return end_with(course, CEREMONY_PIN_MUST_CHANGE, "it wants a new PIN first");
	course_say(course, CEREMONY_PIN, question, sizeof(question));
	end = hear_pin(course, ret_pin);
	/* What was wrong stays so, however the asking again ended. */
	if (end != CEREMONY_OK && last != CEREMONY_OK)
		return end_with(course, last, "and it was not given again");
	return end;
}

static bool same(const struct webcred_secret *a, const struct webcred_secret *b)
{
	return secret_len(a) == secret_len(b) &&
	       secret_equal(secret_bytes(a), secret_bytes(b), secret_len(a));
}

static enum ceremony_end try_pin(struct course *course, person_try attempt,
				 const struct webcred_secret *pin)
{
	enum ceremony_end end;
	int r;

	person_say_touch(course, false);
	r = attempt(course, false, secret_bytes(pin));
	end = end_of(course, r, "with its PIN");
	if (end == CEREMONY_PIN_WRONG || end == CEREMONY_PIN_BLOCKED)
		key_count_tries(course);
	/* Wrong, and the last one: refused like every other wrong one. */
	if (end == CEREMONY_PIN_BLOCKED && course->key.tries_left == 0)
		return end_with(course, CEREMONY_PIN_WRONG, "wrong, and blocked for good by it");
	return end;
}

/* *before: the one that was tried last, or NULL. */
static enum ceremony_end one_pin(struct course *course, person_try attempt, enum ceremony_end last,
				 struct webcred_secret **before)
{
	struct webcred_secret *pin = NULL;
	enum ceremony_end end = ask_pin(course, last, &pin);

	if (end != CEREMONY_OK)
		return end;
	normalise(pin);
	end = check_form(course, pin);
	if (end == CEREMONY_OK && *before && same(pin, *before))
		end = end_with(course, CEREMONY_PIN_WRONG, "the same one again; no try was spent");
	if (end != CEREMONY_OK) {
		secret_free(pin);
		return end;
	}
	secret_free(*before);
	*before = pin;
	return try_pin(course, attempt, pin);
}

enum ceremony_end pin_run(struct course *course, person_try attempt)
{
	enum ceremony_end end = CEREMONY_OK, last;
	struct webcred_secret *before = NULL;
	uint8_t asked = 0, left;

	/* The same mistake that costs nothing is made once more, and not for ever; and where the
	 * key does not say how many tries are left, these may be the last two. */
	do {
		last = end;
		left = course->key.tries_left;
		end = one_pin(course, attempt, end, &before);
	} while (++asked < course->ask.pin_tries && again(end) && course->key.tries_left > 0 &&
		 course->key.tries_left != COURSE_TRIES_UNKNOWN &&
		 (end != last || course->key.tries_left != left) && course->io.state == IO_FINE);
	secret_free(before);
	return end;
}
