/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/io.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/wire.h"

/* CTAP 2.1, 11.2.4: channel id, command, length (big-endian), data. */
#define REPORT_LEN 64
#define AT_COMMAND 4
#define AT_DATA 7
#define CTAPHID_ERROR 0xbfu

/* fido_dev_io_t's open takes a path and nothing else; there is one device in
 * this program's life. */
static struct io *the_io;

void io_init(struct io *io, int device, int channel)
{
	memset(io, 0, sizeof(*io));
	io->device = device;
	io->channel = channel;
}

void io_phase(struct io *io, int64_t deadline)
{
	io->deadline = deadline;
	io->answered = false;
	io->hid_error = 0;
	io->reply.trailing = false;
}

enum io_event io_wait(const struct io *io, short device_events, int64_t deadline)
{
	/* Once we gave up, nothing more is expected from the channel. */
	bool heed_channel = io->state == IO_FINE;
	struct pollfd fds[2] = {{.fd = heed_channel ? io->channel : -1, .events = POLLIN},
				{.fd = io->device, .events = device_events}};

	for (;;) {
		int64_t left = deadline - wire_clock();
		int n;

		/* Not even ready data outlives the deadline: a flood is no reason. */
		if (left <= 0)
			return IO_EXPIRED;
		n = poll(fds, 2, left > INT_MAX ? INT_MAX : (int)left);
		if (n < 0 && errno != EINTR)
			return IO_DEVICE_GONE;
		if (n <= 0)
			continue;
		if (fds[0].revents)
			return IO_CHANNEL_READY;
		/* Data before the hang-up is still read: it may be the answer. */
		if (fds[1].revents & device_events)
			return IO_DEVICE_READY;
		if (fds[1].revents)
			return IO_DEVICE_GONE;
	}
}

/*
 * The first reason stays.  A key that is waiting for a touch is told to stop
 * (CTAP 2.1, 11.2.9.1.5); an U2F key knows no CANCEL, it waits only as long as
 * it is polled.
 */
static void give_up(struct io *io, enum io_state why)
{
	if (io->state != IO_FINE)
		return;
	io->state = why;
	io->deadline = wire_clock() + IO_GRACE_MS;
	if (!io->dev || why == IO_UNPLUGGED)
		return;
	io->cancelling = true;
	(void)fido_dev_cancel(io->dev);
	io->cancelling = false;
}

/* True where the device is ready; false where the transfer is to fail. */
static bool await(struct io *io, short events)
{
	for (;;) {
		switch (io_wait(io, events, io->deadline)) {
		case IO_DEVICE_READY:
			return true;
		case IO_CHANNEL_READY:
			give_up(io, IO_CANCELLED);
			break;
		case IO_DEVICE_GONE:
			give_up(io, IO_UNPLUGGED);
			return false;
		case IO_EXPIRED:
			if (io->state != IO_FINE)
				return false;
			give_up(io, IO_TIMED_OUT);
			break;
		}
	}
}

static void note(struct io *io, const uint8_t *report)
{
	if (++io->reports >= IO_REPORTS_MAX)
		give_up(io, IO_FLOODED);
	if (memcmp(report, io->cid, sizeof(io->cid)) != 0)
		return;
	io->answered = true;
	if (report[AT_COMMAND] == CTAPHID_ERROR)
		io->hid_error = report[AT_DATA];
	reply_note(&io->reply, report);
}

static int hook_read(void *handle, unsigned char *buf, size_t len, int ms)
{
	struct io *io = handle;
	ssize_t n;

	(void)ms; /* libfido2 was given no timeout; the phase has one */
	if (len != REPORT_LEN || io->state == IO_FLOODED)
		return -1;
	do {
		if (!await(io, POLLIN))
			return -1;
		n = read(io->device, buf, len);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n <= 0) { /* a hidraw node: ENODEV, EIO; a pty: EIO; either: 0 */
		give_up(io, IO_UNPLUGGED);
		return -1;
	}
	if (n != REPORT_LEN)
		return -1;
	note(io, buf);
	return (int)n;
}

static int hook_write(void *handle, const unsigned char *buf, size_t len)
{
	struct io *io = handle;
	size_t sent = 0;

	if (len != REPORT_LEN + 1 || (io->state != IO_FINE && !io->cancelling))
		return -1;
	memcpy(io->cid, buf + 1, sizeof(io->cid));
	while (sent < len) {
		ssize_t n = write(io->device, buf + sent, len - sent);

		if (n > 0) {
			sent += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			/* CANCEL alone is not worth waiting for */
			if (io->cancelling || !await(io, POLLOUT) || io->state != IO_FINE)
				return -1;
		} else if (n == 0 || errno != EINTR) {
			give_up(io, IO_UNPLUGGED);
			return -1;
		}
	}
	return (int)len;
}

static void *hook_open(const char *path)
{
	(void)path;
	return the_io;
}

/* The descriptor stays open, and with it the keeper's lock, until we exit. */
static void hook_close(void *handle)
{
	(void)handle;
}

int io_attach(struct io *io, fido_dev_t *dev)
{
	static const fido_dev_io_t functions = {
		.open = hook_open, .close = hook_close, .read = hook_read, .write = hook_write};

	the_io = io;
	return fido_dev_set_io_functions(dev, &functions);
}
