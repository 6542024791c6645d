/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * A password, and a machine that has no memory or a host that says nothing: what
 * was typed is freed, what was read of it is wiped, and nobody gets in.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "lib/core/types/password.h"
#include "tests/unit/counted_hash.h"
#include "tests/unit/counted_secret.h"
#include "tests/unit/scripted_host.h"
#include "tests/unit/unit.h"

static const struct policy policy = {.argon_memory_kib = 8, .argon_passes = 1, .password_min = 8};

struct scene {
	struct script script;
	struct credential record;
	struct type_login login;
};

/* Somebody with this password, who types `answer`. */
static void scene_init(struct scene *scene, const char *password, const char *answer)
{
	memset(scene, 0, sizeof(*scene));
	counted_secret_forget();
	counted_no_memory = false;
	scene->script.answer[0] = answer;
	scene->script.judgement.verdict = VERDICT_GRANTED;
	counted_hash_make(password, &policy, scene->script.verifier.hash);
	scene->record = (struct credential){.type = WEBCRED_TYPE_PASSWORD, .kind = KIND_PASSWORD};
	scene->login.policy = &policy;
	scene->login.service = "sudo";
	scene->login.credentials = &scene->record;
	scene->login.n_credentials = 1;
	scene->login.may_ask = true;
	scene->login.judgement.verdict = VERDICT_REFUSED;
}

static enum webcred_status play(struct scene *scene)
{
	struct type_host host = script_host(&scene->script);
	enum webcred_status status = type_password.get(&host, &scene->login);

	assert_int_equal(scene->login.judgement.verdict,
			 status == WEBCRED_STATUS_SUCCESS ? VERDICT_GRANTED : VERDICT_REFUSED);
	assert_int_equal(counted_secret_alive, 0);
	return status;
}

/* One character is a password too, where an administrator allows it. */
static void test_one_character(void **state)
{
	struct webcred_secret *cached = secret_new_from("x", 1);
	struct scene scene;

	(void)state;
	scene_init(&scene, "x", "x");
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	scene_init(&scene, "x", NULL);
	scene.login.cached = cached;
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(scene.script.trace, "charge commit ");
	secret_free(cached);
}

static void test_no_memory(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "right", "right");
	counted_secret_none = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_FAULT);
	assert_int_equal(scene.login.result, -ENOMEM);
	assert_string_equal(scene.script.trace, "");
	counted_secret_forget();
}

/* The verifier, whatever came of it, and the new hash of a right password. */
static void test_wiped(void **state)
{
	static const struct policy dearer = {.argon_memory_kib = 16, .argon_passes = 1};
	struct scene scene;

	(void)state;
	scene_init(&scene, "right", "wrong");
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.login.reason, "wrong password");
	assert_int_equal(counted_wipes(sizeof(struct type_verifier)), 1);
	assert_int_equal(counted_wipes(TYPE_HASH_MAX), 0);
	scene_init(&scene, "right", "right");
	scene.login.policy = &dearer;
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(counted_wipes(sizeof(struct type_verifier)), 1);
	assert_int_equal(counted_wipes(TYPE_HASH_MAX), 1);
}

/* Right for nobody's record is as wrong as any other answer, in the log too. */
static void test_nobody_reads_as_wrong(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "right", "right");
	scene.login.pretend = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.login.reason, "wrong password");
}

/* It says that all went well: no hash was handed out, and nothing was granted. */
static void test_mute_host(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "right", "right");
	scene.script.mute = MUTE_ALL;
	assert_int_equal(play(&scene), WEBCRED_STATUS_FAULT);
	assert_int_equal(scene.login.result, -EBADMSG);
	scene_init(&scene, "right", "right");
	scene.script.mute = MUTE_JUDGEMENT;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.trace, "ask charge commit ");
}

/* ---- store -------------------------------------------------------------------------- */

static int store(struct script *script, const struct policy *cost, const char *text)
{
	struct type_host host = script_host(script);
	struct webcred_secret *secret = secret_new_from(text, strlen(text));
	struct credential credential = {0};
	int result = type_password.store(&host, cost, secret, &credential);

	secret_free(secret);
	return result;
}

/* Where one prompt takes either, digits alone are a code. */
static void test_digits_only(void **state)
{
	const struct policy combines = {
		.argon_memory_kib = 8, .argon_passes = 1, .password_min = 8, .combines = true};
	static const char *const digits[] = {"12345678", "00000000", "99999999", "123456789012"};
	static const char *const others[] = {"1234567a", "a2345678", "1234/678", "1234:678",
					     "a/bcdefg"};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(digits); i++) {
		struct script script = {0};

		assert_int_equal(store(&script, &combines, digits[i]), WEBCRED_NOT_ALLOWED);
		assert_string_equal(script.trace, "show ");
		assert_non_null(strstr(script.shown, "digits only"));
		script = (struct script){0};
		assert_int_equal(store(&script, &policy, digits[i]), 0);
	}
	for (size_t i = 0; i < N_ELEMENTS(others); i++) {
		struct script script = {0};

		assert_int_equal(store(&script, &combines, others[i]), 0);
	}
}

/* Its cost is the configured one, to the KiB; the hash does not stay on the stack. */
static void test_store_cost(void **state)
{
	const struct policy cost = {.argon_memory_kib = 2048, .argon_passes = 1, .password_min = 1};
	struct script script = {0};

	(void)state;
	counted_secret_forget();
	assert_int_equal(store(&script, &cost, "x"), 0);
	assert_memory_equal(script.stored_hash, "$argon2id$v=19$m=2048,t=1,p=1$", 30);
	assert_int_equal(counted_wipes(TYPE_HASH_MAX), 1);
}

/* Why a hash was not made is not read from what failed before it. */
static void test_store_no_memory(void **state)
{
	struct script script = {0};

	(void)state;
	counted_no_memory = true;
	errno = EINVAL;
	assert_int_equal(store(&script, &policy, "correct horse"), -ENOMEM);
	counted_no_memory = false;
}

/* Both parts of a dummy are drawn anew. */
static void test_dummy_is_random(void **state)
{
	char hash[2][TYPE_HASH_MAX];
	const char *digest[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(password_dummy_hash(&policy, hash[i]), 0);
		digest[i] = strrchr(hash[i], '$');
	}
	assert_string_not_equal(digest[0], digest[1]);
	assert_int_equal(digest[0] - hash[0], digest[1] - hash[1]);
	assert_memory_not_equal(hash[0] + 28, hash[1] + 28, (size_t)(digest[0] - hash[0]) - 28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_character),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_wiped),
		cmocka_unit_test(test_nobody_reads_as_wrong),
		cmocka_unit_test(test_mute_host),
		cmocka_unit_test(test_digits_only),
		cmocka_unit_test(test_store_cost),
		cmocka_unit_test(test_store_no_memory),
		cmocka_unit_test(test_dummy_is_random),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
