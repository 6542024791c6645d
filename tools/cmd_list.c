/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* list - what is enrolled, without a secret. */
#include <errno.h>
#include <stddef.h>

#include "tools/tool.h"

static int list_run(struct tool *tool, char **arguments, size_t n)
{
	struct output_list *list = output_list_new();
	int r;

	(void)arguments, (void)n;
	if (list == NULL)
		return output_failure(tool, -ENOMEM);
	r = webcred_list(tool->container, output_list_add, list);
	if (r != 0) {
		output_list_free(list);
		return output_failure(tool, r);
	}
	output_list_end(tool, list);
	output_list_free(list);
	return TOOL_DONE;
}

const struct verb verb_list = {
	.name = "list",
	.arguments = "",
	.summary = "show what is enrolled",
	.any_name = true,
	.run = list_run,
};
