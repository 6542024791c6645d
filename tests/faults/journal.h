/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * journal - what the keeper did to the files of its state folder, in its order,
 * and between that what others were told: a file of memory that journal.c, in
 * the keeper, and powercut.c share.
 */
#ifndef WEBCRED_TESTS_JOURNAL_H
#define WEBCRED_TESTS_JOURNAL_H

#include <stdatomic.h>
#include <stdint.h>

#define JOURNAL_VARIABLE "WEBCRED_JOURNAL"
#define JOURNAL_FOLDER "/var/lib/webcred"

enum journal_kind {
	JOURNAL_WRITE = 1, /* file, at, the bytes */
	JOURNAL_TRUNCATE,  /* file, at: its new length */
	JOURNAL_SYNC,	   /* file */
	JOURNAL_FOLDER_SYNC,
	JOURNAL_CREATE,	 /* file, its name */
	JOURNAL_RENAME,	 /* old name, 0, new name */
	JOURNAL_UNLINK,	 /* name */
	JOURNAL_PROMISE, /* word, 0, a question to the store that it must answer with 1 */
	JOURNAL_USED,	 /* an answer that has let somebody in and must not again */
};

struct journal_entry {
	uint64_t size; /* with this head, a multiple of 8 */
	uint64_t kind, file, at, len;
	uint8_t bytes[];
};

struct journal {
	atomic_ullong end; /* of the entries */
	atomic_int recording;
	atomic_long clock; /* seconds the keeper's clock is ahead */
	uint64_t room;
	uint8_t entries[];
};

#endif
