/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Enrolling a security key: what is asked of it, what is kept, what is refused
 * (behaviours 58, 72 to 79). */
#include <errno.h>
#include <string.h>

#include "tests/unit/desk.h"
#include "tests/unit/unit.h"

static struct type_creation creation;
static struct credential created;

static int create(void)
{
	memset(&created, 0, sizeof(created));
	return type_public_key.create(&desk_host, &desk_policy, &creation, &created);
}

static void set_up_create(void)
{
	desk_set_up(2);
	memset(&creation, 0, sizeof(creation));
	creation.user = "alice";
	creation.service = "webcred";
	creation.credentials = desk_records;
	creation.n_credentials = 2;
	desk.counter = 9;
}

/* behaviours 48, 72, 73 and 79 */
static void test_create(void **state)
{
	(void)state;
	set_up_create();
	creation.resident = true;
	strcpy(creation.label, "green");
	desk.flags |= PUBLIC_KEY_BE | PUBLIC_KEY_BS;
	assert_int_equal(create(), 0);
	assert_int_equal(desk.asked.kind, CEREMONY_CREATE);
	assert_int_equal(desk.asked.user_id_len, 32); /* 72: the account's handle */
	assert_memory_equal(desk.asked.user_id, desk_policy.user_handle, 32);
	assert_string_equal(desk.asked.user_name, "alice");
	assert_true(desk.asked.resident);
	assert_int_equal(desk.asked.n_algorithms, 3); /* 73 */
	assert_int_equal(desk.asked.algorithm[0], COSE_ES256);
	assert_int_equal(desk.asked.algorithm[1], COSE_EDDSA);
	assert_int_equal(desk.asked.algorithm[2], COSE_RS256);
	assert_int_equal(desk.asked.n_entries, 2); /* 76 */
	/* 79 */
	assert_int_equal(created.type, WEBCRED_TYPE_PUBLIC_KEY);
	assert_int_equal(created.kind, KIND_WEBAUTHN);
	assert_string_equal(created.rp_id, "host.example");
	assert_string_equal(created.label, "green");
	assert_int_equal(created.cose_algorithm, COSE_ES256);
	assert_int_equal(created.moving, 9);
	assert_int_equal(created.external_len, 17);
	assert_int_equal(created.key_len, desk_signer.cose_len);
	assert_memory_equal(created.key, desk_signer.cose, desk_signer.cose_len);
	assert_int_equal(created.aaguid[15], 0xaa);
	assert_int_equal(created.transports, TRANSPORT_USB | TRANSPORT_NFC);
	assert_true(created.uv_initialized);
	assert_true(created.backup_eligible);
	assert_true(created.backup_state);
	assert_true(created.resident);
	assert_false(created.no_touch);
	set_up_create();
	assert_int_equal(create(), 0);
	assert_string_equal(created.label, "security key 3");
}

static void create_refused(int outcome, const char *shown)
{
	assert_int_equal(create(), outcome);
	assert_string_equal(desk.shown, shown);
	assert_int_equal(desk.enrols, 0);
	assert_int_equal(created.type, 0);
}

static void test_create_refused(void **state)
{
	(void)state;
	set_up_create();
	desk.flags = 0;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: user not present.");
	set_up_create();
	creation.no_touch = true; /* created by a touch all the same */
	desk.flags = 0;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: user not present.");
	set_up_create();
	creation.user_verification = WEBCRED_UV_REQUIRED;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: user not verified.");
	set_up_create();
	desk.lie = "rp";
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: for another relying party id.");
	set_up_create();
	desk.lie = "id";
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: credential id: "
					    "differs from the authenticator data's.");
	set_up_create();
	desk.flags = PUBLIC_KEY_UP | PUBLIC_KEY_BS;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: backed up, and not eligible for it.");
}

/* behaviours 48, 74, 75 and 76 */
static void test_create_ends(void **state)
{
	(void)state;
	set_up_create(); /* 74 */
	desk.present = 0;
	create_refused(WEBCRED_NOT_ALLOWED, "No security key is plugged in.");
	set_up_create(); /* 75 */
	desk.end = CEREMONY_UNABLE;
	create_refused(WEBCRED_CONSTRAINT, "This key cannot do what is asked of it.");
	desk.detail = "FIDO_ERR_KEY_STORE_FULL";
	create_refused(WEBCRED_CONSTRAINT,
		       "This key cannot do what is asked of it: FIDO_ERR_KEY_STORE_FULL.");
	desk.end = CEREMONY_BROKEN;
	desk.detail = "bytes\033[2J";
	create_refused(WEBCRED_NOT_ALLOWED, "The key's answer was not valid: bytes?[2J.");
	desk.end = CEREMONY_PIN_UNSET;
	create_refused(WEBCRED_CONSTRAINT,
		       "This key has no PIN yet, and one is required. Set one first.");
	desk.end = CEREMONY_EXCLUDED; /* 76 */
	create_refused(WEBCRED_INVALID_STATE, "This key is enrolled already.");
	desk.end = CEREMONY_NO_TOUCH;
	create_refused(WEBCRED_NOT_ALLOWED, "The key was not touched in time.");
	set_up_create(); /* 79: registered for somebody */
	desk.enrol_result = WEBCRED_INVALID_STATE;
	assert_int_equal(create(), WEBCRED_INVALID_STATE);
	set_up_create();
	desk.run_result = -EIO;
	create_refused(-EIO, "");
}

/* behaviour 58 */
static void test_create_asked_wrongly(void **state)
{
	(void)state;
	set_up_create();
	creation.kind = KIND_TOTP;
	create_refused(WEBCRED_NOT_SUPPORTED, "");
	set_up_create();
	creation.user_verification = 9;
	create_refused(WEBCRED_TYPE_ERROR, "");
	set_up_create();
	strcpy(creation.label, "a\nb");
	create_refused(WEBCRED_TYPE_ERROR, "");
	set_up_create(); /* 58 */
	strcpy(desk_policy.rp_id, "192.0.2.1");
	create_refused(WEBCRED_SECURITY, "");
	set_up_create(); /* 72 */
	desk_policy.user_handle_len = 0;
	create_refused(-ENODATA, "");
	assert_int_equal(desk.ceremonies, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_refused),
		cmocka_unit_test(test_create_ends),
		cmocka_unit_test(test_create_asked_wrongly),
	};

	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
