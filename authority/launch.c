/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* launch - see launch.h. */
#include "authority/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"
#include "authority/keeper.h"

/* The arguments are mother_main.c's. */
static _Noreturn void launch_mother(const struct mother_options *options, int keeper, pid_t pid)
{
	const unsigned number[] = {(unsigned)keeper,	     (unsigned)pid,
				   options->session_ids.uid, options->session_ids.gid,
				   options->device_ids.uid,  options->device_ids.gid};
	char text[6][16];
	const char *argv[9] = {"webcred-authority-sessions"};
	size_t i;

	for (i = 0; i < 6; i++) {
		snprintf(text[i], sizeof(text[i]), "%u", number[i]);
		argv[1 + i] = text[i];
	}
	argv[7] = options->device_helper;
	if (fcntl(keeper, F_SETFD, 0) == 0)
		execv(options->sessions, (char *const *)(uintptr_t)argv);
	/* The keeper sees its channel close, and ends. */
	audit_log(LOG_CRIT, "cannot start %s: %s", options->sessions, strerror(errno));
	_exit(72);
}

int launch(const struct mother_options *options)
{
	int pair[2];
	pid_t pid;

	/* Nobody reads our memory through /proc, and no core is left. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Blocked from here on, so that the mother misses no end of the keeper's. */
	if (mother_block_signals(NULL) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return 71;
	pid = fork();
	if (pid < 0)
		return 71;
	if (pid == 0) {
		close(pair[0]);
		mother_unblock_signals();
		_exit(keeper_run(options, pair[1]));
	}
	launch_mother(options, pair[0], pid);
}
