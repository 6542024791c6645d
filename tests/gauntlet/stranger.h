/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* stranger - whatever somebody may put into the authority's sockets; see stranger.c. */
#ifndef WEBCRED_TESTS_STRANGER_H
#define WEBCRED_TESTS_STRANGER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/wire.h"

struct stranger {
	const char *socket, *name, *answer;
	uint32_t uid, requester;
	uint16_t verb;
	struct wire_request request;
	int change; /* kind of a CHANGE that is sent unasked; 0: none */
	bool quiet;
};

/* A connection, or -1. */
int stranger_connect(const char *path);
void stranger_hello(const struct stranger *stranger, struct wire_hello *hello);
bool stranger_send(int fd, const void *bytes, size_t len);
/* With a descriptor; errno says why not. */
bool stranger_attach(int fd, const void *bytes, size_t len, int passed);
/* Sends the hello; -1 where that failed. */
int stranger_begin(const struct stranger *stranger);
/* All that is said until RESULT or the end; 1 where it grants. */
int stranger_listen(const struct stranger *stranger, int fd);
/* The request's bytes; their number. */
size_t stranger_request(const struct stranger *stranger, struct wire_out *out);

/* stranger_crowd.c, stranger_stuck.c, stranger_lie.c: the words of the command line behind the
 * first. */
int stranger_lengths(const struct stranger *stranger);
int stranger_oversize(const struct stranger *stranger);
int stranger_crowd(const struct stranger *stranger, char **word, int n);
int stranger_linger(const struct stranger *stranger, char **word, int n);
int stranger_stuck(const struct stranger *stranger, char **word, int n);
int stranger_lie(char **word, int n);

#endif
