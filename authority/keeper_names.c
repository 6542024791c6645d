/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_names - the databases of the name service, written anew from the store
 * after each change and at the start, a slice at a time: a million people take
 * seconds, and logins go on in between.  What cannot be sliced - sorting, the index, the
 * disk - a thread does where there are many rows; it has the run and nothing else.
 *
 * Who ordered a change is answered once it can be seen.  A change in mid-run begins
 * another run when this one is over; a run that began before a change never answers
 * for it.
 *
 * Nobody whom /etc/passwd knows is a member of a group of ours, be it that the name was
 * given to a local account after it was ours: programs take a member by the name.  So
 * it is watched.  (People and groups themselves the module holds against the local files
 * at each answer.)
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/keeper_people.h"
#include "authority/publish.h"

#define NAMES_SLICE 256	      /* rows: about a millisecond */
#define NAMES_SLICE_SERVED 32 /* ... while somebody is served, whom each turn may keep waiting */
#define NAMES_RETRY_MS 10000
#define NAMES_ALONE 4096 /* rows that are ended at once: some milliseconds */
#define NAMES_LOOK_MS 4	 /* how often a thread is asked whether it is done */

struct names_writer {
	pthread_t thread;
	struct publish *run;
	char error[512];
	int result;
	atomic_bool done;
};

static bool names_is_there(void)
{
	struct stat st;

	return lstat(NAMES_FOLDER "/" NAMES_PASSWD_FILE, &st) == 0 ||
	       lstat(NAMES_FOLDER "/" NAMES_GROUP_FILE, &st) == 0;
}

void keeper_names_changed(struct keeper *keeper, struct client *client)
{
	keeper->names.changes++;
	keeper->names.retry_at = 0;
	if (client)
		client->awaits_names = keeper->names.changes;
}

static int names_note(void *context, const struct store_group *group)
{
	(void)group;
	*(bool *)context = true;
	return 1;
}

/* Where nobody ever was added there is nothing to write, nor to clean up. */
void keeper_names_open(struct keeper *keeper)
{
	bool any = names_is_there();

	if (!any && keeper->store->ops->group_each(keeper->store, 0, names_note, &any) < 0)
		return;
	if (any)
		keeper_names_changed(keeper, NULL);
}

/* Waits for it, if need be; its result. */
static int names_join(struct keeper_names *names)
{
	struct names_writer *writer = names->writer;
	int r;

	pthread_join(writer->thread, NULL);
	names->writer = NULL;
	r = writer->result;
	memcpy(names->error, writer->error, sizeof(names->error));
	free(writer);
	return r;
}

void keeper_names_abandon(struct keeper *keeper)
{
	if (keeper->names.writer)
		(void)names_join(&keeper->names);
	publish_abandon(keeper->names.run);
	keeper->names.run = NULL;
	local_free(keeper->names.local);
	keeper->names.local = NULL;
}

void keeper_names_watch(struct keeper *keeper)
{
	const struct stat *seen = &keeper->names.local_seen;
	struct stat now;

	if (!keeper->names.published || keeper->names.run || keeper->names.writer)
		return;
	if (stat(LOCAL_FOLDER "/passwd", &now) < 0)
		memset(&now, 0, sizeof(now));
	if (now.st_ino != seen->st_ino || now.st_size != seen->st_size ||
	    now.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != seen->st_mtim.tv_nsec ||
	    now.st_ctim.tv_nsec != seen->st_ctim.tv_nsec) {
		keeper->names.local_seen = now;
		keeper_names_changed(keeper, NULL);
	}
}

static bool names_busy(const struct keeper *keeper)
{
	return keeper->names.run ||
	       (keeper->store && keeper->names.changes != keeper->names.published &&
		wire_clock() >= keeper->names.retry_at);
}

int keeper_names_wait_ms(const struct keeper *keeper)
{
	if (keeper->names.writer)
		return NAMES_LOOK_MS;
	return names_busy(keeper) ? 0 : -1;
}

/* ---- one run ---------------------------------------------------------------------------- */

struct names_slice {
	struct keeper *keeper;
	unsigned left;
	char **member; /* of the group at hand */
	size_t n, room;
};

static int names_person(void *context, const struct store_person *person)
{
	struct names_slice *slice = context;
	struct keeper_names *names = &slice->keeper->names;
	const struct names_person row = {.name = person->name,
					 .uid = person->uid,
					 .gid = person->gid,
					 .gecos = person->gecos,
					 .home = person->home,
					 .shell = person->shell};
	int r = publish_person(names->run, &row, names->error, sizeof(names->error));

	if (r < 0)
		return r;
	names->after = person->number;
	names->rows++;
	return --slice->left == 0;
}

static int names_member(void *context, int64_t account, const char *name)
{
	struct names_slice *slice = context;
	char whose[160];
	void *grown;

	(void)account;
	if (local_has_account(slice->keeper->names.local, name, whose, sizeof(whose)))
		return 0;
	if (slice->n == slice->room) {
		slice->room = 2 * slice->room + 64;
		grown = realloc(slice->member, slice->room * sizeof(*slice->member));
		if (!grown)
			return -ENOMEM;
		slice->member = grown;
	}
	slice->member[slice->n] = strdup(name);
	return slice->member[slice->n++] ? 0 : -ENOMEM;
}

static int names_group(void *context, const struct store_group *group)
{
	struct names_slice *slice = context;
	struct keeper_names *names = &slice->keeper->names;
	struct store *store = slice->keeper->store;
	struct names_group row = {.name = group->name, .gid = group->gid};
	int r = store->ops->member_each(store, group->number, 0, names_member, slice);

	row.members = (const char *const *)slice->member;
	row.members_n = slice->n;
	if (r == 0)
		r = publish_group(names->run, &row, names->error, sizeof(names->error));
	for (size_t i = 0; i < slice->n; i++)
		free(slice->member[i]);
	slice->left -= slice->left > slice->n ? (unsigned)slice->n : slice->left - 1;
	slice->n = 0;
	if (r < 0)
		return r;
	names->after = group->number;
	names->rows++;
	return --slice->left == 0;
}

static int names_slice(struct keeper *keeper)
{
	struct keeper_names *names = &keeper->names;
	struct names_slice slice = {
		.keeper = keeper, .left = keeper->n_clients > 0 ? NAMES_SLICE_SERVED : NAMES_SLICE};
	struct store *store = keeper->store;
	int r = 0;

	if (!names->groups) {
		r = store->ops->person_each(store, names->after, names_person, &slice);
		if (r == 0 && slice.left > 0) {
			names->groups = true;
			names->after = 0;
		}
	}
	if (r == 0 && names->groups && slice.left > 0) {
		r = store->ops->group_each(store, names->after, names_group, &slice);
		if (r == 0 && slice.left > 0)
			names->whole = true;
	}
	free(slice.member);
	return r;
}

/* systemd-tmpfiles makes it; without systemd it is made here. */
static void names_make_folder(void)
{
	if (mkdir(NAMES_FOLDER, 0755) == 0)
		(void)chmod(NAMES_FOLDER, 0755);
}

static int names_begin(struct keeper *keeper)
{
	struct keeper_names *names = &keeper->names;
	int r;

	names->covers = names->changes;
	names->after = 0;
	names->rows = 0;
	names->groups = names->whole = false;
	names->error[0] = '\0';
	names_make_folder();
	if (stat(LOCAL_FOLDER "/passwd", &names->local_seen) < 0)
		memset(&names->local_seen, 0, sizeof(names->local_seen));
	r = local_read(LOCAL_FOLDER, &names->local, names->error, sizeof(names->error));
	if (r < 0)
		return r;
	return publish_begin(NAMES_FOLDER, &names->run, names->error, sizeof(names->error));
}

/* ---- its end ---------------------------------------------------------------------------- */

static void names_tell(struct keeper *keeper, struct client *client, int r)
{
	char text[WIRE_TEXT_MAX + 1];

	client->awaits_names = 0;
	if (r == 0) {
		keeper_send_answer(client);
		return;
	}
	snprintf(text, sizeof(text),
		 "it is stored, but the name service still has what was before: %s. Then: webcred "
		 "account publish",
		 keeper->names.error[0] ? keeper->names.error : strerror(-r));
	secret_wipe(client->answer, client->answer_len);
	free(client->answer);
	client->answer = NULL;
	keeper_fault(keeper, client, r, text);
}

static void names_end(struct keeper *keeper, int r)
{
	struct keeper_names *names = &keeper->names;
	struct client *client;

	if (r < 0)
		keeper_names_abandon(keeper);
	/* It may have seen half of a change: the next run tells. */
	if (r < 0 && names->covers != names->changes)
		return;
	if (r < 0) {
		audit_log(LOG_CRIT, "the name service's databases could not be written: %s",
			  names->error[0] ? names->error : strerror(-r));
		names->retry_at = wire_clock() + NAMES_RETRY_MS;
	} else {
		names->published = names->covers;
		names->retry_at = 0;
	}
	for (client = keeper->clients; client; client = client->next)
		if (client->awaits_names && client->awaits_names <= names->covers &&
		    client->answer && !client->queued)
			names_tell(keeper, client, r);
}

static void *names_write(void *argument)
{
	struct names_writer *writer = argument;

	writer->result = publish_finish(writer->run, writer->error, sizeof(writer->error));
	atomic_store(&writer->done, true);
	return NULL;
}

/* No signal of the keeper's is for it. */
static bool names_start_writer(struct keeper_names *names)
{
	struct names_writer *writer = calloc(1, sizeof(*writer));
	sigset_t all, before;
	int r;

	if (!writer)
		return false;
	writer->run = names->run;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&writer->thread, NULL, names_write, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		free(writer);
		return false;
	}
	names->writer = writer;
	return true;
}

/* 1 where a thread does it. */
static int names_finish(struct keeper *keeper)
{
	struct keeper_names *names = &keeper->names;
	bool beside = names->rows > NAMES_ALONE && names_start_writer(names);
	int r = beside ? 1 : publish_finish(names->run, names->error, sizeof(names->error));

	names->run = NULL;
	local_free(names->local);
	names->local = NULL;
	return r;
}

void keeper_names_turn(struct keeper *keeper)
{
	struct keeper_names *names = &keeper->names;
	int r = 0;

	if (!keeper->store || keeper->in_batch || keeper_names_wait_ms(keeper) < 0)
		return;
	if (names->writer) {
		if (atomic_load(&names->writer->done))
			names_end(keeper, names_join(names));
		return;
	}
	if (!names->run)
		r = names_begin(keeper);
	if (r == 0)
		r = names_slice(keeper);
	if (r == 0 && names->whole)
		r = names_finish(keeper);
	else if (r == 0)
		return;
	if (r <= 0)
		names_end(keeper, r);
}
