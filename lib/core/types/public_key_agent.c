/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_agent - a security key at the machine that the person came from,
 * reached through the ssh agent that they brought along.
 *
 * The agent is asked which keys it has and, for those that are enrolled, for a
 * signature over a challenge of ours.  It may belong to anybody: a signature that
 * verifies proves itself, and everything else it says is worth nothing.  Whether
 * the key verifies its owner cannot be asked for here; that it did is in the flags.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/public_key_agent.h"
#include "lib/core/types/public_key_check.h"
#include "lib/core/types/said.h"

#define RECORDS_MAX 64

/* One of the account's records that an agent can hold. */
struct agent_record {
	const struct credential *record;
	size_t len;
	uint8_t key[SSH_AGENT_KEY_MAX];
	bool there;
};

/* ---- one exchange ----------------------------------------------------------------- */

void public_key_agent_end_text(const struct type_agent_answer *answer, char *text, size_t size)
{
	static const char *const ends[] = {
		[TYPE_AGENT_UNFIT] = "what was passed is no connected socket",
		[TYPE_AGENT_CLOSED] = "it hung up",
		[TYPE_AGENT_LATE] = "no answer in time",
		[TYPE_AGENT_TOO_LONG] = "an answer of no length, or longer than any",
		[TYPE_AGENT_UNASKED] = "it spoke without being asked",
	};

	if (answer->end == TYPE_AGENT_NONE && answer->error != 0)
		snprintf(text, size, "agent: none: %s",
			 answer->error == ENODATA ? "SSH_AUTH_SOCK is not set"
			 : answer->error == EPERM ? "the caller is root, and nobody's agent is its"
						  : strerror(answer->error));
	else if (answer->end >= TYPE_AGENT_UNFIT && answer->end <= TYPE_AGENT_UNASKED)
		snprintf(text, size, "agent: %s", ends[answer->end]);
	else
		snprintf(text, size, "agent: the caller offers none");
}

int public_key_agent_sign(const struct type_host *host, const uint8_t *key, size_t key_len,
			  uint32_t timeout_ms, struct public_key_agent_attempt *attempt)
{
	uint8_t request[SSH_AGENT_REQUEST_MAX];
	size_t len;
	int r;

	host->random(host->context, attempt->about.challenge, sizeof(attempt->about.challenge));
	r = sshsig_make(&attempt->about, attempt->to_sign);
	if (r != 0)
		return r;
	len = ssh_agent_put_sign(key, key_len, attempt->to_sign, sizeof(attempt->to_sign), request,
				 sizeof(request));
	if (len == 0)
		return -EMSGSIZE;
	return host->agent(host->context, request, len, timeout_ms, &attempt->answer);
}

/* What the key signed, in WebAuthn's order; the hash of the application is ours. */
static const char *agent_take_signature(const struct credential *record,
					struct public_key_agent_attempt *attempt)
{
	const struct ssh_agent_signature *signature = &attempt->signature;
	uint8_t *at = attempt->auth_data;
	const char *wrong = ssh_agent_get_signature(attempt->answer.bytes, attempt->answer.len,
						    &attempt->signature);

	if (wrong != NULL)
		return wrong;
	if (signature->algorithm != record->cose_algorithm)
		return "agent: a signature of another algorithm than the key's";
	if (public_key_hash(record->rp_id, strlen(record->rp_id), at) != 0)
		return "agent: the application cannot be hashed";
	at[32] = signature->flags;
	for (unsigned i = 0; i < 4; i++)
		at[33 + i] = (uint8_t)(signature->counter >> (24 - 8 * i));
	return NULL;
}

void public_key_agent_judge(const struct policy *policy, const struct credential *record,
			    bool user_verification, struct public_key_agent_attempt *attempt,
			    struct public_key_judgement *judged)
{
	const char *wrong = agent_take_signature(record, attempt);
	struct public_key_expectation expected = {
		.record = record,
		.user_verification = user_verification,
		.counter = (enum policy_counter)policy->counter,
	};
	struct public_key_response response = {
		.auth_data = {attempt->auth_data, sizeof(attempt->auth_data)},
		.client_data = {attempt->to_sign, sizeof(attempt->to_sign)},
		.signature = {attempt->signature.bytes, attempt->signature.len},
	};

	judged->verdict = VERDICT_REFUSED;
	if (wrong != NULL)
		snprintf(judged->reason, sizeof(judged->reason), "%s", wrong);
	else
		public_key_verify_agent(&expected, &response, judged);
}

int public_key_agent_touch(const struct type_host *host, const char *label)
{
	char key[PUBLIC_KEY_TEXT_MAX], text[PUBLIC_KEY_TEXT_MAX + 64];

	public_key_touch_text(label, false, key, sizeof(key));
	key[strlen(key) - 1] = '\0'; /* its full stop */
	snprintf(text, sizeof(text), "%s on the machine you came from.", key);
	return host->show(host->context, WEBCRED_SHOW_TOUCH, text);
}

/* ---- which records ------------------------------------------------------------------ */

struct agent_records {
	struct agent_record record[RECORDS_MAX];
	size_t n;
	const struct type_login *login;
};

static bool agent_mark(void *context, const uint8_t *key, size_t len, const char *comment,
		       size_t comment_len)
{
	struct agent_records *records = context;

	(void)comment, (void)comment_len;
	for (size_t i = 0; i < records->n; i++)
		if (records->record[i].len == len && memcmp(records->record[i].key, key, len) == 0)
			records->record[i].there = true;
	return true;
}

static void agent_collect(const struct type_login *login, struct agent_records *records)
{
	const struct credential *sorted[RECORDS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < login->n_credentials && n < RECORDS_MAX; i++) {
		const struct credential *record = &login->credentials[i];

		if (public_key_in_agents(record) && !record->locked &&
		    credential_strength(record, true) >= login->minimum_strength)
			sorted[n++] = record;
	}
	public_key_sort(login, sorted, n);
	for (size_t i = 0; i < n; i++) {
		struct agent_record *at = &records->record[records->n];

		at->record = sorted[i];
		at->len = ssh_agent_key(sorted[i], at->key, sizeof(at->key));
		records->n += at->len > 0;
	}
}

bool public_key_in_agents(const struct credential *record)
{
	return record->type == WEBCRED_TYPE_PUBLIC_KEY && record->kind == KIND_SSH_SK;
}

/* ---- get ----------------------------------------------------------------------------- */

/* It never came so far that anybody was asked to touch anything: no device. */
static enum webcred_status get_no_agent(struct type_login *login,
					const struct type_agent_answer *answer)
{
	char why[TYPE_REASON_MAX];

	public_key_agent_end_text(answer, why, sizeof(why));
	return said_unavailable(login, why);
}

static enum webcred_status get_untouched(const struct type_host *host, struct type_login *login,
					 const char *why)
{
	int shown = host->show(host->context, WEBCRED_SHOW_ERROR,
			       "Your ssh agent has not signed: the key was not touched, is not "
			       "plugged in, or may not be used here.");

	if (shown < 0)
		return said_result(login, shown, "the person cannot be told");
	said_unavailable(login, why);
	login->result = WEBCRED_NOT_ALLOWED;
	return WEBCRED_STATUS_TRYAGAIN;
}

static enum webcred_status get_lie(const struct type_host *host, struct type_login *login,
				   const char *reason)
{
	int shown = host->show(host->context, WEBCRED_SHOW_ERROR,
			       "The ssh agent's answer was not valid.");

	return said_result(login, shown < 0 ? shown : WEBCRED_NOT_ALLOWED, reason);
}

static enum webcred_status get_judge(const struct type_host *host, struct type_login *login,
				     const struct credential *record,
				     struct public_key_agent_attempt *attempt)
{
	struct public_key_judgement judged = {.verdict = VERDICT_REFUSED};
	char why[TYPE_REASON_MAX];

	if (attempt->answer.end == TYPE_AGENT_LATE)
		return get_untouched(host, login, "agent: the key was not touched in time");
	if (attempt->answer.end != TYPE_AGENT_ANSWERED) {
		public_key_agent_end_text(&attempt->answer, why, sizeof(why));
		return get_lie(host, login, why);
	}
	public_key_agent_judge(login->policy, record,
			       public_key_verification(login, record) == WEBCRED_UV_REQUIRED,
			       attempt, &judged);
	if (judged.verdict != VERDICT_GRANTED)
		return get_lie(host, login, judged.reason);
	if (credential_strength(record, judged.user_verified) < login->minimum_strength)
		return said_result(login, WEBCRED_NOT_ALLOWED,
				   "the key is too weak a proof without verification");
	return public_key_commit(host, login, record, &judged, true);
}

/* True where it is decided; the agent's own no leads to the next key. */
static bool get_one(const struct type_host *host, struct type_login *login,
		    const struct agent_record *key, enum webcred_status *ret_status)
{
	struct public_key_agent_attempt attempt = {
		.about = {.purpose = "get",
			  .rp_id = login->policy->rp_id,
			  .host = login->policy->host,
			  .service = login->service,
			  .user = login->user,
			  .tty = login->tty},
	};
	int r = public_key_agent_touch(host, key->record->label);

	if (r >= 0)
		r = public_key_agent_sign(host, key->key, key->len, login->timeout_ms, &attempt);
	if (r != 0)
		*ret_status = said_result(login, r, "the ssh agent could not be asked");
	else if (attempt.answer.end != TYPE_AGENT_ANSWERED ||
		 !ssh_agent_refused(attempt.answer.bytes, attempt.answer.len))
		*ret_status = get_judge(host, login, key->record, &attempt);
	else
		return false;
	return true;
}

static enum webcred_status get_list(const struct type_host *host, struct type_login *login,
				    struct agent_records *records)
{
	struct type_agent_answer answer;
	uint8_t request[16];
	const char *wrong;
	size_t len = ssh_agent_put_list(request, sizeof(request));
	int r = host->agent(host->context, request, len,
			    login->timeout_ms < PUBLIC_KEY_AGENT_LIST_MS ? login->timeout_ms
									 : PUBLIC_KEY_AGENT_LIST_MS,
			    &answer);

	if (r != 0)
		return said_result(login, r, "the ssh agent could not be asked");
	if (answer.end != TYPE_AGENT_ANSWERED)
		return get_no_agent(login, &answer);
	wrong = ssh_agent_refused(answer.bytes, answer.len)
			? "agent: it does not tell which keys it has; is it locked?"
			: ssh_agent_get_keys(answer.bytes, answer.len, agent_mark, records);
	if (wrong != NULL)
		return said_unavailable(login, wrong);
	return WEBCRED_STATUS_SUCCESS; /* of the list */
}

static enum webcred_status get_run(const struct type_host *host, struct type_login *login,
				   struct agent_records *records)
{
	enum webcred_status status;
	bool there = false;

	agent_collect(login, records);
	if (records->n == 0)
		return said_not_found(login, "agent: no key that it could hold is enrolled");
	login->asked = true;
	status = get_list(host, login, records);
	if (status != WEBCRED_STATUS_SUCCESS)
		return status;
	for (size_t i = 0; i < records->n; i++) {
		if (!records->record[i].there)
			continue;
		there = true;
		if (get_one(host, login, &records->record[i], &status))
			return status;
	}
	if (!there)
		return said_unavailable(login, "agent: it holds no key that is enrolled");
	return get_untouched(host, login, "agent: it would not sign");
}

enum webcred_status public_key_agent_get(const struct type_host *host, struct type_login *login)
{
	struct agent_records *records = calloc(1, sizeof(*records));
	enum webcred_status status;

	if (records == NULL)
		return said_result(login, -ENOMEM, "no memory for an agent's keys");
	status = get_run(host, login, records);
	free(records);
	return status;
}
