/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What public_key_verify() refuses: each check has a case of its own, signed by
 * the right key, so that nothing but that check can refuse it; the reason is
 * compared, so that no other check does its work (behaviours 57 to 71).
 */
#include <string.h>

#include "tests/unit/judged.h"
#include "tests/unit/unit.h"

static void test_granted(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	granted(&f);
	assert_int_equal(f.judgement.counter, 6);
	assert_true(f.judgement.user_present);
	assert_false(f.judgement.user_verified);
	assert_false(f.judgement.backup_eligible);
	assert_string_equal(f.judgement.reason, "");
}

static void test_flags(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	auth(&f, 0, 6);
	refused(&f, "authenticator data: user not present"); /* 71 */
	auth(&f, UV, 6);
	refused(&f, "authenticator data: user not present");
	auth(&f, UP, 6);
	f.expected.user_verification = true;
	refused(&f, "authenticator data: user not verified"); /* 64 */
	auth(&f, UP | UV, 6);
	granted(&f);
	assert_true(f.judgement.user_verified);
	auth(&f, UP | UV | BS, 6);
	refused(&f, "authenticator data: backed up, and not eligible for it");
	auth(&f, UP | UV | BE, 6);
	refused(&f, "authenticator data: backup eligibility differs from the record");
	auth(&f, UP | UV | BE | BS, 6);
	refused(&f, "authenticator data: backup eligibility differs from the record");
	f.record.backup_eligible = true;
	granted(&f);
	assert_true(f.judgement.backup_eligible);
	assert_true(f.judgement.backup_state);
	auth(&f, UP | UV | BE, 6);
	granted(&f);
	assert_true(f.judgement.backup_eligible);
	assert_false(f.judgement.backup_state);
	auth(&f, UP | UV, 6);
	refused(&f, "authenticator data: backup eligibility differs from the record");
}

/* behaviour 71: enrolled so by an administrator, and said at each use. */
static void test_no_touch(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.record.no_touch = true;
	auth(&f, 0, 6);
	granted(&f);
	assert_string_equal(f.judgement.reason, "no touch: enrolled so by an administrator");
	assert_false(f.judgement.user_present);
	f.expected.user_verification = true;
	refused(&f, "authenticator data: user not verified");
}

static void test_auth_data_form(void **state)
{
	static const uint8_t map[] = {0xa1, 0x61, 'a', 0xf5};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	auth_more(&f, "\0", 1); /* exactly 37 bytes where ED is clear */
	refused(&f, "authenticator data: bytes follow its end");
	auth(&f, UP, 6);
	f.auth_len = 36;
	refused(&f, "authenticator data: shorter than 37 bytes");
	auth(&f, UP | ED, 6);
	refused(&f, "authenticator data: the extensions are no map of names");
	auth_more(&f, map, sizeof(map));
	granted(&f);
	auth_more(&f, "\0", 1); /* nothing after the extension map */
	refused(&f, "authenticator data: bytes follow its end");
	f.auth_len -= 2;
	refused(&f, "authenticator data: the extensions are no map of names");
	auth(&f, UP | ED, 6);
	auth_more(&f, "\xa0", 1);
	granted(&f);
	auth(&f, UP | ED, 6);
	auth_more(&f, "\x80", 1); /* an array */
	refused(&f, "authenticator data: the extensions are no map of names");
	auth(&f, UP, 6);
	auth_more(&f, map, sizeof(map)); /* a map, and ED clear */
	refused(&f, "authenticator data: bytes follow its end");
}

/* Sound, and longer than any may be: refused before it is copied. */
static void test_auth_data_long(void **state)
{
	static uint8_t auth_data[CEREMONY_AUTHDATA_MAX + 1];
	struct fixture f;

	(void)state;
	fixture_init(&f);
	signer_auth_data(RP, UP | ED, 6, auth_data);
	memcpy(auth_data + 37,
	       "\xa1\x61"
	       "a\x59",
	       4); /* one member, a long byte string */
	auth_data[41] = (uint8_t)((sizeof(auth_data) - 43) >> 8);
	auth_data[42] = (uint8_t)(sizeof(auth_data) - 43);
	judge(&f, NULL);
	f.response.auth_data = (struct public_key_bytes){auth_data, sizeof(auth_data)};
	public_key_verify(&f.expected, &f.response, &f.judgement);
	assert_int_equal(f.judgement.verdict, VERDICT_REFUSED);
	assert_string_equal(f.judgement.reason, "authenticator data: too long");
}

static void test_attested(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.auth_len =
		signer_attested(&signer, RP, UP, 6, the_id, sizeof(the_id), f.auth, sizeof(f.auth));
	refused(&f, "authenticator data: attested credential data in an assertion");
	auth(&f, UP | AT, 6);
	refused(&f, "authenticator data: attested credential data cut short");
	signer_auth_data("evil.example", UP, 6, f.auth);
	f.auth_len = 37;
	refused(&f, "authenticator data: for another relying party id");
}

static void test_client_data(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
#define C "\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQA\""
#define T "\"type\":\"webauthn.get\""
#define O "\"origin\":\"" ORIGIN "\""
		{"{" T "," C "," O "}", NULL},
		{"\xef\xbb\xbf{" O "," C "," T "}", NULL},
		{" {\"extra\":[1,{\"a\":null}]," T "," C "," O ",\"crossOrigin\":false} ", NULL},
		{"{\"\\u0074ype\":\"webauthn\\u002eget\"," C "," O "}", NULL},
		{"{\"type\":\"webauthn.create\"," C "," O "}", "client data: of another type"},
		{"{\"type\":\"webauthn.get \"," C "," O "}", "client data: of another type"},
		{"{\"type\":\"webauthn.get\\u0000\"," C "," O "}", "client data: of another type"},
		{"{" C "," O "}", "client data: of another type"},
		{"{" T "," O "}", "client data: another challenge"},
		{"{" T ",\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQA=\"," O "}",
		 "client data: another challenge"},
		{"{" T ",\"challenge\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ\"," O "}",
		 "client data: another challenge"},
		{"{" T ",\"challenge\":\"NDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQA\"," O "}",
		 "client data: another challenge"},
		{"{" T ",\"challenge\":\"\"," O "}", "client data: another challenge"},
		{"{" T "," C "}", "client data: another origin"},
		{"{" T "," C ",\"origin\":\"" ORIGIN "/\"}", "client data: another origin"},
		{"{" T "," C ",\"origin\":\"webcred://host.example/sshd\"}",
		 "client data: another origin"},
		{"{" T "," C ",\"origin\":\"WEBCRED://host.example/sudo\"}",
		 "client data: another origin"},
		{"{" T "," C ",\"origin\":\"" ORIGIN "\\u0000/evil\"}",
		 "client data: another origin"},
		{"{" T "," C "," O ",\"crossOrigin\":true}",
		 "client data: made in a frame of another origin"},
		{"{" T "," C "," O ",\"topOrigin\":\"" ORIGIN "\"}",
		 "client data: below a top origin that is not expected"},
		{"{" T "," C "," O "," T "}", NULL /* refused below: a name twice */},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		fixture_init(&f);
		client_data(&f, cases[i].text);
		if (i + 1 == N_ELEMENTS(cases))
			refused(&f, "client data: not strict JSON, or a member of the wrong kind "
				    "or size");
		else if (cases[i].reason == NULL)
			granted(&f);
		else
			refused(&f, cases[i].reason);
	}
	fixture_init(&f);
	f.expected.context.challenge.len = 15;
	refused(&f, "challenge: of a length nobody may ask with");
}

static void test_embedded(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	client_data(&f, "{" T "," C "," O
			",\"crossOrigin\":true,\"topOrigin\":\"https://top.example\"}");
	f.expected.context.cross_origin = true;
	refused(&f, "client data: below a top origin that is not expected");
	f.expected.context.top_origin = "https://other.example";
	refused(&f, "client data: below a top origin that is not expected");
	f.expected.context.top_origin = "https://top.example";
	granted(&f);
}

static void test_owner(void **state)
{
	static const uint8_t long_id[WIRE_EXTERNAL_MAX + 1];
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.response.id = (struct public_key_bytes){other_id, sizeof(other_id)};
	refused(&f, "credential id: not the record's"); /* in the list, another record's */
	f.expected.allow = &f.allow[1];
	f.expected.n_allow = 1;
	f.response.id = f.allow[0];
	refused(&f, "credential id: not one that was asked for");
	f.expected.allow = f.allow;
	f.response.id.len = 0;
	granted(&f); /* behaviour 67 */
	f.expected.n_allow = 2;
	refused(&f, "credential id: missing or too long");
	f.response.id = (struct public_key_bytes){long_id, sizeof(long_id)};
	refused(&f, "credential id: missing or too long");
}

static void test_user_handle(void **state)
{
	struct fixture f;
	uint8_t other[32];

	(void)state;
	memcpy(other, handle, sizeof(other));
	other[31] ^= 1;
	fixture_init(&f);
	f.response.user_handle = (struct public_key_bytes){handle, sizeof(handle)};
	granted(&f);
	f.response.user_handle.len = 31;
	refused(&f, "user handle: another account's");
	f.response.user_handle = (struct public_key_bytes){other, sizeof(other)};
	refused(&f, "user handle: another account's");
	fixture_init(&f); /* behaviour 69 */
	f.expected.n_allow = 0;
	refused(&f, "user handle: missing for a discoverable credential");
	f.response.user_handle = (struct public_key_bytes){handle, sizeof(handle)};
	granted(&f);
	f.expected.user_handle_len = 0;
	f.response.user_handle.len = 1;
	refused(&f, "user handle: another account's");
}

static void test_record(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.record.locked = true;
	refused(&f, "record: locked, or not a security key's");
	fixture_init(&f);
	f.record.type = WEBCRED_TYPE_PASSWORD;
	refused(&f, "record: locked, or not a security key's");
	fixture_init(&f);
	f.record.cose_algorithm = COSE_EDDSA; /* the record's word counts */
	refused(&f, "record: its key cannot be used");
	fixture_init(&f);
	f.record.key_len--;
	refused(&f, "record: its key cannot be used");
	fixture_init(&f);
	f.record.external_len = 0;
	refused(&f, "record: without a usable credential id or key");
}

static void test_counter(void **state)
{
	static const struct {
		uint64_t stored;
		uint32_t counter;
		bool rises;
	} cases[] = {
		{0, 0, true},
		{0, 1, true},
		{5, 6, true},
		{5, 5, false},
		{5, 4, false},
		{5, 0, false},
		{UINT32_MAX, UINT32_MAX, false},
		{UINT32_MAX - 1, UINT32_MAX, true},
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		fixture_init(&f);
		f.record.moving = cases[i].stored;
		auth(&f, UP, cases[i].counter);
		if (cases[i].rises)
			granted(&f);
		else
			refused(&f, "signature counter: did not rise, a clone may exist");
		f.expected.counter = COUNTER_WARN;
		granted(&f);
		assert_string_equal(f.judgement.reason,
				    cases[i].rises ? ""
						   : "signature counter: did not rise, a clone "
						     "may exist");
		f.expected.counter = COUNTER_IGNORE;
		granted(&f);
		assert_int_equal(f.judgement.counter, cases[i].counter);
		f.expected.counter = (enum policy_counter)77;
		if (!cases[i].rises)
			refused(&f, "signature counter: did not rise, a clone may exist");
		f.record.relearn = true;
		f.expected.counter = COUNTER_FAIL;
		granted(&f);
	}
}

/* Another key's signature; and the counter is judged after it. */
static void test_order(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	auth(&f, UP, 5);
	judge(&f, &stranger);
	assert_string_equal(f.judgement.reason, "signature: does not verify");
}

/* Whatever is signed: another bit of it, and the signature is none. */
static void flip_each(struct fixture *fixture, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len * 8; i++) {
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		judge(fixture, NULL);
		assert_int_equal(fixture->judgement.verdict, VERDICT_REFUSED);
		bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void test_every_bit(void **state)
{
	struct fixture f;
	size_t len;

	(void)state;
	fixture_init(&f);
	granted(&f);
	len = f.response.signature.len;
	flip_each(&f, f.signature, len);
	flip_each(&f, f.auth, f.auth_len);
	flip_each(&f, (uint8_t *)f.client_data, f.client_len);
	while (len-- > 0) {
		f.response.signature.len = len;
		judge(&f, NULL);
		assert_int_equal(f.judgement.verdict, VERDICT_REFUSED);
	}
	granted(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_granted),	    cmocka_unit_test(test_flags),
		cmocka_unit_test(test_no_touch),    cmocka_unit_test(test_auth_data_form),
		cmocka_unit_test(test_attested),    cmocka_unit_test(test_auth_data_long),
		cmocka_unit_test(test_client_data), cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_owner),	    cmocka_unit_test(test_user_handle),
		cmocka_unit_test(test_record),	    cmocka_unit_test(test_counter),
		cmocka_unit_test(test_order),	    cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
