/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * stranger_stuck - messages with a descriptor that whoever receives or drops them cannot close.
 *
 * Each connection is sent a descriptor, opened for it alone, of a file of stuck_file's.  The
 * sender's copy is closed at once, while nothing is written and the close is answered: the receiver
 * has the last one.  Then a page is written through one more, which makes the file dirty for all.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/gauntlet/stranger.h"

#define STUCK_MOST 1024
#define STUCK_TRIES 200

static const struct stuck_kind {
	const char *name;
	bool bad_hello, no_request, behind, gone;
} kinds[] = {
	/* With the hello itself. */
	{.name = "hello"},
	/* Behind a hello that is refused, and the sender is gone: nobody reads it. */
	{.name = "refused", .bad_hello = true, .behind = true, .gone = true},
	/* Behind a good hello and a request that is none. */
	{.name = "unread", .no_request = true, .behind = true, .gone = true},
	/* With the request, which a session reads; and again, the sender gone. */
	{.name = "request", .behind = true},
	{.name = "left", .behind = true, .gone = true},
};

static const struct stuck_kind *stuck_find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* What goes before the descriptor, then that with what it goes. */
static bool stuck_send(const struct stranger *stranger, const struct stuck_kind *kind, int fd,
		       int passed)
{
	static struct wire_out out;
	struct wire_hello hello;

	stranger_hello(stranger, &hello);
	if (!kind->behind)
		return stranger_attach(fd, &hello, sizeof(hello), passed);
	if (kind->bad_hello)
		hello.version++;
	(void)stranger_request(stranger, &out);
	return stranger_send(fd, &hello, sizeof(hello)) &&
	       (!kind->no_request || stranger_send(fd, "", 1)) &&
	       stranger_attach(fd, out.bytes, out.len, passed);
}

/* A connection that said its piece, or -1; counts what a socket did not take. */
static int stuck_once(const struct stranger *stranger, const struct stuck_kind *kind,
		      const char *file, unsigned *ret_barred)
{
	int passed = open(file, O_RDWR | O_CLOEXEC), fd = stranger_connect(stranger->socket);
	bool sent;
	int error;

	if (passed < 0 || fd < 0) {
		perror(passed < 0 ? file : stranger->socket);
		exit(2);
	}
	sent = stuck_send(stranger, kind, fd, passed);
	*ret_barred += !sent && errno == EPERM; /* SO_PASSRIGHTS */
	close(passed);
	if (sent)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Who is turned away for the hello may find the door shut before the rest is sent: once more. */
static int stuck_try(const struct stranger *stranger, const struct stuck_kind *kind,
		     const char *file, unsigned *ret_barred)
{
	int fd = -1;

	for (int tries = 0; tries < STUCK_TRIES && fd < 0; tries++) {
		fd = stuck_once(stranger, kind, file, ret_barred);
		if (fd < 0 && errno != EPIPE && errno != ECONNRESET)
			break;
	}
	return fd;
}

/* What is said to any of them; never waits for one alone. */
static void stuck_listen(const struct stranger *stranger, struct pollfd *callers, unsigned n,
			 long milliseconds)
{
	int64_t until = wire_clock() + milliseconds, left;
	struct stranger silent = *stranger;

	silent.quiet = true;
	while ((left = until - wire_clock()) > 0) {
		if (poll(callers, n, (int)left) <= 0)
			continue;
		for (unsigned i = 0; i < n; i++) {
			if (!callers[i].revents)
				continue;
			if (stranger_listen(&silent, callers[i].fd))
				puts("RESULT granted");
			if (callers[i].revents & POLLHUP)
				callers[i].fd = -1;
		}
	}
}

int stranger_stuck(const struct stranger *stranger, char **word, int n)
{
	static struct pollfd callers[STUCK_MOST];
	const struct stuck_kind *kind = stuck_find(word[0]);
	unsigned most = (unsigned)strtoul(word[1], NULL, 10), sent = 0, barred = 0;
	int page = open(word[3], O_RDWR | O_CLOEXEC);

	(void)n;
	if (!kind || most > STUCK_MOST || page < 0)
		return 2;
	for (unsigned i = 0; i < most; i++) {
		int fd = stuck_try(stranger, kind, word[3], &barred);

		if (fd >= 0)
			callers[sent++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	if (write(page, "x", 1) != 1)
		perror(word[3]);
	for (unsigned i = 0; i < sent; i++) {
		(void)fcntl(callers[i].fd, F_SETFL, O_NONBLOCK);
		if (kind->gone) {
			close(callers[i].fd);
			callers[i].fd = -1;
		}
	}
	printf("sent %u barred %u\n", sent, barred);
	stuck_listen(stranger, callers, sent, strtol(word[2], NULL, 10));
	return 1;
}
