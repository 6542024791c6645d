/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session - one connection; see session.h. */
#include "authority/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"

#define SESSION_REQUEST_MS 5000	  /* from the hello to the request */
#define SESSION_LONGEST_MS 300000 /* PROVED to CHANGE: a person types */
#define REHEARSED_RECORDS 2	  /* one that is read, and one that may be used */

/* ---- the last word to the keeper ------------------------------------------- */

static void session_send_end(struct session *session, enum question_end end, enum webcred_type type,
			     const char *reason)
{
	char shown[TYPE_REASON_MAX];

	text_clean(shown, sizeof(shown), reason);
	wire_begin(&session->out, (enum wire_message)QUESTION_END);
	wire_put_u8(&session->out, (uint8_t)end);
	wire_put_u8(&session->out, (uint8_t)type);
	wire_put_u8(&session->out, (uint8_t)session->mediation);
	wire_put_str(&session->out, shown);
	(void)wire_send(session->keeper, session->out.bytes, session->out.len,
			wire_clock() + SESSION_REQUEST_MS);
}

void session_end(struct session *session, enum question_end end, enum webcred_type type,
		 const char *reason)
{
	/* Told at its commit, so that nothing is left to write: the caller comes first. */
	if (end == END_GRANTED || end == END_DONE)
		session->end_late = end;
	else
		session_send_end(session, end, type, reason);
}

/* ---- the verbs that need no conversation ----------------------------------- */

/* What needs no conversation ends alike: done, refused or a fault. */
static void session_simple_result(struct session *session, int r)
{
	if (r > 0)
		session->result.outcome = (uint32_t)r;
	else if (r < 0)
		session->result.fault = (uint32_t)-r;
	else
		session->result.status = WEBCRED_STATUS_SUCCESS;
	text_clean(session->result.message, sizeof(session->result.message), session->trouble);
	session_end(session, r < 0 ? END_FAULT : END_DONE, WEBCRED_TYPE_NONE, session->trouble);
}

static void session_list(struct session *session)
{
	struct wire_credential entry;
	size_t i;
	int r = session_begin(session);

	for (i = 0; r == 0 && i < session->n_credentials; i++) {
		credential_to_wire(&session->credentials[i], &entry);
		/* Locked as a whole, by an administrator: nothing of it lets in. */
		if (session->policy.barred)
			entry.flags |= WIRE_CREDENTIAL_LOCKED;
		if (!wire_put_entry(&session->out, &entry))
			r = -EMSGSIZE;
		else
			r = wire_send(session->client, session->out.bytes, session->out.len,
				      session_deadline(session, SESSION_REQUEST_MS));
	}
	session_simple_result(session, r);
}

static int session_settle_ask(struct session *session, const uint8_t *message, size_t len)
{
	uint8_t login[WIRE_LOGIN_SIZE];
	char service[WIRE_SERVICE_MAX + 1], tty[WIRE_TTY_MAX + 1], rhost[WIRE_RHOST_MAX + 1];
	struct wire_in in;
	size_t n;
	int r;

	if (wire_open(&in, message, len) != WIRE_SETTLEMENT)
		return WEBCRED_TYPE_ERROR;
	n = wire_get_bytes(&in, login, sizeof(login));
	wire_get_str(&in, service, sizeof(service));
	wire_get_str(&in, tty, sizeof(tty));
	wire_get_str(&in, rhost, sizeof(rhost));
	if (!wire_done(&in) || (n != 0 && n != sizeof(login)))
		return WEBCRED_TYPE_ERROR;
	wire_begin(&session->out, (enum wire_message)QUESTION_SETTLE);
	wire_put_bytes(&session->out, login, n);
	wire_put_str(&session->out, service);
	wire_put_str(&session->out, tty);
	wire_put_str(&session->out, rhost);
	r = session_question(session, ANSWER_DONE, &in);
	/* An offer, for who has just shown who he is (35). */
	if (r == 0)
		wire_get_str(&in, session->trouble, sizeof(session->trouble));
	return r;
}

static void session_settle(struct session *session)
{
	uint8_t message[512];
	ssize_t n = wire_recv(session->client, message, sizeof(message), NULL, session->keeper,
			      session_deadline(session, SESSION_REQUEST_MS));

	session_simple_result(session,
			      n < 0 ? (int)n : session_settle_ask(session, message, (size_t)n));
}

static void session_prevent(struct session *session)
{
	struct wire_in in;
	int r = session_begin(session);

	if (r == 0) {
		wire_begin(&session->out, (enum wire_message)QUESTION_PREVENT);
		r = session_question(session, ANSWER_DONE, &in);
	}
	session_simple_result(session, r);
}

static void session_status(struct session *session)
{
	struct wire_in in;
	char text[WIRE_TEXT_MAX + 1];
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_STATUS);
	r = session_question(session, ANSWER_DONE, &in);
	if (r == 0) {
		wire_get_str(&in, text, sizeof(text));
		r = session_show(session, WEBCRED_SHOW_INFO, text);
	}
	session_simple_result(session, r);
}

/* ---- one connection ---------------------------------------------------------- */

/* The user socket takes no word of policy from its caller (design: what each
 * socket may ask). */
static bool session_request_fits(const struct session *session)
{
	const struct wire_request *request = &session->request;

	if (session->assign.login_socket)
		return true;
	return !request->order[0] && !request->tty[0] && !request->rhost[0] &&
	       !request->ssh_auth[0] && request->mediation == WEBCRED_MEDIATION_BY_FLAGS &&
	       !(request->flags & (WIRE_FLAG_EXPIRED | WIRE_FLAG_CLOSED));
}

static int session_read_request(struct session *session)
{
	ssize_t n = wire_recv(session->client, session->in, sizeof(session->in), NULL,
			      session->keeper, session_deadline(session, SESSION_REQUEST_MS));
	bool good;

	if (n < 0)
		return (int)n;
	good = wire_get_request(session->in, (size_t)n, &session->request);
	secret_wipe(session->in, (size_t)n);
	if (!good)
		return -EPROTO;
	session->has_request = true;
	if (!session_request_fits(session)) {
		snprintf(session->trouble, sizeof(session->trouble),
			 "an unprivileged caller sets neither order, mediation, tty nor rhost; the "
			 "service's section in webcred.conf does");
		return WEBCRED_SECURITY;
	}
	/* Behaviour 56: no service stands for every one. */
	if (session->assign.verb == WIRE_PREVENT && !session->request.service[0])
		return 0;
	if (!text_label_valid(session->request.service, WIRE_SERVICE_MAX)) {
		snprintf(session->trouble, sizeof(session->trouble), "no valid service was named");
		return WEBCRED_TYPE_ERROR;
	}
	return 0;
}

static bool session_reads_request(uint16_t verb)
{
	return verb == WIRE_GET || verb == WIRE_MANAGE || verb == WIRE_PREVENT || verb == WIRE_LIST;
}

static void session_serve(struct session *session)
{
	int r = session_reads_request(session->assign.verb) ? session_read_request(session) : 0;

	if (r != 0) {
		session_simple_result(session, r);
		return;
	}
	switch ((enum wire_verb)session->assign.verb) {
	case WIRE_GET:
		session_get(session);
		return;
	case WIRE_MANAGE:
		session_manage(session);
		return;
	case WIRE_LIST:
		session_list(session);
		return;
	case WIRE_SETTLE:
		session_settle(session);
		return;
	case WIRE_PREVENT:
		session_prevent(session);
		return;
	case WIRE_STATUS:
		session_status(session);
		return;
	case WIRE_ACCOUNTS:
		session_simple_result(session, session_accounts(session));
		return;
	case WIRE_BACKUP:
		session_simple_result(session, session_backup(session));
		return;
	case WIRE_PEOPLE:
		session_simple_result(session, session_people(session));
		return;
	}
	session->result.fault = EPROTO;
}

static void session_send_result(struct session *session)
{
	if (!wire_put_result(&session->out, &session->result))
		return; /* the end of the connection says it: a fault */
	(void)wire_send(session->client, session->out.bytes, session->out.len,
			wire_clock() + SESSION_REQUEST_MS);
	wire_wipe(&session->out);
}

/* Connections that nobody else may have to close, one after the other (keeper_farewell.c).  It
 * ends with the keeper, or stays with one for ever. */
static int session_close_others(struct session *session)
{
	ssize_t n;
	int r;

	do {
		n = wire_recv(session->keeper, session->in, sizeof(session->in), NULL, -1,
			      INT64_MAX);
		if (n != 1 || session->in[0] != QUESTION_PARTED)
			return n < 0 ? (int)n : -EPROTO;
		close(session->client);
		wire_begin(&session->out, (enum wire_message)QUESTION_PARTED);
		r = wire_send(session->keeper, session->out.bytes, session->out.len, INT64_MAX);
		if (r < 0)
			return r;
		n = wire_recv(session->keeper, session->in, sizeof(session->in), &session->client,
			      -1, INT64_MAX);
	} while (n == 1 && session->in[0] == QUESTION_PART && session->client >= 0);
	return n < 0 ? (int)n : -EPROTO;
}

static int session_receive_assignment(struct session *session)
{
	ssize_t n;

	/* Spare sessions wait here for hours; the end of the channel ends them. */
	n = wire_recv(session->keeper, session->in, sizeof(session->in), &session->client, -1,
		      INT64_MAX);
	if (n < 0)
		return (int)n;
	if (session->client >= 0 && n == 1 && session->in[0] == QUESTION_PART)
		return session_close_others(session);
	if (session->client < 0 || !question_get_assign(session->in, (size_t)n, &session->assign))
		return -EPROTO;
	return 0;
}

/* A page costs three microseconds when it is touched for the first time.  Those that every
 * login touches are touched while nobody waits: an empty request, policy and record. */
static void session_rehearse(struct session *session)
{
	struct credential *record = calloc(REHEARSED_RECORDS, sizeof(*record));
	struct order_error error;
	struct order order = {0};
	struct wire_in in;

	secret_keep();
	if (wire_put_request(&session->out, &session->request) &&
	    wire_get_request(session->out.bytes, session->out.len, &session->request))
		wire_request_deinit(&session->request);
	wire_begin(&session->out, (enum wire_message)ANSWER_POLICY);
	policy_put(&session->out, &session->policy);
	if (record)
		credential_put(&session->out, record);
	if (wire_open(&in, session->out.bytes, session->out.len) == ANSWER_POLICY &&
	    policy_get(&in, &session->policy) && record)
		(void)credential_get(&in, record);
	free(record);
	(void)order_parse("otp", 3, &order, &error);
	snprintf(session->result.message, sizeof(session->result.message), "%zu", order.n);
	(void)wire_put_result(&session->out, &session->result);
	session->in[0] = 0;
	wire_wipe(&session->out);
	session->result.message[0] = '\0';
	memset(&session->policy, 0, sizeof(session->policy));
	memset(&session->request, 0, sizeof(session->request));
}

/* What it was told stays nowhere; what was only sent or received was wiped then. */
static void session_wipe(struct session *session)
{
	secret_wipe(session->credentials, session->n_credentials * sizeof(*session->credentials));
	free(session->credentials);
	free(session->usable);
	secret_wipe(session->in, session->heard);
	secret_wipe(session, offsetof(struct session, out));
}

int session_run(int channel, bool rehearses)
{
	static struct session session; /* large, and one to a process */
	int r;

	session.keeper = channel;
	session.client = session.agent.fd = -1;
	/* A refusal, until one line says otherwise. */
	session.result.granted = (uint32_t)VERDICT_REFUSED;
	session.result.status = WEBCRED_STATUS_NONE;
	if (rehearses)
		session_rehearse(&session);
	r = session_receive_assignment(&session);
	if (r < 0)
		return r == -ENODATA ? 0 : 1;
	session.deadline = wire_clock() + SESSION_LONGEST_MS;
	session_serve(&session);
	session_send_result(&session);
	if (session.end_late)
		session_send_end(&session, session.end_late, WEBCRED_TYPE_NONE, "");
	session_agent_close(&session);
	wire_request_deinit(&session.request);
	session_wipe(&session);
	return 0;
}
