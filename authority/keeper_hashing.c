/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_hashing - a bound on memory.  One Argon2id run takes 64 MiB by
 * default: 64 lock screens and 64 ssh logins at once would take 8 GiB.  So only
 * [limits] max_hashes sessions hash at a time; who finds no room has its charge
 * kept, uncounted, and is let in when another has done, or is told to try again.
 * A password that is stored costs as much as one that is checked, and waits alike.
 */
#include "authority/keeper.h"

#include <errno.h>

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
		client->hashing_since = wire_clock();
		client->charge = *charge;
		return false;
	}
	hashing_begin(keeper, client);
	return true;
}

void keeper_room(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	static const struct keeper_charge nothing = {.type = WEBCRED_TYPE_NONE};

	if (!wire_done(in))
		client->closing = true;
	else if (keeper_hashing_enter(keeper, client, &nothing))
		keeper_done(keeper, client, "");
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
	if (next->charge.type == WEBCRED_TYPE_NONE)
		keeper_done(keeper, next, "");
	else
		keeper_charge_now(keeper, next, &next->charge);
}

/* A session that never says that it is done keeps nobody waiting; and who has waited for long is
 * told so, while its session still listens: nothing of it was charged. */
void keeper_hashing_sweep(struct keeper *keeper, int64_t now)
{
	struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client->hashing && now - client->hashing_since > KEEPER_HASHING_MS)
			keeper_hashing_leave(keeper, client);
		if (client->waits_to_hash && !client->closing &&
		    now - client->hashing_since > KEEPER_ROOM_MS) {
			client->waits_to_hash = false;
			keeper_fault(keeper, client, -EAGAIN,
				     "too many passwords are being checked at once; try again");
		}
	}
}
