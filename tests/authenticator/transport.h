/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* How reports come and go: a pty, or the kernel's uhid. */
#ifndef SOFTKEY_TRANSPORT_H
#define SOFTKEY_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "hid.h"

struct transport;

/* Called for each whole report from the host. */
typedef void (*transport_deliver_fn)(void *, const uint8_t report[HID_REPORT_LEN]);

struct transport_ops {
	/* Read what is there. -1 where the device is gone. */
	int (*receive)(struct transport *, transport_deliver_fn, void *);
	/* Whole reports only; late ones may be dropped where nobody reads. */
	void (*send)(struct transport *, const uint8_t report[HID_REPORT_LEN]);
	/* Reports that could not be written yet. */
	bool (*pending)(const struct transport *);
	void (*write)(struct transport *);
	/* A new client: nothing written for a dead one may reach it. */
	void (*forget)(struct transport *);
	void (*close)(struct transport *);
};

struct transport {
	const struct transport_ops *ops;
	int fd; /* to poll */
	char path[64];
};

struct pty_options {
	const char *link; /* or NULL */
	int mode;	  /* of the device, -1 for the system's default */
};

struct uhid_options {
	uint16_t vendor, product;
	const char *unique; /* serial number */
};

/* NULL with a message on stderr. */
struct transport *pty_open(const struct pty_options *);
struct transport *uhid_open(const struct uhid_options *);

#endif
