/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * probe - tries, from inside the sandbox, what must be impossible there.
 *
 * `webcred-device --probe NAME` is for the tests: the real program, behind the
 * real filter.  It can do nothing a ceremony could not try as well.
 */
#ifndef WEBCRED_DEVICE_PROBE_H
#define WEBCRED_DEVICE_PROBE_H

/* The exit status: 0 it worked, PROBE_REFUSED the kernel said no, or 2 for an
 * unknown name.  Often there is none, but SIGSYS. */
#define PROBE_REFUSED 3

int probe_run(const char *name);

#endif
