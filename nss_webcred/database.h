/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * database - reads the databases of lib/base/names.h, whatever is in them.
 *
 * By pread(2), not mapped: a page that the disk does not give back, or that
 * somebody cut off the file, is an error here and no SIGBUS in the program that
 * asked for a name (doc/decisions/0020-the-name-service.md).  No length or offset
 * of the file is used before it was compared with the file's size.
 *
 * Results: 0, DATABASE_ABSENT, or -errno: -EBADMSG what lies there is no such
 * database or is damaged, -EPERM it is not root's alone, -ERANGE the caller's
 * buffer is too small.
 */
#ifndef WEBCRED_NSS_DATABASE_H
#define WEBCRED_NSS_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/base/names.h"
#include "nss_webcred/local.h"

#define DATABASE_ABSENT 1
#define DATABASE_TABLE 2048 /* what every cdb begins with */
#define DATABASE_HEAD 64    /* our own first record */
#define DATABASE_KEY_MAX (1 + NAMES_NAME_MAX)
/* A full index has twice as many places as keys: nothing of ours looks this long. */
#define DATABASE_PROBES_MAX 65536
/* Bytes of the index that are read at once: like names stand close together in it. */
#define DATABASE_PLACES 256

enum database_kind { DATABASE_PASSWD, DATABASE_GROUP };

struct database {
	enum database_kind kind;
	int fd;
	bool walked; /* between calls: somebody may have closed our descriptor */
	bool lent;   /* by kept.h, with its lock */
	/* For kept.h: the path was not looked at, or when it was; which of those it kept. */
	bool swift;
	int64_t looked_ms;
	unsigned serial;
	struct local_seen root[LOCAL_FILES];
	uint64_t size;
	uint64_t end; /* of the records */
	const unsigned char *head;
	/* What was read last, in the caller's memory. */
	unsigned char *window;
	size_t window_room, window_len;
	uint64_t window_at;
	/* Of a file that was opened for this one; nothing of them is touched where one was lent. */
	struct stat of;
	unsigned char own_head[DATABASE_TABLE + DATABASE_HEAD];
};

struct database_record {
	char key[DATABASE_KEY_MAX + 1];
	size_t key_len;
	uint64_t at; /* the value's place */
	size_t len;  /* and length */
};

/* `window` of at least 64 bytes is used until the end. */
int database_open(struct database *database, enum database_kind kind, unsigned char *window,
		  size_t window_room);
/* The same, of a file that is open, whoever owns it; it takes `fd` and closes it where it fails. */
int database_take(struct database *database, enum database_kind kind, int fd, unsigned char *window,
		  size_t window_room);
void database_close(struct database *database);
/* For kept.h: where it lies; whether `fd` still is that file's, and not what the program made of
 * it. */
const char *database_path(enum database_kind kind);
bool database_is_of(int fd, const struct stat *of);
void database_reset(struct database *database, enum database_kind kind, int fd,
		    unsigned char *window, size_t window_room);

/* PREFIX and the terminated KEY. */
int database_find(struct database *database, char prefix, const char *key,
		  struct database_record *ret_record);
/* The record at *at, which moves on; start with DATABASE_TABLE. */
int database_next(struct database *database, uint64_t *at, struct database_record *ret_record);
/*
 * The record's value in `buffer`, terminated, its check compared; *ret_line is
 * in the buffer, behind at least DATABASE_BEFORE bytes that are the caller's.
 */
#define DATABASE_BEFORE 9
int database_line(struct database *database, const struct database_record *record, char *buffer,
		  size_t size, char **ret_line);
/* How long a value of this kind of record can be. */
size_t database_line_max(enum database_kind kind, char prefix);

/* Decimal, without sign or leading zeros, ended by `end`, to which *at moves. */
bool database_number(const char **at, char end, uint32_t *ret_number);

#endif
