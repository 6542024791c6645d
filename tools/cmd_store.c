/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* store - sets or replaces the account's password. */
#include <errno.h>
#include <string.h>

#include "tools/tool.h"

/* Constant time is not needed: both were typed by the same person. */
static bool store_same(const struct webcred_secret *a, const struct webcred_secret *b)
{
	size_t a_len, b_len;
	const void *a_bytes = webcred_secret_get(a, &a_len);
	const void *b_bytes = webcred_secret_get(b, &b_len);

	return a_bytes != NULL && b_bytes != NULL && a_len == b_len &&
	       memcmp(a_bytes, b_bytes, a_len) == 0;
}

/* Twice, since nobody sees what is typed. */
static int store_ask(struct tool *tool, struct webcred_secret *password,
		     struct webcred_secret *again)
{
	size_t len;
	int r = terminal_ask(WEBCRED_ASK_SECRET, "New password: ", password);

	if (r == 0 && webcred_secret_get(password, &len) == NULL)
		return output_error(tool, TOOL_REFUSED, "TypeError",
				    "An empty password is none. Nothing was changed.");
	if (r == 0)
		r = terminal_ask(WEBCRED_ASK_SECRET, "The same again: ", again);
	if (r != 0)
		return output_error(tool, r < 0 ? TOOL_FAULT : TOOL_REFUSED,
				    r < 0 ? "Fault" : webcred_outcome_name(r),
				    "Nothing was changed.");
	if (!store_same(password, again))
		return output_error(tool, TOOL_REFUSED, "NotAllowedError",
				    "The two were not the same. Nothing was changed.");
	return TOOL_DONE;
}

/* The proof comes first, as passwd(1) has it: who cannot prove who they are
 * need not think of a new password. */
static int store_replace(struct tool *tool)
{
	struct webcred_secret *password = webcred_secret_new();
	struct webcred_secret *again = webcred_secret_new();
	struct webcred_request *request = NULL;
	int r = webcred_request_new(&request), code;

	if (r != 0 || password == NULL || again == NULL) {
		code = output_failure(tool, -ENOMEM);
	} else if ((r = webcred_prove(tool->container, request, &tool->mediator)) != 0) {
		code = output_failure(tool, r);
	} else if ((code = store_ask(tool, password, again)) == TOOL_DONE) {
		r = webcred_store(tool->container, password, &tool->mediator);
		if (r != 0)
			code = output_failure(tool, r);
	}
	webcred_secret_free(password);
	webcred_secret_free(again);
	webcred_request_free(request);
	return code;
}

static int store_run(struct tool *tool, char **arguments, size_t n)
{
	int r = account_count(tool, "password");

	(void)arguments, (void)n;
	if (r < 0)
		return -r;
	if (r > 0) {
		r = terminal_confirm(tool, "There is a password already. Replace it?");
		if (r != TOOL_DONE)
			return r;
	}
	r = store_replace(tool);
	if (r != TOOL_DONE)
		return r;
	output_say(tool, "Stored: %s password.", account_whose(tool));
	output_done(tool, NULL);
	return TOOL_DONE;
}

const struct verb verb_store_password = {
	.name = "store password",
	.arguments = "",
	.summary = "set or replace the password",
	.run = store_run,
};
