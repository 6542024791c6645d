/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * control - one page of memory that the driver, the allocator's shim and the
 * tracer share: which process is to fail at what, and how far it has come.
 */
#ifndef WEBCRED_TESTS_FAULTS_CONTROL_H
#define WEBCRED_TESTS_FAULTS_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>

#define CONTROL_VARIABLE "WEBCRED_FAULTS"
#define CONTROL_CALLS 512 /* system call numbers */

enum control_process {
	PROCESS_NONE = 0,
	PROCESS_HOST,	 /* libpam and the module, in a child of the driver */
	PROCESS_KEEPER,	 /* webcred-authority */
	PROCESS_MOTHER,	 /* webcred-authority-sessions, the first */
	PROCESS_SESSION, /* what the mother forks */
	PROCESS_DEVICE,	 /* webcred-device */
	PROCESS_N
};

struct control {
	atomic_int process; /* armed: whose allocations or calls are counted */
	atomic_int call;    /* -1: allocations; else the number of a system call */
	atomic_int error;   /* what the call fails with */
	atomic_long nth;    /* which one fails; 0: none, they are counted alone */
	atomic_long seen;   /* so many since it was armed */
	atomic_bool hit;    /* one has failed */
	atomic_bool ours;   /* allocations of the host: below our module */
	atomic_bool inside; /* the host's child is in a PAM call */
	atomic_long clock;  /* seconds the authority's clock is ahead */
	/* driver to tracer: attach to this process; the tracer sets it to 0 */
	atomic_int attach;
	atomic_int calls[CONTROL_CALLS]; /* system calls of the armed process, by number */
};

#endif
