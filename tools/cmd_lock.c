/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* lock, unlock - no credential of the account is accepted while it is locked. */
#include <stddef.h>

#include "tools/tool.h"

static int lock_set(struct tool *tool, bool locked)
{
	int r = webcred_lock(tool->container, locked);

	if (r != 0)
		return output_failure(tool, r);
	output_say(tool,
		   locked ? "Locked: no credential of %s is accepted now."
			  : "Unlocked: the credentials of %s are accepted again.",
		   tool->user);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int lock_run(struct tool *tool, char **arguments, size_t n)
{
	(void)arguments, (void)n;
	return lock_set(tool, true);
}

static int unlock_run(struct tool *tool, char **arguments, size_t n)
{
	(void)arguments, (void)n;
	return lock_set(tool, false);
}

const struct verb verb_lock = {
	.name = "lock",
	.arguments = "",
	.summary = "accept no credential of --user until it is unlocked",
	.root = true,
	.run = lock_run,
};
const struct verb verb_unlock = {
	.name = "unlock",
	.arguments = "",
	.summary = "accept them again, and forget the failures that were counted",
	.root = true,
	.run = unlock_run,
};
