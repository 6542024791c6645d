/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* passwd - accounts. */
#include <errno.h>

#include "nss_webcred/cursor.h"
#include "nss_webcred/kept.h"
#include "nss_webcred/row.h"

/* A person whose name, id or group local files have is not there. */
static int passwd_is_ours(const struct passwd *person)
{
	int r = local_knows(LOCAL_PASSWD, person->pw_name, person->pw_uid);

	if (r == 0)
		r = local_knows(LOCAL_GROUP, NULL, person->pw_gid);
	return r > 0 ? DATABASE_ABSENT : r;
}

/* By name, or by id where that is NULL. */
static int passwd_look_up(const char *name, uid_t uid, struct passwd *result, char *buffer,
			  size_t size)
{
	unsigned char window[MODULE_WINDOW];
	struct database_record record;
	struct database database;
	struct passwd person;
	int r;

	if (name ? names_check_name(name) : names_check_id(uid))
		return DATABASE_ABSENT;
	r = kept_open(&database, DATABASE_PASSWD, window, sizeof(window));
	if (r < 0)
		return r;
	r = name ? database_find(&database, '.', name, &record)
		 : row_find_id(&database, uid, &record);
	if (r == 0)
		r = row_person(&database, &record, buffer, size, &person);
	if (r == 0 && !name && person.pw_uid != uid)
		r = -EBADMSG;
	kept_close(&database);
	if (r == 0)
		r = passwd_is_ours(&person);
	if (r == 0)
		*result = person;
	return r;
}

enum nss_status _nss_webcred_getpwnam_r(const char *name, struct passwd *result, char *buffer,
					size_t size, int *errnop)
{
	int saved = errno;

	return module_answer(passwd_look_up(name ? name : "", 0, result, buffer, size), saved,
			     errnop);
}

enum nss_status _nss_webcred_getpwuid_r(uid_t uid, struct passwd *result, char *buffer, size_t size,
					int *errnop)
{
	int saved = errno;

	return module_answer(passwd_look_up(NULL, uid, result, buffer, size), saved, errnop);
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
