/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * skeleton - a home folder, made from /etc/skel.
 *
 * By descriptors alone, following no symbolic link: every folder above must be
 * root's and nobody else's to write.  The new folder is root's, mode 0700, until all
 * of it is there, so that nobody can exchange a part of it underneath us; its owner
 * comes last.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool.h"

#define SKEL "/etc/skel"
#define SKEL_DEPTH_MAX 16

struct skeleton {
	uid_t uid;
	gid_t gid;
};

static int copy_folder(const struct skeleton *skeleton, int from, int to, int depth);

static int copy_bytes(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0, m; at < n; at += m) {
			m = write(to, buffer + at, (size_t)(n - at));
			if (m < 0)
				return -errno;
		}
	}
	return n < 0 ? -errno : 0;
}

static int copy_file(const struct skeleton *skeleton, int from, int to, const char *name,
		     mode_t mode)
{
	int r = 0, in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out;

	if (in < 0)
		return -errno;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		r = -errno;
	if (r == 0)
		r = copy_bytes(in, out);
	if (r == 0 &&
	    (fchown(out, skeleton->uid, skeleton->gid) < 0 || fchmod(out, mode & 0777) < 0))
		r = -errno;
	close(in);
	if (out >= 0)
		close(out);
	return r;
}

static int copy_link(const struct skeleton *skeleton, int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0 ||
	    fchownat(to, name, skeleton->uid, skeleton->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	return 0;
}

static int copy_inner(const struct skeleton *skeleton, int from, int to, const char *name,
		      mode_t mode, int depth)
{
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), out = -1, r;

	if (in < 0)
		return -errno;
	r = mkdirat(to, name, 0700) < 0 ? -errno : 0;
	if (r == 0) {
		out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = out < 0 ? -errno : copy_folder(skeleton, in, out, depth + 1);
	}
	if (r == 0 &&
	    (fchown(out, skeleton->uid, skeleton->gid) < 0 || fchmod(out, mode & 0777) < 0))
		r = -errno;
	close(in);
	if (out >= 0)
		close(out);
	return r;
}

/* Files, folders and links; a device or a FIFO has no place in a skeleton. */
static int copy_entry(const struct skeleton *skeleton, int from, int to, const char *name,
		      int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return copy_file(skeleton, from, to, name, st.st_mode);
	if (S_ISDIR(st.st_mode))
		return copy_inner(skeleton, from, to, name, st.st_mode, depth);
	return S_ISLNK(st.st_mode) ? copy_link(skeleton, from, to, name) : 0;
}

static int copy_folder(const struct skeleton *skeleton, int from, int to, int depth)
{
	int fd = depth < SKEL_DEPTH_MAX ? fcntl(from, F_DUPFD_CLOEXEC, 3) : -1, r = 0;
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return depth < SKEL_DEPTH_MAX ? -errno : -ELOOP;
	}
	while (r == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = copy_entry(skeleton, from, to, entry->d_name, depth);
	}
	if (r == 0 && errno != 0)
		r = -errno;
	closedir(folder);
	return r;
}

/* The folder above, step by step from the root; *ret_name is what is to be made. */
static int open_above(const char *home, int *ret_fd, char ret_name[NAME_MAX + 1])
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), next;
	const char *at = home + strspn(home, "/");
	struct stat st;

	while (fd >= 0) {
		const size_t len = strcspn(at, "/");
		const char *rest = at + len + strspn(at + len, "/");

		if (fstat(fd, &st) < 0 || st.st_uid != 0 || (st.st_mode & 022) != 0) {
			close(fd);
			return -EPERM;
		}
		if (len == 0 || len > NAME_MAX || strncmp(at, ".", len) == 0) {
			close(fd);
			return -EINVAL;
		}
		memcpy(ret_name, at, len);
		ret_name[len] = '\0';
		if (*rest == '\0') {
			*ret_fd = fd;
			return 0;
		}
		next = openat(fd, ret_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0) {
			const int r = -errno;

			close(fd);
			return r;
		}
		close(fd);
		fd = next;
		at = rest;
	}
	return -errno;
}

static int make(const struct skeleton *skeleton, int above, const char *name)
{
	int from, to = -1, r = mkdirat(above, name, 0700) < 0 ? -errno : 0;

	if (r < 0)
		return r;
	to = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return -errno;
	from = open(SKEL, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (from >= 0)
		r = copy_folder(skeleton, from, to, 0);
	else if (errno != ENOENT)
		r = -errno;
	if (r == 0 && fchown(to, skeleton->uid, skeleton->gid) < 0)
		r = -errno;
	if (from >= 0)
		close(from);
	close(to);
	return r;
}

int skeleton_make(const struct tool *tool, const char *home, uid_t uid, gid_t gid)
{
	const struct skeleton skeleton = {.uid = uid, .gid = gid};
	char name[NAME_MAX + 1];
	int above = -1, r = uid != 0 && gid != 0 ? open_above(home, &above, name) : -EPERM;

	if (r == 0) {
		r = make(&skeleton, above, name);
		close(above);
	}
	if (r == 0)
		return TOOL_DONE;
	return output_error(tool, TOOL_FAULT, "Fault",
			    "The account is there, its home folder %s is not, or not whole: %s.%s",
			    home, strerror(-r),
			    r == -EPERM	   ? " A folder above it is not root's alone."
			    : r == -EEXIST ? " Look whose it is, and give it to the person."
					   : "");
}
