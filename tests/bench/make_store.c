/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * make_store FOLDER - makes or extends a store, by the store's own verbs and
 * sealed by its own key, from lines on standard input:
 *
 *   user NAME UID        what follows is NAME's
 *   hotp | totp          seed: SHA-1 of the name
 *   password TEXT        of the cost that the configuration ships
 *   cheap TEXT           a password again, of an eighth of the memory
 *   recovery             ten codes, which nobody knows
 *   key COUNT            that many keys, which nobody has
 *   authfile PATH        a pam-u2f authfile's first entry
 *   fill FIRST COUNT     users fillFIRST ... with a hotp each
 *   full FIRST COUNT     users fullFIRST ... with one of everything but recovery's words
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "authority/seal.h"
#include "authority/store/store.h"
#include "lib/core/types/import.h"
#include "tests/bench/login.h"

#define BATCH 5000
#define RP_ID "bench"
#define FILL_UID 200000
#define CODES 10

struct maker {
	struct store *store;
	struct seal *seal;
	uint8_t recovery[32];
	struct store_account account;
	int written; /* in this batch */
};

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "make_store: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(1);
}

static void must(const char *what, int r)
{
	if (r != 0)
		die(what, r > 0 ? EEXIST : r);
}

static void batch_end(struct maker *maker)
{
	must("commit", maker->store->ops->commit(maker->store));
	maker->store->ops->idle(maker->store);
	maker->written = 0;
}

static void batch_count(struct maker *maker)
{
	if (++maker->written < BATCH)
		return;
	batch_end(maker);
	must("begin", maker->store->ops->begin(maker->store));
}

static void add_user(struct maker *maker, const char *name, uint32_t uid)
{
	uint8_t handle[STORE_HANDLE_SIZE];

	randombytes_buf(handle, sizeof(handle));
	must("account_add", maker->store->ops->account_add(maker->store, name, uid, handle,
							   time(NULL), &maker->account));
	batch_count(maker);
}

static struct store_record record_new(const struct maker *maker, enum webcred_type type,
				      enum credential_kind kind, const char *label)
{
	struct store_record record;

	memset(&record, 0, sizeof(record));
	record.account = maker->account.number;
	randombytes_buf(record.credential.id, sizeof(record.credential.id));
	record.credential.type = type;
	record.credential.kind = kind;
	record.credential.created = time(NULL);
	strcpy(record.credential.rp_id, RP_ID);
	snprintf(record.credential.label, sizeof(record.credential.label), "%s", label);
	return record;
}

static void record_put(struct maker *maker, const struct store_record *record)
{
	must("record_add", maker->store->ops->record_add(maker->store, record));
	batch_count(maker);
}

static void add_otp(struct maker *maker, enum credential_kind kind)
{
	struct store_record record = record_new(maker, WEBCRED_TYPE_OTP, kind, "authenticator app");
	uint8_t seed[SEED_SIZE];

	otp_seed(maker->account.name, seed);
	record.credential.algorithm = ALGORITHM_SHA1;
	record.credential.digits = 6;
	record.credential.period = kind == KIND_TOTP ? 30 : 0;
	record.credential.moving = kind == KIND_HOTP ? 1 : 0;
	must("seal", seal_record(maker->seal, &maker->account, &record, seed, sizeof(seed)));
	record_put(maker, &record);
}

static void add_password(struct maker *maker, const char *text, unsigned passes, size_t kib)
{
	struct store_record record =
		record_new(maker, WEBCRED_TYPE_PASSWORD, KIND_PASSWORD, "password");

	if (crypto_pwhash_argon2id_str(record.hash, text, strlen(text), passes, kib * 1024) != 0)
		die("argon2id", ENOMEM);
	record_put(maker, &record);
}

static void add_recovery(struct maker *maker)
{
	struct store_record record =
		record_new(maker, WEBCRED_TYPE_OTP, KIND_RECOVERY, "recovery codes");

	record.credential.moving = CODES;
	record_put(maker, &record);
	for (int i = 0; i < CODES; i++) {
		uint8_t hash[32];

		randombytes_buf(hash, sizeof(hash));
		must("code_add",
		     maker->store->ops->code_add(maker->store, record.credential.id, hash));
		batch_count(maker);
	}
}

/* What a common key's record looks like: ES256, a credential id of 64 bytes. */
static void add_key(struct maker *maker)
{
	static const uint8_t head[] = {0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20};
	struct store_record record =
		record_new(maker, WEBCRED_TYPE_PUBLIC_KEY, KIND_WEBAUTHN, "security key");
	struct credential *key = &record.credential;

	key->cose_algorithm = COSE_ES256;
	key->external_len = 64;
	randombytes_buf(key->external, key->external_len);
	memcpy(key->key, head, sizeof(head));
	randombytes_buf(key->key + sizeof(head), 67);
	memcpy(key->key + 42, "\x22\x58\x20", 3);
	key->key_len = 77;
	randombytes_buf(key->aaguid, sizeof(key->aaguid));
	key->transports = TRANSPORT_USB;
	record_put(maker, &record);
}

static int take_entry(void *context, const struct import_entry *entry)
{
	struct credential *credential = context;

	if (!entry->good)
		return 0;
	*credential = entry->record;
	return 1;
}

static void add_authfile(struct maker *maker, const char *path)
{
	struct store_record record =
		record_new(maker, WEBCRED_TYPE_PUBLIC_KEY, KIND_PAM_U2F, "security key");
	struct credential found;
	static char text[IMPORT_FILE_MAX];
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;

	if (file)
		fclose(file);
	if (import_pam_u2f(text, len, "pam://" RP_ID, take_entry, &found) != 1)
		die(path, EINVAL);
	memcpy(found.id, record.credential.id, sizeof(found.id));
	strcpy(found.label, record.credential.label);
	found.created = record.credential.created;
	record.credential = found;
	record_put(maker, &record);
}

static void fill(struct maker *maker, bool full, int first, int count)
{
	char name[32];

	for (int i = first; i < first + count; i++) {
		snprintf(name, sizeof(name), "%s%d", full ? "full" : "fill", i);
		add_user(maker, name, FILL_UID + (uint32_t)i);
		add_otp(maker, full ? KIND_TOTP : KIND_HOTP);
		if (!full)
			continue;
		add_password(maker, "nobody's", 1, 8); /* as long as any */
		add_key(maker);
		add_recovery(maker);
	}
}

static void obey(struct maker *maker, char *line)
{
	char word[16] = "", text[256] = "";
	int first = 0, second = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "user %255s %d", text, &first) == 2)
		add_user(maker, text, (uint32_t)first);
	else if (sscanf(line, "%15s %d %d", word, &first, &second) == 3)
		fill(maker, strcmp(word, "full") == 0, first, second);
	else if (strcmp(line, "hotp") == 0 || strcmp(line, "totp") == 0)
		add_otp(maker, line[0] == 'h' ? KIND_HOTP : KIND_TOTP);
	else if (strcmp(line, "recovery") == 0)
		add_recovery(maker);
	else if (strncmp(line, "password ", 9) == 0)
		add_password(maker, line + 9, 2, 65536);
	else if (strncmp(line, "cheap ", 6) == 0)
		add_password(maker, line + 6, 2, 8192);
	else if (strncmp(line, "authfile ", 9) == 0)
		add_authfile(maker, line + 9);
	else if (sscanf(line, "key %d", &first) == 1)
		while (first-- > 0)
			add_key(maker);
	else
		die(line, EINVAL);
}

static void open_all(struct maker *maker, const char *folder)
{
	char error[512] = "", number[16], stored[16];
	int r = store_sqlite_open(folder, &maker->store, error, sizeof(error));
	bool first;

	if (r == 0)
		first = maker->store->ops->meta_get(maker->store, "seal_key", stored,
						    sizeof(stored)) == STORE_ABSENT;
	if (r == 0)
		r = seal_open(folder, first, &maker->seal, error, sizeof(error));
	if (r != 0)
		die(error, r);
	seal_subkey(maker->seal, "recovery", maker->recovery);
	must("begin", maker->store->ops->begin(maker->store));
	if (first) {
		snprintf(number, sizeof(number), "%u", seal_key_number(maker->seal));
		must("meta", maker->store->ops->meta_set(maker->store, "seal_key", number));
		must("meta", maker->store->ops->meta_set(maker->store, "rp_id", RP_ID));
	}
}

int main(int argc, char **argv)
{
	static struct maker maker;
	char line[512];

	if (argc != 2) {
		fputs("usage: make_store FOLDER <LINES\n", stderr);
		return 2;
	}
	if (sodium_init() < 0)
		return 1;
	open_all(&maker, argv[1]);
	while (fgets(line, sizeof(line), stdin))
		obey(&maker, line);
	batch_end(&maker);
	maker.store->ops->close(maker.store);
	seal_close(maker.seal);
	return 0;
}
