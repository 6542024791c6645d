/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * webcred-authority-sessions - the mother; executed by webcred-authority alone:
 *
 *   webcred-authority-sessions CHANNEL PID UID GID UID GID HELPER [POOL POOL]
 *
 * the keeper's channel and process, the ids of sessions and of device helpers,
 * webcred-device's path; and by itself, behind a crash, with what it knew of
 * each pool.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "authority/audit.h"
#include "authority/mother.h"

static unsigned number(const char *text)
{
	char *end = NULL;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end != '\0' || value == 0 || value > INT32_MAX) {
		fprintf(stderr, "webcred-authority-sessions: it is started by webcred-authority\n");
		exit(2);
	}
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	struct mother_options options = {.sockets = {-1, -1}};
	struct mother_nursery carried[POOL_N];
	int keeper;

	if (argc != 8 && argc != 8 + POOL_N)
		number("");
	keeper = (int)number(argv[1]);
	options.session_ids.uid = number(argv[3]);
	options.session_ids.gid = number(argv[4]);
	options.device_ids.uid = number(argv[5]);
	options.device_ids.gid = number(argv[6]);
	options.device_helper = argv[7];
	for (int i = 8; i < argc; i++)
		if (!mother_again_read(argv[i], &carried[i - 8]))
			number("");
	if (fcntl(keeper, F_SETFD, FD_CLOEXEC) < 0)
		return 71;
	audit_open("auto");
	return mother_run(&options, keeper, (pid_t)number(argv[2]), argc > 8 ? carried : NULL);
}
