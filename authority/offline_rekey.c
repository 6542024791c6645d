/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * rekey - another host key.  The new key is written beside the old one; every
 * sealed record is sealed anew and the store names the new key, in one
 * transaction; then the new key gets the old one's name.  seal_settle(), which
 * the keeper calls at each start, finishes what a crash interrupted.
 */
#include "authority/offline.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/audit.h"
#include "authority/made.h"
#include "authority/seal.h"

struct rekey {
	const struct offline_options *options;
	struct store *store;
	struct seal *old, *next; /* old: NULL where it is lost */
	uint32_t number;	 /* of the key that the store names */
	unsigned n;		 /* records */
	int error;
	char text[512];
	/* one account's, while its records are walked */
	struct store_account account;
	uint8_t (*id)[WIRE_ID_SIZE];
	size_t n_ids, room;
};

/* ---- sealing anew ------------------------------------------------------------- */

static int rekey_note_id(void *context, const struct store_record *record)
{
	struct rekey *rekey = context;
	void *grown;

	if (!record->sealed_len)
		return 0;
	if (rekey->n_ids == rekey->room) {
		grown = realloc(rekey->id, (2 * rekey->room + 8) * sizeof(*rekey->id));
		if (!grown)
			return -ENOMEM;
		rekey->id = grown;
		rekey->room = 2 * rekey->room + 8;
	}
	memcpy(rekey->id[rekey->n_ids++], record->credential.id, WIRE_ID_SIZE);
	return 0;
}

static int rekey_record(struct rekey *rekey, const uint8_t id[WIRE_ID_SIZE])
{
	struct store *store = rekey->store;
	struct store_record record;
	uint8_t seed[OTP_SEED_MAX];
	size_t len = 0;
	int r = store->ops->record_get(store, rekey->account.number, id, &record);

	if (r == 0)
		r = seal_open_record(rekey->old, &rekey->account, &record, seed, &len);
	if (r == 0)
		r = seal_record(rekey->next, &rekey->account, &record, seed, len);
	if (r == 0)
		r = store->ops->reseal(store, &record);
	if (r == 0)
		rekey->n++;
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(&record, sizeof(record));
	return r > 0 ? -EUCLEAN : r;
}

static int rekey_account(void *context, const struct store_account *account)
{
	struct rekey *rekey = context;
	int r;

	rekey->account = *account;
	rekey->n_ids = 0;
	r = rekey->store->ops->record_each(rekey->store, account->number, rekey_note_id, rekey);
	for (size_t i = 0; r == 0 && i < rekey->n_ids; i++)
		r = rekey_record(rekey, rekey->id[i]);
	if (r < 0)
		snprintf(rekey->text, sizeof(rekey->text), "a sealed record of %s: %s",
			 account->name, strerror(-r));
	return r;
}

static int rekey_carry(struct rekey *rekey)
{
	uint8_t keys[SEAL_CARRIED_SIZE];
	char text[SEAL_CARRIED_TEXT] = "";
	struct store *store = rekey->store;
	int r = store->ops->meta_get(store, "code_keys", text, sizeof(text));

	if (r >= 0)
		r = seal_code_keys(rekey->old, text, keys);
	if (r == 0)
		r = seal_carry(rekey->next, keys, text);
	sodium_memzero(keys, sizeof(keys));
	return r == 0 ? store->ops->meta_set(store, "code_keys", text) : r;
}

static int rekey_write(struct rekey *rekey)
{
	struct store *store = rekey->store;
	char number[16];
	int r;

	if (rekey->options->key_lost) {
		r = store->ops->drop_sealed(store, &rekey->n);
		if (r == 0)
			r = store->ops->meta_set(store, "code_keys", "");
	} else {
		r = store->ops->account_each(store, 0, rekey_account, rekey);
		if (r == 0)
			r = rekey_carry(rekey);
	}
	snprintf(number, sizeof(number), "%" PRIu32, seal_key_number(rekey->next));
	if (r == 0)
		r = store->ops->meta_set(store, "seal_key", number);
	return r;
}

static int rekey_commit(struct rekey *rekey)
{
	struct store *store = rekey->store;
	const char *folder = rekey->options->state_folder;
	int r = seal_make_next(folder, &rekey->next, rekey->text, sizeof(rekey->text));

	if (r == 0)
		r = store->ops->begin(store);
	if (r == 0) {
		r = rekey_write(rekey);
		if (r == 0)
			r = store->ops->commit(store);
		else
			store->ops->rollback(store);
	}
	/* A key that was not the store's is not ours to remove. */
	if (r == 0)
		r = seal_settle(folder, seal_key_number(rekey->next), rekey->options->key_lost,
				rekey->text, sizeof(rekey->text));
	if (r != 0)
		return offline_fail(OFFLINE_FAULT, "no new host key: %s",
				    rekey->text[0] ? rekey->text : strerror(r < 0 ? -r : EIO));
	return 0;
}

/* ---- the key that is there ------------------------------------------------------ */

/* Opens the store's own key; where it is not here, rekey->old stays NULL. */
static int rekey_open_key(struct rekey *rekey)
{
	const char *folder = rekey->options->state_folder;
	char stored[16] = "";
	int r = rekey->store->ops->meta_get(rekey->store, "seal_key", stored, sizeof(stored));

	if (r != 0)
		return offline_fail(OFFLINE_REFUSED,
				    "%s names no host key; was an authority ever started on it?",
				    folder);
	rekey->number = (uint32_t)strtoul(stored, NULL, 10);
	r = seal_settle(folder, rekey->number, false, rekey->text, sizeof(rekey->text));
	if (r == 0)
		r = seal_open(folder, false, &rekey->old, rekey->text, sizeof(rekey->text));
	if (r == 0 && seal_key_number(rekey->old) != rekey->number) {
		snprintf(rekey->text, sizeof(rekey->text),
			 "host.key is number %" PRIu32
			 ", the store was sealed with number %" PRIu32,
			 seal_key_number(rekey->old), rekey->number);
		seal_close(rekey->old);
		rekey->old = NULL;
		r = -ENOKEY;
	}
	if (r < 0 && r != -ENOKEY)
		return offline_fail(OFFLINE_FAULT, "%s", rekey->text);
	if (!rekey->old && !rekey->options->key_lost)
		return offline_fail(
			OFFLINE_REFUSED,
			"%s. Put the key back; if it is lost for good: --rekey --key-lost",
			rekey->text);
	if (rekey->old && rekey->options->key_lost)
		return offline_fail(OFFLINE_REFUSED,
				    "the host key is here, nothing is lost: --rekey alone");
	return 0;
}

static int rekey_ask(const struct rekey *rekey)
{
	int n = offline_count(rekey->store);
	char question[300];

	if (!rekey->options->key_lost)
		return 0;
	snprintf(question, sizeof(question),
		 "Drop every one-time code, recovery code and invitation of %d accounts? Passwords"
		 " and security keys stay.",
		 n);
	return offline_confirm(rekey->options, question);
}

static void rekey_report(const struct rekey *rekey)
{
	char reason[200];

	snprintf(reason, sizeof(reason), "%u records %s; host key %" PRIu32 " instead of %" PRIu32,
		 rekey->n, rekey->options->key_lost ? "dropped, their key being lost" : "resealed",
		 seal_key_number(rekey->next), rekey->number);
	offline_note("rekey", reason);
	printf("Done: %s.\nA backup needs the host key of its time; keep a copy of the new one:"
	       " %s/host.key\n",
	       reason, rekey->options->state_folder);
}

int offline_rekey(const struct offline_options *options)
{
	static struct rekey rekey;
	static struct conf conf;
	int r;

	rekey.options = options;
	offline_conf(options, &conf);
	/* A store that was lost is not begun anew by who changes its key. */
	r = made_check(options->state_folder, false, rekey.text, sizeof(rekey.text));
	if (r == 0)
		r = store_sqlite_open(options->state_folder, &rekey.store, rekey.text,
				      sizeof(rekey.text));
	if (r == -EBUSY)
		return offline_fail(OFFLINE_REFUSED,
				    "%s is in use: stop the authority first: systemctl stop "
				    "webcred-login.socket webcred-user.socket webcred.service",
				    options->state_folder);
	if (r != 0)
		return offline_fail(OFFLINE_FAULT, "%s", rekey.text);
	rekey.text[0] = 0;
	r = rekey_open_key(&rekey);
	if (r == 0)
		r = rekey_ask(&rekey);
	if (r == 0)
		r = rekey_commit(&rekey);
	if (r == 0)
		rekey_report(&rekey);
	seal_close(rekey.old);
	seal_close(rekey.next);
	rekey.store->ops->close(rekey.store);
	free(rekey.id);
	audit_close();
	return r;
}
