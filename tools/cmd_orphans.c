/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * orphans - removes the accounts of the store that the machine no longer has.
 *
 * The authority calls no name service (it could block every login); this does.
 * "Could not look" is never "gone": one look-up that fails ends it all before
 * anything is removed.  Some name services say "not found" while they are down,
 * so without a person who reads the list no more than a few are removed.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"

#define ORPHANS_LIMIT 10
#define ORPHANS_ENTRY_MAX 1048576 /* of a passwd line; what is longer is a fault */

struct orphan {
	char *name;
	uid_t uid;
	const char *why; /* NULL while the account is there */
};

/* People whom webcred's own store holds are no orphans, whether the name service asks it
 * or not: `webcred account remove` is their end. */
struct orphans {
	struct orphan *account;
	size_t n, room, gone;
};

static int orphans_add(void *context, const char *name, uid_t uid, bool locked)
{
	struct orphans *all = context;

	(void)locked;
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		struct orphan *grown = realloc(all->account, room * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		all->account = grown;
		all->room = room;
	}
	all->account[all->n] = (struct orphan){.name = strdup(name), .uid = uid};
	return all->account[all->n++].name != NULL ? 0 : -ENOMEM;
}

/* 0 and *ret_uid; ENOENT: the name service says that there is none; else an errno. */
static int orphans_look_up(const char *name, uid_t *ret_uid)
{
	struct passwd entry, *found = NULL;
	size_t size = 1024;
	char *buffer = NULL, *grown;
	int r;

	do {
		size *= 2;
		grown = realloc(buffer, size);
		if (grown == NULL) {
			free(buffer);
			return ENOMEM;
		}
		buffer = grown;
		r = getpwnam_r(name, &entry, buffer, size, &found);
	} while ((r == ERANGE && size < ORPHANS_ENTRY_MAX) || r == EINTR);
	if (r == 0 && found != NULL)
		*ret_uid = found->pw_uid;
	free(buffer);
	/* A failure that calls itself "not found" is a failure. */
	if (r != 0)
		return r == ENOENT ? EIO : r;
	return found != NULL ? 0 : ENOENT;
}

static int orphans_skip(void *context, const struct webcred_person *person)
{
	struct orphans *all = context;

	for (size_t i = 0; i < all->n; i++) {
		struct orphan *account = &all->account[i];

		if (account->name != NULL && account->uid == person->uid &&
		    strcmp(account->name, person->name) == 0) {
			free(account->name);
			*account = all->account[--all->n];
			return 0;
		}
	}
	return 0;
}

static int orphans_judge(const struct tool *tool, struct orphans *all)
{
	uid_t uid = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct orphan *account = &all->account[i];
		int r = orphans_look_up(account->name, &uid);

		if (r == ENOENT)
			account->why = "there is no such account";
		else if (r != 0)
			return output_error(tool, TOOL_FAULT, "Fault",
					    "Looking up %s failed: %s. Nothing was removed.",
					    account->name, strerror(r));
		else if (uid != account->uid)
			account->why = "the account of this name has another uid";
		all->gone += account->why != NULL;
	}
	return TOOL_DONE;
}

static void orphans_list(const struct tool *tool, const struct orphans *all)
{
	for (size_t i = 0; i < all->n; i++) {
		if (all->account[i].why != NULL)
			output_orphan(tool, all->account[i].name, all->account[i].uid,
				      all->account[i].why);
	}
}

static int orphans_confirm(struct tool *tool, const struct orphans *all, unsigned limit)
{
	char question[200];

	if (limit == 0)
		limit = ORPHANS_LIMIT;
	if (tool->yes && all->gone > limit)
		return output_error(tool, TOOL_FAULT, "Fault",
				    "%zu of %zu accounts seem to be gone. Is the name service well?"
				    " Nothing was removed; to remove them: --limit %zu",
				    all->gone, all->n, all->gone);
	snprintf(question, sizeof(question),
		 "Remove the credentials of %zu of %zu accounts, as listed?", all->gone, all->n);
	return terminal_confirm(tool, question);
}

static int orphans_remove_one(struct tool *tool, const struct orphan *account)
{
	struct webcred_container *own = tool->container;
	int r;

	/* Name and uid as they are stored: what the account has become by now is
	 * none of this. */
	r = webcred_container_open(account->name, account->uid, &tool->container);
	if (r == 0)
		r = webcred_container_set_service(tool->container, TOOL_SERVICE);
	if (r == 0 && tool->socket != NULL)
		r = webcred_container_set_socket(tool->container, tool->socket);
	if (r == 0)
		r = webcred_remove_all(tool->container, &tool->mediator);
	if (r != 0)
		r = output_failure(tool, r);
	if (tool->container != own)
		webcred_container_close(tool->container);
	tool->container = own;
	return r;
}

static int orphans_do(struct tool *tool, struct orphans *all, bool dry_run, unsigned limit)
{
	int r = orphans_judge(tool, all);

	if (r != TOOL_DONE)
		return r;
	orphans_list(tool, all);
	if (all->gone == 0)
		output_say(tool, "Every account of the store is there.");
	if (all->gone > 0 && !dry_run) {
		r = orphans_confirm(tool, all, limit);
		for (size_t i = 0; r == TOOL_DONE && i < all->n; i++) {
			if (all->account[i].why != NULL)
				r = orphans_remove_one(tool, &all->account[i]);
		}
		if (r != TOOL_DONE)
			return r;
		output_say(tool, "Removed: %zu of %zu accounts.", all->gone, all->n);
	}
	output_done(tool, NULL);
	return TOOL_DONE;
}

int orphans_remove(struct tool *tool, bool dry_run, unsigned limit)
{
	struct orphans all = {0};
	int r = webcred_accounts(tool->container, orphans_add, &all);

	if (r == 0)
		r = webcred_people(tool->container, WEBCRED_PERSON_LIST, NULL, orphans_skip, &all);
	r = r != 0 ? output_failure(tool, r) : orphans_do(tool, &all, dry_run, limit);
	for (size_t i = 0; i < all.n; i++)
		free(all.account[i].name);
	free(all.account);
	return r;
}
