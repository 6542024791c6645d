/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * A HID device of the kernel's, by /dev/uhid (Documentation/hid/uhid.rst).
 * Each open file of the hidraw node gets every input report, as with a real
 * key.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <linux/uhid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport.h"

/* The FIDO usage page, with one input and one output report of 64 bytes
 * (CTAP 2.1, 11.2.8.2). */
static const uint8_t uhid_descriptor[] = {
	0x06, 0xd0, 0xf1, /* usage page: FIDO alliance */
	0x09, 0x01,	  /* usage: U2F authenticator device */
	0xa1, 0x01,	  /* collection: application */
	0x09, 0x20,	  /*   usage: input report data */
	0x15, 0x00,	  /*   logical minimum 0 */
	0x26, 0xff, 0x00, /*   logical maximum 255 */
	0x75, 0x08,	  /*   report size 8 bits */
	0x95, 0x40,	  /*   report count 64 */
	0x81, 0x02,	  /*   input: data, absolute, variable */
	0x09, 0x21,	  /*   usage: output report data */
	0x15, 0x00,	  /*   logical minimum 0 */
	0x26, 0xff, 0x00, /*   logical maximum 255 */
	0x75, 0x08,	  /*   report size 8 bits */
	0x95, 0x40,	  /*   report count 64 */
	0x91, 0x02,	  /*   output: data, absolute, variable */
	0xc0,		  /* end of collection */
};

/* The kernel takes a shorter event for one that ends in zeros. */
static int uhid_write_event(int fd, const struct uhid_event *ev)
{
	ssize_t n;

	do {
		n = write(fd, ev, sizeof(*ev));
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

static int uhid_create(int fd, const struct uhid_options *options)
{
	struct uhid_event ev;
	struct uhid_create2_req *req = &ev.u.create2;

	memset(&ev, 0, sizeof(ev));
	ev.type = UHID_CREATE2;
	snprintf((char *)req->name, sizeof(req->name), "webcred softkey");
	snprintf((char *)req->uniq, sizeof(req->uniq), "%s", options->unique);
	memcpy(req->rd_data, uhid_descriptor, sizeof(uhid_descriptor));
	req->rd_size = sizeof(uhid_descriptor);
	/* BUS_USB is what udev and libfido2 look for. */
	req->bus = BUS_USB;
	req->vendor = options->vendor;
	req->product = options->product;
	return uhid_write_event(fd, &ev);
}

static void uhid_send(struct transport *t, const uint8_t report[HID_REPORT_LEN])
{
	struct uhid_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.type = UHID_INPUT2;
	ev.u.input2.size = HID_REPORT_LEN;
	memcpy(ev.u.input2.data, report, HID_REPORT_LEN);
	if (uhid_write_event(t->fd, &ev) == -1)
		perror("softkey: uhid input");
}

/* hidraw hands on the report number in front, other ways in do not. */
static void uhid_output(const struct uhid_output_req *req, transport_deliver_fn deliver, void *ctx)
{
	uint8_t report[HID_REPORT_LEN] = {0};
	const uint8_t *data = req->data;
	size_t size = req->size;

	if (req->rtype != UHID_OUTPUT_REPORT)
		return;
	if (size == HID_REPORT_LEN + 1) {
		data++;
		size--;
	}
	if (size == 0 || size > HID_REPORT_LEN)
		return;
	memcpy(report, data, size);
	deliver(ctx, report);
}

/* A request for a feature report would block its caller for seconds. */
static void uhid_refuse_report(int fd, const struct uhid_event *request)
{
	struct uhid_event ev;

	memset(&ev, 0, sizeof(ev));
	if (request->type == UHID_GET_REPORT) {
		ev.type = UHID_GET_REPORT_REPLY;
		ev.u.get_report_reply.id = request->u.get_report.id;
		ev.u.get_report_reply.err = EIO;
	} else {
		ev.type = UHID_SET_REPORT_REPLY;
		ev.u.set_report_reply.id = request->u.set_report.id;
		ev.u.set_report_reply.err = EIO;
	}
	if (uhid_write_event(fd, &ev) == -1)
		perror("softkey: uhid reply");
}

/* One read is one event. */
static int uhid_receive(struct transport *t, transport_deliver_fn deliver, void *ctx)
{
	struct uhid_event ev;
	ssize_t n;

	memset(&ev, 0, sizeof(ev));
	n = read(t->fd, &ev, sizeof(ev));
	if (n <= 0)
		return n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	if (n < (ssize_t)sizeof(ev.type))
		return 0;
	switch (ev.type) {
	case UHID_OUTPUT:
		uhid_output(&ev.u.output, deliver, ctx);
		break;
	case UHID_GET_REPORT:
	case UHID_SET_REPORT:
		uhid_refuse_report(t->fd, &ev);
		break;
	default:
		/* START, STOP, OPEN and CLOSE tell nothing that a key knows. */
		break;
	}
	return 0;
}

static bool uhid_pending(const struct transport *t)
{
	(void)t;
	return false;
}

static void uhid_ignore(struct transport *t)
{
	(void)t;
}

static void uhid_close(struct transport *t)
{
	struct uhid_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.type = UHID_DESTROY;
	uhid_write_event(t->fd, &ev);
	close(t->fd);
	free(t);
}

/* The kernel queues reports for each reader, and drops them at its close. */
static const struct transport_ops uhid_ops = {
	.receive = uhid_receive,
	.send = uhid_send,
	.pending = uhid_pending,
	.write = uhid_ignore,
	.forget = uhid_ignore,
	.close = uhid_close,
};

struct transport *uhid_open(const struct uhid_options *options)
{
	static const char path[] = "/dev/uhid";
	struct transport *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->ops = &uhid_ops;
	strcpy(t->path, path);
	t->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd == -1) {
		fprintf(stderr, "softkey: %s: %s%s\n", path, strerror(errno),
			errno == ENOENT ? " (modprobe uhid, as root)" : "");
		free(t);
		return NULL;
	}
	if (uhid_create(t->fd, options) == -1) {
		perror("softkey: uhid create");
		close(t->fd);
		free(t);
		return NULL;
	}
	return t;
}
