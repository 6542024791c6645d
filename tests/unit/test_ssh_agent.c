/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * A key behind an ssh agent: what is signed, what comes back, and what becomes of it.
 * The signatures were made by ssh-keygen -Y sign (OpenSSH 9.2) in namespace webcred,
 * over the message that sshsig.h describes, with a security key in software.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "lib/core/types/import.h"
#include "lib/core/types/public_key_agent.h"
#include "lib/core/types/public_key_check.h"
#include "tests/unit/unit.h"

static const char ecdsa_key[] =
	"00000022736b2d65636473612d736861322d6e69737470323536406f70656e7373682e636f6d"
	"000000086e69737470323536000000410427627312bc50c343848805904b7bb4f0e81e8f65cdca339e02462e"
	"da6d98896d83fd2820abf6ec4e4e57bbbad12281587a8956ca83e7d6ff1f1f33e639f3af8b000000047373"
	"683a";
static const char ecdsa_signature[] =
	"00000022736b2d65636473612d736861322d6e69737470323536406f70656e7373682e636f6d"
	"0000004a0000002100d05d587618952ec1588dbc1e3c8b4a4ba4bae7dca581b3d518785a9947333cbd"
	"0000002100fb45b8b7bc678fc913498f7858c1202b26a974f17d51a1a4f3dcf94ee86b4d2c0100000002";
static const char ed25519_key[] =
	"0000001a736b2d7373682d65643235353139406f70656e7373682e636f6d00000020f3ae87b62859f603e8"
	"af96d83861759771f46d63d2b5d2132663e5838500628e000000047373683a";
static const char ed25519_signature[] =
	"0000001a736b2d7373682d65643235353139406f70656e7373682e636f6d0000004025427555f9c345e0ff"
	"fa94c63d4cbdf0be1d0c1cbd3f2a6fad95bad92a2a2184d08d73a4f1caa16e0f3646d8b17ab0cfc646105a"
	"f6ca7a2760e306ed7abd13000100000004";

#define MESSAGE_MAX 1024

/* What the vectors were made about. */
static struct sshsig about(void)
{
	struct sshsig sshsig = {.purpose = "get",
				.rp_id = "host.example",
				.host = "host.example",
				.service = "sudo",
				.user = "alice",
				.tty = "/dev/pts/1"};

	for (uint8_t i = 0; i < sizeof(sshsig.challenge); i++)
		sshsig.challenge[i] = i;
	return sshsig;
}

static size_t from_hex(const char *hex, uint8_t *bytes, size_t size)
{
	ssize_t n = codec_hex_decode(hex, strlen(hex), bytes, size);

	assert_true(n > 0);
	return (size_t)n;
}

static void make_record(const char *key, struct credential *record)
{
	uint8_t blob[SSH_AGENT_KEY_MAX];
	size_t len = from_hex(key, blob, sizeof(blob));

	assert_null(import_openssh_key(blob, len, "blue", 4, record));
}

/* SIGN_RESPONSE around a signature. */
static size_t make_answer(const char *signature, uint8_t *message)
{
	size_t len = from_hex(signature, message + 5, MESSAGE_MAX - 5);

	message[0] = 14;
	message[1] = message[2] = 0;
	message[3] = (uint8_t)(len >> 8);
	message[4] = (uint8_t)len;
	return len + 5;
}

static void judge(const struct credential *record, const uint8_t *message, size_t len,
		  const struct sshsig *what, bool verification, struct public_key_judgement *judged)
{
	struct policy policy = {.counter = COUNTER_FAIL};
	struct public_key_agent_attempt attempt = {
		.answer = {.end = TYPE_AGENT_ANSWERED, .bytes = message, .len = len}};

	assert_int_equal(sshsig_make(what, attempt.to_sign), 0);
	public_key_agent_judge(&policy, record, verification, &attempt, judged);
}

/* ---- against OpenSSH ---------------------------------------------------------------- */

static void test_keys_as_openssh_writes_them(void **state)
{
	static const char *const keys[] = {ecdsa_key, ed25519_key};
	uint8_t blob[SSH_AGENT_KEY_MAX], ours[SSH_AGENT_KEY_MAX];
	struct credential record;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t len = from_hex(keys[i], blob, sizeof(blob));

		make_record(keys[i], &record);
		assert_string_equal(record.label, "blue");
		assert_true(public_key_in_agents(&record));
		assert_int_equal(ssh_agent_key(&record, ours, sizeof(ours)), len);
		assert_memory_equal(ours, blob, len);
		assert_int_equal(ssh_agent_key(&record, ours, len - 1), 0);
		record.kind = KIND_WEBAUTHN;
		assert_int_equal(ssh_agent_key(&record, ours, sizeof(ours)), 0);
		/* Cut short, or too long. */
		for (size_t cut = 0; cut < len; cut++)
			assert_non_null(import_openssh_key(blob, cut, "", 0, &record));
		blob[len] = 0;
		assert_non_null(import_openssh_key(blob, len + 1, "", 0, &record));
	}
}

static void test_signatures_of_openssh(void **state)
{
	static const struct {
		const char *key, *signature;
		uint32_t counter;
	} rows[] = {{ecdsa_key, ecdsa_signature, 2}, {ed25519_key, ed25519_signature, 4}};
	struct public_key_judgement judged;
	struct credential record;
	uint8_t message[MESSAGE_MAX];
	struct sshsig what = about();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t len = make_answer(rows[i].signature, message);

		make_record(rows[i].key, &record);
		judge(&record, message, len, &what, false, &judged);
		assert_string_equal(judged.reason, "");
		assert_int_equal(judged.verdict, VERDICT_GRANTED);
		assert_int_equal(judged.counter, rows[i].counter);
		assert_true(judged.user_present);
		assert_false(judged.user_verified);
		judge(&record, message, len, &what, true, &judged);
		assert_int_equal(judged.verdict, VERDICT_REFUSED);
		assert_non_null(strstr(judged.reason, "not verified"));
		record.moving = rows[i].counter;
		judge(&record, message, len, &what, false, &judged);
		assert_int_equal(judged.verdict, VERDICT_REFUSED);
		assert_non_null(strstr(judged.reason, "did not rise"));
		record.moving = 0;
		record.locked = true;
		judge(&record, message, len, &what, false, &judged);
		assert_int_equal(judged.verdict, VERDICT_REFUSED);
	}
}

/* Whatever the login is about, another one's signature is none. */
static void test_what_is_signed_is_bound(void **state)
{
	struct public_key_judgement judged;
	struct credential record;
	uint8_t message[MESSAGE_MAX];
	size_t len = make_answer(ecdsa_signature, message);

	(void)state;
	make_record(ecdsa_key, &record);
	for (unsigned i = 0; i < 8; i++) {
		struct sshsig what = about();

		what.purpose = i == 0 ? "create" : what.purpose;
		what.rp_id = i == 1 ? "other.example" : what.rp_id;
		what.host = i == 2 ? "other.example" : what.host;
		what.service = i == 3 ? "su" : what.service;
		what.user = i == 4 ? "root" : what.user;
		what.tty = i == 5 ? NULL : what.tty;
		what.challenge[31] ^= i == 6;
		/* A boundary that moved. */
		if (i == 7) {
			what.service = "sudoa";
			what.user = "lice";
		}
		judge(&record, message, len, &what, false, &judged);
		assert_int_equal(judged.verdict, VERDICT_REFUSED);
		assert_string_equal(judged.reason, "signature: does not verify");
		record.moving = 2;
		judge(&record, message, len, &what, false, &judged);
		assert_non_null(strstr(judged.reason, "a replay"));
		record.moving = 0;
	}
}

/* A counter that was used tells a replay; of a key that does not count it tells nothing. */
static void test_what_reads_as_a_replay(void **state)
{
	struct public_key_judgement judged;
	struct credential record;
	struct sshsig what = about();
	uint8_t message[MESSAGE_MAX];
	size_t len = make_answer(ecdsa_signature, message);

	(void)state;
	make_record(ecdsa_key, &record);
	message[len - 1] = 0;
	judge(&record, message, len, &what, false, &judged);
	assert_string_equal(judged.reason, "signature: does not verify");
	message[len - 1] = 1;
	judge(&record, message, len, &what, false, &judged);
	assert_string_equal(judged.reason, "signature: does not verify");
	record.moving = 1;
	judge(&record, message, len, &what, false, &judged);
	assert_non_null(strstr(judged.reason, "a replay"));
	assert_int_equal(judged.verdict, VERDICT_REFUSED);
}

/* No byte of it is without meaning, and none too few or too many is let pass. */
static void test_signature_changed_anywhere(void **state)
{
	static const char *const signatures[] = {ecdsa_signature, ed25519_signature};
	static const char *const keys[] = {ecdsa_key, ed25519_key};
	struct public_key_judgement judged;
	struct credential record;
	struct sshsig what = about();
	uint8_t message[MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t len = make_answer(signatures[i], message);

		make_record(keys[i], &record);
		for (size_t at = 0; at < len * 8; at++) {
			message[at / 8] ^= (uint8_t)(1u << at % 8);
			judge(&record, message, len, &what, false, &judged);
			assert_int_equal(judged.verdict, VERDICT_REFUSED);
			assert_true(judged.reason[0] != '\0');
			message[at / 8] ^= (uint8_t)(1u << at % 8);
		}
		for (size_t cut = 0; cut < len; cut++) {
			judge(&record, message, cut, &what, false, &judged);
			assert_int_equal(judged.verdict, VERDICT_REFUSED);
		}
		message[len] = 0;
		judge(&record, message, len + 1, &what, false, &judged);
		assert_int_equal(judged.verdict, VERDICT_REFUSED);
		judge(&record, message, len, &what, false, &judged);
		assert_int_equal(judged.verdict, VERDICT_GRANTED);
	}
}

static void test_key_of_another_algorithm(void **state)
{
	struct public_key_judgement judged;
	struct credential record;
	struct sshsig what = about();
	uint8_t message[MESSAGE_MAX];
	size_t len = make_answer(ed25519_signature, message);

	(void)state;
	make_record(ecdsa_key, &record);
	judge(&record, message, len, &what, false, &judged);
	assert_int_equal(judged.verdict, VERDICT_REFUSED);
	assert_non_null(strstr(judged.reason, "another algorithm"));
}

/* Longer than any caller's words can be is refused, and nothing is handed out. */
static void test_what_is_signed_has_an_end(void **state)
{
	char service[WIRE_SERVICE_MAX + 1] = "", name[WIRE_NAME_MAX + 1] = "";
	char rp_id[WIRE_RPID_MAX + 1] = "", tty[WIRE_TTY_MAX + 1] = "", endless[4096] = "";
	uint8_t to_sign[SSHSIG_SIZE + 1], other[SSHSIG_SIZE];
	struct sshsig what = about();

	(void)state;
	what.purpose = "create";
	what.rp_id = what.host = memset(rp_id, 'r', sizeof(rp_id) - 1);
	what.service = memset(service, 's', sizeof(service) - 1);
	what.user = memset(name, 'n', sizeof(name) - 1);
	what.tty = memset(tty, 't', sizeof(tty) - 1);
	to_sign[SSHSIG_SIZE] = 'x';
	assert_int_equal(sshsig_make(&what, to_sign), 0);
	assert_memory_equal(to_sign, "SSHSIG", 6);
	assert_int_equal(to_sign[SSHSIG_SIZE], 'x');
	memcpy(other, to_sign, sizeof(other));
	what.host = memset(endless, 'h', sizeof(endless) - 1);
	assert_int_equal(sshsig_make(&what, other), -EMSGSIZE);
	assert_memory_equal(to_sign, other, sizeof(other));
}

/* ---- the protocol ------------------------------------------------------------------------ */

static bool count_key(void *context, const uint8_t *key, size_t len, const char *comment,
		      size_t comment_len)
{
	unsigned *n = context;

	(void)key, (void)len, (void)comment, (void)comment_len;
	return ++*n < 1000;
}

static void test_lists(void **state)
{
	static const uint8_t two[] = {12, 0, 0, 0, 2, 0,   0, 0, 1, 'a', 0,   0,   0,
				      0,  0, 0, 0, 1, 'b', 0, 0, 0, 3,	 'x', 'y', 'z'};
	uint8_t bytes[sizeof(two) + 1];
	unsigned n = 0;

	(void)state;
	assert_null(ssh_agent_get_keys(two, sizeof(two), count_key, &n));
	assert_int_equal(n, 2);
	for (size_t cut = 0; cut < sizeof(two); cut++)
		assert_non_null(ssh_agent_get_keys(two, cut, count_key, &n));
	memcpy(bytes, two, sizeof(two));
	bytes[sizeof(two)] = 0;
	assert_non_null(ssh_agent_get_keys(bytes, sizeof(bytes), count_key, &n));
	bytes[1] = 0xff; /* four thousand million keys */
	assert_non_null(ssh_agent_get_keys(bytes, sizeof(two), count_key, &n));
	bytes[1] = 0;
	bytes[5] = 0xff; /* a key as long */
	assert_non_null(ssh_agent_get_keys(bytes, sizeof(two), count_key, &n));
	assert_null(ssh_agent_get_keys((const uint8_t *)"\14\0\0\0\0", 5, count_key, &n));
}

static void test_refusals(void **state)
{
	(void)state;
	assert_true(ssh_agent_refused((const uint8_t *)"\5", 1));
	assert_false(ssh_agent_refused((const uint8_t *)"\5\5", 2));
	assert_false(ssh_agent_refused((const uint8_t *)"\6", 1));
	assert_false(ssh_agent_refused((const uint8_t *)"", 0));
}

static void test_requests(void **state)
{
	uint8_t request[32];

	(void)state;
	assert_int_equal(ssh_agent_put_list(request, sizeof(request)), 1);
	assert_int_equal(request[0], 11);
	assert_int_equal(ssh_agent_put_list(request, 0), 0);
	assert_int_equal(
		ssh_agent_put_sign((const uint8_t *)"k", 1, "data", 4, request, sizeof(request)),
		18);
	assert_memory_equal(request, "\15\0\0\0\1k\0\0\0\4data\0\0\0\0", 18);
	assert_int_equal(ssh_agent_put_sign((const uint8_t *)"k", 1, "data", 4, request, 17), 0);
}

/* Whatever is said, it is read within its bounds (the sanitizers look). */
static void test_noise(void **state)
{
	uint8_t *noise;
	struct ssh_agent_signature signature;
	unsigned n = 0, seed = 1;

	(void)state;
	for (size_t round = 0; round < 20000; round++) {
		size_t len = round % 64;

		noise = malloc(len + 1);
		assert_non_null(noise);
		for (size_t i = 0; i < len; i++)
			noise[i] = (uint8_t)((seed = seed * 1103515245u + 12345u) >> 24) &
				   (i % 4 == 3 ? 0x1f : 0x03);
		if (len > 0)
			noise[0] = round % 2 ? 12 : 14;
		noise = realloc(noise, len + (len == 0));
		(void)ssh_agent_get_keys(noise, len, count_key, &n);
		(void)ssh_agent_get_signature(noise, len, &signature);
		free(noise);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_as_openssh_writes_them),
		cmocka_unit_test(test_signatures_of_openssh),
		cmocka_unit_test(test_what_is_signed_is_bound),
		cmocka_unit_test(test_what_reads_as_a_replay),
		cmocka_unit_test(test_signature_changed_anywhere),
		cmocka_unit_test(test_key_of_another_algorithm),
		cmocka_unit_test(test_what_is_signed_has_an_end),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
