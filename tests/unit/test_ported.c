/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What web-platform-tests says of security keys, as far as it makes sense without
 * a browser: facts, each with the upstream file that states it.  What a typed
 * C interface cannot be given (a string for a number, a missing dictionary) is
 * left out; the container's own are in test_container.c, lists in test_filter.c.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/desk.h"
#include "tests/unit/unit.h"

static struct type_creation creation;
static struct credential created;

static void set_up(size_t n)
{
	desk_set_up(n);
	memset(&creation, 0, sizeof(creation));
	memset(&created, 0, sizeof(created));
	creation.user = "alice";
	creation.service = "webcred";
	creation.credentials = desk_records;
	creation.n_credentials = n;
}

static int create(void)
{
	return type_public_key.create(&desk_host, &desk_policy, &creation, &created);
}

static enum webcred_status get(void)
{
	desk_login.judgement.verdict = VERDICT_REFUSED;
	return type_public_key.get(&desk_host, &desk_login);
}

/* webauthn/getcredential-passing.https.html: by default arguments, and again. */
static void test_same_credential_again(void **state)
{
	(void)state;
	set_up(1);
	for (uint32_t i = 0; i < 3; i++) {
		desk.counter = 6 + i;
		assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
		assert_int_equal(desk.change.moving, 6 + i);
		desk_records[0].moving = desk.change.moving;
	}
	assert_int_equal(desk.commits, 3);
}

/* webauthn/createcredential-passing.https.html: user.id of 1 and of 64 bytes;
 * webauthn/createcredential-badargs-user.https.html: none, and 65, 66, 68, 72. */
static void test_user_id(void **state)
{
	static const uint8_t good[] = {1, 16, 64}, bad[] = {0, 65, 66, 68, 72, 255};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		set_up(0);
		desk_policy.user_handle_len = good[i];
		assert_int_equal(create(), 0);
		assert_int_equal(desk.asked.user_id_len, good[i]);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		set_up(0);
		desk_policy.user_handle_len = bad[i];
		assert_int_not_equal(create(), 0);
		assert_int_equal(desk.ceremonies, 0);
	}
}

/* webauthn/createcredential-badargs-rp.https.html and
 * webauthn/getcredential-badargs-rpid.https.html: SecurityError for an rp.id that
 * is empty, has a blank, a dash in front, a port, or is an address. */
static void test_rp_id(void **state)
{
	static const char *const bad[] = {"",
					  "invalid domain.com",
					  "-invaliddomain.com",
					  "login.com:1337",
					  "192.168.10.1",
					  "0:0:0:0:0:0:0:1"};
	static const char *const good[] = {"localhost", "login.example.com", "example.com"};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		set_up(0);
		strcpy(desk_policy.rp_id, bad[i]);
		if (create() != WEBCRED_SECURITY)
			fail_msg("rp.id \"%s\"", bad[i]);
		assert_int_equal(desk.ceremonies, 0);
	}
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		set_up(0);
		strcpy(desk_policy.rp_id, good[i]);
		assert_int_equal(create(), 0);
		assert_string_equal(created.rp_id, good[i]);
	}
}

/* webauthn/createcredential-excludecredentials.https.html: a credential that
 * exists ends it, one of 162 random bytes that does not is no error. */
static void test_exclude(void **state)
{
	(void)state;
	set_up(1);
	desk.end = CEREMONY_EXCLUDED;
	assert_int_equal(create(), WEBCRED_INVALID_STATE);
	assert_int_equal(desk.enrols, 0);
	set_up(1);
	desk_records[0].external_len = 162;
	memset(desk_records[0].external, 0xd3, 162);
	assert_int_equal(create(), 0);
	assert_int_equal(desk.entry[0].len, 162);
	assert_int_equal(desk.enrols, 1);
}

/* webauthn/createcredential-pubkeycredparams.https.html: an algorithm that
 * nobody offered is not taken. */
static void test_algorithms(void **state)
{
	static const int32_t none[] = {42, 0};
	struct public_key_creation expected = {.rp_id = "host.example"};
	char reason[TYPE_REASON_MAX];
	struct public_key_attestation response = {0};

	(void)state;
	set_up(0);
	assert_int_equal(create(), 0);
	for (size_t i = 0; i < desk.asked.n_algorithms; i++)
		for (size_t k = 0; k < N_ELEMENTS(none); k++)
			assert_int_not_equal(desk.asked.algorithm[i], none[k]);
	expected.algorithm = none;
	expected.n_algorithms = 2;
	assert_int_equal(public_key_register(&expected, &response, &created, reason),
			 VERDICT_REFUSED);
}

/* webauthn/createcredential-resident-key.https.html: required of a key that
 * cannot; a browser says NotAllowedError for it, and we what the key said (75). */
static void test_resident(void **state)
{
	(void)state;
	set_up(0);
	creation.resident = true;
	desk.end = CEREMONY_UNABLE;
	assert_int_equal(create(), WEBCRED_CONSTRAINT);
	desk.end = CEREMONY_OK;
	assert_int_equal(create(), 0);
	assert_true(desk.asked.resident);
	creation.resident = false;
	assert_int_equal(create(), 0);
	assert_false(desk.asked.resident);
}

/* webauthn/createcredential-timeout.https.html and
 * webauthn/getcredential-timeout.https.html: it reaches the key, and ends it. */
static void test_timeout(void **state)
{
	(void)state;
	set_up(1);
	desk_login.timeout_ms = 1;
	desk.end = CEREMONY_NO_TOUCH;
	assert_int_equal(get(), WEBCRED_STATUS_TRYAGAIN);
	assert_int_equal(desk_login.result, WEBCRED_NOT_ALLOWED);
	assert_int_equal(desk.asked.timeout_ms, 1);
	desk_policy.timeout_ms = 1;
	assert_int_equal(create(), WEBCRED_NOT_ALLOWED);
	assert_int_equal(desk.asked.timeout_ms, 1);
}

/* credential-management/otpcredential-get-basics.https.html: a request that is
 * cancelled is AbortError; webauthn/getcredential-abort.https.html and
 * webauthn/createcredential-abort.https.html: of a key's, too. */
static void test_abort(void **state)
{
	(void)state;
	set_up(1);
	desk.run_result = WEBCRED_ABORTED;
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(desk_login.result, WEBCRED_ABORTED);
	assert_int_equal(create(), WEBCRED_ABORTED);
}

/* webauthn/getcredential-badargs-userverification.https.html,
 * webauthn/createcredential-badargs-authnrselection.https.html: required of a key
 * that verifies nobody is NotAllowedError. */
static void test_user_verification(void **state)
{
	(void)state;
	set_up(1);
	desk_login.user_verification = WEBCRED_UV_REQUIRED;
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	creation.user_verification = WEBCRED_UV_REQUIRED;
	assert_int_equal(create(), WEBCRED_NOT_ALLOWED);
	desk.flags |= PUBLIC_KEY_UV;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(create(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_credential_again),
		cmocka_unit_test(test_user_id),
		cmocka_unit_test(test_rp_id),
		cmocka_unit_test(test_exclude),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_resident),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_user_verification),
	};

	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
