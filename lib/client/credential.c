/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/client/client.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/* The one place in this library where WEBCRED_GRANTED is written. */
static uint32_t grant_check(const struct wire_result *result)
{
	if (result->granted == WEBCRED_GRANTED && result->outcome == 0 && result->fault == 0 &&
	    result->has_credential)
		return WEBCRED_GRANTED;
	return 0;
}

/* Labels are people's words; they may end on a terminal (behaviour 10). */
static void clean_in_place(char *text, size_t size)
{
	char clean[WIRE_RPID_MAX + 1];

	text_clean(clean, size < sizeof(clean) ? size : sizeof(clean), text);
	memcpy(text, clean, strlen(clean) + 1);
}

struct webcred_credential *credential_new(const struct wire_result *result, bool login)
{
	struct webcred_credential *credential = calloc(1, sizeof(*credential));

	if (!credential)
		return NULL;
	credential->wire = result->credential;
	clean_in_place(credential->wire.kind, sizeof(credential->wire.kind));
	clean_in_place(credential->wire.label, sizeof(credential->wire.label));
	clean_in_place(credential->wire.rp_id, sizeof(credential->wire.rp_id));
	if (!login)
		return credential;
	credential->login_len = result->login_len;
	memcpy(credential->login, result->login, result->login_len);
	credential->granted = grant_check(result);
	return credential;
}

PUBLIC void webcred_credential_free(struct webcred_credential *credential)
{
	if (!credential)
		return;
	secret_wipe(credential, sizeof(*credential));
	free(credential);
}

PUBLIC uint32_t webcred_credential_granted(const struct webcred_credential *credential)
{
	return credential ? credential->granted : 0;
}

PUBLIC const uint8_t *webcred_credential_id(const struct webcred_credential *credential)
{
	_Static_assert(sizeof(credential->wire.id) == WEBCRED_CREDENTIAL_ID_SIZE, "one size");

	return credential->wire.id;
}

PUBLIC enum webcred_type webcred_credential_type(const struct webcred_credential *credential)
{
	return (enum webcred_type)credential->wire.type;
}

PUBLIC const char *webcred_credential_kind(const struct webcred_credential *credential)
{
	return credential->wire.kind;
}

PUBLIC const char *webcred_credential_label(const struct webcred_credential *credential)
{
	return credential->wire.label;
}

PUBLIC const char *webcred_credential_rp_id(const struct webcred_credential *credential)
{
	return credential->wire.rp_id;
}

PUBLIC int64_t webcred_credential_created(const struct webcred_credential *credential)
{
	return credential->wire.created;
}

PUBLIC int64_t webcred_credential_last_used(const struct webcred_credential *credential)
{
	return credential->wire.last_used;
}

PUBLIC uint64_t webcred_credential_counter(const struct webcred_credential *credential)
{
	return credential->wire.counter;
}

PUBLIC bool webcred_credential_user_verified(const struct webcred_credential *credential)
{
	return credential->wire.flags & WIRE_CREDENTIAL_UV;
}

PUBLIC bool webcred_credential_was_silent(const struct webcred_credential *credential)
{
	return credential->wire.flags & WIRE_CREDENTIAL_SILENT;
}

PUBLIC bool webcred_credential_locked(const struct webcred_credential *credential)
{
	return credential->wire.flags & WIRE_CREDENTIAL_LOCKED;
}

PUBLIC const void *webcred_credential_login(const struct webcred_credential *credential,
					    size_t *ret_len)
{
	*ret_len = credential->login_len;
	return credential->login;
}
