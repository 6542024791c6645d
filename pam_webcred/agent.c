/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The one environment variable that is read, and read here alone.  Whose socket it
 * names does not matter, since a signature by an enrolled key proves itself; that
 * nothing is opened with more rights than the person has does.
 *
 * It is looked for in the environment that the program was started with: sudo's
 * getenv() answers from the one it has scrubbed for the command to come.
 */
#include "pam_webcred/agent.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/client/webcred.h"

#define NAME "SSH_AUTH_SOCK="

int agent_open(int *ret_fd)
{
	if (getuid() == 0)
		return -EPERM;
	for (char **at = environ; at && *at; at++)
		if (strncmp(*at, NAME, strlen(NAME)) == 0 && (*at)[strlen(NAME)] != '\0')
			return webcred_agent_connect(*at + strlen(NAME), ret_fd);
	return -ENODATA;
}
