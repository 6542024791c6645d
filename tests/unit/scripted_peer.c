/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* scripted_peer - see scripted_peer.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/scripted_peer.h"

int __wrap_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);
int __real_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);

struct peer peer;

int __wrap_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd)
{
	if (peer.there < 0)
		return __real_connect_open(container, verb, ret_fd);
	peer.connections++;
	peer.verb = verb;
	*ret_fd = peer.there;
	peer.there = -1;
	return 0;
}

void peer_say(const void *bytes, size_t len)
{
	assert_int_equal(wire_send(peer.here, bytes, len, wire_clock() + 1000), 0);
}

void peer_say_out(void)
{
	assert_false(peer.out.overflow);
	peer_say(peer.out.bytes, peer.out.len);
}

void peer_hang_up(void)
{
	(void)close(peer.here);
	peer.here = -1;
}

void peer_say_ask(enum webcred_ask kind, const char *text)
{
	wire_begin(&peer.out, WIRE_ASK);
	wire_put_u16(&peer.out, 7);
	wire_put_u8(&peer.out, (uint8_t)kind);
	wire_put_str(&peer.out, text);
	peer_say_out();
}

struct wire_result peer_grant(void)
{
	struct wire_result result = {.granted = WEBCRED_GRANTED,
				     .status = WEBCRED_STATUS_SUCCESS,
				     .has_credential = true,
				     .login_len = WIRE_LOGIN_SIZE,
				     .login = {1, 2, 3}};

	result.credential = (struct wire_credential){
		.id = {0xc0, 0xde}, .type = WEBCRED_TYPE_PASSWORD, .kind = "password"};
	return result;
}

void peer_say_result(const struct wire_result *result)
{
	assert_true(wire_put_result(&peer.out, result));
	peer_say_out();
}

/* The message the client sent next; 0 for none. */
size_t peer_heard(uint8_t *buffer, size_t size)
{
	ssize_t n = wire_recv(peer.here, buffer, size, NULL, -1, wire_clock());

	return n > 0 ? (size_t)n : 0;
}

static int peer_ask(void *context, enum webcred_ask kind, const char *text,
		    struct webcred_secret *answer)
{
	static char long_answer[4 * WEBCRED_SECRET_MAX];

	(void)context;
	(void)kind;
	peer.asked++;
	assert_true(strlen(text) < sizeof(peer.text));
	strcpy(peer.text, text);
	if (peer.answer_len == 0)
		return peer.decision;
	memset(long_answer, 'x', sizeof(long_answer));
	/* A careless mediator: it does not look at what set() says. */
	(void)webcred_secret_set(answer, long_answer, peer.answer_len);
	return 0;
}

static int peer_show(void *context, enum webcred_show kind, const char *text)
{
	(void)context;
	(void)kind;
	peer.shown++;
	assert_true(strlen(text) < sizeof(peer.text));
	strcpy(peer.text, text);
	return 0;
}

const struct webcred_mediator mediator = {
	.size = sizeof(mediator), .ask = peer_ask, .show = peer_show};

void peer_connect_again(void)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	if (peer.here >= 0)
		(void)close(peer.here);
	peer.here = pair[0];
	peer.there = pair[1];
}

int peer_setup(void **state)
{
	(void)state;
	memset(&peer, 0, sizeof(peer));
	peer.here = -1;
	peer.answer_len = 7;
	peer_connect_again();
	assert_int_equal(webcred_container_open("alice", 1000, &peer.container), 0);
	assert_int_equal(webcred_container_set_service(peer.container, "test"), 0);
	assert_int_equal(webcred_request_new(&peer.request), 0);
	return 0;
}

int peer_teardown(void **state)
{
	(void)state;
	webcred_request_free(peer.request);
	webcred_container_close(peer.container);
	if (peer.here >= 0)
		(void)close(peer.here);
	if (peer.there >= 0)
		(void)close(peer.there);
	return 0;
}

/* Runs get(); whatever it returns, there must be no credential. */
int peer_get_nothing(void)
{
	struct webcred_credential *const untouched = (void *)&peer;
	struct webcred_credential *credential = untouched;
	int r = webcred_get(peer.container, peer.request, &mediator, &credential);

	if (r == 0)
		assert_null(credential);
	else
		assert_ptr_equal(credential, untouched); /* outputs only on success */
	assert_int_not_equal(webcred_container_status(peer.container), WEBCRED_STATUS_SUCCESS);
	assert_string_not_equal(webcred_container_message(peer.container), "");
	return r;
}

/* After the request: exactly one CANCEL with this outcome, and no answer. */
void peer_heard_cancel(enum webcred_outcome outcome)
{
	uint8_t buffer[WIRE_MESSAGE_MAX];

	assert_true(peer_heard(buffer, sizeof(buffer)) > 0);
	assert_int_equal(buffer[0], WIRE_REQUEST);
	assert_int_equal(peer_heard(buffer, sizeof(buffer)), 2);
	assert_int_equal(buffer[0], WIRE_CANCEL);
	assert_int_equal(buffer[1], outcome);
	assert_int_equal(peer_heard(buffer, sizeof(buffer)), 0);
}
