/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pambench - what its files share.
 *
 *   pambench   the command line, and the results
 *   sequence   one login after another, in this process or in one of its own each
 *   burst      many processes at one instant
 *   login, otp one login
 */
#ifndef BENCH_PAMBENCH_H
#define BENCH_PAMBENCH_H

#include <pthread.h>

#include "tests/bench/login.h"

#define USER_MAX 64

struct plan {
	struct login login;
	const char *users;   /* a format with one %d, or a name */
	const char *library; /* dlopen this instead of a login */
	int first;	     /* number of the first user */
	int n;		     /* logins of each process */
	int cycle;	     /* users a sequence goes round through; 1: the same always */
	int processes;
	int pause_ms;  /* between one login and the next */
	bool exec;     /* a fresh process for each login */
	bool one_user; /* all processes are one user and answer the same */
	bool hold;     /* burst: all wait at the prompt until a line is read */
};

/* Between the processes. */
struct shared {
	pthread_barrier_t start;
	int32_t at_prompt;
	volatile int32_t released;
	struct login_result result[];
};

struct totals {
	uint64_t wall_ns;
	double cpu_s; /* of the callers, not of what serves them */
};

void plan_user(const struct plan *plan, int number, char name[USER_MAX]);
struct shared *shared_new(int n, int *ret_fd);
struct shared *shared_map(int fd, int n);

/* The child's half of a sequence with exec: slot of the shared results. */
void sequence_child(const struct plan *plan, int fd, int slot);
void sequence_run(const struct plan *plan, struct shared *shared, int fd,
		  struct totals *ret_totals);
void burst_run(const struct plan *plan, struct shared *shared, int fd, struct totals *ret_totals);
/* One login, or one dlopen, with the counter that stands in `login`. */
void sequence_one(const struct plan *plan, const struct login *login, int user, int fd, int slot,
		  struct login_result *ret_result);

#endif
