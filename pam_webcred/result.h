/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * result - how a call ended becomes a PAM code, in one place.
 *
 * A struct result that nobody filled is a refusal.  The table is the last one
 * of the credential model's behaviours (doc/semantics).
 */
#ifndef WEBCRED_PAM_RESULT_H
#define WEBCRED_PAM_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/outcome.h"

struct result {
	enum verdict verdict;	    /* what was asked for was granted; set in one line */
	uint32_t granted;	    /* webcred_credential_granted(), a second witness */
	int ran;		    /* 0, enum webcred_outcome, or -errno */
	enum webcred_status status; /* webcred_container_status() */
	bool nullok;		    /* the option */
	bool silent;		    /* mediation=silent on the line */
	bool conversation_dead;	    /* pam_conv was missing, failed, or answered nothing */
	bool tell_throttled;	    /* the service asks for PAM_MAXTRIES */
};

/* A refusal, until something else is known. */
#define RESULT_REFUSED                                                                             \
	{                                                                                          \
		.verdict = VERDICT_REFUSED, .ran = WEBCRED_NOT_ALLOWED,                            \
		.status = WEBCRED_STATUS_NOTALLOWED                                                \
	}

/* pam_sm_authenticate. */
int result_authenticate(const struct result *result);
/* pam_sm_acct_mgmt: the same words, where a login was settled; and InvalidStateError is
 * an account that has expired. */
int result_account(const struct result *result);
/* pam_sm_chauthtok. */
int result_chauthtok(const struct result *result);

#endif
