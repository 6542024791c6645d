/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* prevent-silent-access - the next login asks again (behaviour 56). */
#include <stddef.h>

#include "tools/tool.h"

static struct {
	const char *service;
} prevent;

static int prevent_run(struct tool *tool, char **arguments, size_t n)
{
	int r = webcred_container_set_service(tool->container, prevent.service);

	(void)arguments, (void)n;
	if (r == 0)
		r = webcred_prevent_silent_access(tool->container);
	if (r != 0)
		return output_failure(tool, r);
	output_say(tool, "The next login of %s to %s asks again.", tool->user,
		   prevent.service != NULL ? prevent.service : "every service");
	output_done(tool, NULL);
	return TOOL_DONE;
}

static const struct option_entry prevent_options[] = {
	{"service", OPTION_TEXT, "NAME", "this PAM service alone; every one by default",
	 &prevent.service},
	{0},
};

const struct verb verb_prevent = {
	.name = "prevent-silent-access",
	.arguments = "",
	.summary = "let no login pass without asking until one has asked",
	.options = prevent_options,
	.run = prevent_run,
};
