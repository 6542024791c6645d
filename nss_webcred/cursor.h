/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * cursor - where setXXent, getXXent and endXXent stand: one for each database and
 * process, as POSIX has it.
 *
 * A walk goes on in the file it began in, when another has been put in its place.
 * The lock is held over fork(2), so that a child never finds it taken by a thread
 * that it does not have; the position is ours and not the descriptor's, which
 * parent and child share.
 */
#ifndef WEBCRED_NSS_CURSOR_H
#define WEBCRED_NSS_CURSOR_H

#include <pthread.h>

#include "nss_webcred/local.h"
#include "nss_webcred/module.h"

#define CURSOR_WINDOW 65536

struct cursor {
	pthread_mutex_t lock;
	enum database_kind kind;
	bool open;
	uint64_t at;
	struct database database;
	struct local_sieve passwd, group; /* what the local files knew at the start */
	unsigned char window[CURSOR_WINDOW];
};

extern struct cursor cursor_passwd, cursor_group;

/* A row for the caller, as in row.h; `result` is its struct passwd or struct group. */
typedef int (*cursor_row)(struct cursor *cursor, const struct database_record *record, void *result,
			  char *buffer, size_t size);

enum nss_status cursor_set(struct cursor *cursor);
enum nss_status cursor_end(struct cursor *cursor);
/* Rows that are not to be given out are passed over; -ERANGE stays where it is. */
enum nss_status cursor_get(struct cursor *cursor, cursor_row row, void *result, char *buffer,
			   size_t size, int *errnop);

#endif
