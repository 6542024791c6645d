/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * A pty as a security key. libfido2 opens any character device, and takes
 * reports of 64 bytes where HIDIOCGRDESC fails: it writes 65 bytes, a report
 * number of 0 first, and reads 64. One client at a time, which libfido2 sees
 * to with flock: a pty has one queue, not one for each open file.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "transport.h"

#define PTY_WRITE_LEN (HID_REPORT_LEN + 1)
/* More than the longest message has frames; a flood stops here. */
#define PTY_QUEUE 256

struct pty {
	struct transport base;
	int slave;
	char *link;
	uint8_t in[PTY_WRITE_LEN * 16];
	size_t in_len;
	uint8_t out[PTY_QUEUE * HID_REPORT_LEN];
	size_t out_start, out_len; /* bytes; start is below one report */
};

static void pty_write(struct transport *t)
{
	struct pty *pty = (struct pty *)t;

	while (pty->out_len > 0) {
		ssize_t n = write(t->fd, pty->out + pty->out_start, pty->out_len);

		if (n <= 0)
			break;
		pty->out_start += (size_t)n;
		pty->out_len -= (size_t)n;
	}
	if (pty->out_len == 0)
		pty->out_start = 0;
}

static void pty_send(struct transport *t, const uint8_t report[HID_REPORT_LEN])
{
	struct pty *pty = (struct pty *)t;

	if (pty->out_start + pty->out_len + HID_REPORT_LEN > sizeof(pty->out)) {
		memmove(pty->out, pty->out + pty->out_start, pty->out_len);
		pty->out_start = 0;
	}
	/* The tail of a report that the kernel took in part stays in front. */
	if (pty->out_len + HID_REPORT_LEN > sizeof(pty->out))
		return;
	memcpy(pty->out + pty->out_start + pty->out_len, report, HID_REPORT_LEN);
	pty->out_len += HID_REPORT_LEN;
	pty_write(t);
}

static bool pty_pending(const struct transport *t)
{
	return ((const struct pty *)t)->out_len > 0;
}

/* First what the kernel still carries over, then what it has delivered. */
static void pty_forget(struct transport *t)
{
	struct pty *pty = (struct pty *)t;

	pty->out_start = pty->out_len = 0;
	ioctl(t->fd, TCFLSH, TCOFLUSH);
	ioctl(pty->slave, TCFLSH, TCIFLUSH);
}

/*
 * A write of 65 bytes arrives whole, or its beginning is that of a client
 * killed half way. The report number, always 0, tells where to go on.
 */
static void pty_resync(struct pty *pty)
{
	const uint8_t *zero = memchr(pty->in, 0, pty->in_len);
	size_t skip = zero == NULL ? pty->in_len : (size_t)(zero - pty->in);

	pty->in_len -= skip;
	memmove(pty->in, pty->in + skip, pty->in_len);
}

static int pty_receive(struct transport *t, transport_deliver_fn deliver, void *ctx)
{
	struct pty *pty = (struct pty *)t;
	uint8_t report[HID_REPORT_LEN];
	ssize_t n = read(t->fd, pty->in + pty->in_len, sizeof(pty->in) - pty->in_len);

	if (n <= 0)
		return n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	pty->in_len += (size_t)n;
	pty_resync(pty);
	while (pty->in_len >= PTY_WRITE_LEN) {
		memcpy(report, pty->in + 1, HID_REPORT_LEN);
		pty->in_len -= PTY_WRITE_LEN;
		memmove(pty->in, pty->in + PTY_WRITE_LEN, pty->in_len);
		deliver(ctx, report);
		pty_resync(pty);
	}
	return 0;
}

static void pty_close(struct transport *t)
{
	struct pty *pty = (struct pty *)t;
	char target[sizeof(t->path)];
	ssize_t n;

	if (pty->link != NULL) {
		/* Another key may have taken the name in the meantime. */
		n = readlink(pty->link, target, sizeof(target));
		if (n == (ssize_t)strlen(t->path) && memcmp(target, t->path, (size_t)n) == 0)
			unlink(pty->link);
	}
	if (pty->slave != -1)
		close(pty->slave);
	if (t->fd != -1)
		close(t->fd);
	free(pty->link);
	free(pty);
}

/* So that poll and read see whole reports. */
static int pty_set_raw(int fd)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) == -1)
		return -1;
	cfmakeraw(&tio);
	tio.c_cc[VMIN] = HID_REPORT_LEN;
	tio.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &tio);
}

static int pty_make_link(struct pty *pty, const char *link)
{
	struct stat st;

	if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode))
		unlink(link);
	if (symlink(pty->base.path, link) == -1)
		return -1;
	pty->link = strdup(link);
	return pty->link == NULL ? -1 : 0;
}

/*
 * libfido2 opens the device without O_NOCTTY, and a client that leads a
 * session would take the terminal over; so it must be ours already. Our own
 * descriptor of the slave keeps the pty alive between clients.
 */
static int pty_open_slave(struct pty *pty, int mode)
{
	pty->slave = open(pty->base.path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->slave == -1 || pty_set_raw(pty->slave) == -1)
		return -1;
	if (mode != -1 && fchmod(pty->slave, (mode_t)mode) == -1)
		return -1;
	if (getsid(0) != getpid() && setsid() == -1)
		return -1;
	return ioctl(pty->slave, TIOCSCTTY, 0);
}

static const struct transport_ops pty_ops = {
	.receive = pty_receive,
	.send = pty_send,
	.pending = pty_pending,
	.write = pty_write,
	.forget = pty_forget,
	.close = pty_close,
};

struct transport *pty_open(const struct pty_options *options)
{
	struct pty *pty = calloc(1, sizeof(*pty));

	if (pty == NULL)
		abort();
	pty->base.ops = &pty_ops;
	pty->slave = -1;
	pty->base.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->base.fd == -1 || grantpt(pty->base.fd) == -1 || unlockpt(pty->base.fd) == -1 ||
	    ptsname_r(pty->base.fd, pty->base.path, sizeof(pty->base.path)) != 0 ||
	    pty_open_slave(pty, options->mode) == -1) {
		perror("softkey: pty");
		pty_close(&pty->base);
		return NULL;
	}
	if (options->link != NULL && pty_make_link(pty, options->link) == -1) {
		perror(options->link);
		pty_close(&pty->base);
		return NULL;
	}
	return &pty->base;
}
