/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * confine - how a session gives up everything before it sees a foreign byte.
 */
#ifndef WEBCRED_AUTHORITY_CONFINE_H
#define WEBCRED_AUTHORITY_CONFINE_H

#include <sys/types.h>

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16: whether a socket takes descriptors */
#endif

struct confine_ids {
	uid_t uid;
	gid_t gid;
};

/* The ids of a system account; -ENOENT where there is none, -errno. */
int confine_find(const char *account, struct confine_ids *ret_ids);

/*
 * Builds the system call filter once, in the mother; every session installs
 * the same program.  0 or -errno.
 */
int confine_prepare(void);

/*
 * In the session: no groups, these ids, no capabilities, no new privileges, not
 * dumpable, small limits, the filter.  Closes every descriptor but `keep`
 * (and 0 to 2), which becomes descriptor 3.  0, or -errno: then the session
 * must end.
 */
int confine_session(const struct confine_ids *ids, int keep);

#endif
