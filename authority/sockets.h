/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sockets - where callers arrive: handed in by the service manager, or made
 * here with --listen.
 */
#ifndef WEBCRED_AUTHORITY_SOCKETS_H
#define WEBCRED_AUTHORITY_SOCKETS_H

#include <stddef.h>

struct sockets {
	int login; /* listening, non-blocking, CLOEXEC */
	int user;
};

/*
 * From LISTEN_FDS and LISTEN_FDNAMES, which must name "login" and "user".
 * 0, -ENOENT where nothing was handed in, or -errno; *ret_error for the log.
 */
int sockets_inherit(struct sockets *ret_sockets, char *ret_error, size_t size);
/* Makes `folder` (0755, root's) and the two sockets in it (0600 and 0666). */
int sockets_listen(const char *folder, struct sockets *ret_sockets, char *ret_error, size_t size);

#endif
