/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* nssdrive's courses of one process that lives long, and of what it keeps; see nssdrive.c. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/nssdrive.h"

#define KEPT_MAX 64
#define KEPT_THREADS 8
#define SWIFT_ROUNDS 10
#define SWIFT_SETTLED_US 40000

static const char kept_folder[] = "/var/lib/webcred-names/";

int kept_count(int *ret_fd)
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

static void *kept_thread(void *argument)
{
	struct answer *answer = malloc(sizeof(*answer));

	(void)argument;
	answer_get(answer, "pwnam", "clara", 4096, 0);
	free(answer);
	return NULL;
}

/* Threads that end leave nothing of their own behind. */
static void kept_threads(void)
{
	pthread_t threads[KEPT_THREADS];

	for (int i = 0; i < KEPT_THREADS; i++)
		if (pthread_create(&threads[i], NULL, kept_thread, NULL) != 0)
			fail("no thread");
	for (int i = 0; i < KEPT_THREADS; i++)
		pthread_join(threads[i], NULL);
	kept_one("after threads");
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
	kept_threads();
	kept_low();
	printf("kept one\n");
}

/* ---- swift look-ups: what has just changed must show in the very next one ------------- */

static void swift_is(const char *when, enum nss_status status, int error)
{
	static struct answer answer;

	answer_get(&answer, "pwnam", "clara", 4096, 0);
	if (answer.status != status || (status != NSS_STATUS_SUCCESS && answer.error != error))
		fail("%s: %s %d", when, answer_status(answer.status), answer.error);
}

static size_t swift_read(const char *path, char *bytes, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, room);

	if (fd < 0 || n <= 0 || (size_t)n == room)
		fail("%s: %s", path, strerror(errno));
	close(fd);
	return (size_t)n;
}

static void swift_put(const char *path, const char *bytes, size_t len)
{
	char beside[256];
	int fd;

	snprintf(beside, sizeof(beside), "%s.beside", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0 || write(fd, bytes, len) != (ssize_t)len ||
	    close(fd) < 0 || rename(beside, path) < 0)
		fail("%s: %s", beside, strerror(errno));
	swift_is("a file that is new", NSS_STATUS_SUCCESS, 0);
	usleep(SWIFT_SETTLED_US);
	for (int i = 0; i < 3; i++)
		swift_is("the file again", NSS_STATUS_SUCCESS, 0);
}

static void swift_round(const char *path, const char *away, const char *bytes, size_t len)
{
	struct stat replaced, now;

	swift_put(path, bytes, len);
	if (stat(path, &replaced) < 0 || rename(path, away) < 0)
		fail("%s: %s", path, strerror(errno));
	swift_is("moved", NSS_STATUS_UNAVAIL, ENOENT);
	swift_put(path, bytes, len);
	unlink(path);
	swift_is("removed", NSS_STATUS_UNAVAIL, ENOENT);
	swift_put(path, bytes, len);
	chmod(path, 0664);
	swift_is("opened to others", NSS_STATUS_UNAVAIL, EPERM);
	swift_put(path, bytes, len);
	if (truncate(path, (off_t)len - 1) < 0)
		fail("truncate: %s", strerror(errno));
	swift_is("cut", NSS_STATUS_UNAVAIL, EBADMSG);
	swift_put(path, bytes, len);
	if (rename(away, path) < 0 || stat(path, &now) < 0 || now.st_ino != replaced.st_ino)
		fail("%s: %s", away, strerror(errno));
	swift_is("what was there before", NSS_STATUS_SUCCESS, 0);
	unlink(path);
	swift_is("both gone", NSS_STATUS_UNAVAIL, ENOENT);
}

/* Nothing but the answer about the file as it is, and no descriptor too many. */
void course_swift(const char *path)
{
	static char bytes[65536];
	size_t len = swift_read(path, bytes, sizeof(bytes));
	char away[256];
	int fd;

	snprintf(away, sizeof(away), "%s.away", path);
	for (int i = 0; i < SWIFT_ROUNDS; i++)
		swift_round(path, away, bytes, len);
	swift_put(path, bytes, len);
	if (kept_count(&fd) != 1)
		fail("%d descriptors are kept", kept_count(&fd));
	printf("%d rounds\n", SWIFT_ROUNDS);
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
