/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "pam_webcred/result.h"

#include "pam_webcred/module.h"

/* The two columns of the table. */
struct codes {
	int authenticate, chauthtok;
};

/*
 * The call ran and gave no credential.  sudo takes AUTH_ERR, AUTHINFO_UNAVAIL,
 * MAXTRIES and PERM_DENIED for an ordinary failure and retries; anything else
 * ends it with "PAM authentication error".
 */
static struct codes null_codes(const struct result *result)
{
	struct codes codes = {PAM_AUTH_ERR, PAM_AUTHTOK_ERR};

	if (result->status == WEBCRED_STATUS_FAULT)
		codes.authenticate = PAM_PERM_DENIED;
	else if (result->status == WEBCRED_STATUS_NOTFOUND && result->nullok)
		codes.authenticate = PAM_IGNORE; /* the one case of it */
	else if (result->status == WEBCRED_STATUS_NONE || result->silent)
		codes.authenticate = PAM_AUTHINFO_UNAVAIL;
	else if (result->status == WEBCRED_STATUS_TRYAGAIN && result->tell_throttled)
		codes.authenticate = PAM_MAXTRIES;
	return codes;
}

static struct codes refusal_codes(const struct result *result)
{
	const struct codes refused = {PAM_AUTH_ERR, PAM_AUTHTOK_ERR};

	/* A fault: a stack must be able to pass over "nothing enrolled" and still
	 * refuse on "could not look". */
	if (result->ran < 0)
		return (struct codes){PAM_PERM_DENIED, PAM_AUTHTOK_ERR};
	switch ((enum webcred_outcome)result->ran) {
	case WEBCRED_OK:
		return null_codes(result);
	case WEBCRED_NOT_ALLOWED:
		if (result->status == WEBCRED_STATUS_TRYAGAIN && result->tell_throttled)
			return (struct codes){PAM_MAXTRIES, PAM_AUTHTOK_ERR};
		return refused;
	case WEBCRED_ABORTED:
		if (result->conversation_dead)
			return (struct codes){PAM_CONV_ERR, PAM_CONV_ERR};
		return refused;
	case WEBCRED_SECURITY:
		return (struct codes){PAM_PERM_DENIED, PAM_PERM_DENIED};
	case WEBCRED_TYPE_ERROR:
		return (struct codes){PAM_PERM_DENIED, PAM_AUTHTOK_ERR};
	case WEBCRED_NOT_SUPPORTED:
	case WEBCRED_INVALID_STATE:
	case WEBCRED_CONSTRAINT:
	case WEBCRED_NETWORK:
	case WEBCRED_IDENTITY:
		return refused;
	}
	return refused; /* an outcome of a later library */
}

int result_authenticate(const struct result *result)
{
	if (result->verdict == VERDICT_GRANTED && result->granted == WEBCRED_GRANTED &&
	    result->ran == 0 && result->status == WEBCRED_STATUS_SUCCESS)
		return PAM_SUCCESS;
	return refusal_codes(result).authenticate;
}

int result_account(const struct result *result)
{
	int code;

	if (result->verdict == VERDICT_GRANTED && result->ran == 0 &&
	    result->status == WEBCRED_STATUS_SUCCESS)
		return PAM_SUCCESS;
	if (result->ran == WEBCRED_INVALID_STATE)
		return PAM_ACCT_EXPIRED;
	code = refusal_codes(result).authenticate;
	/* What an account line may say; the rest are words of authenticate. */
	return code == PAM_PERM_DENIED ? PAM_PERM_DENIED : PAM_AUTH_ERR;
}

int result_chauthtok(const struct result *result)
{
	if (result->verdict == VERDICT_GRANTED && result->ran == 0 &&
	    result->status == WEBCRED_STATUS_SUCCESS)
		return PAM_SUCCESS;
	return refusal_codes(result).chauthtok;
}
