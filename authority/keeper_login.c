/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_login - charge and commit: a login as the keeper sees it. */
#include "authority/keeper.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/password.h"

/* ---- the throttle ---------------------------------------------------------- */

void keeper_subject(const struct keeper *keeper, const struct client *client, char *buffer,
		    size_t size)
{
	if (client->known)
		snprintf(buffer, size, "account:%lld", (long long)client->account.number);
	else
		throttle_unknown(buffer, size, keeper->key_unknown, client->pin.name);
}

int keeper_throttle(struct keeper *keeper, struct client *client, enum webcred_type type,
		    struct store_throttle *ret_state, uint32_t *ret_wait_s)
{
	struct store *store = keeper->store;
	char subject[64];
	int r;

	keeper_subject(keeper, client, subject, sizeof(subject));
	memset(ret_state, 0, sizeof(*ret_state));
	r = store->ops->throttle_get(store, subject, type, client->origin, ret_state);
	if (r < 0)
		return r;
	if (!throttle_allows(&keeper->conf, ret_state, client->pin.uid == 0, keeper_now(),
			     ret_wait_s))
		return 1;
	return 0;
}

int keeper_throttle_set(struct keeper *keeper, struct client *client, enum webcred_type type,
			const struct store_throttle *state)
{
	char subject[64];

	keeper_subject(keeper, client, subject, sizeof(subject));
	return keeper->store->ops->throttle_set(keeper->store, subject, type, client->origin,
						state);
}

/* ---- charge ----------------------------------------------------------------- */

static void login_answer_verifier(struct keeper *keeper, struct client *client, bool throttled,
				  uint32_t wait_s, const char *hash)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_VERIFIER);
	wire_put_u8(&keeper->out, throttled);
	wire_put_u32(&keeper->out, wait_s);
	wire_put_str(&keeper->out, hash);
	keeper_answer(keeper, client);
}

/* What verifies the answer: the record's hash, or one of the same cost that
 * nothing matches (behaviour 38). */
static int login_verifier(struct keeper *keeper, struct client *client, bool has_id,
			  const uint8_t id[WIRE_ID_SIZE], char hash[TYPE_HASH_MAX])
{
	struct store_record record;
	struct policy cost = {.argon_memory_kib = keeper->conf.argon_memory_kib,
			      .argon_passes = keeper->conf.argon_passes};
	int r = password_dummy_hash(&cost, hash);

	if (r < 0)
		return r;
	r = STORE_ABSENT;
	if (client->known && !client->barred && has_id) {
		r = keeper->store->ops->record_get(keeper->store, client->account.number, id,
						   &record);
		if (r == 0 &&
		    (record.credential.locked || record.credential.type != WEBCRED_TYPE_PASSWORD))
			r = STORE_ABSENT;
		if (r == 0)
			strcpy(hash, record.hash);
	} else {
		r = keeper->store->ops->record_get(keeper->store, 0, id, &record);
		if (r == STORE_ABSENT)
			r = keeper->store->ops->record_decoy(keeper->store, &record);
	}
	sodium_memzero(&record, sizeof(record));
	return r < 0 ? r : 0;
}

void keeper_charge_now(struct keeper *keeper, struct client *client,
		       const struct keeper_charge *charge)
{
	struct store_throttle state;
	char hash[TYPE_HASH_MAX] = "";
	uint32_t wait_s = 0;
	int r = keeper_throttle(keeper, client, charge->type, &state, &wait_s);

	if (r == 1) {
		login_answer_verifier(keeper, client, true, wait_s, "");
		return;
	}
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0) {
		throttle_charge(&keeper->conf, &state, keeper_now());
		r = keeper_throttle_set(keeper, client, charge->type, &state);
	}
	if (r == 0)
		r = login_verifier(keeper, client, charge->has_id, charge->id, hash);
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "an attempt could not be counted");
		return;
	}
	client->charged = true;
	client->charged_type = charge->type;
	memcpy(client->charged_id, charge->id, sizeof(client->charged_id));
	login_answer_verifier(keeper, client, false, 0, hash);
	sodium_memzero(hash, sizeof(hash));
}

void keeper_charge(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct keeper_charge charge = {.type = (enum webcred_type)wire_get_u8(in)};
	size_t len;

	charge.has_id = wire_get_u8(in) == 1;
	len = wire_get_bytes(in, charge.id, sizeof(charge.id));
	if (!wire_done(in) || (charge.has_id && len != sizeof(charge.id)) ||
	    charge.type != WEBCRED_TYPE_PASSWORD) {
		client->closing = true;
		return;
	}
	if (keeper_hashing_enter(keeper, client, &charge))
		keeper_charge_now(keeper, client, &charge);
}

/* ---- commit ------------------------------------------------------------------ */

void keeper_answer_judged(struct keeper *keeper, struct client *client,
			  const struct type_judgement *judgement)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_JUDGED);
	question_put_judgement(&keeper->out, judgement);
	keeper_answer(keeper, client);
}

static void login_remember(struct keeper *keeper, struct client *client,
			   const struct credential *credential, bool silent,
			   struct type_judgement *judgement)
{
	struct keeper_grant *grant = &keeper->grant[keeper->next_grant++ % KEEPER_GRANTS];

	randombytes_buf(judgement->login, sizeof(judgement->login));
	memcpy(grant->login, judgement->login, sizeof(grant->login));
	memcpy(grant->id, credential->id, sizeof(grant->id));
	grant->account = client->account.number;
	strcpy(grant->service, client->service);
	grant->at = wire_clock();
	grant->silent = silent || client->keeps_flag;
}

void keeper_grant_login(struct keeper *keeper, struct client *client,
			const struct credential *credential, bool user_verified, bool silent,
			uint8_t mediation, struct type_judgement *judgement)
{
	unsigned strength = credential_strength(credential, user_verified);

	memcpy(judgement->id, credential->id, sizeof(judgement->id));
	/* A recovery code counts once, whatever it stands in for; the line says so. */
	if (client->pin.verb == WIRE_MANAGE &&
	    (strength >= client->strongest || credential->kind == KIND_RECOVERY))
		client->proved = true;
	if (client->pin.verb == WIRE_GET && client->login_socket)
		login_remember(keeper, client, credential, silent, judgement);
	strcpy(client->audit_on_commit, client->pin.verb == WIRE_MANAGE ? "prove" : "get");
	client->note = (struct audit_note){.result = "granted",
					   .type = credential->type,
					   .mediation = mediation,
					   .has_id = true};
	memcpy(client->note.id, credential->id, sizeof(client->note.id));
	strcpy(client->note.label, credential->label);
	snprintf(client->note.reason, sizeof(client->note.reason), "%s%s%s%s",
		 credential_kind_name(credential->kind), user_verified ? ", user verified" : "",
		 silent ? ", silent" : "",
		 credential->relearn ? ", counter learnt anew after a restore" : "");
	judgement->verdict = VERDICT_GRANTED; /* leaves only after the batch's commit */
}

/* The password's own rule: what was charged is what may be committed. */
static bool login_may_commit(const struct client *client, const struct store_record *record)
{
	if (record->credential.locked || client->barred)
		return false;
	if (record->credential.type == WEBCRED_TYPE_PASSWORD)
		return client->charged && client->charged_type == WEBCRED_TYPE_PASSWORD &&
		       !memcmp(client->charged_id, record->credential.id, WIRE_ID_SIZE);
	return record->credential.type == WEBCRED_TYPE_PUBLIC_KEY;
}

/* The record as it is now, of an account as it is now.  0, STORE_ABSENT or -errno. */
static int login_find(struct keeper *keeper, struct client *client, const uint8_t id[WIRE_ID_SIZE],
		      struct store_record *ret_record)
{
	int r = keeper_look_again(keeper, client);

	if (r < 0)
		return r;
	if (!client->known)
		return STORE_ABSENT;
	r = keeper->store->ops->record_get(keeper->store, client->account.number, id, ret_record);
	return r == 0 && !login_may_commit(client, ret_record) ? STORE_ABSENT : r;
}

/* Two logins that took turns at one key were both told its counter beforehand: the
 * later signature's is above what the earlier one has left here, and no copy of it. */
static uint64_t login_read_moving(const struct credential *record, const struct type_change *change)
{
	if (record->type == WEBCRED_TYPE_PUBLIC_KEY && record->moving > change->read_moving &&
	    change->moving > record->moving)
		return record->moving;
	return change->read_moving;
}

static int login_write_change(struct keeper *keeper, struct client *client,
			      const struct store_record *record, const struct type_change *change)
{
	struct store *store = keeper->store;
	int64_t account = client->account.number, now = keeper_now();
	struct store_throttle state;
	uint32_t wait_s;
	int r;

	if (record->credential.relearn && change->moving < change->read_moving)
		r = store->ops->relearn(store, account, change->id, change->read_moving,
					change->moving, now);
	else
		r = store->ops->advance(store, account, change->id,
					login_read_moving(&record->credential, change),
					change->moving, record->credential.drift, now);
	if (r == 0 && change->rehash[0])
		r = store->ops->set_hash(store, account, change->id, change->rehash, now);
	if (r == 0 && record->credential.type == WEBCRED_TYPE_PUBLIC_KEY &&
	    change->backup_state != record->credential.backup_state)
		r = store->ops->note_backup_state(store, account, change->id, change->backup_state);
	if (r == 0 && client->charged) {
		r = keeper_throttle(keeper, client, client->charged_type, &state, &wait_s);
		if (r >= 0) {
			throttle_refund(&state);
			r = keeper_throttle_set(keeper, client, client->charged_type, &state);
		}
	}
	return r;
}

/* What was let pass, and what an administrator allows: at each use (71). */
static void login_note_key(struct client *client, const struct credential *record,
			   const struct type_change *change)
{
	size_t len = strlen(client->note.reason);

	if (record->type != WEBCRED_TYPE_PUBLIC_KEY)
		return;
	snprintf(client->note.reason + len, sizeof(client->note.reason) - len, "%s%s%s",
		 change->agent ? ", by ssh agent" : "",
		 record->no_touch ? ", enrolled as no-touch" : "",
		 record->moving == 0 || change->moving > record->moving ? ""
		 : record->relearn ? ", its counter is learnt anew after a restore"
				   : ", its counter did not rise: a clone may exist");
}

void keeper_commit_change(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t mediation = wire_get_u8(in);
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct type_change change;
	struct store_record record;
	int r;

	client->keeps_flag = mediation & QUESTION_KEEPS_FLAG;
	mediation &= (uint8_t)~QUESTION_KEEPS_FLAG;
	if (!question_get_change(in, &change) || mediation > WEBCRED_MEDIATION_IMMEDIATE) {
		client->closing = true;
		return;
	}
	r = login_find(keeper, client, change.id, &record);
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0)
		r = login_write_change(keeper, client, &record, &change);
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "a verified login could not be committed");
	} else if (r > 0) {
		snprintf(judgement.reason, sizeof(judgement.reason), "%s",
			 r == STORE_CONFLICT ? "another login used it at the same moment"
					     : "no such credential");
		keeper_answer_judged(keeper, client, &judgement);
	} else {
		client->charged = false;
		keeper_grant_login(keeper, client, &record.credential, change.user_verified,
				   change.silent, mediation, &judgement);
		login_note_key(client, &record.credential, &change);
		keeper_answer_judged(keeper, client, &judgement);
	}
	sodium_memzero(&record, sizeof(record));
}
