/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_agent_create - enrolling a security key that is in the caller's ssh
 * agent.  Only its public half and its application come over: the record serves
 * through an agent alone, and is proved by one signature before it is stored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/import.h"
#include "lib/core/types/public_key_agent.h"
#include "lib/core/types/public_key_check.h"

/* The security keys in the agent that the account has not enrolled. */
struct agent_new {
	const struct type_creation *creation;
	struct credential record; /* the first of them */
	unsigned keys, enrolled;
};

static bool new_is_enrolled(const struct type_creation *creation, const struct credential *record)
{
	for (size_t i = 0; creation->credentials != NULL && i < creation->n_credentials; i++) {
		const struct credential *other = &creation->credentials[i];

		if (public_key_in_agents(other) && other->key_len == record->key_len &&
		    memcmp(other->key, record->key, record->key_len) == 0 &&
		    strcmp(other->rp_id, record->rp_id) == 0)
			return true;
	}
	return false;
}

/* A label that was given picks the key with that comment, where there is one. */
static bool new_take(void *context, const uint8_t *key, size_t len, const char *comment,
		     size_t comment_len)
{
	struct agent_new *new = context;
	struct credential record;

	if (import_openssh_key(key, len, comment, comment_len, &record) != NULL)
		return true;
	new->keys++;
	if (new_is_enrolled(new->creation, &record))
		new->enrolled++;
	else if (new->keys - new->enrolled == 1 || strcmp(record.label, new->creation->label) == 0)
		new->record = record;
	return true;
}

static int new_tell(const struct type_host *host, int outcome, const char *text)
{
	int shown = host->show(host->context, WEBCRED_SHOW_ERROR, text);

	return shown < 0 ? shown : outcome;
}

static int new_find(const struct type_host *host, struct agent_new *new)
{
	struct type_agent_answer answer;
	uint8_t request[16];
	char text[TYPE_REASON_MAX];
	int r = host->agent(host->context, request, ssh_agent_put_list(request, sizeof(request)),
			    PUBLIC_KEY_AGENT_LIST_MS, &answer);

	if (r != 0)
		return r;
	if (answer.end != TYPE_AGENT_ANSWERED) {
		public_key_agent_end_text(&answer, text, sizeof(text));
		return new_tell(host, WEBCRED_NOT_ALLOWED, text);
	}
	if (ssh_agent_get_keys(answer.bytes, answer.len, new_take, new) != NULL)
		return new_tell(host, WEBCRED_NOT_ALLOWED, "The ssh agent's answer was not valid.");
	if (new->keys == 0)
		return new_tell(host, WEBCRED_NOT_ALLOWED,
				"There is no security key in your ssh agent; ssh-add puts one in.");
	if (new->keys == new->enrolled)
		return new_tell(host, WEBCRED_INVALID_STATE,
				"The security keys in your ssh agent are enrolled already.");
	return 0;
}

/* Whoever enrols a key shows that they have it, and learns that it works. */
static int new_prove(const struct type_host *host, const struct policy *policy,
		     const struct type_creation *creation, struct credential *record)
{
	struct public_key_judgement judged = {.verdict = VERDICT_REFUSED};
	struct public_key_agent_attempt attempt = {
		.about = {.purpose = "create",
			  .rp_id = policy->rp_id,
			  .host = policy->host,
			  .service = creation->service,
			  .user = creation->user,
			  .tty = creation->tty},
	};
	char text[TYPE_REASON_MAX + 64];
	uint8_t key[SSH_AGENT_KEY_MAX];
	size_t len = ssh_agent_key(record, key, sizeof(key));
	int r = public_key_agent_touch(host, record->label);

	if (r >= 0)
		r = public_key_agent_sign(host, key, len, policy->timeout_ms, &attempt);
	if (r != 0)
		return r;
	if (attempt.answer.end != TYPE_AGENT_ANSWERED ||
	    ssh_agent_refused(attempt.answer.bytes, attempt.answer.len))
		return new_tell(host, WEBCRED_NOT_ALLOWED,
				"Your ssh agent has not signed: the key was not touched, is not "
				"plugged in, or may not be used here.");
	public_key_agent_judge(policy, record, creation->user_verification == WEBCRED_UV_REQUIRED,
			       &attempt, &judged);
	if (judged.verdict != VERDICT_GRANTED) {
		snprintf(text, sizeof(text), "The new credential was not accepted: %s.",
			 judged.reason);
		return new_tell(host, WEBCRED_NOT_ALLOWED, text);
	}
	record->moving = judged.counter;
	record->uv_initialized = judged.user_verified;
	record->backup_state = judged.backup_state;
	return 0;
}

int public_key_agent_create(const struct type_host *host, const struct policy *policy,
			    const struct type_creation *creation, struct credential *ret_credential)
{
	struct agent_new *new;
	int r;

	/* These are the key's own to say, and an agent passes none of them on. */
	if (creation->resident || creation->no_touch || creation->attest || policy->models.n > 0)
		return new_tell(host, WEBCRED_CONSTRAINT,
				"A key in an ssh agent can be made neither resident nor touchless, "
				"and does not attest its model.");
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->creation = creation;
	r = new_find(host, new);
	if (r == 0)
		r = new_prove(host, policy, creation, &new->record);
	if (r == 0 && creation->label[0] != '\0')
		snprintf(new->record.label, sizeof(new->record.label), "%s", creation->label);
	if (r == 0)
		r = host->enrol_key(host->context, &new->record, ret_credential);
	free(new);
	return r;
}
