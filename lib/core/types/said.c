/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/said.h"

#include <stdio.h>
#include <string.h>

static void reason(struct type_login *login, const char *text)
{
	snprintf(login->reason, sizeof(login->reason), "%s", text);
}

enum webcred_status said_result(struct type_login *login, int result, const char *what)
{
	login->judgement.verdict = VERDICT_REFUSED;
	secret_wipe(login->judgement.login, sizeof(login->judgement.login));
	login->result = result;
	if (result < 0) {
		snprintf(login->reason, sizeof(login->reason), "%s: %s", what, strerror(-result));
		return WEBCRED_STATUS_FAULT;
	}
	if (result == WEBCRED_OK)
		login->result = WEBCRED_NOT_ALLOWED;
	reason(login, what);
	return WEBCRED_STATUS_NOTALLOWED;
}

enum webcred_status said_not_found(struct type_login *login, const char *why)
{
	reason(login, why);
	return WEBCRED_STATUS_NOTFOUND;
}

enum webcred_status said_unavailable(struct type_login *login, const char *why)
{
	reason(login, why);
	return WEBCRED_STATUS_UNAVAIL;
}

enum webcred_status said_throttled(struct type_login *login, uint32_t wait_s)
{
	struct type_judgement *judgement = &login->judgement;

	memset(judgement, 0, sizeof(*judgement));
	judgement->verdict = VERDICT_REFUSED;
	judgement->throttled = true;
	judgement->wait_s = wait_s;
	if (wait_s == 0)
		snprintf(judgement->reason, sizeof(judgement->reason),
			 "Too many tries. Ask an administrator to unlock the account.");
	else
		snprintf(judgement->reason, sizeof(judgement->reason),
			 "Too many tries. Wait %u second%s.", wait_s, wait_s == 1 ? "" : "s");
	login->result = WEBCRED_NOT_ALLOWED;
	reason(login, judgement->reason);
	return WEBCRED_STATUS_TRYAGAIN;
}

enum webcred_status said_judgement(struct type_login *login, const struct type_judgement *judgement,
				   const char *refused)
{
	if (judgement->verdict == VERDICT_GRANTED && !judgement->throttled) {
		login->judgement = *judgement;
		login->result = 0;
		reason(login, "");
		return WEBCRED_STATUS_SUCCESS;
	}
	if (judgement->throttled)
		return said_throttled(login, judgement->wait_s);
	login->judgement = *judgement;
	return said_result(login, WEBCRED_NOT_ALLOWED,
			   judgement->reason[0] != '\0' ? judgement->reason : refused);
}
