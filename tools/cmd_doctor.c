/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* doctor - asks whether the authority answers, and what configuration it goes by. */
#include <stdio.h>
#include <string.h>

#include "tools/tool.h"

/* What the mediator shows elsewhere on standard error is here what was asked for:
 * one setting a line. */
static int doctor_show(void *context, enum webcred_show kind, const char *text)
{
	const struct tool *tool = context;
	char line[1024];

	(void)kind;
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		if (tool->json)
			output_member("setting", line);
		else
			printf("%s\n", line);
		text += len + (text[len] == '\n');
	}
	return 0;
}

static int doctor_run(struct tool *tool, char **arguments, size_t n)
{
	struct webcred_mediator mediator = tool->mediator;
	int r;

	(void)arguments, (void)n;
	mediator.show = doctor_show;
	r = webcred_describe(tool->container, &mediator);
	if (r != 0)
		return output_failure(tool, r);
	output_done(tool, NULL);
	return TOOL_DONE;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "show the configuration in force",
	.run = doctor_run,
};
