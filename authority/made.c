/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/made.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/trusted.h"

#define MADE_STORE "webcred.db"
#define MADE_KEY "host.key"
#define MADE_FILE "webcred.made"

/* "Could not look" is never "nothing there". */
static bool made_exists(const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return true;
	return lstat(path, &st) == 0 || errno != ENOENT;
}

int made_check(const char *folder, bool open_before, char *ret_error, size_t size)
{
	bool key = made_exists(folder, MADE_KEY), file = made_exists(folder, MADE_FILE);
	const char *what = key && file ? MADE_KEY " and " MADE_FILE " are"
			   : key       ? MADE_KEY " is"
				       : MADE_FILE " is";

	if (made_exists(folder, MADE_STORE) || !(key || file || open_before))
		return 0;
	if (key || file)
		snprintf(ret_error, size,
			 "%s/" MADE_STORE " is missing although %s there; restore a backup, or "
			 "remove %s to begin with an empty store",
			 folder, what,
			 key && file ? "both"
			 : key	     ? MADE_KEY
				     : MADE_FILE);
	else
		snprintf(ret_error, size,
			 "%s/" MADE_STORE
			 " is missing although it was there a while ago; restore a "
			 "backup, or restart the authority to begin with an empty store",
			 folder);
	return -ENODATA;
}

int made_note(const char *path, char *ret_error, size_t size)
{
	int folder = -1, fd = -1, r;

	if (made_exists(path, MADE_KEY) || made_exists(path, MADE_FILE))
		return 0;
	r = trusted_folder_open(path, &folder, ret_error, size);
	if (r < 0)
		return r;
	fd = openat(folder, MADE_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0 || fsync(folder) < 0) {
		r = -errno;
		snprintf(ret_error, size, "%s/" MADE_FILE ": %s", path, strerror(-r));
	}
	if (fd >= 0)
		close(fd);
	close(folder);
	return r;
}
