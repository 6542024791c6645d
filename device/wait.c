/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/wire.h"

static void on_child(int number)
{
	(void)number; /* only to interrupt the wait */
}

static bool expect_children(void)
{
	const struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigaction(SIGCHLD, &action, NULL) == 0 && sigprocmask(SIG_BLOCK, &set, NULL) == 0;
}

/* A key that stalls is killed, which is no crash. */
static bool is_crash(int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	return number == SIGSEGV || number == SIGBUS || number == SIGABRT || number == SIGSYS ||
	       number == SIGILL;
}

/* True where one of them crashed. */
static bool bury(void)
{
	bool crashed = false;
	int status;

	while (waitpid(-1, &status, WNOHANG) > 0)
		crashed = crashed || is_crash(status);
	return crashed;
}

/* Out of the way first: either may have the other's place. */
static _Noreturn void be_child(int (*ceremony)(void), int device, int channel)
{
	sigset_t none;

	sigemptyset(&none);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	device = fcntl(device, F_DUPFD, WAIT_CHANNEL_FD + 1);
	channel = fcntl(channel, F_DUPFD, WAIT_CHANNEL_FD + 1);
	if (device < 0 || channel < 0 || dup2(device, WAIT_DEVICE_FD) < 0 ||
	    dup2(channel, WAIT_CHANNEL_FD) < 0)
		_exit(EXIT_FAILURE);
	_exit(ceremony());
}

static void let_go(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* One message; false when nobody will send another. */
static bool hear(int (*ceremony)(void), int *device)
{
	uint8_t word = 0;
	int fd = -1;
	ssize_t n = wire_recv(WAIT_CHANNEL_FD, &word, sizeof(word), &fd, -1, wire_clock());

	if (n == -ETIMEDOUT)
		return true;
	if (n != (ssize_t)sizeof(word))
		return false;
	if (word == WAIT_DEVICE) {
		let_go(device);
		*device = fd;
		return true;
	}
	/* Without a child the channel closes, which says it all. */
	if (word == WAIT_CHANNEL && *device >= 0 && fd >= 0 && fork() == 0)
		be_child(ceremony, *device, fd);
	let_go(device);
	let_go(&fd);
	return true;
}

int wait_run(int (*ceremony)(void))
{
	const struct timespec long_time = {.tv_sec = 3600};
	sigset_t none;
	int device = -1;

	if (!expect_children() || close_range(WAIT_CHANNEL_FD + 1, ~0u, 0) != 0)
		return EXIT_FAILURE;
	sigemptyset(&none);
	for (;;) {
		struct pollfd mother = {.fd = WAIT_CHANNEL_FD, .events = POLLIN};

		/* The signal comes in between looking and waiting, or not at all. */
		if (ppoll(&mother, 1, &long_time, &none) < 0 && errno != EINTR)
			return EXIT_FAILURE;
		if (mother.revents && !hear(ceremony, &device))
			return EXIT_SUCCESS;
		if (bury())
			return EXIT_FAILURE;
	}
}
