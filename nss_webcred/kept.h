/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * kept - the databases that stay open between look-ups, one descriptor each.
 *
 * Opening, judging, reading the head and closing are a good part of what a
 * look-up among many costs.  What is kept is used as long as lstat(2) of its path
 * shows the very file (another root, another file in its place: another answer)
 * and the descriptor still leads to it: a program may close what it does not know
 * and open its own there.  Another's descriptor is neither read nor closed.
 *
 * Who looks up again within KEPT_SWIFT_MS asks the descriptor alone: a file that was
 * replaced, removed, moved, written to or cut says so itself (links, times, size).
 * Such a swift answer counts only where it is a row and the local files, which are
 * asked by their paths for each, are those that were there when the path was looked at
 * (another root has others); else the look-up is made once more, by the path.
 *
 * Look-ups share a lock for as long as they read; it is held over fork(2).  Nothing is
 * kept in a process that never looks a name up, nor over exec.
 */
#ifndef WEBCRED_NSS_KEPT_H
#define WEBCRED_NSS_KEPT_H

#include "nss_webcred/database.h"
#include "nss_webcred/local.h"

#define KEPT_SWIFT_MS 10

/* As database_open(), for one look-up: the kept database, or one that is kept from then on. */
int kept_open(struct database *database, enum database_kind kind, bool swift, unsigned char *window,
	      size_t window_room);
/* Ends what kept_open() began, in the same thread. */
void kept_close(struct database *database);
/*
 * After that: whether the result `r` counts, the local files being `seen` in this look-up
 * (zero what was not asked).  If it does not, the next one is not to be swift.
 */
bool kept_counts(const struct database *database, int r, const struct local_seen seen[LOCAL_FILES]);

/* For fork(2), around it; the child begins with locks of its own. */
void kept_lock(void);
void kept_unlock(void);
void kept_child(void);

#endif
