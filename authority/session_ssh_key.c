/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_ssh_key - the source ssh-key: a key that sshd has asked for itself, in
 * this very login.  To us it is silent, and held to what silence is held to:
 * the prevent-silent-access flag is clear, and the mediation allows it.
 */
#include "authority/session.h"

#include <stdio.h>

#include "lib/core/types/ssh_key.h"

static bool ssh_key_may_be_silent(const struct session *session)
{
	struct mediation_facts facts = {
		.mediation = session->mediation,
		.flag_clear = session->policy.silent_allowed,
		.collected = 1,
		.all_from_store = true,
	};

	/* By the flag alone (sshd passes DISALLOW_NULL) what was shown in this very
	 * transaction counts; by the word `required` nothing does (33). */
	if (session->mediation == WEBCRED_MEDIATION_REQUIRED)
		facts.mediation = WEBCRED_MEDIATION_OPTIONAL;
	return session->cached_allowed && mediation_decide(&facts) == MEDIATION_ALLOW_SILENT;
}

static void ssh_key_forget(struct session *session, const struct order *order)
{
	size_t i, n = 0;

	for (i = 0; i < session->n_usable; i++) {
		if (order_has(order, session->usable[i].type))
			session->usable[n++] = session->usable[i];
	}
	session->n_usable = n;
}

bool session_ssh_key(struct session *session, struct order *order, bool pretend,
		     struct session_outcome *outcome)
{
	struct type_host host = session_host(session);
	struct order_step step = order->step[0];
	struct session_outcome tried = *outcome;
	struct type_login login;

	order_shift(order);
	tried.status = WEBCRED_STATUS_UNAVAIL;
	if (ssh_key_may_be_silent(session)) {
		session_prepare(session, 0, pretend, &login);
		tried.status = ssh_key_get(&host, &login, session->request.ssh_auth);
		tried.status = session_took(session, "ssh-key", &login, tried.status, &tried);
	} else {
		session_explain(session, "ssh-key: UNAVAIL, silent access is not allowed\n");
		snprintf(tried.reason, sizeof(tried.reason), "silent access is not allowed");
	}
	tried.type = WEBCRED_TYPE_PUBLIC_KEY;
	if (order->n > 0 && order_next(&step, tried.status) == ORDER_CONTINUE) {
		ssh_key_forget(session, order);
		return false;
	}
	*outcome = tried;
	if (outcome->status != WEBCRED_STATUS_SUCCESS && outcome->result == 0)
		outcome->result = WEBCRED_NOT_ALLOWED;
	return true;
}
