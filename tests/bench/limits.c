/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * limits - what no login can be faster than, on this machine, now.
 *
 *   limits sync N RAW FILE      write and fdatasync one block of 4 KiB
 *   limits hash N RAW REST      Argon2id as the configuration has it: 64 MiB, 2 passes; each in
 *                               a process of its own, as a session's is, after REST ms, as a
 *                               login: one behind another finds caches and pages at hand
 *   limits cheap N RAW REST     the same of 8 MiB
 *   limits fork N RAW           a process that gives its rights away and ends
 *   limits slots N RAW FILE P   P processes, each N times: queue on a lock, write
 *                               128 bytes, fdatasync
 *
 * RAW and the line on stdout are pambench's.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/login.h"

#define BLOCK 4096
#define SLOT 128
#define NOBODY 65534

struct run {
	const char *file;
	int fd;
	int number; /* of the process */
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static void one_sync(struct run *run)
{
	static const char block[BLOCK];

	if (pwrite(run->fd, block, BLOCK, 0) != BLOCK || fdatasync(run->fd) != 0)
		die("limits: sync");
}

static void hash(size_t kib)
{
	static const uint8_t salt[crypto_pwhash_SALTBYTES];
	uint8_t bytes[32];

	if (crypto_pwhash(bytes, sizeof(bytes), "password", 8, salt, 2, kib * 1024,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		die("limits: hash");
}

static void one_hash(struct run *run)
{
	(void)run;
	hash(65536);
}

static void one_cheap(struct run *run)
{
	(void)run;
	hash(8192);
}

static void one_fork(struct run *run)
{
	pid_t pid = fork();

	(void)run;
	if (pid == 0)
		_exit(setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
		      setresuid(NOBODY, NOBODY, NOBODY) != 0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die("limits: fork");
}

static void one_slot(struct run *run)
{
	static const char slot[SLOT];

	if (flock(run->fd, LOCK_EX) != 0 ||
	    pwrite(run->fd, slot, SLOT, run->number * SLOT) != SLOT || fdatasync(run->fd) != 0 ||
	    flock(run->fd, LOCK_UN) != 0)
		die("limits: slot");
}

static void repeat(struct run *run, void (*one)(struct run *), int n, uint64_t *ret_ns)
{
	if (run->file) {
		run->fd = open(run->file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (run->fd < 0)
			die(run->file);
	}
	for (int i = 0; i < n; i++) {
		uint64_t began = login_clock();

		one(run);
		ret_ns[i] = login_clock() - began;
	}
}

static void apart(struct run *run, void (*one)(struct run *), int n, int processes,
		  uint64_t *ret_ns)
{
	int status;

	for (int p = 0; p < processes; p++) {
		pid_t pid;

		run->number = p;
		pid = fork();
		if (pid < 0)
			die("limits: fork");
		if (pid == 0) {
			repeat(run, one, n, ret_ns + (size_t)p * (size_t)n);
			_exit(0);
		}
	}
	while (wait(&status) > 0) {
		if (status != 0)
			die("limits: a process of its own");
	}
}

static void one_by_one(struct run *run, void (*one)(struct run *), int n, int rest_ms,
		       uint64_t *ret_ns)
{
	for (int i = 0; i < n; i++) {
		usleep((useconds_t)rest_ms * 1000);
		apart(run, one, 1, 1, ret_ns + i);
	}
}

static void tell(const char *raw, const uint64_t *ns, int n, uint64_t wall_ns)
{
	FILE *file = fopen(raw, "ae");

	if (!file)
		die(raw);
	for (int i = 0; i < n; i++)
		fprintf(file, "%" PRIu64 " %" PRIu64 " 0 0\n", ns[i], ns[i]);
	fclose(file);
	printf("n %d ok %d wall_us %.1f cpu_us 0\n", n, n, (double)wall_ns / 1e3);
}

static const struct kind {
	const char *word;
	void (*one)(struct run *);
	bool rests; /* before each, which is in a process of its own; its argument is REST */
} kinds[] = {{.word = "sync", .one = one_sync},
	     {.word = "hash", .one = one_hash, .rests = true},
	     {.word = "cheap", .one = one_cheap, .rests = true},
	     {.word = "fork", .one = one_fork},
	     {.word = "slots", .one = one_slot}};

static const struct kind *find(const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].word) == 0)
			return &kinds[i];
	}
	fprintf(stderr, "limits: what is %s?\n", word);
	exit(2);
}

int main(int argc, char **argv)
{
	struct run run = {.fd = -1};
	int n = argc > 2 ? atoi(argv[2]) : 0, processes = argc > 5 ? atoi(argv[5]) : 1;
	const char *argument = argc > 4 ? argv[4] : NULL;
	const struct kind *kind;
	uint64_t began, *ns;

	if (argc < 4 || n < 1 || processes < 1 || sodium_init() < 0)
		return 2;
	ns = mmap(NULL, (size_t)n * (size_t)processes * sizeof(*ns), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ns == MAP_FAILED)
		die("limits: memory");
	kind = find(argv[1]);
	run.file = kind->rests ? NULL : argument;
	began = login_clock();
	if (kind->rests)
		one_by_one(&run, kind->one, n, argument ? atoi(argument) : 0, ns);
	else if (processes > 1)
		apart(&run, kind->one, n, processes, ns);
	else
		repeat(&run, kind->one, n, ns);
	tell(argv[3], ns, n * processes, login_clock() - began);
	return 0;
}
