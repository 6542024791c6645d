/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session_host - what a type calls: the client on one side, the keeper on the other. */
#include "authority/session.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define HOST_KEEPER_MS 20000 /* the keeper answers in well under one, or is gone */
#define HOST_SEND_MS 5000
#define HOST_CREDENTIALS_MAX 4096

int64_t session_deadline(const struct session *session, int64_t milliseconds)
{
	int64_t at = wire_clock() + milliseconds;

	return at < session->deadline ? at : session->deadline;
}

/* ---- the keeper ----------------------------------------------------------------- */

static int host_trouble(struct session *session, struct wire_in *in, uint8_t type)
{
	const uint32_t most = type == ANSWER_REFUSED ? WEBCRED_IDENTITY : WIRE_ERRNO_MAX;
	uint32_t number = wire_get_u32(in);

	wire_get_str(in, session->trouble, sizeof(session->trouble));
	/* What there is no outcome for would become a RESULT that nobody can read. */
	if (!wire_done(in) || number == 0 || number > most)
		return -EPROTO;
	return type == ANSWER_REFUSED ? (int)number : -(int)number;
}

int session_question_long(struct session *session, uint8_t expected, int64_t milliseconds,
			  struct wire_in *ret_in)
{
	ssize_t n;
	uint8_t type;
	int r;

	if (session->out.overflow)
		return -EMSGSIZE;
	session->hashing = false; /* whatever is asked next says so */
	r = wire_send(session->keeper, session->out.bytes, session->out.len,
		      wire_clock() + HOST_KEEPER_MS);
	wire_wipe(&session->out);
	if (r < 0)
		return r;
	n = wire_recv(session->keeper, session->in, sizeof(session->in), NULL, -1,
		      wire_clock() + milliseconds);
	if (n < 0)
		return (int)n;
	if ((size_t)n > session->heard)
		session->heard = (size_t)n;
	type = wire_open(ret_in, session->in, (size_t)n);
	if (type == expected)
		return 0;
	if (type == ANSWER_REFUSED || type == ANSWER_FAULT)
		return host_trouble(session, ret_in, type);
	return -EPROTO;
}

int session_question(struct session *session, uint8_t expected, struct wire_in *ret_in)
{
	return session_question_long(session, expected, HOST_KEEPER_MS, ret_in);
}

static int host_take_records(struct session *session, struct wire_in *in, bool *ret_more)
{
	bool more = wire_get_u8(in) == 1;
	uint16_t n = wire_get_u16(in), i;
	struct credential *grown;

	if (session->n_credentials + n > HOST_CREDENTIALS_MAX)
		return -E2BIG;
	if (n) {
		grown = realloc(session->credentials,
				(session->n_credentials + n) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		session->credentials = grown;
	}
	for (i = 0; i < n; i++) {
		if (!credential_get(in, &session->credentials[session->n_credentials]))
			return -EPROTO;
		session->n_credentials++;
	}
	*ret_more = more && n;
	return wire_done(in) ? 0 : -EPROTO;
}

int session_begin(struct session *session)
{
	const struct wire_request *request = &session->request;
	struct wire_in in;
	bool more = false;
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_BEGIN);
	wire_put_str(&session->out, request->service);
	wire_put_str(&session->out, request->tty);
	wire_put_str(&session->out, request->rhost);
	wire_put_u8(&session->out, request->flags);
	/* The request's own order has no place for a key: where the person sits, which
	 * costs a question to logind, is nobody's business then. */
	wire_put_u8(&session->out, session->assign.verb == WIRE_PREVENT ||
					   (session->assign.verb == WIRE_GET && request->order[0] &&
					    !strstr(request->order, "key")));
	r = session_question(session, ANSWER_POLICY, &in);
	if (r == 0)
		r = policy_get(&in, &session->policy) ? host_take_records(session, &in, &more)
						      : -EPROTO;
	while (r == 0 && more) {
		wire_begin(&session->out, (enum wire_message)QUESTION_MORE);
		wire_put_u16(&session->out, (uint16_t)session->n_credentials);
		r = session_question(session, ANSWER_MORE, &in);
		if (r == 0)
			r = host_take_records(session, &in, &more);
	}
	/* What came along where nothing is enrolled is nobody's (behaviour 38). */
	if (!session->policy.subject_known ||
	    (session->n_credentials == 1 && sodium_is_zero(session->credentials->id, WIRE_ID_SIZE)))
		session->n_credentials = 0;
	return r;
}

/* ---- the client ------------------------------------------------------------------ */

int session_show(struct session *session, enum webcred_show kind, const char *text)
{
	int r;

	wire_begin(&session->out, WIRE_SHOW);
	wire_put_u8(&session->out, (uint8_t)kind);
	wire_put_str(&session->out, text);
	if (session->out.overflow)
		return -EMSGSIZE;
	r = wire_send(session->client, session->out.bytes, session->out.len,
		      session_deadline(session, HOST_SEND_MS));
	wire_wipe(&session->out);
	return r == -EPIPE || r == -ECONNRESET ? WEBCRED_ABORTED : r;
}

static int host_answer(struct session *session, size_t len, struct webcred_secret *answer)
{
	struct webcred_secret *given;
	struct wire_in in;
	uint8_t outcome;

	switch (wire_open(&in, session->in, len)) {
	case WIRE_ANSWER:
		if (wire_get_u16(&in) != session->asked)
			return -EPROTO;
		given = wire_get_secret(&in);
		if (!given || !wire_done(&in)) {
			secret_free(given);
			return -EPROTO;
		}
		secret_set(answer, secret_bytes(given), secret_len(given));
		secret_free(given);
		return 0;
	case WIRE_CANCEL:
		outcome = wire_get_u8(&in);
		if (!wire_done(&in))
			return -EPROTO;
		return outcome == WEBCRED_ABORTED ? WEBCRED_ABORTED : WEBCRED_NOT_ALLOWED;
	default:
		return -EPROTO;
	}
}

void session_hashed(struct session *session)
{
	if (!session->hashing)
		return;
	session->hashing = false;
	wire_begin(&session->out, (enum wire_message)QUESTION_HASHED);
	(void)wire_send(session->keeper, session->out.bytes, session->out.len,
			wire_clock() + HOST_SEND_MS);
}

int session_ask_send(struct session *session, enum webcred_ask kind, const char *text)
{
	int r;

	/* A person takes their time; others wait for the room to hash. */
	session_hashed(session);
	wire_begin(&session->out, WIRE_ASK);
	wire_put_u16(&session->out, ++session->asked);
	wire_put_u8(&session->out, (uint8_t)kind);
	wire_put_str(&session->out, text);
	r = wire_send(session->client, session->out.bytes, session->out.len,
		      session_deadline(session, HOST_SEND_MS));
	return r == -EPIPE || r == -ECONNRESET ? WEBCRED_ABORTED : r;
}

int session_ask_take(struct session *session, size_t len, struct webcred_secret *answer)
{
	int r = host_answer(session, len, answer);

	secret_wipe(session->in, len);
	return r;
}

int session_hear_end(struct session *session)
{
	uint8_t message[64];
	struct wire_in in;
	ssize_t n = wire_recv(session->client, message, sizeof(message), NULL, -1, wire_clock());

	if (n == -ETIMEDOUT)
		return 0;
	if (n > 0 && wire_open(&in, message, (size_t)n) == WIRE_CANCEL &&
	    wire_get_u8(&in) == WEBCRED_NOT_ALLOWED)
		return WEBCRED_NOT_ALLOWED;
	return WEBCRED_ABORTED;
}

int session_ask(struct session *session, enum webcred_ask kind, const char *text,
		struct webcred_secret *answer)
{
	ssize_t n;
	int r = session_ask_send(session, kind, text);

	if (r != 0)
		return r;
	n = wire_recv(session->client, session->in, sizeof(session->in), NULL, session->keeper,
		      session_deadline(session, session->policy.timeout_ms));
	if (n == -ETIMEDOUT)
		return WEBCRED_NOT_ALLOWED; /* behaviour 61 */
	if (n == -ENODATA || n == -ECONNRESET)
		return WEBCRED_ABORTED;
	if (n < 0)
		return (int)n;
	return session_ask_take(session, (size_t)n, answer);
}

/* ---- the type's view --------------------------------------------------------------- */

static int host_ask(void *context, enum webcred_ask kind, const char *text,
		    struct webcred_secret *answer)
{
	struct session *session = context;

	if (kind == WEBCRED_ASK_CODE)
		kind = session->policy.echo_code ? WEBCRED_ASK_VISIBLE : WEBCRED_ASK_SECRET;
	return session_ask(session, kind, text, answer);
}

static int host_show(void *context, enum webcred_show kind, const char *text)
{
	return session_show(context, kind, text);
}

/* Nothing was looked at and nothing counted: that is no wrong answer, and who is there is
 * told so, unless silence was asked for (24). */
static int host_no_room(struct session *session, int r)
{
	if (r == -EAGAIN && session->mediation != WEBCRED_MEDIATION_SILENT)
		(void)session_show(session, WEBCRED_SHOW_ERROR,
				   "Too many logins at once: try again in a moment.");
	return r;
}

static int host_charge(void *context, enum webcred_type type, const uint8_t *id,
		       struct type_verifier *ret_verifier)
{
	struct session *session = context;
	struct type_verifier verifier;
	struct wire_in in;
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_CHARGE);
	wire_put_u8(&session->out, (uint8_t)type);
	wire_put_u8(&session->out, id != NULL);
	wire_put_bytes(&session->out, id, id ? WIRE_ID_SIZE : 0);
	r = session_question(session, ANSWER_VERIFIER, &in);
	if (r != 0)
		return host_no_room(session, r);
	session->hashing = true;
	verifier.throttled = wire_get_u8(&in);
	verifier.wait_s = wire_get_u32(&in);
	wire_get_str(&in, verifier.hash, sizeof(verifier.hash));
	secret_wipe(session->in, sizeof(session->in));
	if (!wire_done(&in))
		return -EPROTO;
	*ret_verifier = verifier;
	return 0;
}

static int host_judged(struct session *session, struct type_judgement *ret_judgement)
{
	struct wire_in in;
	int r = session_question(session, ANSWER_JUDGED, &in);

	if (r == 0 && !question_get_judgement(&in, ret_judgement))
		r = -EPROTO;
	return r;
}

/* Only by the word does nothing cached count under required (33). */
static uint8_t host_mediation(const struct session *session)
{
	bool by_word = session->mediation == WEBCRED_MEDIATION_REQUIRED && !session->cached_allowed;

	return (uint8_t)((unsigned)session->mediation | (by_word ? QUESTION_KEEPS_FLAG : 0));
}

static int host_commit(void *context, const struct type_change *change,
		       struct type_judgement *ret_judgement)
{
	struct session *session = context;

	wire_begin(&session->out, (enum wire_message)QUESTION_COMMIT);
	wire_put_u8(&session->out, host_mediation(session));
	question_put_change(&session->out, change);
	return host_judged(session, ret_judgement);
}

static int host_check_code(void *context, const struct webcred_secret *code,
			   struct type_judgement *ret_judgement)
{
	struct session *session = context;

	wire_begin(&session->out, (enum wire_message)QUESTION_CODE);
	wire_put_u8(&session->out, host_mediation(session));
	wire_put_bytes(&session->out, secret_bytes(code), secret_len(code));
	return host_judged(session, ret_judgement);
}

static int host_enrol_begin(void *context, const struct type_creation *creation,
			    struct type_enrolment *ret_enrolment)
{
	struct session *session = context;
	struct wire_in in;
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_ENROL_BEGIN);
	question_put_creation(&session->out, creation);
	r = session_question(session, ANSWER_ENROLMENT, &in);
	if (r != 0)
		return r;
	wire_get_str(&in, ret_enrolment->uri, sizeof(ret_enrolment->uri));
	wire_get_str(&in, ret_enrolment->secret_text, sizeof(ret_enrolment->secret_text));
	secret_wipe(session->in, sizeof(session->in));
	return wire_done(&in) ? 0 : -EPROTO;
}

static int host_credential(struct session *session, struct credential *ret_credential)
{
	struct wire_in in;
	int r = session_question(session, ANSWER_CREDENTIAL, &in);

	if (r == 0 && (!credential_get(&in, ret_credential) || !wire_done(&in)))
		r = -EPROTO;
	return r;
}

static int host_enrol_finish(void *context, const struct webcred_secret *code,
			     struct credential *ret_credential)
{
	struct session *session = context;

	wire_begin(&session->out, (enum wire_message)QUESTION_ENROL_FINISH);
	wire_put_bytes(&session->out, secret_bytes(code), secret_len(code));
	return host_credential(session, ret_credential);
}

static int host_enrol_key(void *context, const struct credential *record,
			  struct credential *ret_credential)
{
	struct session *session = context;

	wire_begin(&session->out, (enum wire_message)QUESTION_ENROL_KEY);
	credential_put(&session->out, record);
	return host_credential(session, ret_credential);
}

static int host_room(void *context)
{
	struct session *session = context;
	struct wire_in in;
	char text[8];
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_ROOM);
	r = session_question(session, ANSWER_DONE, &in);
	if (r != 0)
		return host_no_room(session, r);
	wire_get_str(&in, text, sizeof(text));
	session->hashing = true;
	return wire_done(&in) ? 0 : -EPROTO;
}

static int host_store_password(void *context, const char *hash, struct credential *ret_credential)
{
	struct session *session = context;

	wire_begin(&session->out, (enum wire_message)QUESTION_STORE_PASSWORD);
	wire_put_str(&session->out, hash);
	return host_credential(session, ret_credential);
}

static void host_random(void *context, void *bytes, size_t len)
{
	(void)context;
	randombytes_buf(bytes, len);
}

struct type_host session_host(struct session *session)
{
	return (struct type_host){
		.context = session,
		.ask = host_ask,
		.show = host_show,
		.charge = host_charge,
		.commit = host_commit,
		.check_code = host_check_code,
		.enrol_begin = host_enrol_begin,
		.enrol_finish = host_enrol_finish,
		.enrol_key = host_enrol_key,
		.room = host_room,
		.store_password = host_store_password,
		.ceremony = session_ceremony,
		.agent = session_agent,
		.random = host_random,
	};
}
