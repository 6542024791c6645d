/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key - security keys at a login.
 *
 * The host blinks and asks for PINs; what comes back is an assertion nobody has
 * believed yet.  It is judged here, and what the judgement changed is committed
 * by the host; the verdict is the commit's alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/public_key.h"
#include "lib/core/types/public_key_check.h"
#include "lib/core/types/said.h"

/* One ceremony: what was asked, and what came back. */
struct attempt {
	const struct credential *record[CEREMONY_ENTRIES_MAX];
	struct ceremony_entry entry[CEREMONY_ENTRIES_MAX];
	size_t n;
	enum webcred_user_verification user_verification;
	struct public_key_own own;
	struct type_ceremony_result result;
};

/* ---- which records ---------------------------------------------------------- */

static bool get_usable(const struct type_login *login, const struct credential *record)
{
	return record->type == WEBCRED_TYPE_PUBLIC_KEY && !record->locked &&
	       record->external_len > 0 &&
	       credential_strength(record, true) >= login->minimum_strength;
}

static int by_use(const void *a, const void *b)
{
	const struct credential *const *x = a, *const *y = b;

	return ((*x)->last_used < (*y)->last_used) - ((*x)->last_used > (*y)->last_used);
}

void public_key_sort(const struct type_login *login, const struct credential **records, size_t n)
{
	if (!login->preferred)
		qsort(records, n, sizeof(records[0]), by_use);
}

/* Allocated; *ret_n may be 0.  NULL for lack of memory. */
static const struct credential **get_records(const struct type_login *login, size_t *ret_n)
{
	const struct credential **records = calloc(login->n_credentials + 1, sizeof(*records));
	size_t n = 0;

	if (records == NULL)
		return NULL;
	for (size_t i = 0; i < login->n_credentials; i++) {
		if (get_usable(login, &login->credentials[i]))
			records[n++] = &login->credentials[i];
	}
	public_key_sort(login, records, n);
	*ret_n = n;
	return records;
}

/* Verification makes a key the stronger proof: where that much is demanded, it
 * is required. */
enum webcred_user_verification public_key_verification(const struct type_login *login,
						       const struct credential *record)
{
	return credential_strength(record, false) < login->minimum_strength
		       ? WEBCRED_UV_REQUIRED
		       : login->user_verification;
}

/* ---- one ceremony: the parts that create() has, too ---------------------------- */

int public_key_own_make(const struct type_host *host, const struct policy *policy,
			const char *service, bool create, struct public_key_own *ret_own)
{
	const char *name = policy->host[0] != '\0' ? policy->host : policy->rp_id;
	ssize_t len;
	int result = public_key_origin(name, service != NULL ? service : "webcred", ret_own->origin,
				       sizeof(ret_own->origin));

	if (result != 0)
		return result;
	host->random(host->context, ret_own->challenge, sizeof(ret_own->challenge));
	len = public_key_client_data(create, ret_own->challenge, sizeof(ret_own->challenge),
				     ret_own->origin, ret_own->client_data,
				     sizeof(ret_own->client_data));
	if (len < 0)
		return (int)len;
	ret_own->client_data_len = (size_t)len;
	return public_key_hash(ret_own->client_data, ret_own->client_data_len, ret_own->hash);
}

struct public_key_context public_key_own_context(const struct public_key_own *own)
{
	struct public_key_context context = {
		.origin = own->origin,
		.challenge = {own->challenge, sizeof(own->challenge)},
	};

	return context;
}

void public_key_entry(const struct credential *record, struct ceremony_entry *ret_entry)
{
	memset(ret_entry, 0, sizeof(*ret_entry));
	snprintf(ret_entry->rp_id, sizeof(ret_entry->rp_id), "%s", record->rp_id);
	ret_entry->len = record->external_len;
	memcpy(ret_entry->id, record->external, record->external_len);
	ret_entry->no_touch = record->no_touch;
}

int public_key_tell_end(const struct type_host *host, const struct type_ceremony_result *result,
			bool create, const char *user)
{
	char text[PUBLIC_KEY_TEXT_MAX + WIRE_NAME_MAX];
	int shown;

	public_key_end_text(result, create, user, text, sizeof(text));
	if (text[0] == '\0')
		return 0;
	shown = host->show(host->context, WEBCRED_SHOW_ERROR, text);
	return shown < 0 ? shown : 0;
}

/* ---- judging what came back ------------------------------------------------------ */

/* The record the key answered for; NULL where it names none of those asked for. */
static const struct credential *get_answered(const struct attempt *attempt)
{
	const struct ceremony_result *answer = &attempt->result.result;

	if (answer->id_len == 0 && attempt->n == 1) /* 67 */
		return attempt->record[0];
	for (size_t i = 0; i < attempt->n; i++) {
		if (attempt->record[i]->external_len == answer->id_len &&
		    memcmp(attempt->record[i]->external, answer->id, answer->id_len) == 0)
			return attempt->record[i];
	}
	return NULL;
}

static void get_verify(const struct type_login *login, const struct attempt *attempt,
		       const struct credential *record, struct public_key_judgement *judgement)
{
	const struct ceremony_result *answer = &attempt->result.result;
	struct public_key_bytes allow[CEREMONY_ENTRIES_MAX];
	struct public_key_expectation expected = {
		.context = public_key_own_context(&attempt->own),
		.record = record,
		.user_verification = attempt->user_verification == WEBCRED_UV_REQUIRED,
		.counter = (enum policy_counter)login->policy->counter,
		.user_handle = login->policy->user_handle,
		.user_handle_len = login->policy->user_handle_len,
		.allow = allow,
		.n_allow = attempt->n,
	};
	struct public_key_response response = {
		.id = {answer->id, answer->id_len},
		.auth_data = {answer->auth_data, answer->auth_data_len},
		.client_data = {(const uint8_t *)attempt->own.client_data,
				attempt->own.client_data_len},
		.signature = {answer->signature, answer->signature_len},
		.user_handle = {answer->user_handle, answer->user_handle_len},
	};

	for (size_t i = 0; i < attempt->n; i++)
		allow[i] = (struct public_key_bytes){attempt->entry[i].id, attempt->entry[i].len};
	public_key_verify(&expected, &response, judgement);
}

/* The counter rises, and never falls, whatever the policy let pass; but after a
 * restore it is learnt anew, once. */
static uint64_t get_counter(const struct credential *record,
			    const struct public_key_judgement *judged)
{
	return record->relearn || judged->counter > record->moving ? judged->counter
								   : record->moving;
}

enum webcred_status public_key_commit(const struct type_host *host, struct type_login *login,
				      const struct credential *record,
				      const struct public_key_judgement *judged, bool agent)
{
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct type_change change = {
		.read_moving = record->moving,
		.moving = get_counter(record, judged),
		.backup_state = judged->backup_state,
		.user_verified = judged->user_verified,
		.agent = agent,
	};
	enum webcred_status status;
	int result;

	memcpy(change.id, record->id, sizeof(change.id));
	result = host->commit(host->context, &change, &judgement);
	if (result != 0)
		return said_result(login, result, "the assertion was not committed");
	status = said_judgement(login, &judgement, "the assertion was not committed");
	if (status == WEBCRED_STATUS_SUCCESS) {
		login->user_verified = judged->user_verified;
		memcpy(login->reason, judged->reason, sizeof(login->reason));
	}
	return status;
}

/* A key that lies: the person learns that much, the log the rest. */
static enum webcred_status get_lie(const struct type_host *host, struct type_login *login,
				   const char *reason)
{
	int shown =
		host->show(host->context, WEBCRED_SHOW_ERROR, "The key's answer was not valid.");

	return said_result(login, shown < 0 ? shown : WEBCRED_NOT_ALLOWED, reason);
}

static enum webcred_status get_judge(const struct type_host *host, struct type_login *login,
				     const struct attempt *attempt)
{
	const struct credential *record = get_answered(attempt);
	struct public_key_judgement judged = {.verdict = VERDICT_REFUSED};

	if (record == NULL)
		return get_lie(host, login, "credential id: not one that was asked for");
	get_verify(login, attempt, record, &judged);
	if (judged.verdict != VERDICT_GRANTED)
		return get_lie(host, login, judged.reason);
	if (credential_strength(record, judged.user_verified) < login->minimum_strength)
		return said_result(login, WEBCRED_NOT_ALLOWED,
				   "the key is too weak a proof without verification");
	return public_key_commit(host, login, record, &judged, false);
}

/* ---- how a ceremony ended without an answer ---------------------------------------- */

/* No device could serve (63): the order goes on.  Tried and refused: it ends. */
static enum webcred_status get_status(const struct type_ceremony_result *result)
{
	if (result->present == 0 || result->result.end == 0) /* none that could be opened */
		return WEBCRED_STATUS_UNAVAIL;
	/* Deaf or mad before anybody was asked to touch it: no device, and no lock-out. */
	if (result->matching == 0 && result->result.end == CEREMONY_BROKEN)
		return WEBCRED_STATUS_UNAVAIL;
	switch (result->result.end) {
	case CEREMONY_NOT_HERE:
	case CEREMONY_UNPLUGGED:
	case CEREMONY_BUSY:
	case CEREMONY_UNABLE:
	case CEREMONY_PIN_BLOCKED:
	case CEREMONY_PIN_UNSET:
	case CEREMONY_PIN_MUST_CHANGE:
		return WEBCRED_STATUS_UNAVAIL;
	case CEREMONY_NO_TOUCH:
		return WEBCRED_STATUS_TRYAGAIN;
	case CEREMONY_OK: /* is judged instead */
	case CEREMONY_EXCLUDED:
	case CEREMONY_DECLINED:
	case CEREMONY_PIN_WRONG:
	case CEREMONY_PIN_SHORT:
	case CEREMONY_PIN_LONG:
	case CEREMONY_BROKEN:
	case CEREMONY_CANCELLED:
		break;
	}
	return WEBCRED_STATUS_NOTALLOWED;
}

static enum webcred_status get_ended(const struct type_host *host, struct type_login *login,
				     const struct type_ceremony_result *result)
{
	const struct ceremony_result *answer = &result->result;
	enum webcred_status status = get_status(result);
	char why[TYPE_REASON_MAX];
	int shown = public_key_tell_end(host, result, false, login->user);

	if (shown < 0)
		return said_result(login, shown, "the person cannot be told");
	if (result->present == 0 && answer->end != CEREMONY_UNPLUGGED)
		return said_unavailable(login, "no security key is plugged in");
	snprintf(why, sizeof(why), "%s%s%.*s", public_key_end_name(answer->end),
		 answer->detail[0] != '\0' ? ": " : "", CEREMONY_DETAIL_MAX / 2, answer->detail);
	if (status == WEBCRED_STATUS_NOTALLOWED)
		return said_result(login, WEBCRED_NOT_ALLOWED, why);
	said_unavailable(login, why);
	login->result = status == WEBCRED_STATUS_TRYAGAIN ? WEBCRED_NOT_ALLOWED : 0;
	return status;
}

/* ---- get -------------------------------------------------------------------------- */

static int get_run(const struct type_host *host, const struct type_login *login,
		   struct attempt *attempt, bool more)
{
	struct type_ceremony ceremony = {
		.kind = CEREMONY_GET,
		.user_verification = attempt->user_verification,
		.pin_tries = login->policy->pin_tries,
		.timeout_ms = login->timeout_ms,
		.n_entries = (uint8_t)attempt->n,
		.entry = attempt->entry,
		.more = more,
	};
	int result = public_key_own_make(host, login->policy, login->service, false, &attempt->own);

	if (result != 0)
		return result;
	snprintf(ceremony.rp_id, sizeof(ceremony.rp_id), "%s", login->policy->rp_id);
	memcpy(ceremony.client_data_hash, attempt->own.hash, sizeof(attempt->own.hash));
	return host->ceremony(host->context, &ceremony, &attempt->result);
}

/* Takes the next records; all of one ceremony need the same verification. */
static size_t get_fill(const struct type_login *login, const struct credential **records, size_t n,
		       struct attempt *attempt)
{
	memset(attempt, 0, sizeof(*attempt));
	attempt->user_verification = public_key_verification(login, records[0]);
	while (attempt->n < n && attempt->n < CEREMONY_ENTRIES_MAX &&
	       public_key_verification(login, records[attempt->n]) == attempt->user_verification) {
		attempt->record[attempt->n] = records[attempt->n];
		public_key_entry(records[attempt->n], &attempt->entry[attempt->n]);
		attempt->n++;
	}
	return attempt->n;
}

/*
 * An account may have more keys than one message holds: then ceremony follows
 * ceremony, as long as keys are plugged in and none of them holds a credential
 * that was asked for.  A pre-flight is silent, so only the last one is seen, and
 * only the last one waits for a key: for one of those that were used last.
 */
static enum webcred_status get_try(const struct type_host *host, struct type_login *login,
				   const struct credential **records, size_t n,
				   struct attempt *attempt)
{
	const struct type_ceremony_result *result = &attempt->result;
	size_t done = 0;
	bool more;
	int r;

	login->asked = true;
	do {
		/* Behind the last of several: the first again. */
		bool again = done == n;

		more = get_fill(login, records + (again ? 0 : done), again ? n : n - done,
				attempt) < n &&
		       !again;
		done += again ? 0 : attempt->n;
		r = get_run(host, login, attempt, more);
		if (r != 0)
			return said_result(login, r, "the ceremony did not run");
		if (result->result.end == CEREMONY_OK && result->present > 0)
			return get_judge(host, login, attempt);
		if (result->present > 0 && result->result.end != 0 &&
		    result->result.end != CEREMONY_NOT_HERE)
			break;
	} while (more);
	return get_ended(host, login, result);
}

static enum webcred_status public_key_get(const struct type_host *host, struct type_login *login)
{
	const struct credential **records;
	struct attempt *attempt;
	enum webcred_status status;
	size_t n;

	if (!login->pretend && type_count(login, WEBCRED_TYPE_PUBLIC_KEY) == 0)
		return said_not_found(login, "no security key is enrolled");
	if (!login->may_ask || login->cached_only) /* 30, 55 */
		return said_unavailable(login, "nobody may be asked to touch a key");
	if (login->policy->remote && !login->policy->agent)
		return said_unavailable(login, "a remote session has no key at this machine");
	if (!login->policy->remote && login->policy->no_device)
		return said_unavailable(login, "transport: leaves out keys at this machine");
	if (login->pretend) /* 38: no key could tell anybody more */
		return said_result(login, WEBCRED_NOT_ALLOWED, "no security key is enrolled");
	if (login->policy->remote)
		return public_key_agent_get(host, login);
	records = get_records(login, &n);
	attempt = malloc(sizeof(*attempt));
	if (records == NULL || attempt == NULL)
		status = said_result(login, -ENOMEM, "no memory for a ceremony");
	else if (n == 0)
		status = said_not_found(login, "no enrolled key is proof enough for this change");
	else
		status = get_try(host, login, records, n, attempt);
	free(records);
	free(attempt);
	return status;
}

const struct type type_public_key = {
	.id = WEBCRED_TYPE_PUBLIC_KEY,
	.discovery = DISCOVERY_REMOTE,
	.conditional = true, /* only keys that are present and hold an enrolled one blink */
	.immediate = true,
	.get = public_key_get,
	.create = public_key_create, /* behaviour 44: store() of one is NotSupportedError */
};
