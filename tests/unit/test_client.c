/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * libwebcred against a hostile peer: whatever it sends, no credential comes of
 * it but from a RESULT that grants in every part.  What the peer says is put
 * into a socketpair before the call; connect_open() is wrapped at link time to
 * give that socket.  Logins themselves are tested against the real authority.
 */
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

#include "lib/client/client.h"

int __wrap_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);
int __real_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);

static struct peer {
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
} peer;

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

static void say(const void *bytes, size_t len)
{
	assert_int_equal(wire_send(peer.here, bytes, len, wire_clock() + 1000), 0);
}

static void say_out(void)
{
	assert_false(peer.out.overflow);
	say(peer.out.bytes, peer.out.len);
}

static void hang_up(void)
{
	(void)close(peer.here);
	peer.here = -1;
}

static void say_ask(enum webcred_ask kind, const char *text)
{
	wire_begin(&peer.out, WIRE_ASK);
	wire_put_u16(&peer.out, 7);
	wire_put_u8(&peer.out, (uint8_t)kind);
	wire_put_str(&peer.out, text);
	say_out();
}

static struct wire_result grant(void)
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

static void say_result(const struct wire_result *result)
{
	assert_true(wire_put_result(&peer.out, result));
	say_out();
}

/* The message the client sent next; 0 for none. */
static size_t heard(uint8_t *buffer, size_t size)
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

static const struct webcred_mediator mediator = {
	.size = sizeof(mediator), .ask = peer_ask, .show = peer_show};

static void connect_again(void)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	if (peer.here >= 0)
		(void)close(peer.here);
	peer.here = pair[0];
	peer.there = pair[1];
}

static int setup(void **state)
{
	(void)state;
	memset(&peer, 0, sizeof(peer));
	peer.here = -1;
	peer.answer_len = 7;
	connect_again();
	assert_int_equal(webcred_container_open("alice", 1000, &peer.container), 0);
	assert_int_equal(webcred_container_set_service(peer.container, "test"), 0);
	assert_int_equal(webcred_request_new(&peer.request), 0);
	return 0;
}

static int teardown(void **state)
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
static int get_nothing(void)
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

/* The control: without it, the tests below could not fail. */
/* behaviour 11 */
static void test_grant(void **state)
{
	struct webcred_credential *credential = NULL;
	struct wire_result result = grant();
	uint8_t buffer[WIRE_MESSAGE_MAX];
	size_t len;

	(void)state;
	say_ask(WEBCRED_ASK_SECRET, "Password: ");
	say_result(&result);
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
	len = heard(buffer, sizeof(buffer));
	assert_true(len > 0 && buffer[0] == WIRE_REQUEST);
	len = heard(buffer, sizeof(buffer));
	assert_int_equal(len, 1 + 2 + 2 + 7);
	assert_memory_equal(buffer, "\x02\x00\x07\x00\x07xxxxxxx", 12);
	webcred_credential_free(credential);
	assert_true(webcred_credential_granted(NULL) != WEBCRED_GRANTED);
}

static void test_closes_early(void **state)
{
	(void)state;
	hang_up();
	assert_int_equal(get_nothing(), -ECONNRESET);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_FAULT);
}

static void test_closes_after_an_answer(void **state)
{
	(void)state;
	say_ask(WEBCRED_ASK_SECRET, "Password: ");
	hang_up();
	assert_int_equal(get_nothing(), -ECONNRESET);
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
		connect_again();
		say(rows[i].bytes, rows[i].len);
		if (get_nothing() != -EPROTO)
			fail_msg("row %zu", i);
	}
	assert_int_equal(peer.asked, 0);
}

static void test_result_cut_at_every_length(void **state)
{
	struct wire_result result = grant();

	(void)state;
	assert_true(wire_put_result(&peer.out, &result));
	for (size_t len = 1; len < peer.out.len; len++) {
		connect_again();
		say(peer.out.bytes, len);
		hang_up();
		assert_int_equal(get_nothing(), -EPROTO);
	}
	connect_again();
	peer.out.bytes[peer.out.len] = 0;
	say(peer.out.bytes, peer.out.len + 1);
	assert_int_equal(get_nothing(), -EPROTO);
}

static void test_packet_too_large(void **state)
{
	static uint8_t large[WIRE_MESSAGE_MAX + 1] = {WIRE_RESULT};

	(void)state;
	say(large, sizeof(large));
	assert_int_equal(get_nothing(), -EMSGSIZE);
}

/* behaviour 11 */
static void test_grants_that_are_none(void **state)
{
	struct wire_result result;

	(void)state;
#define WITH(change, expected)                                                                     \
	do {                                                                                       \
		connect_again();                                                                   \
		result = grant();                                                                  \
		change;                                                                            \
		say_result(&result);                                                               \
		assert_int_equal(get_nothing(), expected);                                         \
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
	say_result(&result);
	assert_int_equal(get_nothing(), WEBCRED_NOT_ALLOWED);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_TRYAGAIN);
	assert_int_equal(webcred_container_fail_delay(peer.container), 2000000);
	assert_true(webcred_container_tell_throttled(peer.container));
	assert_string_equal(webcred_container_message(peer.container),
			    "throttled\nfor ?[31m a while");
}

/* ---- the mediator's turns ----------------------------------------------- */

/* After the request: exactly one CANCEL with this outcome, and no answer. */
static void heard_cancel(enum webcred_outcome outcome)
{
	uint8_t buffer[WIRE_MESSAGE_MAX];

	assert_true(heard(buffer, sizeof(buffer)) > 0);
	assert_int_equal(buffer[0], WIRE_REQUEST);
	assert_int_equal(heard(buffer, sizeof(buffer)), 2);
	assert_int_equal(buffer[0], WIRE_CANCEL);
	assert_int_equal(buffer[1], outcome);
	assert_int_equal(heard(buffer, sizeof(buffer)), 0);
}

/* A grant that follows a refusal of the person's own is none. */
static void declined_then_granted(int expected, enum webcred_outcome told)
{
	struct wire_result result = grant();

	say_ask(WEBCRED_ASK_SECRET, "Password: ");
	say_result(&result);
	assert_int_equal(get_nothing(), expected);
	heard_cancel(told);
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
	struct wire_result result = grant();

	(void)state;
	say_ask(WEBCRED_ASK_SECRET, "Password: ");
	say_result(&result);
	assert_int_equal(webcred_get(peer.container, peer.request, NULL, &credential),
			 WEBCRED_NOT_ALLOWED);
	assert_null(credential);
	heard_cancel(WEBCRED_NOT_ALLOWED);
}

static void test_texts_are_cleaned(void **state)
{
	(void)state;
	wire_begin(&peer.out, WIRE_SHOW);
	wire_put_u8(&peer.out, WEBCRED_SHOW_INFO);
	wire_put_str(&peer.out, "one\ntwo \x1b]0;x\x07");
	say_out();
	hang_up();
	assert_int_equal(get_nothing(), -ECONNRESET);
	assert_int_equal(peer.shown, 1);
	assert_string_equal(peer.text, "one\ntwo ?]0;x?");
}

/* ---- abort, busy, closed ------------------------------------------------ */

/* Behaviour 15: ahead of everything, and used up by the call it ends. */
static void test_cancelled_beforehand(void **state)
{
	struct webcred_credential *credential = NULL;
	struct wire_result result = grant();

	(void)state;
	say_result(&result);
	webcred_container_cancel(peer.container);
	assert_int_equal(get_nothing(), WEBCRED_ABORTED);
	assert_int_equal(peer.connections, 0);
	assert_int_equal(webcred_get(peer.container, peer.request, &mediator, &credential), 0);
	assert_non_null(credential);
	webcred_credential_free(credential);
}

static int cancelling_ask(void *context, enum webcred_ask kind, const char *text,
			  struct webcred_secret *answer)
{
	(void)kind;
	(void)text;
	(void)webcred_secret_set(answer, "typed", 5);
	webcred_container_cancel(context);
	return 0;
}

/* behaviour 40 */
static void test_cancelled_in_a_prompt(void **state)
{
	const struct webcred_mediator canceller = {
		.size = sizeof(canceller), .context = peer.container, .ask = cancelling_ask};
	struct webcred_credential *credential = NULL;
	struct wire_result result = grant();

	(void)state;
	say_ask(WEBCRED_ASK_SECRET, "Password: ");
	say_result(&result);
	assert_int_equal(webcred_get(peer.container, peer.request, &canceller, &credential),
			 WEBCRED_ABORTED);
	assert_null(credential);
	heard_cancel(WEBCRED_ABORTED);
}

static void test_signal(void **state)
{
	int signal[2];

	(void)state;
	assert_int_equal(pipe2(signal, O_CLOEXEC), 0);
	webcred_container_set_signal(peer.container, signal[0]);
	(void)close(signal[1]);
	assert_int_equal(get_nothing(), WEBCRED_ABORTED);
	assert_int_equal(peer.connections, 0);
	(void)close(signal[0]);
}

static int nesting_ask(void *context, enum webcred_ask kind, const char *text,
		       struct webcred_secret *answer)
{
	struct webcred_credential *credential = NULL;

	(void)kind;
	(void)text;
	(void)answer;
	/* Behaviour 20: one operation at a time. */
	assert_int_equal(webcred_get(context, NULL, NULL, &credential), WEBCRED_NOT_ALLOWED);
	assert_null(credential);
	peer.asked++;
	return WEBCRED_NOT_ALLOWED;
}

static void test_busy(void **state)
{
	const struct webcred_mediator nester = {
		.size = sizeof(nester), .context = peer.container, .ask = nesting_ask};
	struct webcred_credential *credential = NULL;

	(void)state;
	say_ask(WEBCRED_ASK_SECRET, "Password: ");
	hang_up();
	assert_int_equal(webcred_get(peer.container, peer.request, &nester, &credential),
			 WEBCRED_NOT_ALLOWED);
	assert_int_equal(peer.asked, 1);
	assert_int_equal(peer.connections, 1);
}

static void test_no_container(void **state)
{
	struct webcred_credential *credential = NULL;

	(void)state;
	/* Behaviour 14. */
	assert_int_equal(webcred_get(NULL, NULL, NULL, &credential), WEBCRED_INVALID_STATE);
	webcred_container_close(NULL);
	assert_int_equal(webcred_container_open("a:b", 1, &peer.container), WEBCRED_TYPE_ERROR);
}

/* ---- proofs and changes ------------------------------------------------- */

static void test_proof_serves_one_change(void **state)
{
	const struct wire_result done = {0};
	struct webcred_secret *password = webcred_secret_new();

	(void)state;
	assert_int_equal(webcred_secret_set(password, "correct horse", 13), 0);
	wire_begin(&peer.out, WIRE_PROVED);
	say_out();
	assert_int_equal(webcred_prove(peer.container, peer.request, &mediator), 0);
	assert_int_equal(peer.verb, WIRE_MANAGE);
	say_result(&done);
	assert_int_equal(webcred_store(peer.container, password, &mediator), 0);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(peer.connections, 1);
	/* The next one needs a proof, and hence a connection, of its own. */
	connect_again();
	hang_up();
	assert_int_equal(webcred_store(peer.container, password, &mediator), -ECONNRESET);
	assert_int_equal(peer.connections, 2);
	webcred_secret_free(password);
}

static void test_result_is_no_proof(void **state)
{
	struct wire_result result = grant();

	(void)state;
	/* Not even one that would be a login. */
	say_result(&result);
	assert_int_equal(webcred_prove(peer.container, peer.request, &mediator),
			 WEBCRED_NOT_ALLOWED);
	assert_int_equal(peer.container->proved_fd, -1);
}

static void test_empty_password_is_a_type_error(void **state)
{
	struct webcred_secret *password = webcred_secret_new();

	(void)state;
	assert_int_equal(webcred_store(peer.container, password, &mediator), WEBCRED_TYPE_ERROR);
	assert_int_equal(webcred_store(peer.container, NULL, &mediator), WEBCRED_TYPE_ERROR);
	assert_int_equal(peer.connections, 0);
	webcred_secret_free(password);
}

static void test_settle(void **state)
{
	static const uint8_t login[WIRE_LOGIN_SIZE] = {9};
	struct wire_result result = {0};

	(void)state;
	assert_int_equal(webcred_settle(peer.container, login, 31), WEBCRED_TYPE_ERROR);
	assert_int_equal(webcred_settle(peer.container, NULL, 32), WEBCRED_TYPE_ERROR);
	say_result(&result);
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), 0);
	result.status = WEBCRED_STATUS_NOTALLOWED;
	connect_again();
	say_result(&result);
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), WEBCRED_NOT_ALLOWED);
	connect_again();
	hang_up();
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), -ECONNRESET);
	connect_again();
	say_ask(WEBCRED_ASK_SECRET, "Password: "); /* out of turn */
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), -EPROTO);
}

static int count_entries(void *context, const struct webcred_credential *credential)
{
	unsigned *n = context;

	assert_true(webcred_credential_granted(credential) != WEBCRED_GRANTED);
	assert_string_equal(webcred_credential_label(credential), "a?b");
	return ++*n == 3 ? 42 : 0;
}

/* behaviour 10 */
static void test_list(void **state)
{
	struct wire_result entry = grant(), done = {0};
	unsigned n = 0;

	(void)state;
	strcpy(entry.credential.label, "a\x1b"
				       "b");
	for (int i = 0; i < 2; i++) {
		assert_true(wire_put_entry(&peer.out, &entry.credential));
		say_out();
	}
	say_result(&done);
	assert_int_equal(webcred_list(peer.container, count_entries, &n), 0);
	assert_int_equal(n, 2);
	/* What `each` returns ends the walk. */
	connect_again();
	assert_true(wire_put_entry(&peer.out, &entry.credential));
	say_out();
	say_out();
	assert_int_equal(webcred_list(peer.container, count_entries, &n), 42);
	assert_int_equal(n, 3);
}

/* ---- requests ----------------------------------------------------------- */

static void test_lists_have_bounds(void **state)
{
	uint8_t id[WIRE_EXTERNAL_MAX + 1] = {1};

	(void)state;
	assert_int_equal(webcred_request_allow(peer.request, WEBCRED_TYPE_OTP, id, 0),
			 WEBCRED_TYPE_ERROR);
	assert_int_equal(webcred_request_allow(peer.request, WEBCRED_TYPE_OTP, id, sizeof(id)),
			 WEBCRED_TYPE_ERROR);
	for (int i = 0; i < WIRE_LIST_MAX; i++)
		assert_int_equal(webcred_request_exclude(peer.request, WEBCRED_TYPE_OTP, id, 16),
				 0);
	assert_int_equal(webcred_request_exclude(peer.request, WEBCRED_TYPE_OTP, id, 16),
			 WEBCRED_TYPE_ERROR);
	/* Each within its bounds, and together too much for one message. */
	for (int i = 0; i < WIRE_LIST_MAX; i++)
		assert_int_equal(webcred_request_allow(peer.request, WEBCRED_TYPE_PUBLIC_KEY, id,
						       WIRE_EXTERNAL_MAX),
				 0);
	assert_int_equal(get_nothing(), WEBCRED_TYPE_ERROR);
	assert_int_equal(peer.connections, 0);
}

/* behaviour 61 */
static void test_patience(void **state)
{
	(void)state;
	assert_int_equal(request_patience(NULL), CLIENT_PATIENCE_MAX_MS);
	assert_int_equal(request_patience(peer.request), CLIENT_PATIENCE_MAX_MS);
	webcred_request_set_timeout(peer.request, 30000);
	assert_int_equal(request_patience(peer.request), 40000);
	webcred_request_set_timeout(peer.request, UINT32_MAX);
	assert_int_equal(request_patience(peer.request), CLIENT_PATIENCE_MAX_MS);
}

/* ---- the socket's path -------------------------------------------------- */

static void test_paths_that_others_could_have_put_there(void **state)
{
	static const char *const bad[] = {
		"/tmp/webcred",	 "/var/tmp/webcred", "webcred", "",
		"/run/../tmp/x", "/run//x",	     "/run/",	"/dev/null"};
	char long_path[200] = "/";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (webcred_container_set_socket(peer.container, bad[i]) != WEBCRED_SECURITY)
			fail_msg("%s was accepted", bad[i]);
	}
	assert_int_equal(webcred_container_set_socket(peer.container, NULL), WEBCRED_SECURITY);
	memset(long_path + 1, 'x', sizeof(long_path) - 2);
	assert_int_equal(webcred_container_set_socket(peer.container, long_path), WEBCRED_SECURITY);
	assert_string_equal(peer.container->socket_path, "");
}

static void test_no_authority(void **state)
{
	(void)state;
	(void)close(peer.there);
	peer.there = -1; /* the real connect_open() */
	assert_int_equal(webcred_container_set_socket(peer.container, "/usr/no-authority-here"), 0);
	assert_int_equal(get_nothing(), -ENOENT);
	assert_non_null(
		strstr(webcred_container_message(peer.container), "/usr/no-authority-here"));
	assert_non_null(strstr(webcred_container_message(peer.container),
			       "systemctl start webcred-login.socket webcred-user.socket"));
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_FAULT);
}

static void test_no_descriptor_is_left(void **state)
{
	struct webcred_container *container = NULL;
	int next = dup(0);

	(void)state;
	(void)close(next);
	assert_int_equal(webcred_container_open("bob", 1001, &container), 0);
	assert_int_equal(fcntl(container->cancel_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	webcred_container_close(container);
	assert_int_equal(fcntl(next, F_GETFD), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
		TEST(test_cancelled_beforehand),
		TEST(test_cancelled_in_a_prompt),
		TEST(test_signal),
		TEST(test_busy),
		TEST(test_no_container),
		TEST(test_proof_serves_one_change),
		TEST(test_result_is_no_proof),
		TEST(test_empty_password_is_a_type_error),
		TEST(test_settle),
		TEST(test_list),
		TEST(test_lists_have_bounds),
		TEST(test_patience),
		TEST(test_paths_that_others_could_have_put_there),
		TEST(test_no_authority),
		TEST(test_no_descriptor_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
