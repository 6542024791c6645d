/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/otp.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "lib/base/secret.h"

/* A record's own past that is looked at to tell a replayed HOTP from a wrong
 * one; it never matches. */
#define HOTP_REPLAY_BACK 3

/* No code has this value: eight digits end at 99999999. */
#define NO_VALUE UINT32_MAX

/* Moving factors stay below this: the store's numbers are signed. */
#define MOVING_MAX ((uint64_t)INT64_MAX)

static const char *digest_of(enum credential_algorithm algorithm)
{
	switch (algorithm) {
	case ALGORITHM_SHA1:
		return "SHA1";
	case ALGORITHM_SHA256:
		return "SHA256";
	case ALGORITHM_SHA512:
		return "SHA512";
	}
	return NULL;
}

/* Looking an algorithm up costs more than using it: once. */
static EVP_MAC *hmac_get(void)
{
	static EVP_MAC *hmac;

	if (!hmac)
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	return hmac;
}

/* Keyed with the seed; NULL where it cannot be. */
static EVP_MAC_CTX *hmac_new(const uint8_t *seed, size_t seed_len,
			     enum credential_algorithm algorithm)
{
	const char *digest = digest_of(algorithm);
	EVP_MAC *hmac = hmac_get();
	OSSL_PARAM parameters[2] = {OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
	EVP_MAC_CTX *keyed;

	if (!digest || !hmac || seed_len == 0 || seed_len > OTP_SEED_MAX)
		return NULL;
	parameters[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
							 (char *)(uintptr_t)digest, 0);
	keyed = EVP_MAC_CTX_new(hmac);
	if (!keyed || EVP_MAC_init(keyed, seed, seed_len, parameters) != 1) {
		EVP_MAC_CTX_free(keyed);
		return NULL;
	}
	return keyed;
}

/* RFC 4226, 5.3: dynamic truncation. */
static uint32_t truncate(const uint8_t *mac, size_t len)
{
	size_t offset = mac[len - 1] & 0x0f;

	return (uint32_t)(mac[offset] & 0x7f) << 24 | (uint32_t)mac[offset + 1] << 16 |
	       (uint32_t)mac[offset + 2] << 8 | mac[offset + 3];
}

static int value_of(EVP_MAC_CTX *keyed, unsigned digits, uint64_t moving, uint32_t *ret_value)
{
	static const uint32_t modulus[] = {1000000, 10000000, 100000000};
	uint8_t mac[EVP_MAX_MD_SIZE];
	size_t mac_len = 0;
	uint8_t counter[8];

	if (!keyed || digits < 6 || digits > 8)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(counter); i++)
		counter[i] = (uint8_t)(moving >> (56 - 8 * i));
	/* Without a key: the one it has, from its beginning. */
	if (EVP_MAC_init(keyed, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(keyed, counter, sizeof(counter)) != 1 ||
	    EVP_MAC_final(keyed, mac, &mac_len, sizeof(mac)) != 1 || mac_len < 20)
		return -EIO;
	*ret_value = truncate(mac, mac_len) % modulus[digits - 6];
	secret_wipe(mac, sizeof(mac));
	return 0;
}

int otp_value(const uint8_t *seed, size_t seed_len, enum credential_algorithm algorithm,
	      unsigned digits, uint64_t moving, uint32_t *ret_value)
{
	EVP_MAC_CTX *keyed = hmac_new(seed, seed_len, algorithm);
	int r = value_of(keyed, digits, moving, ret_value);

	EVP_MAC_CTX_free(keyed);
	return r;
}

/* ---- the search: every candidate, the same work for each -------------------- */

struct search {
	const struct credential *record;
	EVP_MAC_CTX *keyed; /* owned; NULL where the record's seed is none */
	uint32_t wanted;
	/* masks: all ones where it is so */
	uint64_t found, seen;
	uint64_t moving;
	bool failed;
};

/* All ones where both are equal, without a branch. */
static uint64_t mask_equal(uint32_t a, uint32_t b)
{
	uint64_t differs = a ^ b;

	return 0 - ((differs - 1) >> 63);
}

static uint64_t mask_of(bool condition)
{
	return 0 - (uint64_t)condition;
}

/* `usable`: may match.  `used`: lies behind what was accepted already. */
static void search_try(struct search *search, uint64_t moving, bool usable, bool used)
{
	uint32_t value = 0;
	uint64_t equal, first;

	if (value_of(search->keyed, search->record->digits, moving, &value) != 0) {
		search->failed = true;
		return;
	}
	equal = mask_equal(value, search->wanted);
	first = equal & mask_of(usable) & ~search->found;
	search->moving = (search->moving & ~first) | (moving & first);
	search->found |= first;
	search->seen |= equal & mask_of(used);
	secret_wipe(&value, sizeof(value));
}

/* Exactly `digits` digits, or NO_VALUE, which no candidate equals. */
static uint32_t code_value(const char *code, size_t len, unsigned digits)
{
	uint32_t value = 0;
	bool good = len == digits;

	for (size_t i = 0; i < len && i < 8; i++) {
		good = good && code[i] >= '0' && code[i] <= '9';
		value = value * 10 + (uint32_t)(uint8_t)(code[i] - '0') % 10;
	}
	return good ? value : NO_VALUE;
}

/* False where the record cannot be checked at all. */
static bool search_init(struct search *search, const struct credential *record, const uint8_t *seed,
			size_t seed_len, const char *code, size_t code_len)
{
	*search = (struct search){.record = record};
	if (record->type != WEBCRED_TYPE_OTP || record->locked)
		return false;
	if (record->kind != KIND_HOTP && (record->kind != KIND_TOTP || record->period == 0))
		return false;
	search->wanted = code_value(code, code_len, record->digits);
	search->keyed = hmac_new(seed, seed_len, record->algorithm);
	return true;
}

static int64_t totp_centre(const struct credential *record, int64_t now)
{
	return now / record->period + record->drift;
}

static void search_step(struct search *search, int64_t step)
{
	bool real = step >= 0;

	search_try(search, (uint64_t)step, real && (uint64_t)step > search->record->moving,
		   real && (uint64_t)step <= search->record->moving);
}

/* Wrapping round is harmless: such a candidate is computed and never usable. */
static void search_counter(struct search *search, int64_t offset)
{
	uint64_t base = search->record->moving;
	uint64_t counter = base + (uint64_t)offset;

	search_try(search, counter, offset >= 0 && base < MOVING_MAX && counter < MOVING_MAX,
		   offset < 0 && counter < base);
}

/* ---- checking --------------------------------------------------------------- */

/* One step towards where the code was found: a slow person is no drift, a
 * clock that runs off shows itself again and again. */
static int32_t drift_learned(const struct credential *record, int64_t centre, uint64_t step)
{
	if ((int64_t)step > centre && record->drift < INT32_MAX)
		return record->drift + 1;
	if ((int64_t)step < centre && record->drift > INT32_MIN)
		return record->drift - 1;
	return record->drift;
}

static void check_totp(struct search *search, int64_t now, const struct otp_windows *windows,
		       struct otp_match *match)
{
	int64_t centre = totp_centre(search->record, now);

	for (int64_t i = -(int64_t)windows->look_back; i <= (int64_t)windows->look_ahead; i++)
		search_step(search, centre + i);
	match->moving = search->moving;
	match->drift = drift_learned(search->record, centre, search->moving);
}

static void check_hotp(struct search *search, const struct otp_windows *windows,
		       struct otp_match *match)
{
	for (int64_t i = -HOTP_REPLAY_BACK; i <= (int64_t)windows->hotp_look_ahead; i++)
		search_counter(search, i);
	match->moving = search->moving + 1; /* what comes next (RFC 4226, 7.2) */
	match->drift = search->record->drift;
}

void otp_check(const struct credential *record, const uint8_t *seed, size_t seed_len,
	       const char *code, size_t code_len, int64_t now, const struct otp_windows *windows,
	       struct otp_match *ret_match)
{
	struct otp_match match = {.verdict = VERDICT_REFUSED};
	struct search search;

	*ret_match = (struct otp_match){
		.verdict = VERDICT_REFUSED, .moving = record->moving, .drift = record->drift};
	if (now < 0 || !search_init(&search, record, seed, seed_len, code, code_len))
		return;
	if (record->kind == KIND_TOTP)
		check_totp(&search, now, windows, &match);
	else
		check_hotp(&search, windows, &match);
	EVP_MAC_CTX_free(search.keyed);
	if (search.failed)
		return;
	/* A code of one that lies behind may be one ahead's, too (3 in a million, of a counter with
	 * six digits).  Who saw it typed must not get in by that: it is the used one's. */
	if (search.found == 0 || search.seen != 0) {
		ret_match->replayed = search.seen != 0;
		return;
	}
	match.verdict = VERDICT_GRANTED;
	*ret_match = match;
}

bool otp_find(const struct credential *record, const uint8_t *seed, size_t seed_len,
	      const char *code, size_t code_len, int64_t now, unsigned window, uint64_t *ret_moving)
{
	struct search search;

	if (now < 0 || !search_init(&search, record, seed, seed_len, code, code_len))
		return false;
	/* From the centre outwards: where two candidates match, the nearer one. */
	for (int64_t i = 0; i <= (int64_t)window; i++) {
		if (record->kind == KIND_HOTP) {
			search_counter(&search, i);
			continue;
		}
		search_step(&search, totp_centre(record, now) + i);
		search_step(&search, totp_centre(record, now) - i);
	}
	EVP_MAC_CTX_free(search.keyed);
	if (search.failed || search.found == 0)
		return false;
	*ret_moving = search.moving;
	return true;
}
