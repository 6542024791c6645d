/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * journal - preloaded into the keeper: what it does to the files of its state
 * folder is done, and written down.  An entry stands there before the call
 * returns, so that whatever is said to anybody behind it comes later.
 */
#include "tests/faults/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))
#define FOLDER_LEN (sizeof(JOURNAL_FOLDER) - 1)

static struct journal *journal;

__attribute__((constructor)) static void journal_start(void)
{
	const char *path = getenv(JOURNAL_VARIABLE);
	int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0) {
		void *memory =
			mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (memory != MAP_FAILED)
			journal = memory;
	}
	(void)syscall(SYS_close, fd);
}

static void note(enum journal_kind kind, uint64_t file, uint64_t at, const void *bytes, size_t len)
{
	uint64_t size = (sizeof(struct journal_entry) + len + 7) & ~(uint64_t)7;
	uint64_t from = atomic_fetch_add(&journal->end, size);
	struct journal_entry *entry = (struct journal_entry *)(void *)(journal->entries + from);

	if (from + size > journal->room)
		abort(); /* a test that sees half of it must not go on */
	entry->kind = kind;
	entry->file = file;
	entry->at = at;
	entry->len = len;
	if (len > 0)
		memcpy(entry->bytes, bytes, len);
	entry->size = size;
}

/* ---- which file ---------------------------------------------------------------------- */

static bool listens(void)
{
	return journal && atomic_load(&journal->recording);
}

/* What is behind the state folder's name: "" the folder, "/NAME" a file of it; or NULL. */
static const char *behind_folder(const char *path)
{
	const char *rest = path + FOLDER_LEN;

	if (strncmp(path, JOURNAL_FOLDER, FOLDER_LEN) != 0 || (*rest != '\0' && *rest != '/'))
		return NULL;
	return rest;
}

/* 'f' a file of the folder's, 'd' the folder; its number in *ret_file. */
static char kind_of(int fd, uint64_t *ret_file)
{
	char link[64], path[PATH_MAX];
	const char *rest;
	struct stat st;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n <= 0 || fstat(fd, &st) < 0)
		return 0;
	path[n] = '\0';
	rest = behind_folder(path);
	*ret_file = st.st_ino;
	return !rest ? 0 : *rest ? 'f' : 'd';
}

/* The name in the folder that these two make, or NULL. */
static const char *name_of(int folder, const char *path)
{
	uint64_t file;
	const char *rest;

	if (path[0] == '/') {
		rest = behind_folder(path);
		return rest && *rest ? rest + 1 : NULL;
	}
	return folder != AT_FDCWD && kind_of(folder, &file) == 'd' ? path : NULL;
}

/* ---- calls ------------------------------------------------------------------------------- */

static int do_open(int folder, const char *path, int flags, mode_t mode)
{
	const char *name = listens() && (flags & O_CREAT) ? name_of(folder, path) : NULL;
	bool there = name && faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	int error = errno, fd = (int)syscall(SYS_openat, folder, path, flags, mode);
	uint64_t file;

	if (fd >= 0 && name && !there && kind_of(fd, &file) == 'f')
		note(JOURNAL_CREATE, file, 0, name, strlen(name) + 1);
	if (fd >= 0)
		errno = error;
	return fd;
}

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
}

#define OPENS(function)                                                                            \
	SEEN int function(const char *path, int flags, ...)                                        \
	{                                                                                          \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(arguments, flags);                                                        \
		mode = mode_of(flags, arguments);                                                  \
		va_end(arguments);                                                                 \
		return do_open(AT_FDCWD, path, flags, mode);                                       \
	}
#define OPENS_AT(function)                                                                         \
	SEEN int function(int folder, const char *path, int flags, ...)                            \
	{                                                                                          \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(arguments, flags);                                                        \
		mode = mode_of(flags, arguments);                                                  \
		va_end(arguments);                                                                 \
		return do_open(folder, path, flags, mode);                                         \
	}
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)

static ssize_t wrote(int fd, const void *bytes, ssize_t n, int64_t at)
{
	uint64_t file;

	if (n > 0 && listens() && kind_of(fd, &file) == 'f') {
		if (at < 0) /* write(2): it has moved on by as much */
			at = syscall(SYS_lseek, fd, 0, SEEK_CUR) - n;
		note(JOURNAL_WRITE, file, (uint64_t)at, bytes, (size_t)n);
	}
	return n;
}

SEEN ssize_t write(int fd, const void *bytes, size_t len)
{
	return wrote(fd, bytes, syscall(SYS_write, fd, bytes, len), -1);
}

SEEN ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return wrote(fd, bytes, syscall(SYS_pwrite64, fd, bytes, len, at), at);
}

SEEN ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return wrote(fd, bytes, syscall(SYS_pwrite64, fd, bytes, len, at), at);
}

SEEN int ftruncate64(int fd, off64_t len)
{
	int r = (int)syscall(SYS_ftruncate, fd, len);
	uint64_t file;

	if (r == 0 && listens() && kind_of(fd, &file) == 'f')
		note(JOURNAL_TRUNCATE, file, (uint64_t)len, NULL, 0);
	return r;
}

SEEN int ftruncate(int fd, off_t len)
{
	return ftruncate64(fd, len);
}

static int synced(int fd, int r)
{
	uint64_t file;
	char kind = r == 0 && listens() ? kind_of(fd, &file) : 0;

	if (kind)
		note(kind == 'f' ? JOURNAL_SYNC : JOURNAL_FOLDER_SYNC, file, 0, NULL, 0);
	return r;
}

SEEN int fsync(int fd)
{
	return synced(fd, (int)syscall(SYS_fsync, fd));
}

SEEN int fdatasync(int fd)
{
	return synced(fd, (int)syscall(SYS_fdatasync, fd));
}

SEEN int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	const char *was = listens() ? name_of(from, old) : NULL;
	const char *is = listens() ? name_of(to, new) : NULL;
	int r = (int)syscall(SYS_renameat2, from, old, to, new, flags);
	char names[2 * NAME_MAX + 2];

	if (r == 0 && was && is) {
		int len = snprintf(names, sizeof(names), "%s%c%s", was, 0, is);

		note(JOURNAL_RENAME, 0, 0, names, (size_t)len + 1);
	}
	return r;
}

SEEN int renameat(int from, const char *old, int to, const char *new)
{
	return renameat2(from, old, to, new, 0);
}

SEEN int rename(const char *old, const char *new)
{
	return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

SEEN int unlinkat(int folder, const char *path, int flags)
{
	const char *name = listens() ? name_of(folder, path) : NULL;
	int r = (int)syscall(SYS_unlinkat, folder, path, flags);

	if (r == 0 && name)
		note(JOURNAL_UNLINK, 0, 0, name, strlen(name) + 1);
	return r;
}

SEEN int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

/* A time-based code is good for one login a step. */
SEEN time_t time(time_t *ret)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (journal)
		now.tv_sec += atomic_load(&journal->clock);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}
