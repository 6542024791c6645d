/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session_filter - which of the account's records this request may use. */
#include "authority/session.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/core/types/ssh_key.h"

/* Its first entry's index, or n. */
static uint8_t filter_place(const struct wire_descriptor *list, uint8_t n,
			    const struct credential *credential)
{
	uint8_t i;

	for (i = 0; i < n; i++) {
		if (list[i].type != credential->type)
			continue;
		if (list[i].len == WIRE_ID_SIZE &&
		    secret_equal(list[i].id, credential->id, WIRE_ID_SIZE))
			break;
		if (credential->external_len && list[i].len == credential->external_len &&
		    secret_equal(list[i].id, credential->external, credential->external_len))
			break;
	}
	return i;
}

static bool filter_is_listed(const struct wire_descriptor *list, uint8_t n,
			     const struct credential *credential)
{
	return filter_place(list, n, credential) < n;
}

/* Behaviour 65: a list of unknown types only is an error, not an empty list. */
static bool filter_list_is_sound(const struct wire_descriptor *list, uint8_t n)
{
	uint8_t i;

	for (i = 0; i < n; i++) {
		if (list[i].type >= WEBCRED_TYPE_PASSWORD && list[i].type <= WEBCRED_TYPE_IDENTITY)
			return true;
	}
	return n == 0;
}

/* Excluded itself, or another record of one key that is. */
static bool filter_is_excluded(const struct session *session, const struct credential *credential)
{
	const struct wire_request *request = &session->request;
	size_t i;

	if (filter_is_listed(request->exclude, request->n_exclude, credential))
		return true;
	for (i = 0; i < session->n_credentials; i++) {
		const struct credential *other = &session->credentials[i];

		if (filter_is_listed(request->exclude, request->n_exclude, other) &&
		    ssh_key_same(other, credential))
			return true;
	}
	return false;
}

static bool filter_is_usable(const struct session *session, const struct credential *credential,
			     uint8_t minimum)
{
	const struct wire_request *request = &session->request;

	if (credential->locked)
		return false;
	if (request->n_allow && !filter_is_listed(request->allow, request->n_allow, credential))
		return false;
	if (filter_is_excluded(session, credential))
		return false;
	return credential->kind == KIND_RECOVERY ||
	       credential_strength(credential, credential->uv_initialized) >= minimum;
}

/* Behaviour 65: the order of the list is preference.  Behind all that its place is not ahead of. */
static void filter_insert(struct session *session, const struct credential *credential)
{
	const struct wire_request *request = &session->request;
	uint8_t place = filter_place(request->allow, request->n_allow, credential);
	size_t at = session->n_usable++;

	for (; at > 0; at--) {
		if (filter_place(request->allow, request->n_allow, &session->usable[at - 1]) <=
		    place)
			break;
		session->usable[at] = session->usable[at - 1];
	}
	session->usable[at] = *credential;
}

bool session_lists_sound(const struct wire_request *request)
{
	return filter_list_is_sound(request->allow, request->n_allow) &&
	       filter_list_is_sound(request->exclude, request->n_exclude);
}

int session_filter(struct session *session, const struct order *order, uint8_t minimum,
		   size_t *ret_enrolled)
{
	size_t i;

	*ret_enrolled = 0;
	session->usable = calloc(session->n_credentials + 1, sizeof(*session->usable));
	if (!session->usable)
		return -ENOMEM;
	for (i = 0; i < session->n_credentials; i++) {
		const struct credential *credential = &session->credentials[i];

		if (!order_has(order, credential->type) &&
		    !(order_has_ssh_key(order) && credential->type == WEBCRED_TYPE_PUBLIC_KEY))
			continue;
		(*ret_enrolled)++;
		if (filter_is_usable(session, credential, minimum))
			filter_insert(session, credential);
	}
	/* Not counted: as much is copied for nobody as for somebody (behaviour 38). */
	if (session->n_usable == 0 && session->credentials)
		session->usable[0] = session->credentials[0];
	return 0;
}
