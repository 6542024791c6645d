/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/secret.h"

#define EACH_AT_ONCE 32

/* ---- meta ---- */

int sqlite_meta_get(struct store *base, const char *key, char *value, size_t size)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, QUERY_META_GET, &row, VALUES(value_text(key)));

	if (r != 0)
		return r;
	if (!sqlite_column_text(row, 0, value, size))
		r = -EMSGSIZE;
	sqlite3_reset(row);
	return r;
}

int sqlite_meta_set(struct store *base, const char *key, const char *value)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_META_SET,
			     VALUES(value_text(key), value_text(value)));
}

/* ---- accounts ---- */

static int read_account(sqlite3_stmt *row, struct store_account *ret_account)
{
	struct store_account account = {0};
	int64_t uid = sqlite3_column_int64(row, 2);

	if (!sqlite_column_text(row, 1, account.name, sizeof(account.name)) || !account.name[0] ||
	    !sqlite_column_fixed(row, 3, account.handle, sizeof(account.handle)) || uid < 0 ||
	    uid > UINT32_MAX)
		return -EUCLEAN;
	account.number = sqlite3_column_int64(row, 0);
	account.uid = (uint32_t)uid;
	account.locked = sqlite3_column_int(row, 4) != 0;
	account.created = sqlite3_column_int64(row, 5);
	*ret_account = account;
	return 0;
}

int sqlite_account_find(struct store *base, const char *name, struct store_account *ret_account)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, QUERY_ACCOUNT_FIND, &row, VALUES(value_text(name)));

	if (r != 0)
		return r;
	r = read_account(row, ret_account);
	sqlite3_reset(row);
	return r;
}

int sqlite_account_add(struct store *base, const char *name, uint32_t uid,
		       const uint8_t handle[STORE_HANDLE_SIZE], int64_t now,
		       struct store_account *ret_account)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	struct store_account account = {.uid = uid, .created = now};
	int r;

	if (!name[0] || strlen(name) > WIRE_NAME_MAX)
		return -EINVAL;
	r = sqlite_change(store, QUERY_ACCOUNT_ADD,
			  VALUES(value_text(name), value_integer(uid),
				 value_blob(handle, STORE_HANDLE_SIZE), value_integer(now)));
	if (r != 0)
		return r;
	account.number = sqlite3_last_insert_rowid(store->db);
	snprintf(account.name, sizeof(account.name), "%s", name);
	memcpy(account.handle, handle, STORE_HANDLE_SIZE);
	*ret_account = account;
	return 0;
}

int sqlite_account_lock(struct store *base, int64_t account, bool locked)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_ACCOUNT_LOCK,
			     VALUES(value_integer(account), value_integer(locked)));
}

int sqlite_account_remove(struct store *base, int64_t account)
{
	char subject[32];
	int r = sqlite_change((struct sqlite_store *)base, QUERY_ACCOUNT_REMOVE,
			      VALUES(value_integer(account)));

	if (r != 0)
		return r;
	snprintf(subject, sizeof(subject), "account:%lld", (long long)account);
	r = sqlite_throttle_clear(base, subject, NULL);
	return r == STORE_ABSENT ? 0 : r;
}

/* The next accounts after `number`; how many, or -errno. */
static int some_accounts(struct sqlite_store *store, int64_t number,
			 struct store_account account[EACH_AT_ONCE])
{
	sqlite3_stmt *row = NULL;
	int n = 0, r;

	r = sqlite_find(store, QUERY_ACCOUNT_EACH, &row,
			VALUES(value_integer(number), value_integer(EACH_AT_ONCE)));
	while (r == 0) {
		r = read_account(row, &account[n++]);
		if (r < 0)
			sqlite3_reset(row);
		else
			r = sqlite_next(store, row);
	}
	return r < 0 ? r : n;
}

/* In small groups, so that no statement is under way while `each` runs: it may
 * remove what it is shown, begin, commit, and walk again. */
int sqlite_account_each(struct store *base, int64_t after,
			int (*each)(void *context, const struct store_account *account),
			void *context)
{
	struct store_account account[EACH_AT_ONCE];
	int64_t last = after;
	int n, r;

	for (;;) {
		n = some_accounts((struct sqlite_store *)base, last, account);
		if (n <= 0)
			return n;
		last = account[n - 1].number;
		for (int i = 0; i < n; i++) {
			r = each(context, &account[i]);
			if (r != 0)
				return r < 0 ? r : 0;
		}
	}
}

/* ---- the prevent-silent-access flag ---- */

int sqlite_flag_get(struct store *base, int64_t account, const char *rp_id, const char *service,
		    bool *ret_clear)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, QUERY_FLAG_GET, &row,
			    VALUES(value_integer(account), value_text(rp_id), value_text(service)));

	if (r < 0)
		return r;
	*ret_clear = r == 0;
	if (r == 0)
		sqlite3_reset(row);
	return 0;
}

int sqlite_flag_set(struct store *base, int64_t account, const char *rp_id, const char *service,
		    bool clear)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int changed;

	if (!service)
		return clear ? -EINVAL
			     : sqlite_write(store, QUERY_FLAG_SET_EVERYWHERE, &changed,
					    VALUES(value_integer(account), value_text(rp_id)));
	if (!rp_id)
		return -EINVAL;
	return sqlite_write(store, clear ? QUERY_FLAG_CLEAR : QUERY_FLAG_SET, &changed,
			    VALUES(value_integer(account), value_text(rp_id), value_text(service)));
}

/* ---- the invitation ---- */

int sqlite_invite_set(struct store *base, int64_t account, const uint8_t hash[32], int64_t expires)
{
	return sqlite_change(
		(struct sqlite_store *)base, QUERY_INVITE_SET,
		VALUES(value_integer(account), value_blob(hash, 32), value_integer(expires)));
}

/* STORE_ABSENT: none, or it has expired. */
static int open_invitation(struct sqlite_store *store, int64_t account, int64_t now,
			   uint8_t ret_hash[32])
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find(store, QUERY_INVITE_GET, &row, VALUES(value_integer(account)));

	if (r != 0)
		return r;
	if (!sqlite_column_fixed(row, 0, ret_hash, 32))
		r = -EUCLEAN;
	else if (sqlite3_column_int64(row, 1) <= now)
		r = STORE_ABSENT;
	sqlite3_reset(row);
	return r;
}

int sqlite_invite_take(struct store *base, int64_t account, const uint8_t hash[32], int64_t now)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	uint8_t stored[32];
	int r = open_invitation(store, account, now, stored);

	if (r != 0)
		return r;
	if (!secret_equal(hash, stored, sizeof(stored)))
		return STORE_CONFLICT;
	return sqlite_change(store, QUERY_INVITE_REMOVE, VALUES(value_integer(account)));
}

int sqlite_invite_open(struct store *base, int64_t account, int64_t now, bool *ret_open)
{
	uint8_t hash[32];
	int r = open_invitation((struct sqlite_store *)base, account, now, hash);

	if (r < 0)
		return r;
	*ret_open = r == 0;
	return 0;
}
