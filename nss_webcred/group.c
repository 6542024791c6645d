/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* group - groups. */
#include <errno.h>

#include "nss_webcred/cursor.h"
#include "nss_webcred/kept.h"
#include "nss_webcred/row.h"

/* By name, or by id where that is NULL. */
static int group_look_up(const char *name, gid_t gid, struct group *result, char *buffer,
			 size_t size)
{
	unsigned char window[MODULE_WINDOW];
	struct database_record record;
	struct database database;
	struct group group;
	int r;

	if (name ? names_check_name(name) : names_check_id(gid))
		return DATABASE_ABSENT;
	r = kept_open(&database, DATABASE_GROUP, window, sizeof(window));
	if (r < 0)
		return r;
	r = name ? database_find(&database, '.', name, &record)
		 : row_find_id(&database, gid, &record);
	if (r == 0)
		r = row_group(&database, &record, buffer, size, &group);
	if (r == 0 && !name && group.gr_gid != gid)
		r = -EBADMSG;
	kept_close(&database);
	if (r == 0)
		r = local_knows(LOCAL_GROUP, group.gr_name, group.gr_gid);
	if (r == 0)
		*result = group;
	return r > 0 ? DATABASE_ABSENT : r;
}

enum nss_status _nss_webcred_getgrnam_r(const char *name, struct group *result, char *buffer,
					size_t size, int *errnop)
{
	int saved = errno;

	return module_answer(group_look_up(name ? name : "", 0, result, buffer, size), saved,
			     errnop);
}

enum nss_status _nss_webcred_getgrgid_r(gid_t gid, struct group *result, char *buffer, size_t size,
					int *errnop)
{
	int saved = errno;

	return module_answer(group_look_up(NULL, gid, result, buffer, size), saved, errnop);
}

static int group_row(struct cursor *cursor, const struct database_record *record, void *result,
		     char *buffer, size_t size)
{
	struct group group;
	int r = row_group(&cursor->database, record, buffer, size, &group);

	if (r == 0)
		r = local_sieve_knows(&cursor->group, LOCAL_GROUP, group.gr_name, group.gr_gid);
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
