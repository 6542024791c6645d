/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_admit - who is let in. */
#include "authority/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/text.h"

#define ADMIT_AT_ONCE 64 /* callers taken in one turn */
#define ADMIT_STRANGERS 16
#define ADMIT_NO_UID UINT32_MAX

/* Told to a caller whom no session will serve: an outcome, or -errno.  The caller may be gone, or
 * may not read: one attempt, no waiting. */
static void admit_turn_away(int fd, int why, const char *text)
{
	struct wire_result result = {.fault = why < 0 ? (uint32_t)-why : 0,
				     .outcome = why > 0 ? (uint32_t)why : 0,
				     .status = why < 0 ? WEBCRED_STATUS_FAULT
						       : WEBCRED_STATUS_NOTALLOWED};
	struct wire_out out;

	strncpy(result.message, text, sizeof(result.message) - 1);
	if (wire_put_result(&out, &result))
		(void)wire_send(fd, out.bytes, out.len, wire_clock());
}

/* How many callers of this kind there are: of one uid, and in all. */
static void admit_count(const struct keeper *keeper, bool login_socket, uint32_t uid,
			unsigned *ret_same, unsigned *ret_all)
{
	const struct client *other;

	*ret_same = *ret_all = 0;
	for (other = keeper->clients; other; other = other->next) {
		if (other->login_socket != login_socket || other->closing)
			continue;
		(*ret_all)++;
		if (login_socket ? other->pin.requester == uid : other->peer_uid == uid)
			(*ret_same)++;
	}
}

static bool admit_has_room(const struct keeper *keeper, const struct client *client)
{
	uint32_t uid = client->login_socket ? client->pin.requester : client->peer_uid;
	unsigned same, all;

	admit_count(keeper, client->login_socket, uid, &same, &all);
	/* Root's own services (sshd, login) all arrive as uid 0, and who has not
	 * said a hello yet is not known: only the total bounds them. */
	if (client->login_socket)
		return all <= keeper->conf.max_sessions &&
		       (uid == 0 || uid == ADMIT_NO_UID || same <= keeper->conf.max_per_uid);
	return all <= keeper->conf.max_user_sessions && same <= keeper->conf.max_per_uid;
}

static struct client *admit_new(struct keeper *keeper, int fd, bool login_socket)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct client *client;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return NULL;
	client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	client->serial = ++keeper->serial;
	client->fd = fd;
	client->channel = -1;
	client->login_socket = login_socket;
	client->peer_uid = peer.uid;
	client->peer_pid = peer.pid;
	client->pin.uid = client->pin.requester = ADMIT_NO_UID;
	client->deadline = wire_clock() + KEEPER_HELLO_MS;
	client->next = keeper->clients;
	if (keeper->clients)
		keeper->clients->previous = client;
	keeper->clients = client;
	keeper->n_clients++;
	return client;
}

static bool admit_is_full(const struct keeper *keeper)
{
	unsigned same, all;

	admit_count(keeper, false, ADMIT_NO_UID, &same, &all);
	return all > keeper->conf.max_user_sessions;
}

/* Who is silent makes room for who may speak; new callers stand at the head. */
static void admit_evict_silent(struct keeper *keeper, const struct client *newest)
{
	struct client *client, *oldest = NULL;

	for (client = keeper->clients; client; client = client->next) {
		if (client != newest && !client->login_socket && client->state == CLIENT_HELLO &&
		    !client->closing)
			oldest = client;
	}
	if (oldest)
		oldest->closing = true;
}

void keeper_accept(struct keeper *keeper, bool login_socket)
{
	int listener = login_socket ? keeper->sockets.login : keeper->sockets.user, i, fd;

	for (i = 0; i < ADMIT_AT_ONCE; i++) {
		struct epoll_event event = {.events = EPOLLIN};
		struct client *client;

		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		client = admit_new(keeper, fd, login_socket);
		if (!client) {
			admit_turn_away(fd, -ENOMEM, "webcred-authority is out of memory");
			close(fd);
			continue;
		}
		event.data.u64 = SOURCE_CLIENTS + client->serial;
		if (!login_socket && admit_is_full(keeper))
			admit_evict_silent(keeper, client);
		/* The socket's mode has let only root in; belt and braces. */
		if ((login_socket && client->peer_uid != 0) || !admit_has_room(keeper, client) ||
		    epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
			admit_turn_away(fd, -EAGAIN, "too many logins at once; try again");
			client->closing = true;
			continue;
		}
		/* The hello is usually there already. */
		keeper_hear_hello(keeper, client);
	}
}

static bool admit_verb_known(uint16_t verb)
{
	return verb >= WIRE_GET && verb <= WIRE_PEOPLE;
}

/* About all accounts, or the store as a whole. */
static bool admit_is_roots(uint16_t verb)
{
	return verb == WIRE_ACCOUNTS || verb == WIRE_BACKUP || verb == WIRE_PEOPLE;
}

/* Uids are cheap to whoever may map them: those that have nothing here share a
 * few places, so that they cannot take everybody's. */
static bool admit_is_stranger(const struct keeper *keeper, const struct client *client)
{
	struct store_account account;

	return keeper->store &&
	       (keeper->store->ops->account_find(keeper->store, client->pin.name, &account) != 0 ||
		account.uid != client->peer_uid);
}

static bool admit_stranger_has_room(struct keeper *keeper, struct client *client)
{
	const struct client *other;
	unsigned n = 0;

	client->stranger = !client->login_socket && admit_is_stranger(keeper, client);
	if (!client->stranger)
		return true;
	for (other = keeper->clients; other; other = other->next)
		n += other->stranger && !other->closing;
	return n <= ADMIT_STRANGERS;
}

/* Whom the user socket does not serve: everybody but the peer itself. */
static bool admit_is_own(const struct client *client, const struct wire_hello *hello)
{
	return client->login_socket || hello->uid == client->peer_uid;
}

static bool admit_hello_valid(const struct wire_hello *hello)
{
	return hello->magic == WIRE_MAGIC && hello->version == WIRE_VERSION &&
	       admit_verb_known(hello->verb) && memchr(hello->name, 0, sizeof(hello->name)) &&
	       text_name_valid(hello->name);
}

static void admit_pin(struct client *client, const struct wire_hello *hello)
{
	client->pin.verb = hello->verb;
	client->pin.login_socket = client->login_socket;
	client->pin.uid = hello->uid;
	client->pin.requester = client->login_socket ? hello->requester : client->peer_uid;
	strcpy(client->pin.name, hello->name);
}

/* Why a caller is turned away, or NULL; pins whom it is about. */
static const char *admit_hear(struct client *client, const struct wire_hello *hello, ssize_t n,
			      int *ret_why)
{
	*ret_why = -EPROTO;
	if (client->state != CLIENT_HELLO || n != (ssize_t)sizeof(*hello) ||
	    !admit_hello_valid(hello))
		return "webcred-authority and the library do not speak the same version; restart "
		       "webcred.service";
	*ret_why = WEBCRED_SECURITY;
	if (!admit_is_own(client, hello))
		return "this socket is for your own account";
	admit_pin(client, hello);
	if (admit_is_roots(client->pin.verb) &&
	    !(client->login_socket && client->pin.requester == 0))
		return "only root may ask for this";
	if (client->pin.verb == WIRE_SETTLE && !client->login_socket)
		return "only a login that root's program ran can be settled";
	return NULL;
}

/* Anybody can be turned away thousands of times a second: a line a second, and
 * how many more there were. */
static void admit_complain(const struct client *client, const char *trouble)
{
	static int64_t last = -1000;
	static unsigned kept;
	int64_t now = wire_clock();

	if (now - last < 1000) {
		kept++;
		return;
	}
	audit_log(LOG_WARNING, "a caller of uid %u was turned away: %s (%u more before)",
		  (unsigned)client->peer_uid, trouble, kept);
	last = now;
	kept = 0;
}

void keeper_hear_hello(struct keeper *keeper, struct client *client)
{
	struct wire_hello hello;
	const char *trouble;
	int why = 0;
	ssize_t n;

	keeper_hurry();
	n = wire_recv(client->fd, &hello, sizeof(hello), NULL, -1, wire_clock());
	keeper_calm();
	if (n == -ETIMEDOUT)
		return;
	trouble = n == -EPROTO ? "a descriptor was attached" : admit_hear(client, &hello, n, &why);
	if (trouble) {
		if (n > 0 || n == -EMSGSIZE || n == -EPROTO)
			admit_complain(client, trouble);
		if (n >= 0)
			admit_turn_away(client->fd, why, trouble);
		client->closing = true;
		return;
	}
	if (!admit_has_room(keeper, client) || !admit_stranger_has_room(keeper, client)) {
		admit_turn_away(client->fd, -EAGAIN, "too many logins of yours at once; try again");
		client->closing = true;
		return;
	}
	/* From here on the session alone reads from the caller. */
	epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, client->fd, NULL);
	client->state = CLIENT_WAITING;
	client->deadline = wire_clock() + 5 * KEEPER_HELLO_MS;
	keeper_assign(keeper, client);
}

/* An answer that was queued for a caller who ends with it. */
static void admit_forget_answer(struct keeper *keeper, struct client *client)
{
	struct client **at = &keeper->answers;

	if (!client->answer)
		return;
	while (*at && *at != client)
		at = &(*at)->next_answer;
	if (*at)
		*at = client->next_answer;
	secret_wipe(client->answer, client->answer_len);
	free(client->answer);
	client->answer = NULL;
}

struct client *keeper_client(const struct keeper *keeper, uint64_t serial)
{
	struct client *client;

	for (client = keeper->clients; client; client = client->next) {
		if (client->serial == serial)
			return client->closing ? NULL : client;
	}
	return NULL;
}

/* False where the session hashes: its channel tells when that has ended. */
static bool admit_close(struct keeper *keeper, struct client *client)
{
	bool lingers;

	keeper_hurry();
	if (client->fd >= 0)
		keeper_part(keeper, client);
	client->fd = -1;
	lingers = keeper_hashing_lingers(keeper, client);
	if (!lingers && client->channel >= 0)
		close(client->channel);
	keeper_calm();
	return !lingers;
}

void keeper_drop(struct keeper *keeper, struct client *client)
{
	admit_forget_answer(keeper, client);
	if (!admit_close(keeper, client))
		return;
	if (client->begun && !client->ended && client->pin.verb != WIRE_LIST) {
		keeper_note(client, keeper_verb_name(client->pin.verb), "fault", NULL, 0,
			    "the session ended early");
		client->ended = true;
	}
	keeper_hashing_leave(keeper, client);
	keeper_devices_drop(client);
	keeper_touch(keeper, client, false);
	if (client->backup > 0)
		close(client->backup);
	keeper_enrolment_free(client->enrolment);
	if (client->previous)
		client->previous->next = client->next;
	else
		keeper->clients = client->next;
	if (client->next)
		client->next->previous = client->previous;
	keeper->n_clients--;
	secret_wipe(client, sizeof(*client));
	free(client);
}
