/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* people - the name service's people and groups, as root orders them. */
#include "lib/client/client.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/base/wire_people.h"

/* A million rows are published in seconds. */
#define PEOPLE_PATIENCE_MS 120000

_Static_assert((int)WEBCRED_PUBLISH == (int)WIRE_PUBLISH, "one list of actions");
_Static_assert((int)WEBCRED_IS_MEMBER == (int)WIRE_IS_MEMBER, "one list of kinds");

/* They end on terminals. */
static void clean(struct wire_person *clean, const struct wire_person *person)
{
	*clean = *person;
	text_clean(clean->name, sizeof(clean->name), person->name);
	text_clean(clean->gecos, sizeof(clean->gecos), person->gecos);
	text_clean(clean->home, sizeof(clean->home), person->home);
	text_clean(clean->shell, sizeof(clean->shell), person->shell);
	text_clean(clean->group, sizeof(clean->group), person->group);
	text_clean(clean->trouble, sizeof(clean->trouble), person->trouble);
}

bool people_take(struct call *call, size_t len, int *ret_result)
{
	struct wire_person read, wire;
	struct webcred_person person;
	struct wire_in in;

	(void)wire_open(&in, call->container->in, len);
	if (!wire_read_person(&in, &read) || !wire_done(&in))
		return false;
	clean(&wire, &read);
	person = (struct webcred_person){
		.kind = (enum webcred_person_kind)wire.kind,
		.name = wire.name,
		.gecos = wire.gecos,
		.home = wire.home,
		.shell = wire.shell,
		.group = wire.group,
		.uid = wire.uid,
		.gid = wire.gid,
		.expires = wire.expires,
		.locked = wire.flags & WIRE_PERSON_LOCKED,
		.expired = wire.flags & WIRE_PERSON_EXPIRED,
		.trouble = wire.trouble,
	};
	*ret_result = call->person ? call->person(call->each_context, &person) : 0;
	return true;
}

/* False where it is too long for the wire, and so for any field. */
static bool put_text(struct wire_order *wire, unsigned given, char *field, size_t size,
		     const char *text)
{
	size_t len;

	if (!text)
		return true;
	len = strlen(text);
	if (len >= size)
		return false;
	memcpy(field, text, len + 1);
	wire->given |= (uint16_t)given;
	return true;
}

static bool put_order(struct wire_order *wire, const struct webcred_order *order)
{
	bool fits =
		put_text(wire, WIRE_GIVEN_NAME, wire->new_name, sizeof(wire->new_name),
			 order->new_name) &&
		put_text(wire, WIRE_GIVEN_GECOS, wire->gecos, sizeof(wire->gecos), order->gecos) &&
		put_text(wire, WIRE_GIVEN_HOME, wire->home, sizeof(wire->home), order->home) &&
		put_text(wire, WIRE_GIVEN_SHELL, wire->shell, sizeof(wire->shell), order->shell) &&
		put_text(wire, WIRE_GIVEN_GROUP, wire->group, sizeof(wire->group), order->group) &&
		put_text(wire, WIRE_GIVEN_JOIN, wire->join, sizeof(wire->join), order->join) &&
		put_text(wire, WIRE_GIVEN_LEAVE, wire->leave, sizeof(wire->leave), order->leave);

	if (order->id) {
		wire->id = order->id;
		wire->given |= WIRE_GIVEN_ID;
	}
	if (order->has_expires) {
		wire->expires = order->expires;
		wire->given |= WIRE_GIVEN_EXPIRES;
	}
	if (order->has_locked) {
		wire->locked = order->locked;
		wire->given |= WIRE_GIVEN_LOCKED;
	}
	return fits && wire->expires >= 0;
}

static int people(struct call *call, const struct webcred_order *order, struct wire_order *wire)
{
	struct webcred_container *container = call->container;

	if (wire->action < WIRE_PERSON_ADD || wire->action > WIRE_PUBLISH ||
	    (order && order->size != sizeof(*order))) {
		container_say(container, "an order of another version of webcred.h");
		return WEBCRED_TYPE_ERROR;
	}
	if (order && !put_order(wire, order)) {
		container_say(container, "a field is too long, or the expiry lies before 1970");
		return WEBCRED_TYPE_ERROR;
	}
	if (!wire_put_order(&container->out, wire)) {
		container_say(container, "there is more of it than one message holds");
		return WEBCRED_TYPE_ERROR;
	}
	return call_done(call, call_whole(call, WIRE_PEOPLE));
}

PUBLIC int webcred_people(struct webcred_container *container, enum webcred_action action,
			  const struct webcred_order *order,
			  int (*each)(void *context, const struct webcred_person *person),
			  void *context)
{
	struct call call = {.container = container,
			    .rules = CALL_MAY_PEOPLE,
			    .patience_ms = PEOPLE_PATIENCE_MS,
			    .person = each,
			    .each_context = context};
	struct wire_order wire = {.action = (uint8_t)action};
	int r = container_enter(container);

	if (r != 0)
		return r;
	return container_leave(container, people(&call, order, &wire));
}
