/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session_get - "request a credential", from the mediation to the one credential or null. */
#include "authority/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void session_explain(struct session *session, const char *format, ...)
{
	size_t used = strlen(session->explain);
	va_list arguments;

	if (!(session->request.flags & WIRE_FLAG_EXPLAIN))
		return;
	va_start(arguments, format);
	vsnprintf(session->explain + used, sizeof(session->explain) - used, format, arguments);
	va_end(arguments);
}

/* ---- the steps -------------------------------------------------------------------- */

/* Required by anybody is required; less than what is configured is asked for by
 * root's own line alone. */
static enum webcred_user_verification get_verification(const struct session *session)
{
	enum webcred_user_verification asked =
		(enum webcred_user_verification)session->request.user_verification;
	enum webcred_user_verification configured =
		(enum webcred_user_verification)session->policy.user_verification;

	if (asked == WEBCRED_UV_REQUIRED || configured == WEBCRED_UV_REQUIRED)
		return WEBCRED_UV_REQUIRED;
	if (asked == WEBCRED_UV_DISCOURAGED && session->assign.login_socket)
		return WEBCRED_UV_DISCOURAGED;
	return configured;
}

void session_prepare(struct session *session, uint8_t minimum, bool pretend,
		     struct type_login *login)
{
	const struct wire_request *request = &session->request;

	memset(login, 0, sizeof(*login));
	login->policy = &session->policy;
	login->service = request->service;
	login->user = session->assign.name;
	login->tty = request->tty;
	login->credentials = session->usable;
	login->n_credentials = pretend ? 0 : session->n_usable;
	login->preferred = request->n_allow > 0;
	login->pretend = pretend;
	login->may_ask = session->mediation != WEBCRED_MEDIATION_SILENT;
	login->cached = session->cached_allowed && (request->flags & WIRE_FLAG_CACHED)
				? request->cached
				: NULL;
	login->cached_only = request->flags & WIRE_FLAG_CACHED_ONLY;
	login->minimum_strength = minimum;
	login->user_verification = get_verification(session);
	login->timeout_ms = session->policy.timeout_ms;
	session->agent.until = 0;
	login->judgement.verdict = VERDICT_REFUSED;
}

static const struct credential *get_used(const struct session *session, const uint8_t *id)
{
	size_t i;

	for (i = 0; i < session->n_usable; i++) {
		if (secret_equal(session->usable[i].id, id, WIRE_ID_SIZE))
			return &session->usable[i];
	}
	return NULL;
}

enum webcred_status session_took(struct session *session, const char *name,
				 const struct type_login *login, enum webcred_status status,
				 struct session_outcome *outcome)
{
	session_hashed(session);
	outcome->result = login->result;
	outcome->judgement = login->judgement;
	outcome->user_verified = login->user_verified;
	outcome->silent = !login->asked;
	memcpy(outcome->reason, login->reason, sizeof(outcome->reason));
	session_explain(session, "%s: %s%s%s\n", name, outcome_status_name(status),
			login->reason[0] ? ", " : "", login->reason);
	/* Told to everybody alike: unknown names are counted like known ones. */
	if (status == WEBCRED_STATUS_TRYAGAIN && login->judgement.throttled)
		(void)session_show(session, WEBCRED_SHOW_ERROR, login->judgement.reason);
	if (status == WEBCRED_STATUS_SUCCESS) {
		/* A type that says success without a judgement that grants is broken. */
		outcome->used = get_used(session, login->judgement.id);
		if (login->judgement.verdict != VERDICT_GRANTED || !outcome->used)
			return WEBCRED_STATUS_NOTALLOWED;
		outcome->verdict = login->judgement.verdict;
	}
	return status;
}

enum webcred_status session_step(struct session *session, const struct type_host *host,
				 enum webcred_type type_id, uint8_t minimum, bool pretend,
				 struct session_outcome *outcome)
{
	const struct type *type = type_find(type_id);
	struct type_login login;

	session_prepare(session, minimum, pretend, &login);
	outcome->type = type_id;
	outcome->result = 0;
	if (!type) {
		outcome->result = WEBCRED_NOT_SUPPORTED;
		snprintf(outcome->reason, sizeof(outcome->reason), "this build has no type %s",
			 outcome_type_name(type_id));
		return WEBCRED_STATUS_UNAVAIL;
	}
	return session_took(session, outcome_type_name(type_id), &login, type->get(host, &login),
			    outcome);
}

static void get_walk(struct session *session, const struct order *order, uint8_t minimum,
		     struct session_outcome *outcome)
{
	struct type_host host = session_host(session);
	enum webcred_status decided = WEBCRED_STATUS_NONE;
	struct session_outcome tried = *outcome;
	size_t i;

	for (i = 0; i < order->n; i++) {
		struct session_outcome now = *outcome;

		session->key_wait_ms = session_key_wait(session, order, i);
		now.status =
			session_step(session, &host, order->step[i].type, minimum, false, &now);
		/* The most telling step speaks for the whole, unless a later one decides. */
		if (now.status != WEBCRED_STATUS_NOTFOUND || decided == WEBCRED_STATUS_NONE) {
			tried = now;
			decided = now.status;
		}
		if (order_next(&order->step[i], now.status) == ORDER_RETURN) {
			tried = now;
			break;
		}
	}
	*outcome = tried;
	/* Enrolled, and the order exhausted: a refusal, whatever was unplugged. */
	if (outcome->status != WEBCRED_STATUS_SUCCESS && outcome->status != WEBCRED_STATUS_FAULT &&
	    outcome->result == 0)
		outcome->result = WEBCRED_NOT_ALLOWED;
}

/* Nobody is there, or nobody who may enter: the same prompts and the same work
 * (behaviour 38), and a refusal at the end. */
static void get_pretend(struct session *session, const struct order *order,
			struct session_outcome *outcome)
{
	struct type_host host = session_host(session);
	enum webcred_type as = (enum webcred_type)session->policy.unknown_as;
	int told = 0;

	if (as == WEBCRED_TYPE_NONE)
		as = order->step[order->n - 1].type;
	if (as == WEBCRED_TYPE_PUBLIC_KEY)
		told = session_insert_pretend(session);
	outcome->status = session_step(session, &host, as, 0, true, outcome);
	if (told != 0)
		outcome->result = told;
	outcome->verdict = VERDICT_REFUSED;
	if (outcome->status == WEBCRED_STATUS_SUCCESS || outcome->status == WEBCRED_STATUS_NOTFOUND)
		outcome->status = WEBCRED_STATUS_NOTALLOWED;
	if (outcome->status != WEBCRED_STATUS_FAULT && outcome->result == 0)
		outcome->result = WEBCRED_NOT_ALLOWED;
	if (session->policy.barred)
		snprintf(outcome->reason, sizeof(outcome->reason), "%s",
			 session->policy.subject_known ? "the account is locked"
						       : "enrolled under another uid");
	else if (session->n_credentials == 0)
		snprintf(outcome->reason, sizeof(outcome->reason), "nothing is enrolled");
}

/* ---- the request ------------------------------------------------------------------- */

static int get_order(struct session *session, struct order *ret_order)
{
	const char *text =
		session->request.order[0] ? session->request.order : session->policy.order;
	struct order_error error;
	int r = order_parse(text, strlen(text), ret_order, &error);

	if (r != 0)
		snprintf(session->trouble, sizeof(session->trouble),
			 "get = %.200s: line %u, column %u: %s", text, error.line, error.column,
			 error.text);
	return r;
}

static int get_resolve(struct session *session)
{
	const struct wire_request *request = &session->request;

	session->mediation = mediation_from_flags((enum webcred_mediation)request->mediation,
						  (enum webcred_mediation)session->policy.mediation,
						  session->policy.quiet, request->host_flags,
						  &session->cached_allowed);
	/* A proof is always asked for. */
	if (session->assign.verb == WIRE_MANAGE)
		session->mediation = WEBCRED_MEDIATION_REQUIRED;
	session->policy.timeout_ms = mediation_timeout(
		session->policy.timeout_ms, request->timeout_ms, session->assign.login_socket);
	session_explain(session, "mediation: %s\n", outcome_mediation_name(session->mediation));
	if (!session_lists_sound(request))
		return WEBCRED_NOT_SUPPORTED;
	return 0;
}

/* Behaviours 18 and 19: what a type does not declare, it is not asked to do. */
static int get_check_capabilities(struct session *session, const struct order *order)
{
	size_t i;

	for (i = 0; i < order->n; i++) {
		const struct type *type = type_find(order->step[i].type);

		/* One that is not built says so when its turn comes. */
		if (!type || type_can(type, session->mediation))
			continue;
		snprintf(session->trouble, sizeof(session->trouble),
			 "mediation=%s: %s does not have it; leave it out of get =",
			 outcome_mediation_name(session->mediation),
			 outcome_type_name(order->step[i].type));
		return WEBCRED_TYPE_ERROR;
	}
	return 0;
}

/* Whether a silent request may go on with what is at hand. */
static bool get_may_go_on(struct session *session, const struct order *order)
{
	bool has_cached = (session->request.flags & WIRE_FLAG_CACHED) && session->cached_allowed;
	struct mediation_facts facts = {
		.mediation = session->mediation,
		.flag_clear = session->policy.silent_allowed,
	};

	mediation_collect(order, has_cached, session->n_usable, &facts);
	return mediation_decide(&facts) != MEDIATION_REFUSE;
}

/* What could neither ask nor wait, and found nothing, is (null) and no refusal
 * (behaviours 24, 30, 34). */
static void get_null(const struct session *session, struct session_outcome *outcome)
{
	bool quiet = session->mediation == WEBCRED_MEDIATION_SILENT ||
		     session->mediation == WEBCRED_MEDIATION_IMMEDIATE;

	if (!quiet || (outcome->status != WEBCRED_STATUS_UNAVAIL &&
		       outcome->status != WEBCRED_STATUS_NOTFOUND))
		return;
	outcome->status = WEBCRED_STATUS_NONE;
	outcome->result = 0;
}

static void get_choose_and_walk(struct session *session, struct order *order, uint8_t minimum,
				struct session_outcome *outcome)
{
	int r = session_choose(session, order);

	if (r == 0) {
		get_walk(session, order, minimum, outcome);
		return;
	}
	outcome->result = r;
	outcome->status = r < 0 ? WEBCRED_STATUS_FAULT : WEBCRED_STATUS_NOTALLOWED;
	snprintf(outcome->reason, sizeof(outcome->reason), "nothing was chosen");
}

/* Order, mediation and types are as they have to be, and which records count:
 * 0, or what ends the request before anybody is asked. */
static int get_check(struct session *session, uint8_t minimum, struct order *order,
		     size_t *ret_enrolled)
{
	int r = get_order(session, order);

	if (r == 0)
		r = get_resolve(session);
	if (r == 0)
		r = get_check_capabilities(session, order);
	if (r == 0)
		r = session_filter(session, order, minimum, ret_enrolled);
	return r;
}

static void get_ask(struct session *session, struct order *order, uint8_t minimum,
		    struct session_outcome *outcome)
{
	bool pretend = session->policy.barred || session->n_usable == 0;

	if (order_has_ssh_key(order) && session_ssh_key(session, order, pretend, outcome))
		return;
	pretend = session->policy.barred || session->n_usable == 0;
	if (!get_may_go_on(session, order)) {
		outcome->status = WEBCRED_STATUS_NONE; /* (null) under silent mediation */
		snprintf(outcome->reason, sizeof(outcome->reason), "silent access is not allowed");
	} else if (session->mediation == WEBCRED_MEDIATION_CONDITIONAL) {
		session_conditional(session, order, minimum, pretend, outcome);
	} else if (pretend) {
		get_pretend(session, order, outcome);
	} else {
		get_choose_and_walk(session, order, minimum, outcome);
	}
}

static void get_run(struct session *session, uint8_t minimum, struct session_outcome *outcome)
{
	struct order order;
	size_t enrolled = 0;
	int r = get_check(session, minimum, &order, &enrolled);

	if (r != 0) {
		outcome->result = r;
		snprintf(outcome->reason, sizeof(outcome->reason), "%.*s", TYPE_REASON_MAX - 1,
			 session->trouble);
		return;
	}
	if (!session->policy.barred && enrolled == 0 &&
	    (session->request.flags & WIRE_FLAG_NULL_OK)) {
		outcome->status = WEBCRED_STATUS_NOTFOUND; /* (null): read, and nothing there */
		snprintf(outcome->reason, sizeof(outcome->reason), "nothing is enrolled");
		return;
	}
	get_ask(session, &order, minimum, outcome);
	get_null(session, outcome);
}

void session_login(struct session *session, uint8_t minimum, struct session_outcome *ret_outcome)
{
	memset(ret_outcome, 0, sizeof(*ret_outcome));
	ret_outcome->verdict = VERDICT_REFUSED;
	ret_outcome->status = WEBCRED_STATUS_NONE;
	get_run(session, minimum, ret_outcome);
	if (ret_outcome->status == WEBCRED_STATUS_FAULT && ret_outcome->result >= 0)
		ret_outcome->result = -EIO;
}

static void get_result_credential(struct session *session, const struct session_outcome *outcome)
{
	struct wire_result *result = &session->result;

	credential_to_wire(outcome->used, &result->credential);
	if (outcome->silent)
		result->credential.flags |= WIRE_CREDENTIAL_SILENT;
	if (outcome->user_verified)
		result->credential.flags |= WIRE_CREDENTIAL_UV;
	result->has_credential = true;
	memcpy(result->login, outcome->judgement.login, WIRE_LOGIN_SIZE);
	result->login_len = session->assign.login_socket ? WIRE_LOGIN_SIZE : 0;
}

void session_login_result(struct session *session, const struct session_outcome *outcome)
{
	struct wire_result *result = &session->result;

	result->status = (uint8_t)outcome->status;
	if (session->policy.tell_throttled)
		result->flags |= WIRE_RESULT_TELL_THROTTLED;
	if (outcome->result > 0)
		result->outcome = (uint32_t)outcome->result;
	else if (outcome->result < 0)
		result->fault = (uint32_t)-outcome->result;
	/* A conversation that died guessed nothing: `sudo -n` ends at once.  So did who found no
	 * room. */
	if (outcome->status != WEBCRED_STATUS_SUCCESS && outcome->result != WEBCRED_ABORTED &&
	    outcome->result != -EAGAIN)
		result->delay_us = session->policy.fail_delay_us;
	session_explain(session, "%s", outcome->reason);
	snprintf(result->message, sizeof(result->message), "%s",
		 session->explain[0] ? session->explain : outcome->reason);
	if (outcome->verdict == VERDICT_GRANTED && outcome->status == WEBCRED_STATUS_SUCCESS &&
	    outcome->result == 0 && outcome->used) {
		get_result_credential(session, outcome);
		result->granted = WEBCRED_GRANTED; /* the one line: the keeper has committed */
	}
}

/* Behaviour 37: who was not asked is told, unless silence was asked for. */
static void get_tell(struct session *session, const struct session_outcome *outcome)
{
	char text[WIRE_LABEL_MAX + 96];

	if (outcome->verdict != VERDICT_GRANTED || !outcome->silent || !outcome->used ||
	    session->mediation == WEBCRED_MEDIATION_SILENT)
		return;
	if (outcome->used->type == WEBCRED_TYPE_PUBLIC_KEY)
		snprintf(text, sizeof(text),
			 "Your security key \"%s\", which sshd has verified, "
			 "let you in.",
			 outcome->used->label);
	else
		snprintf(text, sizeof(text), "The %s you gave before let you in.",
			 credential_kind_name(outcome->used->kind));
	(void)session_show(session, WEBCRED_SHOW_INFO, text);
}

static enum question_end get_end(const struct session_outcome *outcome)
{
	if (outcome->verdict == VERDICT_GRANTED)
		return END_GRANTED;
	if (outcome->result < 0)
		return END_FAULT;
	if (outcome->result == WEBCRED_ABORTED)
		return END_DECLINED;
	return outcome->result == 0 ? END_NULL : END_REFUSED;
}

void session_get(struct session *session)
{
	struct session_outcome outcome;
	int r = session_begin(session);

	if (r != 0) {
		session->result.outcome = r > 0 ? (uint32_t)r : 0;
		session->result.fault = r < 0 ? (uint32_t)-r : 0;
		session->result.status = WEBCRED_STATUS_FAULT;
		snprintf(session->result.message, sizeof(session->result.message), "%s",
			 session->trouble);
		session_end(session, r < 0 ? END_FAULT : END_REFUSED, WEBCRED_TYPE_NONE,
			    session->trouble);
		return;
	}
	session_login(session, 0, &outcome);
	get_tell(session, &outcome);
	session_login_result(session, &outcome);
	session_end(session, get_end(&outcome), outcome.type, outcome.reason);
}
