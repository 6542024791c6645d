/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_agent - the ssh agent that the caller brought along.
 *
 * The caller connects, with the person's rights, and passes the descriptor; from
 * here on we speak to whoever is behind it.  It may stall, flood or lie: each wait
 * has a deadline, each answer a bound, and the worst is that this session refuses.
 */
#include "authority/session.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "authority/confine.h"
#include "lib/core/types/ssh_agent.h"

#define AGENT_PASS_MS 5000 /* the caller has nobody to ask */

void session_agent_close(struct session *session)
{
	if (session->agent.fd >= 0)
		close(session->agent.fd);
	session->agent.fd = -1;
	free(session->agent.room);
	session->agent.room = NULL;
}

/* ---- the descriptor ---------------------------------------------------------------- */

static bool agent_option_is(int fd, int option, int wanted)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

/* A stream socket of this machine that is connected; what else it could be costs
 * nobody but this session. */
static bool agent_fits(int fd)
{
	return agent_option_is(fd, SO_DOMAIN, AF_UNIX) &&
	       agent_option_is(fd, SO_TYPE, SOCK_STREAM) && agent_option_is(fd, SO_ACCEPTCONN, 0) &&
	       (send(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) == 0 || errno == EPIPE);
}

/* The keeper's sockets take no descriptors: for this one message they do. */
static void agent_take_rights(const struct session *session, int yes)
{
	(void)setsockopt(session->client, SOL_SOCKET, SO_PASSRIGHTS, &yes, sizeof(yes));
}

/* CANCEL, as in answer to a prompt; or AGENT. */
static int agent_take(struct session *session, size_t len, int fd)
{
	struct session_agent *agent = &session->agent;
	struct wire_in in;
	uint8_t type = wire_open(&in, session->in, len), outcome;
	uint32_t error;

	if (type == WIRE_CANCEL) {
		outcome = wire_get_u8(&in);
		if (!wire_done(&in))
			return -EPROTO;
		return outcome == WEBCRED_ABORTED ? WEBCRED_ABORTED : WEBCRED_NOT_ALLOWED;
	}
	error = wire_get_u32(&in);
	if (type != WIRE_AGENT || !wire_done(&in) || error > WIRE_ERRNO_MAX ||
	    (error == 0) != (fd >= 0))
		return -EPROTO;
	agent->error = (int)error;
	agent->unfit = fd >= 0 && !agent_fits(fd);
	return 0;
}

static int agent_pass(struct session *session)
{
	int fd = -1, r;
	ssize_t n;

	wire_begin(&session->out, WIRE_WANT_AGENT);
	agent_take_rights(session, 1);
	r = wire_send(session->client, session->out.bytes, session->out.len,
		      session_deadline(session, AGENT_PASS_MS));
	if (r == -EPIPE || r == -ECONNRESET)
		return WEBCRED_ABORTED;
	if (r != 0)
		return r;
	n = wire_recv(session->client, session->in, sizeof(session->in), &fd, session->keeper,
		      session_deadline(session, AGENT_PASS_MS));
	agent_take_rights(session, 0);
	if (n < 0)
		return n == -ENODATA || n == -ECONNRESET ? WEBCRED_ABORTED : (int)n;
	r = agent_take(session, (size_t)n, fd);
	if (r == 0 && fd >= 0 && !session->agent.unfit)
		session->agent.fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

/* ---- one exchange -------------------------------------------------------------------- */

/* While nothing comes, the person may go away and the keeper may end.  0 when the
 * agent's socket is ready; -ETIMEDOUT; WEBCRED_ABORTED or _NOT_ALLOWED; -errno. */
static int agent_wait(struct session *session, short events, int64_t until)
{
	struct pollfd wait[] = {{.fd = session->agent.fd, .events = events},
				{.fd = session->client, .events = POLLIN},
				{.fd = session->keeper, .events = POLLIN}};
	int64_t left = until - wire_clock();
	int n;

	if (left <= 0)
		return -ETIMEDOUT;
	n = poll(wait, 3, (int)left);
	if (n < 0)
		return errno == EINTR ? agent_wait(session, events, until) : -errno;
	if (wait[2].revents)
		return -ENODATA; /* the keeper speaks unasked: it is gone */
	if (wait[1].revents)
		return session_hear_end(session);
	return n > 0 ? 0 : -ETIMEDOUT;
}

static int agent_send(struct session *session, const uint8_t *bytes, size_t len, int64_t until)
{
	while (len > 0) {
		ssize_t n = send(session->agent.fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		int r = 0;

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -EPIPE;
		if (n < 0)
			r = agent_wait(session, POLLOUT, until);
		if (r != 0)
			return r;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int agent_recv(struct session *session, uint8_t *bytes, size_t len, int64_t until)
{
	while (len > 0) {
		ssize_t n = recv(session->agent.fd, bytes, len, MSG_DONTWAIT);
		int r = 0;

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return -EPIPE;
		if (n < 0)
			r = agent_wait(session, POLLIN, until);
		if (r != 0)
			return r;
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* What is there before anything was asked may have been made for another question. */
static int agent_is_quiet(const struct session *session)
{
	uint8_t byte;
	ssize_t n = recv(session->agent.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	if (n > 0)
		return -EBADMSG;
	return n < 0 && errno == EAGAIN ? 0 : -EPIPE;
}

static int agent_ask(struct session *session, const uint8_t *request, size_t len, int64_t until)
{
	const uint8_t head[] = {0, 0, (uint8_t)(len >> 8), (uint8_t)len};
	int r = len <= UINT16_MAX ? agent_send(session, head, sizeof(head), until) : -EMSGSIZE;

	return r == 0 ? agent_send(session, request, len, until) : r;
}

/* The answer into agent.room: 0 and *ret_len; -EMSGSIZE; or as agent_recv(). */
static int agent_hear(struct session *session, int64_t until, size_t *ret_len)
{
	uint8_t head[4];
	size_t len;
	int r = agent_recv(session, head, sizeof(head), until);

	if (r != 0)
		return r;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (len < 1 || len > SSH_AGENT_MESSAGE_MAX)
		return -EMSGSIZE;
	free(session->agent.room);
	session->agent.room = malloc(len);
	if (!session->agent.room)
		return -ENOMEM;
	*ret_len = len;
	return agent_recv(session, session->agent.room, len, until);
}

/* How the agent ended it; 0 where it was not the agent. */
static enum type_agent_end agent_end(int r)
{
	return r == -EPIPE	 ? TYPE_AGENT_CLOSED
	       : r == -ETIMEDOUT ? TYPE_AGENT_LATE
	       : r == -EMSGSIZE	 ? TYPE_AGENT_TOO_LONG
	       : r == -EBADMSG	 ? TYPE_AGENT_UNASKED
				 : (enum type_agent_end)0;
}

static int agent_exchange(struct session *session, const uint8_t *request, size_t len,
			  int64_t until, struct type_agent_answer *ret_answer)
{
	int r = agent_is_quiet(session);

	if (r == 0)
		r = agent_ask(session, request, len, until);
	if (r == 0)
		r = agent_hear(session, until, &ret_answer->len);
	if (r == 0) {
		ret_answer->end = TYPE_AGENT_ANSWERED;
		ret_answer->bytes = session->agent.room;
		return 0;
	}
	ret_answer->end = agent_end(r);
	return ret_answer->end ? 0 : r;
}

int session_agent(void *context, const uint8_t *request, size_t len, uint32_t timeout_ms,
		  struct type_agent_answer *ret_answer)
{
	struct session *session = context;
	int64_t until = session_deadline(session, timeout_ms);
	int r = 0;

	/* Key after key may be refused as late as can be: one timeout for them all (61). */
	if (session->agent.until == 0)
		session->agent.until = session_deadline(session, session->policy.timeout_ms);
	memset(ret_answer, 0, sizeof(*ret_answer));
	session_hashed(session);
	if (!session->agent.asked && (session->request.flags & WIRE_FLAG_AGENT)) {
		session->agent.asked = true;
		r = agent_pass(session);
	}
	if (r != 0)
		return r;
	if (session->agent.fd < 0) {
		ret_answer->end = session->agent.unfit ? TYPE_AGENT_UNFIT : TYPE_AGENT_NONE;
		ret_answer->error = session->agent.error;
		return 0;
	}
	return agent_exchange(session, request, len,
			      until < session->agent.until ? until : session->agent.until,
			      ret_answer);
}
