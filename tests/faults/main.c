/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * faults - everything that can fail does, one at a time:
 *
 *   faults --process NAME --mode allocations|calls [--type NAME] [--every K]
 *
 * In a sandbox, with the shim preloaded here and in the authority.  For each
 * type a login with the right answer, one with a wrong answer and a change of
 * password run once to be counted; then once for each allocation, or for each
 * system call and each error, in which that one fails.  After each the rules
 * of judge.c are looked at.  --every K takes each Kth of all there are.
 * Prints a line for each type, and the sum; status 0 where nothing was lost.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/faults/faults.h"
#include "tests/faults/plan.h"

struct control *control;
const char *sandbox_folder;
static struct plan plan = {.every = 1, .type = -1};

static const char *const process_names[PROCESS_N] = {"none",   "host",	  "keeper",
						     "mother", "session", "device"};
static const char *const type_names[LOGIN_TYPES] = {"password", "totp", "hotp", "recovery",
						    "public-key"};

void lost(const char *format, ...)
{
	va_list arguments;

	plan.lost++;
	printf("LOST %s: ", plan_what(&plan));
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	puts("");
}

void broken(const char *format, ...)
{
	va_list arguments;

	printf("BROKEN %s: ", plan_what(&plan));
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	puts("");
	tracer_stop();
	exit(2);
}

static void control_open(void)
{
	const char *path = getenv(CONTROL_VARIABLE);
	int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		broken("%s names no file", CONTROL_VARIABLE);
	control = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (control == MAP_FAILED)
		broken("cannot map %s", path);
	close(fd);
}

static int word_index(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	broken("what is %s?", word);
}

static void arguments_parse(int argc, char **argv)
{
	static const struct option options[] = {{"process", required_argument, NULL, 'p'},
						{"mode", required_argument, NULL, 'm'},
						{"type", required_argument, NULL, 't'},
						{"every", required_argument, NULL, 'e'},
						{NULL, 0, NULL, 0}};
	int key;

	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (key == 'p')
			plan.process =
				(enum control_process)word_index(optarg, process_names, PROCESS_N);
		else if (key == 'm')
			plan.calls = strcmp(optarg, "calls") == 0;
		else if (key == 't')
			plan.type = word_index(optarg, type_names, LOGIN_TYPES);
		else if (key == 'e')
			plan.every = strtoul(optarg, NULL, 10);
		else
			exit(2);
	}
	if (plan.process == PROCESS_NONE || plan.every == 0 || optind < argc)
		broken("usage: faults --process NAME --mode allocations|calls");
}

int main(int argc, char **argv)
{
	sandbox_folder = getenv("SANDBOX");
	setvbuf(stdout, NULL, _IOLBF, 0);
	control_open();
	arguments_parse(argc, argv);
	atomic_store(&control->process, PROCESS_NONE);
	machine_look();
	machine.restarts = 0;
	for (int type = 0; type < LOGIN_TYPES; type++) {
		if (plan.type >= 0 && plan.type != type)
			continue;
		/* Only a security key has a helper. */
		if (plan.process == PROCESS_DEVICE && type != LOGIN_KEY)
			continue;
		plan_run(&plan, (enum login_type)type, type_names[type],
			 process_names[plan.process]);
	}
	if (plan.died_without_us > 0)
		printf("faults: %lu more ended in libpam or ld.so, before a module was called\n",
		       plan.died_without_us);
	printf("faults: tried %lu, refused %lu, lost %lu (%s, %s; %lu let in by a right answer, "
	       "%u restarts of the authority)\n",
	       plan.tried, plan.refused, plan.lost, process_names[plan.process],
	       plan.calls ? "system calls" : "allocations", plan.granted, machine.restarts);
	return plan.lost != 0 || plan.tried == 0;
}
