/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* What the helper cannot do, seen from inside and from outside. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <dirent.h>

#include "device/probe.h"
#include "tests/device/cases.h"

static int probe(const char *name)
{
	return harness_wait(harness_start_helper(-1, -1, name, HARNESS_UID, false), PROMPT_MS);
}

static bool refused(const char *name)
{
	int status = probe(name);

	return (WIFEXITED(status) && WEXITSTATUS(status) == PROBE_REFUSED) ||
	       (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void probes(void)
{
	static const char *const names[] = {
		"open",		  "socket", "exec",  "ptrace", "kill",
		"fork",		  "dup",    "ioctl", "setuid",
#ifndef __SANITIZE_ADDRESS__ /* which needs both itself */
		"execute-memory", "memory",
#endif
	};

	CHECK(probe("nothing") == 0); /* the probing itself works */
	CHECK(WIFEXITED(probe("no-such-probe")));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!CHECK(refused(names[i])))
			printf("# %s was possible\n", names[i]);
}

static void rights_refused(void)
{
	struct rig rig;
	int status;

	status = harness_wait(harness_start_helper(-1, -1, "nothing", 0, false), PROMPT_MS);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	status =
		harness_wait(harness_start_helper(-1, -1, "nothing", HARNESS_UID, true), PROMPT_MS);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	/* and neither without a channel */
	rig_start(&rig, NULL);
	status = harness_wait(harness_start_helper(-1, -1, NULL, HARNESS_UID, false), PROMPT_MS);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	rig_stop(&rig);
}

static bool status_has(pid_t pid, const char *line)
{
	char path[64], text[256];
	bool found = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && !found && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		found = strcmp(text, line) == 0;
	}
	if (file)
		(void)fclose(file);
	return found;
}

static unsigned open_descriptors(pid_t pid)
{
	char path[64];
	unsigned n = 0;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
		n += entry->d_name[0] != '.';
	if (folder)
		(void)closedir(folder);
	return n;
}

/* In the middle of a ceremony: no rights, two descriptors and three streams. */
static void seen_from_outside(void)
{
	struct ceremony_entry entry;
	struct type_ceremony request;
	struct seen seen = {0};
	struct rig rig;

	rig_start(&rig, NULL);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		CHECK(status_has(rig.helper, "NoNewPrivs:\t1"));
		CHECK(status_has(rig.helper, "Seccomp:\t2"));
		CHECK(status_has(rig.helper, "CapEff:\t0000000000000000"));
		CHECK(status_has(rig.helper, "CapPrm:\t0000000000000000"));
		CHECK(status_has(rig.helper, "Uid:\t65534\t65534\t65534\t65534"));
		CHECK(status_has(rig.helper, "Groups:\t "));
		CHECK(status_has(rig.helper, "Threads:\t1"));
		CHECK(open_descriptors(rig.helper) <= 5);
	}
	rig_stop(&rig);
}

const struct test tests_sandbox[] = {
	{"probes", probes},
	{"rights-refused", rights_refused},
	{"seen-from-outside", seen_from_outside},
	{NULL, NULL},
};
