/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* remove - takes a credential out of the store, or all of an account, or orphans. */
#include <stdio.h>
#include <unistd.h>

#include "tools/tool.h"

static struct {
	bool all, orphans, dry_run;
	unsigned limit;
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
	if ((n == 1) + removal.all + removal.orphans != 1)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "Say which: an id or a label, --all or --orphans.");
	if ((removal.dry_run || removal.limit != 0) && !removal.orphans)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "--dry-run and --limit go with --orphans.");
	if (n == 1)
		return remove_one(tool, arguments[0]);
	if (geteuid() != 0)
		return output_error(tool, TOOL_REFUSED, "SecurityError",
				    "Only root may remove all at once;"
				    " remove them one by one, or use sudo.");
	return removal.orphans ? orphans_remove(tool, removal.dry_run, removal.limit)
			       : remove_all(tool);
}

static bool remove_whole(void)
{
	return removal.orphans;
}

static const struct option_entry remove_options[] = {
	{"all", OPTION_FLAG, NULL, "every credential of the account (root only)", &removal.all},
	{"orphans", OPTION_FLAG, NULL, "every account that this machine no longer has (root only)",
	 &removal.orphans},
	{"dry-run", OPTION_FLAG, NULL, "with --orphans: only say which", &removal.dry_run},
	{"limit", OPTION_NUMBER, "N", "with --orphans --yes: no more than this; 10 by default",
	 &removal.limit},
	{0},
};

const struct verb verb_remove = {
	.name = "remove",
	.arguments = "ID | --all | --orphans",
	.summary = "take a credential out",
	.options = remove_options,
	.n_max = 1,
	.any_name = true,
	.whole = remove_whole,
	.run = remove_run,
};
