/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* mother_again - the mother is executed, by launch.c and by herself; see mother.h. */
#include "authority/mother.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"

#define EXECUTE_OWN 8 /* arguments in any case, the program's name among them */

static void nursery_write(char *text, size_t size, const struct mother_nursery *nursery)
{
	snprintf(text, size, "%" PRIu32 ",%" PRIu32 ",%" PRId64 ",%" PRId64, nursery->owed,
		 nursery->crashes, nursery->crashed_at, nursery->not_before);
}

bool mother_again_read(const char *text, struct mother_nursery *ret_nursery)
{
	struct mother_nursery nursery = {0};
	int end = 0;

	if (sscanf(text, "%" SCNu32 ",%" SCNu32 ",%" SCNd64 ",%" SCNd64 "%n", &nursery.owed,
		   &nursery.crashes, &nursery.crashed_at, &nursery.not_before, &end) != 4 ||
	    text[end] != 0)
		return false;
	*ret_nursery = nursery;
	return true;
}

int mother_execute(const char *program, const struct mother_options *options, int keeper,
		   pid_t keeper_pid, const struct mother_nursery *nursery)
{
	const unsigned number[] = {(unsigned)keeper,	     (unsigned)keeper_pid,
				   options->session_ids.uid, options->session_ids.gid,
				   options->device_ids.uid,  options->device_ids.gid};
	char text[6][16], pool[POOL_N][96];
	const char *argv[EXECUTE_OWN + POOL_N + 1] = {"webcred-authority-sessions"};
	size_t i;
	int r;

	for (i = 0; i < 6; i++) {
		snprintf(text[i], sizeof(text[i]), "%u", number[i]);
		argv[1 + i] = text[i];
	}
	argv[7] = options->device_helper;
	for (i = 0; nursery && i < POOL_N; i++) {
		nursery_write(pool[i], sizeof(pool[i]), &nursery[i]);
		argv[EXECUTE_OWN + i] = pool[i];
	}
	if (fcntl(keeper, F_SETFD, 0) == 0)
		execv(program, (char *const *)(uintptr_t)argv);
	r = -errno;
	(void)fcntl(keeper, F_SETFD, FD_CLOEXEC);
	return r;
}

void mother_again(const struct mother_options *options, int keeper, pid_t keeper_pid,
		  const struct mother_nursery nursery[POOL_N])
{
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int r = n < 0 ? -errno : 0;

	/* One that was replaced has no such path any more: a keeper and a mother of
	 * two versions are worse than old addresses. */
	if (r == 0) {
		program[n] = 0;
		r = mother_execute(program, options, keeper, keeper_pid, nursery);
	}
	audit_log(LOG_CRIT, "cannot execute itself again behind a crash: %s", strerror(-r));
}
