/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The public names of what lib/base has: words of the model, secrets. */
#include "lib/client/client.h"

#include <errno.h>

PUBLIC const char *webcred_outcome_name(int outcome)
{
	return outcome_name(outcome);
}

PUBLIC const char *webcred_status_name(enum webcred_status status)
{
	return outcome_status_name(status);
}

PUBLIC const char *webcred_type_name(enum webcred_type type)
{
	return outcome_type_name(type);
}

PUBLIC enum webcred_type webcred_type_parse(const char *name)
{
	return outcome_type_parse(name);
}

PUBLIC int webcred_mediation_parse(const char *word, enum webcred_mediation *ret_mediation)
{
	return outcome_mediation_parse(word, ret_mediation) ? 0 : WEBCRED_TYPE_ERROR;
}

PUBLIC struct webcred_secret *webcred_secret_new(void)
{
	return secret_new();
}

PUBLIC void webcred_secret_free(struct webcred_secret *secret)
{
	secret_free(secret);
}

PUBLIC int webcred_secret_set(struct webcred_secret *secret, const void *bytes, size_t len)
{
	/* Its pages were mapped when it was made: there is no memory to lack. */
	return secret_set(secret, bytes, len) == 0 ? 0 : WEBCRED_TYPE_ERROR;
}

PUBLIC const void *webcred_secret_get(const struct webcred_secret *secret, size_t *ret_len)
{
	*ret_len = secret_len(secret);
	return *ret_len > 0 ? secret_bytes(secret) : NULL;
}
