/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The tests of webcred-device: `driver [NAME...]`, in TAP.  They need root, to
 * start the helper as nobody; SOFTKEY and WEBCRED_DEVICE name the programs
 * where they are not in the build folder.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/device/cases.h"

static bool chosen(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

static unsigned run_table(const struct test *table, int argc, char **argv, unsigned *number)
{
	unsigned bad = 0;

	for (; table->name; table++) {
		unsigned before = harness_failures();

		if (!chosen(table->name, argc, argv))
			continue;
		table->run();
		printf("%s %u - %s\n", harness_failures() == before ? "ok" : "not ok", ++*number,
		       table->name);
		bad += harness_failures() != before;
	}
	return bad;
}

/*
 * Terminals of our own: a number in /dev/pts is given out again at once, and a
 * process that still holds the path of a key that is gone would talk to ours.
 * /dev/ptmx serves whatever devpts stands beside it.
 */
static void have_own_terminals(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,ptmxmode=0666,mode=0600") != 0)
		printf("# terminals are shared with the machine: %s\n", strerror(errno));
}

int main(int argc, char **argv)
{
	static const struct test *const tables[] = {tests_get, tests_person, tests_create,
						    tests_hostile, tests_sandbox};
	unsigned number = 0, bad = 0;

	(void)setvbuf(stdout, NULL, _IONBF, 0);
	if (geteuid() != 0) {
		printf("1..0 # SKIP the helper is started as another uid: needs root\n");
		return 77;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	have_own_terminals();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		bad += run_table(tables[i], argc, argv, &number);
	printf("1..%u\n", number);
	return bad == 0 ? 0 : 1;
}
