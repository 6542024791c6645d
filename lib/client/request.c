/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"

PUBLIC int webcred_request_new(struct webcred_request **ret_request)
{
	struct webcred_request *request = calloc(1, sizeof(*request));

	if (!request)
		return -ENOMEM;
	*ret_request = request;
	return 0;
}

PUBLIC void webcred_request_free(struct webcred_request *request)
{
	if (!request)
		return;
	wire_request_deinit(&request->wire);
	free(request);
}

PUBLIC int webcred_request_set_order(struct webcred_request *request, const char *order)
{
	/* What it means is the authority's to judge: one parser, one verdict. */
	if (order && order[0] && !text_label_valid(order, WIRE_ORDER_MAX))
		return WEBCRED_TYPE_ERROR;
	(void)snprintf(request->wire.order, sizeof(request->wire.order), "%s", order ? order : "");
	return 0;
}

PUBLIC void webcred_request_set_mediation(struct webcred_request *request,
					  enum webcred_mediation mediation)
{
	request->wire.mediation = (uint8_t)mediation;
}

PUBLIC void webcred_request_set_host_flags(struct webcred_request *request, unsigned flags)
{
	request->wire.host_flags = flags;
}

PUBLIC void webcred_request_set_user_verification(struct webcred_request *request,
						  enum webcred_user_verification uv)
{
	request->wire.user_verification = (uint8_t)uv;
}

PUBLIC void webcred_request_set_timeout(struct webcred_request *request, uint32_t milliseconds)
{
	request->wire.timeout_ms = milliseconds;
}

PUBLIC int webcred_request_set_cached(struct webcred_request *request, const void *bytes,
				      size_t len, bool only)
{
	struct webcred_secret *cached;

	if (len > WEBCRED_SECRET_MAX)
		return WEBCRED_TYPE_ERROR;
	cached = secret_new_from(bytes, len);
	if (!cached)
		return -ENOMEM;
	secret_free(request->wire.cached);
	request->wire.cached = cached;
	request->wire.flags |= WIRE_FLAG_CACHED;
	request->wire.flags &= (uint8_t)~WIRE_FLAG_CACHED_ONLY;
	if (only)
		request->wire.flags |= WIRE_FLAG_CACHED_ONLY;
	return 0;
}

PUBLIC int webcred_request_set_ssh_auth(struct webcred_request *request, const char *text)
{
	size_t len = text ? strnlen(text, sizeof(request->wire.ssh_auth)) : 0;

	if (len == sizeof(request->wire.ssh_auth))
		return WEBCRED_TYPE_ERROR;
	for (size_t i = 0; i < len; i++) {
		if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f)
			return WEBCRED_TYPE_ERROR;
	}
	(void)snprintf(request->wire.ssh_auth, sizeof(request->wire.ssh_auth), "%s",
		       text ? text : "");
	return 0;
}

static void set_flag(struct webcred_request *request, uint8_t flag, bool on)
{
	request->wire.flags &= (uint8_t)~flag;
	if (on)
		request->wire.flags |= flag;
}

PUBLIC void webcred_request_set_null_ok(struct webcred_request *request, bool null_ok)
{
	set_flag(request, WIRE_FLAG_NULL_OK, null_ok);
}

PUBLIC void webcred_request_set_expired(struct webcred_request *request, bool expired)
{
	set_flag(request, WIRE_FLAG_EXPIRED, expired);
}

PUBLIC void webcred_request_set_explain(struct webcred_request *request, bool explain)
{
	set_flag(request, WIRE_FLAG_EXPLAIN, explain);
}

static int list_add(struct wire_descriptor **list, uint8_t *n, enum webcred_type type,
		    const void *id, size_t len)
{
	struct wire_descriptor *larger;

	if (*n >= WIRE_LIST_MAX || len < 1 || len > WIRE_EXTERNAL_MAX || (unsigned)type > UINT8_MAX)
		return WEBCRED_TYPE_ERROR;
	larger = realloc(*list, (*n + 1u) * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	*list = larger;
	larger[*n].type = (uint8_t)type;
	larger[*n].len = (uint16_t)len;
	memcpy(larger[*n].id, id, len);
	(*n)++;
	return 0;
}

PUBLIC int webcred_request_allow(struct webcred_request *request, enum webcred_type type,
				 const void *id, size_t len)
{
	return list_add(&request->wire.allow, &request->wire.n_allow, type, id, len);
}

PUBLIC int webcred_request_exclude(struct webcred_request *request, enum webcred_type type,
				   const void *id, size_t len)
{
	return list_add(&request->wire.exclude, &request->wire.n_exclude, type, id, len);
}

int request_put(struct webcred_container *container, const struct webcred_request *request,
		const struct webcred_mediator *mediator)
{
	/* A shallow copy: what it owns stays the request's. */
	struct wire_request wire = {0};

	if (request)
		wire = request->wire;
	(void)snprintf(wire.service, sizeof(wire.service), "%s", container->service);
	/* On the user socket they would be claims: the authority looks for itself,
	 * and refuses who makes them.  A lock screen sets its tty all the same. */
	if (geteuid() == 0) {
		(void)snprintf(wire.tty, sizeof(wire.tty), "%s", container->tty);
		(void)snprintf(wire.rhost, sizeof(wire.rhost), "%s", container->rhost);
	}
	if (wire.mediation > WEBCRED_MEDIATION_IMMEDIATE) {
		container_say(container, "mediation %u is none of the model's", wire.mediation);
		return WEBCRED_TYPE_ERROR;
	}
	if (wire.user_verification > WEBCRED_UV_DISCOURAGED)
		wire.user_verification = WEBCRED_UV_PREFERRED; /* as if absent (64) */
	if (mediator && mediator->agent)
		wire.flags |= WIRE_FLAG_AGENT;
	wire.host_flags &= WEBCRED_HOST_SILENT | WEBCRED_HOST_DISALLOW_NULL_AUTHTOK;
	if (wire_put_request(&container->out, &wire))
		return 0;
	container_say(container, "the allow and exclude lists do not fit into one request");
	return WEBCRED_TYPE_ERROR;
}

int64_t request_patience(const struct webcred_request *request)
{
	int64_t asked = request ? request->wire.timeout_ms : 0;

	/* 0 leaves it to the configuration, which we do not know. */
	if (asked == 0 || asked + CLIENT_GRACE_MS > CLIENT_PATIENCE_MAX_MS)
		return CLIENT_PATIENCE_MAX_MS;
	return asked + CLIENT_GRACE_MS;
}
