/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_farewell - the last close of a stranger's connection.
 *
 * What a caller has sent and nobody has received ends with the connection, and so do
 * the descriptors that were attached to it.  Where one is the last of a file whose
 * server does not answer (a file system in user space is anybody's), that close
 * never ends, and no signal ends it.  So the keeper is never the last that has such
 * a connection: a session that was forked ahead closes them instead, one after the
 * other, and says so.  One that does not say so in time is left to its fate, and
 * another takes its place, later and later; meanwhile connections are kept, and
 * behind so many of them the user socket takes no more.  Root's own are not concerned.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/audit.h"

#define FAREWELL_MS 1000	  /* a close that takes longer does not end */
#define FAREWELL_PAUSES 7	  /* the pause behind one that was lost doubles so often */
#define FAREWELL_FORGET_MS 600000 /* without one lost for so long it is short again */
#define FAREWELL_DEAF (KEEPER_KEPT_MAX / 2)

/* ---- who closes ------------------------------------------------------------ */

/* What it was given it still has, and closes where it can. */
static void farewell_forget(struct keeper_farewell *farewell)
{
	close(farewell->channel);
	farewell->channel = -1;
	farewell->told = 0;
	farewell->owed = false;
}

static void farewell_hear(struct keeper_farewell *farewell)
{
	uint8_t said[16];
	ssize_t n;

	while (farewell->channel >= 0) {
		n = wire_recv(farewell->channel, said, sizeof(said), NULL, -1, wire_clock());
		if (n == -ETIMEDOUT)
			return;
		if (n != 1 || said[0] != QUESTION_PARTED || farewell->told == 0) {
			farewell_forget(farewell);
			return;
		}
		farewell->told--;
		farewell->since = wire_clock();
	}
}

static void farewell_give_up(struct keeper_farewell *farewell)
{
	int64_t now = wire_clock();

	if (now - farewell->lost_at > FAREWELL_FORGET_MS)
		farewell->lost = 0;
	farewell->not_before = now + ((int64_t)FAREWELL_MS << farewell->lost);
	if (farewell->lost < FAREWELL_PAUSES)
		farewell->lost++;
	farewell->lost_at = now;
	audit_log(LOG_WARNING,
		  "a caller of uid %u attached something whose close does not end; session %d is "
		  "left with it",
		  (unsigned)farewell->uid, (int)farewell->pid);
	farewell_forget(farewell);
}

static bool farewell_has_somebody(struct keeper *keeper)
{
	struct keeper_farewell *farewell = &keeper->farewell;

	if (farewell->channel < 0 && wire_clock() >= farewell->not_before)
		farewell->channel = keeper_take_out_spare(keeper, POOL_USER, &farewell->pid);
	return farewell->channel >= 0;
}

static int farewell_say(struct keeper_farewell *farewell, enum question question, int fd)
{
	struct wire_out out;

	wire_begin(&out, (enum wire_message)question);
	return wire_send_fd(farewell->channel, out.bytes, out.len, fd, wire_clock());
}

/* What it was handed it closes when it hears that we have: ours is not the last. */
static int farewell_confirm(struct keeper_farewell *farewell)
{
	int r = farewell->owed ? farewell_say(farewell, QUESTION_PARTED, -1) : 0;

	if (r == 0)
		farewell->owed = false;
	return r;
}

static int farewell_hand(struct keeper *keeper)
{
	struct keeper_farewell *farewell = &keeper->farewell;
	struct keeper_kept *kept = &farewell->kept[farewell->n_kept - 1];
	int r = farewell_confirm(farewell);

	if (r == 0)
		r = farewell_say(farewell, QUESTION_PART, kept->fd);
	if (r != 0)
		return r;
	close(kept->fd);
	farewell->owed = true;
	farewell->n_kept--;
	if (farewell->told++ == 0) {
		farewell->since = wire_clock();
		farewell->uid = kept->uid;
	}
	return farewell_confirm(farewell);
}

/* ---- and when -------------------------------------------------------------- */

/* The user socket's callers wait in its queue. */
static void farewell_listen(struct keeper *keeper)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = SOURCE_USER};
	bool deaf = keeper->farewell.n_kept >= FAREWELL_DEAF;

	if (deaf == keeper->farewell.deaf || keeper->draining)
		return;
	keeper->farewell.deaf = deaf;
	if (deaf)
		audit_log(LOG_ERR, "the user socket takes no more for now: connections with "
				   "something attached whose close does not end");
	(void)epoll_ctl(keeper->epoll, deaf ? EPOLL_CTL_DEL : EPOLL_CTL_ADD, keeper->sockets.user,
			&event);
}

void keeper_farewell(struct keeper *keeper)
{
	struct keeper_farewell *farewell = &keeper->farewell;

	farewell_hear(farewell);
	if (farewell->told && wire_clock() - farewell->since > FAREWELL_MS)
		farewell_give_up(farewell);
	while ((farewell->n_kept || farewell->owed) && farewell_has_somebody(keeper)) {
		int r = farewell->n_kept ? farewell_hand(keeper) : farewell_confirm(farewell);

		if (r == -ETIMEDOUT) /* it has as many as it may have at once */
			break;
		if (r != 0)
			farewell_forget(farewell);
	}
	/* The next to be needed is there before it is. */
	if (keeper->hurried && farewell->pid != 0)
		(void)farewell_has_somebody(keeper);
	farewell_listen(keeper);
}

/* Whether something may have been attached that nobody has received. */
static bool farewell_needed(const struct keeper *keeper, const struct client *client)
{
	return !client->login_socket && (keeper->hurried || client->takes_rights);
}

/* Where there is no place left it stays open, and is nobody's: a descriptor lost
 * keeps nobody out. */
void keeper_part(struct keeper *keeper, const struct client *client)
{
	struct keeper_farewell *farewell = &keeper->farewell;

	if (!farewell_needed(keeper, client)) {
		close(client->fd);
		return;
	}
	/* Its descriptor goes, and the connection stays: it would be heard of for ever. */
	(void)epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, client->fd, NULL);
	if (farewell->n_kept == KEEPER_KEPT_MAX)
		return;
	farewell->kept[farewell->n_kept++] =
		(struct keeper_kept){.fd = client->fd, .uid = client->peer_uid};
	keeper_farewell(keeper);
}
