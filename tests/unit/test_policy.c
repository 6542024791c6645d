/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* What crosses the channel between keeper and session: policy and records. */
#include <stdlib.h>
#include <string.h>

#include "lib/core/credential.h"
#include "lib/core/policy.h"
#include "lib/core/types/ceremony.h"
#include "tests/unit/mutate.h"
#include "tests/unit/unit.h"

#define TYPE_BYTE 99 /* any: what carries them is the keeper's business */

static struct wire_out out;

/* ---- policy ------------------------------------------------------------------- */

static void policy_fill(struct policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	strcpy(policy->order, "public-key otp password");
	strcpy(policy->rp_id, "host.example");
	strcpy(policy->host, "host");
	policy->mediation = WEBCRED_MEDIATION_REQUIRED;
	policy->unknown_as = WEBCRED_TYPE_OTP;
	policy->user_verification = WEBCRED_UV_REQUIRED;
	policy->counter = COUNTER_WARN;
	policy->pin_tries = 2;
	policy->timeout_ms = 30000;
	policy->fail_delay_us = 2000000;
	policy->argon_memory_kib = 65536;
	policy->argon_passes = 3;
	policy->password_min = 8;
	policy->strongest = 5;
	policy->user_handle_len = 32;
	memset(policy->user_handle, 0xa5, 32);
	policy->models.n = 2;
	memset(policy->models.aaguid, 0x5a, 32);
}

static bool policy_again(const uint8_t *message, size_t len, struct wire_out *again)
{
	struct policy policy;
	struct wire_in in;

	if (wire_open(&in, message, len) != TYPE_BYTE)
		return false;
	if (!policy_get(&in, &policy) || !wire_done(&in))
		return false;
	wire_begin(again, (enum wire_message)TYPE_BYTE);
	policy_put(again, &policy);
	return true;
}

static void test_policy_round_trip(void **state)
{
	struct policy policy, back;
	bool *const flags[] = {&policy.quiet,	 &policy.echo_code,	 &policy.tell_throttled,
			       &policy.remote,	 &policy.silent_allowed, &policy.waived,
			       &policy.invited,	 &policy.subject_known,	 &policy.barred,
			       &policy.combines, &policy.chooser,	 &policy.one_answer,
			       &policy.ssh_key};
	struct wire_in in;

	(void)state;
	/* each switch alone, and none: none is mistaken for another */
	for (size_t i = 0; i <= N_ELEMENTS(flags); i++) {
		policy_fill(&policy);
		if (i < N_ELEMENTS(flags))
			*flags[i] = true;
		wire_begin(&out, (enum wire_message)TYPE_BYTE);
		policy_put(&out, &policy);
		assert_false(out.overflow);
		wire_open(&in, out.bytes, out.len);
		memset(&back, 0, sizeof(back));
		assert_true(policy_get(&in, &back));
		assert_true(wire_done(&in));
		assert_memory_equal(&back, &policy, sizeof(policy));
	}
}

static void test_policy_damage(void **state)
{
	struct policy policy;

	(void)state;
	policy_fill(&policy);
	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	policy_put(&out, &policy);
	mutate_all(out.bytes, out.len, policy_again);
}

static bool policy_passes(const struct policy *policy)
{
	struct policy back;
	struct wire_in in;

	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	policy_put(&out, policy);
	wire_open(&in, out.bytes, out.len);
	return !out.overflow && policy_get(&in, &back) && wire_done(&in);
}

static void test_policy_bounds(void **state)
{
	struct policy policy;

	(void)state;
	policy_fill(&policy);
	assert_true(policy_passes(&policy));
	policy.mediation = WEBCRED_MEDIATION_IMMEDIATE + 1;
	assert_false(policy_passes(&policy));
	policy_fill(&policy);
	policy.unknown_as = WEBCRED_TYPE_IDENTITY + 1;
	assert_false(policy_passes(&policy));
	policy_fill(&policy);
	policy.user_verification = WEBCRED_UV_DISCOURAGED + 1;
	assert_false(policy_passes(&policy));
	policy_fill(&policy);
	policy.counter = COUNTER_IGNORE + 1;
	assert_false(policy_passes(&policy));
	policy_fill(&policy);
	policy.pin_tries = CEREMONY_PIN_TRIES_MAX;
	assert_true(policy_passes(&policy));
	policy.pin_tries++;
	assert_false(policy_passes(&policy));
	policy_fill(&policy);
	policy.user_handle_len = sizeof(policy.user_handle) + 1;
	assert_false(policy_passes(&policy));
	policy_fill(&policy);
	policy.models.n = POLICY_MODELS_MAX;
	assert_true(policy_passes(&policy));
	policy.models.n++;
	assert_false(policy_passes(&policy));
}

/* Each number of PIN tries arrives as it was sent, and none as one; beside any rule for counters.
 */
static void test_policy_pin_tries(void **state)
{
	struct policy policy, back;
	struct wire_in in;

	(void)state;
	for (unsigned tries = 0; tries <= CEREMONY_PIN_TRIES_MAX; tries++)
		for (unsigned counter = 0; counter <= COUNTER_IGNORE; counter++) {
			policy_fill(&policy);
			policy.pin_tries = (uint8_t)tries;
			policy.counter = (uint8_t)counter;
			wire_begin(&out, (enum wire_message)TYPE_BYTE);
			policy_put(&out, &policy);
			wire_open(&in, out.bytes, out.len);
			assert_true(policy_get(&in, &back) && wire_done(&in));
			assert_int_equal(back.pin_tries, tries > 0 ? tries : 1);
			assert_int_equal(back.counter, counter);
		}
}

/* What is too large is not sent, whatever the other side would make of it. */
static void test_policy_is_not_sent(void **state)
{
	struct policy policy;

	(void)state;
	policy_fill(&policy);
	policy.user_handle_len = sizeof(policy.user_handle);
	assert_true(policy_passes(&policy));
	policy.user_handle_len++;
	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	policy_put(&out, &policy);
	assert_true(out.overflow);
	policy_fill(&policy);
	policy.models.n = POLICY_MODELS_MAX + 1;
	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	policy_put(&out, &policy);
	assert_true(out.overflow);
}

/* The last value of each range passes, and every model crosses. */
static void test_policy_ends(void **state)
{
	struct policy policy, back;
	struct wire_in in;

	(void)state;
	policy_fill(&policy);
	policy.mediation = WEBCRED_MEDIATION_IMMEDIATE;
	policy.unknown_as = WEBCRED_TYPE_IDENTITY;
	policy.user_verification = WEBCRED_UV_DISCOURAGED;
	policy.counter = COUNTER_IGNORE;
	policy.models.n = POLICY_MODELS_MAX;
	assert_true(policy_passes(&policy));
	(void)wire_open(&in, out.bytes, out.len);
	assert_true(policy_get(&in, &back));
	assert_int_equal(back.models.n, POLICY_MODELS_MAX);
}

/* A refusal is said twice: by the result, and to whoever reads on. */
static void test_policy_refusal(void **state)
{
	struct policy policy, back;
	struct wire_in in;

	(void)state;
	policy_fill(&policy);
	policy.counter = COUNTER_IGNORE + 1;
	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	policy_put(&out, &policy);
	(void)wire_open(&in, out.bytes, out.len);
	assert_false(policy_get(&in, &back));
	assert_true(in.bad);
	policy_fill(&policy);
	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	policy_put(&out, &policy);
	(void)wire_open(&in, out.bytes, out.len - 1);
	assert_false(policy_get(&in, &back));
}

/* ---- credential --------------------------------------------------------------- */

static void key_fill(struct credential *key)
{
	memset(key, 0, sizeof(*key));
	memset(key->id, 0x11, sizeof(key->id));
	key->type = WEBCRED_TYPE_PUBLIC_KEY;
	key->kind = KIND_WEBAUTHN;
	strcpy(key->label, "blue key");
	strcpy(key->rp_id, "host.example");
	key->created = 1700000000;
	key->last_used = -1;
	key->moving = 0x123456789abcdef0u;
	key->cose_algorithm = COSE_RS256;
	key->external_len = 64;
	memset(key->external, 0x22, 64);
	key->key_len = 77;
	memset(key->key, 0x33, 77);
	memset(key->aaguid, 0x44, sizeof(key->aaguid));
	key->transports = TRANSPORT_USB | TRANSPORT_INTERNAL;
}

static bool credential_again(const uint8_t *message, size_t len, struct wire_out *again)
{
	struct credential credential;
	struct wire_in in;

	if (wire_open(&in, message, len) != TYPE_BYTE)
		return false;
	if (!credential_get(&in, &credential) || !wire_done(&in))
		return false;
	wire_begin(again, (enum wire_message)TYPE_BYTE);
	credential_put(again, &credential);
	return true;
}

static bool credential_passes(const struct credential *credential, struct credential *back)
{
	struct wire_in in;

	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	credential_put(&out, credential);
	wire_open(&in, out.bytes, out.len);
	memset(back, 0, sizeof(*back));
	return !out.overflow && credential_get(&in, back) && wire_done(&in);
}

static void test_credential_round_trip(void **state)
{
	struct credential key, back;
	bool *const flags[] = {&key.locked,	  &key.uv_initialized, &key.backup_eligible,
			       &key.backup_state, &key.resident,       &key.no_touch,
			       &key.relearn};

	(void)state;
	for (size_t i = 0; i <= N_ELEMENTS(flags); i++) {
		key_fill(&key);
		if (i < N_ELEMENTS(flags))
			*flags[i] = true;
		assert_true(credential_passes(&key, &back));
		assert_memory_equal(&back, &key, sizeof(key));
	}
	/* the largest there can be */
	key.external_len = WIRE_EXTERNAL_MAX;
	key.key_len = CREDENTIAL_KEY_MAX;
	memset(key.label, 'l', WIRE_LABEL_MAX);
	memset(key.rp_id, 'r', WIRE_RPID_MAX);
	assert_true(credential_passes(&key, &back));
	assert_memory_equal(&back, &key, sizeof(key));
	/* and a code's */
	memset(&key, 0, sizeof(key));
	key.type = WEBCRED_TYPE_OTP;
	key.kind = KIND_TOTP;
	key.algorithm = ALGORITHM_SHA512;
	key.digits = 8;
	key.period = 65535;
	key.drift = -7;
	assert_true(credential_passes(&key, &back));
	assert_memory_equal(&back, &key, sizeof(key));
}

static void test_credential_damage(void **state)
{
	struct credential key;

	(void)state;
	key_fill(&key);
	wire_begin(&out, (enum wire_message)TYPE_BYTE);
	credential_put(&out, &key);
	mutate_all(out.bytes, out.len, credential_again);
}

static void test_credential_bounds(void **state)
{
	static const struct {
		enum webcred_type type;
		enum credential_kind kind;
	} mixed[] = {{WEBCRED_TYPE_PASSWORD, KIND_TOTP},
		     {WEBCRED_TYPE_OTP, KIND_WEBAUTHN},
		     {WEBCRED_TYPE_PUBLIC_KEY, KIND_PASSWORD},
		     {WEBCRED_TYPE_PUBLIC_KEY, KIND_NONE},
		     {WEBCRED_TYPE_NONE, KIND_PASSWORD},
		     {WEBCRED_TYPE_PUBLIC_KEY, (enum credential_kind)8}};
	struct credential key, back;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(mixed); i++) {
		key_fill(&key);
		key.type = mixed[i].type;
		key.kind = mixed[i].kind;
		assert_false(credential_passes(&key, &back));
	}
	for (uint8_t digits = 0; digits < 20; digits++) {
		key_fill(&key);
		key.digits = digits;
		assert_int_equal(credential_passes(&key, &back),
				 digits == 0 || (digits >= 6 && digits <= 8));
	}
	key_fill(&key);
	key.algorithm = ALGORITHM_SHA512 + 1;
	assert_false(credential_passes(&key, &back));
	key_fill(&key);
	key.external_len = WIRE_EXTERNAL_MAX + 1;
	assert_false(credential_passes(&key, &back));
	key_fill(&key);
	key.key_len = CREDENTIAL_KEY_MAX + 1;
	assert_false(credential_passes(&key, &back));
}

/* design.md: "strength: key with UV, key, otp, password, recovery once". */
static void test_strength(void **state)
{
	static const enum credential_kind by_strength[] = {KIND_NONE, KIND_RECOVERY, KIND_PASSWORD,
							   KIND_TOTP, KIND_WEBAUTHN};
	struct credential credential = {0};

	(void)state;
	for (unsigned i = 0; i < N_ELEMENTS(by_strength); i++) {
		credential.kind = by_strength[i];
		assert_int_equal(credential_strength(&credential, false), i);
		assert_int_equal(credential_strength(&credential, true),
				 by_strength[i] == KIND_WEBAUTHN ? 5 : i);
	}
	credential.kind = KIND_HOTP;
	assert_int_equal(credential_strength(&credential, true), 3);
	credential.kind = KIND_PAM_U2F;
	assert_int_equal(credential_strength(&credential, false), 4);
	credential.kind = KIND_SSH_SK;
	assert_int_equal(credential_strength(&credential, true), 5);
}

static void test_words(void **state)
{
	struct wire_credential wire;
	struct credential key;

	(void)state;
	for (unsigned kind = 0; kind < 10; kind++) {
		const char *name = credential_kind_name((enum credential_kind)kind);

		assert_non_null(name);
		assert_in_range(strlen(name), 1, sizeof(wire.kind) - 1);
	}
	assert_string_equal(credential_kind_name(KIND_PASSWORD), "password");
	assert_string_equal(credential_kind_name(KIND_TOTP), "authenticator app");
	assert_string_equal(credential_kind_name(KIND_WEBAUTHN), "security key");
	assert_int_equal(credential_kind_parse("totp"), KIND_TOTP);
	assert_int_equal(credential_kind_parse("hotp"), KIND_HOTP);
	assert_int_equal(credential_kind_parse("recovery"), KIND_RECOVERY);
	assert_int_equal(credential_kind_parse("TOTP"), KIND_NONE);
	assert_int_equal(credential_kind_parse(""), KIND_NONE);

	key_fill(&key);
	key.locked = true;
	credential_to_wire(&key, &wire);
	assert_memory_equal(wire.id, key.id, sizeof(key.id));
	assert_int_equal(wire.type, WEBCRED_TYPE_PUBLIC_KEY);
	assert_int_equal(wire.flags, WIRE_CREDENTIAL_LOCKED);
	assert_string_equal(wire.label, "blue key");
	assert_string_equal(wire.rp_id, "host.example");
	assert_string_equal(wire.kind, "security key");
	assert_int_equal(wire.counter, key.moving);
	key.type = WEBCRED_TYPE_OTP;
	key.kind = KIND_TOTP;
	credential_to_wire(&key, &wire);
	assert_int_equal(wire.counter, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy_round_trip),
		cmocka_unit_test(test_policy_damage),
		cmocka_unit_test(test_policy_bounds),
		cmocka_unit_test(test_policy_pin_tries),
		cmocka_unit_test(test_policy_is_not_sent),
		cmocka_unit_test(test_policy_ends),
		cmocka_unit_test(test_policy_refusal),
		cmocka_unit_test(test_credential_round_trip),
		cmocka_unit_test(test_credential_damage),
		cmocka_unit_test(test_credential_bounds),
		cmocka_unit_test(test_strength),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
