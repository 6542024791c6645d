/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_LOG_H
#define SOFTKEY_LOG_H

/* The event log: one line an event, written at once, in one write. */
struct log {
	int fd; /* -1: nowhere */
};

int log_open(struct log *, const char *path);
void log_close(struct log *);
void log_event(struct log *, const char *, ...) __attribute__((format(printf, 2, 3)));

#endif
