/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_people - what the files of the name service share in the keeper.
 *
 *   keeper_people    one order: read, done, answered once it is published
 *   keeper_person    people: add, modify, remove
 *   keeper_group     groups: add, modify, remove, who belongs to them
 *   keeper_ids       which name and which id may be given out
 *   keeper_roll      what there is, for list and show
 *   keeper_names     the databases that the name service reads: written anew
 *
 * An order is judged as a whole before the first row of it is written: what is
 * refused leaves nothing behind in a batch that goes on for others.
 */
#ifndef WEBCRED_AUTHORITY_KEEPER_PEOPLE_H
#define WEBCRED_AUTHORITY_KEEPER_PEOPLE_H

#include "authority/keeper.h"
#include "authority/local.h"
#include "lib/base/wire_people.h"

#define PEOPLE_LIST_MAX 256 /* names in one join or leave */

struct people {
	struct keeper *keeper;
	struct client *client;
	struct store *store;
	struct local *local;
	const struct wire_order *order;
	char text[512]; /* why not */
	char note[128]; /* for the audit line */
	/* Named by join and leave: numbers of groups, or of accounts. */
	int64_t join[PEOPLE_LIST_MAX], leave[PEOPLE_LIST_MAX];
	size_t n_join, n_leave;
};

/* Each: 0; a positive outcome, and then people->text says why, nothing having been
 * written; or -errno. */
int people_refuse(struct people *people, int outcome, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int person_add(struct people *people);
int person_modify(struct people *people);
int person_remove(struct people *people);
int group_add(struct people *people);
int group_modify(struct people *people);
int group_remove(struct people *people);

/* A name that nobody has, here or in the local files, and no program gives rights to. */
int ids_check_name(struct people *people, const char *name);
/* An id that is inside the range and nobody's, here or in the local files, and never was
 * another's than `name`'s. */
int ids_check(struct people *people, uint32_t id, const char *name);
/* The next id that is nobody's and never was; *ret_id. */
int ids_choose(struct people *people, uint32_t *ret_id);
/* It has been chosen: the next search goes on behind it. */
int ids_spend(struct people *people, uint32_t id);
/* Why a person or a group of ours is not served: a local file has the name or the id; else "". */
void ids_trouble(const struct local *local, const char *name, uint32_t uid, uint32_t gid,
		 char *ret_text, size_t size);

/* Finds what join and leave name: groups of ours, or people. */
int group_find_lists(struct people *people, bool of_people);

#endif
