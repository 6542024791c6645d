/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* remove - takes a credential out of the store, or all of them. */
#include <stdio.h>
#include <unistd.h>

#include "tools/tool.h"

static struct {
	bool all;
} removal;

static int remove_confirm(struct tool *tool, const char *name)
{
	int left = account_count(tool, "");
	char question[400];

	if (left < 0)
		return -left;
	snprintf(question, sizeof(question), "Remove %s?%s", name,
		 left > 1 ? ""
			  : " It is the last credential: nothing will be left to log in with.");
	return terminal_confirm(tool, question);
}

static int remove_one(struct tool *tool, const char *text)
{
	uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE];
	char name[160];
	int r = account_find(tool, text, id, name, sizeof(name));

	if (r == TOOL_DONE)
		r = remove_confirm(tool, name);
	if (r != TOOL_DONE)
		return r;
	r = webcred_remove(tool->container, id, &tool->mediator);
	if (r != 0)
		return output_failure(tool, r);
	output_say(tool, "Removed: %s.", name);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int remove_all(struct tool *tool)
{
	char question[400];
	int left = account_count(tool, "");
	int r;

	if (left < 0)
		return -left;
	snprintf(question, sizeof(question),
		 "Remove all %d credentials of %s? Nothing will be left to log in with.", left,
		 tool->user);
	r = terminal_confirm(tool, question);
	if (r != TOOL_DONE)
		return r;
	r = webcred_remove_all(tool->container, &tool->mediator);
	if (r != 0)
		return output_failure(tool, r);
	output_say(tool, "Removed: all credentials of %s.", tool->user);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int remove_run(struct tool *tool, char **arguments, size_t n)
{
	if (removal.all == (n == 1))
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "Say which: an id or a label, or --all.");
	if (!removal.all)
		return remove_one(tool, arguments[0]);
	if (geteuid() != 0)
		return output_error(tool, TOOL_REFUSED, "SecurityError",
				    "Only root may remove all at once;"
				    " remove them one by one, or use sudo.");
	return remove_all(tool);
}

static const struct option_entry remove_options[] = {
	{"all", OPTION_FLAG, NULL, "every credential of the account (root only)", &removal.all},
	{0},
};

const struct verb verb_remove = {
	.name = "remove",
	.arguments = "ID | --all",
	.summary = "take a credential out",
	.options = remove_options,
	.n_max = 1,
	.any_name = true,
	.run = remove_run,
};
