/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_group - groups of ours, and who belongs to them: people of ours alone.  A
 * local account's groups are the local files' affair.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "authority/keeper_people.h"

/* ---- lists of names ---------------------------------------------------------------- */

static int group_find_one(struct people *people, bool of_people, const char *name, int64_t *ret)
{
	struct store_person person;
	struct store_group group;
	int r;

	if (of_people) {
		r = people->store->ops->person_find(people->store, name, &person);
		*ret = person.number;
	} else {
		r = people->store->ops->group_find(people->store, name, &group);
		*ret = group.number;
	}
	if (r == STORE_ABSENT)
		return people_refuse(
			people, WEBCRED_INVALID_STATE,
			of_people ? "webcred knows nobody named %.64s; its groups hold "
				    "people of its own"
				  : "there is no group of webcred's named %.64s; to a "
				    "local group /etc/group adds: gpasswd -a PERSON GROUP",
			name);
	return r;
}

static int group_find_list(struct people *people, bool of_people, const char *names, int64_t *list,
			   size_t *ret_n)
{
	char name[NAMES_NAME_MAX + 1];
	size_t n = 0;
	int r = 0;

	for (; r == 0 && *names; names += strspn(names, ",")) {
		size_t len = strcspn(names, ",");

		if (len == 0) {
			names += 1;
			continue;
		}
		if (len >= sizeof(name))
			return people_refuse(people, WEBCRED_TYPE_ERROR,
					     "no name is longer than %d bytes", NAMES_NAME_MAX);
		if (n == PEOPLE_LIST_MAX)
			return people_refuse(people, WEBCRED_TYPE_ERROR,
					     "more than %d names at once", PEOPLE_LIST_MAX);
		memcpy(name, names, len);
		name[len] = '\0';
		names += len;
		if (names_check_name(name))
			return people_refuse(people, WEBCRED_TYPE_ERROR, "%s",
					     names_check_name(name));
		r = group_find_one(people, of_people, name, &list[n++]);
	}
	*ret_n = n;
	return r;
}

int group_find_lists(struct people *people, bool of_people)
{
	int r = group_find_list(people, of_people, people->order->join, people->join,
				&people->n_join);

	if (r == 0)
		r = group_find_list(people, of_people, people->order->leave, people->leave,
				    &people->n_leave);
	return r;
}

static int group_write_members(struct people *people, int64_t group)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < people->n_join; i++)
		r = people->store->ops->member_add(people->store, group, people->join[i]);
	for (size_t i = 0; r == 0 && i < people->n_leave; i++) {
		r = people->store->ops->member_remove(people->store, group, people->leave[i]);
		r = r == STORE_ABSENT ? 0 : r;
	}
	return r;
}

/* ---- the group --------------------------------------------------------------------- */

int group_add(struct people *people)
{
	const bool chosen = !(people->order->given & WIRE_GIVEN_ID);
	const char *name = people->client->pin.name;
	struct store *store = people->store;
	uint32_t gid = people->order->id;
	int64_t number;
	int r = ids_check_name(people, name);

	if (r == 0)
		r = group_find_lists(people, true);
	if (r == 0)
		r = chosen ? ids_choose(people, &gid) : ids_check(people, gid, name);
	if (r != 0)
		return r;
	r = keeper_write(people->keeper);
	if (r == 0)
		r = store->ops->group_add(store, name, gid, 0, &number);
	if (r == 0)
		r = group_write_members(people, number);
	if (r == 0) {
		r = store->ops->id_revive(store, gid);
		r = r == STORE_ABSENT ? 0 : r;
	}
	if (r == 0 && chosen)
		r = ids_spend(people, gid);
	snprintf(people->note, sizeof(people->note), "gid %" PRIu32, gid);
	return r > 0 ? -EIO : r;
}

static int group_find(struct people *people, struct store_group *ret_group)
{
	const char *name = people->client->pin.name;
	int r = people->store->ops->group_find(people->store, name, ret_group);

	if (r == STORE_ABSENT)
		return people_refuse(people, WEBCRED_INVALID_STATE,
				     "there is no group of webcred's named %.64s; webcred account "
				     "group list says which there are",
				     name);
	return r;
}

int group_modify(struct people *people)
{
	const bool renamed = people->order->given & WIRE_GIVEN_NAME;
	struct store_group group;
	int r = group_find(people, &group);

	if (r == 0)
		r = group_find_lists(people, true);
	if (r == 0 && renamed && group.owner)
		return people_refuse(people, WEBCRED_CONSTRAINT,
				     "%s is a person's own group and is renamed with the person",
				     group.name);
	if (r == 0 && renamed)
		r = ids_check_name(people, people->order->new_name);
	if (r != 0)
		return r;
	r = keeper_write(people->keeper);
	if (r == 0)
		r = group_write_members(people, group.number);
	if (r == 0 && renamed)
		r = people->store->ops->group_rename(people->store, group.number,
						     people->order->new_name);
	if (renamed)
		snprintf(people->note, sizeof(people->note), "now %.32s", people->order->new_name);
	return r > 0 ? -EIO : r;
}

int group_remove(struct people *people)
{
	struct store *store = people->store;
	char name[WIRE_NAME_MAX + 1] = "";
	struct store_group group;
	int r = group_find(people, &group);

	if (r != 0)
		return r;
	r = store->ops->group_used(store, group.number, 0, name, sizeof(name));
	if (r == 0)
		return people_refuse(
			people, WEBCRED_INVALID_STATE,
			"it is the primary group of %.64s; first: webcred account modify "
			"%.64s --group ANOTHER",
			name, name);
	if (r == STORE_ABSENT)
		r = keeper_write(people->keeper);
	if (r == 0)
		r = store->ops->group_remove(store, group.number);
	if (r == 0)
		r = store->ops->id_retire(store, group.gid, group.name, keeper_now());
	snprintf(people->note, sizeof(people->note), "gid %" PRIu32, group.gid);
	return r > 0 ? -EIO : r;
}
