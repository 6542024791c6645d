/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
		rc = sqlite3_prepare_v3(store->db, sqlite_queries[query], -1,
					SQLITE_PREPARE_PERSISTENT, &store->kept[query], NULL);
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

	/* Text of the same bytes is read, but never found again by them. */
	return sqlite3_column_type(row, column) == SQLITE_BLOB &&
	       sqlite_column_blob(row, column, buffer, len, &got) && got == len;
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
	.record_decoy = sqlite_record_decoy,
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
	.account_rename = sqlite_account_rename,
	.account_empty = sqlite_account_empty,
	.person_find = sqlite_person_find,
	.person_add = sqlite_person_add,
	.person_set = sqlite_person_set,
	.person_each = sqlite_person_each,
	.group_find = sqlite_group_find,
	.group_name = sqlite_group_name,
	.group_own = sqlite_group_own,
	.group_add = sqlite_group_add,
	.group_rename = sqlite_group_rename,
	.group_disown = sqlite_group_disown,
	.group_remove = sqlite_group_remove,
	.group_used = sqlite_group_used,
	.group_each = sqlite_group_each,
	.member_add = sqlite_member_add,
	.member_remove = sqlite_member_remove,
	.member_each = sqlite_member_each,
	.groups_of = sqlite_groups_of,
	.id_owner = sqlite_id_owner,
	.id_retire = sqlite_id_retire,
	.id_revive = sqlite_id_revive,
};
