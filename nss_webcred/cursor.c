/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* cursor - see cursor.h. */
#include "nss_webcred/cursor.h"

#include <errno.h>

#include "nss_webcred/kept.h"

struct cursor cursor_passwd = {.lock = PTHREAD_MUTEX_INITIALIZER, .kind = DATABASE_PASSWD};
struct cursor cursor_group = {.lock = PTHREAD_MUTEX_INITIALIZER, .kind = DATABASE_GROUP};

static void cursor_lock_all(void)
{
	pthread_mutex_lock(&cursor_passwd.lock);
	pthread_mutex_lock(&cursor_group.lock);
	local_lock();
	kept_lock();
}

static void cursor_unlock_rest(void)
{
	local_unlock();
	pthread_mutex_unlock(&cursor_group.lock);
	pthread_mutex_unlock(&cursor_passwd.lock);
}

static void cursor_unlock_all(void)
{
	kept_unlock();
	cursor_unlock_rest();
}

static void cursor_unlock_child(void)
{
	kept_child();
	cursor_unlock_rest();
}

/* Where there is no memory for it, fork is as safe as without it. */
__attribute__((constructor)) static void cursor_over_fork(void)
{
	int saved = errno;

	(void)pthread_atfork(cursor_lock_all, cursor_unlock_all, cursor_unlock_child);
	errno = saved;
}

static void cursor_close(struct cursor *cursor)
{
	if (cursor->open)
		database_close(&cursor->database);
	cursor->open = false;
}

/* A program may unload us while it walks. */
__attribute__((destructor)) static void cursor_close_all(void)
{
	cursor_close(&cursor_passwd);
	cursor_close(&cursor_group);
}

static int cursor_open(struct cursor *cursor)
{
	int r = database_open(&cursor->database, cursor->kind, cursor->window,
			      sizeof(cursor->window));

	if (r < 0)
		return r;
	cursor->database.walked = true;
	cursor->open = true;
	cursor->at = DATABASE_TABLE;
	r = local_sieve_fill(&cursor->group, LOCAL_GROUP);
	if (r == 0)
		r = local_sieve_fill(&cursor->passwd, LOCAL_PASSWD);
	if (r < 0)
		cursor_close(cursor);
	return r;
}

enum nss_status cursor_set(struct cursor *cursor)
{
	struct module_call call;
	enum nss_status status;
	int error = 0, r;

	module_begin(&call);
	pthread_mutex_lock(&cursor->lock);
	cursor_close(cursor);
	r = cursor_open(cursor);
	pthread_mutex_unlock(&cursor->lock);
	status = module_end(&call, r, &error);
	if (status != NSS_STATUS_SUCCESS)
		errno = error;
	return status;
}

enum nss_status cursor_end(struct cursor *cursor)
{
	struct module_call call;
	int error;

	module_begin(&call);
	pthread_mutex_lock(&cursor->lock);
	cursor_close(cursor);
	pthread_mutex_unlock(&cursor->lock);
	return module_end(&call, 0, &error);
}

/* The next row that may be given out. */
static int cursor_next(struct cursor *cursor, cursor_row row, void *result, char *buffer,
		       size_t size)
{
	struct database_record record;
	uint64_t at = cursor->at;
	int r;

	do {
		cursor->at = at;
		r = database_next(&cursor->database, &at, &record);
		if (r != 0)
			return r;
		r = record.key[0] == '.' ? row(cursor, &record, result, buffer, size)
					 : DATABASE_ABSENT;
	} while (r == DATABASE_ABSENT);
	if (r == 0)
		cursor->at = at;
	return r;
}

enum nss_status cursor_get(struct cursor *cursor, cursor_row row, void *result, char *buffer,
			   size_t size, int *errnop)
{
	struct module_call call;
	int r;

	module_begin(&call);
	pthread_mutex_lock(&cursor->lock);
	r = cursor->open ? 0 : cursor_open(cursor);
	if (r == 0)
		r = cursor_next(cursor, row, result, buffer, size);
	pthread_mutex_unlock(&cursor->lock);
	return module_end(&call, r, errnop);
}
