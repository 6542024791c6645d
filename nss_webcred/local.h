/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * local - what /etc/passwd and /etc/group know, looked at anew for every answer.
 *
 * Local files win, also over a row that was there before them and also where
 * nsswitch.conf names us first: a group of ours that is called like a local one
 * would otherwise be taken for it by everything that goes from id to name, such
 * as sudoers.  Nothing is asked of the name service, which called us.
 *
 * Results: 1 yes, 0 no, -errno.  A file that is missing knows nothing.
 */
#ifndef WEBCRED_NSS_LOCAL_H
#define WEBCRED_NSS_LOCAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum local_file { LOCAL_PASSWD, LOCAL_GROUP, LOCAL_FILES };

/* For who asks about a name alone: no line has it. */
#define LOCAL_NO_ID (UINT64_C(1) << 32)
/* Which file it was that was asked; all zero where there is none. */
struct local_seen {
	dev_t dev;
	ino_t ino;
};
/* Whether a line has this name (if it is not NULL) or this id; *ret_seen in any case. */
int local_knows(enum local_file file, const char *name, uint64_t id, struct local_seen *ret_seen);
/* Takes out of `ids` what the file knows; *n becomes how many are left. */
int local_filter(enum local_file file, gid_t *ids, size_t *n);
/* Takes out of `names`, which NULL ends, what the file knows. */
int local_filter_names(enum local_file file, char **names);

/*
 * A sieve: what it says no to, the file does not know.  local_knows() keeps one for each
 * file as long as stat(2) shows the same file; a walk keeps its own.
 */
#define LOCAL_BITS 65536
struct local_sieve {
	uint64_t bits[LOCAL_BITS / 64];
};
int local_sieve_fill(struct local_sieve *sieve, enum local_file file);
int local_sieve_knows(const struct local_sieve *sieve, enum local_file file, const char *name,
		      uint64_t id);
int local_sieve_filter(const struct local_sieve *sieve, enum local_file file, char **names);

/* The kept sieves' lock, for fork(2). */
void local_lock(void);
void local_unlock(void);

#endif
