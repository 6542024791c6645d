/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sqlite - what the files of the SQLite store share; nobody else includes it.
 *
 *   sqlite_open      folder and file, first start, pragmas, migration
 *   sqlite           the batch, the checkpoint, statements and values
 *   sqlite_accounts  meta, account, flag, invitation
 *   sqlite_records   credential rows, their moving values, recovery codes
 *   sqlite_queries   every statement
 *   sqlite_people    the name service: people, groups, ids that are spent
 *   sqlite_throttle  failures
 *   sqlite_log       the log's blocks, laid out ahead
 *   sqlite_life      copies, restored stores, another host key
 *
 * Group commit rests on this: every verb is one statement, or begins with the
 * one that decides, so that STORE_ABSENT and STORE_CONFLICT leave nothing of it
 * behind and the batch goes on for the others.  A fault dooms the batch: SQLite
 * may have rolled it back by itself, and what follows would commit alone.
 */
#ifndef WEBCRED_STORE_SQLITE_H
#define WEBCRED_STORE_SQLITE_H

#include <sqlite3.h>

#include "authority/store/store.h"

#define SQLITE_FILE "webcred.db"
#define SQLITE_WAL_IDLE 256   /* pages after which store->idle() checkpoints */
#define SQLITE_WAL_BOUND 8000 /* pages after which a commit does */
#define SQLITE_QUERIES_MAX 96

struct sqlite_store {
	struct store base; /* first */
	sqlite3 *db;
	int folder;    /* held open and locked: one keeper */
	int wal_pages; /* since the last checkpoint that reached the end */
	bool batch;    /* between begin and commit */
	bool doomed;   /* a fault in this batch: it can only be rolled back */
	sqlite3_stmt *kept[SQLITE_QUERIES_MAX];
};

/* Every statement, prepared at its first use and kept. */
enum sqlite_query {
	QUERY_BEGIN,
	QUERY_COMMIT,
	QUERY_META_GET,
	QUERY_META_SET,
	QUERY_ACCOUNT_FIND,
	QUERY_ACCOUNT_ADD,
	QUERY_ACCOUNT_LOCK,
	QUERY_ACCOUNT_REMOVE,
	QUERY_ACCOUNT_EACH,
	QUERY_FLAG_GET,
	QUERY_FLAG_CLEAR,
	QUERY_FLAG_SET,
	QUERY_FLAG_SET_EVERYWHERE,
	QUERY_INVITE_GET,
	QUERY_INVITE_SET,
	QUERY_INVITE_REMOVE,
	QUERY_RECORD_EACH,
	QUERY_RECORD_GET,
	QUERY_RECORD_DECOY,
	QUERY_RECORD_EXTERNAL,
	QUERY_RECORD_ADD,
	QUERY_RECORD_RENAME,
	QUERY_RECORD_REMOVE,
	QUERY_ADVANCE,
	QUERY_BACKUP_STATE,
	QUERY_SET_HASH,
	QUERY_SET_RESYNC,
	QUERY_CODE_RECORD,
	QUERY_CODE_ADD,
	QUERY_CODE_USED,
	QUERY_CODE_USE,
	QUERY_CODE_COUNT_DOWN,
	QUERY_THROTTLE_GET,
	QUERY_THROTTLE_SET,
	QUERY_THROTTLE_FORGET,
	QUERY_THROTTLE_CLEAR,
	QUERY_THROTTLE_CLEAR_ORIGIN,
	QUERY_RELEARN,
	QUERY_AGE_TOTP,
	QUERY_AGE_HOTP,
	QUERY_AGE_KEYS,
	QUERY_AGE_CODES,
	QUERY_AGE_CODES_LEFT,
	QUERY_AGE_FLAGS,
	QUERY_AGE_INVITES,
	QUERY_RESEAL,
	QUERY_DROP_SEALED,
	QUERY_ACCOUNT_RENAME,
	QUERY_ACCOUNT_CREDENTIALS,
	QUERY_PERSON_FIND,
	QUERY_PERSON_EACH,
	QUERY_PERSON_ADD,
	QUERY_PERSON_SET,
	QUERY_GROUP_FIND,
	QUERY_GROUP_NAME,
	QUERY_GROUP_EACH,
	QUERY_GROUP_ADD,
	QUERY_GROUP_RENAME,
	QUERY_GROUP_REMOVE,
	QUERY_GROUP_USED,
	QUERY_GROUP_OWN,
	QUERY_GROUP_DISOWN,
	QUERY_MEMBER_ADD,
	QUERY_MEMBER_REMOVE,
	QUERY_MEMBER_EACH,
	QUERY_GROUPS_OF,
	QUERY_ID_OWNER,
	QUERY_ID_RETIRE,
	QUERY_ID_REVIVE,
	QUERIES
};

extern const char *const sqlite_queries[QUERIES];

/* What is bound to a statement's ?1, ?2, ... */
struct sqlite_value {
	enum { VALUE_NULL, VALUE_INTEGER, VALUE_TEXT, VALUE_BLOB } kind;
	int64_t integer;
	const void *bytes;
	size_t len;
};

static inline struct sqlite_value value_integer(int64_t integer)
{
	return (struct sqlite_value){.kind = VALUE_INTEGER, .integer = integer};
}

/* NULL is bound as NULL. */
static inline struct sqlite_value value_text(const char *text)
{
	return (struct sqlite_value){.kind = text ? VALUE_TEXT : VALUE_NULL, .bytes = text};
}

/* Nothing at all is bound as NULL. */
static inline struct sqlite_value value_blob(const void *bytes, size_t len)
{
	return (struct sqlite_value){
		.kind = len > 0 ? VALUE_BLOB : VALUE_NULL, .bytes = bytes, .len = len};
}

#define VALUES(...)                                                                                \
	(const struct sqlite_value[]){__VA_ARGS__},                                                \
		sizeof((const struct sqlite_value[]){__VA_ARGS__}) / sizeof(struct sqlite_value)

/* SQLite's result as -errno: damage is -EUCLEAN, and never "absent". */
int sqlite_error(int rc);

/* Binds, and steps once: 0 with a row, to be read and then ended by
 * sqlite3_reset(); STORE_ABSENT; -errno.  The values are borrowed until then. */
int sqlite_find(struct sqlite_store *store, enum sqlite_query query, sqlite3_stmt **ret_row,
		const struct sqlite_value *values, size_t n);
/* The next row of a walk; as sqlite_find(). */
int sqlite_next(struct sqlite_store *store, sqlite3_stmt *row);
/* Runs a write: 0 and how many rows it changed; STORE_CONFLICT where a unique
 * value exists, STORE_ABSENT where the row it hangs on does not; -EINVAL
 * outside a batch, -ECANCELED in a doomed one. */
int sqlite_write(struct sqlite_store *store, enum sqlite_query query, int *ret_changed,
		 const struct sqlite_value *values, size_t n);
/* As sqlite_write() where no change means that there is no such row. */
int sqlite_change(struct sqlite_store *store, enum sqlite_query query,
		  const struct sqlite_value *values, size_t n);

/* Columns of a row.  False where it does not fit or is of another kind: the
 * table's own checks do not let such a row in, so it is damage. */
bool sqlite_column_text(sqlite3_stmt *row, int column, char *buffer, size_t size);
bool sqlite_column_blob(sqlite3_stmt *row, int column, void *buffer, size_t size, size_t *ret_len);
bool sqlite_column_fixed(sqlite3_stmt *row, int column, void *buffer, size_t len);

/* sqlite_open.c, with the steps as an argument for the tests of migration. */
int sqlite_open_folder(const char *folder, const char *const *steps, int n_steps,
		       struct store **ret_store, char *ret_error, size_t size);

/* Closes what is open of it, and frees it. */
void sqlite_free(struct sqlite_store *store);
void sqlite_log_lay_out(struct sqlite_store *store);
/* 0 where the schema has all that the statements name, else -EUCLEAN. */
int sqlite_prepare_all(struct sqlite_store *store);
/* A copy without free pages, mode 0600, synced; `path` must not exist. */
int sqlite_backup(struct store *store, const char *path);

/* The verbs. */
extern const struct store_ops sqlite_ops;
int sqlite_meta_get(struct store *store, const char *key, char *value, size_t size);
int sqlite_meta_set(struct store *store, const char *key, const char *value);
int sqlite_account_find(struct store *store, const char *name, struct store_account *ret_account);
int sqlite_account_add(struct store *store, const char *name, uint32_t uid,
		       const uint8_t handle[STORE_HANDLE_SIZE], int64_t now,
		       struct store_account *ret_account);
int sqlite_account_lock(struct store *store, int64_t account, bool locked);
int sqlite_account_remove(struct store *store, int64_t account);
int sqlite_account_each(struct store *store, int64_t after,
			int (*each)(void *context, const struct store_account *account),
			void *context);
int sqlite_flag_get(struct store *store, int64_t account, const char *rp_id, const char *service,
		    bool *ret_clear);
int sqlite_flag_set(struct store *store, int64_t account, const char *rp_id, const char *service,
		    bool clear);
int sqlite_invite_set(struct store *store, int64_t account, const uint8_t hash[32],
		      int64_t expires);
int sqlite_invite_take(struct store *store, int64_t account, const uint8_t hash[32], int64_t now);
int sqlite_invite_open(struct store *store, int64_t account, int64_t now, bool *ret_open);
int sqlite_record_each(struct store *store, int64_t account,
		       int (*each)(void *context, const struct store_record *record),
		       void *context);
int sqlite_record_get(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		      struct store_record *ret_record);
int sqlite_record_decoy(struct store *store, struct store_record *ret_record);
int sqlite_record_add(struct store *store, const struct store_record *record);
int sqlite_record_rename(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			 const char *label);
int sqlite_record_remove(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE]);
int sqlite_record_external(struct store *store, const uint8_t *external, size_t len,
			   struct store_record *ret_record);
int sqlite_advance(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		   uint64_t read, uint64_t moving, int32_t drift, int64_t used_at);
int sqlite_note_backup_state(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			     bool backup_state);
int sqlite_set_hash(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		    const char *hash, int64_t used_at);
int sqlite_set_resync(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		      uint64_t value, int64_t at);
int sqlite_code_add(struct store *store, const uint8_t id[WIRE_ID_SIZE], const uint8_t hash[32]);
int sqlite_use_code(struct store *store, const uint8_t id[WIRE_ID_SIZE], const uint8_t hash[32],
		    int64_t used_at, uint8_t *ret_left);
int sqlite_throttle_get(struct store *store, const char *subject, enum webcred_type type,
			const char *origin, struct store_throttle *ret_throttle);
int sqlite_throttle_set(struct store *store, const char *subject, enum webcred_type type,
			const char *origin, const struct store_throttle *throttle);
int sqlite_throttle_clear(struct store *store, const char *subject, const char *origin);
int sqlite_copy_begin(struct store *store, const char *path, struct store_copy **ret_copy);
int sqlite_copy_step(struct store *store, struct store_copy *copy);
void sqlite_copy_end(struct store *store, struct store_copy *copy);
int sqlite_relearn(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		   uint64_t read, uint64_t moving, int64_t used_at);
int sqlite_age(struct store *store, const struct store_age *age);
int sqlite_reseal(struct store *store, const struct store_record *record);
int sqlite_drop_sealed(struct store *store, unsigned *ret_n);
int sqlite_account_rename(struct store *store, int64_t account, const char *name);
int sqlite_account_empty(struct store *store, int64_t account);
int sqlite_person_find(struct store *store, const char *name, struct store_person *ret_person);
int sqlite_person_add(struct store *store, const struct store_person *person);
int sqlite_person_set(struct store *store, const struct store_person *person);
int sqlite_person_each(struct store *store, int64_t after,
		       int (*each)(void *context, const struct store_person *person),
		       void *context);
int sqlite_group_find(struct store *store, const char *name, struct store_group *ret_group);
int sqlite_group_name(struct store *store, uint32_t gid, char *ret_name, size_t size);
int sqlite_group_own(struct store *store, int64_t account, struct store_group *ret_group);
int sqlite_group_add(struct store *store, const char *name, uint32_t gid, int64_t owner,
		     int64_t *ret_number);
int sqlite_group_rename(struct store *store, int64_t group, const char *name);
int sqlite_group_disown(struct store *store, int64_t group);
int sqlite_group_remove(struct store *store, int64_t group);
int sqlite_group_used(struct store *store, int64_t group, int64_t but, char *ret_name, size_t size);
int sqlite_group_each(struct store *store, int64_t after,
		      int (*each)(void *context, const struct store_group *group), void *context);
int sqlite_member_add(struct store *store, int64_t group, int64_t account);
int sqlite_member_remove(struct store *store, int64_t group, int64_t account);
int sqlite_member_each(struct store *store, int64_t group, int64_t after,
		       int (*each)(void *context, int64_t account, const char *name),
		       void *context);
int sqlite_groups_of(struct store *store, int64_t account, int64_t after,
		     int (*each)(void *context, const struct store_group *group), void *context);
int sqlite_id_owner(struct store *store, uint32_t id, enum store_id *ret_kind, char *ret_name,
		    size_t size);
int sqlite_id_retire(struct store *store, uint32_t id, const char *name, int64_t at);
int sqlite_id_revive(struct store *store, uint32_t id);

#endif
