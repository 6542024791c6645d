/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_dispatch - one question in: may it be asked, and who answers it. */
#include "authority/keeper.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

const char *keeper_verb_name(uint16_t wire_verb)
{
	static const char *const verb[] = {[WIRE_GET] = "get",
					   [WIRE_SETTLE] = "settle",
					   [WIRE_MANAGE] = "manage",
					   [WIRE_LIST] = "list",
					   [WIRE_PREVENT] = "prevent-silent-access",
					   [WIRE_STATUS] = "status",
					   [WIRE_ACCOUNTS] = "accounts",
					   [WIRE_BACKUP] = "backup",
					   [WIRE_PEOPLE] = "people"};

	return wire_verb < sizeof(verb) / sizeof(verb[0]) && verb[wire_verb] ? verb[wire_verb]
									     : "-";
}

static void dispatch_end(struct client *client, struct wire_in *in)
{
	static const char *const word[] = {
		[END_GRANTED] = "granted", [END_REFUSED] = "refused", [END_NULL] = "null",
		[END_FAULT] = "fault",	   [END_DONE] = "done",	      [END_DECLINED] = "declined"};
	uint8_t end = wire_get_u8(in), type = wire_get_u8(in), mediation = wire_get_u8(in);
	struct credential about;
	char reason[TYPE_REASON_MAX];

	wire_get_str(in, reason, sizeof(reason));
	if (!wire_done(in) || end < END_GRANTED || end > END_DECLINED ||
	    mediation > WEBCRED_MEDIATION_IMMEDIATE) {
		client->closing = true;
		return;
	}
	if (client->ended) {
		client->closing = true; /* one END, one line */
		return;
	}
	client->ended = true;
	/* What granted or changed something was written at its own commit. */
	if (end == END_GRANTED || end == END_DONE)
		return;
	memset(&about, 0, sizeof(about));
	about.type = type <= WEBCRED_TYPE_IDENTITY ? (enum webcred_type)type : WEBCRED_TYPE_NONE;
	keeper_note(client, keeper_verb_name(client->pin.verb), word[end],
		    about.type ? &about : NULL, mediation, reason);
}

static bool dispatch_is_change(uint8_t question)
{
	return question == QUESTION_ROOM ||
	       (question >= QUESTION_ENROL_BEGIN && question <= QUESTION_LOCK &&
		question != QUESTION_INVITE_TAKE);
}

static void dispatch_login_question(struct keeper *keeper, struct client *client, uint8_t question,
				    struct wire_in *in)
{
	if (question == QUESTION_CHARGE)
		keeper_charge(keeper, client, in);
	else if (question == QUESTION_COMMIT)
		keeper_commit_change(keeper, client, in);
	else if (question == QUESTION_CODE)
		keeper_code(keeper, client, in);
	else if (question == QUESTION_SETTLE)
		keeper_settle(keeper, client, in);
	else if (question == QUESTION_PREVENT)
		keeper_prevent(keeper, client);
	else if (question == QUESTION_STATUS)
		keeper_status(keeper, client);
	else if (question == QUESTION_DEVICES)
		keeper_devices(keeper, client, in);
	else if (question == QUESTION_INVITE_TAKE)
		keeper_invite_take(keeper, client, in);
	else if (question == QUESTION_ACCOUNTS)
		keeper_accounts(keeper, client, in);
	else if (question == QUESTION_BACKUP)
		keeper_backup(keeper, client);
	else if (question == QUESTION_PEOPLE_CHANGE)
		keeper_people_change(keeper, client, in);
	else if (question == QUESTION_PEOPLE)
		keeper_people(keeper, client, in);
	else
		client->closing = true;
}

static void dispatch_change(struct keeper *keeper, struct client *client, uint8_t question,
			    struct wire_in *in)
{
	if (question == QUESTION_ENROL_BEGIN)
		keeper_enrol_begin(keeper, client, in);
	else if (question == QUESTION_ENROL_FINISH)
		keeper_enrol_finish(keeper, client, in);
	else if (question == QUESTION_ENROL_KEY)
		keeper_enrol_key(keeper, client, in);
	else if (question == QUESTION_ROOM)
		keeper_room(keeper, client, in);
	else if (question == QUESTION_STORE_PASSWORD)
		keeper_store_password(keeper, client, in);
	else if (question == QUESTION_RENAME)
		keeper_rename(keeper, client, in);
	else if (question == QUESTION_REMOVE)
		keeper_remove(keeper, client, in);
	else if (question == QUESTION_REMOVE_ALL)
		keeper_remove_all(keeper, client);
	else if (question == QUESTION_INVITE)
		keeper_invite(keeper, client, in);
	else
		keeper_lock(keeper, client, in);
}

/* Whether a connection is about the subject, who has then been looked up. */
static bool dispatch_needs_begin(uint16_t verb)
{
	return verb == WIRE_GET || verb == WIRE_MANAGE || verb == WIRE_LIST || verb == WIRE_PREVENT;
}

static void dispatch_question(struct keeper *keeper, struct client *client, uint8_t question,
			      struct wire_in *in)
{
	char text[512];
	int r;

	if (!question_allowed((enum wire_verb)client->pin.verb, client->login_socket, question)) {
		audit_log(LOG_ALERT,
			  "a session for %s asked question %u, which verb %u may not ask; "
			  "ended",
			  client->pin.name, question, client->pin.verb);
		client->closing = true;
		return;
	}
	if (question == QUESTION_TOUCH) {
		keeper_touch(keeper, client, wire_get_u8(in) == 1);
		return;
	}
	if (question == QUESTION_HASHED)
		return; /* its room was given on when it spoke */
	if (question == QUESTION_END) {
		dispatch_end(client, in);
		return;
	}
	/* What it knew of itself may rest on writes that were taken back. */
	if (client->doomed) {
		client->closing = true;
		return;
	}
	if (question == QUESTION_BEGIN && !keeper_begin_hear(client, in)) {
		client->closing = true;
		return;
	}
	r = keeper_ready(keeper, text, sizeof(text));
	if (r > 0) {
		audit_log(LOG_ERR, "%s", text);
		keeper_refuse(keeper, client, r, text);
	} else if (r == -EPERM) {
		/* Somebody but root could have written it: no secure context (13). */
		audit_log(LOG_CRIT, "%s", text);
		keeper_refuse(keeper, client, WEBCRED_SECURITY, text);
	} else if (r < 0) {
		keeper_fault(keeper, client, r, text);
	} else if (question == QUESTION_BEGIN) {
		keeper_begin(keeper, client);
	} else if (!client->begun && dispatch_needs_begin(client->pin.verb)) {
		client->closing = true; /* out of order */
	} else if (question == QUESTION_MORE) {
		keeper_more(keeper, client, in);
	} else if (dispatch_is_change(question)) {
		if (client->proved || client->waived)
			dispatch_change(keeper, client, question, in);
		else
			client->closing = true;
	} else {
		dispatch_login_question(keeper, client, question, in);
	}
}

void keeper_hear_session(struct keeper *keeper, struct client *client)
{
	uint8_t message[WIRE_MESSAGE_MAX];
	struct wire_in in;
	uint8_t question;
	ssize_t n;

	if (keeper->hurried)
		keeper_hurry();
	n = wire_recv(client->channel, message, sizeof(message), NULL, -1, wire_clock());
	if (keeper->hurried)
		keeper_calm();
	if (n == -ETIMEDOUT)
		return;
	if (n == -ENODATA && keeper_assign_again(keeper, client))
		return;
	if (n <= 0 || client->answer || client->waits_to_hash) { /* gone, or out of turn */
		client->closing = true;
		return;
	}
	keeper_spoken(keeper, client);
	keeper_hashing_leave(keeper, client);
	question = wire_open(&in, message, (size_t)n);
	dispatch_question(keeper, client, question, &in);
	secret_wipe(message, (size_t)n);
}
