/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_people - one order of the name service: read, done, answered. */
#include "authority/keeper_people.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int people_refuse(struct people *people, int outcome, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(people->text, sizeof(people->text), format, arguments);
	va_end(arguments);
	return outcome;
}

/* For the audit line. */
static const char *people_word(uint8_t action)
{
	switch ((enum wire_action)action) {
	case WIRE_PERSON_ADD:
		return "account-add";
	case WIRE_PERSON_MODIFY:
		return "account-modify";
	case WIRE_PERSON_REMOVE:
		return "account-remove";
	case WIRE_GROUP_ADD:
		return "group-add";
	case WIRE_GROUP_MODIFY:
		return "group-modify";
	case WIRE_GROUP_REMOVE:
		return "group-remove";
	case WIRE_PUBLISH:
		return "publish";
	case WIRE_PERSON_LIST:
	case WIRE_PERSON_SHOW:
	case WIRE_GROUP_LIST:
	case WIRE_GROUP_SHOW:
		break;
	}
	return "account";
}

static int people_do(struct people *people)
{
	switch ((enum wire_action)people->order->action) {
	case WIRE_PERSON_ADD:
		return person_add(people);
	case WIRE_PERSON_MODIFY:
		return person_modify(people);
	case WIRE_PERSON_REMOVE:
		return person_remove(people);
	case WIRE_GROUP_ADD:
		return group_add(people);
	case WIRE_GROUP_MODIFY:
		return group_modify(people);
	case WIRE_GROUP_REMOVE:
		return group_remove(people);
	case WIRE_PUBLISH:
		return 0;
	case WIRE_PERSON_LIST:
	case WIRE_PERSON_SHOW:
	case WIRE_GROUP_LIST:
	case WIRE_GROUP_SHOW:
		break;
	}
	return -EPROTO;
}

static void people_answer(struct people *people, int r)
{
	const char *word = people_word(people->order->action);
	struct client *client = people->client;

	if (r < 0) {
		keeper_spoil(people->keeper, r);
		keeper_fault(people->keeper, client, r,
			     people->text[0] ? people->text : "a change could not be stored");
		return;
	}
	if (r > 0) {
		keeper_note(client, word, "refused", NULL, 0, people->text);
		keeper_refuse(people->keeper, client, r, people->text);
		return;
	}
	strcpy(client->audit_on_commit, word);
	client->note = (struct audit_note){.result = "done"};
	snprintf(client->note.reason, sizeof(client->note.reason), "%s", people->note);
	keeper_done(people->keeper, client, "");
	keeper_names_changed(people->keeper, client);
}

void keeper_people_change(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct wire_order *order = malloc(sizeof(*order));
	struct people *people = calloc(1, sizeof(*people));
	int r = order && people ? 0 : -ENOMEM;

	if (r == 0 &&
	    (!wire_read_order(in, order) || !wire_done(in) || !wire_action_changes(order->action)))
		client->closing = true;
	else if (r == 0) {
		*people = (struct people){
			.keeper = keeper, .client = client, .store = keeper->store, .order = order};
		r = local_read(LOCAL_FOLDER, &people->local, people->text, sizeof(people->text));
		if (r == 0)
			r = people_do(people);
		people_answer(people, r);
		local_free(people->local);
	} else
		keeper_fault(keeper, client, r, "an order could not be read");
	free(people);
	free(order);
}

/* ---- the account's own fitness -------------------------------------------------------- */

int keeper_person_fit(struct keeper *keeper, const struct client *client, char *ret_text,
		      size_t size)
{
	struct store_person person;
	int r = keeper->store->ops->person_find(keeper->store, client->pin.name, &person);

	ret_text[0] = '\0';
	if (r == STORE_ABSENT || (r == 0 && person.uid != client->pin.uid))
		return 0; /* none of ours: others judge it */
	if (r < 0)
		return r;
	if (person.locked) {
		snprintf(ret_text, size, "this account is locked");
		return WEBCRED_NOT_ALLOWED;
	}
	if (person.expires && keeper_now() >= person.expires) {
		snprintf(ret_text, size, "this account has expired; ask an administrator");
		return WEBCRED_INVALID_STATE;
	}
	return 0;
}
