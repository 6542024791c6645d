/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
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

#include "lib/base/wire.h"

static struct wire_out out;

/* Any whole-message decoder, its output thrown away. */
typedef bool decoder(const void *message, size_t len);

static bool decode_request(const void *message, size_t len)
{
	struct wire_request request;

	if (!wire_get_request(message, len, &request))
		return false;
	wire_request_deinit(&request);
	return true;
}

static bool decode_change(const void *message, size_t len)
{
	struct wire_change change;

	if (!wire_get_change(message, len, &change))
		return false;
	wire_change_deinit(&change);
	return true;
}

static bool decode_entry(const void *message, size_t len)
{
	struct wire_credential credential;

	return wire_get_entry(message, len, &credential);
}

static bool decode_result(const void *message, size_t len)
{
	struct wire_result result;

	return wire_get_result(message, len, &result);
}

/* Exactly this length, no byte less, none more, and no other type byte.  The
 * copy on the heap lets sanitizers and valgrind see one byte too far. */
static void refuse_all_but_exact(decoder *decode)
{
	for (size_t len = 0; len <= out.len + 1; len++) {
		uint8_t *copy = malloc(len + (len == 0));

		assert_non_null(copy);
		memset(copy, 0, len + (len == 0));
		memcpy(copy, out.bytes, len < out.len ? len : out.len);
		if (decode(copy, len) != (len == out.len))
			fail_msg("length %zu of %zu was judged wrongly", len, out.len);
		if (len == out.len) {
			copy[0] ^= 0x40;
			assert_false(decode(copy, len));
		}
		free(copy);
	}
}

static struct wire_request sample_request(void)
{
	static struct wire_descriptor allow[2], exclude[1];
	struct wire_request request = {.service = "sshd",
				       .tty = "ssh",
				       .rhost = "192.0.2.1",
				       .order = "public-key [UNAVAIL=continue] otp password",
				       .host_flags = WEBCRED_HOST_DISALLOW_NULL_AUTHTOK,
				       .timeout_ms = 30000,
				       .mediation = WEBCRED_MEDIATION_REQUIRED,
				       .user_verification = WEBCRED_UV_REQUIRED,
				       .flags = WIRE_FLAG_CACHED | WIRE_FLAG_EXPLAIN,
				       .n_allow = 2,
				       .n_exclude = 1,
				       .allow = allow,
				       .exclude = exclude,
				       .ssh_auth = "publickey sk-x AAAA\n"};

	allow[0] = (struct wire_descriptor){.type = WEBCRED_TYPE_OTP, .len = 16, .id = {1, 2, 3}};
	allow[1] = (struct wire_descriptor){.type = 99, .len = WIRE_EXTERNAL_MAX, .id = {9}};
	exclude[0] = (struct wire_descriptor){.type = WEBCRED_TYPE_PUBLIC_KEY, .len = 1, .id = {7}};
	request.cached = secret_new_from("hunter2", 7);
	return request;
}

static void test_request(void **state)
{
	struct wire_request request = sample_request(), back;

	(void)state;
	assert_true(wire_put_request(&out, &request));
	assert_true(wire_get_request(out.bytes, out.len, &back));
	assert_string_equal(back.service, request.service);
	assert_string_equal(back.tty, request.tty);
	assert_string_equal(back.rhost, request.rhost);
	assert_string_equal(back.order, request.order);
	assert_int_equal(back.host_flags, request.host_flags);
	assert_int_equal(back.timeout_ms, request.timeout_ms);
	assert_int_equal(back.mediation, request.mediation);
	assert_int_equal(back.user_verification, request.user_verification);
	assert_int_equal(back.flags, request.flags);
	assert_string_equal(secret_bytes(back.cached), "hunter2");
	assert_int_equal(back.n_allow, 2);
	assert_int_equal(back.allow[1].type, 99); /* behaviour 65: ignored later, not here */
	assert_int_equal(back.allow[1].len, WIRE_EXTERNAL_MAX);
	assert_memory_equal(back.allow[0].id, request.allow[0].id, 16);
	assert_int_equal(back.n_exclude, 1);
	assert_string_equal(back.ssh_auth, request.ssh_auth);
	wire_request_deinit(&back);
	refuse_all_but_exact(decode_request);
	secret_free(request.cached);
}

static void test_request_bounds(void **state)
{
	struct wire_request request = sample_request(), bad;

	(void)state;
#define REFUSED_WITH(change)                                                                       \
	do {                                                                                       \
		bad = request;                                                                     \
		change;                                                                            \
		assert_true(wire_put_request(&out, &bad));                                         \
		assert_false(decode_request(out.bytes, out.len));                                  \
	} while (0)
	REFUSED_WITH(bad.mediation = WEBCRED_MEDIATION_IMMEDIATE + 1);
	REFUSED_WITH(bad.user_verification = WEBCRED_UV_DISCOURAGED + 1);
	REFUSED_WITH(bad.flags |= 0x80);
	REFUSED_WITH(bad.host_flags = 4);
	/* A password that is said not to be there. */
	REFUSED_WITH(bad.flags = 0);
	bad = request;
	bad.n_allow = WIRE_LIST_MAX + 1;
	assert_false(wire_put_request(&out, &bad));
	secret_free(request.cached);
}

static void test_list_longer_than_its_message(void **state)
{
	struct wire_request request = {.service = "s"};

	(void)state;
	assert_true(wire_put_request(&out, &request));
	assert_true(decode_request(out.bytes, out.len));
	out.bytes[out.len - 2] = WIRE_LIST_MAX; /* n_allow, with nothing behind */
	assert_false(decode_request(out.bytes, out.len));
}

static void test_change(void **state)
{
	struct wire_change change = {.kind = WIRE_CHANGE_CREATE,
				     .type = WEBCRED_TYPE_OTP,
				     .backend = 2,
				     .algorithm = 1,
				     .digits = 6,
				     .period = 30,
				     .label = "phone"},
			   back;

	(void)state;
	assert_true(wire_put_change(&out, &change));
	assert_true(wire_get_change(out.bytes, out.len, &back));
	assert_int_equal(back.kind, change.kind);
	assert_int_equal(back.period, 30);
	assert_string_equal(back.label, "phone");
	assert_null(back.secret);
	refuse_all_but_exact(decode_change);
}

static void test_change_of_a_password(void **state)
{
	struct wire_change change = {.kind = WIRE_CHANGE_STORE_PASSWORD}, back;

	(void)state;
	change.secret = secret_new_from("n\xc3\xa4u", 4);
	assert_true(wire_put_change(&out, &change));
	assert_true(wire_get_change(out.bytes, out.len, &back));
	assert_int_equal(secret_len(back.secret), 4);
	wire_change_deinit(&back);
	refuse_all_but_exact(decode_change);
	/* Any other kind carries no secret. */
	change.kind = WIRE_CHANGE_REMOVE_ALL;
	assert_true(wire_put_change(&out, &change));
	assert_false(decode_change(out.bytes, out.len));
	wire_change_deinit(&change);
}

/* "Fields a kind does not use are empty or zero, and must be." */
static void test_change_with_foreign_fields(void **state)
{
	static const struct wire_change bad[] = {
		{.kind = 0},
		{.kind = WIRE_CHANGE_IMPORT + 1},
		{.kind = WIRE_CHANGE_REMOVE}, /* no id */
		{.kind = WIRE_CHANGE_REMOVE, .has_id = true, .label = "x"},
		{.kind = WIRE_CHANGE_RENAME, .label = "x"}, /* no id */
		{.kind = WIRE_CHANGE_REMOVE_ALL, .number = 1},
		{.kind = WIRE_CHANGE_LOCK, .number = 2},
		{.kind = WIRE_CHANGE_INVITE, .number = 60, .digits = 6},
		{.kind = WIRE_CHANGE_CREATE, .text = "x"},
		{.kind = WIRE_CHANGE_CREATE, .flags = 0x80},
		{.kind = WIRE_CHANGE_CREATE, .user_verification = 3},
		{.kind = WIRE_CHANGE_IMPORT, .text = "x", .has_id = true},
		{.kind = WIRE_CHANGE_STORE_PASSWORD, .type = WEBCRED_TYPE_PASSWORD},
	};
	const struct wire_change good = {.kind = WIRE_CHANGE_RENAME, .has_id = true, .label = "x"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(wire_put_change(&out, &bad[i]));
		if (decode_change(out.bytes, out.len))
			fail_msg("row %zu was accepted", i);
	}
	assert_true(wire_put_change(&out, &good));
	assert_true(decode_change(out.bytes, out.len));
}

static struct wire_credential sample_credential(void)
{
	return (struct wire_credential){.id = {0xaa, 1},
					.type = WEBCRED_TYPE_OTP,
					.flags = WIRE_CREDENTIAL_LOCKED,
					.kind = "totp",
					.label = "phone",
					.rp_id = "host.example",
					.created = 1700000000,
					.last_used = 0,
					.counter = UINT64_MAX};
}

static void test_entry(void **state)
{
	struct wire_credential credential = sample_credential(), back;

	(void)state;
	assert_true(wire_put_entry(&out, &credential));
	assert_true(wire_get_entry(out.bytes, out.len, &back));
	assert_memory_equal(back.id, credential.id, sizeof(back.id));
	assert_string_equal(back.rp_id, "host.example");
	assert_int_equal(back.created, 1700000000);
	assert_true(back.counter == UINT64_MAX);
	refuse_all_but_exact(decode_entry);
	credential.type = WEBCRED_TYPE_IDENTITY + 1;
	assert_true(wire_put_entry(&out, &credential));
	assert_false(decode_entry(out.bytes, out.len));
}

static struct wire_result sample_grant(void)
{
	struct wire_result result = {.granted = WEBCRED_GRANTED,
				     .status = WEBCRED_STATUS_SUCCESS,
				     .message = "fine",
				     .has_credential = true,
				     .login_len = WIRE_LOGIN_SIZE,
				     .login = {5}};

	result.credential = sample_credential();
	return result;
}

static void test_result(void **state)
{
	struct wire_result result = sample_grant(), back;

	(void)state;
	assert_true(wire_put_result(&out, &result));
	assert_true(wire_get_result(out.bytes, out.len, &back));
	assert_true(back.granted == WEBCRED_GRANTED);
	assert_string_equal(back.message, "fine");
	assert_string_equal(back.credential.label, "phone");
	assert_int_equal(back.login_len, WIRE_LOGIN_SIZE);
	refuse_all_but_exact(decode_result);
}

/* A grant stands alone: no outcome, no fault, and a credential. */
static void test_result_that_contradicts_itself(void **state)
{
	struct wire_result result;

	(void)state;
#define RESULT_REFUSED_WITH(change)                                                                \
	do {                                                                                       \
		result = sample_grant();                                                           \
		change;                                                                            \
		assert_true(wire_put_result(&out, &result));                                       \
		assert_false(decode_result(out.bytes, out.len));                                   \
	} while (0)
	RESULT_REFUSED_WITH(result.has_credential = false);
	RESULT_REFUSED_WITH(result.outcome = WEBCRED_NOT_ALLOWED);
	RESULT_REFUSED_WITH(result.fault = EIO);
	RESULT_REFUSED_WITH(result.outcome = WEBCRED_IDENTITY + 1);
	RESULT_REFUSED_WITH(result.status = WEBCRED_STATUS_FAULT + 1);
	RESULT_REFUSED_WITH(result.flags = 0x80);
	RESULT_REFUSED_WITH(result.fault = 1u << 31);
	RESULT_REFUSED_WITH(result.login_len = 1);
	RESULT_REFUSED_WITH(result.delay_us = WIRE_DELAY_MAX_US + 1);
	result = sample_grant();
	result.granted = 1; /* no grant, however it looks */
	assert_true(wire_put_result(&out, &result));
	assert_true(decode_result(out.bytes, out.len));
}

static void test_strings(void **state)
{
	char small[4];
	struct wire_in in;

	(void)state;
	wire_begin(&out, WIRE_SHOW);
	wire_put_str(&out, "abc");
	wire_put_bytes(&out, "a\0b", 3);
	assert_int_equal(wire_open(&in, out.bytes, out.len), WIRE_SHOW);
	wire_get_str(&in, small, sizeof(small));
	assert_string_equal(small, "abc");
	wire_get_str(&in, small, sizeof(small)); /* a NUL inside */
	assert_false(wire_done(&in));
	assert_string_equal(small, "");
	wire_begin(&out, WIRE_SHOW);
	wire_put_str(&out, "abcd");
	(void)wire_open(&in, out.bytes, out.len);
	wire_get_str(&in, small, sizeof(small)); /* one byte too long */
	assert_true(in.bad);
	assert_int_equal(wire_get_u8(&in), 0); /* after a mistake, nothing */
}

static void test_overflow_is_remembered(void **state)
{
	static uint8_t large[WIRE_MESSAGE_MAX];
	struct wire_in in;

	(void)state;
	wire_begin(&out, WIRE_ANSWER);
	wire_put_bytes(&out, large, sizeof(large));
	assert_true(out.overflow);
	wire_put_u8(&out, 1);
	assert_true(out.overflow);
	assert_true(out.len <= sizeof(out.bytes));
	wire_begin(&out, WIRE_ANSWER);
	wire_put_bytes(&out, large, WEBCRED_SECRET_MAX + 1);
	(void)wire_open(&in, out.bytes, out.len);
	assert_null(wire_get_secret(&in));
	assert_true(in.bad);
}

static void test_wipe(void **state)
{
	(void)state;
	wire_begin(&out, WIRE_ANSWER);
	wire_put_str(&out, "secret");
	wire_wipe(&out);
	assert_int_equal(out.len, 0);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(out.bytes[i], 0);
}

/* ---- packets ------------------------------------------------------------ */

static int pair[2];

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	(void)close(pair[0]);
	if (pair[1] >= 0)
		(void)close(pair[1]);
	return 0;
}

static void test_packets(void **state)
{
	char buffer[4];
	int64_t soon = wire_clock() + 20;

	(void)state;
	assert_int_equal(wire_send(pair[1], "abcd", 4, soon), 0);
	assert_int_equal(wire_send(pair[1], "abcde", 5, soon), 0);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), 4);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), -EMSGSIZE);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), -ETIMEDOUT);
	assert_true(wire_clock() >= soon);
}

static void test_last_words_are_heard(void **state)
{
	char buffer[4];
	int64_t soon = wire_clock() + 1000;

	(void)state;
	/* It said something, and closed without reading what we sent. */
	assert_int_equal(wire_send(pair[0], "abcd", 4, soon), 0);
	assert_int_equal(wire_send(pair[1], "why", 3, soon), 0);
	(void)close(pair[1]);
	pair[1] = -1;
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), 3);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), -ENODATA);
	assert_int_equal(wire_send(pair[0], "abcd", 4, soon), -EPIPE); /* and no SIGPIPE */
}

static void test_cancel_comes_first(void **state)
{
	char buffer[4];
	int cancel[2];

	(void)state;
	assert_int_equal(pipe2(cancel, O_CLOEXEC), 0);
	assert_int_equal(write(cancel[1], "x", 1), 1);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, cancel[0], wire_clock() + 1000),
			 -ECANCELED);
	(void)close(cancel[0]);
	(void)close(cancel[1]);
}

static void test_descriptors(void **state)
{
	char buffer[4];
	int passed = -1;
	int64_t soon = wire_clock() + 1000;
	int next = dup(0);

	(void)state;
	(void)close(next);
	assert_int_equal(wire_send_fd(pair[1], "fd", 2, pair[1], soon), 0);
	assert_int_equal(wire_recv(pair[0], buffer, 4, &passed, -1, soon), 2);
	assert_true(passed >= 0);
	assert_int_equal(fcntl(passed, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	(void)close(passed);
	/* Unasked for: not received, and nothing that comes behind it. */
	assert_int_equal(wire_send_fd(pair[1], "fd", 2, pair[1], soon), 0);
	assert_int_equal(wire_send(pair[1], "two", 3, soon), 0);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), -EPROTO);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), -EPROTO);
	assert_int_equal(fcntl(next, F_GETFD), -1);
	assert_int_equal(wire_recv(pair[0], buffer, 4, &passed, -1, soon), 2);
	(void)close(passed);
	assert_int_equal(wire_recv(pair[0], buffer, 4, NULL, -1, soon), 3);
	assert_int_equal(wire_send(pair[1], "no", 2, soon), 0);
	assert_int_equal(wire_recv(pair[0], buffer, 4, &passed, -1, soon), 2);
	assert_int_equal(passed, -1);
}

static void test_full_queue_times_out(void **state)
{
	static char packet[8192];
	int r = 0;

	(void)state;
	for (int i = 0; i < 10000 && r == 0; i++)
		r = wire_send(pair[0], packet, sizeof(packet), wire_clock() + 10);
	assert_int_equal(r, -ETIMEDOUT);
}

#define PACKET_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_request_bounds),
		cmocka_unit_test(test_list_longer_than_its_message),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_change_of_a_password),
		cmocka_unit_test(test_change_with_foreign_fields),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_result_that_contradicts_itself),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_overflow_is_remembered),
		cmocka_unit_test(test_wipe),
		PACKET_TEST(test_packets),
		PACKET_TEST(test_last_words_are_heard),
		PACKET_TEST(test_cancel_comes_first),
		PACKET_TEST(test_descriptors),
		PACKET_TEST(test_full_queue_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
