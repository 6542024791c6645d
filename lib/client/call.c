/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * One conversation with the authority: it speaks, the mediator takes its turns.
 *
 * Time.  `deadline` runs while the authority works and stands still while the
 * mediator is in a callback: how long a person may take is between him and the
 * authority, which has its own clock.
 */
#include "lib/client/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"

int call_take_mediator(struct call *call, const struct webcred_mediator *mediator)
{
	if (!mediator)
		return 0;
	if (mediator->size < offsetof(struct webcred_mediator, ask) ||
	    mediator->size > sizeof(*mediator)) {
		container_say(call->container, "a mediator of another version of webcred.h");
		return WEBCRED_TYPE_ERROR;
	}
	memcpy(&call->mediator, mediator, mediator->size);
	return 0;
}

static int protocol_error(struct call *call, const char *what)
{
	container_say(call->container, "webcred-authority broke the protocol: %s", what);
	return -EPROTO;
}

int call_send(struct call *call)
{
	struct wire_out *out = &call->container->out;
	int r = out->overflow ? -EMSGSIZE
			      : wire_send(call->fd, out->bytes, out->len,
					  wire_clock() + CLIENT_PROMPT_MS);

	wire_wipe(out);
	/* Closed already: why stands in what it sent before. */
	if (r == -EPIPE)
		return 0;
	if (r != 0)
		container_say(call->container, "sending to webcred-authority: %s", strerror(-r));
	return r;
}

/* Until something can be read: 0; WEBCRED_ABORTED; -ETIMEDOUT; -errno. */
static int await(const struct call *call, int64_t deadline_ms)
{
	struct pollfd fds[3] = {{.fd = call->fd, .events = POLLIN},
				{.fd = call->container->cancel_fd, .events = POLLIN},
				{.fd = call->container->signal_fd, .events = POLLIN}};

	for (;;) {
		int64_t left = deadline_ms - wire_clock();
		int n = poll(fds, 3, left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0 && wire_clock() >= deadline_ms)
			return -ETIMEDOUT;
		if (n <= 0)
			continue;
		return fds[1].revents || fds[2].revents ? WEBCRED_ABORTED : 0;
	}
}

/* The newest is the one that counts. */
static void receive_keep(struct call *call, int passed)
{
	if (passed < 0)
		return;
	if (call->copy >= 0)
		(void)close(call->copy);
	call->copy = container_lift_fd(passed);
}

/* One message into container->in: its length, 0 if aborted, -errno. */
static ssize_t receive(struct call *call, int64_t deadline_ms)
{
	struct webcred_container *container = call->container;
	int r, passed = -1;
	ssize_t n;

	do {
		r = await(call, deadline_ms);
		n = r < 0 ? r : 0;
		if (r == 0)
			n = wire_recv(call->fd, container->in, sizeof(container->in),
				      call->rules & CALL_MAY_COPY ? &passed : NULL, -1,
				      wire_clock());
	} while (r == 0 && n == -ETIMEDOUT && wire_clock() < deadline_ms);
	if (r == WEBCRED_ABORTED) {
		container_say(container, "cancelled");
		return 0;
	}
	receive_keep(call, passed);
	if (n == -ENODATA) {
		container_say(container, "webcred-authority closed the connection without a "
					 "result; see its log");
		return -ECONNRESET;
	}
	if (n == -ETIMEDOUT)
		container_say(container, "no answer from webcred-authority in time; see its log, "
					 "or systemctl restart webcred.service");
	else if (n < 0)
		container_say(container, "reading from webcred-authority: %s", strerror((int)-n));
	return n;
}

/* Tells the authority that no answer will come, and stays for its RESULT: it
 * holds the delay and the status.  Returns `why`, whatever that RESULT says. */
static int decline(struct call *call, int why)
{
	struct webcred_container *container = call->container;
	int64_t deadline_ms = wire_clock() + CLIENT_PROMPT_MS;
	bool aborted = why != WEBCRED_NOT_ALLOWED;

	wire_begin(&container->out, WIRE_CANCEL);
	wire_put_u8(&container->out, aborted ? WEBCRED_ABORTED : WEBCRED_NOT_ALLOWED);
	if (call_send(call) != 0)
		return why;
	for (;;) {
		ssize_t n = receive(call, deadline_ms);

		container->message[0] = '\0';
		if (n <= 0)
			break;
		if (container->in[0] != WIRE_RESULT)
			continue;
		if (wire_get_result(container->in, (size_t)n, &container->result)) {
			call->ended = true;
			(void)call_result(call);
		}
		break;
	}
	secret_wipe(container->in, sizeof(container->in));
	container->status = WEBCRED_STATUS_NOTALLOWED;
	if (!container->message[0])
		container_say(container,
			      aborted ? "the conversation ended without an answer" : "declined");
	return why;
}

/* What a mediator's callback returned, held to its contract. */
static int mediator_result(int r)
{
	return r == 0 || r == WEBCRED_NOT_ALLOWED || r < 0 ? r : WEBCRED_ABORTED;
}

/* Newlines stay, everything else that could drive a terminal goes. */
static void clean_lines(char *clean, size_t size, char *text)
{
	size_t used = 0;

	for (char *line = text, *next; line && used + 1 < size; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		text_clean(clean + used, size - used, line);
		used += strlen(clean + used);
		if (next && used + 1 < size) {
			clean[used++] = '\n';
			clean[used] = '\0';
		}
	}
}

static int send_answer(struct call *call, uint16_t number, const struct webcred_secret *answer)
{
	struct wire_out *out = &call->container->out;

	wire_begin(out, WIRE_ANSWER);
	wire_put_u16(out, number);
	wire_put_bytes(out, secret_bytes(answer), secret_len(answer));
	return call_send(call);
}

static int ask_mediator(struct call *call, uint16_t number, enum webcred_ask kind)
{
	struct webcred_container *container = call->container;
	struct webcred_secret *answer = call->answer;
	bool answered;
	int r;

	if (!call->mediator.ask)
		return decline(call, WEBCRED_NOT_ALLOWED);
	if (!answer)
		return decline(call, -ENOMEM);
	r = mediator_result(
		call->mediator.ask(call->mediator.context, kind, container->clean, answer));
	if (r == 0 && container_aborted(container))
		r = WEBCRED_ABORTED;
	/* Too long for any secret: refused here, not cut, not sent. */
	if (r == 0 && secret_refused(answer))
		r = WEBCRED_NOT_ALLOWED;
	answered = r == 0;
	if (answered)
		r = send_answer(call, number, answer);
	(void)secret_set(answer, NULL, 0);
	return answered ? r : decline(call, r);
}

static int handle_ask(struct call *call, size_t len)
{
	struct webcred_container *container = call->container;
	struct wire_in in;
	uint16_t number;
	uint8_t kind;

	(void)wire_open(&in, container->in, len);
	number = wire_get_u16(&in);
	kind = wire_get_u8(&in);
	wire_get_str(&in, container->text, sizeof(container->text));
	if (!(call->rules & CALL_MAY_ASK) || !wire_done(&in) || kind < WEBCRED_ASK_SECRET ||
	    kind > WEBCRED_ASK_CODE)
		return protocol_error(call, "a question out of turn or out of form");
	clean_lines(container->clean, sizeof(container->clean), container->text);
	return ask_mediator(call, number, (enum webcred_ask)kind);
}

static int send_agent(struct call *call, int fd, int error)
{
	struct wire_out *out = &call->container->out;
	int r;

	wire_begin(out, WIRE_AGENT);
	wire_put_u32(out, (uint32_t)error);
	r = wire_send_fd(call->fd, out->bytes, out->len, fd, wire_clock() + CLIENT_PROMPT_MS);
	if (r == -EPIPE)
		return 0; /* why stands in what it sent before */
	if (r != 0)
		container_say(call->container, "sending to webcred-authority: %s", strerror(-r));
	return r;
}

static int handle_want_agent(struct call *call, size_t len)
{
	int fd = -1, r = -ENODATA;

	if (!(call->rules & CALL_MAY_ASK) || len != 1 || !call->mediator.agent || call->agent_asked)
		return protocol_error(call, "an agent asked for out of turn");
	call->agent_asked = true;
	r = call->mediator.agent(call->mediator.context, &fd);
	if (r == 0 && fd >= 0)
		r = send_agent(call, fd, 0);
	else if (r == -EIO)
		r = decline(call, r); /* this process is not what it was */
	else
		r = send_agent(call, -1, r < 0 && r >= -WIRE_ERRNO_MAX ? -r : ENODATA);
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int handle_show(struct call *call, size_t len)
{
	struct webcred_container *container = call->container;
	struct wire_in in;
	uint8_t kind;
	bool matters;
	int r;

	(void)wire_open(&in, container->in, len);
	kind = wire_get_u8(&in);
	wire_get_str(&in, container->text, sizeof(container->text));
	if (!wire_done(&in) || kind < WEBCRED_SHOW_INFO || kind > WEBCRED_SHOW_SECRET)
		return protocol_error(call, "a text out of form");
	/* Each stops the clock while it is shown: where they have no end, the call has none. */
	if ((call->rules & CALL_MAY_ASK) && ++call->shown > CLIENT_SHOWS_MAX)
		return protocol_error(call, "more texts than anybody reads");
	/* What is shown once and kept nowhere must have been seen. */
	matters = kind == WEBCRED_SHOW_URI || kind == WEBCRED_SHOW_SECRET;
	if (!call->mediator.show)
		return matters ? decline(call, WEBCRED_NOT_ALLOWED) : 0;
	clean_lines(container->clean, sizeof(container->clean), container->text);
	r = mediator_result(call->mediator.show(call->mediator.context, (enum webcred_show)kind,
						container->clean));
	return r != 0 && matters ? decline(call, r) : 0;
}

static int handle_entry(struct call *call, size_t len)
{
	struct wire_result one = {0};
	struct webcred_credential *credential;
	int r;

	if (!(call->rules & CALL_MAY_LIST) ||
	    !wire_get_entry(call->container->in, len, &one.credential))
		return protocol_error(call, "a list's entry out of turn or out of form");
	credential = credential_new(&one, false);
	if (!credential)
		return -ENOMEM;
	r = call->each(call->each_context, credential);
	webcred_credential_free(credential);
	return r;
}

static int handle_account(struct call *call, size_t len)
{
	char name[WIRE_NAME_MAX + 1];
	struct wire_in in;
	uint32_t uid;
	uint8_t locked;

	(void)wire_open(&in, call->container->in, len);
	wire_get_str(&in, name, sizeof(name));
	uid = wire_get_u32(&in);
	locked = wire_get_u8(&in);
	if (!(call->rules & CALL_MAY_ACCOUNTS) || !wire_done(&in) || locked > 1 ||
	    !text_name_valid(name))
		return protocol_error(call, "an account out of turn or out of form");
	return call->account(call->each_context, name, (uid_t)uid, locked == 1);
}

static int handle_person(struct call *call, size_t len)
{
	int r = 0;

	if (!(call->rules & CALL_MAY_PEOPLE) || !people_take(call, len, &r))
		return protocol_error(call, "a person out of turn or out of form");
	return r;
}

static int handle(struct call *call, size_t len)
{
	struct webcred_container *container = call->container;

	switch (container->in[0]) {
	case WIRE_ASK:
		return handle_ask(call, len);
	case WIRE_SHOW:
		return handle_show(call, len);
	case WIRE_WANT_AGENT:
		return handle_want_agent(call, len);
	case WIRE_ENTRY:
		return handle_entry(call, len);
	case WIRE_PROVED:
		if (!(call->rules & CALL_MAY_PROVE) || len != 1)
			return protocol_error(call, "a proof nobody asked for");
		call->proved = true;
		return 0;
	case WIRE_ACCOUNT:
		return handle_account(call, len);
	case WIRE_PERSON:
		return handle_person(call, len);
	case WIRE_COPY:
		if (!(call->rules & CALL_MAY_COPY) || len != 1 || call->copy < 0)
			return protocol_error(call, "a copy nobody asked for, or none");
		return 0;
	case WIRE_RESULT:
		if (!wire_get_result(container->in, len, &container->result))
			return protocol_error(call, "a result that contradicts itself");
		call->ended = true;
		return 0;
	}
	return protocol_error(call, "an unknown message");
}

/* What a message of `len` bytes left: its text is shorter, and may have been cut
 * into lines; what was cleaned is one string. */
static void wipe_scratch(struct webcred_container *container, size_t len)
{
	size_t text = len < sizeof(container->text) ? len : sizeof(container->text);

	secret_wipe(container->in, len);
	secret_wipe(container->text, text);
	secret_wipe(container->clean, strnlen(container->clean, sizeof(container->clean)));
}

static int converse(struct call *call)
{
	struct webcred_container *container = call->container;
	int64_t deadline_ms = wire_clock() + call->patience_ms;

	for (;;) {
		ssize_t n = receive(call, deadline_ms);
		int64_t before = wire_clock();
		uint8_t kind;
		int r;

		if (n <= 0)
			return n < 0 ? (int)n : WEBCRED_ABORTED;
		kind = container->in[0];
		r = handle(call, (size_t)n);
		wipe_scratch(container, (size_t)n);
		if (r != 0 || call->proved || call->ended)
			return r;
		if (kind == WIRE_SHOW)
			deadline_ms += wire_clock() - before;
		else
			deadline_ms = wire_clock() + call->patience_ms;
	}
}

int call_converse(struct call *call)
{
	int r;

	call->proved = call->ended = false;
	call->shown = 0;
	/* While the authority works: a page is locked and shut in meanwhile, and nobody
	 * waits for it once he has answered. */
	if ((call->rules & CALL_MAY_ASK) && call->mediator.ask)
		call->answer = secret_new();
	r = converse(call);
	secret_free(call->answer);
	call->answer = NULL;
	return r;
}

int call_result(struct call *call)
{
	struct webcred_container *container = call->container;
	struct wire_result *result = &container->result;

	container->status = (enum webcred_status)result->status;
	container->fail_delay_us = result->delay_us;
	container->tell_throttled = result->flags & WIRE_RESULT_TELL_THROTTLED;
	if (result->message[0])
		clean_lines(container->message, sizeof(container->message), result->message);
	if (result->fault != 0)
		return -(int)result->fault;
	return (int)result->outcome;
}

int call_done(struct call *call, int r)
{
	struct webcred_container *container = call->container;

	if (r != 0)
		return r;
	if (container->status != WEBCRED_STATUS_NONE && container->status != WEBCRED_STATUS_SUCCESS)
		return WEBCRED_NOT_ALLOWED;
	container->status = WEBCRED_STATUS_SUCCESS;
	return 0;
}
