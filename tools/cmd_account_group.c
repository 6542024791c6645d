/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* account group - groups of people whom only webcred knows. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "tools/tool.h"

static struct {
	uint32_t gid;
	const char *name, *add, *drop;
} group;

static const struct option_entry group_options[] = {
	{"gid", OPTION_ID, "ID", "add: this gid; otherwise the next free one", &group.gid},
	{"rename", OPTION_TEXT, "NAME", "modify: another name", &group.name},
	{"members", OPTION_TEXT, "NAME,...", "add, modify: these people of webcred's belong to it",
	 &group.add},
	{"without", OPTION_TEXT, "NAME,...", "modify: these belong to it no longer", &group.drop},
	{0},
};

static const struct {
	const char *word;
	enum webcred_action action;
	bool named, shows;
} actions[] = {
	{"add", WEBCRED_GROUP_ADD, true, true},	       {"list", WEBCRED_GROUP_LIST, false, false},
	{"show", WEBCRED_GROUP_SHOW, true, true},      {"modify", WEBCRED_GROUP_MODIFY, true, true},
	{"remove", WEBCRED_GROUP_REMOVE, true, false},
};
#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static bool group_fits(enum webcred_action action)
{
	const bool adds = action == WEBCRED_GROUP_ADD, modifies = action == WEBCRED_GROUP_MODIFY;

	return (group.gid == 0 || adds) && (group.name == NULL || modifies) &&
	       (group.add == NULL || adds || modifies) && (group.drop == NULL || modifies);
}

static int group_one(void *context, const struct webcred_person *person)
{
	output_person(context, person);
	return 0;
}

static int group_show(struct tool *tool, enum webcred_action action,
		      const struct webcred_order *order)
{
	struct output_people *people = output_people_new(tool);
	int r = people != NULL ? people_order(tool, action, order, output_people_add, people)
			       : output_failure(tool, -ENOMEM);

	if (r == TOOL_DONE)
		r = output_people_end(people);
	output_people_free(people);
	return r;
}

static int group_do(struct tool *tool, size_t which, const char *name)
{
	const struct webcred_order order = {.size = sizeof(order),
					    .id = group.gid,
					    .new_name = group.name,
					    .join = group.add,
					    .leave = group.drop};
	const enum webcred_action action = actions[which].action;
	int r = actions[which].named ? people_open(tool, name) : TOOL_DONE;

	if (r != TOOL_DONE)
		return r;
	if (action == WEBCRED_GROUP_ADD && getgrnam(name) != NULL)
		return output_error(tool, TOOL_REFUSED, "InvalidStateError",
				    "This machine's name service knows a group of this name "
				    "already.");
	if (actions[which].shows)
		return group_show(tool, action, &order);
	r = people_order(tool, action, &order, group_one, tool);
	if (r != TOOL_DONE)
		return r;
	if (action == WEBCRED_GROUP_REMOVE)
		output_say(tool, "Removed: the group %s. Files keep its gid.", name);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int group_run(struct tool *tool, char **arguments, size_t n)
{
	for (size_t i = 0; i < N_ACTIONS; i++) {
		if (strcmp(arguments[0], actions[i].word) != 0)
			continue;
		if (n != 1u + actions[i].named)
			return output_error(tool, TOOL_USAGE, "TypeError",
					    "Usage: webcred account group %s%s", actions[i].word,
					    actions[i].named ? " NAME" : "");
		if (!group_fits(actions[i].action))
			return output_error(tool, TOOL_USAGE, "TypeError",
					    "An option does not go with %s. See webcred account "
					    "group --help.",
					    actions[i].word);
		return group_do(tool, i, arguments[n - 1]);
	}
	return output_error(tool, TOOL_USAGE, "TypeError",
			    "webcred account group add, list, show, modify or remove.");
}

const struct verb verb_account_group = {
	.name = "account group",
	.arguments = "ACTION [NAME]",
	.summary = "add, list, show, modify or remove a group of theirs",
	.options = group_options,
	.n_min = 1,
	.n_max = 2,
	.root = true,
	.many = true,
	.run = group_run,
};
