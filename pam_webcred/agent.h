/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* agent - the ssh agent of whoever started the program. */
#ifndef WEBCRED_PAM_AGENT_H
#define WEBCRED_PAM_AGENT_H

/*
 * Connects to the agent that SSH_AUTH_SOCK names, with the real user's rights
 * (webcred_agent_connect()).  0; -ENODATA where nothing is named; -EPERM where the
 * real user is root: then the name may be anybody's, and the rights are root's.
 */
int agent_open(int *ret_fd);

#endif
