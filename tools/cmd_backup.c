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
#include <libgen.h>
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

/* The name, too, is on the disk. */
static int backup_sync_folder(const char *file)
{
	char path[PATH_MAX];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s", file);
	fd = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		r = -errno;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int backup_to(struct tool *tool, int to, const char *file, long long *ret_size)
{
	int from, r = webcred_backup(tool->container, &from);

	if (r != 0)
		return output_failure(tool, r);
	r = backup_copy(from, to, ret_size);
	(void)close(from);
	if (r == 0)
		r = backup_sync_folder(file);
	if (r != 0)
		return output_error(tool, TOOL_FAULT, "Fault", "Writing %s failed: %s.", file,
				    strerror(-r));
	return TOOL_DONE;
}

static int backup_run(struct tool *tool, char **arguments, size_t n)
{
	const char *file = arguments[0];
	long long size = 0;
	int to, r;

	(void)n;
	if (strlen(file) >= PATH_MAX)
		return output_error(tool, TOOL_USAGE, "TypeError", "The file's name is too long.");
	/* New, root's alone, and never through a symbolic link. */
	to = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return output_error(tool, TOOL_FAULT, "Fault", "%s cannot be made: %s.%s", file,
				    strerror(errno),
				    errno == EEXIST ? " Name a file that is not there yet." : "");
	r = fchmod(to, 0600) == 0
		    ? backup_to(tool, to, file, &size)
		    : output_error(tool, TOOL_FAULT, "Fault", "%s: %s.", file, strerror(errno));
	(void)close(to);
	if (r != TOOL_DONE) {
		(void)unlink(file);
		return r;
	}
	output_say(tool,
		   "Written: %s, %lld bytes. Keep the host key apart from it"
		   " (/var/lib/webcred/host.key): one-time codes need both.",
		   file, size);
	output_done(tool, NULL);
	return TOOL_DONE;
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
