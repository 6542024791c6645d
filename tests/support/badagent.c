/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * badagent - an ssh agent that lies.
 *
 *   badagent SOCKET MODE [REAL [KEPT]]
 *
 * Listens at SOCKET and hands what it is asked on to the agent at REAL, whose
 * answers it spoils as MODE says: what is not spoiled is real, signatures too.
 * KEPT is a file for the answer to the last signature, which `replay` says again.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX (256 * 1024)
#define LIST 11
#define SIGN 13

static const char *mode, *real, *kept;
static uint8_t message[MESSAGE_MAX];
static size_t len;

static bool is(const char *word)
{
	return strcmp(mode, word) == 0;
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static bool all(int fd, void *bytes, size_t n, bool out)
{
	uint8_t *at = bytes;

	while (n > 0) {
		ssize_t moved = out ? write(fd, at, n) : read(fd, at, n);

		if (moved <= 0)
			return false;
		at += moved;
		n -= (size_t)moved;
	}
	return true;
}

static bool take(int fd)
{
	uint8_t head[4];

	if (!all(fd, head, 4, false))
		return false;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	return len > 0 && len <= MESSAGE_MAX && all(fd, message, len, false);
}

static bool give(int fd)
{
	uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
			   (uint8_t)len};

	return all(fd, head, 4, true) && all(fd, message, len, true);
}

/* Twice in one piece: no question comes between the two. */
static bool give_twice(int fd)
{
	static uint8_t both[2 * (4 + MESSAGE_MAX)];
	uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
			   (uint8_t)len};
	size_t size = 4 + len;

	memcpy(both, head, 4);
	memcpy(both + 4, message, len);
	memcpy(both + size, both, size);
	return all(fd, both, 2 * size, true);
}

static bool ask_real(void)
{
	struct sockaddr_un address;
	int fd = unix_socket(real, &address);
	bool good = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && give(fd) &&
		    take(fd);

	close(fd);
	return good;
}

static void keep(bool save)
{
	FILE *file = kept ? fopen(kept, save ? "w" : "r") : NULL;

	if (!file)
		return;
	if (save)
		fwrite(message, 1, len, file);
	else
		len = fread(message, 1, sizeof(message), file);
	fclose(file);
}

/* Who is at the other end, as the kernel tells it. */
static void note_peer(int fd)
{
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	FILE *file = kept ? fopen(kept, "a") : NULL;

	if (!file)
		return;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	fprintf(file, "uid=%u gid=%u\n", (unsigned)peer.uid, (unsigned)peer.gid);
	fclose(file);
}

/* Another namespace, of the same length. */
static void rename_space(void)
{
	uint8_t *at = memmem(message, len, "\0\0\0\7webcred", 11);

	if (at)
		memcpy(at + 4, "webcrux", 7);
}

/* Another key of the same type: the blob of the second one, from KEPT. */
static void swap_key(void)
{
	static uint8_t other[4096];
	FILE *file = kept ? fopen(kept, "r") : NULL;
	size_t n = file ? fread(other, 1, sizeof(other), file) : 0;

	if (file)
		fclose(file);
	if (n > 0 && len > 5 + n)
		memcpy(message + 5, other, n);
}

/* Requests that are answered by something that no agent says. */
static bool misbehave(int fd)
{
	static const uint8_t huge[] = {0x7f, 0xff, 0xff, 0xff}, none[] = {0, 0, 0, 0};
	bool sign = message[0] == SIGN, list = message[0] == LIST;

	if ((is("stall") && sign) || (is("stall-list") && list))
		for (;;)
			pause();
	if ((is("close") && sign) || (is("close-list") && list))
		exit(0);
	if (is("huge") && sign)
		return all(fd, (void *)(uintptr_t)huge, 4, true);
	if (is("none") && sign)
		return all(fd, (void *)(uintptr_t)none, 4, true);
	if (is("garbage") && sign) {
		memset(message, 0xa5, len = 300);
		return give(fd);
	}
	if (is("refuse") && sign) {
		message[0] = 5;
		len = 1;
		return give(fd);
	}
	return false;
}

static void spoil(bool sign)
{
	if (!sign)
		return;
	if (is("replay"))
		keep(false);
	else if (!is("swap") && !is("peer"))
		keep(true);
	if (is("absent"))
		message[len - 5] &= 0xfe; /* user presence */
	if (is("counter"))
		memset(message + len - 4, 0, 4);
	if (is("flip"))
		message[len - 8] ^= 1;
	if (is("cut"))
		len -= 1;
	if (is("trail"))
		message[len++] = 0;
}

static void serve(int fd)
{
	while (take(fd)) {
		bool sign = message[0] == SIGN;

		if (misbehave(fd))
			continue;
		if (sign && is("namespace"))
			rename_space();
		if (sign && is("swap"))
			swap_key();
		if (!(sign && is("replay")) && !ask_real())
			return;
		spoil(sign);
		if (!(is("unasked") ? give_twice(fd) : give(fd)))
			return;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un address;
	int listener, fd;

	if (argc < 3)
		return 2;
	mode = argv[2];
	real = argc > 3 ? argv[3] : "/nowhere";
	kept = argc > 4 ? argv[4] : NULL;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	listener = unix_socket(argv[1], &address);
	(void)unlink(argv[1]);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 8) != 0)
		return 1;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (is("peer"))
			note_peer(fd);
		if (fork() == 0) {
			close(listener);
			serve(fd);
			return 0;
		}
		close(fd);
	}
	return 1;
}
