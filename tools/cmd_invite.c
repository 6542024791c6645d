/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* invite - a one-time code with which an account enrols its first credential. */
#include <stddef.h>

#include "tools/tool.h"

static struct {
	uint32_t valid;
} invite = {.valid = 24 * 3600};

static int invite_run(struct tool *tool, char **arguments, size_t n)
{
	int r = webcred_invite(tool->container, invite.valid, &tool->mediator);

	(void)arguments, (void)n;
	if (r != 0)
		return output_failure(tool, r);
	output_say(tool,
		   "Give this code to %s by a way that nobody else reads. It works once, and"
		   " for %u hours; webcred store password or webcred create will ask for it.",
		   tool->user, (unsigned)((invite.valid + 3599) / 3600));
	output_done(tool, NULL);
	return TOOL_DONE;
}

static const struct option_entry invite_options[] = {
	{"valid", OPTION_DURATION, "TIME", "how long, such as 30m, 24h (default) or 7d",
	 &invite.valid},
	{0},
};

const struct verb verb_invite = {
	.name = "invite",
	.arguments = "",
	.summary = "make a code with which --user enrols a first credential",
	.options = invite_options,
	.root = true,
	.run = invite_run,
};
