/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_manage - passwords, names, removal, invitations, locks, and status. */
#include "authority/keeper.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/base/text.h"

#define MANAGE_INVITE_MIN_S 60
#define MANAGE_INVITE_MAX_S (30 * 86400)

/* How a change ended: a fault, "no such", or done and audited. */
static bool manage_failed(struct keeper *keeper, struct client *client, const char *action, int r,
			  const char *refusal)
{
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "a change could not be stored");
		return true;
	}
	if (r > 0) {
		keeper_note(client, action, "refused", NULL, 0, refusal);
		keeper_refuse(keeper, client, WEBCRED_INVALID_STATE, refusal);
		return true;
	}
	return false;
}

static void manage_done(struct client *client, const char *action,
			const struct credential *credential, const char *reason)
{
	client->proved = false; /* one proof, one change */
	strcpy(client->audit_on_commit, action);
	client->note = (struct audit_note){.result = "done"};
	snprintf(client->note.reason, sizeof(client->note.reason), "%s", reason);
	if (!credential)
		return;
	client->note.type = credential->type;
	client->note.has_id = true;
	memcpy(client->note.id, credential->id, sizeof(client->note.id));
	strcpy(client->note.label, credential->label);
}

/* ---- password ---------------------------------------------------------------- */

struct manage_password {
	bool found;
	struct credential credential;
};

static int manage_find_password(void *context, const struct store_record *record)
{
	struct manage_password *password = context;

	if (record->credential.type != WEBCRED_TYPE_PASSWORD)
		return 0;
	password->found = true;
	password->credential = record->credential;
	return 1;
}

static int manage_write_password(struct keeper *keeper, struct client *client, const char *hash,
				 struct manage_password *password)
{
	struct store *store = keeper->store;
	struct store_record record;
	int r = keeper_account(keeper, client);

	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0)
		r = store->ops->record_each(store, client->account.number, manage_find_password,
					    password);
	if (r < 0 || (r > 0 && !password->found))
		return r;
	/* Behaviour 42: the same id and rpId updates, otherwise inserts. */
	if (password->found)
		return store->ops->set_hash(store, client->account.number, password->credential.id,
					    hash, 0);
	memset(&record, 0, sizeof(record));
	record.account = client->account.number;
	randombytes_buf(record.credential.id, sizeof(record.credential.id));
	record.credential.type = WEBCRED_TYPE_PASSWORD;
	record.credential.kind = KIND_PASSWORD;
	record.credential.created = keeper_now();
	strcpy(record.credential.label, "password");
	strcpy(record.credential.rp_id, keeper->rp_id);
	strcpy(record.hash, hash);
	r = store->ops->record_add(store, &record);
	password->credential = record.credential;
	return r;
}

void keeper_store_password(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct manage_password password = {.found = false};
	char hash[TYPE_HASH_MAX];
	int r;

	wire_get_str(in, hash, sizeof(hash));
	if (!wire_done(in) || strncmp(hash, "$argon2id$", 10) != 0) {
		client->closing = true;
		return;
	}
	r = manage_write_password(keeper, client, hash, &password);
	if (!manage_failed(keeper, client, "store", r,
			   "another account has this name or this uid")) {
		manage_done(client, "store", &password.credential,
			    password.found ? "password replaced" : "password stored");
		keeper_answer_credential(keeper, client, &password.credential);
	}
	sodium_memzero(hash, sizeof(hash));
}

/* ---- one credential ------------------------------------------------------------ */

static int manage_find(struct keeper *keeper, struct client *client, const uint8_t *id,
		       struct credential *ret_credential)
{
	struct store_record record;
	int r;

	if (!client->known)
		return STORE_ABSENT;
	r = keeper->store->ops->record_get(keeper->store, client->account.number, id, &record);
	if (r == 0)
		*ret_credential = record.credential;
	if (r == 0)
		sodium_memzero(&record, sizeof(record));
	return r;
}

void keeper_rename(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t id[WIRE_ID_SIZE];
	size_t len = wire_get_bytes(in, id, sizeof(id));
	char label[WIRE_LABEL_MAX + 1];
	struct credential credential;
	int r;

	wire_get_str(in, label, sizeof(label));
	if (!wire_done(in) || len != sizeof(id)) {
		client->closing = true;
		return;
	}
	if (!text_label_valid(label, WIRE_LABEL_MAX)) {
		keeper_refuse(keeper, client, WEBCRED_TYPE_ERROR,
			      "a label has 1 to 63 printable bytes");
		return;
	}
	r = manage_find(keeper, client, id, &credential);
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0)
		r = keeper->store->ops->record_rename(keeper->store, client->account.number, id,
						      label);
	if (manage_failed(keeper, client, "rename", r, "no such credential"))
		return;
	manage_done(client, "rename", &credential, label);
	keeper_done(keeper, client, "");
}

void keeper_remove(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t id[WIRE_ID_SIZE];
	size_t len = wire_get_bytes(in, id, sizeof(id));
	struct credential credential;
	int r;

	if (!wire_done(in) || len != sizeof(id)) {
		client->closing = true;
		return;
	}
	r = manage_find(keeper, client, id, &credential);
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0)
		r = keeper->store->ops->record_remove(keeper->store, client->account.number, id);
	if (manage_failed(keeper, client, "remove", r, "no such credential"))
		return;
	manage_done(client, "remove", &credential, credential_kind_name(credential.kind));
	keeper_done(keeper, client, "");
}

/* What is in flight for this account ends with it: who was let in before the
 * lock has been, who was not is not.  What this turn has answered already still
 * leaves, and may be a grant that is committed with us; nothing follows it. */
void keeper_end_others(struct keeper *keeper, const struct client *client, int64_t account)
{
	struct client *other;

	for (other = keeper->clients; other; other = other->next) {
		if (other == client || !other->known || other->account.number != account)
			continue;
		if (other->answer)
			other->doomed = true;
		else
			other->closing = true;
	}
}

/* A person of ours stays one, with nothing enrolled; `webcred account remove` is
 * for the rest. */
static int manage_forget(struct keeper *keeper, const struct client *client)
{
	struct store *store = keeper->store;
	struct store_person person;
	int r = store->ops->person_find(store, client->account.name, &person);

	if (r == STORE_ABSENT)
		return store->ops->account_remove(store, client->account.number);
	return r == 0 ? store->ops->account_empty(store, client->account.number) : r;
}

void keeper_remove_all(struct keeper *keeper, struct client *client)
{
	int r = STORE_ABSENT;

	/* Also for an account whose uid has changed hands: this is how root ends it. */
	if (client->known || client->barred)
		r = keeper_write(keeper);
	if (r == 0)
		r = manage_forget(keeper, client);
	if (manage_failed(keeper, client, "remove", r, "nothing is enrolled under this name"))
		return;
	keeper_end_others(keeper, client, client->account.number);
	client->known = client->barred = false;
	manage_done(client, "remove", NULL, "every credential, and the account's flags");
	keeper_done(keeper, client, "");
}

/* ---- invitations ------------------------------------------------------------- */

void keeper_invite(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint32_t seconds = wire_get_u32(in);
	char shown[20], canonical[OTP_RECOVERY_LEN + 1];
	uint8_t random[10], hash[32];
	int r;

	if (!wire_done(in)) {
		client->closing = true;
		return;
	}
	if (seconds < MANAGE_INVITE_MIN_S || seconds > MANAGE_INVITE_MAX_S) {
		keeper_refuse(keeper, client, WEBCRED_TYPE_ERROR,
			      "an invitation is valid for 1 minute to 30 days");
		return;
	}
	if (!keeper_has_key(keeper, client))
		return;
	randombytes_buf(random, sizeof(random));
	otp_recovery_text(random, shown);
	otp_recovery_canonical(shown, strlen(shown), canonical);
	otp_recovery_hash(keeper->key_invite, canonical, hash);
	r = keeper_account(keeper, client);
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0)
		r = keeper->store->ops->invite_set(keeper->store, client->account.number, hash,
						   keeper_now() + seconds);
	if (!manage_failed(keeper, client, "invite", r,
			   "there is no such account, or its name or uid belonged to another")) {
		manage_done(client, "invite", NULL, "");
		keeper_done(keeper, client, shown);
	}
	sodium_memzero(random, sizeof(random));
	sodium_memzero(shown, sizeof(shown));
	sodium_memzero(canonical, sizeof(canonical));
}

static int manage_take_invite(struct keeper *keeper, struct client *client,
			      const struct webcred_secret *code, struct store_throttle *state)
{
	char canonical[OTP_RECOVERY_LEN + 1] = "";
	uint8_t hash[32];
	int r = STORE_ABSENT;

	if (client->known && !client->barred &&
	    otp_recovery_canonical(secret_bytes(code), secret_len(code), canonical)) {
		otp_recovery_hash(keeper->key_invite, canonical, hash);
		r = keeper->store->ops->invite_take(keeper->store, client->account.number, hash,
						    keeper_now());
	}
	sodium_memzero(canonical, sizeof(canonical));
	if (r > 0) {
		throttle_charge(&keeper->conf, state, keeper_now());
		if (keeper_throttle_set(keeper, client, WEBCRED_TYPE_NONE, state) < 0)
			return -EIO;
	}
	return r;
}

void keeper_invite_take(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct webcred_secret *code = wire_get_secret(in);
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct store_throttle state;
	int r;

	/* Only where nothing is enrolled: an invitation never replaces a proof. */
	if (!wire_done(in) || !code || client->strongest) {
		client->closing = true;
		secret_free(code);
		return;
	}
	if (!keeper_has_key(keeper, client)) {
		secret_free(code);
		return;
	}
	r = keeper_throttle(keeper, client, WEBCRED_TYPE_NONE, &state, &judgement.wait_s);
	if (r == 1) {
		judgement.throttled = true;
	} else {
		if (r == 0)
			r = keeper_write(keeper);
		if (r == 0)
			r = manage_take_invite(keeper, client, code, &state);
	}
	secret_free(code);
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "an invitation could not be judged");
		return;
	}
	if (r == 0) {
		client->proved = true;
		judgement.verdict = VERDICT_GRANTED;
		strcpy(client->audit_on_commit, "prove");
		client->note = (struct audit_note){.result = "granted", .reason = "invitation"};
	} else {
		snprintf(judgement.reason, sizeof(judgement.reason), "%s",
			 judgement.throttled ? "throttled" : "wrong or expired invitation");
	}
	keeper_answer_judged(keeper, client, &judgement);
}

/* ---- lock, status --------------------------------------------------------------- */

void keeper_lock(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	bool locked = wire_get_u8(in) == 1;
	char subject[64];
	int r = STORE_ABSENT;

	if (!wire_done(in)) {
		client->closing = true;
		return;
	}
	if (client->known)
		r = keeper_write(keeper);
	if (r == 0)
		r = keeper->store->ops->account_lock(keeper->store, client->account.number, locked);
	if (r == 0 && !locked) {
		keeper_subject(keeper, client, subject, sizeof(subject));
		r = keeper->store->ops->throttle_clear(keeper->store, subject, NULL);
		if (r == STORE_ABSENT)
			r = 0;
	}
	if (manage_failed(keeper, client, locked ? "lock" : "unlock", r,
			  "nothing is enrolled under this name"))
		return;
	if (locked)
		keeper_end_others(keeper, client, client->account.number);
	manage_done(client, locked ? "lock" : "unlock", NULL, "");
	keeper_done(keeper, client, "");
}

struct manage_status {
	char *at;
	size_t left;
};

static void manage_status_line(void *context, const char *section, const char *key,
			       const char *value)
{
	struct manage_status *status = context;
	int n = snprintf(status->at, status->left, "%s %s = %s\n", section, key, value);

	if (n < 0 || (size_t)n >= status->left) {
		*status->at = 0; /* a line that does not fit is left out whole */
		return;
	}
	status->at += n;
	status->left -= (size_t)n;
}

void keeper_status(struct keeper *keeper, struct client *client)
{
	char text[WIRE_TEXT_MAX + 1];
	struct manage_status status = {.at = text, .left = sizeof(text)};

	text[0] = 0;
	manage_status_line(&status, "store", "rp_id", keeper->rp_id);
	manage_status_line(&status, "store", "host_key",
			   keeper->seal ? "present" : keeper->key_trouble);
	conf_each(&keeper->conf, manage_status_line, &status);
	keeper_done(keeper, client, text);
}
