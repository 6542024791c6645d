/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* account - people whom only webcred knows: add, list, show, modify, remove, publish. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/tool.h"

static struct {
	uint32_t uid;
	const char *name, *gecos, *home, *shell, *group, *join, *leave, *expires;
	bool lock, unlock, create_home;
} account;

#define FIELDS                                                                                     \
	{"gecos", OPTION_TEXT, "TEXT", "the person's full name and what else gecos holds",         \
	 &account.gecos},                                                                          \
		{"home", OPTION_TEXT, "PATH", "home folder", &account.home},                       \
		{"shell", OPTION_TEXT, "PATH", "login shell", &account.shell},                     \
		{"group", OPTION_TEXT, "GROUP", "primary group, one of webcred's",                 \
		 &account.group},                                                                  \
		{"join", OPTION_TEXT, "GROUP,...", "belongs to these groups of webcred's, too",    \
		 &account.join},                                                                   \
	{                                                                                          \
		"expires", OPTION_TEXT, "DATE",                                                    \
			"no login from this day on (YYYY-MM-DD, UTC), or never", &account.expires  \
	}

static const struct option_entry add_options[] = {
	{"uid", OPTION_ID, "ID", "this uid; otherwise the next free one of [account] range",
	 &account.uid},
	FIELDS,
	{"create-home", OPTION_FLAG, NULL, "make the home folder from /etc/skel",
	 &account.create_home},
	{0},
};
static const struct option_entry modify_options[] = {
	{"name", OPTION_TEXT, "NAME", "another name", &account.name},
	FIELDS,
	{"leave", OPTION_TEXT, "GROUP,...", "belongs to these groups no longer", &account.leave},
	{"lock", OPTION_FLAG, NULL, "no login, and what is under way ends", &account.lock},
	{"unlock", OPTION_FLAG, NULL, "take the lock away", &account.unlock},
	{0},
};

static int account_order(const struct tool *tool, struct webcred_order *ret_order)
{
	*ret_order = (struct webcred_order){
		.size = sizeof(*ret_order),
		.id = account.uid,
		.new_name = account.name,
		.gecos = account.gecos,
		.home = account.home,
		.shell = account.shell,
		.group = account.group,
		.join = account.join,
		.leave = account.leave,
		.has_locked = account.lock || account.unlock,
		.locked = account.lock,
	};
	if (account.lock && account.unlock)
		return output_error(tool, TOOL_USAGE, "TypeError", "Either --lock or --unlock.");
	if (account.expires == NULL)
		return TOOL_DONE;
	ret_order->has_expires = true;
	if (people_date(account.expires, &ret_order->expires))
		return TOOL_DONE;
	return output_error(tool, TOOL_USAGE, "TypeError",
			    "--expires %s: a day after 1970-01-01 such as 2027-01-31, or never.",
			    account.expires);
}

/* One order, and what it has made of the person. */
static int account_change(struct tool *tool, enum webcred_action action,
			  const struct webcred_order *order, struct output_people **ret_people)
{
	struct output_people *people = output_people_new(tool);
	int r = people != NULL ? people_order(tool, action, order, output_people_add, people)
			       : output_failure(tool, -ENOMEM);

	if (r == TOOL_DONE)
		r = output_people_end(people);
	if (r == TOOL_DONE && ret_people != NULL)
		*ret_people = people;
	else
		output_people_free(people);
	return r;
}

/* ---- add --------------------------------------------------------------------- */

/* The authority asks the local files alone; whom the rest of the switch knows, a
 * directory's people say, is asked here. */
static int add_ask_switch(const struct tool *tool, const char *name)
{
	const char *what = NULL;

	if (getpwnam(name) != NULL)
		what = "an account of this name";
	else if (getgrnam(name) != NULL)
		what = "a group of this name";
	else if (account.uid != 0 && getpwuid(account.uid) != NULL)
		what = "an account with this uid";
	else if (account.uid != 0 && getgrgid(account.uid) != NULL)
		what = "a group with this id";
	if (what == NULL)
		return TOOL_DONE;
	return output_error(tool, TOOL_REFUSED, "InvalidStateError",
			    "This machine's name service knows %s already.", what);
}

struct add_made {
	struct output_people *people;
	uid_t uid;
	gid_t gid;
	char home[4096];
};

static int add_note(void *context, const struct webcred_person *person)
{
	struct add_made *made = context;

	if (person->kind == WEBCRED_IS_PERSON) {
		made->uid = person->uid;
		made->gid = person->gid;
		snprintf(made->home, sizeof(made->home), "%s", person->home);
	}
	return output_people_add(made->people, person);
}

static void add_advise(const struct tool *tool, const char *name, const struct add_made *made)
{
	const struct passwd *entry = getpwnam(name);

	if (entry == NULL)
		output_say(tool, "The name service does not ask webcred yet: webcred account "
				 "enable");
	else if (entry->pw_uid != made->uid)
		output_say(tool, "warning: the name service says that %s has the uid %u", name,
			   (unsigned)entry->pw_uid);
	if (!account.create_home && access(made->home, F_OK) != 0)
		output_say(tool,
			   "There is no %s yet: --create-home makes it, pam_mkhomedir does at "
			   "the first login.",
			   made->home);
	output_say(tool, "Now enrol: webcred store password --user %s, or webcred invite --user %s",
		   name, name);
}

static int add_run(struct tool *tool, char **arguments, size_t n)
{
	static struct add_made made;
	struct webcred_order order;
	int r = account_order(tool, &order);

	(void)n;
	if (r == TOOL_DONE)
		r = people_open(tool, arguments[0]);
	if (r == TOOL_DONE)
		r = add_ask_switch(tool, arguments[0]);
	if (r != TOOL_DONE)
		return r;
	made.people = output_people_new(tool);
	if (made.people == NULL)
		return output_failure(tool, -ENOMEM);
	r = people_order(tool, WEBCRED_PERSON_ADD, &order, add_note, &made);
	if (r == TOOL_DONE)
		r = output_people_end(made.people);
	output_people_free(made.people);
	if (r == TOOL_DONE && account.create_home)
		r = skeleton_make(tool, made.home, made.uid, made.gid);
	if (r == TOOL_DONE)
		add_advise(tool, arguments[0], &made);
	return r;
}

/* ---- the rest ------------------------------------------------------------------ */

static int modify_run(struct tool *tool, char **arguments, size_t n)
{
	struct webcred_order order;
	int r = account_order(tool, &order);

	(void)n;
	if (r == TOOL_DONE)
		r = people_open(tool, arguments[0]);
	return r == TOOL_DONE ? account_change(tool, WEBCRED_PERSON_MODIFY, &order, NULL) : r;
}

static int show_run(struct tool *tool, char **arguments, size_t n)
{
	int r = people_open(tool, arguments[0]);

	(void)n;
	return r == TOOL_DONE ? account_change(tool, WEBCRED_PERSON_SHOW, NULL, NULL) : r;
}

static int list_one(void *context, const struct webcred_person *person)
{
	output_person(context, person);
	return 0;
}

static int list_run(struct tool *tool, char **arguments, size_t n)
{
	int r = people_order(tool, WEBCRED_PERSON_LIST, NULL, list_one, tool);

	(void)arguments, (void)n;
	if (r == TOOL_DONE)
		output_done(tool, NULL);
	return r;
}

static int remove_run(struct tool *tool, char **arguments, size_t n)
{
	char question[300];
	int r = people_open(tool, arguments[0]);

	(void)n;
	if (r != TOOL_DONE)
		return r;
	snprintf(question, sizeof(question),
		 "Remove %s with every credential? The name is gone from this machine, files keep "
		 "the uid.",
		 arguments[0]);
	r = terminal_confirm(tool, question);
	if (r == TOOL_DONE)
		r = people_order(tool, WEBCRED_PERSON_REMOVE, NULL, NULL, NULL);
	if (r != TOOL_DONE)
		return r;
	output_say(tool,
		   "Removed: %s. The home folder and other files stay; sessions that are open go "
		   "on: loginctl terminate-user.",
		   arguments[0]);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int publish_run(struct tool *tool, char **arguments, size_t n)
{
	int r = people_order(tool, WEBCRED_PUBLISH, NULL, NULL, NULL);

	(void)arguments, (void)n;
	if (r != TOOL_DONE)
		return r;
	output_say(tool, "Published.");
	output_done(tool, NULL);
	return TOOL_DONE;
}

const struct verb verb_account_add = {
	.name = "account add",
	.arguments = "NAME",
	.summary = "make a person whom only webcred knows",
	.options = add_options,
	.n_min = 1,
	.n_max = 1,
	.root = true,
	.many = true,
	.run = add_run,
};
const struct verb verb_account_list = {
	.name = "account list",
	.arguments = "",
	.summary = "show whom only webcred knows",
	.root = true,
	.many = true,
	.run = list_run,
};
const struct verb verb_account_show = {
	.name = "account show",
	.arguments = "NAME",
	.summary = "show one of them, with groups",
	.n_min = 1,
	.n_max = 1,
	.root = true,
	.many = true,
	.run = show_run,
};
const struct verb verb_account_modify = {
	.name = "account modify",
	.arguments = "NAME",
	.summary = "change name, fields, groups, expiry or lock",
	.options = modify_options,
	.n_min = 1,
	.n_max = 1,
	.root = true,
	.many = true,
	.run = modify_run,
};
const struct verb verb_account_remove = {
	.name = "account remove",
	.arguments = "NAME",
	.summary = "end a person's account, with every credential",
	.n_min = 1,
	.n_max = 1,
	.root = true,
	.many = true,
	.run = remove_run,
};
const struct verb verb_account_publish = {
	.name = "account publish",
	.arguments = "",
	.summary = "write what the name service reads once more",
	.root = true,
	.many = true,
	.run = publish_run,
};
