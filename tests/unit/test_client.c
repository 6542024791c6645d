/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * libwebcred against a hostile peer: whatever it sends, no credential comes of
 * it but from a RESULT that grants in every part.  Logins themselves are tested against the real
 * authority.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scripted_peer.h"

/* The control: without it, the tests below could not fail. */
/* behaviour 11 */
static void test_grant(void **state)
{
	struct webcred_credential *credential = NULL;
	struct wire_result result = peer_grant();
	uint8_t buffer[WIRE_MESSAGE_MAX];
	size_t len;

	(void)state;
	peer_say_ask(WEBCRED_ASK_SECRET, "Password: ");
	peer_say_result(&result);
	assert_int_equal(webcred_get(peer.container, peer.request, &mediator, &credential), 0);
	assert_non_null(credential);
	assert_true(webcred_credential_granted(credential) == WEBCRED_GRANTED);
	assert_int_equal(webcred_credential_id(credential)[0], 0xc0);
	assert_memory_equal(webcred_credential_login(credential, &len), result.login, 32);
	assert_int_equal(len, WIRE_LOGIN_SIZE);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(peer.text, "Password: ");
	/* What it said: a request, and one answer to question 7. */
	assert_int_equal(peer.verb, WIRE_GET);
	len = peer_heard(buffer, sizeof(buffer));
	assert_true(len > 0 && buffer[0] == WIRE_REQUEST);
	len = peer_heard(buffer, sizeof(buffer));
	assert_int_equal(len, 1 + 2 + 2 + 7);
	assert_memory_equal(buffer, "\x02\x00\x07\x00\x07xxxxxxx", 12);
	webcred_credential_free(credential);
	assert_true(webcred_credential_granted(NULL) != WEBCRED_GRANTED);
}

static void test_closes_early(void **state)
{
	(void)state;
	peer_hang_up();
	assert_int_equal(peer_get_nothing(), -ECONNRESET);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_FAULT);
}

static void test_closes_after_an_answer(void **state)
{
	(void)state;
	peer_say_ask(WEBCRED_ASK_SECRET, "Password: ");
	peer_hang_up();
	assert_int_equal(peer_get_nothing(), -ECONNRESET);
	assert_int_equal(peer.asked, 1);
}

static void test_garbage(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {{"\x00", 1},
		    {"\xff\xff\xff\xff", 4},
		    {"\x01", 1},
		    {"\x14", 1},
		    {"\x10", 1},
		    {"\x10\x00\x01\x01", 4},
		    {"\x10\x00\x01\x09\x00\x00", 6} /* no such ask */,
		    {"\x10\x00\x01\x01\x00\x00x", 7} /* trailing */,
		    {"\x11\x09\x00\x00", 4} /* no such show */,
		    {"\x11\x01\x00\x05xx", 6},
		    {"\x12", 1} /* a proof nobody asked for */,
		    {"\x13", 1} /* a list nobody asked for */};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		peer_connect_again();
		peer_say(rows[i].bytes, rows[i].len);
		if (peer_get_nothing() != -EPROTO)
			fail_msg("row %zu", i);
	}
	assert_int_equal(peer.asked, 0);
}

static void test_result_cut_at_every_length(void **state)
{
	struct wire_result result = peer_grant();

	(void)state;
	assert_true(wire_put_result(&peer.out, &result));
	for (size_t len = 1; len < peer.out.len; len++) {
		peer_connect_again();
		peer_say(peer.out.bytes, len);
		peer_hang_up();
		assert_int_equal(peer_get_nothing(), -EPROTO);
	}
	peer_connect_again();
	peer.out.bytes[peer.out.len] = 0;
	peer_say(peer.out.bytes, peer.out.len + 1);
	assert_int_equal(peer_get_nothing(), -EPROTO);
}

static void test_packet_too_large(void **state)
{
	static uint8_t large[WIRE_MESSAGE_MAX + 1] = {WIRE_RESULT};

	(void)state;
	peer_say(large, sizeof(large));
	assert_int_equal(peer_get_nothing(), -EMSGSIZE);
}

/* behaviour 11 */
static void test_grants_that_are_none(void **state)
{
	struct wire_result result;

	(void)state;
#define WITH(change, expected)                                                                     \
	do {                                                                                       \
		peer_connect_again();                                                              \
		result = peer_grant();                                                             \
		change;                                                                            \
		peer_say_result(&result);                                                          \
		assert_int_equal(peer_get_nothing(), expected);                                    \
	} while (0)
	WITH(result.has_credential = false, -EPROTO);
	WITH(result.outcome = WEBCRED_NOT_ALLOWED, -EPROTO);
	WITH(result.fault = EIO, -EPROTO);
	WITH(result.granted = 1; result.outcome = WEBCRED_NOT_ALLOWED;
	     result.status = WEBCRED_STATUS_NOTALLOWED, WEBCRED_NOT_ALLOWED);
	WITH(result.granted = 1; result.fault = EIO; result.status = WEBCRED_STATUS_FAULT, -EIO);
	WITH(result.granted = 0; result.status = WEBCRED_STATUS_NOTFOUND, 0);
	WITH(result.granted = ~WEBCRED_GRANTED; result.status = WEBCRED_STATUS_NONE, 0);
}

static void test_refusal_leaves_its_words(void **state)
{
	struct wire_result result = {.outcome = WEBCRED_NOT_ALLOWED,
				     .status = WEBCRED_STATUS_TRYAGAIN,
				     .delay_us = 2000000,
				     .flags = WIRE_RESULT_TELL_THROTTLED,
				     .message = "throttled\nfor \x1b[31m a while"};

	(void)state;
	peer_say_result(&result);
	assert_int_equal(peer_get_nothing(), WEBCRED_NOT_ALLOWED);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_TRYAGAIN);
	assert_int_equal(webcred_container_fail_delay(peer.container), 2000000);
	assert_true(webcred_container_tell_throttled(peer.container));
	assert_string_equal(webcred_container_message(peer.container),
			    "throttled\nfor ?[31m a while");
}

/* ---- the mediator's turns ----------------------------------------------- */

/* A grant that follows a refusal of the person's own is none. */
static void declined_then_granted(int expected, enum webcred_outcome told)
{
	struct wire_result result = peer_grant();

	peer_say_ask(WEBCRED_ASK_SECRET, "Password: ");
	peer_say_result(&result);
	assert_int_equal(peer_get_nothing(), expected);
	peer_heard_cancel(told);
}

static void test_declined(void **state)
{
	(void)state;
	peer.answer_len = 0;
	peer.decision = WEBCRED_NOT_ALLOWED;
	declined_then_granted(WEBCRED_NOT_ALLOWED, WEBCRED_NOT_ALLOWED);
}

static void test_conversation_died(void **state)
{
	(void)state;
	peer.answer_len = 0;
	peer.decision = WEBCRED_ABORTED;
	declined_then_granted(WEBCRED_ABORTED, WEBCRED_ABORTED);
}

static void test_mediator_fails(void **state)
{
	(void)state;
	peer.answer_len = 0;
	peer.decision = -ENOMEM;
	declined_then_granted(-ENOMEM, WEBCRED_ABORTED);
}

static void test_answer_too_long_is_not_sent(void **state)
{
	(void)state;
	peer.answer_len = WEBCRED_SECRET_MAX + 1;
	declined_then_granted(WEBCRED_NOT_ALLOWED, WEBCRED_NOT_ALLOWED);
}

static void test_no_mediator(void **state)
{
	struct webcred_credential *credential = NULL;
	struct wire_result result = peer_grant();

	(void)state;
	peer_say_ask(WEBCRED_ASK_SECRET, "Password: ");
	peer_say_result(&result);
	assert_int_equal(webcred_get(peer.container, peer.request, NULL, &credential),
			 WEBCRED_NOT_ALLOWED);
	assert_null(credential);
	peer_heard_cancel(WEBCRED_NOT_ALLOWED);
}

static void test_texts_are_cleaned(void **state)
{
	(void)state;
	wire_begin(&peer.out, WIRE_SHOW);
	wire_put_u8(&peer.out, WEBCRED_SHOW_INFO);
	wire_put_str(&peer.out, "one\ntwo \x1b]0;x\x07");
	peer_say_out();
	peer_hang_up();
	assert_int_equal(peer_get_nothing(), -ECONNRESET);
	assert_int_equal(peer.shown, 1);
	assert_string_equal(peer.text, "one\ntwo ?]0;x?");
}

/* Each is shown, and none of them ends the call. */
static void test_texts_without_an_end(void **state)
{
	pid_t writer;

	(void)state;
	wire_begin(&peer.out, WIRE_SHOW);
	wire_put_u8(&peer.out, WEBCRED_SHOW_INFO);
	wire_put_str(&peer.out, "and another one");
	writer = fork();
	assert_true(writer >= 0);
	if (writer == 0) {
		while (wire_send(peer.here, peer.out.bytes, peer.out.len, wire_clock() + 1000) == 0)
			continue;
		_exit(0);
	}
	assert_int_equal(peer_get_nothing(), -EPROTO);
	assert_int_equal(peer.shown, 1000);
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_grant),
		TEST(test_closes_early),
		TEST(test_closes_after_an_answer),
		TEST(test_garbage),
		TEST(test_result_cut_at_every_length),
		TEST(test_packet_too_large),
		TEST(test_grants_that_are_none),
		TEST(test_refusal_leaves_its_words),
		TEST(test_declined),
		TEST(test_conversation_died),
		TEST(test_mediator_fails),
		TEST(test_answer_too_long_is_not_sent),
		TEST(test_no_mediator),
		TEST(test_texts_are_cleaned),
		TEST(test_texts_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
