/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* What each credential type says of itself. */
#include <string.h>

#include "lib/core/types/public_key.h"
#include "tests/unit/desk.h"
#include "tests/unit/unit.h"

/* behaviour 7 */
static void test_discovery(void **state)
{
	(void)state;
	assert_int_equal(type_password.discovery, DISCOVERY_STORE);
	assert_int_equal(type_public_key.discovery, DISCOVERY_REMOTE);
	assert_int_equal(type_otp.discovery, DISCOVERY_REMOTE);
}

/* behaviours 8 and 44: what a type does not have is NULL, and NULL is null for
 * create() and NotSupportedError for store(). */
static void test_defaults(void **state)
{
	static const struct type bare = {.id = WEBCRED_TYPE_FEDERATED};

	(void)state;
	assert_null(bare.create);
	assert_null(bare.store);
	assert_null(type_password.create); /* 49: create() stores nothing */
	assert_non_null(type_password.store);
	assert_null(type_public_key.store); /* 44 */
	assert_null(type_otp.store);	    /* 44 */
	assert_non_null(type_public_key.create);
	assert_non_null(type_otp.create);
	/* No type of this build is called what it does not have. */
	assert_null(type_find(WEBCRED_TYPE_FEDERATED));
	assert_null(type_find(WEBCRED_TYPE_IDENTITY));
	assert_null(type_find(WEBCRED_TYPE_NONE));
}

/* behaviour 9: false unless declared. */
static void test_capabilities(void **state)
{
	static const struct type bare = {.id = WEBCRED_TYPE_FEDERATED};

	(void)state;
	assert_false(bare.conditional);
	assert_false(bare.immediate);
	assert_true(type_public_key.conditional);
	assert_true(type_otp.conditional);
	assert_true(type_password.conditional);
	/* behaviours 18 and 19: what was not declared is not asked of it. */
	assert_false(type_can(&bare, WEBCRED_MEDIATION_CONDITIONAL));
	assert_false(type_can(&bare, WEBCRED_MEDIATION_IMMEDIATE));
	assert_true(type_can(&bare, WEBCRED_MEDIATION_OPTIONAL));
	assert_true(type_can(&bare, WEBCRED_MEDIATION_REQUIRED));
	assert_true(type_can(&bare, WEBCRED_MEDIATION_SILENT));
	assert_true(type_can(&type_otp, WEBCRED_MEDIATION_CONDITIONAL));
	assert_false(type_can(&type_otp, WEBCRED_MEDIATION_IMMEDIATE));
	/* Only a key can tell, unasked, whether it is here. */
	assert_true(type_public_key.immediate);
	assert_false(type_otp.immediate);
	assert_false(type_password.immediate);
}

/* behaviour 66: transports are kept, and are no filter: a record that says nfc,
 * nothing at all, or what nobody knows yet, is asked for all the same. */
static void test_transports(void **state)
{
	static const uint8_t transports[] = {0, TRANSPORT_NFC, TRANSPORT_INTERNAL, 0x80, 0xff};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(transports); i++) {
		desk_set_up(1);
		desk_records[0].transports = transports[i];
		assert_int_equal(type_public_key.get(&desk_host, &desk_login),
				 WEBCRED_STATUS_SUCCESS);
		assert_int_equal(desk.asked.n_entries, 1);
	}
}

/* behaviour 64: discouraged, preferred and required reach the key as asked. */
static void test_verification_is_asked_for(void **state)
{
	(void)state;
	for (unsigned uv = WEBCRED_UV_PREFERRED; uv <= WEBCRED_UV_DISCOURAGED; uv++) {
		desk_set_up(1);
		desk.flags |= PUBLIC_KEY_UV;
		desk_login.user_verification = (enum webcred_user_verification)uv;
		assert_int_equal(type_public_key.get(&desk_host, &desk_login),
				 WEBCRED_STATUS_SUCCESS);
		assert_int_equal(desk.asked.user_verification, uv);
	}
}

/* behaviours 72 and 77: one handle for every credential of an account, random
 * and no name: a key overwrites its own discoverable one. */
static void test_one_handle(void **state)
{
	struct type_creation creation = {.user = "alice", .service = "webcred", .resident = true};
	struct credential created;
	uint8_t first[64];

	(void)state;
	desk_set_up(0);
	assert_int_equal(type_public_key.create(&desk_host, &desk_policy, &creation, &created), 0);
	memcpy(first, desk.asked.user_id, sizeof(first));
	assert_int_equal(desk.asked.user_id_len, 32);
	assert_null(memmem(desk.asked.user_id, 32, "alice", 5));
	assert_int_equal(type_public_key.create(&desk_host, &desk_policy, &creation, &created), 0);
	assert_memory_equal(first, desk.asked.user_id, sizeof(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_discovery),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_transports),
		cmocka_unit_test(test_verification_is_asked_for),
		cmocka_unit_test(test_one_handle),
	};

	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
