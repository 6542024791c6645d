/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Packets over an AF_UNIX SOCK_SEQPACKET socket, each with a deadline. */
#include "lib/base/wire.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t wire_clock(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for `events` on fd.  A signal of the host's is no reason to give up:
 * what should end a wait is the deadline and cancel_fd. */
static int await(int fd, short events, int cancel_fd, int64_t deadline_ms)
{
	struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = cancel_fd, .events = POLLIN}};

	for (;;) {
		int64_t left = deadline_ms - wire_clock();
		int n;

		if (left < 0)
			left = 0;
		n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && wire_clock() >= deadline_ms)
			return -ETIMEDOUT;
		if (n <= 0)
			continue;
		if (fds[1].revents)
			return -ECANCELED;
		if (fds[0].revents & POLLNVAL)
			return -EBADF;
		if (fds[0].revents)
			return 0;
	}
}

int wire_send(int fd, const void *bytes, size_t len, int64_t deadline_ms)
{
	return wire_send_fd(fd, bytes, len, -1, deadline_ms);
}

int wire_send_fd(int fd, const void *bytes, size_t len, int pass, int64_t deadline_ms)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (pass >= 0) {
		struct cmsghdr *header;

		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &pass, sizeof(pass));
	}
	for (;;) {
		ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		int r;

		if (n >= 0)
			return (size_t)n == len ? 0 : -EMSGSIZE;
		if (errno == EINTR)
			continue;
		if (errno == ECONNRESET)
			return -EPIPE;
		if (errno != EAGAIN)
			return -errno;
		r = await(fd, POLLOUT, -1, deadline_ms);
		if (r != 0)
			return r;
	}
}

/* The first descriptor that came along, or -1; any other is closed. */
static int take_fds(struct msghdr *message)
{
	int first = -1;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int passed;

			memcpy(&passed, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
			if (first < 0)
				first = passed;
			else
				(void)close(passed);
		}
	}
	return first;
}

/* recvmsg(2) of what is there: -EAGAIN if nothing is, 0 or -ENODATA at the end, or -errno. */
static ssize_t look(int fd, struct msghdr *message, int flags)
{
	ssize_t n = recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);

	/* A peer that closed without reading everything leaves this error in
	 * front of what it still sent; it is told once. */
	if (n < 0 && errno == ECONNRESET)
		n = recvmsg(fd, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags);
	if (n < 0)
		return errno == ECONNRESET ? -ENODATA : errno == EINTR ? -EAGAIN : -errno;
	return n;
}

/* Of what is next: 0, -EPROTO where it brings descriptors along, or as look(). */
static int look_ahead(int fd)
{
	char byte;
	struct iovec part = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n = look(fd, &message, MSG_PEEK);

	if (n < 0)
		return (int)n;
	/* They were not asked for. */
	return message.msg_flags & MSG_CTRUNC ? -EPROTO : 0;
}

/* One packet that is there, -EAGAIN if none is. */
static ssize_t receive(int fd, void *buffer, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {.iov_base = buffer, .iov_len = size};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = ret_fd ? control.room : NULL,
				 .msg_controllen = ret_fd ? CMSG_LEN(sizeof(int)) : 0};
	int passed, r = ret_fd ? 0 : look_ahead(fd);
	ssize_t n;

	if (r < 0)
		return r;
	n = look(fd, &message, 0);
	if (n < 0)
		return n;
	passed = take_fds(&message);
	if (n == 0)
		n = -ENODATA;
	else if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
		n = -EMSGSIZE;
	if (passed >= 0 && n < 0) {
		(void)close(passed);
		passed = -1;
	}
	if (n >= 0 && ret_fd)
		*ret_fd = passed;
	return n;
}

ssize_t wire_recv(int fd, void *buffer, size_t size, int *ret_fd, int cancel_fd,
		  int64_t deadline_ms)
{
	/* Who will not wait has mostly been told that something is there. */
	bool wait = cancel_fd >= 0 || deadline_ms > wire_clock();

	for (;; wait = true) {
		int r = wait ? await(fd, POLLIN, cancel_fd, deadline_ms) : 0;
		ssize_t n;

		if (r != 0)
			return r;
		n = receive(fd, buffer, size, ret_fd);
		if (n != -EAGAIN)
			return n;
	}
}
