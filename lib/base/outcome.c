/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/base/outcome.h"

#include <string.h>

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

/* The model's own names, so that a log line can be looked up in the standard. */
static const char *const outcome_names[] = {
	[WEBCRED_OK] = "success",
	[WEBCRED_NOT_ALLOWED] = "NotAllowedError",
	[WEBCRED_ABORTED] = "AbortError",
	[WEBCRED_SECURITY] = "SecurityError",
	[WEBCRED_NOT_SUPPORTED] = "NotSupportedError",
	[WEBCRED_INVALID_STATE] = "InvalidStateError",
	[WEBCRED_CONSTRAINT] = "ConstraintError",
	[WEBCRED_TYPE_ERROR] = "TypeError",
	[WEBCRED_NETWORK] = "NetworkError",
	[WEBCRED_IDENTITY] = "IdentityCredentialError",
};

static const char *const status_names[] = {
	[WEBCRED_STATUS_NONE] = "NONE",
	[WEBCRED_STATUS_SUCCESS] = "SUCCESS",
	[WEBCRED_STATUS_NOTFOUND] = "NOTFOUND",
	[WEBCRED_STATUS_UNAVAIL] = "UNAVAIL",
	[WEBCRED_STATUS_NOTALLOWED] = "NOTALLOWED",
	[WEBCRED_STATUS_TRYAGAIN] = "TRYAGAIN",
	[WEBCRED_STATUS_FAULT] = "FAULT",
};

static const char *const type_names[] = {
	[WEBCRED_TYPE_NONE] = "none",
	[WEBCRED_TYPE_PASSWORD] = "password",
	[WEBCRED_TYPE_PUBLIC_KEY] = "public-key",
	[WEBCRED_TYPE_OTP] = "otp",
	[WEBCRED_TYPE_FEDERATED] = "federated",
	[WEBCRED_TYPE_IDENTITY] = "identity",
};

static const char *const mediation_names[] = {
	[WEBCRED_MEDIATION_BY_FLAGS] = "by-flags",
	[WEBCRED_MEDIATION_OPTIONAL] = "optional",
	[WEBCRED_MEDIATION_REQUIRED] = "required",
	[WEBCRED_MEDIATION_SILENT] = "silent",
	[WEBCRED_MEDIATION_CONDITIONAL] = "conditional",
	[WEBCRED_MEDIATION_IMMEDIATE] = "immediate",
};

static const char *name_at(const char *const *names, size_t n, unsigned index)
{
	return index < n && names[index] ? names[index] : "unknown";
}

const char *outcome_name(int outcome)
{
	if (outcome < 0)
		return "fault";
	return name_at(outcome_names, N_OF(outcome_names), (unsigned)outcome);
}

const char *outcome_status_name(enum webcred_status status)
{
	return name_at(status_names, N_OF(status_names), status);
}

const char *outcome_type_name(enum webcred_type type)
{
	return name_at(type_names, N_OF(type_names), type);
}

enum webcred_type outcome_type_parse(const char *name)
{
	for (unsigned i = WEBCRED_TYPE_NONE + 1; name && i < N_OF(type_names); i++) {
		if (strcmp(name, type_names[i]) == 0)
			return (enum webcred_type)i;
	}
	return WEBCRED_TYPE_NONE;
}

const char *outcome_mediation_name(enum webcred_mediation mediation)
{
	return name_at(mediation_names, N_OF(mediation_names), mediation);
}

bool outcome_mediation_parse(const char *word, enum webcred_mediation *ret_mediation)
{
	/* by-flags is what stands where no word was said; it is no word itself. */
	for (unsigned i = WEBCRED_MEDIATION_OPTIONAL; word && i < N_OF(mediation_names); i++) {
		if (strcmp(word, mediation_names[i]) == 0) {
			*ret_mediation = (enum webcred_mediation)i;
			return true;
		}
	}
	return false;
}
