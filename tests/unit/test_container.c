/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The container's own rules, before and around a conversation: the order of the
 * checks, reasons, what is claimed and given back.  No authority answers: each
 * connection ends at once, by a fault that a call reaches only when nothing
 * before it objected.
 *
 * What web-platform-tests holds of the same rules, credential-management/:
 * create() with no argument or no type is NotSupportedError, and aborted without
 * a type it is the reason exactly (credentialscontainer-create-basics.https.html);
 * so is get() (credentialscontainer-get-basics.https.html).  webauthn/: aborted
 * beforehand and in mid-call, with a reason and without
 * (getcredential-abort.https.html, createcredential-abort.https.html).  A word of
 * user verification that nobody knows is as if absent (behaviour 64), as level 2
 * has it; level 1's getcredential-badargs-userverification.https.html still wants
 * a TypeError of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/client/client.h"

int __wrap_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);

static struct webcred_container *container;
static struct webcred_request *request;
static struct webcred_credential *credential;
static unsigned connections;
static uint8_t heard[WIRE_MESSAGE_MAX];
static ssize_t heard_len;
/* What the authority says, if anything, before it goes away. */
static struct wire_out said;
static int other_end = -1;

static void end_connection(void)
{
	if (other_end < 0)
		return;
	heard_len = wire_recv(other_end, heard, sizeof(heard), NULL, -1, wire_clock());
	(void)close(other_end);
	other_end = -1;
}

int __wrap_connect_open(struct webcred_container *c, enum wire_verb verb, int *ret_fd)
{
	int pair[2];

	(void)c;
	(void)verb;
	end_connection();
	connections++;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	if (said.len > 0)
		assert_int_equal(wire_send(pair[1], said.bytes, said.len, wire_clock() + 100), 0);
	(void)shutdown(pair[1], SHUT_WR);
	other_end = pair[1];
	*ret_fd = pair[0];
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	connections = 0;
	heard_len = 0;
	said.len = 0;
	credential = NULL;
	assert_int_equal(webcred_container_open("alice", 1000, &container), 0);
	assert_int_equal(webcred_container_set_service(container, "test"), 0);
	return webcred_request_new(&request);
}

static int tear_down(void **state)
{
	(void)state;
	end_connection();
	webcred_request_free(request);
	webcred_container_close(container);
	return 0;
}

#define CREATION(...)                                                                              \
	(&(const struct webcred_creation){.size = sizeof(struct webcred_creation), __VA_ARGS__})
#define REACHED (-ECONNRESET) /* nothing objected: the authority was asked */

static int get(void)
{
	return webcred_get(container, request, NULL, &credential);
}

static int create(const struct webcred_creation *creation)
{
	return webcred_create(container, creation, NULL, &credential);
}

static int store(void)
{
	struct webcred_secret *secret = webcred_secret_new();
	int r;

	assert_int_equal(webcred_secret_set(secret, "correct horse", 13), 0);
	r = webcred_store(container, secret, NULL);
	webcred_secret_free(secret);
	return r;
}

/* behaviours 14, 41 and 46: ahead of everything else that is wrong. */
static void test_closed(void **state)
{
	(void)state;
	assert_int_equal(webcred_get(NULL, NULL, NULL, &credential), WEBCRED_INVALID_STATE);
	assert_int_equal(webcred_create(NULL, NULL, NULL, &credential), WEBCRED_INVALID_STATE);
	assert_int_equal(
		webcred_create(NULL, CREATION(.type = WEBCRED_TYPE_NONE), NULL, &credential),
		WEBCRED_INVALID_STATE);
	assert_int_equal(webcred_store(NULL, NULL, NULL), WEBCRED_INVALID_STATE);
	assert_int_equal(webcred_prevent_silent_access(NULL), WEBCRED_INVALID_STATE);
	assert_null(credential);
}

/* behaviour 15: the reason as it is, and ahead of every check of the request. */
/* behaviour 40 */
static void test_aborted_beforehand(void **state)
{
	static const int reasons[] = {WEBCRED_ABORTED,
				      WEBCRED_NOT_ALLOWED,
				      WEBCRED_CONSTRAINT,
				      WEBCRED_INVALID_STATE,
				      -ETIMEDOUT,
				      -EINTR,
				      12345};

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		webcred_container_abort(container, reasons[i]);
		webcred_request_set_mediation(request, (enum webcred_mediation)77);
		assert_int_equal(get(), reasons[i]);
		/* It was used up by that call; what is wrong comes next. */
		assert_int_equal(get(), WEBCRED_TYPE_ERROR);
	}
	assert_int_equal(connections, 0);
	webcred_container_abort(container, 0); /* no reason is the model's own */
	assert_int_equal(get(), WEBCRED_ABORTED);
	/* The first reason counts. */
	webcred_container_abort(container, -ETIMEDOUT);
	webcred_container_cancel(container);
	assert_int_equal(get(), -ETIMEDOUT);
	webcred_request_set_mediation(request, WEBCRED_MEDIATION_OPTIONAL);
	assert_int_equal(get(), REACHED);
}

/* behaviour 46: more than one type or an unknown one first, then the signal. */
static void test_create_looks_at_the_signal_later(void **state)
{
	(void)state;
	webcred_container_abort(container, -ETIMEDOUT);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_PASSWORD)), WEBCRED_NOT_SUPPORTED);
	assert_int_equal(create(CREATION(.type = (enum webcred_type)3 | 4)), WEBCRED_NOT_SUPPORTED);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_OTP, .digits = 5)),
			 WEBCRED_TYPE_ERROR);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_OTP)), -ETIMEDOUT);
	assert_int_equal(connections, 0);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_OTP)), REACHED);
}

/* behaviour 47 */
static void test_create_without_a_type(void **state)
{
	(void)state;
	assert_int_equal(create(NULL), WEBCRED_NOT_SUPPORTED);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_NONE)), WEBCRED_NOT_SUPPORTED);
	webcred_container_abort(container, -ETIMEDOUT);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_NONE)), -ETIMEDOUT);
	webcred_container_abort(container, 42);
	assert_int_equal(create(NULL), 42);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_NONE)), WEBCRED_NOT_SUPPORTED);
	assert_int_equal(connections, 0);
}

/* behaviours 45 and 49: what is no credential, and an empty one. */
/* behaviour 8 */
static void test_store_of_nothing(void **state)
{
	struct webcred_secret *empty = webcred_secret_new();

	(void)state;
	assert_int_equal(webcred_store(container, NULL, NULL), WEBCRED_TYPE_ERROR);
	assert_int_equal(webcred_store(container, empty, NULL), WEBCRED_TYPE_ERROR);
	assert_int_equal(connections, 0);
	assert_int_equal(store(), REACHED);
	/* 49: create() makes no password; store() takes it. */
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_PASSWORD)), WEBCRED_NOT_SUPPORTED);
	webcred_secret_free(empty);
}

/* ---- busy ---------------------------------------------------------------------------- */

static int nested_results[8];
static bool nested_abort;

static int nesting_ask(void *context, enum webcred_ask kind, const char *text,
		       struct webcred_secret *answer)
{
	(void)context;
	(void)kind;
	(void)text;
	(void)answer;
	if (nested_abort)
		webcred_container_abort(container, -ETIMEDOUT);
	nested_results[0] = webcred_get(container, request, NULL, &credential);
	nested_results[1] = create(CREATION(.type = WEBCRED_TYPE_OTP));
	nested_results[2] = store();
	nested_results[3] = webcred_prevent_silent_access(container);
	nested_results[4] = create(CREATION(.type = WEBCRED_TYPE_PASSWORD));
	return nested_abort ? 0 : WEBCRED_NOT_ALLOWED;
}

static int get_nesting(void)
{
	const struct webcred_mediator mediator = {.size = sizeof(mediator), .ask = nesting_ask};

	wire_begin(&said, WIRE_ASK);
	wire_put_u16(&said, 1);
	wire_put_u8(&said, WEBCRED_ASK_SECRET);
	wire_put_str(&said, "Password: ");
	return webcred_get(container, request, &mediator, &credential);
}

/* behaviours 5, 20, 41 and 46: NotAllowedError; what was wrong with the request
 * comes before it, and a reason before that. */
static void test_busy(void **state)
{
	(void)state;
	nested_abort = false;
	assert_int_equal(get_nesting(), WEBCRED_NOT_ALLOWED);
	for (int i = 0; i < 4; i++)
		assert_int_equal(nested_results[i], WEBCRED_NOT_ALLOWED);
	assert_int_equal(nested_results[4], WEBCRED_NOT_SUPPORTED);
	assert_int_equal(connections, 1);
	nested_abort = true;
	assert_int_equal(get_nesting(), -ETIMEDOUT); /* 40: aborted in mid-call */
	for (int i = 0; i < 4; i++)
		assert_int_equal(nested_results[i], -ETIMEDOUT);
	/* 46: the types of a create() are looked at before its signal. */
	assert_int_equal(nested_results[4], WEBCRED_NOT_SUPPORTED);
}

/* behaviours 20 and 28: after every way out a next call goes through. */
static void test_released_on_every_path(void **state)
{
	(void)state;
	nested_abort = false;
	assert_int_equal(get(), REACHED);
	assert_int_equal(get(), REACHED);
	assert_int_equal(create(CREATION(.type = WEBCRED_TYPE_NONE)), WEBCRED_NOT_SUPPORTED);
	assert_int_equal(get(), REACHED);
	webcred_container_cancel(container);
	assert_int_equal(get(), WEBCRED_ABORTED);
	assert_int_equal(get(), REACHED);
	assert_int_equal(get_nesting(), WEBCRED_NOT_ALLOWED);
	said.len = 0;
	assert_int_equal(get(), REACHED);
	assert_int_equal(webcred_store(container, NULL, NULL), WEBCRED_TYPE_ERROR);
	assert_int_equal(store(), REACHED);
	webcred_request_set_mediation(request, (enum webcred_mediation)77);
	assert_int_equal(get(), WEBCRED_TYPE_ERROR);
	webcred_request_set_mediation(request, WEBCRED_MEDIATION_OPTIONAL);
	assert_int_equal(get(), REACHED);
}

/* behaviour 40: one that comes after the result is the next call's. */
static void test_late_abort(void **state)
{
	const struct wire_result done = {.status = WEBCRED_STATUS_NOTFOUND};

	(void)state;
	assert_true(wire_put_result(&said, &done));
	assert_int_equal(get(), 0);
	webcred_container_abort(container, -ETIMEDOUT);
	assert_int_equal(webcred_container_status(container), WEBCRED_STATUS_NOTFOUND);
	assert_int_equal(get(), -ETIMEDOUT);
	assert_int_equal(get(), 0);
}

/* ---- what goes over ---------------------------------------------------------------------- */

static struct wire_request sent(void)
{
	struct wire_request wire;

	assert_int_equal(get(), REACHED);
	end_connection();
	assert_true(heard_len > 0);
	assert_true(wire_get_request(heard, (size_t)heard_len, &wire));
	return wire;
}

/* behaviour 57: what the caller does to his buffers afterwards changes nothing. */
static void test_inputs_are_copied(void **state)
{
	char order[] = "otp", service[] = "sshd";
	uint8_t id[4] = {1, 2, 3, 4};
	struct wire_request wire;

	(void)state;
	assert_int_equal(webcred_container_set_service(container, service), 0);
	assert_int_equal(webcred_request_set_order(request, order), 0);
	assert_int_equal(webcred_request_allow(request, WEBCRED_TYPE_PUBLIC_KEY, id, 4), 0);
	assert_int_equal(webcred_request_set_cached(request, id, 4, false), 0);
	memset(order, 'x', 3);
	memset(service, 'x', 4);
	memset(id, 9, 4);
	wire = sent();
	assert_string_equal(wire.service, "sshd");
	assert_string_equal(wire.order, "otp");
	assert_memory_equal(wire.allow[0].id, "\x01\x02\x03\x04", 4);
	assert_memory_equal(secret_bytes(wire.cached), "\x01\x02\x03\x04", 4);
	wire_request_deinit(&wire);
}

/* behaviour 64: preferred by default; an unknown word counts as absent. */
static void test_user_verification(void **state)
{
	static const struct {
		unsigned asked, sent;
	} rows[] = {{WEBCRED_UV_REQUIRED, WEBCRED_UV_REQUIRED},
		    {WEBCRED_UV_DISCOURAGED, WEBCRED_UV_DISCOURAGED},
		    {WEBCRED_UV_PREFERRED, WEBCRED_UV_PREFERRED},
		    {3, WEBCRED_UV_PREFERRED},
		    {200, WEBCRED_UV_PREFERRED}};
	struct wire_request wire = sent();

	(void)state;
	assert_int_equal(wire.user_verification, WEBCRED_UV_PREFERRED);
	wire_request_deinit(&wire);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		webcred_request_set_user_verification(
			request, (enum webcred_user_verification)rows[i].asked);
		wire = sent();
		assert_int_equal(wire.user_verification, rows[i].sent);
		wire_request_deinit(&wire);
	}
}

/* behaviour 12: optional unless a word is said; here the flags decide. */
static void test_mediation(void **state)
{
	struct wire_request wire = sent();

	(void)state;
	assert_int_equal(wire.mediation, WEBCRED_MEDIATION_BY_FLAGS);
	assert_int_equal(wire.host_flags, 0);
	wire_request_deinit(&wire);
	for (unsigned mediation = 0; mediation <= WEBCRED_MEDIATION_IMMEDIATE; mediation++) {
		webcred_request_set_mediation(request, (enum webcred_mediation)mediation);
		wire = sent();
		assert_int_equal(wire.mediation, mediation);
		wire_request_deinit(&wire);
	}
	webcred_request_set_mediation(request, WEBCRED_MEDIATION_IMMEDIATE + 1);
	assert_int_equal(get(), WEBCRED_TYPE_ERROR);
}

static void test_ssh_auth(void **state)
{
	char longest[WIRE_SSH_AUTH_MAX + 2];
	struct wire_request wire;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(webcred_request_set_ssh_auth(request, longest), WEBCRED_TYPE_ERROR);
	longest[WIRE_SSH_AUTH_MAX] = '\0';
	assert_int_equal(webcred_request_set_ssh_auth(request, longest), 0);
	assert_int_equal(webcred_request_set_ssh_auth(request, "a\x1b"), WEBCRED_TYPE_ERROR);
	assert_int_equal(webcred_request_set_ssh_auth(request, "publickey x\npassword\n"), 0);
	wire = sent();
	assert_string_equal(wire.ssh_auth, "publickey x\npassword\n");
	wire_request_deinit(&wire);
	assert_int_equal(webcred_request_set_ssh_auth(request, NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_closed),
		TEST(test_aborted_beforehand),
		TEST(test_create_looks_at_the_signal_later),
		TEST(test_create_without_a_type),
		TEST(test_store_of_nothing),
		TEST(test_busy),
		TEST(test_released_on_every_path),
		TEST(test_late_abort),
		TEST(test_inputs_are_copied),
		TEST(test_user_verification),
		TEST(test_mediation),
		TEST(test_ssh_auth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
