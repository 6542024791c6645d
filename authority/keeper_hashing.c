/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_hashing - a bound on memory.  One Argon2id run takes 64 MiB by
 * default: 64 lock screens and 64 ssh logins at once would take 8 GiB.  So only
 * [limits] max_hashes sessions hash at a time; who finds no room has its charge
 * kept, uncounted, and is let in when another has done, or is told to try again.
 * A password that is stored costs as much as one that is checked, and waits alike.
 *
 * A place is given on when the memory behind it is gone, however long that takes:
 * the session has said its next word, or its process has ended.  One that is to end
 * meanwhile, or stands still, is ended by the mother, since closing its channel is
 * heard by who listens alone; until it is gone its place is taken.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <syslog.h>

static bool hashing_has_room(const struct keeper *keeper)
{
	return keeper->n_hashing < keeper->conf.max_hashes;
}

static void hashing_begin(struct keeper *keeper, struct client *client)
{
	keeper->n_hashing++;
	client->hashing = true;
	client->hashing_since = wire_clock();
}

bool keeper_hashing_enter(struct keeper *keeper, struct client *client,
			  const struct keeper_charge *charge)
{
	if (!hashing_has_room(keeper)) {
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

/* Lets in who waits, as far as there is room: a changed max_hashes may have made some, or
 * have taken away more than one place. */
static void hashing_admit(struct keeper *keeper)
{
	struct client *next;

	while (keeper->store && hashing_has_room(keeper) && (next = hashing_oldest(keeper))) {
		next->waits_to_hash = false;
		hashing_begin(keeper, next);
		if (next->charge.type == WEBCRED_TYPE_NONE)
			keeper_done(keeper, next, "");
		else
			keeper_charge_now(keeper, next, &next->charge);
	}
}

void keeper_hashing_leave(struct keeper *keeper, struct client *client)
{
	client->waits_to_hash = false;
	if (!client->hashing)
		return;
	client->hashing = false;
	keeper->n_hashing--;
	hashing_admit(keeper);
}

/* Its channel is told of no more than its end: nothing that it says counts. */
static void hashing_end(struct keeper *keeper, struct client *client)
{
	struct epoll_event event = {.events = 0, .data.u64 = SOURCE_CLIENTS + client->serial};
	int64_t now = wire_clock();

	if (client->ending_since && now - client->ending_since < KEEPER_END_MS)
		return;
	if (!client->ending_since)
		(void)epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, client->channel, &event);
	client->ending_since = now;
	(void)keeper_end_session(keeper, client); /* or in the next turn */
}

bool keeper_hashing_lingers(struct keeper *keeper, struct client *client)
{
	struct pollfd channel = {.fd = client->channel};

	if (!client->hashing)
		return false;
	/* The kernel closes what a process had open behind its memory. */
	if (poll(&channel, 1, 0) > 0 && (channel.revents & (POLLHUP | POLLERR)))
		return false;
	hashing_end(keeper, client);
	return true;
}

/* A session that never says that it is done is ended; and who has waited for long is told
 * so, while its session still listens: nothing of it was charged. */
void keeper_hashing_sweep(struct keeper *keeper, int64_t now)
{
	struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client->closing)
			continue;
		if (client->hashing && now - client->hashing_since > KEEPER_HASHING_MS) {
			audit_log(LOG_ERR, "session %d for %s has hashed for %d seconds; ended",
				  (int)client->session, client->pin.name, KEEPER_HASHING_MS / 1000);
			client->closing = true;
		} else if (client->waits_to_hash && now - client->hashing_since > KEEPER_ROOM_MS) {
			client->waits_to_hash = false;
			keeper_fault(keeper, client, -EAGAIN,
				     "too many passwords are being checked at once; try again");
		}
	}
	hashing_admit(keeper);
}
