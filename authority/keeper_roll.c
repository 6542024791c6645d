/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_roll - what there is, for list and show: a page at a time, by the number of
 * the last row that was had.  A show begins with the person or group, row 1; who
 * belongs follows, each by its own number and one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/keeper_people.h"

struct roll {
	struct keeper *keeper;
	const struct local *local;
	uint16_t n;
	int64_t plus; /* from a row's own number to the one that is said */
	struct wire_person person;
};

/* 1 where it does not fit: it is asked for again. */
static int roll_put(struct roll *roll, int64_t number)
{
	struct wire_out *out = &roll->keeper->out;
	size_t before = out->len;

	wire_put_u64(out, (uint64_t)(number + roll->plus));
	wire_write_person(out, &roll->person);
	if (!out->overflow) {
		roll->n++;
		return 0;
	}
	out->overflow = false;
	out->len = before;
	return 1;
}

static int roll_group_name(struct roll *roll, uint32_t gid, char name[NAMES_NAME_MAX + 1])
{
	char whole[WIRE_NAME_MAX + 1] = "";
	struct store *store = roll->keeper->store;
	int r = store->ops->group_name(store, gid, whole, sizeof(whole));

	snprintf(name, NAMES_NAME_MAX + 1, "%.*s", NAMES_NAME_MAX, whole);
	return r == STORE_ABSENT ? 0 : r;
}

static int roll_person(void *context, const struct store_person *person)
{
	struct roll *roll = context;
	struct wire_person *said = &roll->person;
	int r;

	memset(said, 0, sizeof(*said));
	said->kind = WIRE_IS_PERSON;
	said->uid = person->uid;
	said->gid = person->gid;
	said->expires = person->expires;
	strcpy(said->name, person->name);
	strcpy(said->gecos, person->gecos);
	strcpy(said->home, person->home);
	strcpy(said->shell, person->shell);
	if (person->locked)
		said->flags |= WIRE_PERSON_LOCKED;
	if (person->expires && keeper_now() >= person->expires)
		said->flags |= WIRE_PERSON_EXPIRED;
	ids_trouble(roll->local, person->name, person->uid, person->gid, said->trouble,
		    sizeof(said->trouble));
	r = roll_group_name(roll, person->gid, said->group);
	return r < 0 ? r : roll_put(roll, person->number);
}

static int roll_group(void *context, const struct store_group *group)
{
	struct roll *roll = context;
	struct wire_person *said = &roll->person;

	memset(said, 0, sizeof(*said));
	said->kind = WIRE_IS_GROUP;
	said->gid = group->gid;
	strcpy(said->name, group->name);
	ids_trouble(roll->local, group->name, 0, group->gid, said->trouble, sizeof(said->trouble));
	return roll_put(roll, group->number);
}

static int roll_belongs(void *context, int64_t number, const char *name)
{
	struct roll *roll = context;

	memset(&roll->person, 0, sizeof(roll->person));
	roll->person.kind = WIRE_IS_MEMBER;
	snprintf(roll->person.name, sizeof(roll->person.name), "%.*s", NAMES_NAME_MAX, name);
	return roll_put(roll, number);
}

static int roll_belongs_to(void *context, const struct store_group *group)
{
	return roll_belongs(context, group->number, group->name);
}

static int roll_show_person(struct roll *roll, const char *name, int64_t after)
{
	struct store *store = roll->keeper->store;
	struct store_person person;
	int64_t number;
	int r = store->ops->person_find(store, name, &person);

	if (r != 0)
		return r;
	number = person.number;
	if (after == 0) {
		roll->plus = 1 - number;
		r = roll_person(roll, &person);
		after = 1;
	}
	roll->plus = 1;
	return r == 0 ? store->ops->groups_of(store, number, after - 1, roll_belongs_to, roll) : r;
}

static int roll_show_group(struct roll *roll, const char *name, int64_t after)
{
	struct store *store = roll->keeper->store;
	struct store_group group;
	int r = store->ops->group_find(store, name, &group);

	if (r != 0)
		return r;
	if (after == 0) {
		roll->plus = 1 - group.number;
		r = roll_group(roll, &group);
		after = 1;
	}
	roll->plus = 1;
	return r == 0 ? store->ops->member_each(store, group.number, after - 1, roll_belongs, roll)
		      : r;
}

static int roll_call(struct roll *roll, const char *name, uint8_t action, int64_t after)
{
	struct store *store = roll->keeper->store;

	switch ((enum wire_action)action) {
	case WIRE_PERSON_LIST:
		return store->ops->person_each(store, after, roll_person, roll);
	case WIRE_GROUP_LIST:
		return store->ops->group_each(store, after, roll_group, roll);
	case WIRE_PERSON_SHOW:
		return roll_show_person(roll, name, after);
	case WIRE_GROUP_SHOW:
		return roll_show_group(roll, name, after);
	case WIRE_PERSON_ADD:
	case WIRE_PERSON_MODIFY:
	case WIRE_PERSON_REMOVE:
	case WIRE_GROUP_ADD:
	case WIRE_GROUP_MODIFY:
	case WIRE_GROUP_REMOVE:
	case WIRE_PUBLISH:
		break;
	}
	return -EPROTO;
}

void keeper_people(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t action = wire_get_u8(in);
	uint64_t after = wire_get_u64(in);
	char name[NAMES_NAME_MAX + 1] = "", text[256] = "";
	struct roll roll = {.keeper = keeper};
	struct local *local = NULL;
	int r;

	wire_get_str(in, name, sizeof(name));
	if (!wire_done(in) || after > INT64_MAX || wire_action_changes(action)) {
		client->closing = true;
		return;
	}
	r = local_read(LOCAL_FOLDER, &local, text, sizeof(text));
	roll.local = local;
	if (r == 0) {
		wire_begin(&keeper->out, (enum wire_message)ANSWER_PEOPLE);
		wire_put_u16(&keeper->out, 0);
		r = roll_call(&roll, name[0] ? name : client->pin.name, action, (int64_t)after);
	}
	local_free(local);
	if (r < 0) {
		keeper_fault(keeper, client, r, text[0] ? text : "the store could not be read");
	} else if (r == STORE_ABSENT && roll.n == 0 && after == 0) {
		keeper_refuse(keeper, client, WEBCRED_INVALID_STATE,
			      "webcred knows no person or group of this name; webcred account "
			      "list, webcred account group list");
	} else {
		keeper->out.bytes[1] = (uint8_t)(roll.n >> 8);
		keeper->out.bytes[2] = (uint8_t)roll.n;
		keeper_answer(keeper, client);
	}
}
