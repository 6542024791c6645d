/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * signals - ^C cancels the running call, so that no key is left blinking, and
 * ends the tool once the terminal is as it was.  A second one does not wait.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "tools/tool.h"

static volatile sig_atomic_t signals_last;
static struct webcred_container *volatile signals_container;

static void signals_handle(int number)
{
	int saved = errno;

	if (signals_last != 0)
		_exit(128 + number);
	signals_last = number;
	if (signals_container != NULL)
		webcred_container_cancel(signals_container); /* async-signal-safe */
	errno = saved;
}

void signals_watch(struct webcred_container *container)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = signals_handle};
	struct sigaction old;

	signals_container = container;
	sigemptyset(&action.sa_mask); /* no SA_RESTART: a read for an answer must end */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* nohup(1) and a shell's background jobs stay as they were set up. */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

int signals_caught(void)
{
	return signals_last;
}

void signals_finish(void)
{
	signals_container = NULL;
	if (signals_last == 0)
		return;
	signal(signals_last, SIG_DFL);
	raise(signals_last);
}
