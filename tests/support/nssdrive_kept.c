/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* nssdrive's courses of one process that lives long, and of what it keeps; see nssdrive.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/nssdrive.h"

#define KEPT_MAX 64

static const char kept_folder[] = "/var/lib/webcred-names/";

/* How many descriptors lead to the folder of names, and the last of them. */
static int kept_count(int *ret_fd)
{
	char link[32], path[256];
	int n = 0;

	for (int fd = 0; fd < KEPT_MAX; fd++) {
		ssize_t len;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		if (len < 0 || strncmp(path, kept_folder, strlen(kept_folder)) != 0)
			continue;
		*ret_fd = fd;
		n++;
	}
	return n;
}

static void kept_clara(const char *when)
{
	static struct answer answer;

	answer_get(&answer, "pwnam", "clara", 4096, 0);
	if (answer.status != NSS_STATUS_SUCCESS || strncmp(answer.text, "clara:*:70000:", 14) != 0)
		fail("%s: %s %d %s", when, answer_status(answer.status), answer.error, answer.text);
}

/* One descriptor, not over exec, whatever was looked up how often. */
static int kept_one(const char *when)
{
	int fd = -1, n;

	for (int i = 0; i < 100; i++)
		kept_clara(when);
	n = kept_count(&fd);
	if (n != 1)
		fail("%s: %d descriptors are kept", when, n);
	if (fd < 3)
		fail("%s: descriptor %d is kept", when, fd);
	if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
		fail("%s: it is kept over exec", when);
	return fd;
}

/* The number that was ours is `other` from now on, which must come to no harm. */
static void kept_given(const char *what, int other)
{
	struct stat before, after;
	int fd = kept_one(what);

	if (dup2(other, fd) != fd || fstat(fd, &before) < 0)
		fail("%s: %s", what, strerror(errno));
	kept_one(what);
	if (fstat(fd, &after) < 0 || before.st_dev != after.st_dev || before.st_ino != after.st_ino)
		fail("%s: another's descriptor was closed", what);
	close(fd);
	close(other);
}

/* A program that was started without standard input. */
static void kept_low(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		int fd = kept_one("before");

		close(fd);
		close(0);
		kept_one("without standard input");
		if (fcntl(0, F_GETFD) >= 0)
			fail("standard input was made of it");
		exit(0);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		fail("without standard input: %#x", (unsigned)status);
}

void course_kept(void)
{
	int fd, pair[2];

	if (kept_count(&fd) != 0)
		fail("kept before anything was looked up");
	close(kept_one("closed"));
	kept_given("a file", open("/etc/hostname", O_RDONLY | O_CLOEXEC));
	kept_given("a device", open("/dev/zero", O_RDONLY | O_CLOEXEC));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		fail("socketpair: %s", strerror(errno));
	kept_given("a socket", pair[0]);
	close(pair[1]);
	kept_low();
	printf("kept one\n");
}

/* What a process that is there all the while says, as things change under it. */
void course_lines(const char *call, const char *key)
{
	static struct answer answer;
	char line[16];

	do {
		answer_get(&answer, call, key, 65536, 0);
		answer_print(&answer);
		fflush(stdout);
	} while (fgets(line, sizeof(line), stdin));
}
