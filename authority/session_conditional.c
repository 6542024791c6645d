/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_conditional - touch or type, whichever comes first.
 *
 * One prompt takes a password or a one-time code while a key blinks.  A PAM
 * conversation cannot be interrupted: after a touch the person presses Enter,
 * and the hint in front of the prompt says so.  Six to eight digits, or
 * a recovery code as it is printed, are a code, and nothing else is; a service that
 * combines prompts therefore stores no password of digits only.
 */
#include "authority/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/otp.h"
#include "lib/core/types/password.h"

/* ---- the prompt ------------------------------------------------------------------ */

/* From the order, never from what is enrolled: unknown names get the same
 * (behaviour 38).  Empty where nothing of the order can be used here. */
static void conditional_hint(const struct session *session, const struct order *order, char *text,
			     size_t size)
{
	bool key = order_has(order, WEBCRED_TYPE_PUBLIC_KEY) && !session->policy.remote &&
		   !session->policy.no_device;
	bool code = order_has(order, WEBCRED_TYPE_OTP);
	bool password = order_has(order, WEBCRED_TYPE_PASSWORD);
	const char *typed = password && code ? "a password or a one-time code"
			    : password	     ? "a password"
			    : code	     ? "a one-time code"
					     : NULL;

	if (key && typed)
		snprintf(text, size, "Touch your security key and press Enter, or type %s.", typed);
	else if (key)
		snprintf(text, size, "Touch your security key and press Enter.");
	else if (typed)
		snprintf(text, size, "Type %s.", typed);
	else
		text[0] = '\0';
}

int session_conditional_ask(struct session *session)
{
	struct session_conditional *conditional = session->conditional;

	if (conditional->asked)
		return 0;
	conditional->asked = true;
	return session_ask_send(session, WEBCRED_ASK_SECRET, PASSWORD_PROMPT);
}

static void conditional_take(struct session *session, ssize_t n)
{
	struct session_conditional *conditional = session->conditional;

	conditional->answered = true;
	if (n == -ENODATA || n == -ECONNRESET)
		conditional->trouble = WEBCRED_ABORTED;
	else if (n == -ETIMEDOUT)
		conditional->trouble = WEBCRED_NOT_ALLOWED; /* behaviour 61 */
	else if (n < 0)
		conditional->trouble = (int)n;
	else
		conditional->trouble = session_ask_take(session, (size_t)n, conditional->answer);
}

bool session_conditional_hear(struct session *session)
{
	struct session_conditional *conditional = session->conditional;
	ssize_t n = wire_recv(session->client, session->in, sizeof(session->in), NULL, -1,
			      wire_clock());

	if (n == -ETIMEDOUT)
		return false;
	conditional_take(session, n);
	/* Only Enter: the key is what they mean, and it is still blinking. */
	return conditional->trouble != 0 || secret_len(conditional->answer) > 0;
}

void session_conditional_wait(struct session *session)
{
	ssize_t n;

	if (!session->conditional->asked || session->conditional->answered)
		return;
	n = wire_recv(session->client, session->in, sizeof(session->in), NULL, session->keeper,
		      session->conditional->until);
	conditional_take(session, n);
}

/* ---- what the answer is ------------------------------------------------------------- */

/* By its form alone, whoever it is: what somebody has enrolled must not show in
 * the work that is done (behaviour 38). */
static bool conditional_is_code(const struct webcred_secret *answer)
{
	const char *text = secret_bytes(answer);
	size_t len = secret_len(answer), i;

	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
	}
	return len >= 6 && len <= 8;
}

/* As it is shown at enrolment, dashes and all: a password of sixteen letters
 * stays a password. */
static bool conditional_is_recovery(const struct webcred_secret *answer)
{
	char canonical[OTP_RECOVERY_LEN + 1];
	bool is = secret_len(answer) == OTP_RECOVERY_LEN + 3 &&
		  memchr(secret_bytes(answer), '-', secret_len(answer)) &&
		  otp_recovery_canonical(secret_bytes(answer), secret_len(answer), canonical);

	secret_wipe(canonical, sizeof(canonical));
	return is;
}

static enum webcred_type conditional_type(const struct order *order,
					  const struct webcred_secret *answer)
{
	bool code = order_has(order, WEBCRED_TYPE_OTP);

	if (!order_has(order, WEBCRED_TYPE_PASSWORD))
		return WEBCRED_TYPE_OTP;
	if (code && (conditional_is_code(answer) || conditional_is_recovery(answer)))
		return WEBCRED_TYPE_OTP;
	return WEBCRED_TYPE_PASSWORD;
}

/* The type asks its host, and the host has the answer already. */
static int conditional_answer(void *context, enum webcred_ask kind, const char *text,
			      struct webcred_secret *answer)
{
	struct session *session = context;
	const struct webcred_secret *given = session->conditional->answer;

	(void)kind;
	(void)text;
	return secret_set(answer, secret_bytes(given), secret_len(given));
}

static bool conditional_has(const struct session *session, enum webcred_type type)
{
	size_t i;

	for (i = 0; i < session->n_usable; i++) {
		if (session->usable[i].type == type)
			return true;
	}
	return false;
}

static void conditional_dispatch(struct session *session, const struct order *order,
				 uint8_t minimum, bool pretend, struct session_outcome *outcome)
{
	struct session_conditional *conditional = session->conditional;
	struct type_host host = session_host(session);
	enum webcred_type type;

	if (conditional->trouble != 0 || secret_len(conditional->answer) == 0) {
		outcome->result = conditional->trouble ? conditional->trouble : WEBCRED_NOT_ALLOWED;
		outcome->status =
			outcome->result < 0 ? WEBCRED_STATUS_FAULT : WEBCRED_STATUS_NOTALLOWED;
		snprintf(outcome->reason, sizeof(outcome->reason), "no answer");
		return;
	}
	host.ask = conditional_answer;
	type = conditional_type(order, conditional->answer);
	pretend = pretend || !conditional_has(session, type);
	outcome->status = session_step(session, &host, type, minimum, pretend, outcome);
	if (outcome->status != WEBCRED_STATUS_SUCCESS && outcome->status != WEBCRED_STATUS_FAULT &&
	    outcome->result == 0)
		outcome->result = WEBCRED_NOT_ALLOWED;
	if (pretend && outcome->status != WEBCRED_STATUS_FAULT) {
		outcome->verdict = VERDICT_REFUSED;
		outcome->status = WEBCRED_STATUS_NOTALLOWED;
		outcome->result = WEBCRED_NOT_ALLOWED;
	}
}

/* ---- both at once --------------------------------------------------------------------- */

static bool conditional_types(const struct order *order)
{
	return order_has(order, WEBCRED_TYPE_PASSWORD) || order_has(order, WEBCRED_TYPE_OTP);
}

static void conditional_run(struct session *session, const struct order *order, uint8_t minimum,
			    bool pretend, struct session_outcome *outcome)
{
	struct type_host host = session_host(session);
	char text[160];
	int r = 0;

	conditional_hint(session, order, text, sizeof(text));
	if (text[0])
		r = session_show(session, WEBCRED_SHOW_INFO, text);
	/* A key in an ssh agent cannot wait beside a prompt: it has none to call off. */
	if (r == 0 && !pretend && !session->policy.remote &&
	    conditional_has(session, WEBCRED_TYPE_PUBLIC_KEY) &&
	    order_has(order, WEBCRED_TYPE_PUBLIC_KEY)) {
		outcome->status = session_step(session, &host, WEBCRED_TYPE_PUBLIC_KEY, minimum,
					       false, outcome);
		session_conditional_wait(session);
		/* A key that lied ends it; one that was not touched does not. */
		if (outcome->status == WEBCRED_STATUS_SUCCESS ||
		    outcome->status == WEBCRED_STATUS_FAULT ||
		    (outcome->status == WEBCRED_STATUS_NOTALLOWED &&
		     secret_len(session->conditional->answer) == 0))
			return;
	}
	if (r == 0 && !session->conditional->asked && conditional_types(order)) {
		r = session_conditional_ask(session);
		if (r == 0)
			session_conditional_wait(session);
	}
	if (r != 0)
		session->conditional->trouble = r;
	conditional_dispatch(session, order, minimum, pretend, outcome);
}

void session_conditional(struct session *session, const struct order *order, uint8_t minimum,
			 bool pretend, struct session_outcome *outcome)
{
	struct session_conditional conditional = {
		.answer = secret_new(),
		.until = session_deadline(session, session->policy.timeout_ms),
	};

	if (!conditional.answer) {
		outcome->result = -ENOMEM;
		outcome->status = WEBCRED_STATUS_FAULT;
		return;
	}
	session->conditional = &conditional;
	conditional_run(session, order, minimum, pretend, outcome);
	session->conditional = NULL;
	secret_free(conditional.answer);
}
