/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* passwd - accounts. */
#include <errno.h>

#include "nss_webcred/cursor.h"
#include "nss_webcred/kept.h"
#include "nss_webcred/row.h"

/* A person whose name, id or group local files have is not there. */
static int passwd_is_ours(const struct passwd *person, struct local_seen seen[LOCAL_FILES])
{
	int r = local_knows(LOCAL_PASSWD, person->pw_name, person->pw_uid, &seen[LOCAL_PASSWD]);

	if (r == 0)
		r = local_knows(LOCAL_GROUP, NULL, person->pw_gid, &seen[LOCAL_GROUP]);
	return r > 0 ? DATABASE_ABSENT : r;
}

/* By name, or by id where that is NULL.  *ret_counts: as kept_counts() has it. */
static int passwd_ask(const char *name, uid_t uid, bool swift, struct passwd *ret_person,
		      char *buffer, size_t size, bool *ret_counts)
{
	struct local_seen seen[LOCAL_FILES] = {0};
	unsigned char window[MODULE_WINDOW];
	struct database_record record;
	struct database database;
	int r = kept_open(&database, DATABASE_PASSWD, swift, window, sizeof(window));

	*ret_counts = true;
	if (r < 0)
		return r;
	r = name ? database_find(&database, '.', name, &record)
		 : row_find_id(&database, uid, &record);
	if (r == 0)
		r = row_person(&database, &record, buffer, size, ret_person);
	if (r == 0 && !name && ret_person->pw_uid != uid)
		r = -EBADMSG;
	kept_close(&database);
	if (r == 0)
		r = passwd_is_ours(ret_person, seen);
	*ret_counts = kept_counts(&database, r, seen);
	return r;
}

static int passwd_look_up(const char *name, uid_t uid, struct passwd *result, char *buffer,
			  size_t size)
{
	struct passwd person;
	bool counts;
	int r;

	if (name ? names_check_name(name) : names_check_id(uid))
		return DATABASE_ABSENT;
	r = passwd_ask(name, uid, true, &person, buffer, size, &counts);
	if (!counts)
		r = passwd_ask(name, uid, false, &person, buffer, size, &counts);
	if (r == 0)
		*result = person;
	return r;
}

enum nss_status _nss_webcred_getpwnam_r(const char *name, struct passwd *result, char *buffer,
					size_t size, int *errnop)
{
	struct module_call call;

	module_begin(&call);
	return module_end(&call, passwd_look_up(name ? name : "", 0, result, buffer, size), errnop);
}

enum nss_status _nss_webcred_getpwuid_r(uid_t uid, struct passwd *result, char *buffer, size_t size,
					int *errnop)
{
	struct module_call call;

	module_begin(&call);
	return module_end(&call, passwd_look_up(NULL, uid, result, buffer, size), errnop);
}

static int passwd_row(struct cursor *cursor, const struct database_record *record, void *result,
		      char *buffer, size_t size)
{
	struct passwd person;
	int r = row_person(&cursor->database, record, buffer, size, &person);

	if (r != 0)
		return r;
	r = local_sieve_knows(&cursor->passwd, LOCAL_PASSWD, person.pw_name, person.pw_uid);
	if (r == 0)
		r = local_sieve_knows(&cursor->group, LOCAL_GROUP, NULL, person.pw_gid);
	if (r == 0)
		*(struct passwd *)result = person;
	return r > 0 ? DATABASE_ABSENT : r;
}

enum nss_status _nss_webcred_setpwent(int stay_open)
{
	(void)stay_open;
	return cursor_set(&cursor_passwd);
}

enum nss_status _nss_webcred_getpwent_r(struct passwd *result, char *buffer, size_t size,
					int *errnop)
{
	return cursor_get(&cursor_passwd, passwd_row, result, buffer, size, errnop);
}

enum nss_status _nss_webcred_endpwent(void)
{
	return cursor_end(&cursor_passwd);
}
