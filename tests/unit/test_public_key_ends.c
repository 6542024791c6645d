/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The ends of what public_key_verify() takes: the shortest and the longest of
 * each, and what is the same as far as it goes, or as long, and is not it.
 */
#include <stdio.h>
#include <string.h>

#include "lib/core/codec.h"
#include "tests/unit/judged.h"
#include "tests/unit/unit.h"

/* An id and a handle of one byte are ids and handles like any other. */
static void test_one_byte(void **state)
{
	static const uint8_t a[] = "a", b[] = "b";
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.record.external_len = 1;
	f.record.external[0] = 'a';
	f.allow[0] = (struct public_key_bytes){a, 1};
	f.response.id = f.allow[0];
	granted(&f);
	f.response.id.at = b;
	refused(&f, "credential id: not one that was asked for");
	f.allow[0].at = b;
	refused(&f, "credential id: not the record's");
	fixture_init(&f);
	f.expected.user_handle = a;
	f.expected.user_handle_len = 1;
	f.response.user_handle = (struct public_key_bytes){a, 1};
	granted(&f);
	f.response.user_handle.at = b;
	refused(&f, "user handle: another account's");
}

/* What lies behind the list is not in it. */
static void test_behind_the_list(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	signer_record(&signer, RP, other_id, sizeof(other_id), &f.record);
	f.expected.n_allow = 1;
	f.response.id = f.allow[1];
	refused(&f, "credential id: not one that was asked for");
	f.expected.n_allow = 2;
	granted(&f);
}

/* A record that cannot have been stored so. */
static void test_record_too_long(void **state)
{
	static const uint8_t long_id[WIRE_EXTERNAL_MAX];
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.record.external_len = WIRE_EXTERNAL_MAX + 1;
	refused(&f, "record: without a usable credential id or key");
	f.record.external_len = WIRE_EXTERNAL_MAX;
	memcpy(f.record.external, long_id, sizeof(long_id));
	f.allow[0] = f.response.id = (struct public_key_bytes){long_id, sizeof(long_id)};
	granted(&f);
	f.record.key_len = CREDENTIAL_KEY_MAX + 1;
	refused(&f, "record: without a usable credential id or key");
	f.record.key_len = CREDENTIAL_KEY_MAX;
	refused(&f, "record: its key cannot be used");
}

/* The challenge goes into client data as it is sent there. */
static void expect_challenge(struct fixture *f, const uint8_t *bytes, size_t len)
{
	char text[PUBLIC_KEY_CHALLENGE_MAX * 2], whole[sizeof(text) + 256];

	assert_true(codec_base64_encode(bytes, len, true, text, sizeof(text)) > 0);
	(void)snprintf(whole, sizeof(whole),
		       "{\"type\":\"webauthn.get\",\"challenge\":\"%s\",\"origin\":\"" ORIGIN "\"}",
		       text);
	client_data(f, whole);
	f->expected.context.challenge = (struct public_key_bytes){bytes, len};
}

static void test_challenge(void **state)
{
	static uint8_t bytes[PUBLIC_KEY_CHALLENGE_MAX + 1];
	struct fixture f;

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	fixture_init(&f);
	expect_challenge(&f, bytes, PUBLIC_KEY_CHALLENGE_MIN);
	granted(&f);
	expect_challenge(&f, bytes, PUBLIC_KEY_CHALLENGE_MAX);
	granted(&f);
	expect_challenge(&f, bytes, PUBLIC_KEY_CHALLENGE_MIN - 1);
	refused(&f, "challenge: of a length nobody may ask with");
	expect_challenge(&f, bytes, PUBLIC_KEY_CHALLENGE_MAX + 1);
	refused(&f, "challenge: of a length nobody may ask with");
}

static void test_top_origin(void **state)
{
#define C "\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQA\""
#define EMBEDDED "{\"type\":\"webauthn.get\"," C ",\"origin\":\"" ORIGIN "\",\"topOrigin\":"
	static const char *const others[] = {
		/* below one, and not of another origin */
		EMBEDDED "\"https://top.example\"}",
		EMBEDDED "\"https://top.example\",\"crossOrigin\":false}",
		/* as long; the same up to a zero */
		EMBEDDED "\"https://pot.example\",\"crossOrigin\":true}",
		EMBEDDED "\"https://top.example\\u0000/evil\",\"crossOrigin\":true}",
	};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.expected.context.cross_origin = true;
	f.expected.context.top_origin = "https://top.example";
	client_data(&f, EMBEDDED "\"https://top.example\",\"crossOrigin\":true}");
	granted(&f);
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		client_data(&f, others[i]);
		refused(&f, "client data: below a top origin that is not expected");
	}
}

/* Sound, and as long as any may be. */
static void test_auth_data_longest(void **state)
{
	static uint8_t map[CEREMONY_AUTHDATA_MAX - 37] = {0xa1, 0x61, 'a', 0x59};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	map[4] = (uint8_t)((sizeof(map) - 6) >> 8);
	map[5] = (uint8_t)(sizeof(map) - 6);
	auth(&f, UP | ED, 6);
	auth_more(&f, map, sizeof(map));
	granted(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_byte),	cmocka_unit_test(test_behind_the_list),
		cmocka_unit_test(test_record_too_long), cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_top_origin),	cmocka_unit_test(test_auth_data_longest),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
