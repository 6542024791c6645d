/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* stranger_crowd - many connections, and messages that are cut, lengthened or far too large. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/gauntlet/stranger.h"

static void hold(long milliseconds)
{
	struct timespec moment = {.tv_sec = milliseconds / 1000,
				  .tv_nsec = milliseconds % 1000 * 1000000};

	nanosleep(&moment, NULL);
}

/* ---- lengths -------------------------------------------------------------------- */

static int try_bytes(const struct stranger *stranger, const void *bytes, size_t len)
{
	struct stranger silent = *stranger;
	int granted, fd = stranger_begin(&silent);

	if (fd < 0)
		return 0;
	silent.quiet = true;
	if (!stranger_send(fd, bytes, len)) {
		close(fd);
		return 0;
	}
	(void)shutdown(fd, SHUT_WR);
	granted = stranger_listen(&silent, fd);
	close(fd);
	return granted;
}

/* Where the request's lengths stand: its strings one behind the other. */
static size_t find_lengths(const struct stranger *stranger, size_t at[8])
{
	const struct wire_request *request = &stranger->request;
	size_t n = 0, here = 1;

	at[n++] = here;
	here += 2 + strlen(request->service);
	at[n++] = here;
	here += 2 + strlen(request->tty);
	at[n++] = here;
	here += 2 + strlen(request->rhost) + 4 + 1 + 1 + 4;
	at[n++] = here;
	here += 2 + strlen(request->order) + 1;
	at[n++] = here; /* cached */
	here += 2 + (request->cached ? secret_len(request->cached) : 0) + 2;
	at[n++] = here; /* ssh_auth */
	return n;
}

int stranger_lengths(const struct stranger *stranger)
{
	static const int by[] = {-1, 1, 255, 256, 65535};
	static struct wire_out out;
	size_t at[8], n = find_lengths(stranger, at), len;
	unsigned tried = 0, granted = 0;

	len = stranger_request(stranger, &out);
	/* Cut behind each byte, and too long by up to four. */
	for (size_t cut = 0; cut < len + 4; cut++) {
		if (cut == len)
			continue;
		tried++;
		granted += (unsigned)try_bytes(stranger, out.bytes, cut);
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < sizeof(by) / sizeof(by[0]); j++) {
			uint16_t was = (uint16_t)(out.bytes[at[i]] << 8 | out.bytes[at[i] + 1]);
			uint16_t is = (uint16_t)(was + by[j]);

			out.bytes[at[i]] = (uint8_t)(is >> 8);
			out.bytes[at[i] + 1] = (uint8_t)is;
			tried++;
			granted += (unsigned)try_bytes(stranger, out.bytes, len);
			out.bytes[at[i]] = (uint8_t)(was >> 8);
			out.bytes[at[i] + 1] = (uint8_t)was;
		}
	}
	printf("tried %u granted %u\n", tried, granted);
	return granted ? 0 : 1;
}

static int try_hello(const struct stranger *stranger, const void *bytes, size_t len)
{
	struct stranger silent = *stranger;
	int granted, fd = stranger_connect(stranger->socket);

	if (fd < 0)
		return 0;
	silent.quiet = true;
	granted = stranger_send(fd, bytes, len) ? stranger_listen(&silent, fd) : 0;
	close(fd);
	return granted;
}

int stranger_oversize(const struct stranger *stranger)
{
	static const size_t sizes[] = {273, 4096, 16384, 16385, 65536, 130000, 200000};
	static uint8_t large[200000];
	struct wire_hello hello;
	unsigned tried = 0, granted = 0;

	memset(large, 'x', sizeof(large));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		stranger_hello(stranger, &hello);
		memcpy(large, &hello, sizeof(hello));
		granted += (unsigned)try_hello(stranger, large, sizes[i]);
		large[0] = WIRE_REQUEST;
		granted += (unsigned)try_bytes(stranger, large, sizes[i]);
		tried += 2;
	}
	/* A name without its end. */
	stranger_hello(stranger, &hello);
	memset(hello.name, 'a', sizeof(hello.name));
	granted += (unsigned)try_hello(stranger, &hello, sizeof(hello));
	printf("tried %u granted %u\n", tried + 1, granted);
	return granted ? 0 : 1;
}

/* ---- crowds ------------------------------------------------------------------------ */

static void room_for(unsigned descriptors)
{
	struct rlimit limit = {.rlim_cur = descriptors + 64, .rlim_max = descriptors + 64};

	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int stranger_crowd(const struct stranger *stranger, char **word, int n)
{
	unsigned most = (unsigned)strtoul(word[0], NULL, 10), opened = 0;
	static struct wire_out out;
	struct wire_hello hello;

	(void)n;
	room_for(most);
	stranger_hello(stranger, &hello);
	for (unsigned i = 0; i < most; i++) {
		int fd = stranger_connect(stranger->socket);

		if (fd < 0)
			continue;
		opened++;
		/* Never to wait for anybody: what is not taken at once is not said. */
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
		if (strcmp(word[2], "half") == 0)
			(void)stranger_send(fd, &hello, sizeof(hello) / 2);
		if (strcmp(word[2], "asked") == 0 && stranger_send(fd, &hello, sizeof(hello)))
			(void)stranger_send(fd, out.bytes, stranger_request(stranger, &out));
	}
	printf("held %u\n", opened);
	hold(strtol(word[1], NULL, 10));
	return 1;
}

/* ---- descriptors that linger ---------------------------------------------------------- */

/* A TCP connection whose buffers are full and whose close waits `seconds`; its other end stays. */
static int linger_make(int seconds)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger linger = {.l_onoff = 1, .l_linger = seconds};
	static const char filling[65536];
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    accept(listener, NULL, NULL) < 0)
		return -1;
	while (send(fd, filling, sizeof(filling), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
		;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return fd;
}

/* With the hello, so that whoever reads or drops that message has the last reference. */
static bool linger_send(const struct stranger *stranger, int fd, int passed)
{
	struct wire_hello hello;

	stranger_hello(stranger, &hello);
	return stranger_attach(fd, &hello, sizeof(hello), passed);
}

int stranger_linger(const struct stranger *stranger, char **word, int n)
{
	unsigned most = (unsigned)strtoul(word[0], NULL, 10), sent = 0, barred = 0;
	int seconds = atoi(word[1]);

	(void)n;
	for (unsigned i = 0; i < most; i++) {
		int passed = linger_make(seconds), fd = stranger_connect(stranger->socket);

		if (passed < 0 || fd < 0)
			return 2;
		if (linger_send(stranger, fd, passed)) {
			sent++;
			/* Not read yet: the message's own reference is the last. */
			close(passed);
		} else if (errno == EPERM) {
			barred++; /* SO_PASSRIGHTS */
		}
	}
	printf("sent %u barred %u\n", sent, barred);
	hold(strtol(word[2], NULL, 10));
	_exit(1);
}
