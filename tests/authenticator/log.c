/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"

int log_open(struct log *log, const char *path)
{
	log->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (log->fd == -1)
		perror(path);
	return log->fd == -1 ? -1 : 0;
}

void log_close(struct log *log)
{
	if (log->fd != -1)
		close(log->fd);
	log->fd = -1;
}

void log_event(struct log *log, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	if (log->fd == -1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	/* Names come from clients; one event stays one line. */
	for (int i = 0; i < n; i++) {
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	}
	line[n] = '\n';
	if (write(log->fd, line, (size_t)n + 1) == -1)
		perror("softkey: log");
}
