/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The new credential, and the touch that an excluded one is owed (76). */
#include "device/course.h"

#include <string.h>

#include <fido/err.h>

static bool key_has_algorithm(const struct key *key, int algorithm)
{
	for (unsigned i = 0; i < key->n_algorithms; i++)
		if (key->algorithm[i] == algorithm)
			return true;
	return key->n_algorithms == 0;
}

/* Those of the new credential's rpId, as many as fit: the pre-flight has
 * asked already, but a key hides protected ones from it. */
static int exclude(const struct course *course, fido_cred_t *credential)
{
	uint8_t batch[CEREMONY_ENTRIES_MAX], n = 0;
	int r = FIDO_OK;

	for (uint8_t i = 0; i < course->ask.n_entries && n == 0; i++)
		if (strcmp(course->entry[i].rp_id, course->ask.rp_id) == 0 &&
		    course->entry[i].len <= course->key.id_max)
			n = preflight_batch(course, i, NULL, batch);
	for (uint8_t i = 0; r == FIDO_OK && i < n; i++)
		r = fido_cred_exclude(credential, course->entry[batch[i]].id,
				      course->entry[batch[i]].len);
	return r;
}

static int prepare(const struct course *course, fido_cred_t *credential, int algorithm, bool uv)
{
	const struct type_ceremony *ask = &course->ask;
	const char *name = ask->user_name[0] ? ask->user_name : NULL;
	int r = fido_cred_set_type(credential, algorithm);

	if (r == FIDO_OK)
		r = fido_cred_set_clientdata_hash(credential, ask->client_data_hash,
						  sizeof(ask->client_data_hash));
	if (r == FIDO_OK)
		r = fido_cred_set_rp(credential, ask->rp_id, ask->rp_id);
	if (r == FIDO_OK)
		r = fido_cred_set_user(credential, ask->user_id, ask->user_id_len, name, name,
				       NULL);
	if (r == FIDO_OK && ask->resident)
		r = fido_cred_set_rk(credential, FIDO_OPT_TRUE);
	if (r == FIDO_OK && uv)
		r = fido_cred_set_uv(credential, FIDO_OPT_TRUE);
	if (r == FIDO_OK)
		r = exclude(course, credential);
	return r;
}

static int try_algorithm(struct course *course, int algorithm, bool uv, const char *pin)
{
	int r;

	fido_cred_free(&course->credential);
	course->credential = fido_cred_new();
	if (!course->credential)
		return FIDO_ERR_INTERNAL;
	r = prepare(course, course->credential, algorithm, uv);
	if (r == FIDO_OK)
		r = fido_dev_make_cred(course->key.dev, course->credential, pin);
	return r;
}

/* By preference.  A key refuses an algorithm before it asks for a touch; the
 * PIN was right by then, so a second round spends no try. */
static int attempt_create(struct course *course, bool uv, const char *pin)
{
	int r = FIDO_ERR_UNSUPPORTED_ALGORITHM;

	for (uint8_t i = 0; i < course->ask.n_algorithms && r == FIDO_ERR_UNSUPPORTED_ALGORITHM;
	     i++)
		if (key_has_algorithm(&course->key, course->ask.algorithm[i]))
			r = try_algorithm(course, course->ask.algorithm[i], uv, pin);
	return r;
}

static bool copy(void *to, size_t max, const uint8_t *from, size_t len, size_t *ret_len)
{
	if (!from || len == 0 || len > max)
		return false;
	memcpy(to, from, len);
	*ret_len = len;
	return true;
}

/* Direct attestation, or none at all (78). */
static bool take_attestation(struct course *course)
{
	struct ceremony_result *result = &course->result;
	const char *format = fido_cred_fmt(course->credential);
	size_t n = 0;

	if (!format)
		return false;
	if (!course->ask.attest || strcmp(format, "none") == 0) {
		memcpy(result->format, "none", sizeof("none"));
		return true;
	}
	if (strlen(format) >= sizeof(result->format) ||
	    !copy(result->attestation, sizeof(result->attestation),
		  fido_cred_attstmt_ptr(course->credential),
		  fido_cred_attstmt_len(course->credential), &n))
		return false;
	memcpy(result->format, format, strlen(format) + 1);
	result->attestation_len = (uint16_t)n;
	return true;
}

static bool take(struct course *course)
{
	struct ceremony_result *result = &course->result;
	const fido_cred_t *credential = course->credential;
	size_t id = 0, auth_data = 0;

	if (!copy(result->id, sizeof(result->id), fido_cred_id_ptr(credential),
		  fido_cred_id_len(credential), &id) ||
	    !copy(result->auth_data, sizeof(result->auth_data),
		  fido_cred_authdata_raw_ptr(credential), fido_cred_authdata_raw_len(credential),
		  &auth_data) ||
	    !take_attestation(course))
		return false;
	result->id_len = (uint16_t)id;
	result->auth_data_len = (uint16_t)auth_data;
	result->cose_algorithm = fido_cred_type(credential);
	result->transports = course->key.transports;
	memcpy(result->rp_id, course->ask.rp_id, sizeof(result->rp_id));
	return true;
}

/* A signature over nothing, for the touch alone: the person holds this key,
 * and is told so; whoever does not touch it learns nothing (76). */
static int attempt_excluded(struct course *course, bool uv, const char *pin)
{
	static const uint8_t no_hash[32];

	return get_assert(course, course->entry[course->found.entry].rp_id, no_hash,
			  &course->found.entry, 1, FIDO_OPT_OMIT, uv, pin);
}

static enum ceremony_end check_able(struct course *course)
{
	if (course->ask.resident && !(course->key.fido2 && course->key.resident))
		return end_with(course, CEREMONY_UNABLE, "it stores no discoverable credentials");
	for (uint8_t i = 0; i < course->ask.n_algorithms; i++)
		if (key_has_algorithm(&course->key, course->ask.algorithm[i]))
			return CEREMONY_OK;
	return end_with(course, CEREMONY_UNABLE, "it has none of the algorithms");
}

enum ceremony_end create_run(struct course *course)
{
	enum ceremony_end end;

	if (course->found.any && course->found.exact) {
		end = person_run(course, attempt_excluded, WEBCRED_UV_DISCOURAGED);
		if (end != CEREMONY_OK)
			return end;
		return end_with(course, CEREMONY_EXCLUDED, "an excluded credential is on it");
	}
	course->found.any = false; /* it would not tell: it will when it excludes */
	end = check_able(course);
	if (end == CEREMONY_OK)
		end = person_run(course, attempt_create, course->ask.user_verification);
	if (end == CEREMONY_OK && !take(course))
		end = end_with(course, CEREMONY_BROKEN, "its credential is out of all bounds");
	return end;
}
