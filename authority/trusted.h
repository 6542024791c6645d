/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * trusted - files that root alone can have written.
 *
 * Whatever stands where a file should - a FIFO, a folder, a symbolic link, a
 * socket - is said at once and never opened for long: nothing here blocks.
 * A process that is not root (the unit tests) trusts its own files too.
 *
 * Results: 0 or -errno, -EPERM for wrong owners and modes, -EINVAL for the
 * wrong kind of file; *ret_error says what, where and what to do.  -ENOENT
 * leaves it empty: whether an absence matters is the caller's to say.
 */
#ifndef WEBCRED_AUTHORITY_TRUSTED_H
#define WEBCRED_AUTHORITY_TRUSTED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Root's, or ours. */
bool trusted_owner(uid_t uid);
/* A folder that is root's alone, mode 0700, and no symbolic link. */
int trusted_folder_open(const char *path, int *ret_fd, char *ret_error, size_t size);
/* A regular file with no right in `forbidden`, and one name where that is all of 077.  It is not
 * opened: closing a second descriptor would drop SQLite's locks (fcntl(2)). */
int trusted_file_check(int folder, const char *folder_path, const char *name, mode_t forbidden,
		       struct stat *ret_stat, char *ret_error, size_t size);
/* The whole of such a file, at most `max` bytes, terminated; for the caller to
 * wipe and free.  `folder` as for openat(2). */
int trusted_file_read(int folder, const char *path, mode_t forbidden, size_t max, char **ret_text,
		      size_t *ret_len, char *ret_error, size_t size);
/* Nobody else can write to, or put another in the place of, any folder above
 * `path`, as it is named and once links are resolved.  A sticky folder of root's (/tmp) will do:
 * what stands in it is judged by its own owner. */
int trusted_above(const char *path, char *ret_error, size_t size);

#endif
