/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * devices_seen - which keys a ceremony has had already, while it waits for more.
 *
 * A session that waits for a key asks three times a second.  A node it had is
 * told by its file's identity, without opening it: to open a hidraw node wakes
 * the key.  A key that is plugged in again has a new one.
 */
#include "authority/keeper.h"

#include <string.h>

static bool seen_same(const struct keeper_seen *seen, const struct stat *st)
{
	return seen->rdev == st->st_rdev && seen->dev == st->st_dev && seen->ino == st->st_ino &&
	       seen->changed.tv_sec == st->st_ctim.tv_sec &&
	       seen->changed.tv_nsec == st->st_ctim.tv_nsec;
}

void keeper_seen_forget(struct client *client)
{
	client->devices.n_seen = 0;
}

bool keeper_seen_had(const struct client *client, const struct stat *st)
{
	unsigned i, n = client->devices.n_seen;

	for (i = 0; i < n && i < KEEPER_SEEN; i++) {
		if (seen_same(&client->devices.seen[i], st))
			return true;
	}
	return false;
}

bool keeper_seen_node(const struct client *client, const struct stat *st)
{
	unsigned i, n = client->devices.n_seen;

	for (i = 0; i < n && i < KEEPER_SEEN; i++) {
		if (client->devices.seen[i].rdev == st->st_rdev)
			return true;
	}
	return false;
}

void keeper_seen_note(struct client *client, const struct stat *st)
{
	/* Round and round: what was forgotten is looked at once more, no harm done. */
	client->devices.seen[client->devices.n_seen % KEEPER_SEEN] =
		(struct keeper_seen){st->st_dev, st->st_rdev, st->st_ino, st->st_ctim};
	client->devices.n_seen++;
}

bool keeper_seen_elsewhere(const struct keeper *keeper, const struct client *except,
			   const struct stat *st)
{
	const struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client != except && !client->closing && keeper_seen_node(client, st))
			return true;
	}
	return false;
}
