/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pambench - logins through PAM, timed: one after another or from many
 * processes at one instant, in this process or in a fresh one each.  It links
 * libpam and libc alone, so that a module pays for what it loads.
 *
 * Appends a line `nanoseconds-whole nanoseconds-inside PAM-code KiB-grown` for
 * each login to the file of -o; prints `n N ok OK wall_us W cpu_us C`.
 */
#include "tests/bench/pambench.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const char usage_text[] =
	"usage: pambench -s SERVICE -d CONFDIR -u USERS [OPTION]...\n"
	"  -u NAME, or a format with %d; -f FIRST number; -y N users in turn\n"
	"  -m nothing|hotp|totp|password  -c COUNTER  -t STEPS from now  -P PASSWORD\n"
	"  -n LOGINS  -p PROCESSES at once  -1 all as one user, with one answer\n"
	"  -w MS  pass between one login and the next\n"
	"  -x  a fresh process for each  -D LIBRARY  load this instead  -M  memory\n"
	"  -H  all wait at the prompt; prints `held`, goes on at the next line of stdin\n"
	"  -o FILE  every login's figures\n";

enum { OPTION_SLOT = 256, OPTION_FD };

struct arguments {
	struct plan plan;
	const char *raw;
	int slot, fd;
};

static _Noreturn void usage(void)
{
	fputs(usage_text, stderr);
	exit(2);
}

struct shared *shared_map(int fd, int n)
{
	size_t size = sizeof(struct shared) + (size_t)n * sizeof(struct login_result);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct shared *shared_new(int n, int *ret_fd)
{
	size_t size = sizeof(struct shared) + (size_t)n * sizeof(struct login_result);
	/* Not close-on-exec: fresh processes write their figures there. */
	int fd = memfd_create("pambench", 0);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		return NULL;
	*ret_fd = fd;
	return shared_map(fd, n);
}

static enum login_answer parse_answer(const char *word)
{
	static const char *const words[] = {"nothing", "hotp", "totp", "password"};

	for (int i = 0; i < 4; i++) {
		if (strcmp(word, words[i]) == 0)
			return (enum login_answer)i;
	}
	usage();
}

static void parse_plan(struct plan *plan, int option)
{
	switch (option) {
	case 's':
		plan->login.service = optarg;
		break;
	case 'd':
		plan->login.confdir = optarg;
		break;
	case 'u':
		plan->users = optarg;
		break;
	case 'f':
		plan->first = atoi(optarg);
		break;
	case 'y':
		plan->cycle = atoi(optarg);
		break;
	case 'm':
		plan->login.answer = parse_answer(optarg);
		break;
	case 'c':
		plan->login.counter = strtoull(optarg, NULL, 10);
		break;
	case 't':
		plan->login.step = atoi(optarg);
		break;
	case 'P':
		plan->login.password = optarg;
		break;
	case 'n':
		plan->n = atoi(optarg);
		break;
	case 'p':
		plan->processes = atoi(optarg);
		break;
	case 'w':
		plan->pause_ms = atoi(optarg);
		break;
	case '1':
		plan->one_user = true;
		break;
	case 'x':
		plan->exec = true;
		break;
	case 'D':
		plan->library = optarg;
		break;
	case 'M':
		plan->login.memory = true;
		break;
	case 'H':
		plan->hold = true;
		break;
	default:
		usage();
	}
}

static void parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option longs[] = {{"child-slot", required_argument, NULL, OPTION_SLOT},
					      {"child-fd", required_argument, NULL, OPTION_FD},
					      {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "s:d:u:f:y:m:c:t:P:n:p:w:1xD:MHo:", longs,
				     NULL)) != -1) {
		if (option == 'o')
			arguments->raw = optarg;
		else if (option == OPTION_SLOT)
			arguments->slot = atoi(optarg);
		else if (option == OPTION_FD)
			arguments->fd = atoi(optarg);
		else
			parse_plan(&arguments->plan, option);
	}
	if (!arguments->plan.users || arguments->plan.n < 1 || arguments->plan.cycle < 1 ||
	    (!arguments->plan.library && !arguments->plan.login.service))
		usage();
}

/* A code that is asked for in one step and looked at in the next was right. */
static void avoid_step_end(void)
{
	while (time(NULL) % 30 >= 28)
		usleep(50000);
}

static int tell(const struct arguments *arguments, const struct shared *shared, int n,
		const struct totals *totals)
{
	FILE *raw = arguments->raw ? fopen(arguments->raw, "ae") : NULL;
	int ok = 0;

	for (int i = 0; i < n; i++) {
		const struct login_result *one = &shared->result[i];

		ok += one->code == 0;
		if (raw)
			fprintf(raw, "%" PRIu64 " %" PRIu64 " %d %d\n", one->whole_ns, one->in_ns,
				one->code, one->grown_kib);
	}
	printf("n %d ok %d wall_us %.1f cpu_us %.1f\n", n, ok, (double)totals->wall_ns / 1e3,
	       totals->cpu_s * 1e6);
	return raw && fclose(raw) != 0 ? 3 : 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.plan = {.n = 1, .cycle = 1}, .slot = -1, .fd = -1};
	struct plan *plan = &arguments.plan;
	struct totals totals = {0};
	struct shared *shared;
	int n, fd = -1;

	parse(argc, argv, &arguments);
	if (arguments.slot >= 0)
		sequence_child(plan, arguments.fd, arguments.slot);
	n = plan->processes ? plan->n * plan->processes : plan->n;
	shared = shared_new(n, &fd);
	if (!shared) {
		perror("pambench: memory");
		return 3;
	}
	if (plan->login.answer == ANSWER_TOTP)
		avoid_step_end();
	if (plan->processes)
		burst_run(plan, shared, fd, &totals);
	else
		sequence_run(plan, shared, fd, &totals);
	return tell(&arguments, shared, n, &totals);
}
