/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * Values in the database: rows of a damaged or tampered file, with any value of
 * any kind in any column.  The tables are the schema's, without its checks.
 */
#include "authority/store/schema.h"
#include "authority/store/sqlite.h"
#include "tests/fuzz/fuzz.h"

static struct sqlite_store store = {.base = {.ops = &sqlite_ops}, .folder = -1};

static void leave_out(char *text, const char *word)
{
	for (char *at = strstr(text, word); at; at = strstr(at, word))
		memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
}

static void loosen(char *schema)
{
	leave_out(schema, " STRICT");
	leave_out(schema, " WHERE external IS NOT NULL");
	leave_out(schema, " NOT NULL");
	leave_out(schema, " REFERENCES account ON DELETE CASCADE");
	/* The keyword that follows STRICT there. */
	leave_out(schema, ", WITHOUT ROWID");
}

static void set_up(void)
{
	char *schema;

	fuzz_insist(sqlite3_open(":memory:", &store.db) == SQLITE_OK);
	fuzz_insist(sqlite3_exec(store.db, "PRAGMA ignore_check_constraints = ON", NULL, NULL,
				 NULL) == SQLITE_OK);
	for (size_t i = 0; i < sizeof(schema_steps) / sizeof(schema_steps[0]); i++) {
		schema = strdup(schema_steps[i]);
		fuzz_insist(schema != NULL);
		loosen(schema);
		fuzz_insist(sqlite3_exec(store.db, schema, NULL, NULL, NULL) == SQLITE_OK);
		free(schema);
	}
	fuzz_insist(sqlite_prepare_all(&store) == 0);
}

/* One value: its kind, and a piece. */
static void bind(sqlite3_stmt *statement, int column, struct fuzz_pieces *pieces)
{
	uint8_t kind = fuzz_byte(pieces);
	size_t len;
	const uint8_t *piece;
	int64_t number = 0;

	if (kind % 5 == 0) {
		sqlite3_bind_null(statement, column);
		return;
	}
	if (kind % 5 == 4) {
		sqlite3_bind_int64(statement, column, kind / 5);
		return;
	}
	piece = fuzz_piece(pieces, &len);
	if (kind % 5 == 1)
		sqlite3_bind_text(statement, column, (const char *)piece, (int)len,
				  SQLITE_TRANSIENT);
	else if (kind % 5 == 2)
		sqlite3_bind_blob(statement, column, piece, (int)len, SQLITE_TRANSIENT);
	for (size_t i = 0; i < len && i < 8; i++)
		number = (int64_t)((uint64_t)number << 8 | piece[i]);
	if (kind % 5 == 3)
		sqlite3_bind_int64(statement, column, number);
}

static bool insert(const char *sql, int from, int n, struct fuzz_pieces *pieces)
{
	sqlite3_stmt *statement = NULL;
	int rc;

	fuzz_insist(sqlite3_prepare_v2(store.db, sql, -1, &statement, NULL) == SQLITE_OK);
	for (int i = from; i <= n; i++)
		bind(statement, i, pieces);
	rc = sqlite3_step(statement);
	(void)sqlite3_finalize(statement);
	return rc == SQLITE_DONE;
}

static struct store_record found;
static unsigned n_found;

static int each_record(void *context, const struct store_record *record)
{
	(void)context;
	fuzz_insist(record->sealed_len <= sizeof(record->sealed));
	fuzz_insist(record->credential.external_len <= sizeof(record->credential.external));
	fuzz_insist(record->credential.key_len <= sizeof(record->credential.key));
	fuzz_insist(record->credential.kind >= KIND_PASSWORD &&
		    record->credential.kind <= KIND_SSH_SK);
	found = *record;
	n_found++;
	return 0;
}

/* What was read can be written, and reads as the same. */
static void write_again(void)
{
	const struct store_ops *ops = store.base.ops;
	const struct credential *credential = &found.credential;
	struct store_record again;
	uint8_t hash[32] = {1}, left = 0;

	fuzz_insist(ops->record_remove(&store.base, 1, credential->id) == 0);
	fuzz_insist(ops->record_add(&store.base, &found) == 0);
	memset(&again, 0, sizeof(again));
	fuzz_insist(ops->record_get(&store.base, 1, credential->id, &again) == 0);
	fuzz_insist(memcmp(&again.credential, credential, sizeof(again.credential)) == 0);
	fuzz_insist(strcmp(again.hash, found.hash) == 0 && again.sealed_len == found.sealed_len);
	if (credential->external_len > 0)
		fuzz_insist(ops->record_external(&store.base, credential->external,
						 credential->external_len, &again) == 0);
	fuzz_insist(ops->record_rename(&store.base, 1, credential->id, "another") == 0);
	(void)ops->set_hash(&store.base, 1, credential->id, found.hash, 5);
	(void)ops->set_resync(&store.base, 1, credential->id, found.resync, found.resync_at);
	(void)ops->note_backup_state(&store.base, 1, credential->id, true);
	(void)ops->code_add(&store.base, credential->id, hash);
	if (ops->use_code(&store.base, credential->id, hash, 7, &left) == 0)
		fuzz_insist(ops->use_code(&store.base, credential->id, hash, 8, &left) ==
			    STORE_CONFLICT);
	if (credential->kind != KIND_RECOVERY && credential->moving < INT64_MAX) {
		fuzz_insist(ops->advance(&store.base, 1, credential->id, credential->moving,
					 credential->moving + 1, 0, 9) == 0);
		fuzz_insist(ops->advance(&store.base, 1, credential->id, credential->moving,
					 credential->moving + 1, 0, 9) == STORE_CONFLICT);
	}
}

static void try_record(struct fuzz_pieces *pieces)
{
	static const char sql[] =
		"INSERT INTO credential (account, id, type, kind, label, rp_id, created, last_used,"
		" locked, moving, hash, sealed, seal_key, algorithm, digits, period, drift, resync,"
		" resync_at, cose_algorithm, external, key, aaguid, transports, uv_initialized,"
		" backup_eligible, backup_state, resident, no_touch, relearn) VALUES (1, ?2, ?3,"
		" ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
		" ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)";

	if (!insert(sql, 2, 30, pieces))
		return;
	n_found = 0;
	if (store.base.ops->record_each(&store.base, 1, each_record, NULL) == 0) {
		fuzz_insist(n_found == 1);
		write_again();
	}
}

static int each_account(void *context, const struct store_account *account)
{
	(void)context;
	fuzz_insist(memchr(account->name, '\0', sizeof(account->name)) != NULL);
	return 0;
}

static void try_rest(struct fuzz_pieces *pieces)
{
	struct store_throttle throttle = {0};
	struct store_account account;
	char value[64];
	bool open;

	if (insert("INSERT INTO account VALUES (?1, 'alice', ?3, ?4, ?5, ?6)", 1, 6, pieces))
		(void)store.base.ops->account_find(&store.base, "alice", &account);
	(void)insert("INSERT INTO account VALUES (?1, ?2, ?3, ?4, ?5, ?6)", 1, 6, pieces);
	(void)store.base.ops->account_each(&store.base, -1, each_account, NULL);
	if (insert("INSERT INTO throttle VALUES ('account:1', 1, 'local', ?4, ?5, ?6)", 4, 6,
		   pieces))
		(void)store.base.ops->throttle_get(&store.base, "account:1", WEBCRED_TYPE_PASSWORD,
						   "local", &throttle);
	if (insert("INSERT INTO invitation VALUES (1, ?2, ?3)", 2, 3, pieces))
		(void)store.base.ops->invite_open(&store.base, 1, 1000, &open);
	if (insert("INSERT INTO meta VALUES ('rp_id', ?2)", 2, 2, pieces))
		(void)store.base.ops->meta_get(&store.base, "rp_id", value, sizeof(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_pieces pieces = {data, size};

	if (!store.db)
		set_up();
	fuzz_insist(store.base.ops->begin(&store.base) == 0);
	if (fuzz_byte(&pieces) & 1)
		try_rest(&pieces);
	else
		try_record(&pieces);
	store.base.ops->rollback(&store.base);
	return 0;
}
