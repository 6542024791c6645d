/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* sqlite_people - the name service: people, groups, ids that are spent. */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH_AT_ONCE 64

/* ---- the account of a person ---- */

int sqlite_account_rename(struct store *base, int64_t account, const char *name)
{
	if (!name[0] || strlen(name) > NAMES_NAME_MAX)
		return -EINVAL;
	return sqlite_change((struct sqlite_store *)base, QUERY_ACCOUNT_RENAME,
			     VALUES(value_integer(account), value_text(name)));
}

int sqlite_account_empty(struct store *base, int64_t account)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	char subject[32];
	int n, r;

	r = sqlite_write(store, QUERY_ACCOUNT_CREDENTIALS, &n, VALUES(value_integer(account)));
	if (r == 0)
		r = sqlite_write(store, QUERY_FLAG_SET_EVERYWHERE, &n,
				 VALUES(value_integer(account), value_text(NULL)));
	if (r == 0)
		r = sqlite_write(store, QUERY_INVITE_REMOVE, &n, VALUES(value_integer(account)));
	if (r != 0)
		return r;
	snprintf(subject, sizeof(subject), "account:%lld", (long long)account);
	r = sqlite_throttle_clear(base, subject, NULL);
	return r == STORE_ABSENT ? 0 : r;
}

/* ---- people ---- */

static bool read_id(sqlite3_stmt *row, int column, uint32_t *ret_id)
{
	int64_t id = sqlite3_column_int64(row, column);

	*ret_id = (uint32_t)id;
	return id > 0 && id < UINT32_MAX;
}

static int read_person(sqlite3_stmt *row, struct store_person *ret_person)
{
	struct store_person person = {0};

	person.number = sqlite3_column_int64(row, 0);
	person.locked = sqlite3_column_int(row, 3) != 0;
	person.expires = sqlite3_column_int64(row, 8);
	if (!sqlite_column_text(row, 1, person.name, sizeof(person.name)) || !person.name[0] ||
	    !read_id(row, 2, &person.uid) || !read_id(row, 4, &person.gid) ||
	    !sqlite_column_text(row, 5, person.gecos, sizeof(person.gecos)) ||
	    !sqlite_column_text(row, 6, person.home, sizeof(person.home)) ||
	    !sqlite_column_text(row, 7, person.shell, sizeof(person.shell)) || person.expires < 0)
		return -EUCLEAN;
	*ret_person = person;
	return 0;
}

int sqlite_person_find(struct store *base, const char *name, struct store_person *ret_person)
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find((struct sqlite_store *)base, QUERY_PERSON_FIND, &row,
			    VALUES(value_text(name)));

	if (r != 0)
		return r;
	r = read_person(row, ret_person);
	sqlite3_reset(row);
	return r;
}

int sqlite_person_add(struct store *base, const struct store_person *person)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_PERSON_ADD,
			     VALUES(value_integer(person->number), value_integer(person->gid),
				    value_text(person->gecos), value_text(person->home),
				    value_text(person->shell), value_integer(person->expires)));
}

int sqlite_person_set(struct store *base, const struct store_person *person)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_PERSON_SET,
			     VALUES(value_integer(person->number), value_integer(person->gid),
				    value_text(person->gecos), value_text(person->home),
				    value_text(person->shell), value_integer(person->expires)));
}

/* In small groups, as sqlite_account_each(): no statement is under way while
 * `each` runs. */
int sqlite_person_each(struct store *base, int64_t after,
		       int (*each)(void *context, const struct store_person *person), void *context)
{
	struct store_person *person = malloc(EACH_AT_ONCE * sizeof(*person));
	int n = 1, r = person ? 0 : -ENOMEM;

	while (r == 0 && n > 0) {
		sqlite3_stmt *row = NULL;

		n = 0;
		r = sqlite_find((struct sqlite_store *)base, QUERY_PERSON_EACH, &row,
				VALUES(value_integer(after), value_integer(EACH_AT_ONCE)));
		while (r == 0) {
			r = read_person(row, &person[n++]);
			if (r < 0)
				sqlite3_reset(row);
			else
				r = sqlite_next((struct sqlite_store *)base, row);
		}
		r = r == STORE_ABSENT ? 0 : r;
		for (int i = 0; r == 0 && i < n; i++) {
			after = person[i].number;
			r = each(context, &person[i]);
		}
	}
	free(person);
	return r < 0 ? r : 0;
}

/* ---- groups ---- */

static int read_group(sqlite3_stmt *row, struct store_group *ret_group)
{
	struct store_group group = {0};

	group.number = sqlite3_column_int64(row, 0);
	group.owner = sqlite3_column_int64(row, 3);
	if (!sqlite_column_text(row, 1, group.name, sizeof(group.name)) || !group.name[0] ||
	    !read_id(row, 2, &group.gid))
		return -EUCLEAN;
	*ret_group = group;
	return 0;
}

static int find_group(struct store *base, enum sqlite_query query, struct sqlite_value by,
		      struct store_group *ret_group)
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find((struct sqlite_store *)base, query, &row, &by, 1);

	if (r != 0)
		return r;
	r = read_group(row, ret_group);
	sqlite3_reset(row);
	return r;
}

int sqlite_group_find(struct store *base, const char *name, struct store_group *ret_group)
{
	return find_group(base, QUERY_GROUP_FIND, value_text(name), ret_group);
}

int sqlite_group_own(struct store *base, int64_t account, struct store_group *ret_group)
{
	return find_group(base, QUERY_GROUP_OWN, value_integer(account), ret_group);
}

int sqlite_group_add(struct store *base, const char *name, uint32_t gid, int64_t owner,
		     int64_t *ret_number)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	struct sqlite_value own = value_integer(owner);
	int r;

	if (!owner)
		own = value_text(NULL);
	r = sqlite_change(store, QUERY_GROUP_ADD,
			  VALUES(value_text(name), value_integer(gid), own));
	if (r == 0)
		*ret_number = sqlite3_last_insert_rowid(store->db);
	return r;
}

int sqlite_group_rename(struct store *base, int64_t group, const char *name)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_GROUP_RENAME,
			     VALUES(value_integer(group), value_text(name)));
}

int sqlite_group_disown(struct store *base, int64_t group)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_GROUP_DISOWN,
			     VALUES(value_integer(group)));
}

int sqlite_group_remove(struct store *base, int64_t group)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_GROUP_REMOVE,
			     VALUES(value_integer(group)));
}

/* The name in a query's one row. */
static int find_name(struct store *base, enum sqlite_query query, const struct sqlite_value *values,
		     size_t n, char *ret_name, size_t size)
{
	sqlite3_stmt *row = NULL;
	int r = sqlite_find((struct sqlite_store *)base, query, &row, values, n);

	if (r != 0)
		return r;
	if (!sqlite_column_text(row, 0, ret_name, size))
		r = -EUCLEAN;
	sqlite3_reset(row);
	return r;
}

int sqlite_group_name(struct store *base, uint32_t gid, char *ret_name, size_t size)
{
	return find_name(base, QUERY_GROUP_NAME, VALUES(value_integer(gid)), ret_name, size);
}

int sqlite_group_used(struct store *base, int64_t group, int64_t but, char *ret_name, size_t size)
{
	return find_name(base, QUERY_GROUP_USED, VALUES(value_integer(group), value_integer(but)),
			 ret_name, size);
}

/* `?1` and `?2` of the query are what and after, or after alone. */
static int walk_groups(struct sqlite_store *store, enum sqlite_query query, bool has_account,
		       int64_t account, int64_t after,
		       int (*each)(void *context, const struct store_group *group), void *context)
{
	struct store_group group[EACH_AT_ONCE];
	int n = 1, r = 0;

	while (r == 0 && n > 0) {
		const struct sqlite_value values[] = {value_integer(account), value_integer(after),
						      value_integer(EACH_AT_ONCE)};
		sqlite3_stmt *row = NULL;

		n = 0;
		r = sqlite_find(store, query, &row, values + !has_account, 2 + has_account);
		while (r == 0) {
			r = read_group(row, &group[n++]);
			if (r < 0)
				sqlite3_reset(row);
			else
				r = sqlite_next(store, row);
		}
		r = r == STORE_ABSENT ? 0 : r;
		for (int i = 0; r == 0 && i < n; i++) {
			after = group[i].number;
			r = each(context, &group[i]);
		}
	}
	return r < 0 ? r : 0;
}

int sqlite_group_each(struct store *base, int64_t after,
		      int (*each)(void *context, const struct store_group *group), void *context)
{
	return walk_groups((struct sqlite_store *)base, QUERY_GROUP_EACH, false, 0, after, each,
			   context);
}

int sqlite_groups_of(struct store *base, int64_t account, int64_t after,
		     int (*each)(void *context, const struct store_group *group), void *context)
{
	return walk_groups((struct sqlite_store *)base, QUERY_GROUPS_OF, true, account, after, each,
			   context);
}

/* ---- who belongs to a group ---- */

int sqlite_member_add(struct store *base, int64_t group, int64_t account)
{
	int n;

	return sqlite_write((struct sqlite_store *)base, QUERY_MEMBER_ADD, &n,
			    VALUES(value_integer(group), value_integer(account)));
}

int sqlite_member_remove(struct store *base, int64_t group, int64_t account)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_MEMBER_REMOVE,
			     VALUES(value_integer(group), value_integer(account)));
}

struct member {
	int64_t account;
	char name[NAMES_NAME_MAX + 1];
};

/* The next members after `after`; how many, or -errno. */
static int some_members(struct sqlite_store *store, int64_t group, int64_t after,
			struct member member[EACH_AT_ONCE])
{
	sqlite3_stmt *row = NULL;
	int n = 0, r;

	r = sqlite_find(
		store, QUERY_MEMBER_EACH, &row,
		VALUES(value_integer(group), value_integer(after), value_integer(EACH_AT_ONCE)));
	while (r == 0) {
		member[n].account = sqlite3_column_int64(row, 0);
		if (!sqlite_column_text(row, 1, member[n].name, sizeof(member[n].name))) {
			sqlite3_reset(row);
			return -EUCLEAN;
		}
		n++;
		r = sqlite_next(store, row);
	}
	return r < 0 ? r : n;
}

int sqlite_member_each(struct store *base, int64_t group, int64_t after,
		       int (*each)(void *context, int64_t account, const char *name), void *context)
{
	struct member member[EACH_AT_ONCE];
	int n, r;

	for (;;) {
		n = some_members((struct sqlite_store *)base, group, after, member);
		if (n <= 0)
			return n;
		after = member[n - 1].account;
		for (int i = 0; i < n; i++) {
			r = each(context, member[i].account, member[i].name);
			if (r != 0)
				return r < 0 ? r : 0;
		}
	}
}

/* ---- ids ---- */

int sqlite_id_owner(struct store *base, uint32_t id, enum store_id *ret_kind, char *ret_name,
		    size_t size)
{
	sqlite3_stmt *row = NULL;
	int kind, r = sqlite_find((struct sqlite_store *)base, QUERY_ID_OWNER, &row,
				  VALUES(value_integer(id)));

	if (r != 0)
		return r;
	kind = sqlite3_column_int(row, 0);
	if (kind < STORE_ID_ACCOUNT || kind > STORE_ID_RETIRED ||
	    !sqlite_column_text(row, 1, ret_name, size))
		r = -EUCLEAN;
	else
		*ret_kind = (enum store_id)kind;
	sqlite3_reset(row);
	return r;
}

int sqlite_id_retire(struct store *base, uint32_t id, const char *name, int64_t at)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_ID_RETIRE,
			     VALUES(value_integer(id), value_text(name), value_integer(at)));
}

int sqlite_id_revive(struct store *base, uint32_t id)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_ID_REVIVE,
			     VALUES(value_integer(id)));
}
