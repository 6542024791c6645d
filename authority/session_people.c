/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session_people - root's orders about people and groups of the name service. */
#include "authority/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/wire_people.h"

#define PEOPLE_ORDER_MS 5000
#define PEOPLE_SEND_MS 5000
#define PEOPLE_PUBLISH_MS 110000 /* a million rows, on a slow disk */

static int people_read_order(struct session *session, struct wire_order *order)
{
	ssize_t n = wire_recv(session->client, session->in, sizeof(session->in), NULL,
			      session->keeper, session_deadline(session, PEOPLE_ORDER_MS));

	if (n < 0)
		return (int)n;
	return wire_get_order(session->in, (size_t)n, order) ? 0 : -EPROTO;
}

static int people_change(struct session *session, const struct wire_order *order)
{
	struct wire_in in;

	wire_begin(&session->out, (enum wire_message)QUESTION_PEOPLE_CHANGE);
	wire_write_order(&session->out, order);
	return session_question_long(session, ANSWER_DONE, PEOPLE_PUBLISH_MS, &in);
}

/* One answer's; *after is the last one's number, *ret_n how many there were. */
static int people_pass(struct session *session, struct wire_in *in, uint64_t *after,
		       uint16_t *ret_n)
{
	uint16_t n = wire_get_u16(in), i;
	struct wire_person person;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		uint64_t number = wire_get_u64(in);

		if (!wire_read_person(in, &person) || number <= *after)
			return -EPROTO;
		*after = number;
		wire_begin(&session->out, WIRE_PERSON);
		wire_write_person(&session->out, &person);
		r = wire_send(session->client, session->out.bytes, session->out.len,
			      session_deadline(session, PEOPLE_SEND_MS));
	}
	*ret_n = n;
	return r == 0 && !wire_done(in) ? -EPROTO : r;
}

static int people_roll(struct session *session, uint8_t action, const char *name)
{
	uint64_t after = 0;
	struct wire_in in;
	uint16_t n;
	int r;

	do {
		wire_begin(&session->out, (enum wire_message)QUESTION_PEOPLE);
		wire_put_u8(&session->out, action);
		wire_put_u64(&session->out, after);
		wire_put_str(&session->out, name);
		r = session_question(session, ANSWER_PEOPLE, &in);
		n = 0;
		if (r == 0)
			r = people_pass(session, &in, &after, &n);
	} while (r == 0 && n);
	return r;
}

/* What a change has made of it; 0 where nothing is left to show. */
static uint8_t people_shows(uint8_t action)
{
	if (action == WIRE_PERSON_ADD || action == WIRE_PERSON_MODIFY)
		return WIRE_PERSON_SHOW;
	if (action == WIRE_GROUP_ADD || action == WIRE_GROUP_MODIFY)
		return WIRE_GROUP_SHOW;
	return wire_action_changes(action) ? 0 : action;
}

int session_people(struct session *session)
{
	struct wire_order order;
	uint8_t shows;
	int r = people_read_order(session, &order);

	if (r < 0)
		return r;
	if (wire_action_changes(order.action))
		r = people_change(session, &order);
	shows = people_shows(order.action);
	if (r == 0 && shows)
		r = people_roll(session, shows, order.new_name);
	return r;
}
