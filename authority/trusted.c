/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/trusted.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/secret.h"

bool trusted_owner(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFLNK:
		return "a symbolic link";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no regular file";
	}
}

int trusted_folder_open(const char *path, int *ret_fd, char *ret_error, size_t size)
{
	struct stat st;
	int fd, r;

	if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		snprintf(ret_error, size, "%s is %s; a folder of root's, mode 0700, is needed",
			 path, S_ISREG(st.st_mode) ? "a file" : kind_of(st.st_mode));
		return -EINVAL;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		r = -errno;
		snprintf(ret_error, size, "%s: %s; make it with: install -d -m 0700 %s", path,
			 strerror(-r), path);
		if (fd >= 0)
			close(fd);
		return r;
	}
	if (!trusted_owner(st.st_uid) || (st.st_mode & 07777) != 0700) {
		snprintf(ret_error, size,
			 "%s belongs to uid %u and has mode %04o; it must be root's, mode 0700",
			 path, (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
		close(fd);
		return -EPERM;
	}
	*ret_fd = fd;
	return 0;
}

static int judge(const char *path, const struct stat *st, mode_t forbidden, char *ret_error,
		 size_t size)
{
	if (!S_ISREG(st->st_mode)) {
		snprintf(ret_error, size, "%s is %s; a regular file is needed", path,
			 kind_of(st->st_mode));
		return -EINVAL;
	}
	if (!trusted_owner(st->st_uid) || (st->st_mode & forbidden)) {
		snprintf(ret_error, size,
			 "%s belongs to uid %u and has mode %04o; it must be root's, mode %04o",
			 path, (unsigned)st->st_uid, (unsigned)(st->st_mode & 07777),
			 (unsigned)(0666 & ~forbidden));
		return -EPERM;
	}
	/* A secret's second name may be in somebody else's hands. */
	if (st->st_nlink != 1 && (forbidden & 077) == 077) {
		snprintf(ret_error, size, "%s has %lu names (hard links); it must have one", path,
			 (unsigned long)st->st_nlink);
		return -EPERM;
	}
	return 0;
}

int trusted_file_check(int folder, const char *folder_path, const char *name, mode_t forbidden,
		       struct stat *ret_stat, char *ret_error, size_t size)
{
	char path[PATH_MAX];
	struct stat st;
	int r;

	snprintf(path, sizeof(path), "%s/%s", folder_path, name);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		r = -errno;
		if (r != -ENOENT)
			snprintf(ret_error, size, "%s: %s", path, strerror(-r));
		return r;
	}
	r = judge(path, &st, forbidden, ret_error, size);
	if (r == 0)
		*ret_stat = st;
	return r;
}

/* Reads to the end, which must come within `max` bytes. */
static int read_all(int fd, char *buffer, size_t max, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, buffer + len, max + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	buffer[len] = '\0';
	*ret_len = len;
	return 0;
}

static int read_opened(int fd, const char *path, mode_t forbidden, size_t max, char **ret_text,
		       size_t *ret_len, char *ret_error, size_t size)
{
	struct stat st;
	char *buffer;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	r = judge(path, &st, forbidden, ret_error, size);
	if (r < 0)
		return r;
	buffer = malloc(max + 1);
	if (!buffer)
		return -ENOMEM;
	r = read_all(fd, buffer, max, ret_len);
	if (r < 0) {
		secret_wipe(buffer, max + 1);
		free(buffer);
		return r;
	}
	*ret_text = buffer;
	return 0;
}

int trusted_file_read(int folder, const char *path, mode_t forbidden, size_t max, char **ret_text,
		      size_t *ret_len, char *ret_error, size_t size)
{
	struct stat st;
	int fd, r;

	ret_error[0] = '\0';
	/* Looked at first: a device may act on being opened. */
	if (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		r = judge(path, &st, forbidden, ret_error, size);
		if (r < 0)
			return r;
	}
	fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
	} else {
		r = read_opened(fd, path, forbidden, max, ret_text, ret_len, ret_error, size);
		close(fd);
	}
	if (r == -EFBIG)
		snprintf(ret_error, size, "%s is larger than the %zu bytes allowed", path, max);
	else if (r < 0 && r != -ENOENT && !ret_error[0])
		snprintf(ret_error, size, "%s: %s", path, strerror(-r));
	return r;
}

/* A folder on the way, or a link to one: whose it is, and who may write to it. */
static int above_judge(const char *path, const char *folder, char *ret_error, size_t size)
{
	struct stat own, st;

	if (lstat(folder, &own) < 0 || stat(folder, &st) < 0) {
		int r = -errno;

		snprintf(ret_error, size, "%s: %s", folder, strerror(-r));
		return r;
	}
	if (trusted_owner(own.st_uid) && trusted_owner(st.st_uid) &&
	    (!(st.st_mode & 022) || (st.st_uid == 0 && (st.st_mode & S_ISVTX))))
		return 0;
	snprintf(ret_error, size,
		 "%s: its folder %s belongs to uid %u and has mode %04o; others than root may "
		 "write there",
		 path, folder, (unsigned)own.st_uid, (unsigned)(st.st_mode & 07777));
	return -EPERM;
}

/* The folder and all above it; cuts its name up. */
static int above_walk(const char *path, char *folder, char *ret_error, size_t size)
{
	char *slash;
	int r;

	while ((r = above_judge(path, folder, ret_error, size)) == 0) {
		slash = strrchr(folder, '/');
		if (!slash || !folder[1])
			return 0;
		slash[slash == folder ? 1 : 0] = '\0';
	}
	return r;
}

int trusted_above(const char *path, char *ret_error, size_t size)
{
	char folder[PATH_MAX], real[PATH_MAX], *slash;
	int r;

	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return -ENAMETOOLONG;
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder ? 1 : 0] = '\0';
	else
		strcpy(folder, ".");
	if (!realpath(folder, real)) {
		r = -errno;
		snprintf(ret_error, size, "%s: %s", folder, strerror(-r));
		return r;
	}
	/* As it is named, too: a link in somebody else's folder leads, at the next
	 * moment, to wherever they like (CVE-2025-6020). */
	r = above_walk(path, folder, ret_error, size);
	return r < 0 ? r : above_walk(path, real, ret_error, size);
}
