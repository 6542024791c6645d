/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * wait - one process that has loaded and prepared everything, and forks a child
 * for each ceremony: a fraction of a millisecond instead of six.
 *
 * Itself it reads nothing but the mother's messages of one byte, each with one
 * descriptor: first DEVICE, then CHANNEL.  A child closes all but those two
 * before it reads a byte from either.  When a child was ended by what a hostile
 * device can provoke, this process ends too: what guesses an address once does
 * not find the same one again.
 */
#ifndef WEBCRED_DEVICE_WAIT_H
#define WEBCRED_DEVICE_WAIT_H

#define WAIT_DEVICE_FD 3
#define WAIT_CHANNEL_FD 4

enum wait_message { WAIT_DEVICE = 1, WAIT_CHANNEL = 2 };

/* In each child, its two descriptors in their places; its exit status. */
int wait_run(int (*ceremony)(void));

#endif
