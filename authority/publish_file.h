/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* publish_file - one database of the name service in the making; publish.c alone includes it. */
#ifndef WEBCRED_AUTHORITY_PUBLISH_FILE_H
#define WEBCRED_AUTHORITY_PUBLISH_FILE_H

#include <cdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line that grows. */
struct publish_text {
	char *text;
	size_t len, room;
};

/* Room for `need` elements of `each` bytes: 0 or -ENOMEM. */
int publish_room(void **memory, size_t *room, size_t need, size_t each);
int publish_text_add(struct publish_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What has been written, to find what comes twice. */
struct publish_seen {
	uint64_t name; /* SipHash, keyed anew for each file */
	uint32_t id;
};

struct publish_file {
	char name[16];
	char beside[24]; /* empty once there is nothing to remove */
	const char *kind;
	int fd;	     /* where it is made: nameless */
	bool making; /* `make` holds memory */
	struct cdb_make make;
	uint8_t key[16];
	struct publish_seen *seen;
	size_t seen_n, seen_room;
	struct publish_text value;
};

/* All zero before; closed by publish_file_close() in any case. */
int publish_file_open(struct publish_file *file, int folder, const char *kind);
/* The record PREFIX KEY with its check. */
int publish_file_add(struct publish_file *file, char prefix, const char *key, const char *line,
		     size_t len);
/* A row: by its name and by its id. */
int publish_file_row(struct publish_file *file, const char *name, uint32_t id, const char *line,
		     size_t len);
/* Index, head, and all of it on the disk, beside.  -EEXIST where a name or an id came twice. */
int publish_file_finish(struct publish_file *file, int folder);
/* Removes what lies beside, if it still does. */
void publish_file_close(struct publish_file *file, int folder);

#endif
