/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/client/client.h"

#include <errno.h>
#include <unistd.h>

int call_whole(struct call *call, enum wire_verb verb)
{
	int r = connect_open(call->container, verb, &call->fd);

	if (r != 0)
		return r;
	if (call->container->out.len > 0)
		r = call_send(call);
	if (r == 0)
		r = call_converse(call);
	if (r == 0)
		r = call_result(call);
	(void)close(call->fd);
	return r;
}

static int get(struct call *call, const struct webcred_request *request,
	       const struct webcred_mediator *mediator, struct webcred_credential **ret_credential)
{
	struct webcred_container *container = call->container;
	struct webcred_credential *credential = NULL;
	int r = call_take_mediator(call, mediator);

	if (r == 0)
		r = request_put(container, request, &call->mediator);
	if (r == 0)
		r = call_whole(call, WIRE_GET);
	if (r != 0)
		return r;
	/* Anything but a grant in every part of it is (null). */
	if (container->result.granted == WEBCRED_GRANTED && container->result.has_credential) {
		credential = credential_new(&container->result, true);
		if (!credential)
			return -ENOMEM;
	}
	*ret_credential = credential;
	return 0;
}

PUBLIC int webcred_get(struct webcred_container *container, const struct webcred_request *request,
		       const struct webcred_mediator *mediator,
		       struct webcred_credential **ret_credential)
{
	struct call call = {.container = container,
			    .rules = CALL_MAY_ASK,
			    .patience_ms = request_patience(request)};
	int r = container_enter(container);

	if (r != 0)
		return r;
	return container_leave(container, get(&call, request, mediator, ret_credential));
}

/* Without a login it is about the account alone. */
static int settle(struct webcred_container *container, const void *login, size_t len)
{
	struct call call = {.container = container, .patience_ms = CLIENT_PROMPT_MS};
	bool quiet;
	int r;

	wire_begin(&container->out, WIRE_SETTLEMENT);
	wire_put_bytes(&container->out, login, len);
	wire_put_str(&container->out, container->service);
	wire_put_str(&container->out, container->tty);
	wire_put_str(&container->out, container->rhost);
	r = call_done(&call, call_whole(&call, WIRE_SETTLE));
	quiet = r == 0 && !container->message[0];
	r = container_leave(container, r);
	if (quiet)
		container->message[0] = '\0'; /* nothing to offer */
	return r;
}

PUBLIC int webcred_settle(struct webcred_container *container, const void *login, size_t len)
{
	int r = container_enter(container);

	if (r != 0)
		return r;
	if (!login || len != WIRE_LOGIN_SIZE) {
		container_say(container, "a login to settle has %d bytes", WIRE_LOGIN_SIZE);
		return container_leave(container, WEBCRED_TYPE_ERROR);
	}
	return settle(container, login, len);
}

PUBLIC int webcred_account_check(struct webcred_container *container)
{
	int r = container_enter(container);

	return r == 0 ? settle(container, NULL, 0) : r;
}

static int prevent(struct webcred_container *container, const struct webcred_request *request,
		   int64_t patience_ms)
{
	struct call call = {.container = container, .patience_ms = patience_ms};
	int r = container_enter(container);

	if (r != 0)
		return r;
	r = request_put(container, request, NULL);
	if (r == 0)
		r = call_done(&call, call_whole(&call, WIRE_PREVENT));
	return container_leave(container, r);
}

PUBLIC int webcred_prevent_silent_access(struct webcred_container *container)
{
	return prevent(container, NULL, CLIENT_PROMPT_MS);
}

PUBLIC int webcred_session_closed(struct webcred_container *container)
{
	static const struct webcred_request request = {.wire = {.flags = WIRE_FLAG_CLOSED}};

	return prevent(container, &request, CLIENT_CLOSE_MS);
}

PUBLIC int webcred_list(struct webcred_container *container,
			int (*each)(void *context, const struct webcred_credential *credential),
			void *context)
{
	struct call call = {.container = container,
			    .rules = CALL_MAY_LIST,
			    .patience_ms = CLIENT_PROMPT_MS,
			    .each = each,
			    .each_context = context};
	int r = container_enter(container);

	if (r != 0)
		return r;
	r = each ? request_put(container, NULL, NULL) : WEBCRED_TYPE_ERROR;
	if (r == 0)
		r = call_whole(&call, WIRE_LIST);
	return container_leave(container, r);
}

PUBLIC int webcred_describe(struct webcred_container *container,
			    const struct webcred_mediator *mediator)
{
	struct call call = {.container = container, .patience_ms = CLIENT_PROMPT_MS};
	int r = container_enter(container);

	if (r != 0)
		return r;
	r = call_take_mediator(&call, mediator);
	if (r == 0)
		r = call_whole(&call, WIRE_STATUS);
	return container_leave(container, r);
}

PUBLIC int webcred_accounts(struct webcred_container *container,
			    int (*each)(void *context, const char *name, uid_t uid, bool locked),
			    void *context)
{
	struct call call = {.container = container,
			    .rules = CALL_MAY_ACCOUNTS,
			    .patience_ms = CLIENT_PROMPT_MS,
			    .account = each,
			    .each_context = context};
	int r = container_enter(container);

	if (r != 0)
		return r;
	return container_leave(container,
			       each ? call_whole(&call, WIRE_ACCOUNTS) : WEBCRED_TYPE_ERROR);
}

PUBLIC int webcred_backup(struct webcred_container *container, int *ret_fd)
{
	struct call call = {.container = container,
			    .rules = CALL_MAY_COPY,
			    .patience_ms = CLIENT_PATIENCE_MAX_MS,
			    .copy = -1};
	int r = container_enter(container);

	if (r != 0)
		return r;
	r = call_whole(&call, WIRE_BACKUP);
	if (r == 0 && call.copy < 0) {
		container_say(container, "webcred-authority sent no copy");
		r = -EPROTO;
	}
	if (r == 0)
		*ret_fd = call.copy;
	else if (call.copy >= 0)
		(void)close(call.copy);
	return container_leave(container, r);
}
