/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sandbox - what remains possible to a process that talks to a foreign device:
 * to move bytes over the two descriptors it was given, to compute, and to end.
 */
#ifndef WEBCRED_DEVICE_SANDBOX_H
#define WEBCRED_DEVICE_SANDBOX_H

/* 0, or -EPERM where the process has rights it must never have had: a uid of 0
 * in any of its three places, or a supplementary group. */
int sandbox_check(void);
/* What can be done ahead of need, and is as good in a forked child: no
 * environment, not dumpable, no new privileges, what libraries load lazily, the
 * filter's program.  0 or -errno. */
int sandbox_prepare(void);
/* Closes every descriptor above `last`, sets the limits, and installs the
 * filter.  0 or -errno; nothing was opened up in between, so a caller that
 * fails just ends. */
int sandbox_enter(int last);

#endif
