/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_spares - sessions ahead of need, and who gets which.
 *
 * A spare is watched: one that ends (it could not give up its rights, it was
 * killed) makes room for another, at once the first time, and later and later
 * where they end again and again.  One that was handed a caller and ended before
 * it asked anything is replaced, a few times, as long as the caller has something
 * to be read.
 */
#include "authority/keeper.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SPARES_AGAIN 3	    /* sessions after the first that one caller may have */
#define SPARES_PAUSE_MS 100 /* behind the first that ended early; doubled for the next */
#define SPARES_PAUSES 7

static enum mother_pool spares_pool(const struct client *client)
{
	return client->login_socket ? POOL_LOGIN : POOL_USER;
}

/* ---- what is there --------------------------------------------------------- */

static void spares_remove(struct keeper_spares *spares, unsigned i)
{
	close(spares->channel[i]);
	spares->n--;
	spares->channel[i] = spares->channel[spares->n];
	spares->pid[i] = spares->pid[spares->n];
}

/* Those that end in one pause are one death: many may be killed together. */
static void spares_mourn(struct keeper_spares *spares)
{
	int64_t now = wire_clock();

	if (now < spares->not_before)
		return;
	spares->not_before = now + (spares->deaths ? SPARES_PAUSE_MS << spares->deaths : 0);
	if (spares->deaths < SPARES_PAUSES)
		spares->deaths++;
}

/* New callers stand at the head of the list: the last is the oldest. */
static void spares_serve_oldest(struct keeper *keeper, enum mother_pool pool)
{
	struct client *client, *oldest = NULL;

	for (client = keeper->clients; client; client = client->next) {
		if (client->state == CLIENT_WAITING && spares_pool(client) == pool &&
		    !client->closing)
			oldest = client;
	}
	if (oldest)
		keeper_assign(keeper, oldest);
}

void keeper_take_spare(struct keeper *keeper, enum mother_pool pool, pid_t pid, int channel)
{
	struct epoll_event ends = {.events = 0, .data.u64 = SOURCE_SPARE};
	struct keeper_spares *spares = &keeper->spares[pool];

	keeper->hurried = !keeper_take_no_rights(channel);
	if (spares->requested)
		spares->requested--;
	/* More than we asked for, or not to be watched: it ends by itself. */
	if (spares->n == KEEPER_SPARES_MAX ||
	    epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, channel, &ends) < 0) {
		close(channel);
		spares_mourn(spares);
		return;
	}
	spares->pid[spares->n] = pid;
	spares->channel[spares->n++] = channel;
	spares_serve_oldest(keeper, pool);
	keeper_farewell(keeper);
}

int keeper_take_out_spare(struct keeper *keeper, enum mother_pool pool, pid_t *ret_pid)
{
	struct keeper_spares *spares = &keeper->spares[pool];

	if (spares->n == 0)
		return -1;
	*ret_pid = spares->pid[--spares->n];
	return spares->channel[spares->n];
}

void keeper_bury_spares(struct keeper *keeper)
{
	for (int pool = 0; pool < POOL_N; pool++) {
		struct keeper_spares *spares = &keeper->spares[pool];
		unsigned n = spares->n;

		for (unsigned i = n; i-- > 0;) {
			struct pollfd channel = {.fd = spares->channel[i]};

			if (poll(&channel, 1, 0) > 0)
				spares_remove(spares, i);
		}
		if (spares->n < n)
			spares_mourn(spares);
	}
}

void keeper_forget_spares(struct keeper *keeper)
{
	for (int pool = 0; pool < POOL_N; pool++) {
		while (keeper->spares[pool].n)
			spares_remove(&keeper->spares[pool], keeper->spares[pool].n - 1);
	}
}

/* ---- who gets which -------------------------------------------------------- */

/* Hands the caller to this session; false where it does not have it: it has ended, mostly. */
static bool spares_hand(struct keeper *keeper, struct client *client, int channel)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = SOURCE_CLIENTS + client->serial};
	struct wire_out out;

	question_put_assign(&out, &client->pin);
	if (wire_send_fd(channel, out.bytes, out.len, client->fd, wire_clock()) != 0)
		return false;
	/* It has the caller, and may have heard it: no other can. */
	if (epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, channel, &event) < 0)
		client->closing = true;
	return true;
}

void keeper_assign(struct keeper *keeper, struct client *client)
{
	pid_t pid;
	int channel;

	while ((channel = keeper_take_out_spare(keeper, spares_pool(client), &pid)) >= 0) {
		if (!spares_hand(keeper, client, channel)) {
			close(channel);
			continue;
		}
		client->session = pid;
		client->channel = channel;
		client->state = CLIENT_SERVED;
		client->deadline = wire_clock() + KEEPER_SESSION_MS;
		return;
	}
}

int keeper_end_session(const struct keeper *keeper, const struct client *client)
{
	const struct mother_message end = {.word = MOTHER_END, .number = (uint64_t)client->session};

	return wire_send(keeper->mother, &end, sizeof(end), wire_clock());
}

void keeper_spoken(struct keeper *keeper, struct client *client)
{
	client->spoken = true;
	keeper->spares[spares_pool(client)].deaths = 0;
}

/* Whether it read what the caller sent cannot be seen.  So it is made to end, where it has not;
 * and should that have been what ended it, the next is no copy of the same mother's. */
bool keeper_assign_again(struct keeper *keeper, struct client *client)
{
	struct pollfd caller = {.fd = client->fd, .events = POLLIN};

	if (client->spoken || client->sessions == SPARES_AGAIN || poll(&caller, 1, 0) <= 0 ||
	    !(caller.revents & POLLIN) || keeper_end_session(keeper, client) != 0)
		return false;
	client->sessions++;
	keeper_hurry();
	close(client->channel);
	keeper_calm();
	client->channel = -1;
	client->state = CLIENT_WAITING;
	client->deadline = wire_clock() + 5 * KEEPER_HELLO_MS;
	spares_mourn(&keeper->spares[spares_pool(client)]);
	keeper_forget_spares(keeper);
	return true;
}

/* ---- how many -------------------------------------------------------------- */

/* How many should be ready: as configured, or as many as lately came at once. */
static unsigned spares_wanted(const struct keeper *keeper, int pool)
{
	const struct keeper_spares *spares = &keeper->spares[pool];
	unsigned wanted = pool == POOL_LOGIN ? keeper->conf.spare_sessions : 2;

	if (spares->peak > wanted && wire_clock() - spares->peak_at <= KEEPER_PEAK_MS)
		wanted = spares->peak;
	return wanted < KEEPER_SPARES_MAX ? wanted : KEEPER_SPARES_MAX;
}

/* Callers who wait for a fork, of all there are. */
static unsigned spares_awaited(struct keeper *keeper, int pool)
{
	struct keeper_spares *spares = &keeper->spares[pool];
	/* Anybody may crowd the user socket: it grows little. */
	unsigned most = pool == POOL_LOGIN ? KEEPER_SPARES_MAX : 8, waiting = 0, all = 0;
	struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client->closing || (int)spares_pool(client) != pool)
			continue;
		all++;
		waiting += client->state == CLIENT_WAITING;
	}
	if (!waiting)
		return 0;
	if (all > most)
		all = most;
	if (all >= spares->peak || wire_clock() - spares->peak_at > KEEPER_PEAK_MS)
		spares->peak = all;
	spares->peak_at = wire_clock();
	return waiting;
}

static bool spares_pause(const struct keeper_spares *spares)
{
	return spares->not_before != 0 && wire_clock() < spares->not_before;
}

bool keeper_lacks_spares(const struct keeper *keeper)
{
	int pool;

	for (pool = 0; pool < POOL_N; pool++) {
		if (keeper->spares[pool].n + keeper->spares[pool].requested <
			    spares_wanted(keeper, pool) &&
		    !spares_pause(&keeper->spares[pool]))
			return !keeper->draining || keeper->n_clients;
	}
	return false;
}

/* A fork beside a login takes its processor away: while somebody is being
 * served only those who wait are forked for, and a low-water mark is kept. */
void keeper_order_spares(struct keeper *keeper, bool quiet)
{
	struct mother_message message = {.word = MOTHER_SPAWN};
	unsigned target, wanted, have;

	if (keeper->draining && !keeper->n_clients)
		return;
	for (int pool = 0; pool < POOL_N; pool++) {
		struct keeper_spares *spares = &keeper->spares[pool];

		if (spares_pause(spares))
			continue;
		target = spares_awaited(keeper, pool);
		wanted = spares_wanted(keeper, pool);
		target += quiet ? wanted : (wanted + 3) / 4;
		have = spares->n + spares->requested;
		message.pool = (uint32_t)pool;
		for (; have < target; have++) {
			/* Who was forked last is taken first, and a crowd's spares take memory. */
			message.number = target - have <= KEEPER_REHEARSED;
			if (wire_send(keeper->mother, &message, sizeof(message), wire_clock()) != 0)
				return; /* asked again next turn */
			spares->requested++;
		}
		/* The crowd has been gone for long. */
		while (quiet && spares->n > wanted)
			spares_remove(spares, spares->n - 1);
	}
}
