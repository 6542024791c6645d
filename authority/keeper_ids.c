/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_ids - which name and which id may be given out.  One number is never a
 * uid here and a gid there of two that have nothing to do with each other, and
 * local files always win.  Why so strict: doc/decisions/0021-people-and-ids.md.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/keeper_people.h"

#define IDS_NEXT "next_id" /* in meta: where the search goes on */

/* Names that programs give rights to wherever they find them, on machines too whose own
 * files lack them: sudo's and polkit's rules, udev's, pam_wheel's, container daemons'. */
static const char *const ids_powerful[] = {
	"root",		  "toor",   "admin",  "administrator", "sudo",	  "wheel",   "adm",
	"staff",	  "daemon", "bin",    "sys",	       "sync",	  "mail",    "nobody",
	"nogroup",	  "shadow", "disk",   "kmem",	       "tty",	  "input",   "uucp",
	"dialout",	  "floppy", "tape",   "cdrom",	       "lp",	  "lpadmin", "video",
	"render",	  "kvm",    "docker", "podman",	       "lxd",	  "lxc",     "incus",
	"libvirt",	  "qemu",   "ssh",    "netdev",	       "plugdev", "src",     "utmp",
	"users",	  "games",  "man",    "operator",      "backup",  "crontab", "webcred",
	"webcred-device",
};

static bool ids_is_powerful(const char *name)
{
	for (size_t i = 0; i < sizeof(ids_powerful) / sizeof(ids_powerful[0]); i++)
		if (strcasecmp(name, ids_powerful[i]) == 0)
			return true;
	return strncasecmp(name, "systemd-", 8) == 0 || name[0] == '_';
}

int ids_check_name(struct people *people, const char *name)
{
	const char *wrong = names_check_name(name);
	struct store_account account;
	struct store_group group;
	char whose[160];
	int r;

	if (wrong)
		return people_refuse(people, WEBCRED_TYPE_ERROR, "%s", wrong);
	if (local_has_name(people->local, name, whose, sizeof(whose)))
		return people_refuse(people, WEBCRED_INVALID_STATE,
				     "%s has this name, and local files always win", whose);
	if (ids_is_powerful(name))
		return people_refuse(people, WEBCRED_CONSTRAINT,
				     "programs give rights to the name %s, or keep it for "
				     "themselves; choose another",
				     name);
	r = people->store->ops->account_find(people->store, name, &account);
	if (r == 0)
		return people_refuse(
			people, WEBCRED_INVALID_STATE,
			"the store holds an account of this name (uid %u); if it is one "
			"that is gone: webcred remove --all --user %s",
			(unsigned)account.uid, name);
	if (r == STORE_ABSENT)
		r = people->store->ops->group_find(people->store, name, &group);
	if (r == 0)
		return people_refuse(people, WEBCRED_INVALID_STATE,
				     "there is a group of this name (gid %u)", (unsigned)group.gid);
	return r == STORE_ABSENT ? 0 : r;
}

/* 0, and *ret_refusal "" or why not. */
static int ids_look(const struct people *people, uint32_t id, const char *name, char *ret_refusal,
		    size_t size)
{
	static const char *const what[] = {[STORE_ID_ACCOUNT] = "is the account",
					   [STORE_ID_GROUP] = "is the group",
					   [STORE_ID_RETIRED] = "was once"};
	const char *wrong = names_check_id(id);
	char whose[WIRE_NAME_MAX + 1];
	enum store_id kind;
	int r;

	ret_refusal[0] = '\0';
	if (wrong) {
		snprintf(ret_refusal, size, "%s", wrong);
		return 0;
	}
	if (local_has_id(people->local, id, whose, sizeof(whose))) {
		snprintf(ret_refusal, size, "the id %" PRIu32 " belongs to %.160s", id, whose);
		return 0;
	}
	r = people->store->ops->id_owner(people->store, id, &kind, whose, sizeof(whose));
	if (r == STORE_ABSENT)
		return 0;
	if (r == 0 && !(kind == STORE_ID_RETIRED && name && strcmp(whose, name) == 0))
		snprintf(ret_refusal, size, "the id %" PRIu32 " %s %.64s's%s", id, what[kind],
			 whose,
			 kind == STORE_ID_RETIRED ? ", whose files may still be about: it is not "
						    "given to another"
						  : "");
	return r;
}

int ids_check(struct people *people, uint32_t id, const char *name)
{
	const struct conf_range *range = &people->keeper->conf.ids;
	char refusal[sizeof(people->text)];
	int r;

	if (names_check_id(id) == NULL && (id < range->low || id > range->high))
		return people_refuse(people, WEBCRED_CONSTRAINT,
				     "the id %" PRIu32 " is outside of %" PRIu32 "-%" PRIu32
				     " ([account] range in webcred.conf)",
				     id, range->low, range->high);
	r = ids_look(people, id, name, refusal, sizeof(refusal));
	if (r == 0 && refusal[0])
		return people_refuse(people, WEBCRED_CONSTRAINT, "%s", refusal);
	return r;
}

static int ids_start(struct people *people, uint32_t *ret_id)
{
	const struct conf_range *range = &people->keeper->conf.ids;
	char text[16] = "";
	int r = people->store->ops->meta_get(people->store, IDS_NEXT, text, sizeof(text));
	unsigned long next = strtoul(text, NULL, 10);

	*ret_id = next < range->low || next > range->high ? range->low : (uint32_t)next;
	return r == STORE_ABSENT ? 0 : r;
}

/* From where the last search ended to the end of the range, and once more from its
 * beginning: what was refused then may be free now. */
int ids_choose(struct people *people, uint32_t *ret_id)
{
	const struct conf_range *range = &people->keeper->conf.ids;
	uint32_t id, start;
	char text[sizeof(people->text)];
	bool wrapped = false;
	int r = ids_start(people, &start);

	for (id = start; r == 0;) {
		id = local_skip(people->local, id);
		if (id > range->high || (wrapped && id >= start)) {
			if (wrapped || start == range->low)
				break;
			wrapped = true;
			id = range->low;
			continue;
		}
		r = ids_look(people, id, NULL, text, sizeof(text));
		if (r == 0 && !text[0]) {
			*ret_id = id;
			return 0;
		}
		id++;
	}
	if (r < 0)
		return r;
	return people_refuse(people, WEBCRED_CONSTRAINT,
			     "every id of %" PRIu32 "-%" PRIu32
			     " has been given out; widen [account] range in webcred.conf",
			     range->low, range->high);
}

int ids_spend(struct people *people, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, id + 1);
	return people->store->ops->meta_set(people->store, IDS_NEXT, text);
}

void ids_trouble(const struct local *local, const char *name, uint32_t uid, uint32_t gid,
		 char *ret_text, size_t size)
{
	char whose[160];

	ret_text[0] = '\0';
	if (local_has_name(local, name, whose, sizeof(whose)))
		snprintf(ret_text, size, "%s has this name; local files win", whose);
	else if (uid && local_has_id(local, uid, whose, sizeof(whose)))
		snprintf(ret_text, size, "the uid belongs to %s; local files win", whose);
	else if (gid && local_has_id(local, gid, whose, sizeof(whose)))
		snprintf(ret_text, size, "the gid belongs to %s; local files win", whose);
}
