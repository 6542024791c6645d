/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session_manage - a proof, then one change, on one connection. */
#include "authority/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

/* ---- the proof ------------------------------------------------------------------ */

static int manage_prove_invited(struct session *session)
{
	struct webcred_secret *code = secret_new();
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct wire_in in;
	int r;

	if (!code)
		return -ENOMEM;
	r = session_ask(session, WEBCRED_ASK_VISIBLE, "Invitation code: ", code);
	if (r == 0) {
		wire_begin(&session->out, (enum wire_message)QUESTION_INVITE_TAKE);
		wire_put_bytes(&session->out, secret_bytes(code), secret_len(code));
		r = session_question(session, ANSWER_JUDGED, &in);
	}
	if (r == 0 && !question_get_judgement(&in, &judgement))
		r = -EPROTO;
	secret_free(code);
	if (r == 0 && judgement.verdict != VERDICT_GRANTED) {
		snprintf(session->trouble, sizeof(session->trouble), "%s",
			 judgement.throttled
				 ? "Too many tries; wait a little and try again."
				 : "That is not a valid invitation; ask for a new one.");
		return WEBCRED_NOT_ALLOWED;
	}
	return r;
}

static int manage_prove_login(struct session *session)
{
	struct session_outcome outcome;

	session_login(session, session->policy.strongest, &outcome);
	if (outcome.verdict == VERDICT_GRANTED && outcome.status == WEBCRED_STATUS_SUCCESS &&
	    outcome.result == 0)
		return 0;
	session_login_result(session, &outcome);
	if (session->n_usable == 0)
		snprintf(session->trouble, sizeof(session->trouble),
			 "This change needs your strongest credential, which [manage] get = %.200s "
			 "does "
			 "not name.",
			 session->policy.order);
	else
		snprintf(session->trouble, sizeof(session->trouble), "not proved: %s",
			 outcome.reason);
	return outcome.result ? outcome.result : WEBCRED_NOT_ALLOWED;
}

/* Enrolment is never a step down: who may change what (design). */
static int manage_prove(struct session *session)
{
	const struct policy *policy = &session->policy;

	if (policy->waived)
		return 0;
	if (policy->barred) {
		snprintf(session->trouble, sizeof(session->trouble),
			 "This account is locked, or was enrolled under another uid. Ask an "
			 "administrator.");
		return WEBCRED_NOT_ALLOWED;
	}
	if (policy->strongest)
		return manage_prove_login(session);
	if (policy->invited)
		return manage_prove_invited(session);
	snprintf(session->trouble, sizeof(session->trouble),
		 "Nothing is enrolled for %s yet. An administrator lets you begin with: webcred "
		 "invite --user %s",
		 session->assign.name, session->assign.name);
	return WEBCRED_NOT_ALLOWED;
}

/* ---- the change ------------------------------------------------------------------- */

static void manage_take_credential(struct session *session, const struct credential *credential)
{
	credential_to_wire(credential, &session->result.credential);
	session->result.has_credential = true;
}

static int manage_store(struct session *session, const struct type_host *host,
			const struct wire_change *change)
{
	struct credential stored;
	int r;

	if (!change->secret)
		return WEBCRED_TYPE_ERROR;
	r = type_password.store(host, &session->policy, change->secret, &stored);
	if (r == 0)
		manage_take_credential(session, &stored);
	return r;
}

static const struct type *manage_creatable(const struct wire_change *change)
{
	const struct type *type = type_find((enum webcred_type)change->type);

	return type && type->create ? type : NULL;
}

static int manage_create(struct session *session, const struct type_host *host,
			 const struct wire_change *change)
{
	const struct type *type = manage_creatable(change);
	struct type_creation creation = {
		.kind = (enum credential_kind)change->backend,
		.algorithm = change->algorithm,
		.digits = change->digits,
		.count = change->count,
		.period = change->period,
		.user_verification = change->user_verification,
		.resident = change->flags & WIRE_CREATE_RESIDENT,
		.no_touch = change->flags & WIRE_CREATE_NO_TOUCH,
		.attest = change->flags & WIRE_CREATE_ATTEST,
		.agent = change->flags & WIRE_CREATE_AGENT,
		.user = session->assign.name,
		.service = session->request.service,
		.tty = session->request.tty,
		.credentials = session->credentials,
		.n_credentials = session->n_credentials,
	};
	struct credential created;
	int r;

	if (!type) {
		snprintf(session->trouble, sizeof(session->trouble),
			 "a %s is not created here; a password is stored",
			 outcome_type_name((enum webcred_type)change->type));
		return WEBCRED_NOT_SUPPORTED;
	}
	if (creation.no_touch && !session->policy.waived) {
		snprintf(session->trouble, sizeof(session->trouble),
			 "only an administrator enrols a key that needs no touch");
		return WEBCRED_NOT_ALLOWED;
	}
	strcpy(creation.label, change->label);
	session->agent.until = 0; /* the proof has had a time of its own */
	r = type->create(host, &session->policy, &creation, &created);
	if (r == 0)
		manage_take_credential(session, &created);
	return r;
}

static int manage_ask_keeper(struct session *session, const struct wire_change *change)
{
	struct wire_in in;
	char text[128];
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_REMOVE_ALL);
	switch ((enum wire_change_kind)change->kind) {
	case WIRE_CHANGE_RENAME:
		wire_begin(&session->out, (enum wire_message)QUESTION_RENAME);
		wire_put_bytes(&session->out, change->id, WIRE_ID_SIZE);
		wire_put_str(&session->out, change->label);
		break;
	case WIRE_CHANGE_REMOVE:
		wire_begin(&session->out, (enum wire_message)QUESTION_REMOVE);
		wire_put_bytes(&session->out, change->id, WIRE_ID_SIZE);
		break;
	case WIRE_CHANGE_INVITE:
		wire_begin(&session->out, (enum wire_message)QUESTION_INVITE);
		wire_put_u32(&session->out, change->number);
		break;
	case WIRE_CHANGE_LOCK:
		wire_begin(&session->out, (enum wire_message)QUESTION_LOCK);
		wire_put_u8(&session->out, change->number == 1);
		break;
	case WIRE_CHANGE_REMOVE_ALL:
		break;
	case WIRE_CHANGE_STORE_PASSWORD:
	case WIRE_CHANGE_CREATE:
	case WIRE_CHANGE_IMPORT:
		return WEBCRED_NOT_SUPPORTED;
	}
	r = session_question(session, ANSWER_DONE, &in);
	if (r != 0)
		return r;
	wire_get_str(&in, text, sizeof(text));
	secret_wipe(session->in, sizeof(session->in));
	if (!wire_done(&in))
		return -EPROTO;
	if (text[0])
		r = session_show(session, WEBCRED_SHOW_SECRET, text);
	secret_wipe(text, sizeof(text));
	return r;
}

static bool manage_is_roots(const struct wire_change *change)
{
	return change->kind == WIRE_CHANGE_INVITE || change->kind == WIRE_CHANGE_LOCK ||
	       change->kind == WIRE_CHANGE_REMOVE_ALL || change->kind == WIRE_CHANGE_IMPORT;
}

static int manage_change(struct session *session, const struct wire_change *change)
{
	struct type_host host = session_host(session);

	if (manage_is_roots(change) && !session->policy.waived) {
		snprintf(session->trouble, sizeof(session->trouble), "only root does that");
		return WEBCRED_SECURITY;
	}
	if (change->kind == WIRE_CHANGE_STORE_PASSWORD)
		return manage_store(session, &host, change);
	if (change->kind == WIRE_CHANGE_CREATE)
		return manage_create(session, &host, change);
	if (change->kind == WIRE_CHANGE_IMPORT)
		return session_import(session, &host, change->text);
	return manage_ask_keeper(session, change);
}

static int manage_read_change(struct session *session, struct wire_change *change)
{
	ssize_t n = wire_recv(session->client, session->in, sizeof(session->in), NULL,
			      session->keeper, session->deadline);
	bool good;

	if (n == -ENODATA || n == -ECONNRESET)
		return WEBCRED_ABORTED; /* proved, and nothing wanted after all */
	if (n < 0)
		return (int)n;
	good = wire_get_change(session->in, (size_t)n, change);
	secret_wipe(session->in, (size_t)n);
	return good ? 0 : -EPROTO;
}

static int manage_say_proved(struct session *session)
{
	/* What the proof's own steps left behind is not the change's. */
	memset(&session->result, 0, sizeof(session->result));
	session->result.granted = (uint32_t)VERDICT_REFUSED;
	session->trouble[0] = 0;
	wire_begin(&session->out, WIRE_PROVED);
	return wire_send(session->client, session->out.bytes, session->out.len,
			 session_deadline(session, 5000));
}

static int manage_run(struct session *session)
{
	static struct wire_change change;
	int r = session_begin(session);

	if (r == 0)
		r = manage_prove(session);
	if (r == 0)
		r = manage_say_proved(session);
	if (r == 0) {
		r = manage_read_change(session, &change);
		if (r == 0) {
			r = manage_change(session, &change);
			wire_change_deinit(&change);
		}
		secret_wipe(&change, sizeof(change));
	}
	return r;
}

void session_manage(struct session *session)
{
	struct wire_result *result = &session->result;
	int r = manage_run(session);

	result->outcome = r > 0 ? (uint32_t)r : 0;
	result->fault = r < 0 ? (uint32_t)-r : 0;
	if (r != 0)
		result->has_credential = false;
	else
		result->status = WEBCRED_STATUS_SUCCESS;
	if (session->trouble[0])
		text_clean(result->message, sizeof(result->message), session->trouble);
	session_end(session,
		    r == 0		   ? END_DONE
		    : r < 0		   ? END_FAULT
		    : r == WEBCRED_ABORTED ? END_DECLINED
					   : END_REFUSED,
		    WEBCRED_TYPE_NONE, session->trouble);
}
