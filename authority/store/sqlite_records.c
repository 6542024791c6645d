/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <string.h>

#include "lib/base/secret.h"

/* The order of RECORD in sqlite.c. */
enum column {
	COLUMN_ACCOUNT,
	COLUMN_ID,
	COLUMN_TYPE,
	COLUMN_KIND,
	COLUMN_LABEL,
	COLUMN_RP_ID,
	COLUMN_CREATED,
	COLUMN_LAST_USED,
	COLUMN_LOCKED,
	COLUMN_MOVING,
	COLUMN_HASH,
	COLUMN_SEALED,
	COLUMN_SEAL_KEY,
	COLUMN_ALGORITHM,
	COLUMN_DIGITS,
	COLUMN_PERIOD,
	COLUMN_DRIFT,
	COLUMN_RESYNC,
	COLUMN_RESYNC_AT,
	COLUMN_COSE_ALGORITHM,
	COLUMN_EXTERNAL,
	COLUMN_KEY,
	COLUMN_AAGUID,
	COLUMN_TRANSPORTS,
	COLUMN_UV_INITIALIZED,
	COLUMN_BACKUP_ELIGIBLE,
	COLUMN_BACKUP_STATE,
	COLUMN_RESIDENT,
	COLUMN_NO_TOUCH,
	COLUMN_RELEARN,
	COLUMNS
};

/* A number within its member's range; one that is not is damage. */
static int64_t number(sqlite3_stmt *row, enum column column, int64_t least, int64_t most,
		      bool *good)
{
	int64_t value = sqlite3_column_int64(row, (int)column);

	if (value < least || value > most)
		*good = false;
	return value;
}

static bool flag(sqlite3_stmt *row, enum column column)
{
	return sqlite3_column_int(row, (int)column) != 0;
}

static bool read_bytes(sqlite3_stmt *row, struct store_record *record)
{
	struct credential *credential = &record->credential;
	size_t external, key, sealed, aaguid;

	if (!sqlite_column_fixed(row, COLUMN_ID, credential->id, sizeof(credential->id)) ||
	    !sqlite_column_text(row, COLUMN_LABEL, credential->label, sizeof(credential->label)) ||
	    !sqlite_column_text(row, COLUMN_RP_ID, credential->rp_id, sizeof(credential->rp_id)) ||
	    !sqlite_column_text(row, COLUMN_HASH, record->hash, sizeof(record->hash)) ||
	    !sqlite_column_blob(row, COLUMN_SEALED, record->sealed, sizeof(record->sealed),
				&sealed) ||
	    !sqlite_column_blob(row, COLUMN_EXTERNAL, credential->external,
				sizeof(credential->external), &external) ||
	    !sqlite_column_blob(row, COLUMN_KEY, credential->key, sizeof(credential->key), &key) ||
	    !sqlite_column_blob(row, COLUMN_AAGUID, credential->aaguid, sizeof(credential->aaguid),
				&aaguid))
		return false;
	record->sealed_len = (uint16_t)sealed;
	credential->external_len = (uint16_t)external;
	credential->key_len = (uint16_t)key;
	return aaguid == 0 || aaguid == sizeof(credential->aaguid);
}

static bool read_numbers(sqlite3_stmt *row, struct store_record *record)
{
	struct credential *credential = &record->credential;
	bool good = true;

	record->account = sqlite3_column_int64(row, COLUMN_ACCOUNT);
	record->seal_key = (uint32_t)number(row, COLUMN_SEAL_KEY, 0, UINT32_MAX, &good);
	record->resync = (uint64_t)number(row, COLUMN_RESYNC, 0, INT64_MAX, &good);
	record->resync_at = sqlite3_column_int64(row, COLUMN_RESYNC_AT);
	credential->type = (enum webcred_type)number(row, COLUMN_TYPE, WEBCRED_TYPE_PASSWORD,
						     WEBCRED_TYPE_IDENTITY, &good);
	credential->kind =
		(enum credential_kind)number(row, COLUMN_KIND, KIND_PASSWORD, KIND_SSH_SK, &good);
	credential->created = sqlite3_column_int64(row, COLUMN_CREATED);
	credential->last_used = sqlite3_column_int64(row, COLUMN_LAST_USED);
	credential->moving = (uint64_t)number(row, COLUMN_MOVING, 0, INT64_MAX, &good);
	credential->algorithm = (uint8_t)number(row, COLUMN_ALGORITHM, 0, UINT8_MAX, &good);
	credential->digits = (uint8_t)number(row, COLUMN_DIGITS, 0, UINT8_MAX, &good);
	credential->period = (uint16_t)number(row, COLUMN_PERIOD, 0, UINT16_MAX, &good);
	credential->drift = (int32_t)number(row, COLUMN_DRIFT, INT32_MIN, INT32_MAX, &good);
	credential->cose_algorithm =
		(int32_t)number(row, COLUMN_COSE_ALGORITHM, INT32_MIN, INT32_MAX, &good);
	credential->transports = (uint8_t)number(row, COLUMN_TRANSPORTS, 0, UINT8_MAX, &good);
	return good;
}

/* Written only when the whole row makes sense. */
static int read_record(sqlite3_stmt *row, struct store_record *ret_record)
{
	struct store_record record;
	struct credential *credential = &record.credential;
	int r = 0;

	memset(&record, 0, sizeof(record));
	if (!read_bytes(row, &record) || !read_numbers(row, &record))
		r = -EUCLEAN;
	credential->locked = flag(row, COLUMN_LOCKED);
	credential->uv_initialized = flag(row, COLUMN_UV_INITIALIZED);
	credential->backup_eligible = flag(row, COLUMN_BACKUP_ELIGIBLE);
	credential->backup_state = flag(row, COLUMN_BACKUP_STATE);
	credential->resident = flag(row, COLUMN_RESIDENT);
	credential->no_touch = flag(row, COLUMN_NO_TOUCH);
	credential->relearn = flag(row, COLUMN_RELEARN);
	if (r == 0)
		*ret_record = record;
	secret_wipe(&record, sizeof(record));
	return r;
}

int sqlite_record_each(struct store *base, int64_t account,
		       int (*each)(void *context, const struct store_record *record), void *context)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	struct store_record record;
	sqlite3_stmt *row = NULL;
	int r, stop = 0;

	r = sqlite_find(store, QUERY_RECORD_EACH, &row, VALUES(value_integer(account)));
	while (r == 0 && stop == 0) {
		r = read_record(row, &record);
		if (r == 0)
			stop = each(context, &record);
		if (r == 0 && stop == 0)
			r = sqlite_next(store, row);
		else
			sqlite3_reset(row);
	}
	secret_wipe(&record, sizeof(record));
	if (r < 0)
		return r;
	return stop < 0 ? stop : 0;
}

static int find_record(struct sqlite_store *store, enum sqlite_query query,
		       struct store_record *ret_record, const struct sqlite_value *values, size_t n)
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, query, &row, values, n);

	if (r != 0)
		return r;
	r = read_record(row, ret_record);
	sqlite3_reset(row);
	return r;
}

int sqlite_record_get(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		      struct store_record *ret_record)
{
	return find_record((struct sqlite_store *)base, QUERY_RECORD_GET, ret_record,
			   VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account)));
}

int sqlite_record_decoy(struct store *base, struct store_record *ret_record)
{
	return find_record((struct sqlite_store *)base, QUERY_RECORD_DECOY, ret_record, NULL, 0);
}

int sqlite_record_external(struct store *base, const uint8_t *external, size_t len,
			   struct store_record *ret_record)
{
	if (len == 0)
		return STORE_ABSENT;
	return find_record((struct sqlite_store *)base, QUERY_RECORD_EXTERNAL, ret_record,
			   VALUES(value_blob(external, len)));
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

/* What the members cannot hold in a row, SQLite's numbers being signed. */
static bool record_fits(const struct store_record *record)
{
	const struct credential *credential = &record->credential;

	return credential->moving <= INT64_MAX && record->resync <= INT64_MAX &&
	       credential->kind >= KIND_PASSWORD && credential->kind <= KIND_SSH_SK &&
	       credential->type >= WEBCRED_TYPE_PASSWORD &&
	       credential->type <= WEBCRED_TYPE_IDENTITY &&
	       credential->external_len <= sizeof(credential->external) &&
	       credential->key_len <= sizeof(credential->key) &&
	       record->sealed_len <= sizeof(record->sealed);
}

static void record_numbers(const struct store_record *record, struct sqlite_value *value)
{
	const struct credential *credential = &record->credential;

	value[COLUMN_ACCOUNT] = value_integer(record->account);
	value[COLUMN_TYPE] = value_integer(credential->type);
	value[COLUMN_KIND] = value_integer(credential->kind);
	value[COLUMN_CREATED] = value_integer(credential->created);
	value[COLUMN_LAST_USED] = value_integer(credential->last_used);
	value[COLUMN_LOCKED] = value_integer(credential->locked);
	value[COLUMN_MOVING] = value_integer((int64_t)credential->moving);
	value[COLUMN_SEAL_KEY] = value_integer(record->seal_key);
	value[COLUMN_ALGORITHM] = value_integer(credential->algorithm);
	value[COLUMN_DIGITS] = value_integer(credential->digits);
	value[COLUMN_PERIOD] = value_integer(credential->period);
	value[COLUMN_DRIFT] = value_integer(credential->drift);
	value[COLUMN_RESYNC] = value_integer((int64_t)record->resync);
	value[COLUMN_RESYNC_AT] = value_integer(record->resync_at);
	value[COLUMN_COSE_ALGORITHM] = value_integer(credential->cose_algorithm);
	value[COLUMN_TRANSPORTS] = value_integer(credential->transports);
	value[COLUMN_UV_INITIALIZED] = value_integer(credential->uv_initialized);
	value[COLUMN_BACKUP_ELIGIBLE] = value_integer(credential->backup_eligible);
	value[COLUMN_BACKUP_STATE] = value_integer(credential->backup_state);
	value[COLUMN_RESIDENT] = value_integer(credential->resident);
	value[COLUMN_NO_TOUCH] = value_integer(credential->no_touch);
	value[COLUMN_RELEARN] = value_integer(credential->relearn);
}

int sqlite_record_add(struct store *base, const struct store_record *record)
{
	const struct credential *credential = &record->credential;
	size_t aaguid = is_zero(credential->aaguid, sizeof(credential->aaguid)) ? 0 : 16;
	struct sqlite_value value[COLUMNS];

	if (!record_fits(record))
		return -EINVAL;
	record_numbers(record, value);
	value[COLUMN_ID] = value_blob(credential->id, sizeof(credential->id));
	value[COLUMN_LABEL] = value_text(credential->label);
	value[COLUMN_RP_ID] = value_text(credential->rp_id);
	value[COLUMN_HASH] = value_text(record->hash[0] ? record->hash : NULL);
	value[COLUMN_SEALED] = value_blob(record->sealed, record->sealed_len);
	value[COLUMN_EXTERNAL] = value_blob(credential->external, credential->external_len);
	value[COLUMN_KEY] = value_blob(credential->key, credential->key_len);
	value[COLUMN_AAGUID] = value_blob(credential->aaguid, aaguid);
	return sqlite_change((struct sqlite_store *)base, QUERY_RECORD_ADD, value, COLUMNS);
}

int sqlite_record_rename(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			 const char *label)
{
	if (strlen(label) > WIRE_LABEL_MAX)
		return -EINVAL;
	return sqlite_change(
		(struct sqlite_store *)base, QUERY_RECORD_RENAME,
		VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account), value_text(label)));
}

int sqlite_record_remove(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE])
{
	return sqlite_change((struct sqlite_store *)base, QUERY_RECORD_REMOVE,
			     VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account)));
}

/* ---- what moves ---- */

/* No row changed: is there one, with another value, or none? */
static int why_unchanged(struct sqlite_store *store, int64_t account, const uint8_t *id)
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, QUERY_RECORD_GET, &row,
			    VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account)));

	if (r != 0)
		return r;
	sqlite3_reset(row);
	return STORE_CONFLICT;
}

int sqlite_advance(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		   uint64_t read, uint64_t moving, int32_t drift, int64_t used_at)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int r;

	if (moving < read || moving > INT64_MAX)
		return -ERANGE;
	r = sqlite_change(store, QUERY_ADVANCE,
			  VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account),
				 value_integer((int64_t)read), value_integer((int64_t)moving),
				 value_integer(drift), value_integer(used_at)));
	return r == STORE_ABSENT ? why_unchanged(store, account, id) : r;
}

int sqlite_note_backup_state(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			     bool backup_state)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_BACKUP_STATE,
			     VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account),
				    value_integer(backup_state)));
}

int sqlite_set_hash(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		    const char *hash, int64_t used_at)
{
	if (!hash[0] || strlen(hash) >= TYPE_HASH_MAX)
		return -EINVAL;
	return sqlite_change((struct sqlite_store *)base, QUERY_SET_HASH,
			     VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account),
				    value_text(hash), value_integer(used_at)));
}

int sqlite_set_resync(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		      uint64_t value, int64_t at)
{
	if (value > INT64_MAX)
		return -ERANGE;
	return sqlite_change((struct sqlite_store *)base, QUERY_SET_RESYNC,
			     VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account),
				    value_integer((int64_t)value), value_integer(at)));
}

/* ---- recovery codes ---- */

int sqlite_code_add(struct store *base, const uint8_t id[WIRE_ID_SIZE], const uint8_t hash[32])
{
	return sqlite_change((struct sqlite_store *)base, QUERY_CODE_ADD,
			     VALUES(value_blob(id, WIRE_ID_SIZE), value_blob(hash, 32)));
}

/* One number of one row. */
static int look_up(struct sqlite_store *store, enum sqlite_query query, int64_t *ret_number,
		   const struct sqlite_value *values, size_t n)
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, query, &row, values, n);

	if (r != 0)
		return r;
	*ret_number = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

int sqlite_use_code(struct store *base, const uint8_t id[WIRE_ID_SIZE], const uint8_t hash[32],
		    int64_t used_at, uint8_t *ret_left)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int64_t set = 0, left = 0, used = 0;
	int r;

	if (used_at <= 0)
		return -EINVAL;
	r = look_up(store, QUERY_CODE_RECORD, &set, VALUES(value_blob(id, WIRE_ID_SIZE)));
	if (r != 0)
		return r;
	r = sqlite_change(store, QUERY_CODE_USE,
			  VALUES(value_integer(set), value_blob(hash, 32), value_integer(used_at)));
	if (r == STORE_ABSENT) {
		r = look_up(store, QUERY_CODE_USED, &used,
			    VALUES(value_integer(set), value_blob(hash, 32)));
		return r == 0 ? STORE_CONFLICT : r;
	}
	if (r == 0)
		r = look_up(store, QUERY_CODE_COUNT_DOWN, &left,
			    VALUES(value_integer(set), value_integer(used_at)));
	if (r == 0)
		*ret_left = left > UINT8_MAX ? UINT8_MAX : (uint8_t)left;
	return r > 0 ? -EUCLEAN : r;
}
