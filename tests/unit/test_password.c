/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/password.h"
#include "tests/unit/counted_hash.h"
#include "tests/unit/scripted_host.h"
#include "tests/unit/unit.h"

/* The cheapest Argon2id there is: what is tested here is not its cost. */
static const struct policy policy = {.argon_memory_kib = 8, .argon_passes = 1, .password_min = 8};

/* ---- a login ------------------------------------------------------------------ */

#define RIGHT "correct horse"

struct scene {
	struct script script;
	struct credential record;
	struct type_login login;
	struct webcred_secret *cached;
};

/* Somebody with the password RIGHT, who will type `answer`. */
static void scene_init(struct scene *scene, const char *answer)
{
	memset(scene, 0, sizeof(*scene));
	counted_verified = counted_made = 0;
	counted_no_memory = false;
	scene->script.answer[0] = answer;
	counted_hash_make(RIGHT, &policy, scene->script.verifier.hash);
	scene->script.judgement.verdict = VERDICT_GRANTED;
	memset(scene->script.judgement.login, 0x77, WIRE_LOGIN_SIZE);
	memset(scene->record.id, 0x42, WIRE_ID_SIZE);
	scene->record.type = WEBCRED_TYPE_PASSWORD;
	scene->record.kind = KIND_PASSWORD;
	scene->record.moving = 9;
	scene->login.policy = &policy;
	scene->login.service = "sudo";
	scene->login.credentials = &scene->record;
	scene->login.n_credentials = 1;
	scene->login.may_ask = true;
	scene->login.judgement.verdict = VERDICT_REFUSED;
}

static void scene_nobody(struct scene *scene, const char *answer)
{
	scene_init(scene, answer);
	scene->login.n_credentials = 0;
	scene->login.pretend = true;
	assert_int_equal(password_dummy_hash(&policy, scene->script.verifier.hash), 0);
	scene->script.judgement.verdict = VERDICT_REFUSED;
}

static void scene_cache(struct scene *scene, const char *cached)
{
	scene->cached = secret_new_from(cached, strlen(cached));
	assert_non_null(scene->cached);
	scene->login.cached = scene->cached;
}

/* Runs it; whatever did not succeed granted nothing. */
static enum webcred_status play(struct scene *scene)
{
	struct type_host host = script_host(&scene->script);
	enum webcred_status status = type_password.get(&host, &scene->login);

	if (status == WEBCRED_STATUS_SUCCESS) {
		assert_int_equal(scene->login.judgement.verdict, VERDICT_GRANTED);
		assert_int_equal(scene->login.result, 0);
	} else {
		const uint8_t none[WIRE_LOGIN_SIZE] = {0};

		assert_int_equal(scene->login.judgement.verdict, VERDICT_REFUSED);
		assert_memory_equal(scene->login.judgement.login, none, WIRE_LOGIN_SIZE);
		assert_true(scene->login.reason[0] != '\0');
	}
	/* Nothing that was typed is in what goes to the log. */
	assert_null(strstr(scene->login.reason, "horse"));
	secret_free(scene->cached);
	scene->cached = NULL;
	return status;
}

static void test_right(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, RIGHT);
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(scene.script.trace, "ask charge commit ");
	assert_string_equal(scene.script.prompt, "Password: ");
	assert_int_equal(scene.script.ask_kind, WEBCRED_ASK_SECRET);
	assert_memory_equal(scene.script.charged_id, scene.record.id, WIRE_ID_SIZE);
	assert_memory_equal(scene.script.change.id, scene.record.id, WIRE_ID_SIZE);
	assert_int_equal(scene.script.change.read_moving, 9);
	assert_int_equal(scene.script.change.moving, 9);
	assert_string_equal(scene.script.change.rehash, "");
	assert_false(scene.script.change.silent);
	assert_true(scene.login.asked);
	assert_int_equal(counted_verified, 1);
	assert_int_equal(counted_made, 0);
}

static void test_wrong(void **state)
{
	static const char *const wrong[] = {"", "correct hors", "correct horse ", "Correct horse",
					    "\xff\xfe"};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(wrong); i++) {
		struct scene scene;

		scene_init(&scene, wrong[i]);
		assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
		assert_int_equal(scene.login.result, WEBCRED_NOT_ALLOWED);
		assert_string_equal(scene.script.trace, "ask charge ");
		assert_int_equal(counted_verified, 1);
		assert_int_equal(counted_made, 0);
	}
}

/* Even where the stored hash is that of an empty password. */
static void test_empty_never_matches(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "");
	counted_hash_make("", &policy, scene.script.verifier.hash);
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.trace, "ask charge ");
}

/* Behaviour 38: the same prompts, the same calls, the same work, one refusal. */
static void test_nobody(void **state)
{
	static const char *const typed[] = {RIGHT, ""};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(typed); i++) {
		struct scene nobody, wrong;

		scene_init(&wrong, i == 0 ? "wrong" : "");
		assert_int_equal(play(&wrong), WEBCRED_STATUS_NOTALLOWED);
		scene_nobody(&nobody, typed[i]);
		assert_int_equal(play(&nobody), WEBCRED_STATUS_NOTALLOWED);
		assert_true(nobody.script.charged_nobody);
		assert_int_equal(counted_verified, 1);
		assert_string_equal(nobody.script.trace, wrong.script.trace);
		assert_string_equal(nobody.script.prompt, wrong.script.prompt);
		assert_string_equal(nobody.script.shown, wrong.script.shown);
		assert_int_equal(nobody.login.result, wrong.login.result);
	}
}

/* A host that hands a real hash out for nobody, and would grant, cannot. */
static void test_nobody_is_never_granted(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, RIGHT);
	scene.login.pretend = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_true(scene.script.charged_nobody);
	assert_string_equal(scene.script.trace, "ask charge ");
}

static void test_none_enrolled(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, RIGHT);
	scene.login.n_credentials = 0;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	assert_string_equal(scene.script.trace, "");
	scene_init(&scene, RIGHT);
	scene.record.locked = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	scene_init(&scene, RIGHT);
	scene.record.type = WEBCRED_TYPE_OTP;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	/* A change that wants a code's strength is not asked a password for. */
	scene_init(&scene, RIGHT);
	scene.login.minimum_strength = 3;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	assert_string_equal(scene.script.trace, "");
	scene_init(&scene, RIGHT);
	scene.login.minimum_strength = 2;
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
}

/* ---- what an earlier module collected ----------------------------------------- */

static void test_cached(void **state)
{
	struct scene scene;

	(void)state;
	/* right: nobody is asked */
	scene_init(&scene, NULL);
	scene_cache(&scene, RIGHT);
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(scene.script.trace, "charge commit ");
	assert_true(scene.script.change.silent);
	assert_false(scene.login.asked);
	/* right, and silence demanded */
	scene_init(&scene, NULL);
	scene_cache(&scene, RIGHT);
	scene.login.may_ask = false;
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	/* wrong: asked once, each answer an attempt of its own */
	scene_init(&scene, RIGHT);
	scene_cache(&scene, "wrong");
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(scene.script.trace, "charge ask charge commit ");
	assert_int_equal(counted_verified, 2);
	assert_false(scene.script.change.silent);
	/* wrong twice */
	scene_init(&scene, "wrong too");
	scene_cache(&scene, "wrong");
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.trace, "charge ask charge ");
	/* an empty one is none */
	scene_init(&scene, RIGHT);
	scene_cache(&scene, "");
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(scene.script.trace, "ask charge commit ");
}

static void test_nobody_may_be_asked(void **state)
{
	struct scene scene;

	(void)state;
	/* use_first_pass: wrong, and that is that */
	scene_init(&scene, NULL);
	scene_cache(&scene, "wrong");
	scene.login.cached_only = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.trace, "charge ");
	/* behaviour 30: silent, and wrong */
	scene_init(&scene, NULL);
	scene_cache(&scene, "wrong");
	scene.login.may_ask = false;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.trace, "charge ");
	/* and with nothing at hand the host is not called even once */
	for (unsigned i = 0; i < 4; i++) {
		if (i < 2)
			scene_init(&scene, NULL);
		else
			scene_nobody(&scene, NULL);
		scene.login.may_ask = i % 2 == 0;
		scene.login.cached_only = i % 2 == 0;
		assert_int_equal(play(&scene), WEBCRED_STATUS_UNAVAIL);
		assert_string_equal(scene.script.trace, "");
	}
}

/* ---- throttled, declined, aborted, refused, broken ---------------------------- */

static void test_throttled(void **state)
{
	static const struct {
		uint32_t wait_s;
		const char *says;
	} waits[] = {{8, "Too many tries. Wait 8 seconds."},
		     {1, "Too many tries. Wait 1 second."},
		     {0, "Too many tries. Ask an administrator to unlock the account."}};

	(void)state;
	for (size_t i = 0; i < 2 * N_ELEMENTS(waits); i++) {
		struct scene scene;

		if (i % 2 == 0)
			scene_init(&scene, RIGHT);
		else
			scene_nobody(&scene, RIGHT);
		scene.script.verifier.throttled = true;
		scene.script.verifier.wait_s = waits[i / 2].wait_s;
		assert_int_equal(play(&scene), WEBCRED_STATUS_TRYAGAIN);
		assert_true(scene.login.judgement.throttled);
		assert_int_equal(scene.login.judgement.wait_s, waits[i / 2].wait_s);
		assert_string_equal(scene.login.judgement.reason, waits[i / 2].says);
		/* whether it is told is not the type's to decide */
		assert_string_equal(scene.script.shown, "");
		assert_string_equal(scene.script.trace, "ask charge ");
		assert_int_equal(counted_verified, 0);
	}
}

/* Throttled on the cached answer: a prompt would be a promise nobody keeps. */
static void test_throttled_cached(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, RIGHT);
	scene_cache(&scene, RIGHT);
	scene.script.verifier.throttled = true;
	scene.script.verifier.wait_s = 4;
	assert_int_equal(play(&scene), WEBCRED_STATUS_TRYAGAIN);
	assert_string_equal(scene.script.trace, "charge ");
}

/* behaviour 53 */
static void test_no_answer(void **state)
{
	static const int results[] = {WEBCRED_NOT_ALLOWED, WEBCRED_ABORTED, -EIO, -ENOMEM};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(results); i++) {
		struct scene scene;

		scene_init(&scene, RIGHT);
		scene.script.ask_result = results[i];
		assert_int_equal(play(&scene),
				 results[i] < 0 ? WEBCRED_STATUS_FAULT : WEBCRED_STATUS_NOTALLOWED);
		assert_int_equal(scene.login.result, results[i]);
		/* ^C costs nothing */
		assert_string_equal(scene.script.trace, "ask ");
		assert_int_equal(counted_verified, 0);
	}
}

static void test_commit_refused(void **state)
{
	static const enum verdict verdicts[] = {VERDICT_REFUSED, 0, 1, (enum verdict) - 1,
						(enum verdict) ~VERDICT_GRANTED};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(verdicts); i++) {
		struct scene scene;

		scene_init(&scene, RIGHT);
		scene.script.judgement.verdict = verdicts[i];
		assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
		assert_string_equal(scene.script.trace, "ask charge commit ");
	}
}

/* Every call, each in turn, with every way to go wrong. */
static void test_every_call_fails(void **state)
{
	static const int results[] = {-EIO, -ECONNRESET, WEBCRED_NOT_ALLOWED, WEBCRED_ABORTED,
				      WEBCRED_SECURITY};
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(results); i++)
		for (unsigned at = 1;; at++) {
			struct scene scene;
			enum webcred_status status;

			scene_init(&scene, RIGHT);
			scene_cache(&scene, "wrong");
			scene.script.fail_at = at;
			scene.script.fail_with = results[i];
			status = play(&scene);
			if (scene.script.calls < at) {
				assert_int_equal(status, WEBCRED_STATUS_SUCCESS);
				n = at - 1;
				break;
			}
			if (results[i] < 0)
				assert_int_equal(status, WEBCRED_STATUS_FAULT);
			else if (status == WEBCRED_STATUS_SUCCESS)
				/* only a refused cached answer may be made good */
				assert_true(at == 1 && results[i] == WEBCRED_NOT_ALLOWED);
			else
				assert_int_equal(status, WEBCRED_STATUS_NOTALLOWED);
			if (status != WEBCRED_STATUS_SUCCESS)
				assert_int_equal(scene.login.result, results[i]);
		}
	assert_int_equal(n, 4); /* charge, ask, charge, commit */
}

/* What is in the store is no Argon2id string: a fault, not a wrong password. */
static void test_bad_hashes(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"$argon2id$",
		"$argon2id$v=19$m=8,t=1,p=1$",
		"$6$salt$hash",
		"$argon2i$v=19$m=8,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=1,p=1$!!!!$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		scene_init(&scene, RIGHT);
		memset(scene.script.verifier.hash, 0, TYPE_HASH_MAX);
		strcpy(scene.script.verifier.hash, bad[i]);
		assert_int_equal(play(&scene), WEBCRED_STATUS_FAULT);
		assert_int_equal(scene.login.result, -EBADMSG);
		assert_string_equal(scene.script.trace, "ask charge ");
	}
	/* not terminated */
	scene_init(&scene, RIGHT);
	memset(scene.script.verifier.hash, 'A', TYPE_HASH_MAX);
	memcpy(scene.script.verifier.hash, "$argon2id$", 10);
	assert_int_equal(play(&scene), WEBCRED_STATUS_FAULT);
	/* no memory for a hash: could not look */
	scene_init(&scene, RIGHT);
	counted_no_memory = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_FAULT);
	assert_int_equal(scene.login.result, -ENOMEM);
}

/* ---- the cost ----------------------------------------------------------------- */

static void test_rehash(void **state)
{
	static const struct policy costs[] = {{.argon_memory_kib = 16, .argon_passes = 1},
					      {.argon_memory_kib = 8, .argon_passes = 2}};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(costs); i++) {
		struct scene scene;

		scene_init(&scene, RIGHT);
		scene.login.policy = &costs[i];
		assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
		assert_int_equal(counted_verified, 1);
		assert_int_equal(counted_made, 1);
		assert_int_equal(counted_hash_is(scene.script.change.rehash, RIGHT, strlen(RIGHT)),
				 0);
		assert_int_equal(crypto_pwhash_str_needs_rehash(
					 scene.script.change.rehash, costs[i].argon_passes,
					 (size_t)costs[i].argon_memory_kib * 1024),
				 0);
		/* A wrong answer is not worth a second hash. */
		scene_init(&scene, "wrong");
		scene.login.policy = &costs[i];
		assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
		assert_int_equal(counted_made, 0);
	}
}

static void test_the_type(void **state)
{
	(void)state;
	assert_ptr_equal(type_find(WEBCRED_TYPE_PASSWORD), &type_password);
	assert_ptr_equal(type_find(WEBCRED_TYPE_OTP), &type_otp);
	assert_ptr_equal(type_find(WEBCRED_TYPE_PUBLIC_KEY), &type_public_key);
	assert_null(type_find(WEBCRED_TYPE_NONE));
	assert_null(type_find(WEBCRED_TYPE_FEDERATED));
	assert_int_equal(type_password.discovery, DISCOVERY_STORE); /* behaviour 7 */
	assert_true(type_password.conditional && !type_password.immediate);
	assert_null(type_password.create);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_empty_never_matches),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_nobody_is_never_granted),
		cmocka_unit_test(test_none_enrolled),
		cmocka_unit_test(test_cached),
		cmocka_unit_test(test_nobody_may_be_asked),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_throttled_cached),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_commit_refused),
		cmocka_unit_test(test_every_call_fails),
		cmocka_unit_test(test_bad_hashes),
		cmocka_unit_test(test_rehash),
		cmocka_unit_test(test_the_type),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
