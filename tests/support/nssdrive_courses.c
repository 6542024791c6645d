/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* nssdrive's courses: many calls, whose answers must all be right; see nssdrive.c. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/nssdrive.h"

#define SWEEP_MAX 4096
#define WALK_MAX 4096
#define FORK_THREADS 4
#define FORK_ROUNDS 200

/* ---- buffers ------------------------------------------------------------------ */

/* A failure that a buffer excuses says so exactly; everything else is a fault. */
static void sweep_check(const struct answer *answer, const char *what, size_t size,
			const char *wanted)
{
	if (answer->status == NSS_STATUS_TRYAGAIN && answer->error == ERANGE)
		return;
	if (answer->status != NSS_STATUS_SUCCESS || strcmp(answer->text, wanted) != 0)
		fail("%s with %zu bytes: %s %d: %s", what, size, answer_status(answer->status),
		     answer->error, answer->text);
	if (answer->errno_after != ANSWER_ERRNO || answer->error != -1)
		fail("%s with %zu bytes: success, and errno was changed", what, size);
}

static void sweep_call(const char *call, const char *key)
{
	static struct answer whole, answer;
	size_t enough = 0;

	answer_get(&whole, call, key, 1 << 20, 0);
	if (whole.status != NSS_STATUS_SUCCESS)
		fail("%s %s: %s", call, key, answer_status(whole.status));
	for (size_t size = 0; size <= SWEEP_MAX; size++)
		for (size_t off = 0; off < 8; off += size < 1024 ? 1 : 7) {
			answer_get(&answer, call, key, size, off);
			sweep_check(&answer, call, size, whole.text);
			if (answer.status == NSS_STATUS_SUCCESS && !enough)
				enough = size;
			if (answer.status != NSS_STATUS_SUCCESS && enough && size > enough + 8)
				fail("%s: %zu bytes were enough, %zu are not", call, enough, size);
		}
	printf("%s %s: %zu bytes of %zu\n", call, key, enough, strlen(whole.text));
}

/* Row after row, each with every size from nothing until it fits. */
static void sweep_walk(const char *call)
{
	static struct answer all, answer;
	static char *rows[WALK_MAX];
	size_t n = 0;

	for (answer_get(&all, call, NULL, 1 << 20, 0); all.status == NSS_STATUS_SUCCESS;
	     answer_get(&all, call, NULL, 1 << 20, 0))
		rows[n++] = strdup(all.text);
	if (all.status != NSS_STATUS_NOTFOUND || all.error != ENOENT || n == 0)
		fail("%s ended with %s", call, answer_status(all.status));
	(void)(call[0] == 'p' ? nss.setpwent(0) : nss.setgrent(0));
	for (size_t i = 0; i < n; i++) {
		size_t size = 0;

		do {
			answer_get(&answer, call, NULL, size++, i % 8);
			sweep_check(&answer, call, size - 1, rows[i]);
		} while (answer.status != NSS_STATUS_SUCCESS);
	}
	answer_get(&answer, call, NULL, 0, 0);
	if (answer.status != NSS_STATUS_NOTFOUND)
		fail("%s: more rows than before", call);
	(void)(call[0] == 'p' ? nss.endpwent() : nss.endgrent());
	printf("%s: %zu rows\n", call, n);
}

void course_sweep(char **keys)
{
	sweep_walk("pwent");
	sweep_walk("grent");
	for (; *keys; keys += 2)
		sweep_call(keys[0], keys[1]);
}

/* ---- threads and processes ---------------------------------------------------------- */

static atomic_bool stop;
static int rounds_each;

/* Nothing but the right answer: what the calls said when they were alone. */
static void *threads_one(void *argument)
{
	struct answer *answer = malloc(sizeof(*answer));
	const char *const *wanted = argument;

	for (int i = 0; i < rounds_each && !stop; i++) {
		static const char *const calls[][2] = {{"pwnam", "clara"},
						       {"pwuid", "70000"},
						       {"grnam", "crew"},
						       {"grgid", "70100"}};
		size_t which = (size_t)i % 4;

		answer_get(answer, calls[which][0], calls[which][1], 4096, 0);
		if (answer->status != NSS_STATUS_SUCCESS ||
		    strcmp(answer->text, wanted[which]) != 0)
			fail("%s among threads: %s %s", calls[which][0],
			     answer_status(answer->status), answer->text);
		if (i % 8 == 0) {
			answer_get(answer, i % 16 ? "pwent" : "grent", NULL, 65536, 0);
			if (answer->status != NSS_STATUS_SUCCESS &&
			    answer->status != NSS_STATUS_NOTFOUND)
				fail("a walk among threads: %s", answer_status(answer->status));
			if (i % 64 == 0)
				(void)(i % 128 ? nss.setpwent(0) : nss.endgrent());
		}
	}
	free(answer);
	return NULL;
}

static void threads_wanted(char *wanted[4])
{
	static const char *const calls[4] = {"pwnam", "pwuid", "grnam", "grgid"};
	static const char *const keys[4] = {"clara", "70000", "crew", "70100"};
	static struct answer answer;

	for (int i = 0; i < 4; i++) {
		answer_get(&answer, calls[i], keys[i], 4096, 0);
		if (answer.status != NSS_STATUS_SUCCESS)
			fail("%s %s: %s", calls[i], keys[i], answer_status(answer.status));
		wanted[i] = strdup(answer.text);
	}
}

static void threads_start(pthread_t *threads, int n, char *wanted[4])
{
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, threads_one, wanted) != 0)
			fail("no thread");
}

void course_threads(int n, int rounds)
{
	pthread_t *threads = calloc((size_t)n, sizeof(*threads));
	static char *wanted[4];

	rounds_each = rounds;
	threads_wanted(wanted);
	threads_start(threads, n, wanted);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%d threads, %d rounds each\n", n, rounds);
	free(threads);
}

/* How many rows are left, whatever the other process does with the same descriptor. */
static int rows_left(void)
{
	static struct answer answer;
	int n = 0;

	for (answer_get(&answer, "pwent", NULL, 4096, 0); answer.status == NSS_STATUS_SUCCESS;
	     answer_get(&answer, "pwent", NULL, 4096, 0))
		n++;
	return n;
}

static void must_end(pid_t child, const char *what)
{
	int status;

	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("%s: the child ended with %#x", what, (unsigned)status);
}

static void fork_amid_a_walk(void)
{
	static struct answer answer;
	int all, left;
	pid_t child;

	nss.setpwent(0);
	all = rows_left();
	nss.setpwent(0);
	answer_get(&answer, "pwent", NULL, 4096, 0);
	child = fork();
	left = rows_left();
	if (child == 0)
		_exit(left == all - 1 ? 0 : 1);
	must_end(child, "a walk");
	if (left != all - 1)
		fail("the parent saw %d rows of %d", left, all - 1);
	nss.endpwent();
}

/* Holds the cursor's lock nearly all the time. */
static void *fork_walker(void *argument)
{
	struct answer *answer = malloc(sizeof(*answer));

	(void)argument;
	while (!stop) {
		nss.setpwent(0);
		nss.setgrent(0);
		answer_get(answer, "pwent", NULL, 4096, 0);
	}
	free(answer);
	return NULL;
}

/* A child has one thread; whatever the others held must not be held in it. */
static void fork_amid_threads(void)
{
	pthread_t threads[FORK_THREADS];

	for (int i = 0; i < FORK_THREADS; i++)
		if (pthread_create(&threads[i], NULL, fork_walker, NULL) != 0)
			fail("no thread");
	for (int i = 0; i < FORK_ROUNDS; i++) {
		pid_t child = fork();

		if (child == 0) {
			static struct answer answer;

			alarm(10);
			nss.setpwent(0);
			answer_get(&answer, "pwnam", "clara", 4096, 0);
			_exit(answer.status == NSS_STATUS_SUCCESS ? 0 : 1);
		}
		must_end(child, "beside threads");
	}
	stop = true;
	for (int i = 0; i < FORK_THREADS; i++)
		pthread_join(threads[i], NULL);
}

void course_fork(void)
{
	fork_amid_a_walk();
	fork_amid_threads();
	printf("forked\n");
}

/* A daemon closes everything it does not know, then opens its own. */
void course_descriptors(void)
{
	static struct answer answer;
	int fds[64];

	nss.setpwent(0);
	answer_get(&answer, "pwent", NULL, 4096, 0);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	for (int i = 0; i < 16; i++)
		fds[i] = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 4096 && answer.status == NSS_STATUS_SUCCESS; i++)
		answer_get(&answer, "pwent", NULL, 4096, 0);
	answer_print(&answer);
	nss.endpwent();
	for (int i = 0; i < 16; i++)
		if (fcntl(fds[i], F_GETFD) < 0)
			fail("another's descriptor was closed");
	printf("closed nothing\n");
}

void course_cut(const char *path)
{
	static struct answer answer;

	nss.setpwent(0);
	answer_get(&answer, "pwent", NULL, 4096, 0);
	if (truncate(path, 3000) < 0)
		fail("%s: %s", path, strerror(errno));
	while (answer.status == NSS_STATUS_SUCCESS)
		answer_get(&answer, "pwent", NULL, 4096, 0);
	answer_print(&answer);
}

/* ---- replaced while read ---------------------------------------------------------------- */

static atomic_long race_answers;

/* "round 17:/home/17": the numbers of a row are of one database. */
static void race_check(const char *text)
{
	const char *gecos = strstr(text, ":round "), *home = strstr(text, ":/home/");

	if (!gecos || !home || atoi(gecos + 7) != atoi(home + 7))
		fail("a row of two databases: %s", text);
}

static void *race_one(void *argument)
{
	struct answer *answer = malloc(sizeof(*answer));
	int number = *(int *)argument;

	for (long i = number; !stop; i++) {
		answer_get(answer, i % 2 ? "pwnam" : "pwuid", i % 2 ? "clara" : "70000", 4096, 0);
		if (answer->status != NSS_STATUS_SUCCESS)
			fail("while it was replaced: %s %d", answer_status(answer->status),
			     answer->error);
		race_check(answer->text);
		answer_get(answer, "pwent", NULL, 4096, 0);
		if (answer->status == NSS_STATUS_SUCCESS)
			race_check(answer->text);
		else if (answer->status != NSS_STATUS_NOTFOUND)
			fail("a walk while it was replaced: %s", answer_status(answer->status));
		else
			nss.setpwent(0);
		atomic_fetch_add(&race_answers, 2);
	}
	free(answer);
	return NULL;
}

/* Until standard input ends, or so long. */
void course_race(int seconds)
{
	pthread_t threads[4];
	int numbers[4];
	char byte;

	alarm((unsigned)seconds);
	for (int i = 0; i < 4; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, race_one, &numbers[i]) != 0)
			fail("no thread");
	}
	while (read(0, &byte, 1) > 0)
		;
	stop = true;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	printf("%ld answers\n", atomic_load(&race_answers));
}
