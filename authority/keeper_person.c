/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_person - people come, change and go. */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/keeper_people.h"
#include "authority/seal.h"

/* ---- what both add and modify set ---------------------------------------------- */

/* One field: refused with its reason, or copied. */
static int person_field(struct people *people, unsigned given, const char *text,
			const char *(*check)(const char *), char *field, size_t size)
{
	const char *wrong;

	if (!(people->order->given & given))
		return 0;
	wrong = check(text);
	if (wrong)
		return people_refuse(people, WEBCRED_TYPE_ERROR, "%s", wrong);
	snprintf(field, size, "%.*s", (int)size - 1, text);
	return 0;
}

static int person_fields(struct people *people, struct store_person *person)
{
	const struct wire_order *order = people->order;
	int r = person_field(people, WIRE_GIVEN_GECOS, order->gecos, names_check_gecos,
			     person->gecos, sizeof(person->gecos));

	if (r == 0)
		r = person_field(people, WIRE_GIVEN_HOME, order->home, names_check_home,
				 person->home, sizeof(person->home));
	if (r == 0)
		r = person_field(people, WIRE_GIVEN_SHELL, order->shell, names_check_shell,
				 person->shell, sizeof(person->shell));
	if (r == 0 && (order->given & WIRE_GIVEN_EXPIRES))
		person->expires = order->expires;
	return r;
}

/* The primary group, by name: one of ours alone, so that nobody comes by a local
 * group's rights, or by gid 0, in this way. */
static int person_group(struct people *people, struct store_person *person)
{
	struct store_group group;
	int r;

	if (!(people->order->given & WIRE_GIVEN_GROUP))
		return 0;
	r = people->store->ops->group_find(people->store, people->order->group, &group);
	if (r == STORE_ABSENT)
		return people_refuse(people, WEBCRED_INVALID_STATE,
				     "there is no group of webcred's named %.64s; webcred account "
				     "group add makes one, and a local group is none",
				     people->order->group);
	if (r == 0)
		person->gid = group.gid;
	return r;
}

static int person_join(struct people *people, int64_t account)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < people->n_join; i++)
		r = people->store->ops->member_add(people->store, people->join[i], account);
	for (size_t i = 0; r == 0 && i < people->n_leave; i++) {
		r = people->store->ops->member_remove(people->store, people->leave[i], account);
		if (r == STORE_ABSENT)
			r = 0; /* not a member, as was wished */
	}
	return r;
}

/* ---- add ------------------------------------------------------------------------- */

/* With a group of her own, number and name as hers, where no other is named. */
static int person_write(struct people *people, struct store_person *person, bool chosen)
{
	const bool own = !(people->order->given & WIRE_GIVEN_GROUP);
	uint8_t handle[STORE_HANDLE_SIZE];
	struct store *store = people->store;
	struct store_account account;
	int64_t group;
	int r = keeper_write(people->keeper);

	randombytes_buf(handle, sizeof(handle));
	if (r == 0)
		r = store->ops->account_add(store, person->name, person->uid, handle, keeper_now(),
					    &account);
	if (r == 0 && own)
		r = store->ops->group_add(store, person->name, person->gid, account.number, &group);
	if (r == 0) {
		person->number = account.number;
		r = store->ops->person_add(store, person);
	}
	if (r == 0)
		r = person_join(people, person->number);
	if (r == 0) {
		r = store->ops->id_revive(store, person->uid);
		r = r == STORE_ABSENT ? 0 : r;
	}
	if (r == 0 && chosen)
		r = ids_spend(people, person->uid);
	return r > 0 ? -EIO : r; /* judged before: a conflict now is a fault */
}

int person_add(struct people *people)
{
	const struct wire_order *order = people->order;
	const struct conf *conf = &people->keeper->conf;
	const bool chosen = !(order->given & WIRE_GIVEN_ID);
	struct store_person person = {.uid = order->id};
	const char *name = people->client->pin.name;
	int r = ids_check_name(people, name);

	if (r != 0)
		return r;
	snprintf(person.name, sizeof(person.name), "%.*s", NAMES_NAME_MAX, name);
	if (snprintf(person.home, sizeof(person.home), "%s/%s",
		     strcmp(conf->home_folder, "/") == 0 ? "" : conf->home_folder,
		     name) >= (int)sizeof(person.home))
		return people_refuse(people, WEBCRED_TYPE_ERROR, "the home folder is too long");
	snprintf(person.shell, sizeof(person.shell), "%s", conf->login_shell);
	r = person_fields(people, &person);
	if (r == 0)
		r = group_find_lists(people, false);
	if (r == 0)
		r = chosen ? ids_choose(people, &person.uid)
			   : ids_check(people, person.uid, person.name);
	person.gid = person.uid;
	if (r == 0)
		r = person_group(people, &person);
	if (r == 0)
		r = person_write(people, &person, chosen);
	snprintf(people->note, sizeof(people->note), "uid %" PRIu32 ", gid %" PRIu32, person.uid,
		 person.gid);
	return r;
}

/* ---- modify ---------------------------------------------------------------------- */

struct person_seals {
	struct people *people;
	const struct store_account *was, *is;
	uint8_t (*id)[WIRE_ID_SIZE];
	size_t n, room;
};

static int person_note_sealed(void *context, const struct store_record *record)
{
	struct person_seals *seals = context;
	void *grown;

	if (!record->sealed_len)
		return 0;
	if (seals->n == seals->room) {
		seals->room = 2 * seals->room + 8;
		grown = realloc(seals->id, seals->room * sizeof(*seals->id));
		if (!grown)
			return -ENOMEM;
		seals->id = grown;
	}
	memcpy(seals->id[seals->n++], record->credential.id, WIRE_ID_SIZE);
	return 0;
}

/* A sealed seed names its account: another name is another sealing. */
static int person_reseal(struct person_seals *seals, const uint8_t id[WIRE_ID_SIZE])
{
	struct store *store = seals->people->store;
	struct seal *seal = seals->people->keeper->seal;
	struct store_record record;
	uint8_t seed[OTP_SEED_MAX];
	size_t len = 0;
	int r = store->ops->record_get(store, seals->is->number, id, &record);

	if (r == 0)
		r = seal_open_record(seal, seals->was, &record, seed, &len);
	if (r == 0)
		r = seal_record(seal, seals->is, &record, seed, len);
	if (r == 0)
		r = store->ops->reseal(store, &record);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(&record, sizeof(record));
	return r;
}

static int person_write_name(struct people *people, const struct store_account *was)
{
	struct store *store = people->store;
	struct store_account is = *was;
	struct store_group own;
	struct person_seals seals = {.people = people, .was = was, .is = &is};
	int r;

	strcpy(is.name, people->order->new_name);
	r = store->ops->account_rename(store, was->number, is.name);
	if (r == 0) {
		r = store->ops->group_own(store, was->number, &own);
		if (r == 0 && strcmp(own.name, was->name) == 0)
			r = store->ops->group_rename(store, own.number, is.name);
		r = r == STORE_ABSENT ? 0 : r;
	}
	if (r == 0)
		r = store->ops->record_each(store, was->number, person_note_sealed, &seals);
	for (size_t i = 0; r == 0 && i < seals.n; i++)
		r = person_reseal(&seals, seals.id[i]);
	free(seals.id);
	return r;
}

static int person_judge_name(struct people *people)
{
	if (!(people->order->given & WIRE_GIVEN_NAME))
		return 0;
	if (!people->keeper->seal)
		return people_refuse(people, WEBCRED_INVALID_STATE,
				     "without the host key no one-time code can be carried over to "
				     "another name: %.200s",
				     people->keeper->key_trouble);
	return ids_check_name(people, people->order->new_name);
}

static int person_write_changes(struct people *people, const struct store_account *account,
				const struct store_person *person)
{
	struct store *store = people->store;
	int r = keeper_write(people->keeper);

	if (r == 0)
		r = store->ops->person_set(store, person);
	if (r == 0)
		r = person_join(people, person->number);
	if (r == 0 && (people->order->given & WIRE_GIVEN_LOCKED))
		r = store->ops->account_lock(store, person->number, people->order->locked);
	if (r == 0 && (people->order->given & WIRE_GIVEN_NAME))
		r = person_write_name(people, account);
	return r > 0 ? -EIO : r;
}

/* The person that the connection names, and her account. */
static int person_find(struct people *people, struct store_person *ret_person,
		       struct store_account *ret_account)
{
	const char *name = people->client->pin.name;
	int r = people->store->ops->person_find(people->store, name, ret_person);

	if (r == 0)
		r = people->store->ops->account_find(people->store, name, ret_account);
	if (r == STORE_ABSENT)
		return people_refuse(people, WEBCRED_INVALID_STATE,
				     "webcred knows nobody named %.64s; webcred account list says "
				     "whom it knows",
				     name);
	return r;
}

int person_modify(struct people *people)
{
	const unsigned ends = WIRE_GIVEN_NAME | WIRE_GIVEN_LOCKED | WIRE_GIVEN_EXPIRES;
	struct store_account account;
	struct store_person person;
	int r = person_find(people, &person, &account);

	if (r == 0)
		r = person_fields(people, &person);
	if (r == 0)
		r = group_find_lists(people, false);
	if (r == 0)
		r = person_group(people, &person);
	if (r == 0)
		r = person_judge_name(people);
	if (r == 0)
		r = person_write_changes(people, &account, &person);
	/* What is in flight was begun under another name, or would not be any more. */
	if (r == 0 && (people->order->given & ends))
		keeper_end_others(people->keeper, people->client, account.number);
	if (r == 0 && (people->order->given & WIRE_GIVEN_NAME))
		snprintf(people->note, sizeof(people->note), "now %.32s", people->order->new_name);
	return r;
}

/* ---- remove ---------------------------------------------------------------------- */

/* Her own group goes with her, unless somebody has it for the primary one. */
static int person_remove_group(struct people *people, const struct store_group *own)
{
	struct store *store = people->store;
	char name[WIRE_NAME_MAX + 1];
	int r = store->ops->group_used(store, own->number, 0, name, sizeof(name));

	if (r == 0)
		return 0;
	if (r == STORE_ABSENT)
		r = store->ops->group_remove(store, own->number);
	if (r == 0)
		r = store->ops->id_retire(store, own->gid, own->name, keeper_now());
	return r;
}

int person_remove(struct people *people)
{
	struct store *store = people->store;
	struct store_account account;
	struct store_person person;
	struct store_group own;
	bool has_own;
	int r = person_find(people, &person, &account);

	if (r != 0)
		return r;
	r = store->ops->group_own(store, account.number, &own);
	has_own = r == 0;
	if (r >= 0)
		r = keeper_write(people->keeper);
	if (r == 0)
		r = store->ops->account_remove(store, account.number);
	if (r == 0 && has_own)
		r = person_remove_group(people, &own);
	if (r == 0)
		r = store->ops->id_retire(store, person.uid, person.name, keeper_now());
	if (r > 0)
		r = -EIO;
	if (r == 0)
		keeper_end_others(people->keeper, people->client, account.number);
	snprintf(people->note, sizeof(people->note), "uid %" PRIu32 ", with every credential",
		 person.uid);
	return r;
}
