/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sqlite_log - the log's blocks, laid out before they are needed.
 *
 * A commit appends a page to the log and syncs it.  Where that makes the file
 * longer, the file system syncs its own notes too: an inode, a bitmap, for
 * 100 us and more.  Written over what is there already, one block is all.
 * SQLite begins the log anew at each checkpoint and leaves its length; so it is
 * filled with zeros once, at the start.  Zeros are no frames: their checksum is
 * wrong, and recovery ends before them.
 */
#include "authority/store/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_SIZE (2 * 1024 * 1024) /* twice what store->idle() waits for */

/* Best effort: without it, or on a full disk, commits are slower and no less durable. */
void sqlite_log_lay_out(struct sqlite_store *store)
{
	static const char zeros[64 * 1024];
	int fd = openat(store->folder, SQLITE_FILE "-wal",
			O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	off_t at, step;

	/* SQLite locks the database's file and not this one: closing it drops no lock. */
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		for (at = st.st_size; at < LOG_SIZE; at += step) {
			step = LOG_SIZE - at < (off_t)sizeof(zeros) ? LOG_SIZE - at
								    : (off_t)sizeof(zeros);
			if (pwrite(fd, zeros, (size_t)step, at) != step)
				break;
		}
		(void)fsync(fd);
	}
	close(fd);
}
