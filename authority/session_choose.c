/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_choose - the chooser (behaviours 25, 26, 36): named credentials,
 * numbers, the first by Enter.  Every key has its own line, since each must be
 * fetched; codes and the password have one each.  A person who has one way in
 * is not asked, and neither is a name that does not exist.
 */
#include "authority/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/public_key.h"

#define CHOOSE_MAX 32

struct choice {
	enum webcred_type type;
	const struct credential *key; /* of a security key */
};

static bool choose_is_offered(const struct session *session, const struct credential *credential)
{
	const struct policy *policy = &session->policy;

	if (credential->type != WEBCRED_TYPE_PUBLIC_KEY)
		return true;
	return policy->remote ? policy->agent && public_key_in_agents(credential)
			      : !policy->no_device;
}

/* In the order of the service; within a type as they were enrolled. */
static size_t choose_collect(const struct session *session, const struct order *order,
			     struct choice choice[CHOOSE_MAX])
{
	size_t n = 0, step, i;

	for (step = 0; step < order->n; step++) {
		enum webcred_type type = order->step[step].type;

		for (i = 0; i < session->n_usable && n < CHOOSE_MAX; i++) {
			if (session->usable[i].type != type ||
			    !choose_is_offered(session, &session->usable[i]))
				continue;
			choice[n].type = type;
			choice[n].key =
				type == WEBCRED_TYPE_PUBLIC_KEY ? &session->usable[i] : NULL;
			n++;
			if (type != WEBCRED_TYPE_PUBLIC_KEY)
				break;
		}
	}
	return n;
}

static void choose_text(const struct session *session, const struct choice *choice, size_t n,
			char *text, size_t size)
{
	size_t used, i;

	used = (size_t)snprintf(text, size, "Log in to %s on %s with\n", session->request.service,
				session->policy.host);
	for (i = 0; i < n && used < size; i++) {
		if (choice[i].key)
			used += (size_t)snprintf(text + used, size - used,
						 "  %zu  security key \"%s\"\n", i + 1,
						 choice[i].key->label);
		else
			used += (size_t)snprintf(
				text + used, size - used, "  %zu  %s\n", i + 1,
				choice[i].type == WEBCRED_TYPE_OTP ? "one-time code" : "password");
	}
	if (used < size)
		snprintf(text + used, size - used, "Number [1]: ");
}

/* 0 for anything that is no number on the list. */
static size_t choose_number(const struct webcred_secret *answer, size_t n)
{
	const char *text = secret_bytes(answer);
	unsigned long number;
	char *end;

	if (secret_len(answer) == 0)
		return 1;
	if (text[0] < '1' || text[0] > '9')
		return 0;
	number = strtoul(text, &end, 10);
	return *end == '\0' && number <= n ? (size_t)number : 0;
}

static void choose_narrow(struct session *session, struct order *order, const struct choice *choice)
{
	struct credential key;
	size_t i;

	for (i = 0; i < order->n; i++) {
		if (order->step[i].type == choice->type)
			order->step[0] = order->step[i];
	}
	order->n = 1;
	if (!choice->key)
		return;
	key = *choice->key;
	session->usable[0] = key;
	session->n_usable = 1;
}

int session_choose(struct session *session, struct order *order)
{
	struct choice choice[CHOOSE_MAX];
	struct webcred_secret *answer;
	char text[WIRE_TEXT_MAX + 1];
	size_t n, number = 0;
	int r;

	if (!session->policy.chooser || session->mediation == WEBCRED_MEDIATION_SILENT)
		return 0;
	n = choose_collect(session, order, choice);
	if (n < 2)
		return 0;
	answer = secret_new();
	if (!answer)
		return -ENOMEM;
	choose_text(session, choice, n, text, sizeof(text));
	r = session_ask(session, WEBCRED_ASK_VISIBLE, text, answer);
	if (r == 0)
		number = choose_number(answer, n);
	secret_free(answer);
	if (r != 0)
		return r;
	if (number == 0) {
		(void)session_show(session, WEBCRED_SHOW_ERROR, "There is no such number.");
		return WEBCRED_NOT_ALLOWED;
	}
	session_explain(session, "chosen: %s\n", outcome_type_name(choice[number - 1].type));
	choose_narrow(session, order, &choice[number - 1]);
	return 0;
}
