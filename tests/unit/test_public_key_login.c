/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The type public-key, with a host whose key signs truly (by libcrypto) or lies
 * as the test wants; behaviours 30, 38, 55, 58, 63, 67 to 79.
 */
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/desk.h"
#include "tests/unit/unit.h"

static enum webcred_status get(void)
{
	desk_login.judgement.verdict = VERDICT_REFUSED;
	return type_public_key.get(&desk_host, &desk_login);
}

static void refused(enum webcred_status status, const char *reason, const char *shown)
{
	assert_int_equal(get(), status);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
	assert_string_equal(desk_login.reason, reason);
	assert_string_equal(desk.shown, shown);
	assert_int_equal(desk.commits, 0);
}

static void test_success(void **state)
{
	(void)state;
	desk_set_up(1);
	desk.flags |= PUBLIC_KEY_UV;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_GRANTED);
	assert_true(desk_login.asked);
	assert_true(desk_login.user_verified);
	assert_int_equal(desk.commits, 1);
	assert_int_equal(desk.change.read_moving, 5);
	assert_int_equal(desk.change.moving, 6);
	assert_true(desk.change.user_verified);
	assert_false(desk.change.silent);
	assert_memory_equal(desk.change.id, desk_records[0].id, WIRE_ID_SIZE);
	assert_string_equal(desk.entry[0].rp_id, "host.example");
	assert_int_equal(desk.asked.kind, CEREMONY_GET);
	assert_int_equal(desk.asked.timeout_ms, 30000);
	assert_string_equal(desk_login.reason, "");
}

/* The verdict is the commit's, not the signature's. */
static void test_commit_decides(void **state)
{
	(void)state;
	desk_set_up(1);
	desk.judgement.verdict = VERDICT_REFUSED;
	strcpy(desk.judgement.reason, "the record was removed");
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
	assert_string_equal(desk_login.reason, "the record was removed");
	desk_set_up(1);
	desk.commit_result = -EIO;
	assert_int_equal(get(), WEBCRED_STATUS_FAULT);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
	assert_int_equal(desk_login.result, -EIO);
	desk_set_up(1);
	desk.commit_result = WEBCRED_NOT_ALLOWED;
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
}

/* 30, 38, 55: nothing blinks. */
/* behaviours 30 and 55 */
static void test_nothing_asked(void **state)
{
	(void)state;
	desk_set_up(0);
	refused(WEBCRED_STATUS_NOTFOUND, "no security key is enrolled", "");
	desk_set_up(1);
	desk_records[0].locked = true;
	refused(WEBCRED_STATUS_NOTFOUND, "no security key is enrolled", "");
	desk_set_up(1);
	desk_login.may_ask = false;
	refused(WEBCRED_STATUS_UNAVAIL, "nobody may be asked to touch a key", "");
	desk_set_up(1);
	desk_login.cached_only = true;
	refused(WEBCRED_STATUS_UNAVAIL, "nobody may be asked to touch a key", "");
	desk_set_up(1);
	desk_policy.remote = true;
	refused(WEBCRED_STATUS_UNAVAIL, "a remote session has no key at this machine", "");
	desk_set_up(0);
	desk_login.pretend = true;
	refused(WEBCRED_STATUS_NOTALLOWED, "no security key is enrolled", "");
	desk_login.may_ask = false;
	refused(WEBCRED_STATUS_UNAVAIL, "nobody may be asked to touch a key", "");
	assert_int_equal(desk.ceremonies, 0);
	assert_false(desk_login.asked);
}

/* behaviour 63 */
static void test_ends(void **state)
{
	static const struct {
		enum ceremony_end end;
		uint8_t tries;
		enum webcred_status status;
		const char *reason, *shown;
	} cases[] = {
		{CEREMONY_NOT_HERE, 255, WEBCRED_STATUS_UNAVAIL,
		 "no enrolled credential on the key", "This key is not enrolled for alice."},
		{CEREMONY_NO_TOUCH, 255, WEBCRED_STATUS_TRYAGAIN, "not touched in time",
		 "The key was not touched in time."},
		{CEREMONY_DECLINED, 255, WEBCRED_STATUS_NOTALLOWED, "declined",
		 "The request was declined on the key."},
		{CEREMONY_PIN_WRONG, 5, WEBCRED_STATUS_NOTALLOWED, "wrong PIN",
		 "Wrong PIN: 5 tries left."},
		{CEREMONY_PIN_WRONG, 1, WEBCRED_STATUS_NOTALLOWED, "wrong PIN",
		 "Wrong PIN: 1 try left."},
		{CEREMONY_PIN_WRONG, 255, WEBCRED_STATUS_NOTALLOWED, "wrong PIN", "Wrong PIN."},
		{CEREMONY_PIN_BLOCKED, 0, WEBCRED_STATUS_UNAVAIL, "PIN blocked",
		 "The PIN of this key is blocked. It must be reset; use another way to log in."},
		{CEREMONY_PIN_BLOCKED, 4, WEBCRED_STATUS_UNAVAIL, "PIN blocked",
		 "Too many wrong PINs in a row. Unplug the key and plug it in again."},
		{CEREMONY_PIN_UNSET, 255, WEBCRED_STATUS_UNAVAIL, "no PIN set",
		 "This key has no PIN yet, and one is required. Set one first."},
		{CEREMONY_PIN_MUST_CHANGE, 255, WEBCRED_STATUS_UNAVAIL, "PIN must be changed",
		 "The PIN of this key must be changed before it can be used."},
		{CEREMONY_PIN_SHORT, 8, WEBCRED_STATUS_NOTALLOWED, "PIN too short",
		 "PIN too short for this key. No try was spent."},
		{CEREMONY_PIN_LONG, 8, WEBCRED_STATUS_NOTALLOWED, "PIN too long",
		 "PIN too long: it has 63 bytes at most. No try was spent."},
		{CEREMONY_UNPLUGGED, 255, WEBCRED_STATUS_UNAVAIL, "unplugged",
		 "The key was unplugged."},
		{CEREMONY_BUSY, 255, WEBCRED_STATUS_UNAVAIL, "busy",
		 "Another program is using the key."},
		{CEREMONY_BROKEN, 255, WEBCRED_STATUS_NOTALLOWED, "invalid answer",
		 "The key's answer was not valid."},
		{CEREMONY_CANCELLED, 255, WEBCRED_STATUS_NOTALLOWED, "cancelled", ""},
		{(enum ceremony_end)0, 255, WEBCRED_STATUS_UNAVAIL, "no key answered", ""},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		desk_set_up(1);
		desk.end = cases[i].end;
		desk.tries = cases[i].tries;
		refused(cases[i].status, cases[i].reason, cases[i].shown);
	}
	desk_set_up(1); /* broken before it was asked to touch: no device, no lock-out */
	desk.end = CEREMONY_BROKEN;
	desk.deaf = true;
	refused(WEBCRED_STATUS_UNAVAIL, "invalid answer", "The key's answer was not valid.");
	desk_set_up(1); /* 63: and not a word about it */
	desk.present = 0;
	desk.end = (enum ceremony_end)0;
	refused(WEBCRED_STATUS_UNAVAIL, "no security key is plugged in", "");
	desk_set_up(1); /* a host that says OK without a key */
	desk.present = 0;
	refused(WEBCRED_STATUS_UNAVAIL, "no security key is plugged in", "");
}

/* behaviour 62 */
static void test_host_ends(void **state)
{
	(void)state;
	desk_set_up(1);
	desk.run_result = WEBCRED_ABORTED;
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(desk_login.result, WEBCRED_ABORTED);
	desk_set_up(1);
	desk.run_result = -EPROTO;
	assert_int_equal(get(), WEBCRED_STATUS_FAULT);
	assert_int_equal(desk_login.result, -EPROTO);
	desk_set_up(1);
	desk.end = CEREMONY_NO_TOUCH;
	desk.show_result = -EPIPE;
	assert_int_equal(get(), WEBCRED_STATUS_FAULT);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
}

/* behaviours 67 and 71 */
static void test_lies(void **state)
{
	static const struct {
		const char *lie, *reason, *shown;
	} cases[] = {
		{"signature", "signature: does not verify", "The key's answer was not valid."},
		{"challenge", "signature: does not verify", "The key's answer was not valid."},
		{"rp", "authenticator data: for another relying party id",
		 "The key's answer was not valid."},
		{"id", "credential id: not one that was asked for",
		 "The key's answer was not valid."},
		{"handle", "user handle: another account's", "The key's answer was not valid."},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		desk_set_up(2);
		desk.lie = cases[i].lie;
		refused(WEBCRED_STATUS_NOTALLOWED, cases[i].reason, cases[i].shown);
	}
	desk_set_up(1);
	desk.flags = 0;
	refused(WEBCRED_STATUS_NOTALLOWED, "authenticator data: user not present",
		"The key's answer was not valid.");
	desk_set_up(1);
	desk.counter = 5;
	refused(WEBCRED_STATUS_NOTALLOWED, "signature counter: did not rise, a clone may exist",
		"The key's answer was not valid.");
	desk_set_up(1);
	desk_login.user_verification = WEBCRED_UV_REQUIRED;
	refused(WEBCRED_STATUS_NOTALLOWED, "authenticator data: user not verified",
		"The key's answer was not valid.");
	desk_set_up(2); /* the first of two, left out: it could be either (67) */
	desk.lie = "omitted";
	refused(WEBCRED_STATUS_NOTALLOWED, "credential id: not one that was asked for",
		"The key's answer was not valid.");
	desk_set_up(1);
	desk.lie = "omitted";
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
}

/* What the policy lets pass never lowers the counter. */
static void test_counter_never_falls(void **state)
{
	(void)state;
	desk_set_up(1);
	desk_policy.counter = COUNTER_WARN;
	desk.counter = 2;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.change.read_moving, 5);
	assert_int_equal(desk.change.moving, 5);
	assert_string_equal(desk_login.reason,
			    "signature counter: did not rise, a clone may exist");
}

/* After a restore it is learnt anew, whichever way it went. */
static void test_counter_learnt_anew(void **state)
{
	(void)state;
	desk_set_up(1);
	desk_records[0].relearn = true;
	desk.counter = 2;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.change.read_moving, 5);
	assert_int_equal(desk.change.moving, 2);
	assert_string_equal(desk_login.reason, "signature counter: learnt anew after a restore");
}

/* "No limit": more keys than one message holds, the last used first. */
static void test_many(void **state)
{
	(void)state;
	desk_set_up(DESK_RECORDS);
	desk.holds = DESK_RECORDS - 1;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.ceremonies, 1);
	desk_set_up(DESK_RECORDS);
	desk.holds = 0;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.ceremonies, 3);
	assert_memory_equal(desk.change.id, desk_records[0].id, WIRE_ID_SIZE);
	desk_set_up(DESK_RECORDS);
	desk.holds = 0;
	desk_records[0].locked = true;
	refused(WEBCRED_STATUS_UNAVAIL, "no enrolled credential on the key",
		"This key is not enrolled for alice.");
	assert_int_equal(desk.ceremonies, 4);
	desk_set_up(DESK_RECORDS);
	desk.end = CEREMONY_NO_TOUCH; /* one was there: no further ceremony */
	refused(WEBCRED_STATUS_TRYAGAIN, "not touched in time", "The key was not touched in time.");
	assert_int_equal(desk.ceremonies, 1);
}

/* behaviour 65: what a request prefers is asked for first, else what was used last */
static void test_in_the_order_of_the_list(void **state)
{
	(void)state;
	desk_set_up(3);
	desk_records[1].last_used = 100;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.entry[0].id[0], 2);
	assert_int_equal(desk.entry[1].id[0], 3);
	assert_int_equal(desk.entry[2].id[0], 1);
	desk_set_up(3);
	desk_records[1].last_used = 100;
	desk_login.preferred = true;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(desk.entry[i].id[0], i + 1);
}

/* Each ceremony has a challenge of its own, bound to service and host (70). */
/* behaviour 70 */
static void test_fresh_challenge(void **state)
{
	uint8_t first[32];

	(void)state;
	desk_set_up(1);
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	memcpy(first, desk.asked.client_data_hash, 32);
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_memory_not_equal(first, desk.asked.client_data_hash, 32);
}

/* behaviour 70: what the key signs, byte by byte */
static void test_bound_to_service_and_host(void **state)
{
	static const char text[] = "{\"type\":\"webauthn.get\",\"challenge\":"
				   "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
				   "\"origin\":\"webcred://desk.example/sudo\","
				   "\"crossOrigin\":false}";
	uint8_t hash[SHA256_DIGEST_LENGTH];

	(void)state;
	desk_set_up(1);
	desk.zeros = true;
	strcpy(desk_policy.host, "desk.example");
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	SHA256((const uint8_t *)text, sizeof(text) - 1, hash);
	assert_memory_equal(desk.asked.client_data_hash, hash, sizeof(hash));
}

static void test_strength(void **state)
{
	(void)state;
	desk_set_up(1);
	desk_login.minimum_strength = 5; /* a key with user verification */
	desk.flags |= PUBLIC_KEY_UV;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.asked.user_verification, WEBCRED_UV_REQUIRED);
	desk_set_up(1);
	desk_login.minimum_strength = 5;
	refused(WEBCRED_STATUS_NOTALLOWED, "authenticator data: user not verified",
		"The key's answer was not valid.");
	desk_set_up(1);
	desk_login.minimum_strength = 6;
	refused(WEBCRED_STATUS_NOTFOUND, "no enrolled key is proof enough for this change", "");
}

/* 59: an imported record is asked for, and verified, under its own rpId. */
/* behaviour 59 */
static void test_imported(void **state)
{
	(void)state;
	desk_set_up(2);
	strcpy(desk_records[0].rp_id, "pam://host");
	desk_records[0].kind = KIND_PAM_U2F;
	desk_records[0].moving = 0;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(desk.entry[1].rp_id, "pam://host");
	assert_string_equal(desk.entry[0].rp_id, "host.example");
}

/* behaviour 71 */
static void test_no_touch(void **state)
{
	(void)state;
	desk_set_up(1);
	desk_records[0].no_touch = true;
	desk.flags = 0;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_true(desk.entry[0].no_touch);
	assert_string_equal(desk_login.reason, "no touch: enrolled so by an administrator");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_commit_decides),
		cmocka_unit_test(test_nothing_asked),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_host_ends),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_counter_never_falls),
		cmocka_unit_test(test_counter_learnt_anew),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_in_the_order_of_the_list),
		cmocka_unit_test(test_fresh_challenge),
		cmocka_unit_test(test_bound_to_service_and_host),
		cmocka_unit_test(test_strength),
		cmocka_unit_test(test_imported),
		cmocka_unit_test(test_no_touch),
	};

	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
