/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_hashing - a bound on memory.  One Argon2id run takes 64 MiB by
 * default: 64 lock screens and 64 ssh logins at once would take 8 GiB.  So only
 * [limits] max_hashes sessions hash at a time; who finds no room has its charge
 * kept, uncounted, and is let in when another has done.
 */
#include "authority/keeper.h"

static void hashing_begin(struct keeper *keeper, struct client *client)
{
	keeper->n_hashing++;
	client->hashing = true;
	client->hashing_since = wire_clock();
}

bool keeper_hashing_enter(struct keeper *keeper, struct client *client,
			  const struct keeper_charge *charge)
{
	if (keeper->n_hashing >= keeper->conf.max_hashes) {
		client->waits_to_hash = true;
		client->charge = *charge;
		return false;
	}
	hashing_begin(keeper, client);
	return true;
}

/* New callers stand at the head of the list: the last that waits is the oldest. */
static struct client *hashing_oldest(const struct keeper *keeper)
{
	struct client *client, *oldest = NULL;

	for (client = keeper->clients; client; client = client->next) {
		if (client->waits_to_hash && !client->closing)
			oldest = client;
	}
	return oldest;
}

void keeper_hashing_leave(struct keeper *keeper, struct client *client)
{
	struct client *next;

	client->waits_to_hash = false;
	if (!client->hashing)
		return;
	client->hashing = false;
	keeper->n_hashing--;
	next = hashing_oldest(keeper);
	if (!next || !keeper->store)
		return;
	next->waits_to_hash = false;
	hashing_begin(keeper, next);
	keeper_charge_now(keeper, next, &next->charge);
}

/* A session that never says that it is done keeps nobody waiting. */
void keeper_hashing_sweep(struct keeper *keeper, int64_t now)
{
	struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client->hashing && now - client->hashing_since > KEEPER_HASHING_MS)
			keeper_hashing_leave(keeper, client);
	}
}
