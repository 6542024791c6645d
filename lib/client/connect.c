/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

_Static_assert(sizeof(((struct webcred_container *)0)->socket_path) ==
		       sizeof(((struct sockaddr_un *)0)->sun_path),
	       "a path that was accepted must fit");

#define RETRY_MS 10

static int refuse(struct webcred_container *container, const char *path, const char *why)
{
	container_say(container, "socket %s: %s", path, why);
	return WEBCRED_SECURITY;
}

/* The last component: a socket of root's.  Its own mode says who may connect. */
static int check_socket(struct webcred_container *container, const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0) {
		int error = errno;

		container_say(container, "socket %s: %s", path, strerror(error));
		return -error;
	}
	if (!S_ISSOCK(st.st_mode))
		return refuse(container, path, "not a socket");
	if (st.st_uid != 0)
		return refuse(container, path, "not owned by root");
	return 0;
}

/* A folder above it.  Sticky bits do not help: in /tmp anyone may take the
 * name first.  Symbolic links are refused rather than followed twice. */
static int check_folder(struct webcred_container *container, const char *path, const char *folder)
{
	struct stat st;

	if (lstat(folder, &st) != 0) {
		int error = errno;

		container_say(container, "socket %s: folder %s: %s", path, folder, strerror(error));
		return -error;
	}
	if (!S_ISDIR(st.st_mode))
		return refuse(container, path, "a component is not a folder; name the real path");
	if (st.st_uid != 0)
		return refuse(container, path, "a folder above it is not owned by root");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(container, path, "others than root may write to a folder above it");
	return 0;
}

int connect_check(struct webcred_container *container, const char *path)
{
	char folder[sizeof(container->socket_path)];
	size_t len = path ? strnlen(path, sizeof(folder)) : 0;

	if (len == 0 || path[0] != '/')
		return refuse(container, path ? path : "", "not an absolute path");
	if (len >= sizeof(folder))
		return refuse(container, path, "longer than a socket's path may be");
	if (strstr(path, "/../") || strstr(path, "/./") || strstr(path, "//") ||
	    path[len - 1] == '/')
		return refuse(container, path, "write the path without \"..\", \".\" and \"//\"");
	for (size_t i = 0; i < len; i++) {
		int r;

		if (path[i] != '/')
			continue;
		memcpy(folder, path, i);
		folder[i] = '\0';
		r = check_folder(container, path, i == 0 ? "/" : folder);
		if (r != 0)
			return r;
	}
	return check_socket(container, path);
}

/* An AF_UNIX socket whose queue is full says EAGAIN at once, and nothing can
 * be waited for but time; a cancel ends that, too. */
static int pause_shortly(const struct webcred_container *container)
{
	struct pollfd fds[2] = {{.fd = container->cancel_fd, .events = POLLIN},
				{.fd = container->signal_fd, .events = POLLIN}};

	return poll(fds, 2, RETRY_MS) > 0 ? WEBCRED_ABORTED : 0;
}

static int connect_wait(const struct webcred_container *container, int fd,
			const struct sockaddr_un *address, int64_t deadline_ms)
{
	while (connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		if (wire_clock() >= deadline_ms)
			return -ETIMEDOUT;
		if (pause_shortly(container) != 0)
			return WEBCRED_ABORTED;
	}
	return 0;
}

static void explain(struct webcred_container *container, const char *path, int error)
{
	if (error == -ENOENT || error == -ECONNREFUSED)
		container_say(container,
			      "no authority at %s (%s): is webcred-authority running? "
			      "systemctl start webcred-login.socket webcred-user.socket",
			      path, strerror(-error));
	else if (error == -EACCES || error == -EPERM)
		container_say(container, "may not connect to %s: %s", path, strerror(-error));
	else
		container_say(container, "connecting to %s: %s; see the authority's log", path,
			      error == WEBCRED_ABORTED ? "cancelled" : strerror(-error));
}

/* Whoever called listen(): in a folder of root's, that is root or a mistake. */
static bool peer_is_root(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == 0;
}

static int say_hello(struct webcred_container *container, int fd, enum wire_verb verb,
		     int64_t deadline_ms)
{
	int r;

	container->hello.verb = (uint16_t)verb;
	r = wire_send(fd, &container->hello, sizeof(container->hello), deadline_ms);
	/* Turned away at the door: why may stand in what can still be read. */
	return r == -EPIPE ? 0 : r;
}

int connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd)
{
	const char *path = container->socket_path;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int64_t deadline_ms = wire_clock() + CLIENT_PROMPT_MS;
	int fd = -1, r = 0;

	if (path[0])
		r = connect_check(container, path);
	else
		path = geteuid() == 0 ? WIRE_SOCKET_LOGIN : WIRE_SOCKET_USER;
	if (r > 0)
		return r;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (r == 0) {
		fd = container_lift_fd(
			socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
		r = fd < 0 ? -errno : connect_wait(container, fd, &address, deadline_ms);
	}
	if (r == 0 && !peer_is_root(fd))
		r = refuse(container, path, "whoever listens there is not root");
	else if (r == 0)
		r = say_hello(container, fd, verb, deadline_ms);
	if (r == 0) {
		*ret_fd = fd;
		return 0;
	}
	if (r != WEBCRED_SECURITY)
		explain(container, path, r);
	if (fd >= 0)
		(void)close(fd);
	return r;
}
