/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* group - groups. */
#include <errno.h>

#include "nss_webcred/cursor.h"
#include "nss_webcred/kept.h"
#include "nss_webcred/row.h"

/*
 * A group that local files do not have, without the members that they have: such a member is
 * another than the person who was put there, and many programs go by the name alone.
 */
static int group_is_ours(const struct group *group, struct local_seen *ret_seen)
{
	int r = local_knows(LOCAL_GROUP, group->gr_name, group->gr_gid, ret_seen);

	return r == 0 ? local_filter_names(LOCAL_PASSWD, group->gr_mem) : r;
}

/* By name, or by id where that is NULL.  *ret_counts: as kept_counts() has it. */
static int group_ask(const char *name, gid_t gid, bool swift, struct group *ret_group, char *buffer,
		     size_t size, bool *ret_counts)
{
	struct local_seen seen[LOCAL_FILES] = {0};
	unsigned char window[MODULE_WINDOW];
	struct database_record record;
	struct database database;
	int r = kept_open(&database, DATABASE_GROUP, swift, window, sizeof(window));

	*ret_counts = true;
	if (r < 0)
		return r;
	r = name ? database_find(&database, '.', name, &record)
		 : row_find_id(&database, gid, &record);
	if (r == 0)
		r = row_group(&database, &record, buffer, size, ret_group);
	if (r == 0 && !name && ret_group->gr_gid != gid)
		r = -EBADMSG;
	kept_close(&database);
	if (r == 0)
		r = group_is_ours(ret_group, &seen[LOCAL_GROUP]);
	*ret_counts = kept_counts(&database, r, seen);
	return r > 0 ? DATABASE_ABSENT : r;
}

static int group_look_up(const char *name, gid_t gid, struct group *result, char *buffer,
			 size_t size)
{
	struct group group;
	bool counts;
	int r;

	if (name ? names_check_name(name) : names_check_id(gid))
		return DATABASE_ABSENT;
	r = group_ask(name, gid, true, &group, buffer, size, &counts);
	if (!counts)
		r = group_ask(name, gid, false, &group, buffer, size, &counts);
	if (r == 0)
		*result = group;
	return r;
}

enum nss_status _nss_webcred_getgrnam_r(const char *name, struct group *result, char *buffer,
					size_t size, int *errnop)
{
	struct module_call call;

	module_begin(&call);
	return module_end(&call, group_look_up(name ? name : "", 0, result, buffer, size), errnop);
}

enum nss_status _nss_webcred_getgrgid_r(gid_t gid, struct group *result, char *buffer, size_t size,
					int *errnop)
{
	struct module_call call;

	module_begin(&call);
	return module_end(&call, group_look_up(NULL, gid, result, buffer, size), errnop);
}

static int group_row(struct cursor *cursor, const struct database_record *record, void *result,
		     char *buffer, size_t size)
{
	struct group group;
	int r = row_group(&cursor->database, record, buffer, size, &group);

	if (r == 0)
		r = local_sieve_knows(&cursor->group, LOCAL_GROUP, group.gr_name, group.gr_gid);
	if (r == 0)
		r = local_sieve_filter(&cursor->passwd, LOCAL_PASSWD, group.gr_mem);
	if (r == 0)
		*(struct group *)result = group;
	return r > 0 ? DATABASE_ABSENT : r;
}

enum nss_status _nss_webcred_setgrent(int stay_open)
{
	(void)stay_open;
	return cursor_set(&cursor_group);
}

enum nss_status _nss_webcred_getgrent_r(struct group *result, char *buffer, size_t size,
					int *errnop)
{
	return cursor_get(&cursor_group, group_row, result, buffer, size, errnop);
}

enum nss_status _nss_webcred_endgrent(void)
{
	return cursor_end(&cursor_group);
}
