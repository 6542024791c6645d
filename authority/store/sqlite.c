/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORD                                                                                     \
	"account, id, type, kind, label, rp_id, created, last_used, locked, moving, hash, sealed," \
	" seal_key, algorithm, digits, period, drift, resync, resync_at, cose_algorithm,"          \
	" external, key, aaguid, transports, uv_initialized, backup_eligible, backup_state,"       \
	" resident, no_touch, relearn"

/* A time of 0 leaves what is there. */
#define NOTE_USE(at) " last_used = CASE " at " WHEN 0 THEN last_used ELSE " at " END"

static const char *const queries[QUERIES] = {
	[QUERY_BEGIN] = "BEGIN IMMEDIATE",
	[QUERY_COMMIT] = "COMMIT",
	[QUERY_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[QUERY_META_SET] = "INSERT INTO meta VALUES (?1, ?2)"
			   " ON CONFLICT DO UPDATE SET value = ?2",
	[QUERY_ACCOUNT_FIND] = "SELECT number, name, uid, handle, locked, created FROM account"
			       " WHERE name = ?1",
	[QUERY_ACCOUNT_ADD] = "INSERT INTO account (name, uid, handle, created)"
			      " VALUES (?1, ?2, ?3, ?4)",
	[QUERY_ACCOUNT_LOCK] = "UPDATE account SET locked = ?2 WHERE number = ?1",
	[QUERY_ACCOUNT_REMOVE] = "DELETE FROM account WHERE number = ?1",
	[QUERY_ACCOUNT_EACH] = "SELECT number, name, uid, handle, locked, created FROM account"
			       " WHERE number > ?1 ORDER BY number LIMIT ?2",
	[QUERY_FLAG_GET] = "SELECT 1 FROM silent_access"
			   " WHERE account = ?1 AND rp_id = ?2 AND service = ?3",
	[QUERY_FLAG_CLEAR] = "INSERT INTO silent_access VALUES (?1, ?2, ?3)"
			     " ON CONFLICT DO NOTHING",
	[QUERY_FLAG_SET] = "DELETE FROM silent_access"
			   " WHERE account = ?1 AND rp_id = ?2 AND service = ?3",
	[QUERY_FLAG_SET_EVERYWHERE] = "DELETE FROM silent_access"
				      " WHERE account = ?1 AND (?2 IS NULL OR rp_id = ?2)",
	[QUERY_INVITE_GET] = "SELECT hash, expires FROM invitation WHERE account = ?1",
	[QUERY_INVITE_SET] = "INSERT INTO invitation VALUES (?1, ?2, ?3)"
			     " ON CONFLICT DO UPDATE SET hash = ?2, expires = ?3",
	[QUERY_INVITE_REMOVE] = "DELETE FROM invitation WHERE account = ?1",
	[QUERY_RECORD_EACH] =
		"SELECT " RECORD " FROM credential WHERE account = ?1 ORDER BY number",
	[QUERY_RECORD_GET] = "SELECT " RECORD " FROM credential WHERE id = ?1 AND account = ?2",
	[QUERY_RECORD_EXTERNAL] = "SELECT " RECORD " FROM credential WHERE external = ?1",
	[QUERY_RECORD_ADD] = "INSERT INTO credential (" RECORD ") VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
			     " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
			     " ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
	[QUERY_RECORD_RENAME] = "UPDATE credential SET label = ?3 WHERE id = ?1 AND account = ?2",
	[QUERY_RECORD_REMOVE] = "DELETE FROM credential WHERE id = ?1 AND account = ?2",
	/* Kind 4, recovery codes: their number falls, by QUERY_CODE_COUNT_DOWN alone. */
	[QUERY_ADVANCE] = "UPDATE credential SET moving = ?4, resync = 0, resync_at = 0,"
			  " relearn = 0, drift = CASE kind WHEN 2 THEN ?5 ELSE drift END," NOTE_USE(
				  "?6") " WHERE id = ?1 AND account = ?2 AND moving = ?3"
					" AND (kind <> 4 OR ?4 = ?3)",
	[QUERY_BACKUP_STATE] = "UPDATE credential SET backup_state = ?3"
			       " WHERE id = ?1 AND account = ?2",
	[QUERY_SET_HASH] = "UPDATE credential SET hash = ?3," NOTE_USE(
		"?4") " WHERE id = ?1 AND account = ?2 AND kind = 1",
	[QUERY_SET_RESYNC] = "UPDATE credential SET resync = ?3, resync_at = ?4"
			     " WHERE id = ?1 AND account = ?2",
	[QUERY_CODE_RECORD] = "SELECT number FROM credential WHERE id = ?1 AND kind = 4",
	[QUERY_CODE_ADD] = "INSERT INTO recovery_code (credential, hash)"
			   " SELECT number, ?2 FROM credential WHERE id = ?1 AND kind = 4",
	[QUERY_CODE_USED] = "SELECT used_at FROM recovery_code WHERE credential = ?1 AND hash = ?2",
	[QUERY_CODE_USE] = "UPDATE recovery_code SET used_at = ?3"
			   " WHERE credential = ?1 AND hash = ?2 AND used_at = 0",
	[QUERY_CODE_COUNT_DOWN] = "UPDATE credential SET last_used = ?2, moving ="
				  " (SELECT count(*) FROM recovery_code WHERE credential = ?1"
				  " AND used_at = 0) WHERE number = ?1 RETURNING moving",
	[QUERY_THROTTLE_GET] = "SELECT failures, first_at, last_at FROM throttle"
			       " WHERE subject = ?1 AND type = ?2 AND origin = ?3",
	[QUERY_THROTTLE_SET] = "INSERT INTO throttle VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			       " ON CONFLICT DO UPDATE SET failures = ?4, first_at = ?5,"
			       " last_at = ?6",
	[QUERY_THROTTLE_FORGET] = "DELETE FROM throttle"
				  " WHERE subject = ?1 AND type = ?2 AND origin = ?3",
	[QUERY_THROTTLE_CLEAR] = "DELETE FROM throttle WHERE subject = ?1",
	[QUERY_THROTTLE_CLEAR_ORIGIN] = "DELETE FROM throttle WHERE subject = ?1 AND origin = ?2",
	[QUERY_RELEARN] = "UPDATE credential SET moving = ?4, relearn = 0," NOTE_USE(
		"?5") " WHERE id = ?1 AND account = ?2 AND moving = ?3 AND relearn = 1"
		      " AND type = 2",
	/* Kind 2, TOTP: the last step a login can have used by now. */
	[QUERY_AGE_TOTP] = "UPDATE credential SET resync = 0, resync_at = 0, moving = max(moving,"
			   " ?1 / max(period, 1) + max(drift, 0) + ?2) WHERE kind = 2",
	[QUERY_AGE_HOTP] = "UPDATE credential SET resync = 0, resync_at = 0, relearn = 1,"
			   " moving = moving + ?1 WHERE kind = 3",
	[QUERY_AGE_KEYS] = "UPDATE credential SET relearn = 1 WHERE type = 2",
	[QUERY_AGE_CODES] = "UPDATE recovery_code SET used_at = ?1 WHERE used_at = 0",
	[QUERY_AGE_CODES_LEFT] = "UPDATE credential SET moving = 0 WHERE kind = 4",
	[QUERY_AGE_FLAGS] = "DELETE FROM silent_access",
	[QUERY_AGE_INVITES] = "DELETE FROM invitation",
	[QUERY_RESEAL] = "UPDATE credential SET sealed = ?3, seal_key = ?4"
			 " WHERE id = ?1 AND account = ?2",
	[QUERY_DROP_SEALED] = "DELETE FROM credential WHERE sealed IS NOT NULL OR kind = 4",
};

int sqlite_error(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return -EUCLEAN;
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_NOMEM	      ? -ENOMEM
		       : rc == SQLITE_IOERR_CORRUPTFS ? -EUCLEAN
						      : -EIO;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EPERM;
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_ABORT:
		return -ECANCELED;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_MISUSE:
	case SQLITE_TOOBIG:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* ---- statements ---- */

static int bind_one(sqlite3_stmt *statement, int at, const struct sqlite_value *value)
{
	switch (value->kind) {
	case VALUE_INTEGER:
		return sqlite3_bind_int64(statement, at, value->integer);
	case VALUE_TEXT:
		return sqlite3_bind_text(statement, at, value->bytes, -1, SQLITE_STATIC);
	case VALUE_BLOB:
		return sqlite3_bind_blob64(statement, at, value->bytes, value->len, SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(statement, at);
}

/* A fault in a batch: whatever SQLite has left of it, it may not be committed. */
static int doom(struct sqlite_store *store, int rc)
{
	if (store->batch)
		store->doomed = true;
	return sqlite_error(rc) ? sqlite_error(rc) : -EIO;
}

static int prepare(struct sqlite_store *store, enum sqlite_query query,
		   sqlite3_stmt **ret_statement)
{
	int rc = SQLITE_OK;

	if (!store->kept[query])
		rc = sqlite3_prepare_v3(store->db, queries[query], -1, SQLITE_PREPARE_PERSISTENT,
					&store->kept[query], NULL);
	if (rc == SQLITE_OK)
		*ret_statement = store->kept[query];
	return rc;
}

static int start(struct sqlite_store *store, enum sqlite_query query, sqlite3_stmt **ret_statement,
		 const struct sqlite_value *values, size_t n)
{
	int rc = prepare(store, query, ret_statement);

	if (rc != SQLITE_OK)
		return rc;
	/* A walk inside its own walk would take the row away from the outer one. */
	if (sqlite3_stmt_busy(*ret_statement))
		return SQLITE_BUSY;
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = bind_one(*ret_statement, (int)i + 1, &values[i]);
	return rc;
}

int sqlite_next(struct sqlite_store *store, sqlite3_stmt *row)
{
	int rc = sqlite3_step(row);

	if (rc == SQLITE_ROW)
		return 0;
	sqlite3_reset(row);
	return rc == SQLITE_DONE ? STORE_ABSENT : doom(store, rc);
}

int sqlite_find(struct sqlite_store *store, enum sqlite_query query, sqlite3_stmt **ret_row,
		const struct sqlite_value *values, size_t n)
{
	int rc = start(store, query, ret_row, values, n);

	return rc == SQLITE_OK ? sqlite_next(store, *ret_row) : doom(store, rc);
}

int sqlite_write(struct sqlite_store *store, enum sqlite_query query, int *ret_changed,
		 const struct sqlite_value *values, size_t n)
{
	sqlite3_stmt *statement = NULL;
	int rc;

	if (!store->batch)
		return -EINVAL;
	if (store->doomed || sqlite3_get_autocommit(store->db))
		return -ECANCELED;
	rc = start(store, query, &statement, values, n);
	if (rc != SQLITE_OK)
		return doom(store, rc);
	rc = sqlite3_step(statement);
	sqlite3_reset(statement);
	/* SQLite undoes a statement that breaks a constraint, and it alone. */
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    rc == SQLITE_CONSTRAINT_ROWID)
		return STORE_CONFLICT;
	if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
		return STORE_ABSENT;
	if (rc != SQLITE_DONE)
		return doom(store, rc);
	*ret_changed = sqlite3_changes(store->db);
	return 0;
}

int sqlite_change(struct sqlite_store *store, enum sqlite_query query,
		  const struct sqlite_value *values, size_t n)
{
	int changed = 0, r = sqlite_write(store, query, &changed, values, n);

	return r == 0 && changed == 0 ? STORE_ABSENT : r;
}

bool sqlite_column_text(sqlite3_stmt *row, int column, char *buffer, size_t size)
{
	const unsigned char *text;
	size_t len;

	if (sqlite3_column_type(row, column) == SQLITE_NULL) {
		buffer[0] = '\0';
		return true;
	}
	text = sqlite3_column_text(row, column);
	len = (size_t)sqlite3_column_bytes(row, column);
	if (!text || len >= size || memchr(text, 0, len))
		return false;
	memcpy(buffer, text, len);
	buffer[len] = '\0';
	return true;
}

bool sqlite_column_blob(sqlite3_stmt *row, int column, void *buffer, size_t size, size_t *ret_len)
{
	const void *bytes = sqlite3_column_blob(row, column);
	size_t len = (size_t)sqlite3_column_bytes(row, column);

	if (len > size || (len > 0 && !bytes))
		return false;
	if (len > 0)
		memcpy(buffer, bytes, len);
	*ret_len = len;
	return true;
}

bool sqlite_column_fixed(sqlite3_stmt *row, int column, void *buffer, size_t len)
{
	size_t got = 0;

	return sqlite_column_blob(row, column, buffer, len, &got) && got == len;
}

/* ---- the batch ---- */

static int begin(struct store *base)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	sqlite3_stmt *statement = NULL;
	int r;

	if (store->batch)
		return -EINVAL;
	r = sqlite_find(store, QUERY_BEGIN, &statement, NULL, 0);
	if (r != STORE_ABSENT)
		return r < 0 ? r : -EIO;
	store->batch = true;
	store->doomed = false;
	return 0;
}

static void rollback(struct store *base)
{
	struct sqlite_store *store = (struct sqlite_store *)base;

	if (!store->batch)
		return;
	/* After some faults there is nothing left to roll back: that is fine. */
	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->batch = store->doomed = false;
}

/* Moves what the log holds into the database, and lets the log begin anew. */
static void checkpoint(struct sqlite_store *store)
{
	int in_log = 0, moved = -1;

	/* A fault here harms nothing that was committed: the log still has it,
	 * and the next commit will say what is wrong. */
	sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &moved);
	if (in_log == moved)
		store->wal_pages = 0;
}

static int commit(struct store *base)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	sqlite3_stmt *statement = NULL;
	int r;

	if (!store->batch)
		return -EINVAL;
	if (store->doomed || sqlite3_get_autocommit(store->db)) {
		rollback(base);
		return -ECANCELED;
	}
	r = sqlite_find(store, QUERY_COMMIT, &statement, NULL, 0);
	if (r != STORE_ABSENT) {
		rollback(base);
		return r < 0 ? r : -EIO;
	}
	store->batch = false;
	if (store->wal_pages > SQLITE_WAL_BOUND)
		checkpoint(store);
	return 0;
}

static void idle(struct store *base)
{
	struct sqlite_store *store = (struct sqlite_store *)base;

	if (!store->batch && store->wal_pages > SQLITE_WAL_IDLE)
		checkpoint(store);
}

static void close_store(struct store *base)
{
	rollback(base);
	sqlite_free((struct sqlite_store *)base);
}

/* ---- looking after it ---- */

/* The first row of a check that says nothing when all is well. */
static int check_one(struct sqlite_store *store, const char *pragma, char *ret_text, size_t size)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(store->db, pragma, -1, &row, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(row);
	if (rc == SQLITE_ROW)
		snprintf(ret_text, size, "%s", (const char *)sqlite3_column_text(row, 0));
	else if (rc == SQLITE_DONE)
		snprintf(ret_text, size, "ok");
	else if (sqlite_error(rc) == -EUCLEAN)
		snprintf(ret_text, size, "%s", sqlite3_errmsg(store->db));
	sqlite3_finalize(row);
	return sqlite_error(rc) == -EUCLEAN ? 0 : sqlite_error(rc);
}

static int check(struct store *base, char *ret_text, size_t size)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	char table[64] = "";
	int r;

	r = check_one(store, "PRAGMA integrity_check(1)", ret_text, size);
	if (r < 0 || strcmp(ret_text, "ok") != 0)
		return r;
	r = check_one(store, "PRAGMA foreign_key_check", table, sizeof(table));
	if (r == 0 && strcmp(table, "ok") != 0)
		snprintf(ret_text, size, "table %s has rows whose owner is missing", table);
	return r;
}

/* A statement can be prepared where the schema has all that it names. */
int sqlite_prepare_all(struct sqlite_store *store)
{
	sqlite3_stmt *statement;

	for (int i = 0; i < QUERIES; i++) {
		int rc = prepare(store, (enum sqlite_query)i, &statement);

		if (rc == SQLITE_ERROR)
			return -EUCLEAN;
		if (rc != SQLITE_OK)
			return sqlite_error(rc);
	}
	return 0;
}

const struct store_ops sqlite_ops = {
	.close = close_store,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.idle = idle,
	.check = check,
	.backup = sqlite_backup,
	.meta_get = sqlite_meta_get,
	.meta_set = sqlite_meta_set,
	.account_find = sqlite_account_find,
	.account_add = sqlite_account_add,
	.account_lock = sqlite_account_lock,
	.account_remove = sqlite_account_remove,
	.account_each = sqlite_account_each,
	.record_each = sqlite_record_each,
	.record_get = sqlite_record_get,
	.record_add = sqlite_record_add,
	.record_rename = sqlite_record_rename,
	.record_remove = sqlite_record_remove,
	.record_external = sqlite_record_external,
	.advance = sqlite_advance,
	.note_backup_state = sqlite_note_backup_state,
	.set_hash = sqlite_set_hash,
	.set_resync = sqlite_set_resync,
	.code_add = sqlite_code_add,
	.use_code = sqlite_use_code,
	.throttle_get = sqlite_throttle_get,
	.throttle_set = sqlite_throttle_set,
	.throttle_clear = sqlite_throttle_clear,
	.flag_get = sqlite_flag_get,
	.flag_set = sqlite_flag_set,
	.invite_set = sqlite_invite_set,
	.invite_take = sqlite_invite_take,
	.invite_open = sqlite_invite_open,
	.copy_begin = sqlite_copy_begin,
	.copy_step = sqlite_copy_step,
	.copy_end = sqlite_copy_end,
	.relearn = sqlite_relearn,
	.age = sqlite_age,
	.reseal = sqlite_reseal,
	.drop_sealed = sqlite_drop_sealed,
};
