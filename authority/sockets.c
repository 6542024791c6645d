/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* sockets - see sockets.h. */
#include "authority/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKETS_FIRST 3 /* SD_LISTEN_FDS_START */
#define SOCKETS_BACKLOG 512

static bool sockets_is_ours(int fd)
{
	int kind = 0, listening = 0;
	socklen_t len = sizeof(kind);
	struct sockaddr_un address = {0};
	socklen_t address_len = sizeof(address);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &len) < 0 || kind != SOCK_SEQPACKET)
		return false;
	len = sizeof(listening);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening)
		return false;
	return getsockname(fd, (struct sockaddr *)&address, &address_len) == 0 &&
	       address.sun_family == AF_UNIX;
}

static int sockets_prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return 0;
}

int sockets_inherit(struct sockets *ret_sockets, char *ret_error, size_t size)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	struct sockets found = {-1, -1};
	char copy[256], *save = NULL, *name;
	int fd = SOCKETS_FIRST, r;

	if (!pid || !count || atol(pid) != (long)getpid())
		return -ENOENT;
	if (snprintf(copy, sizeof(copy), "%s", names ? names : "") >= (int)sizeof(copy))
		return -EINVAL;
	for (name = strtok_r(copy, ":", &save); name && fd < SOCKETS_FIRST + atoi(count);
	     name = strtok_r(NULL, ":", &save), fd++) {
		if (!sockets_is_ours(fd))
			continue;
		r = sockets_prepare(fd);
		if (r < 0)
			return r;
		if (!strcmp(name, "login"))
			found.login = fd;
		else if (!strcmp(name, "user"))
			found.user = fd;
	}
	if (found.login < 0 || found.user < 0) {
		snprintf(ret_error, size,
			 "the service manager handed in no sockets named \"login\" and \"user\" "
			 "(LISTEN_FDNAMES=%s); enable webcred-login.socket and webcred-user.socket",
			 names ? names : "");
		return -EINVAL;
	}
	*ret_sockets = found;
	return 0;
}

static int sockets_bind(const char *folder, const char *name, mode_t mode, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, r;
	mode_t mask;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", folder, name) >=
	    (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(address.sun_path);
	/* Born with its final mode: there is no moment in which others may connect. */
	mask = umask(0777 & ~mode);
	r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r == 0 && listen(fd, SOCKETS_BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* Nobody but root may have been able to put anything into the folder. */
static int sockets_folder(const char *folder)
{
	struct stat st;

	/* The umask is tight: without the chmod no user would reach the user socket. */
	if (mkdir(folder, 0755) == 0) {
		if (chmod(folder, 0755) < 0)
			return -errno;
	} else if (errno != EEXIST) {
		return -errno;
	}
	if (lstat(folder, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
		return -EPERM;
	return 0;
}

int sockets_listen(const char *folder, struct sockets *ret_sockets, char *ret_error, size_t size)
{
	struct sockets made = {-1, -1};
	int r;

	r = sockets_folder(folder);
	if (r == 0)
		r = sockets_bind(folder, "login", 0600, &made.login);
	if (r == 0)
		r = sockets_bind(folder, "user", 0666, &made.user);
	if (r < 0) {
		snprintf(ret_error, size,
			 "cannot listen in %s: %s; it must be a folder that root owns "
			 "and nobody else may write to",
			 folder, strerror(-r));
		if (made.login >= 0)
			close(made.login);
		return r;
	}
	*ret_sockets = made;
	return 0;
}
