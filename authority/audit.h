/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * audit - one line for each decision, and the keeper's own log.
 *
 * Goes to the journal's native socket (whose _UID and _EXE can be trusted),
 * else to syslog, else to stderr; never waits: what a full socket does not take
 * is kept for the next turn, up to AUDIT_WAITING_MAX lines; beyond that it is
 * counted, and the count is told with the next one.  Fields are escaped; no
 * field ever holds a secret.
 */
#ifndef WEBCRED_AUTHORITY_AUDIT_H
#define WEBCRED_AUTHORITY_AUDIT_H

#include <stdarg.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/core/credential.h"

#define AUDIT_WAITING_MAX 2048

struct audit_entry {
	const char *action; /* "get", "settle", "create", "store", "remove", ... */
	const char *result; /* "granted", "refused", "null", "fault", "done" */
	const char *user;
	const char *service, *tty, *rhost;
	uint32_t requester; /* login socket */
	int64_t peer_uid;   /* user socket: the service is then claimed; -1 otherwise */
	const char *type;   /* "password", "otp", ...; may be NULL */
	const char *label;
	const uint8_t *id; /* short id: its first 4 bytes in hex; may be NULL */
	const char *mediation;
	const char *reason;
};

/* `to`: auto, journal, syslog, stderr, or an absolute path (appended, 0600,
 * opened O_NOFOLLOW).  0 or -errno; where it fails stderr is used, and told why. */
int audit_open(const char *to);
void audit_close(void);
/* Sends what had to wait because the log daemon's socket was full; never waits. */
void audit_flush(void);
void audit_entry(const struct audit_entry *entry);
/* priority as in syslog.h. */
void audit_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
