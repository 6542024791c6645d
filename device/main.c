/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * webcred-device - speaks with one security key, and can do nothing else.
 *
 * The mother starts it, its rights already dropped to those of the account
 * webcred-device: no groups, an empty environment, and beyond the standard
 * streams two descriptors: DEVICE_FD, an open and locked hidraw node (or a
 * pty), and CHANNEL_FD, to the session that wants the ceremony.  It closes
 * whatever else there is, enters its sandbox, runs one ceremony and ends.
 *
 * With --wait (wait.h) the libraries are loaded once: it stays, with the mother
 * at CHANNEL_FD, and each ceremony is a child of its own that does the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device/course.h"
#include "device/probe.h"
#include "device/sandbox.h"
#include "device/wait.h"

#define DEVICE_FD WAIT_DEVICE_FD
#define CHANNEL_FD WAIT_CHANNEL_FD

static int complain(const char *what, int error)
{
	(void)fprintf(stderr, "webcred-device: %s: %s\n", what, strerror(error));
	return EXIT_FAILURE;
}

/* 0 or -errno. */
static int check_descriptors(void)
{
	int type = 0, flags = fcntl(DEVICE_FD, F_GETFL);
	socklen_t len = sizeof(type);

	if (flags < 0 || (flags & O_ACCMODE) != O_RDWR)
		return -EBADF;
	if (getsockopt(CHANNEL_FD, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return -errno;
	if (type != SOCK_SEQPACKET)
		return -EPROTOTYPE;
	/* A device that does not read must not hold us in write(2). */
	return fcntl(DEVICE_FD, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

static int probe(const char *name)
{
	int r = sandbox_enter(STDERR_FILENO);

	return r == 0 ? probe_run(name) : complain("no sandbox", -r);
}

static int ceremony(void)
{
	int r = check_descriptors();

	if (r != 0)
		return complain("descriptors 3 (device) and 4 (channel)", -r);
	r = sandbox_enter(CHANNEL_FD);
	if (r != 0)
		return complain("no sandbox", -r);
	course_run(DEVICE_FD, CHANNEL_FD);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int r = sandbox_check();

	if (r != 0)
		return complain("it must be started without rights", -r);
	r = sandbox_prepare();
	if (r != 0)
		return complain("no sandbox", -r);
	if (argc == 3 && strcmp(argv[1], "--probe") == 0)
		return probe(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--wait") == 0)
		return wait_run(ceremony);
	if (argc != 1)
		return complain("it is started by webcred-authority", EINVAL);
	return ceremony();
}
