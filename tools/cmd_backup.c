/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * backup - a consistent copy of the store, while logins go on.
 *
 * The authority opens no file that somebody names: it hands out a descriptor to
 * read the copy from, and the file is made here, with the rights of who asks.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool.h"

static int backup_write(int to, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(to, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int backup_copy(int from, int to, long long *ret_size)
{
	static char buffer[65536];
	ssize_t n;
	int r = 0;

	*ret_size = 0;
	while (r == 0 && (n = read(from, buffer, sizeof(buffer))) != 0) {
		if (signals_caught())
			return -EINTR;
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : backup_write(to, buffer, (size_t)n);
		*ret_size += n;
	}
	if (r == 0 && fsync(to) < 0)
		r = -errno;
	return r;
}

/* Root's or one's own, and nobody else can put another in the place of what it holds. */
static bool backup_folder_fits(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) &&
	       (!(st->st_mode & 022) || (st->st_mode & S_ISVTX));
}

/* One step down; what stands there is judged itself, not only what it leads to. */
static int backup_step(int folder, const char *name, int *ret_fd)
{
	struct stat st;
	int fd;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !backup_folder_fits(&st)) {
		(void)close(fd);
		return -EPERM;
	}
	*ret_fd = fd;
	return 0;
}

/*
 * Opens the folder of an absolute path, step by step: a folder on the way that
 * somebody else may write to leads, at the next moment, to wherever they like
 * (CVE-2025-6020).  -EPERM says so.  The path is cut up.
 */
static int backup_open_folder(char *path, int *ret_fd)
{
	char *rest, *name = strtok_r(path, "/", &rest);
	int next = -1, r, fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (; fd >= 0 && name; name = strtok_r(NULL, "/", &rest)) {
		r = backup_step(fd, name, &next);
		(void)close(fd);
		if (r < 0)
			return r;
		fd = next;
	}
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* Splits a name into its folder, made absolute, and what is to be made in it. */
static int backup_split(const char *file, char folder[PATH_MAX], char name[NAME_MAX + 1])
{
	const char *slash = strrchr(file, '/'), *last = slash ? slash + 1 : file;
	char here[PATH_MAX] = "";

	if (file[0] != '/' && !getcwd(here, sizeof(here)))
		return -errno;
	if (!*last || strlen(last) > NAME_MAX)
		return -EINVAL;
	memcpy(name, last, strlen(last) + 1);
	if (snprintf(folder, PATH_MAX, "%s/%.*s", here, (int)(last - file), file) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static int backup_to(struct tool *tool, int folder, int to, const char *file, long long *ret_size)
{
	int from, r = webcred_backup(tool->container, &from);

	if (r != 0)
		return output_failure(tool, r);
	r = backup_copy(from, to, ret_size);
	(void)close(from);
	if (r == 0 && fsync(folder) < 0) /* the name, too, is on the disk */
		r = -errno;
	if (r != 0)
		return output_error(tool, TOOL_FAULT, "Fault", "Writing %s failed: %s.", file,
				    strerror(-r));
	return TOOL_DONE;
}

static int backup_refuse(struct tool *tool, const char *file, int error)
{
	return output_error(
		tool, TOOL_FAULT, "Fault", "%s cannot be made: %s.%s", file, strerror(error),
		error == EEXIST	 ? " Name a file that is not there yet."
		: error == EPERM ? " Name one in a folder that nobody else can write to."
				 : "");
}

static int backup_make(struct tool *tool, int folder, const char *name, const char *file)
{
	long long size = 0;
	int r, to;

	/* New, root's alone, and never through a symbolic link. */
	to = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return backup_refuse(tool, file, errno);
	r = fchmod(to, 0600) == 0
		    ? backup_to(tool, folder, to, file, &size)
		    : output_error(tool, TOOL_FAULT, "Fault", "%s: %s.", file, strerror(errno));
	(void)close(to);
	if (r != TOOL_DONE) {
		(void)unlinkat(folder, name, 0);
		return r;
	}
	output_say(tool,
		   "Written: %s, %lld bytes. Keep the host key apart from it"
		   " (/var/lib/webcred/host.key): one-time codes need both.",
		   file, size);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int backup_run(struct tool *tool, char **arguments, size_t n)
{
	char path[PATH_MAX], name[NAME_MAX + 1];
	const char *file = arguments[0];
	int folder = -1, r;

	(void)n;
	if (strlen(file) >= PATH_MAX)
		return output_error(tool, TOOL_USAGE, "TypeError", "The file's name is too long.");
	r = backup_split(file, path, name);
	if (r == 0)
		r = backup_open_folder(path, &folder);
	if (r < 0)
		return backup_refuse(tool, file, -r);
	r = backup_make(tool, folder, name, file);
	(void)close(folder);
	return r;
}

static bool backup_whole(void)
{
	return true;
}

const struct verb verb_backup = {
	.name = "backup",
	.arguments = "FILE",
	.summary = "write a copy of the store, while logins go on",
	.n_min = 1,
	.n_max = 1,
	.root = true,
	.whole = backup_whole,
	.run = backup_run,
};
