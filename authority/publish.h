/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * publish - writes the databases of the name service (lib/base/names.h).
 *
 * passwd.cdb and group.cdb are written beside, synced, and renamed into place:
 * a reader sees the old file or the new one, whole.  A failure leaves the files
 * that are there as they were.  Every row goes through names_check_person() or
 * names_check_group() once more, and two rows with one name or one id are an
 * error: what is wrong is not published in part.  Local files are not looked at:
 * the name service module holds each answer against /etc/passwd and /etc/group
 * itself, so that they win whenever they change.
 *
 * Results: 0 or -errno; *ret_error says what, where and what to do.
 */
#ifndef WEBCRED_AUTHORITY_PUBLISH_H
#define WEBCRED_AUTHORITY_PUBLISH_H

#include <stddef.h>

#include "lib/base/names.h"

/*
 * In slices, for whoever must not wait: begin, then people and groups in any
 * order and mixture, then finish or abandon; both free it.  What is handed in is
 * copied.  A failed _person() or _group() leaves nothing to do but _abandon().
 * A million people take about 60 MB until _finish().
 */
struct publish;
int publish_begin(const char *folder, struct publish **ret_publish, char *ret_error, size_t size);
int publish_person(struct publish *publish, const struct names_person *person, char *ret_error,
		   size_t size);
int publish_group(struct publish *publish, const struct names_group *group, char *ret_error,
		  size_t size);
int publish_finish(struct publish *publish, char *ret_error, size_t size);
void publish_abandon(struct publish *publish); /* NULL is allowed */

/*
 * All at once.  Each function is called again and again: 1 and the next row, which
 * need live until the next call only, 0 after the last, or -errno, which ends it.
 */
struct publish_source {
	int (*next_person)(void *context, struct names_person *ret_person);
	int (*next_group)(void *context, struct names_group *ret_group);
	void *context;
};
int publish_names(const char *folder, const struct publish_source *source, char *ret_error,
		  size_t size);

#endif
