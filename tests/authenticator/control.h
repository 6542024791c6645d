/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The control socket: a line in, a line out, which is "ok", "ok TEXT" or
 * "error TEXT". The commands are those of settings.h, and wait-touch=MS,
 * which is answered once a ceremony waits for the user.
 */
#ifndef SOFTKEY_CONTROL_H
#define SOFTKEY_CONTROL_H

#include <poll.h>
#include <stdint.h>
#include <stdio.h>

#include "key.h"

#define CONTROL_CLIENTS 16

struct control_client {
	int fd; /* -1: free */
	char line[1024];
	size_t len;
	int64_t touch_until; /* wait-touch, or -1 */
};

struct control {
	int fd; /* -1: none */
	char *path;
	struct key *key;
	struct control_client clients[CONTROL_CLIENTS];
};

/* path may be NULL. 0, or -1 with a message on stderr. */
int control_open(struct control *, struct key *, const char *path);
void control_close(struct control *);

#define CONTROL_POLLFDS (1 + CONTROL_CLIENTS)
void control_poll(const struct control *, struct pollfd[CONTROL_POLLFDS]);
void control_handle(struct control *, const struct pollfd[CONTROL_POLLFDS]);
/* Answer who waits for a touch. */
void control_tick(struct control *);
int64_t control_deadline(const struct control *);
void control_help(FILE *);

/* softkey ctl: send the commands, print the answers. An exit status. */
int control_send(const char *path, int wait_ms, char *const commands[]);

#endif
