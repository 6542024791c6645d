/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * io - the reports between libfido2 and the device, and what cuts them short.
 *
 * libfido2 runs its protocol through these hooks and knows no deadline of its
 * own: every wait ends here, by the device's answer, by its loss, by a word on
 * the channel (while the device is asked something that can only be CANCEL, or
 * the channel's end), or by the deadline of the phase.  Giving up is one path:
 * CTAPHID_CANCEL is sent, its answer awaited for IO_GRACE_MS, and no further
 * request leaves.  So no key is left blinking and no channel busy.
 */
#ifndef WEBCRED_DEVICE_IO_H
#define WEBCRED_DEVICE_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <fido.h>

#include "device/reply.h"

#define IO_GRACE_MS 200
/* A key sends ten keepalives a second at most; more than this is a flood. */
#define IO_REPORTS_MAX 20000u

enum io_state {
	IO_FINE = 0,
	IO_CANCELLED,
	IO_TIMED_OUT,
	IO_UNPLUGGED,
	IO_FLOODED,
};

/* What ended a wait. */
enum io_event { IO_DEVICE_READY, IO_CHANNEL_READY, IO_DEVICE_GONE, IO_EXPIRED };

struct io {
	int device, channel;
	fido_dev_t *dev;     /* once it is open; borrowed, for CANCEL */
	enum io_state state; /* the first thing that went wrong, for good */
	bool cancelling;     /* CANCEL itself is being sent */
	bool answered;	     /* a report for us came in this phase */
	uint8_t hid_error;   /* of the last CTAPHID_ERROR of this phase, or 0 */
	uint8_t cid[4];	     /* of the last request */
	unsigned reports;    /* received in the whole ceremony */
	int64_t deadline;    /* of this phase, in wire_clock() */
	struct reply reply;  /* what it answers in this phase */
};

void io_init(struct io *io, int device, int channel);
/* Makes libfido2 use `io`, which must outlive the device. */
int io_attach(struct io *io, fido_dev_t *dev);
/* A new phase begins: what follows has until `deadline`. */
void io_phase(struct io *io, int64_t deadline);
/* Waits for `device_events` (0: only its loss) or a word on the channel. */
enum io_event io_wait(const struct io *io, short device_events, int64_t deadline);

#endif
