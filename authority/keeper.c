/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper - the loop; see keeper.h. */
#include "authority/keeper.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define KEEPER_EVENTS 64
#define KEEPER_REFILL_MS 4 /* quiet for so long: sessions are forked ahead */
#define KEEPER_IDLE_MS 200 /* quiet for so long: the store may tidy up */
#define KEEPER_DRAIN_MS 10000
#define KEEPER_SWEEP_MS 500 /* how often deadlines are looked at */
#define KEEPER_FAILURES 100 /* waits in a row that the kernel refused: then we end */

int64_t keeper_now(void)
{
	return (int64_t)time(NULL);
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* Linux 6.16 */
#endif
#define KEEPER_HURRY_US 1000

static void keeper_on_alarm(int number)
{
	(void)number; /* only to interrupt */
}

static int keeper_expect_alarm(void)
{
	struct sigaction action = {.sa_handler = keeper_on_alarm};

	return sigaction(SIGALRM, &action, NULL) < 0 ? -errno : 0;
}

void keeper_hurry(void)
{
	/* Again and again: a message may hold many of them. */
	const struct itimerval often = {{0, KEEPER_HURRY_US}, {0, KEEPER_HURRY_US}};

	setitimer(ITIMER_REAL, &often, NULL);
}

void keeper_calm(void)
{
	const struct itimerval never = {{0, 0}, {0, 0}};

	setitimer(ITIMER_REAL, &never, NULL);
}

bool keeper_take_no_rights(int fd)
{
	const int no = 0;

	return setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof(no)) == 0;
}

static int keeper_watch(struct keeper *keeper, int fd, uint64_t source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = source};

	return epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

/* What she sent got lost (no descriptor was free for what came along): what was
 * asked for is asked for again. */
static void keeper_miss_mother(struct keeper *keeper, int error)
{
	int pool;

	audit_log(LOG_ERR, "a message of the mother's got lost: %s", strerror(error));
	for (pool = 0; pool < POOL_N; pool++)
		keeper->spares[pool].requested = 0;
	keeper_devices_miss(keeper, MOTHER_ANY);
}

/* False when the mother is gone: then so are we. */
static bool keeper_hear_mother(struct keeper *keeper)
{
	struct mother_message message;
	int fd = -1;
	ssize_t n;

	while ((n = wire_recv(keeper->mother, &message, sizeof(message), &fd, -1, wire_clock())) ==
	       (ssize_t)sizeof(message)) {
		if (message.word == MOTHER_SESSION && message.pool < POOL_N && fd >= 0)
			keeper_take_spare(keeper, (enum mother_pool)message.pool,
					  (pid_t)message.number, fd);
		else if (message.word == MOTHER_HELPER && fd >= 0)
			keeper_helper(keeper, message.number, fd);
		else if (message.word == MOTHER_HELPER)
			keeper_devices_miss(keeper, message.number);
		else if (fd >= 0)
			close(fd);
		if (message.word == MOTHER_ANEW)
			keeper_forget_spares(keeper);
		if (message.word == MOTHER_DRAIN && !keeper->draining) {
			keeper->draining = true;
			keeper->drain_until = wire_clock() + KEEPER_DRAIN_MS;
			close(keeper->sockets.login);
			close(keeper->sockets.user);
		}
		fd = -1;
	}
	if (n == -ENODATA || n == -EPIPE)
		return false;
	if (n != -ETIMEDOUT)
		keeper_miss_mother(keeper, n < 0 ? (int)-n : EPROTO);
	return true;
}

static void keeper_client_event(struct keeper *keeper, uint64_t serial)
{
	struct client *client = keeper_client(keeper, serial);

	if (!client)
		return;
	if (client->state == CLIENT_SERVED)
		keeper_hear_session(keeper, client);
	else if (client->state == CLIENT_HELLO)
		keeper_hear_hello(keeper, client);
}

static bool keeper_event(struct keeper *keeper, const struct epoll_event *event)
{
	switch (event->data.u64) {
	case SOURCE_MOTHER:
		return keeper_hear_mother(keeper);
	case SOURCE_LOGIN:
	case SOURCE_USER:
		if (!keeper->draining)
			keeper_accept(keeper, event->data.u64 == SOURCE_LOGIN);
		return true;
	case SOURCE_SPARE:
		keeper_bury_spares(keeper);
		keeper_farewell(keeper);
		return true;
	default:
		keeper_client_event(keeper, event->data.u64 - SOURCE_CLIENTS);
		return true;
	}
}

/* Ends whatever has outlived its time; frees what ended in this turn. */
static void keeper_sweep(struct keeper *keeper, bool look_at_deadlines)
{
	struct client *client, *next;
	int64_t now = look_at_deadlines ? wire_clock() : 0;

	if (look_at_deadlines)
		keeper_hashing_sweep(keeper, now);
	for (client = keeper->clients; client; client = next) {
		next = client->next;
		if (look_at_deadlines && client->deadline && now > client->deadline)
			client->closing = true;
		if (client->closing)
			keeper_drop(keeper, client);
	}
}

static int keeper_loop(struct keeper *keeper)
{
	struct epoll_event event[KEEPER_EVENTS];
	int64_t swept = wire_clock(), heard = swept, now;
	unsigned failed = 0;
	bool idle = false;
	int n, i, names;

	for (;;) {
		names = keeper_names_wait_ms(keeper);
		n = epoll_wait(keeper->epoll, event, KEEPER_EVENTS,
			       keeper->copy		     ? 0
			       : names >= 0		     ? names
			       : keeper_lacks_spares(keeper) ? KEEPER_REFILL_MS
			       : idle			     ? KEEPER_SWEEP_MS
							     : KEEPER_IDLE_MS);
		failed = n < 0 && errno != EINTR ? failed + 1 : 0;
		if (failed > KEEPER_FAILURES)
			return 70;
		for (i = 0; i < n; i++) {
			if (!keeper_event(keeper, &event[i]))
				return 0;
		}
		keeper_commit(keeper);
		if (keeper->copy)
			keeper_backup_turn(keeper);
		keeper_names_turn(keeper);
		audit_flush();
		now = wire_clock();
		keeper_sweep(keeper, now - swept >= KEEPER_SWEEP_MS);
		keeper_commit(keeper); /* who ended may have let another one hash */
		if (now - swept >= KEEPER_SWEEP_MS) {
			keeper_names_watch(keeper);
			keeper_farewell(keeper);
			swept = now;
		}
		keeper_order_spares(keeper, n == 0);
		if (n > 0)
			heard = now;
		if (now - heard >= KEEPER_IDLE_MS && !idle && keeper->store && !keeper->copy)
			keeper->store->ops->idle(keeper->store);
		idle = now - heard >= KEEPER_IDLE_MS;
		if (keeper->draining && (!keeper->n_clients || now > keeper->drain_until))
			return 0;
	}
}

/* Each caller takes two, and a shell's limit is low. */
static void keeper_allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

int keeper_run(const struct mother_options *options, int mother)
{
	struct keeper *keeper;
	char text[512];
	int r;

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (sodium_init() < 0)
		return 70;
	secret_keep();
	keeper_allow_descriptors();
	keeper = calloc(1, sizeof(*keeper));
	if (!keeper)
		return 70;
	keeper->options = options;
	keeper->mother = mother;
	keeper->sockets = options->sockets;
	keeper->epoll = epoll_create1(EPOLL_CLOEXEC);
	keeper->farewell.channel = -1;
	keeper->hurried = !keeper_take_no_rights(keeper->sockets.login) ||
			  !keeper_take_no_rights(keeper->sockets.user);
	r = keeper_expect_alarm();
	if (r == 0)
		r = keeper->epoll < 0 ? -errno : keeper_watch(keeper, mother, SOURCE_MOTHER);
	if (r == 0)
		r = keeper_watch(keeper, keeper->sockets.login, SOURCE_LOGIN);
	if (r == 0)
		r = keeper_watch(keeper, keeper->sockets.user, SOURCE_USER);
	if (r < 0)
		return 70;
	/* A store or a configuration that is broken is said now and at every
	 * request; we stay, so that the refusal is quick and names its reason. */
	(void)keeper_ready(keeper, text, sizeof(text));
	audit_open(keeper->conf.audit);
	if (keeper->conf_result != 0)
		audit_log(LOG_CRIT, "%s", keeper->conf_error);
	if (!keeper->store)
		audit_log(LOG_CRIT, "%s", keeper->store_error);
	else
		audit_log(LOG_NOTICE, "ready: rp_id=%s", keeper->rp_id);
	keeper_carry_take(keeper);
	keeper_touch_clear();
	keeper_order_spares(keeper, true);
	r = keeper_loop(keeper);
	keeper_backup_abandon(keeper);
	keeper_names_abandon(keeper);
	keeper_carry_leave(keeper);
	if (keeper->store)
		keeper->store->ops->close(keeper->store);
	seal_close(keeper->seal);
	audit_close();
	sodium_memzero(keeper, sizeof(*keeper));
	free(keeper);
	return r;
}
