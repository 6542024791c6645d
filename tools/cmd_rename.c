/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* rename - gives a credential another label. */
#include <stddef.h>

#include "tools/tool.h"

static int rename_run(struct tool *tool, char **arguments, size_t n)
{
	uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE];
	char name[160];
	int r = account_find(tool, arguments[0], id, name, sizeof(name));

	(void)n;
	if (r != TOOL_DONE)
		return r;
	r = webcred_rename(tool->container, id, arguments[1], &tool->mediator);
	if (r != 0)
		return output_failure(tool, r);
	output_say(tool, "Renamed: %s is now \"%s\".", name, arguments[1]);
	output_done(tool, NULL);
	return TOOL_DONE;
}

const struct verb verb_rename = {
	.name = "rename",
	.arguments = "ID LABEL",
	.summary = "give a credential another label",
	.n_min = 2,
	.n_max = 2,
	.run = rename_run,
};
