/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_code - judges a one-time code: one HMAC or one keyed hash, here, so
 * that no seed ever reaches a session; and commits what it moved in the same
 * step, so that one code lets one login in.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/otp.h"

#define CODE_RESYNC_S 600 /* between the two codes that set a drifted device right */
#define CODE_RECORDS_MAX 64

struct code_search {
	struct keeper *keeper;
	struct client *client;
	const char *code;
	size_t code_len;
	bool is_recovery;
	uint8_t recovery_hash[32];
	int64_t now;
	unsigned minimum; /* MANAGE: otp records below this do not count */
	/* found */
	enum verdict verdict;
	struct credential matched; /* as read */
	uint64_t moving;
	int32_t drift;
	bool replayed;
	/* a first code from out of the window */
	bool wide;
	uint8_t wide_id[WIRE_ID_SIZE];
	uint64_t wide_value;
	unsigned n_failed_seals;
};

/* HOTP's own value is the counter that matched; the record keeps the next. */
static uint64_t code_next(const struct credential *credential, uint64_t found)
{
	return credential->kind == KIND_HOTP ? found + 1 : found;
}

/* RFC 4226, section 7.4: two successive codes from far out of the window prove
 * the device, one does not. */
static void code_try_wide(struct code_search *search, const struct store_record *record,
			  const uint8_t *seed, size_t seed_len)
{
	const struct credential *credential = &record->credential;
	uint64_t found;

	if (!otp_find(credential, seed, seed_len, search->code, search->code_len, search->now,
		      search->keeper->conf.windows.resynchronise, &found))
		return;
	if (record->resync && found == record->resync + 1 &&
	    search->now - record->resync_at <= CODE_RESYNC_S) {
		search->verdict = VERDICT_GRANTED;
		search->matched = *credential;
		search->moving = code_next(credential, found);
		search->drift = credential->kind == KIND_TOTP
					? (int32_t)((int64_t)found -
						    search->now / (int64_t)credential->period)
					: 0;
		return;
	}
	search->wide = true;
	memcpy(search->wide_id, credential->id, sizeof(search->wide_id));
	search->wide_value = found;
}

static void code_try_otp(struct code_search *search, const struct store_record *record)
{
	struct keeper *keeper = search->keeper;
	struct otp_match match = {.verdict = VERDICT_REFUSED};
	uint8_t seed[OTP_SEED_MAX];
	size_t seed_len;

	if (seal_open_record(keeper->seal, &search->client->account, record, seed, &seed_len) < 0) {
		search->n_failed_seals++;
		return;
	}
	otp_check(&record->credential, seed, seed_len, search->code, search->code_len, search->now,
		  &keeper->conf.windows, &match);
	/* After a restore nobody knows which counters were used: two codes in a row
	 * from ahead of them set the device right, one code does not. */
	if (record->credential.relearn && !match.replayed) {
		code_try_wide(search, record, seed, seed_len);
	} else if (match.verdict == VERDICT_GRANTED) {
		search->verdict = VERDICT_GRANTED;
		search->matched = record->credential;
		search->moving = match.moving;
		search->drift = match.drift;
	} else if (match.replayed) {
		search->replayed = true;
	} else {
		code_try_wide(search, record, seed, seed_len);
	}
	sodium_memzero(seed, sizeof(seed));
}

static int code_try_record(void *context, const struct store_record *record)
{
	struct code_search *search = context;
	const struct credential *credential = &record->credential;

	if (credential->locked || credential->type != WEBCRED_TYPE_OTP ||
	    search->verdict == VERDICT_GRANTED)
		return 0;
	if (credential->kind == KIND_RECOVERY) {
		if (search->is_recovery && search->matched.kind == KIND_NONE)
			search->matched = *credential;
		return 0;
	}
	if (credential_strength(credential, false) >= search->minimum)
		code_try_otp(search, record);
	return 0;
}

/* A recovery code is spent against the account's set: a new one takes the place of the old. */
static int code_spend_recovery(struct code_search *search, struct type_judgement *judgement)
{
	struct keeper *keeper = search->keeper;
	uint8_t left = 0;
	int r;

	if (search->matched.kind != KIND_RECOVERY)
		return STORE_ABSENT;
	r = keeper->store->ops->use_code(keeper->store, search->matched.id, search->recovery_hash,
					 search->now, &left);
	if (r == STORE_CONFLICT)
		search->replayed = true;
	if (r == 0)
		judgement->codes_left = left;
	return r;
}

static int code_charge_failure(struct code_search *search, struct store_throttle *state)
{
	struct keeper *keeper = search->keeper;
	struct client *client = search->client;
	int r;

	throttle_charge(&keeper->conf, state, search->now);
	r = keeper_throttle_set(keeper, client, WEBCRED_TYPE_OTP, state);
	if (r == 0 && search->wide && !search->replayed)
		r = keeper->store->ops->set_resync(keeper->store, client->account.number,
						   search->wide_id, search->wide_value,
						   search->now);
	return r;
}

static int code_clear_failures(struct code_search *search, struct store_throttle *state)
{
	struct store_throttle none;

	if (!state->failures)
		return 0;
	memset(&none, 0, sizeof(none));
	return keeper_throttle_set(search->keeper, search->client, WEBCRED_TYPE_OTP, &none);
}

/* Judges and writes, inside the batch.  0 granted, 1 refused, negative a fault. */
static int code_judge(struct code_search *search, struct store_throttle *state,
		      struct type_judgement *judgement)
{
	struct keeper *keeper = search->keeper;
	struct client *client = search->client;
	struct store *store = keeper->store;
	int r = keeper_look_again(keeper, client);

	if (r == 0 && client->known && !client->barred)
		r = store->ops->record_each(store, client->account.number, code_try_record, search);
	if (r < 0)
		return r;
	r = STORE_ABSENT;
	if (search->verdict == VERDICT_GRANTED)
		r = store->ops->advance(store, client->account.number, search->matched.id,
					search->matched.moving, search->moving, search->drift,
					search->now);
	else if (search->is_recovery)
		r = code_spend_recovery(search, judgement);
	if (r < 0)
		return r;
	if (r == 0) {
		r = code_clear_failures(search, state);
		return r;
	}
	r = code_charge_failure(search, state);
	return r < 0 ? r : 1;
}

static const char *code_reason(const struct code_search *search)
{
	if (search->replayed)
		return "the code was used before";
	if (search->n_failed_seals)
		return "a sealed record could not be opened; see webcred-authority(8), KEYS";
	if (search->wide)
		return "the code is far out of the window; the next one sets the device right";
	return "wrong code";
}

static void code_prepare(struct code_search *search, const struct webcred_secret *code)
{
	char canonical[OTP_RECOVERY_LEN + 1];

	search->verdict = VERDICT_REFUSED;
	search->code = secret_bytes(code);
	search->code_len = secret_len(code);
	search->now = keeper_now();
	search->minimum = search->client->pin.verb == WIRE_MANAGE ? search->client->strongest : 0;
	search->is_recovery = otp_recovery_canonical(search->code, search->code_len, canonical);
	/* Hashed either way: what kind of text it was is no business of a clock. */
	if (!search->is_recovery)
		strcpy(canonical, "AAAAAAAAAAAAAAAA");
	otp_recovery_hash(search->keeper->key_recovery, canonical, search->recovery_hash);
	sodium_memzero(canonical, sizeof(canonical));
}

void keeper_code(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t mediation = wire_get_u8(in);
	struct webcred_secret *code = wire_get_secret(in);
	struct code_search search = {.keeper = keeper, .client = client};
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct store_throttle state;
	int r;

	client->keeps_flag = mediation & QUESTION_KEEPS_FLAG;
	mediation &= (uint8_t)~QUESTION_KEEPS_FLAG;
	if (!wire_done(in) || !code || mediation > WEBCRED_MEDIATION_IMMEDIATE) {
		client->closing = true;
		secret_free(code);
		return;
	}
	if (!keeper_has_key(keeper, client)) {
		secret_free(code);
		return;
	}
	secret_trim(code);
	code_prepare(&search, code);
	r = keeper_throttle(keeper, client, WEBCRED_TYPE_OTP, &state, &judgement.wait_s);
	if (r == 1) {
		judgement.throttled = true;
		snprintf(judgement.reason, sizeof(judgement.reason), "throttled");
		keeper_answer_judged(keeper, client, &judgement);
	} else {
		if (r == 0)
			r = keeper_write(keeper);
		if (r == 0)
			r = code_judge(&search, &state, &judgement);
		if (r < 0) {
			keeper_spoil(keeper, r);
			keeper_fault(keeper, client, r, "a code could not be judged");
		} else if (r == 0) {
			keeper_grant_login(keeper, client, &search.matched, false, false, mediation,
					   &judgement);
			keeper_answer_judged(keeper, client, &judgement);
		} else {
			judgement.replayed = search.replayed;
			snprintf(judgement.reason, sizeof(judgement.reason), "%s",
				 code_reason(&search));
			keeper_answer_judged(keeper, client, &judgement);
		}
	}
	secret_free(code);
	sodium_memzero(&search, sizeof(search));
}
