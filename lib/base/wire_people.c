/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* wire_people - see wire_people.h. */
#include "lib/base/wire_people.h"

#include <string.h>

bool wire_action_changes(uint8_t action)
{
	switch ((enum wire_action)action) {
	case WIRE_PERSON_ADD:
	case WIRE_PERSON_MODIFY:
	case WIRE_PERSON_REMOVE:
	case WIRE_GROUP_ADD:
	case WIRE_GROUP_MODIFY:
	case WIRE_GROUP_REMOVE:
	case WIRE_PUBLISH:
		return true;
	case WIRE_PERSON_LIST:
	case WIRE_PERSON_SHOW:
	case WIRE_GROUP_LIST:
	case WIRE_GROUP_SHOW:
		return false;
	}
	return false;
}

/* What each action can be given. */
static unsigned order_takes(uint8_t action)
{
	const unsigned fields = WIRE_GIVEN_GECOS | WIRE_GIVEN_HOME | WIRE_GIVEN_SHELL |
				WIRE_GIVEN_GROUP | WIRE_GIVEN_EXPIRES | WIRE_GIVEN_JOIN;

	switch ((enum wire_action)action) {
	case WIRE_PERSON_ADD:
		return fields | WIRE_GIVEN_ID;
	case WIRE_PERSON_MODIFY:
		return fields | WIRE_GIVEN_NAME | WIRE_GIVEN_LOCKED | WIRE_GIVEN_LEAVE;
	case WIRE_GROUP_ADD:
		return WIRE_GIVEN_ID | WIRE_GIVEN_JOIN;
	case WIRE_GROUP_MODIFY:
		return WIRE_GIVEN_NAME | WIRE_GIVEN_JOIN | WIRE_GIVEN_LEAVE;
	case WIRE_PERSON_REMOVE:
	case WIRE_PERSON_LIST:
	case WIRE_PERSON_SHOW:
	case WIRE_GROUP_REMOVE:
	case WIRE_GROUP_LIST:
	case WIRE_GROUP_SHOW:
	case WIRE_PUBLISH:
		return 0;
	}
	return 0;
}

static unsigned order_present(const struct wire_order *order)
{
	return (order->id ? WIRE_GIVEN_ID : 0) | (order->new_name[0] ? WIRE_GIVEN_NAME : 0) |
	       (order->gecos[0] ? WIRE_GIVEN_GECOS : 0) | (order->home[0] ? WIRE_GIVEN_HOME : 0) |
	       (order->shell[0] ? WIRE_GIVEN_SHELL : 0) | (order->group[0] ? WIRE_GIVEN_GROUP : 0) |
	       (order->expires ? WIRE_GIVEN_EXPIRES : 0) | (order->locked ? WIRE_GIVEN_LOCKED : 0) |
	       (order->join[0] ? WIRE_GIVEN_JOIN : 0) | (order->leave[0] ? WIRE_GIVEN_LEAVE : 0);
}

void wire_write_order(struct wire_out *out, const struct wire_order *order)
{
	wire_put_u8(out, order->action);
	wire_put_u16(out, order->given);
	wire_put_u32(out, order->id);
	wire_put_str(out, order->new_name);
	wire_put_str(out, order->gecos);
	wire_put_str(out, order->home);
	wire_put_str(out, order->shell);
	wire_put_str(out, order->group);
	wire_put_u64(out, (uint64_t)order->expires);
	wire_put_u8(out, order->locked);
	wire_put_str(out, order->join);
	wire_put_str(out, order->leave);
}

bool wire_put_order(struct wire_out *out, const struct wire_order *order)
{
	wire_begin(out, WIRE_ORDER);
	wire_write_order(out, order);
	return !out->overflow;
}

bool wire_read_order(struct wire_in *in, struct wire_order *ret_order)
{
	uint8_t locked;

	memset(ret_order, 0, sizeof(*ret_order));
	ret_order->action = wire_get_u8(in);
	ret_order->given = wire_get_u16(in);
	ret_order->id = wire_get_u32(in);
	wire_get_str(in, ret_order->new_name, sizeof(ret_order->new_name));
	wire_get_str(in, ret_order->gecos, sizeof(ret_order->gecos));
	wire_get_str(in, ret_order->home, sizeof(ret_order->home));
	wire_get_str(in, ret_order->shell, sizeof(ret_order->shell));
	wire_get_str(in, ret_order->group, sizeof(ret_order->group));
	ret_order->expires = (int64_t)wire_get_u64(in);
	locked = wire_get_u8(in);
	ret_order->locked = locked == 1;
	wire_get_str(in, ret_order->join, sizeof(ret_order->join));
	wire_get_str(in, ret_order->leave, sizeof(ret_order->leave));
	if (locked > 1 || ret_order->expires < 0 || ret_order->action < WIRE_PERSON_ADD ||
	    ret_order->action > WIRE_PUBLISH ||
	    (ret_order->given & ~order_takes(ret_order->action)) != 0 ||
	    (order_present(ret_order) & ~(unsigned)ret_order->given) != 0)
		in->bad = true;
	return !in->bad;
}

bool wire_get_order(const void *message, size_t len, struct wire_order *ret_order)
{
	struct wire_in in;

	return wire_open(&in, message, len) == WIRE_ORDER && wire_read_order(&in, ret_order) &&
	       wire_done(&in);
}

void wire_write_person(struct wire_out *out, const struct wire_person *person)
{
	wire_put_u8(out, person->kind);
	wire_put_u8(out, person->flags);
	wire_put_u32(out, person->uid);
	wire_put_u32(out, person->gid);
	wire_put_str(out, person->name);
	wire_put_str(out, person->gecos);
	wire_put_str(out, person->home);
	wire_put_str(out, person->shell);
	wire_put_str(out, person->group);
	wire_put_u64(out, (uint64_t)person->expires);
	wire_put_str(out, person->trouble);
}

bool wire_read_person(struct wire_in *in, struct wire_person *ret_person)
{
	memset(ret_person, 0, sizeof(*ret_person));
	ret_person->kind = wire_get_u8(in);
	ret_person->flags = wire_get_u8(in);
	ret_person->uid = wire_get_u32(in);
	ret_person->gid = wire_get_u32(in);
	wire_get_str(in, ret_person->name, sizeof(ret_person->name));
	wire_get_str(in, ret_person->gecos, sizeof(ret_person->gecos));
	wire_get_str(in, ret_person->home, sizeof(ret_person->home));
	wire_get_str(in, ret_person->shell, sizeof(ret_person->shell));
	wire_get_str(in, ret_person->group, sizeof(ret_person->group));
	ret_person->expires = (int64_t)wire_get_u64(in);
	wire_get_str(in, ret_person->trouble, sizeof(ret_person->trouble));
	if (ret_person->kind < WIRE_IS_PERSON || ret_person->kind > WIRE_IS_MEMBER ||
	    (ret_person->flags & ~(WIRE_PERSON_LOCKED | WIRE_PERSON_EXPIRED)) != 0 ||
	    ret_person->expires < 0 || !ret_person->name[0])
		in->bad = true;
	return !in->bad;
}
