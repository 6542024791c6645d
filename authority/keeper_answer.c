/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_answer - one question in, one answer out, after the batch's commit. */
#include "authority/keeper.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/base/text.h"

/* ---- the audit line of a request ---------------------------------------- */

void keeper_note(struct client *client, const char *action, const char *result,
		 const struct credential *credential, uint8_t mediation, const char *reason)
{
	char id_label[WIRE_LABEL_MAX + 1] = "";
	struct audit_entry entry = {
		.action = action,
		.result = result,
		.user = client->pin.name,
		.service = client->service,
		.tty = client->tty,
		.rhost = client->rhost,
		.requester = client->pin.requester,
		.peer_uid = client->login_socket ? -1 : (int64_t)client->peer_uid,
		.label = id_label,
		.mediation =
			mediation ? outcome_mediation_name((enum webcred_mediation)mediation) : "",
		.reason = reason,
	};

	if (credential) {
		strcpy(id_label, credential->label);
		entry.type = outcome_type_name(credential->type);
		/* A refusal knows the type that decided, and no record. */
		if (!sodium_is_zero(credential->id, WIRE_ID_SIZE))
			entry.id = credential->id;
	}
	audit_entry(&entry);
}

/* A line that is owed once what it speaks of is committed. */
static void answer_audit(struct client *client)
{
	const struct audit_note *note = &client->note;
	struct credential about;

	if (!client->audit_on_commit[0])
		return;
	memset(&about, 0, sizeof(about));
	about.type = note->type;
	memcpy(about.id, note->id, sizeof(about.id));
	strcpy(about.label, note->label);
	keeper_note(client, client->audit_on_commit, note->result, note->has_id ? &about : NULL,
		    note->mediation, note->reason);
	client->audit_on_commit[0] = 0;
}

/* ---- batches ------------------------------------------------------------- */

int keeper_write(struct keeper *keeper)
{
	int r;

	if (keeper->in_batch)
		return 0;
	r = keeper->store->ops->begin(keeper->store);
	if (r == 0)
		keeper->in_batch = true;
	return r;
}

static void answer_send(struct client *client)
{
	/* A session that does not take its answer at once is broken: it asked, and
	 * its buffer is empty. */
	if (wire_send(client->channel, client->answer, client->answer_len, wire_clock()) != 0)
		client->closing = true;
	secret_wipe(client->answer, client->answer_len);
	free(client->answer);
	client->answer = NULL;
}

static struct client *answer_take_all(struct keeper *keeper)
{
	struct client *list = keeper->answers;

	keeper->answers = NULL;
	return list;
}

static void answer_fault_all(struct keeper *keeper, int error)
{
	struct client *client = answer_take_all(keeper), *next;

	audit_log(LOG_CRIT,
		  "the store could not be written: %s; every login that waited for it is "
		  "refused",
		  strerror(-error));
	for (; client; client = next) {
		next = client->next_answer;
		free(client->answer);
		client->answer = NULL;
		client->audit_on_commit[0] = 0;
		wire_begin(&keeper->out, (enum wire_message)ANSWER_FAULT);
		wire_put_u32(&keeper->out, (uint32_t)-error);
		wire_put_str(&keeper->out, "the store could not be written");
		keeper_answer(keeper, client);
	}
}

void keeper_commit(struct keeper *keeper)
{
	struct client *client, *next;
	int r;

	if (keeper->in_batch) {
		keeper->in_batch = false;
		r = keeper->store->ops->commit(keeper->store);
		if (r < 0) {
			keeper->store->ops->rollback(keeper->store);
			answer_fault_all(keeper, r);
		}
	}
	for (client = answer_take_all(keeper); client; client = next) {
		next = client->next_answer;
		answer_audit(client);
		answer_send(client);
		keeper_devices_pass(client);
	}
}

void keeper_spoil(struct keeper *keeper, int error)
{
	if (keeper->in_batch)
		keeper->store->ops->rollback(keeper->store);
	keeper->in_batch = false;
	answer_fault_all(keeper, error);
}

/* ---- answers -------------------------------------------------------------- */

void keeper_answer(struct keeper *keeper, struct client *client)
{
	if (keeper->out.overflow || client->answer) {
		client->closing = true;
		return;
	}
	client->answer = malloc(keeper->out.len);
	if (!client->answer) {
		client->closing = true;
		return;
	}
	memcpy(client->answer, keeper->out.bytes, keeper->out.len);
	client->answer_len = keeper->out.len;
	secret_wipe(keeper->out.bytes, keeper->out.len);
	client->next_answer = keeper->answers;
	keeper->answers = client;
}

void keeper_refuse(struct keeper *keeper, struct client *client, int outcome, const char *text)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_REFUSED);
	wire_put_u32(&keeper->out, (uint32_t)outcome);
	wire_put_str(&keeper->out, text);
	keeper_answer(keeper, client);
}

void keeper_fault(struct keeper *keeper, struct client *client, int error, const char *text)
{
	audit_log(LOG_ERR, "%s (user %s): %s", text, client->pin.name, strerror(-error));
	wire_begin(&keeper->out, (enum wire_message)ANSWER_FAULT);
	wire_put_u32(&keeper->out, (uint32_t)-error);
	wire_put_str(&keeper->out, text);
	keeper_answer(keeper, client);
}

void keeper_done(struct keeper *keeper, struct client *client, const char *text)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_DONE);
	wire_put_str(&keeper->out, text);
	keeper_answer(keeper, client);
}

/* ---- questions ------------------------------------------------------------ */

static void answer_end(struct client *client, struct wire_in *in)
{
	static const char *const word[] = {
		[END_GRANTED] = "granted", [END_REFUSED] = "refused", [END_NULL] = "null",
		[END_FAULT] = "fault",	   [END_DONE] = "done",	      [END_DECLINED] = "declined"};
	static const char *const verb[] = {[WIRE_GET] = "get",
					   [WIRE_SETTLE] = "settle",
					   [WIRE_MANAGE] = "manage",
					   [WIRE_LIST] = "list",
					   [WIRE_PREVENT] = "prevent-silent-access",
					   [WIRE_STATUS] = "status"};
	uint8_t end = wire_get_u8(in), type = wire_get_u8(in), mediation = wire_get_u8(in);
	struct credential about;
	char reason[TYPE_REASON_MAX];

	wire_get_str(in, reason, sizeof(reason));
	if (!wire_done(in) || end < END_GRANTED || end > END_DECLINED ||
	    mediation > WEBCRED_MEDIATION_IMMEDIATE) {
		client->closing = true;
		return;
	}
	client->ended = true;
	/* What granted or changed something was written at its own commit. */
	if (end == END_GRANTED || end == END_DONE)
		return;
	memset(&about, 0, sizeof(about));
	about.type = type <= WEBCRED_TYPE_IDENTITY ? (enum webcred_type)type : WEBCRED_TYPE_NONE;
	keeper_note(client, verb[client->pin.verb], word[end], about.type ? &about : NULL,
		    mediation, reason);
}

static bool answer_is_change(uint8_t question)
{
	return question >= QUESTION_ENROL_BEGIN && question <= QUESTION_LOCK &&
	       question != QUESTION_INVITE_TAKE;
}

static void answer_login_question(struct keeper *keeper, struct client *client, uint8_t question,
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
		keeper_devices(keeper, client);
	else if (question == QUESTION_INVITE_TAKE)
		keeper_invite_take(keeper, client, in);
	else
		client->closing = true;
}

static void answer_change(struct keeper *keeper, struct client *client, uint8_t question,
			  struct wire_in *in)
{
	if (question == QUESTION_ENROL_BEGIN)
		keeper_enrol_begin(keeper, client, in);
	else if (question == QUESTION_ENROL_FINISH)
		keeper_enrol_finish(keeper, client, in);
	else if (question == QUESTION_ENROL_KEY)
		keeper_enrol_key(keeper, client, in);
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

static void answer_dispatch(struct keeper *keeper, struct client *client, uint8_t question,
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
	if (question == QUESTION_END) {
		answer_end(client, in);
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
	} else if (!client->begun && client->pin.verb != WIRE_SETTLE &&
		   client->pin.verb != WIRE_STATUS) {
		client->closing = true; /* out of order */
	} else if (question == QUESTION_MORE) {
		keeper_more(keeper, client, in);
	} else if (answer_is_change(question)) {
		if (client->proved || client->waived)
			answer_change(keeper, client, question, in);
		else
			client->closing = true;
	} else {
		answer_login_question(keeper, client, question, in);
	}
}

void keeper_hear_session(struct keeper *keeper, struct client *client)
{
	uint8_t message[WIRE_MESSAGE_MAX];
	struct wire_in in;
	uint8_t question;
	ssize_t n;

	n = wire_recv(client->channel, message, sizeof(message), NULL, -1, wire_clock());
	if (n == -ETIMEDOUT)
		return;
	if (n <= 0 || client->answer) { /* gone, or a second question out of turn */
		client->closing = true;
		return;
	}
	question = wire_open(&in, message, (size_t)n);
	answer_dispatch(keeper, client, question, &in);
	secret_wipe(message, (size_t)n);
}
