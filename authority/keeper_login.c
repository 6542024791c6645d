/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_login - begin, charge, commit, settle: a login as the keeper sees it. */
#include "authority/keeper.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/base/text.h"
#include "lib/core/types/password.h"

/* ---- begin ---------------------------------------------------------------- */

/* Looks the subject up: known only where name and uid are both as enrolled. */
static int login_find_account(struct keeper *keeper, struct client *client)
{
	struct store *store = keeper->store;
	int r = store->ops->account_find(store, client->pin.name, &client->account);

	client->known = client->barred = false;
	if (r == STORE_ABSENT)
		return 0;
	if (r < 0)
		return r;
	if (client->account.uid != client->pin.uid) {
		client->barred = true;
		audit_log(LOG_WARNING,
			  "%s was enrolled as uid %u and now has uid %u: its credentials are not "
			  "accepted; remove them with: webcred remove --all --user %s",
			  client->pin.name, client->account.uid, client->pin.uid, client->pin.name);
		return 0;
	}
	client->known = true;
	client->barred = client->account.locked;
	return 0;
}

static void login_policy(struct keeper *keeper, struct client *client, uint8_t flags,
			 struct policy *policy)
{
	struct conf_service section;

	conf_service_find(&keeper->conf, client->service, &section);
	memset(policy, 0, sizeof(*policy));
	if (client->pin.verb == WIRE_MANAGE) {
		strcpy(section.order, keeper->conf.manage.order);
		section.mediation = WEBCRED_MEDIATION_REQUIRED;
		client->waived = client->login_socket && client->pin.requester == 0 &&
				 !(flags & WIRE_FLAG_EXPIRED);
	}
	strcpy(policy->order, section.order);
	strcpy(policy->rp_id, keeper->rp_id);
	strcpy(policy->host, keeper->host);
	policy->mediation = (uint8_t)section.mediation;
	policy->unknown_as = (uint8_t)section.unknown_as;
	policy->user_verification = (uint8_t)section.user_verification;
	policy->counter = (uint8_t)section.counter;
	policy->quiet = conf_list_has(&keeper->conf.quiet_services, client->service);
	policy->echo_code = section.echo_code;
	policy->tell_throttled = section.tell_throttled;
	policy->remote = locality_is_remote(keeper, client);
	policy->waived = client->waived;
	policy->subject_known = client->known;
	policy->barred = client->barred;
	policy->timeout_ms = section.timeout_ms;
	policy->fail_delay_us = section.fail_delay_ms * 1000u;
	policy->argon_memory_kib = keeper->conf.argon_memory_kib;
	policy->argon_passes = keeper->conf.argon_passes;
	policy->password_min = keeper->conf.password_min;
	if (client->known) {
		memcpy(policy->user_handle, client->account.handle, STORE_HANDLE_SIZE);
		policy->user_handle_len = STORE_HANDLE_SIZE;
	}
}

struct login_records {
	struct wire_out *out;
	uint16_t had; /* what the session has already */
	uint16_t seen, n;
	bool more;
	uint8_t strongest;
};

static int login_put_record(void *context, const struct store_record *record)
{
	struct login_records *records = context;
	const struct credential *credential = &record->credential;
	size_t before = records->out->len;
	unsigned strength = credential_strength(credential, credential->uv_initialized);

	if (!credential->locked && strength > records->strongest)
		records->strongest = (uint8_t)strength;
	if (records->seen++ < records->had || records->more)
		return 0;
	credential_put(records->out, credential);
	if (!records->out->overflow) {
		records->n++;
		return 0;
	}
	/* What does not fit is asked for again with MORE. */
	records->out->overflow = false;
	records->out->len = before;
	records->more = true;
	return 0;
}

/* flag more, u16 n, records. */
static int login_put_records(struct keeper *keeper, struct client *client, uint16_t had)
{
	struct login_records records = {.out = &keeper->out, .had = had};
	struct store *store = keeper->store;
	size_t start = keeper->out.len;
	int r = 0;

	wire_put_u8(&keeper->out, 0);
	wire_put_u16(&keeper->out, 0);
	if (client->known)
		r = store->ops->record_each(store, client->account.number, login_put_record,
					    &records);
	if (r < 0)
		return r;
	client->strongest = records.strongest;
	keeper->out.bytes[start] = records.more;
	keeper->out.bytes[start + 1] = (uint8_t)(records.n >> 8);
	keeper->out.bytes[start + 2] = (uint8_t)records.n;
	return 0;
}

static int login_put_begin(struct keeper *keeper, struct client *client, struct policy *policy)
{
	int r;

	wire_begin(&keeper->out, (enum wire_message)ANSWER_POLICY);
	policy_put(&keeper->out, policy);
	r = login_put_records(keeper, client, 0);
	if (r < 0 || !client->strongest || client->pin.verb != WIRE_MANAGE)
		return r;
	/* A proof needs to know the strongest of what follows. */
	policy->strongest = client->strongest;
	wire_begin(&keeper->out, (enum wire_message)ANSWER_POLICY);
	policy_put(&keeper->out, policy);
	return login_put_records(keeper, client, 0);
}

void keeper_more(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint16_t had = wire_get_u16(in);
	int r;

	if (!wire_done(in)) {
		client->closing = true;
		return;
	}
	wire_begin(&keeper->out, (enum wire_message)ANSWER_MORE);
	r = login_put_records(keeper, client, had);
	if (r < 0)
		keeper_fault(keeper, client, r, "the store could not be read");
	else
		keeper_answer(keeper, client);
}

static int login_facts(struct keeper *keeper, struct client *client, struct policy *policy)
{
	struct store *store = keeper->store;
	int r;

	if (!client->known)
		return 0;
	r = store->ops->flag_get(store, client->account.number, keeper->rp_id, client->service,
				 &policy->silent_allowed);
	if (r == 0 && client->pin.verb == WIRE_MANAGE)
		r = store->ops->invite_open(store, client->account.number, keeper_now(),
					    &policy->invited);
	return r;
}

void keeper_begin(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct policy policy;
	uint8_t flags;
	int r;

	wire_get_str(in, client->service, sizeof(client->service));
	wire_get_str(in, client->tty, sizeof(client->tty));
	wire_get_str(in, client->rhost, sizeof(client->rhost));
	flags = wire_get_u8(in);
	if (!wire_done(in) || client->begun) {
		client->closing = true;
		return;
	}
	client->begun = true;
	throttle_origin(client->origin, sizeof(client->origin), client->rhost,
			client->pin.requester, client->login_socket);
	r = login_find_account(keeper, client);
	if (r == 0) {
		login_policy(keeper, client, flags, &policy);
		r = login_facts(keeper, client, &policy);
	}
	if (r == 0)
		r = login_put_begin(keeper, client, &policy);
	if (r < 0) {
		client->known = false;
		keeper_fault(keeper, client, r, "the store could not be read");
		return;
	}
	keeper_answer(keeper, client);
}

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
	int r = STORE_ABSENT;

	if (client->known && !client->barred && has_id) {
		r = keeper->store->ops->record_get(keeper->store, client->account.number, id,
						   &record);
		if (r == 0 &&
		    (record.credential.locked || record.credential.type != WEBCRED_TYPE_PASSWORD))
			r = STORE_ABSENT;
		if (r == 0)
			strcpy(hash, record.hash);
		sodium_memzero(&record, sizeof(record));
	}
	if (r < 0)
		return r;
	if (r == STORE_ABSENT)
		return password_dummy_hash(&cost, hash);
	return 0;
}

void keeper_charge(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	enum webcred_type type = (enum webcred_type)wire_get_u8(in);
	bool has_id = wire_get_u8(in) == 1;
	uint8_t id[WIRE_ID_SIZE] = {0};
	struct store_throttle state;
	char hash[TYPE_HASH_MAX] = "";
	uint32_t wait_s = 0;
	size_t len = wire_get_bytes(in, id, sizeof(id));
	int r;

	if (!wire_done(in) || (has_id && len != sizeof(id)) || type != WEBCRED_TYPE_PASSWORD) {
		client->closing = true;
		return;
	}
	r = keeper_throttle(keeper, client, type, &state, &wait_s);
	if (r == 1) {
		login_answer_verifier(keeper, client, true, wait_s, "");
		return;
	}
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0) {
		throttle_charge(&keeper->conf, &state, keeper_now());
		r = keeper_throttle_set(keeper, client, type, &state);
	}
	if (r == 0)
		r = login_verifier(keeper, client, has_id, id, hash);
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "an attempt could not be counted");
		return;
	}
	client->charged = true;
	client->charged_type = type;
	memcpy(client->charged_id, id, sizeof(id));
	login_answer_verifier(keeper, client, false, 0, hash);
	sodium_memzero(hash, sizeof(hash));
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
	grant->silent = silent;
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
	snprintf(client->note.reason, sizeof(client->note.reason), "%s%s%s",
		 credential_kind_name(credential->kind), user_verified ? ", user verified" : "",
		 silent ? ", silent" : "");
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

static int login_write_change(struct keeper *keeper, struct client *client,
			      const struct store_record *record, const struct type_change *change)
{
	struct store *store = keeper->store;
	int64_t account = client->account.number, now = keeper_now();
	struct store_throttle state;
	uint32_t wait_s;
	int r;

	r = store->ops->advance(store, account, change->id, change->read_moving, change->moving,
				record->credential.drift, now);
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

void keeper_commit_change(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t mediation = wire_get_u8(in);
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct type_change change;
	struct store_record record;
	int r = STORE_ABSENT;

	if (!question_get_change(in, &change) || mediation > WEBCRED_MEDIATION_IMMEDIATE) {
		client->closing = true;
		return;
	}
	if (client->known)
		r = keeper->store->ops->record_get(keeper->store, client->account.number, change.id,
						   &record);
	if (r == 0 && !login_may_commit(client, &record))
		r = STORE_ABSENT;
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
		keeper_answer_judged(keeper, client, &judgement);
	}
	sodium_memzero(&record, sizeof(record));
}

/* ---- settle, prevent ---------------------------------------------------------- */

static struct keeper_grant *login_find_grant(struct keeper *keeper,
					     const uint8_t login[WIRE_LOGIN_SIZE])
{
	int64_t oldest = wire_clock() - KEEPER_GRANT_S * 1000;
	struct keeper_grant *found = NULL;
	unsigned i;

	for (i = 0; i < KEEPER_GRANTS; i++) {
		struct keeper_grant *grant = &keeper->grant[i];

		if (grant->at && grant->at >= oldest &&
		    secret_equal(grant->login, login, WIRE_LOGIN_SIZE))
			found = grant;
	}
	return found;
}

static int login_settle_account(struct keeper *keeper, struct client *client,
				const struct keeper_grant *grant)
{
	struct store *store = keeper->store;
	struct store_record record;
	bool clear = false;
	int r = login_find_account(keeper, client);

	if (r < 0)
		return r;
	if (!client->known || client->barred || client->account.number != grant->account)
		return STORE_ABSENT;
	r = store->ops->record_get(store, grant->account, grant->id, &record);
	if (r == 0 && record.credential.locked)
		r = STORE_ABSENT;
	sodium_memzero(&record, sizeof(record));
	/* A silent login leaves the flag as it is; only a mediated one clears it. */
	if (r == 0 && !grant->silent)
		r = store->ops->flag_get(store, grant->account, keeper->rp_id, grant->service,
					 &clear);
	if (r == 0 && !grant->silent && !clear) {
		r = keeper_write(keeper);
		if (r == 0)
			r = store->ops->flag_set(store, grant->account, keeper->rp_id,
						 grant->service, true);
	}
	return r;
}

void keeper_settle(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t login[WIRE_LOGIN_SIZE];
	size_t len = wire_get_bytes(in, login, sizeof(login));
	struct keeper_grant *grant;
	int r;

	wire_get_str(in, client->service, sizeof(client->service));
	if (!wire_done(in) || len != sizeof(login)) {
		client->closing = true;
		return;
	}
	grant = login_find_grant(keeper, login);
	r = grant ? login_settle_account(keeper, client, grant) : STORE_ABSENT;
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "a login could not be settled");
		return;
	}
	if (r > 0) {
		keeper_note(client, "settle", "refused", NULL, 0,
			    grant ? "the account or the credential was locked or removed"
				  : "no such login, or it is too old");
		keeper_refuse(keeper, client, WEBCRED_NOT_ALLOWED, "this login no longer counts");
		return;
	}
	sodium_memzero(grant, sizeof(*grant));
	keeper_done(keeper, client, "");
}

void keeper_prevent(struct keeper *keeper, struct client *client)
{
	struct store *store = keeper->store;
	int r = 0;

	if (client->known) {
		r = keeper_write(keeper);
		if (r == 0)
			r = store->ops->flag_set(store, client->account.number, keeper->rp_id,
						 client->service[0] ? client->service : NULL,
						 false);
	}
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "silent access could not be prevented");
		return;
	}
	strcpy(client->audit_on_commit, "prevent-silent-access");
	client->note = (struct audit_note){.result = "done"};
	keeper_done(keeper, client, "");
}
