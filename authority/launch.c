/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* launch - see launch.h. */
#include "authority/launch.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"
#include "authority/keeper.h"

static _Noreturn void launch_mother(const struct mother_options *options, int keeper, pid_t pid)
{
	int r = mother_execute(options->sessions, options, keeper, pid, NULL);

	/* The keeper sees its channel close, and ends. */
	audit_log(LOG_CRIT, "cannot start %s: %s", options->sessions, strerror(-r));
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
