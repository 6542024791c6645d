/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_reply - answers, and the batch whose commit they wait for. */
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
static void reply_audit(struct client *client)
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

void keeper_send_answer(struct client *client)
{
	/* A session that does not take its answer at once is broken: it asked, and
	 * its buffer is empty. */
	if (wire_send(client->channel, client->answer, client->answer_len, wire_clock()) != 0)
		client->closing = true;
	secret_wipe(client->answer, client->answer_len);
	free(client->answer);
	client->answer = NULL;
}

static struct client *reply_take_all(struct keeper *keeper)
{
	struct client *list = keeper->answers;

	keeper->answers = NULL;
	return list;
}

static void reply_fault_all(struct keeper *keeper, int error)
{
	struct client *client = reply_take_all(keeper), *next;

	audit_log(LOG_CRIT,
		  "the store could not be written: %s; every login that waited for it is "
		  "refused",
		  strerror(-error));
	for (; client; client = next) {
		next = client->next_answer;
		secret_wipe(client->answer, client->answer_len);
		free(client->answer);
		client->answer = NULL;
		client->doomed = true;
		client->awaits_names = 0;
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
			reply_fault_all(keeper, r);
		}
	}
	for (client = reply_take_all(keeper); client; client = next) {
		next = client->next_answer;
		reply_audit(client);
		client->queued = false;
		if (client->awaits_names)
			continue; /* keeper_names_turn() sends it */
		keeper_send_answer(client);
		keeper_devices_pass(client);
		keeper_backup_pass(client);
	}
}

void keeper_spoil(struct keeper *keeper, int error)
{
	if (keeper->in_batch)
		keeper->store->ops->rollback(keeper->store);
	keeper->in_batch = false;
	reply_fault_all(keeper, error);
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
	client->queued = true;
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
	client->doomed = true;
	wire_begin(&keeper->out, (enum wire_message)ANSWER_FAULT);
	wire_put_u32(&keeper->out, (uint32_t)-error);
	wire_put_str(&keeper->out, text);
	keeper_answer(keeper, client);
}

bool keeper_has_key(struct keeper *keeper, struct client *client)
{
	if (keeper->seal)
		return true;
	keeper_fault(keeper, client, -ENOKEY, keeper->key_trouble);
	return false;
}

void keeper_done(struct keeper *keeper, struct client *client, const char *text)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_DONE);
	wire_put_str(&keeper->out, text);
	keeper_answer(keeper, client);
}
