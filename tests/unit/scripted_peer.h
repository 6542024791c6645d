/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * scripted_peer - the other end of libwebcred's connection, played by a test.
 * What it says is put into a socketpair before the call; connect_open() is
 * wrapped at link time to give that socket.
 */
#ifndef WEBCRED_TESTS_SCRIPTED_PEER_H
#define WEBCRED_TESTS_SCRIPTED_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/client/client.h"

struct peer {
	int here, there; /* there: the client's end, until it is taken */
	unsigned connections;
	enum wire_verb verb;
	struct webcred_container *container;
	struct webcred_request *request;
	struct wire_out out;
	/* the mediator */
	unsigned asked, shown;
	size_t answer_len; /* the answer's length; 0: decline with `decision` */
	int decision;
	char text[256];
};
extern struct peer peer;

extern const struct webcred_mediator mediator;

void peer_say(const void *bytes, size_t len);
void peer_say_out(void);
void peer_hang_up(void);
void peer_say_ask(enum webcred_ask kind, const char *text);
/* A RESULT that grants in every part; to be spoiled. */
struct wire_result peer_grant(void);
void peer_say_result(const struct wire_result *result);
/* The message the client sent next; 0 for none. */
size_t peer_heard(uint8_t *buffer, size_t size);
void peer_connect_again(void);
int peer_setup(void **state);
int peer_teardown(void **state);
/* Runs get(); whatever it returns, there must be no credential. */
int peer_get_nothing(void);
void peer_heard_cancel(enum webcred_outcome outcome);

#endif
