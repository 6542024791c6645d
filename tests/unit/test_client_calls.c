/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* libwebcred: cancelling, proofs and changes, lists, requests, the socket's path. */
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

#include "lib/base/wire_people.h"
#include "tests/unit/scripted_peer.h"

/* ---- abort, busy, closed ------------------------------------------------ */

/* Behaviour 15: ahead of everything, and used up by the call it ends. */
static void test_cancelled_beforehand(void **state)
{
	struct webcred_credential *credential = NULL;
	struct wire_result result = peer_grant();

	(void)state;
	peer_say_result(&result);
	webcred_container_cancel(peer.container);
	assert_int_equal(peer_get_nothing(), WEBCRED_ABORTED);
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
	struct wire_result result = peer_grant();

	(void)state;
	peer_say_ask(WEBCRED_ASK_SECRET, "Password: ");
	peer_say_result(&result);
	assert_int_equal(webcred_get(peer.container, peer.request, &canceller, &credential),
			 WEBCRED_ABORTED);
	assert_null(credential);
	peer_heard_cancel(WEBCRED_ABORTED);
}

static void test_signal(void **state)
{
	int signal[2];

	(void)state;
	assert_int_equal(pipe2(signal, O_CLOEXEC), 0);
	webcred_container_set_signal(peer.container, signal[0]);
	(void)close(signal[1]);
	assert_int_equal(peer_get_nothing(), WEBCRED_ABORTED);
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
	peer_say_ask(WEBCRED_ASK_SECRET, "Password: ");
	peer_hang_up();
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
	peer_say_out();
	assert_int_equal(webcred_prove(peer.container, peer.request, &mediator), 0);
	assert_int_equal(peer.verb, WIRE_MANAGE);
	peer_say_result(&done);
	assert_int_equal(webcred_store(peer.container, password, &mediator), 0);
	assert_int_equal(webcred_container_status(peer.container), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(peer.connections, 1);
	/* The next one needs a proof, and hence a connection, of its own. */
	peer_connect_again();
	peer_hang_up();
	assert_int_equal(webcred_store(peer.container, password, &mediator), -ECONNRESET);
	assert_int_equal(peer.connections, 2);
	webcred_secret_free(password);
}

static void test_result_is_no_proof(void **state)
{
	struct wire_result result = peer_grant();

	(void)state;
	/* Not even one that would be a login. */
	peer_say_result(&result);
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
	peer_say_result(&result);
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), 0);
	result.status = WEBCRED_STATUS_NOTALLOWED;
	peer_connect_again();
	peer_say_result(&result);
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), WEBCRED_NOT_ALLOWED);
	peer_connect_again();
	peer_hang_up();
	assert_int_equal(webcred_settle(peer.container, login, sizeof(login)), -ECONNRESET);
	peer_connect_again();
	peer_say_ask(WEBCRED_ASK_SECRET, "Password: "); /* out of turn */
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
	struct wire_result entry = peer_grant(), done = {0};
	unsigned n = 0;

	(void)state;
	strcpy(entry.credential.label, "a\x1b"
				       "b");
	for (int i = 0; i < 2; i++) {
		assert_true(wire_put_entry(&peer.out, &entry.credential));
		peer_say_out();
	}
	peer_say_result(&done);
	assert_int_equal(webcred_list(peer.container, count_entries, &n), 0);
	assert_int_equal(n, 2);
	/* What `each` returns ends the walk. */
	peer_connect_again();
	assert_true(wire_put_entry(&peer.out, &entry.credential));
	peer_say_out();
	peer_say_out();
	assert_int_equal(webcred_list(peer.container, count_entries, &n), 42);
	assert_int_equal(n, 3);
}

static int look_at_person(void *context, const struct webcred_person *person)
{
	assert_string_equal(person->name, "alice");
	assert_string_equal(person->gecos, "Alice?[2J");
	assert_string_equal(person->home, "/home/a?lice");
	*(bool *)context = true;
	return 0;
}

/* behaviour 10 */
static void test_people(void **state)
{
	struct wire_person person = {.kind = WIRE_IS_PERSON,
				     .name = "alice",
				     .gecos = "Alice\x1b[2J",
				     .home = "/home/a\nlice"};
	struct wire_result done = {0};
	bool seen = false;

	(void)state;
	wire_begin(&peer.out, WIRE_PERSON);
	wire_write_person(&peer.out, &person);
	peer_say_out();
	peer_say_result(&done);
	assert_int_equal(
		webcred_people(peer.container, WEBCRED_PERSON_LIST, NULL, look_at_person, &seen),
		0);
	assert_true(seen);
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
	assert_int_equal(peer_get_nothing(), WEBCRED_TYPE_ERROR);
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
	assert_int_equal(peer_get_nothing(), -ENOENT);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		TEST(test_people),
		TEST(test_lists_have_bounds),
		TEST(test_patience),
		TEST(test_paths_that_others_could_have_put_there),
		TEST(test_no_authority),
		TEST(test_no_descriptor_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
