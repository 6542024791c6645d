/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/bench/pambench.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 32

extern char **environ;

void plan_user(const struct plan *plan, int number, char name[USER_MAX])
{
	const char *at = strstr(plan->users, "%d");

	if (at)
		snprintf(name, USER_MAX, "%.*s%d%s", (int)(at - plan->users), plan->users,
			 plan->first + number, at + 2);
	else
		snprintf(name, USER_MAX, "%s", plan->users);
}

static void load_library(const struct plan *plan, struct login_result *ret_result)
{
	uint64_t began = login_clock();
	void *library = dlopen(plan->library, RTLD_NOW);

	ret_result->in_ns = login_clock() - began;
	ret_result->code = library ? 0 : 1;
	if (!library)
		fprintf(stderr, "pambench: %s\n", dlerror());
}

void sequence_child(const struct plan *plan, int fd, int slot)
{
	struct shared *shared = shared_map(fd, slot + 1);
	struct login_result result = {.code = -1};
	char name[USER_MAX];

	if (!shared)
		exit(3);
	plan_user(plan, 0, name);
	if (plan->library)
		load_library(plan, &result);
	else
		login_run(&plan->login, name, &result);
	shared->result[slot] = result;
	_exit(0);
}

/* posix_spawn: vfork and exec, as sudo is started by a shell. */
static bool spawn(const struct plan *plan, const struct login *login, int user, int fd, int slot)
{
	static const char *const word[] = {"nothing", "hotp", "totp", "password"};
	char counter[24], step[16], number[16], descriptor[16], name[USER_MAX];
	const char *argv[ARGUMENTS_MAX] = {
		"pambench", "-u", name,		  "-m",	  word[login->answer], "-c",	  counter,
		"-t",	    step, "--child-slot", number, "--child-fd",	       descriptor};
	int n = 13, status = 0;
	pid_t pid;

	plan_user(plan, user, name);
	snprintf(counter, sizeof(counter), "%" PRIu64, login->counter);
	snprintf(step, sizeof(step), "%d", login->step);
	snprintf(number, sizeof(number), "%d", slot);
	snprintf(descriptor, sizeof(descriptor), "%d", fd);
	if (login->service) {
		argv[n++] = "-s";
		argv[n++] = login->service;
		argv[n++] = "-d";
		argv[n++] = login->confdir;
	}
	if (login->password) {
		argv[n++] = "-P";
		argv[n++] = login->password;
	}
	if (plan->library) {
		argv[n++] = "-D";
		argv[n++] = plan->library;
	}
	if (login->memory)
		argv[n++] = "-M";
	argv[n] = NULL;
	return posix_spawn(&pid, "/proc/self/exe", NULL, NULL, (char *const *)argv, environ) == 0 &&
	       waitpid(pid, &status, 0) == pid && WIFEXITED(status);
}

void sequence_one(const struct plan *plan, const struct login *login, int user, int fd, int slot,
		  struct login_result *ret_result)
{
	char name[USER_MAX];
	uint64_t began;

	if (plan->exec) {
		ret_result->code = -1;
		began = login_clock();
		if (!spawn(plan, login, user, fd, slot))
			ret_result->code = -1;
		ret_result->whole_ns = login_clock() - began;
		return;
	}
	plan_user(plan, user, name);
	login_run(login, name, ret_result);
}

static double cpu_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void sequence_run(const struct plan *plan, struct shared *shared, int fd, struct totals *ret_totals)
{
	struct login login = plan->login;
	double cpu = cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
	uint64_t began = login_clock();

	for (int i = 0; i < plan->n; i++) {
		/* Once round all users, then each has used one more. */
		login.counter = plan->login.counter + (uint64_t)(i / plan->cycle);
		login.step = plan->login.step + i / plan->cycle;
		if (plan->pause_ms && i > 0)
			usleep((useconds_t)plan->pause_ms * 1000);
		sequence_one(plan, &login, i % plan->cycle, fd, i, &shared->result[i]);
	}
	ret_totals->wall_ns = login_clock() - began;
	ret_totals->cpu_s = cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN) - cpu;
}
