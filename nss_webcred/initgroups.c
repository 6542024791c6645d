/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* initgroups - the groups a person is in beside the primary one. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "nss_webcred/kept.h"
#include "nss_webcred/local.h"
#include "nss_webcred/row.h"

/* What the caller hands in, as glibc's initgroups has it. */
struct initgroups_list {
	long *n, *room, limit;
	gid_t **ids;
};

/* GID,GID... into ids, which has room for as many as the line can have. */
static int initgroups_parse(const char *line, gid_t primary, gid_t *ids, size_t *ret_n)
{
	size_t n = 0;
	uint32_t gid;

	for (;;) {
		const char *at = line;

		if (!database_number(&at, ',', &gid) && !database_number(&at, '\0', &gid))
			return -EBADMSG;
		if (gid != primary && !names_check_id(gid))
			ids[n++] = gid;
		if (*at == '\0')
			break;
		line = at + 1;
	}
	*ret_n = n;
	return 0;
}

/* Room for one more: 0, DATABASE_ABSENT where the limit does not allow it, -ENOMEM. */
static int initgroups_room(const struct initgroups_list *list)
{
	long room = *list->room;
	gid_t *moved;

	if (list->limit > 0 && *list->n >= list->limit)
		return DATABASE_ABSENT;
	if (*list->n < room)
		return 0;
	if (room > LONG_MAX / 2 / (long)sizeof(gid_t))
		return -ENOMEM;
	room = room < 8 ? 16 : room * 2;
	if (list->limit > 0 && room > list->limit)
		room = list->limit;
	moved = realloc(*list->ids, (size_t)room * sizeof(gid_t));
	if (!moved)
		return -ENOMEM;
	*list->ids = moved;
	*list->room = room;
	return 0;
}

static int initgroups_append(const struct initgroups_list *list, const gid_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int r = initgroups_room(list);

		if (r != 0)
			return r < 0 ? r : 0;
		(*list->ids)[(*list->n)++] = ids[i];
	}
	return 0;
}

/* The line and the ids in one piece of memory: an id takes at least two bytes of a line. */
static int initgroups_of(struct database *database, const struct database_record *record,
			 gid_t primary, const struct initgroups_list *list)
{
	size_t n = 0, line_room = record->len + 1, ids_room = (record->len / 2 + 1) * sizeof(gid_t);
	char *line, *buffer;
	gid_t *ids;
	int r;

	if (record->len > database_line_max(database->kind, record->key[0]))
		return -EBADMSG;
	ids = malloc(ids_room + line_room);
	if (!ids)
		return -ENOMEM;
	buffer = (char *)ids + ids_room;
	r = database_line(database, record, buffer, line_room, &line);
	if (r == 0)
		r = initgroups_parse(line, primary, ids, &n);
	if (r == 0 && n > 0)
		r = local_filter(LOCAL_GROUP, ids, &n);
	if (r == 0)
		r = initgroups_append(list, ids, n);
	free(ids);
	return r;
}

int initgroups_from(struct database *database, const char *user, gid_t primary, long *n, long *room,
		    gid_t **ids, long limit)
{
	struct initgroups_list list = {.n = n, .room = room, .limit = limit, .ids = ids};
	struct database_record record;
	int r = database_find(database, '@', user, &record);

	return r == 0 ? initgroups_of(database, &record, primary, &list) : r;
}

static int initgroups_look_up(const char *user, gid_t primary, long *n, long *room, gid_t **ids,
			      long limit)
{
	unsigned char window[MODULE_WINDOW];
	struct database database;
	struct local_seen seen;
	int r;

	if (names_check_name(user))
		return DATABASE_ABSENT;
	/* A local account has the groups that local files give it, also when it has a name that was
	 * ours a moment ago and the keeper has not yet written anew. */
	r = local_knows(LOCAL_PASSWD, user, LOCAL_NO_ID, &seen);
	if (r != 0)
		return r < 0 ? r : DATABASE_ABSENT;
	r = kept_open(&database, DATABASE_GROUP, false, window, sizeof(window));
	if (r < 0)
		return r;
	r = initgroups_from(&database, user, primary, n, room, ids, limit);
	kept_close(&database);
	return r;
}

enum nss_status _nss_webcred_initgroups_dyn(const char *user, gid_t group, long *start, long *size,
					    gid_t **groups, long limit, int *errnop)
{
	struct module_call call;

	module_begin(&call);
	return module_end(&call,
			  initgroups_look_up(user ? user : "", group, start, size, groups, limit),
			  errnop);
}
