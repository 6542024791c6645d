/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/bench/pambench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct hold {
	const struct plan *plan;
	struct shared *shared;
};

/* At the prompt until the parent has looked around. */
static void wait_for_release(void *context)
{
	struct shared *shared = context;

	__atomic_add_fetch(&shared->at_prompt, 1, __ATOMIC_SEQ_CST);
	while (!shared->released)
		usleep(2000);
}

static _Noreturn void child(const struct plan *plan, struct shared *shared, int fd, int number)
{
	struct login login = plan->login;

	if (plan->hold) {
		login.at_prompt = wait_for_release;
		login.context = shared;
	}
	pthread_barrier_wait(&shared->start);
	for (int i = 0; i < plan->n; i++) {
		int slot = number * plan->n + i;

		login.counter = plan->login.counter + (uint64_t)i;
		sequence_one(plan, &login, plan->one_user ? 0 : number, fd, slot,
			     &shared->result[slot]);
	}
	_exit(0);
}

static void prepare(const struct plan *plan, struct shared *shared)
{
	pthread_barrierattr_t attributes;

	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->start, &attributes, (unsigned)plan->processes + 1);
}

static void hold_and_release(const struct plan *plan, struct shared *shared)
{
	char line[16];

	while (__atomic_load_n(&shared->at_prompt, __ATOMIC_SEQ_CST) < plan->processes)
		usleep(2000);
	puts("held");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		fputs("pambench: nobody says go; going\n", stderr);
	shared->released = 1;
}

void burst_run(const struct plan *plan, struct shared *shared, int fd, struct totals *ret_totals)
{
	struct rusage usage;
	uint64_t began;

	prepare(plan, shared);
	for (int i = 0; i < plan->processes; i++) {
		pid_t pid = fork();

		if (pid == 0)
			child(plan, shared, fd, i);
		if (pid < 0) {
			perror("pambench: fork");
			exit(3);
		}
	}
	pthread_barrier_wait(&shared->start);
	began = login_clock();
	if (plan->hold)
		hold_and_release(plan, shared);
	while (wait(NULL) > 0)
		continue;
	ret_totals->wall_ns = login_clock() - began;
	getrusage(RUSAGE_CHILDREN, &usage);
	ret_totals->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}
