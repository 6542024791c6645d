/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <time.h>

#include "loop.h"

int64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int loop_block_signals(void)
{
	sigset_t set;

	/* SIGHUP is our own terminal's end; nothing is lost by it. */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void loop_on_send(void *ctx, const uint8_t report[HID_REPORT_LEN])
{
	struct key *key = ctx;
	struct transport *t = key->transport;

	t->ops->send(t, report);
}

static void loop_on_init(void *ctx, bool broadcast)
{
	struct key *key = ctx;
	struct transport *t = key->transport;

	if (broadcast)
		t->ops->forget(t);
	key_on_init(key, broadcast);
}

const struct hid_ops loop_hid_ops = {
	.send = loop_on_send,
	.init = loop_on_init,
	.request = key_on_request,
	.cancel = key_on_cancel,
	.abort = key_on_abort,
	.wink = key_on_wink,
};

static void loop_on_report(void *ctx, const uint8_t report[HID_REPORT_LEN])
{
	struct key *key = ctx;

	if (key->settings.stall == STALL_SILENT) {
		log_event(&key->log, "swallowed");
		return;
	}
	hid_receive(&key->hid, report, key->now);
}

static int loop_timeout(const struct key *key, const struct control *control)
{
	int64_t at = key_deadline(key), other = control_deadline(control);
	int64_t now = loop_now();

	if (at == -1 || (other != -1 && other < at))
		at = other;
	if (at == -1)
		return -1;
	return at <= now ? 0 : (int)(at - now);
}

enum { FD_SIGNAL, FD_TRANSPORT, FD_CONTROL };

static int loop_step(struct key *key, struct transport *t, struct control *control,
		     struct pollfd *fds)
{
	key_tick(key, loop_now());
	if (fds[FD_TRANSPORT].revents & POLLOUT)
		t->ops->write(t);
	if ((fds[FD_TRANSPORT].revents & (POLLIN | POLLERR | POLLHUP)) &&
	    t->ops->receive(t, loop_on_report, key) == -1) {
		fprintf(stderr, "softkey: the device is gone\n");
		return 1;
	}
	control_handle(control, fds + FD_CONTROL);
	control_tick(control);
	return 0;
}

int loop_run(struct key *key, struct transport *t, struct control *control, int signal_fd)
{
	struct pollfd fds[FD_CONTROL + CONTROL_POLLFDS];
	int r = 0;

	while (r == 0 && !key->unplugged) {
		fds[FD_SIGNAL] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
		fds[FD_TRANSPORT] = (struct pollfd){
			.fd = t->fd, .events = POLLIN | (t->ops->pending(t) ? POLLOUT : 0)};
		control_poll(control, fds + FD_CONTROL);
		if (poll(fds, FD_CONTROL + CONTROL_POLLFDS, loop_timeout(key, control)) == -1 &&
		    errno != EINTR) {
			perror("softkey: poll");
			return 1;
		}
		if (fds[FD_SIGNAL].revents != 0)
			return 0;
		r = loop_step(key, t, control, fds);
	}
	return r;
}
