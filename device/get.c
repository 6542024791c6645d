/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The assertion.  What is in it is the session's to verify: it is passed on as
 * it came, within the bounds of ceremony.h. */
#include "device/course.h"

#include <string.h>

#include <fido/err.h>

static int prepare(const struct course *course, fido_assert_t *assertion, const char *rp_id,
		   const uint8_t *hash, const uint8_t *batch, uint8_t n)
{
	int r = fido_assert_set_rp(assertion, rp_id);

	if (r == FIDO_OK)
		r = fido_assert_set_clientdata_hash(assertion, hash, 32);
	for (uint8_t i = 0; r == FIDO_OK && i < n; i++)
		r = fido_assert_allow_cred(assertion, course->entry[batch[i]].id,
					   course->entry[batch[i]].len);
	return r;
}

int get_assert(struct course *course, const char *rp_id, const uint8_t *hash, const uint8_t *batch,
	       uint8_t n, fido_opt_t up, bool uv, const char *pin)
{
	int r;

	fido_assert_free(&course->assertion);
	course->assertion = fido_assert_new();
	if (!course->assertion)
		return FIDO_ERR_INTERNAL;
	r = prepare(course, course->assertion, rp_id, hash, batch, n);
	if (r == FIDO_OK)
		r = fido_assert_set_up(course->assertion, up);
	if (r == FIDO_OK && uv)
		r = fido_assert_set_uv(course->assertion, FIDO_OPT_TRUE);
	if (r == FIDO_OK)
		r = fido_dev_get_assert(course->key.dev, course->assertion, pin);
	return r;
}

/* Exactly the entry that was found, so that one touch is one answer; where the
 * key would not tell, all that fit into a request. */
static int attempt_get(struct course *course, bool uv, const char *pin)
{
	uint8_t batch[CEREMONY_ENTRIES_MAX] = {course->found.entry};
	const char *rp_id = course->ask.rp_id;
	uint8_t n = 0;

	if (course->ask.n_entries > 0) {
		rp_id = course->entry[course->found.entry].rp_id;
		n = course->found.exact ? 1
					: preflight_batch(course, course->found.entry, NULL, batch);
	}
	return get_assert(course, rp_id, course->ask.client_data_hash, batch, n,
			  course->silent ? FIDO_OPT_FALSE : FIDO_OPT_OMIT, uv, pin);
}

/* Of several discoverable ones the account's own, else the latest: the first. */
static size_t pick(const struct course *course)
{
	size_t n = fido_assert_count(course->assertion);

	for (size_t i = 0; course->ask.user_id_len > 0 && i < n; i++)
		if (fido_assert_user_id_len(course->assertion, i) == course->ask.user_id_len &&
		    memcmp(fido_assert_user_id_ptr(course->assertion, i), course->ask.user_id,
			   course->ask.user_id_len) == 0)
			return i;
	return 0;
}

/* libfido2 hands authenticator data out as the CBOR byte string it came in. */
static bool unframe(const uint8_t **bytes, size_t *len)
{
	size_t head, size;

	if (*len < 1 || (*bytes)[0] >> 5 != 2)
		return false;
	size = (*bytes)[0] & 0x1fu;
	head = size < 24 ? 1 : size == 24 ? 2 : size == 25 ? 3 : 0;
	if (head == 0 || *len < head)
		return false;
	if (head == 2)
		size = (*bytes)[1];
	else if (head == 3)
		size = (size_t)(*bytes)[1] << 8 | (*bytes)[2];
	*bytes += head;
	*len -= head;
	return *len == size;
}

static bool copy(void *to, size_t max, const uint8_t *from, size_t len, size_t *ret_len)
{
	if (len > max || (len > 0 && !from))
		return false;
	if (len > 0)
		memcpy(to, from, len);
	*ret_len = len;
	return true;
}

static bool take_id(struct course *course, size_t i)
{
	struct ceremony_result *result = &course->result;
	const struct ceremony_entry *asked = &course->entry[course->found.entry];
	const uint8_t *id = fido_assert_id_ptr(course->assertion, i);
	size_t len = fido_assert_id_len(course->assertion, i), n = 0;

	if (id && len == 0)
		return false; /* left out is one thing (67), an id of no bytes another */
	result->id_omitted = len == 0;
	if (len == 0) {
		if (course->ask.n_entries == 0 || !course->found.exact)
			return false; /* which of them, or whose? */
		id = asked->id;
		len = asked->len;
	}
	if (!copy(result->id, sizeof(result->id), id, len, &n))
		return false;
	result->id_len = (uint16_t)n;
	return true;
}

static bool take(struct course *course)
{
	struct ceremony_result *result = &course->result;
	const fido_assert_t *assertion = course->assertion;
	size_t i = pick(course), len, auth_data = 0, signature = 0, handle = 0;
	const uint8_t *bytes;

	if (fido_assert_count(assertion) == 0 || !take_id(course, i))
		return false;
	bytes = fido_assert_authdata_ptr(assertion, i);
	len = fido_assert_authdata_len(assertion, i);
	if (!bytes || !unframe(&bytes, &len) ||
	    !copy(result->auth_data, sizeof(result->auth_data), bytes, len, &auth_data) ||
	    !copy(result->signature, sizeof(result->signature), fido_assert_sig_ptr(assertion, i),
		  fido_assert_sig_len(assertion, i), &signature) ||
	    signature == 0 ||
	    !copy(result->user_handle, sizeof(result->user_handle),
		  fido_assert_user_id_ptr(assertion, i), fido_assert_user_id_len(assertion, i),
		  &handle))
		return false;
	result->auth_data_len = (uint16_t)auth_data;
	result->signature_len = (uint16_t)signature;
	result->user_handle_len = (uint8_t)handle;
	return true;
}

enum ceremony_end get_run(struct course *course)
{
	const char *rp_id = course->ask.rp_id;
	enum ceremony_end end;

	if (course->ask.n_entries > 0)
		rp_id = course->entry[course->found.entry].rp_id;
	/* An U2F key cannot sign without a touch by libfido2. */
	course->silent = course->ask.n_entries > 0 && course->found.exact && course->key.fido2 &&
			 course->entry[course->found.entry].no_touch;
	end = person_run(course, attempt_get, course->ask.user_verification);
	if (end != CEREMONY_OK)
		return end;
	memcpy(course->result.rp_id, rp_id, strlen(rp_id) + 1);
	if (!take(course))
		return end_with(course, CEREMONY_BROKEN, "its assertion is out of all bounds");
	return CEREMONY_OK;
}
