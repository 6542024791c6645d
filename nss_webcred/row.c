/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* row - see row.h. */
#include "nss_webcred/row.h"

#include <errno.h>
#include <string.h>

/* Ends the field at *at with a zero; *at moves behind it. */
static char *row_field(char **at, char end)
{
	char *field = *at, *stop = strchr(field, end);

	if (!stop)
		return NULL;
	*stop = '\0';
	*at = stop + (end != '\0');
	return field;
}

static bool row_id(char **at, char end, uint32_t *ret_id)
{
	const char *stop = *at;

	if (!database_number(&stop, end, ret_id))
		return false;
	*at += stop - *at + (end != '\0');
	return true;
}

/* No password is here, and none can be: what comes before the line is ours. */
static char *row_no_password(char *buffer)
{
	memcpy(buffer, "*", 2);
	return buffer;
}

_Static_assert(DATABASE_BEFORE >= 2, "room for the password that there is not");

int row_person(struct database *database, const struct database_record *record, char *buffer,
	       size_t size, struct passwd *ret_person)
{
	struct names_person person = {0};
	char *at, *name, *gecos, *home, *shell;
	int r = database_line(database, record, buffer, size, &at);

	if (r < 0)
		return r;
	name = row_field(&at, ':');
	if (!name || strcmp(name, record->key + 1) != 0 || !row_id(&at, ':', &person.uid) ||
	    !row_id(&at, ':', &person.gid))
		return -EBADMSG;
	if (names_check_id(person.uid) || names_check_id(person.gid))
		return DATABASE_ABSENT;
	gecos = row_field(&at, ':');
	home = gecos ? row_field(&at, ':') : NULL;
	shell = home ? row_field(&at, '\0') : NULL;
	person.name = name;
	person.gecos = gecos;
	person.home = home;
	person.shell = shell;
	if (names_check_person(&person))
		return -EBADMSG;
	*ret_person = (struct passwd){.pw_name = name,
				      .pw_passwd = row_no_password(buffer),
				      .pw_uid = person.uid,
				      .pw_gid = person.gid,
				      .pw_gecos = gecos,
				      .pw_dir = home,
				      .pw_shell = shell};
	return 0;
}

/* The line's members, ended one by one, as the list that follows it in the buffer. */
static int row_members(char *at, char *end, char *limit, char ***ret_members)
{
	size_t off = (size_t)(-(uintptr_t)end % _Alignof(char *)), n = 0, room;
	char **list;

	if (off > (size_t)(limit - end))
		return -ERANGE;
	list = (char **)(void *)(end + off);
	room = (size_t)(limit - (end + off)) / sizeof(*list);
	while (*at) {
		char *member = at, *comma = strchr(at, ',');

		at = comma ? comma + 1 : at + strlen(at);
		if (comma)
			*comma = '\0';
		if (names_check_name(member) || n == NAMES_MEMBERS_MAX || (comma && !*at))
			return -EBADMSG;
		if (n >= room)
			return -ERANGE;
		list[n++] = member;
	}
	if (n >= room)
		return -ERANGE;
	list[n] = NULL;
	*ret_members = list;
	return 0;
}

int row_group(struct database *database, const struct database_record *record, char *buffer,
	      size_t size, struct group *ret_group)
{
	char *at, *name, **members;
	uint32_t gid;
	int r = database_line(database, record, buffer, size, &at);

	if (r < 0)
		return r;
	name = row_field(&at, ':');
	if (!name || strcmp(name, record->key + 1) != 0 || !row_id(&at, ':', &gid) ||
	    names_check_name(name))
		return -EBADMSG;
	if (names_check_id(gid))
		return DATABASE_ABSENT;
	r = row_members(at, buffer + record->len + 1, buffer + size, &members);
	if (r < 0)
		return r;
	*ret_group = (struct group){.gr_name = name,
				    .gr_passwd = row_no_password(buffer),
				    .gr_gid = gid,
				    .gr_mem = members};
	return 0;
}

/* The writer puts a row behind its id, where it has been read already. */
static bool row_follows(struct database *database, const struct database_record *id,
			const char *name, struct database_record *ret_record)
{
	struct database_record next;
	uint64_t at = id->at + id->len;

	if (database_next(database, &at, &next) != 0 || next.key[0] != '.' ||
	    strcmp(next.key + 1, name) != 0)
		return false;
	*ret_record = next;
	return true;
}

int row_find_id(struct database *database, uint32_t id, struct database_record *ret_record)
{
	char number[MODULE_NUMBER], text[DATABASE_BEFORE + NAMES_NAME_MAX + 1], *name;
	struct database_record record;
	int r;

	module_number(id, number);
	r = database_find(database, '=', number, &record);
	if (r == 0)
		r = database_line(database, &record, text, sizeof(text), &name);
	if (r != 0 || row_follows(database, &record, name, ret_record))
		return r;
	r = database_find(database, '.', name, ret_record);
	/* An id that leads to a name that is not there is damage. */
	return r == DATABASE_ABSENT ? -EBADMSG : r;
}
