/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The silent pre-flight: an assertion with up=false (CTAP 2.1, 6.2.2; of an
 * U2F key: check-only), over a hash that means nothing, so that what comes
 * back is of no use to anybody.  Only keys that hold an entry will blink.
 */
#include "device/course.h"

#include <string.h>

#include <fido/err.h>

/* Around one id: its map, "id", "type", "public-key", a length. */
#define ENTRY_OVERHEAD 32u
/* Around the list: command, map, keys, hash, options, lengths. */
#define REQUEST_OVERHEAD 96u

static const uint8_t no_hash[32];

static bool same_rp(const struct course *course, uint8_t a, uint8_t b)
{
	return strcmp(course->entry[a].rp_id, course->entry[b].rp_id) == 0;
}

uint8_t preflight_batch(const struct course *course, uint8_t first, const bool *done,
			uint8_t *ret_batch)
{
	size_t size = REQUEST_OVERHEAD + strlen(course->entry[first].rp_id) +
		      course->entry[first].len + ENTRY_OVERHEAD;
	uint8_t n = 0;

	ret_batch[n++] = first; /* alone it is asked for, whatever its size */
	for (uint8_t i = (uint8_t)(first + 1); i < course->ask.n_entries; i++) {
		size_t more = course->entry[i].len + ENTRY_OVERHEAD;

		if ((done && done[i]) || !same_rp(course, first, i) ||
		    course->entry[i].len > course->key.id_max)
			continue;
		if (n >= course->key.list_max || size + more > course->key.message_max)
			break;
		size += more;
		ret_batch[n++] = i;
	}
	return n;
}

/* Which of the batch the key spoke of; with one asked for it may leave the id
 * out (67). */
static enum ceremony_end recognise(struct course *course, const uint8_t *batch, uint8_t n)
{
	const uint8_t *id = fido_assert_id_ptr(course->assertion, 0);
	size_t len = fido_assert_id_len(course->assertion, 0);

	course->found = (struct found){.any = true, .exact = true, .entry = batch[0]};
	if (len == 0 && n == 1)
		return CEREMONY_OK;
	for (uint8_t i = 0; id && i < n; i++)
		if (course->entry[batch[i]].len == len &&
		    memcmp(course->entry[batch[i]].id, id, len) == 0) {
			course->found.entry = batch[i];
			return CEREMONY_OK;
		}
	return end_with(course, CEREMONY_BROKEN, "it answers for an id it was not asked for");
}

static enum ceremony_end judge(struct course *course, int r, const uint8_t *batch, uint8_t n)
{
	switch (r) {
	case FIDO_OK:
	case FIDO_ERR_USER_PRESENCE_REQUIRED: /* libfido2, of an U2F key: it is here */
		return recognise(course, batch, n);
	case FIDO_ERR_NO_CREDENTIALS:
	case FIDO_ERR_INVALID_CREDENTIAL:
	case FIDO_ERR_REQUEST_TOO_LARGE: /* one id it could not have made */
	case FIDO_ERR_LIMIT_EXCEEDED:
		return CEREMONY_OK;
	case FIDO_ERR_UP_REQUIRED: /* it will not tell in silence */
	case FIDO_ERR_PIN_REQUIRED:
	case FIDO_ERR_UNSUPPORTED_OPTION:
	case FIDO_ERR_INVALID_OPTION:
		course->found = (struct found){.any = true, .entry = batch[0]};
		return CEREMONY_OK;
	default:
		return end_of(course, r, "looking for a credential");
	}
}

static enum ceremony_end ask_for_entries(struct course *course)
{
	bool done[CEREMONY_ENTRIES_MAX] = {false};

	for (uint8_t i = 0; i < course->ask.n_entries; i++) {
		uint8_t batch[CEREMONY_ENTRIES_MAX], n;
		enum ceremony_end end;
		int r;

		if (done[i] || course->entry[i].len > course->key.id_max)
			continue;
		n = preflight_batch(course, i, done, batch);
		for (uint8_t k = 0; k < n; k++)
			done[batch[k]] = true;
		r = get_assert(course, course->entry[i].rp_id, no_hash, batch, n, FIDO_OPT_FALSE,
			       false, NULL);
		end = course->io.state == IO_FINE ? judge(course, r, batch, n)
						  : end_of(course, r, "looking for a credential");
		if (end != CEREMONY_OK || course->found.any)
			return end;
	}
	return CEREMONY_OK;
}

/* GET without a list: anything discoverable for the rpId (69). */
static enum ceremony_end ask_for_any(struct course *course)
{
	int r;

	if (!course->key.fido2)
		return CEREMONY_OK;
	r = get_assert(course, course->ask.rp_id, no_hash, NULL, 0, FIDO_OPT_FALSE, false, NULL);
	if (r == FIDO_OK && course->io.state == IO_FINE) {
		course->found = (struct found){.any = true};
		return CEREMONY_OK;
	}
	if (course->io.state != IO_FINE)
		return end_of(course, r, "looking for a credential");
	return judge(course, r, (const uint8_t[]){0}, 1);
}

enum ceremony_end preflight_run(struct course *course)
{
	enum ceremony_end end = CEREMONY_OK;

	if (course->ask.n_entries > 0)
		end = ask_for_entries(course);
	else if (course->ask.kind == CEREMONY_GET)
		end = ask_for_any(course);
	fido_assert_free(&course->assertion);
	return end;
}
