/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/otp.h"
#include "tests/unit/counted_secret.h"
#include "tests/unit/scripted_host.h"
#include "tests/unit/unit.h"

static const struct policy policy = {.password_min = 8};

enum { APP, CODES, N_RECORDS };

struct scene {
	struct script script;
	struct credential record[N_RECORDS];
	struct type_login login;
};

/* Somebody with an authenticator app and recovery codes; the app's code is right. */
static void scene_init(struct scene *scene, const char *answer)
{
	memset(scene, 0, sizeof(*scene));
	scene->script.answer[0] = answer;
	scene->script.judgement.verdict = VERDICT_GRANTED;
	memset(scene->script.judgement.login, 0x77, WIRE_LOGIN_SIZE);
	memset(scene->script.judgement.id, 'A', WIRE_ID_SIZE);
	for (size_t i = 0; i < N_RECORDS; i++) {
		scene->record[i].type = WEBCRED_TYPE_OTP;
		scene->record[i].kind = i == APP ? KIND_TOTP : KIND_RECOVERY;
		memset(scene->record[i].id, i == APP ? 'A' : 'C', WIRE_ID_SIZE);
	}
	scene->login.policy = &policy;
	scene->login.service = "sudo";
	scene->login.credentials = scene->record;
	scene->login.n_credentials = N_RECORDS;
	scene->login.may_ask = true;
	scene->login.judgement.verdict = VERDICT_REFUSED;
}

static enum webcred_status play(struct scene *scene)
{
	struct type_host host = script_host(&scene->script);
	enum webcred_status status = type_otp.get(&host, &scene->login);

	if (status == WEBCRED_STATUS_SUCCESS) {
		assert_int_equal(scene->login.judgement.verdict, VERDICT_GRANTED);
		assert_int_equal(scene->login.result, 0);
	} else {
		const uint8_t none[WIRE_LOGIN_SIZE] = {0};

		assert_int_equal(scene->login.judgement.verdict, VERDICT_REFUSED);
		assert_memory_equal(scene->login.judgement.login, none, WIRE_LOGIN_SIZE);
		assert_true(scene->login.reason[0] != '\0');
	}
	return status;
}

static void test_right(void **state)
{
	static const struct {
		const char *typed, *given;
	} codes[] = {{"123456", "123456"},
		     {"123 456", "123456"},
		     {" 123456\r\n", "123456"},
		     {"\t12\v34\f56", "123456"},
		     {"\b123\x0e", "\b123\x0e"},
		     {"MZXW-6YTB OJTG-633C", "MZXW-6YTBOJTG-633C"},
		     {"", ""}};
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(codes); i++) {
		scene_init(&scene, codes[i].typed);
		assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
		assert_string_equal(scene.script.trace, "ask check ");
		assert_string_equal(scene.script.prompt, "One-time code: ");
		assert_int_equal(scene.script.ask_kind, WEBCRED_ASK_CODE);
		assert_string_equal(scene.script.given, codes[i].given);
		assert_string_equal(scene.script.shown, "");
		assert_true(scene.login.asked);
	}
}

static void test_wrong(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "123456");
	scene.script.judgement.verdict = VERDICT_REFUSED;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(scene.login.result, WEBCRED_NOT_ALLOWED);
	/* the application says that it was wrong; asked once, never in a loop */
	assert_string_equal(scene.script.trace, "ask check ");
	assert_string_equal(scene.login.reason, "wrong code");
	/* the keeper's own reason wins */
	scene_init(&scene, "123456");
	scene.script.judgement.verdict = VERDICT_REFUSED;
	strcpy(scene.script.judgement.reason, "the record is gone");
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.login.reason, "the record is gone");
}

static void test_verdicts(void **state)
{
	static const enum verdict verdicts[] = {0, 1, (enum verdict) - 1,
						(enum verdict) ~VERDICT_GRANTED};
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(verdicts); i++) {
		scene_init(&scene, "123456");
		scene.script.judgement.verdict = verdicts[i];
		assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	}
	/* granted for a record that this person does not have */
	scene_init(&scene, "123456");
	memset(scene.script.judgement.id, 'X', WIRE_ID_SIZE);
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	/* nor where it lies behind the last of theirs */
	scene_init(&scene, "123456");
	scene.login.n_credentials = 1;
	memset(scene.script.judgement.id, 'C', WIRE_ID_SIZE);
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	/* a host that says nothing has granted nothing */
	scene_init(&scene, "123456");
	memset(scene.record[APP].id, 0, WIRE_ID_SIZE);
	scene.script.mute = MUTE_ALL;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	/* granted and throttled at once: somebody's mistake */
	scene_init(&scene, "123456");
	scene.script.judgement.throttled = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_TRYAGAIN);
}

static void test_replayed(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "123456");
	scene.script.judgement.verdict = VERDICT_REFUSED;
	scene.script.judgement.replayed = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.shown,
			    "This code was used already; wait for the next one.\n");
	assert_string_equal(scene.login.reason, "code used before");
	/* no next one comes for a recovery code */
	scene_init(&scene, "MZXW-6YTB-OJTG-633C");
	scene.script.judgement.verdict = VERDICT_REFUSED;
	scene.script.judgement.replayed = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.shown,
			    "This recovery code was used already; use another one.\n");
}

static void test_recovery_code(void **state)
{
	static const struct {
		uint8_t left;
		const char *says;
	} sets[] = {{4, "Recovery code used: 4 left.\n"},
		    {0, "Recovery code used: none left. Create new ones now.\n"}};
	struct scene scene;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(sets); i++) {
		scene_init(&scene, "MZXW-6YTB-OJTG-633C");
		memset(scene.script.judgement.id, 'C', WIRE_ID_SIZE);
		scene.script.judgement.codes_left = sets[i].left;
		assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
		assert_string_equal(scene.script.trace, "ask check show ");
		assert_string_equal(scene.script.shown, sets[i].says);
	}
}

/* Behaviour 38: the same prompts and calls for a name that does not exist. */
static void test_nobody(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, "123456");
	scene.login.n_credentials = 0;
	scene.login.pretend = true;
	scene.script.judgement.verdict = VERDICT_REFUSED;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(scene.script.trace, "ask check ");
	assert_string_equal(scene.script.prompt, "One-time code: ");
	assert_string_equal(scene.script.shown, "");
	assert_string_equal(scene.login.reason, "wrong code");
	/* not even a host that grants can let nobody in */
	scene_init(&scene, "123456");
	scene.login.pretend = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
}

static void test_none_enrolled(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene, NULL);
	scene.login.n_credentials = 0;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	assert_string_equal(scene.login.reason, "no one-time code is enrolled");
	scene_init(&scene, NULL);
	scene.record[APP].locked = scene.record[CODES].locked = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	scene_init(&scene, NULL);
	scene.record[APP].type = scene.record[CODES].type = WEBCRED_TYPE_PASSWORD;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	assert_string_equal(scene.script.trace, "");
}

static void test_strength(void **state)
{
	struct scene scene;

	(void)state;
	/* a change that wants a key: the app is not asked for, where it is alone */
	scene_init(&scene, NULL);
	scene.login.minimum_strength = 4;
	scene.login.n_credentials = 1;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTFOUND);
	assert_string_equal(scene.login.reason, "a code is too weak a proof for this change");
	assert_string_equal(scene.script.trace, "");
	/* where it is strong enough, it is */
	scene_init(&scene, "123456");
	scene.login.minimum_strength = 3;
	scene.login.n_credentials = 1;
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	/* with recovery codes beside it: those count, once ... */
	scene_init(&scene, "MZXW-6YTB-OJTG-633C");
	scene.login.minimum_strength = 5;
	memset(scene.script.judgement.id, 'C', WIRE_ID_SIZE);
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	/* ... and the app still does not */
	scene_init(&scene, "123456");
	scene.login.minimum_strength = 4;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_non_null(strstr(scene.script.shown, "security key"));
	scene_init(&scene, "123456");
	scene.login.minimum_strength = 3;
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
}

/* behaviour 30 */
static void test_nobody_may_be_asked(void **state)
{
	struct webcred_secret *cached = secret_new_from("123456", 6);
	struct scene scene;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		scene_init(&scene, NULL);
		scene.login.pretend = i / 2;
		scene.login.may_ask = i % 2 == 0;
		scene.login.cached_only = i % 2 == 0;
		scene.login.cached = cached; /* a password is never tried as a code */
		assert_int_equal(play(&scene), WEBCRED_STATUS_UNAVAIL);
		assert_string_equal(scene.script.trace, "");
	}
	secret_free(cached);
}

static void test_throttled(void **state)
{
	(void)state;
	for (unsigned pretend = 0; pretend < 2; pretend++) {
		struct scene scene;

		scene_init(&scene, "123456");
		scene.login.pretend = pretend;
		scene.script.judgement.verdict = VERDICT_REFUSED;
		scene.script.judgement.throttled = true;
		scene.script.judgement.wait_s = 16;
		assert_int_equal(play(&scene), WEBCRED_STATUS_TRYAGAIN);
		assert_true(scene.login.judgement.throttled);
		assert_int_equal(scene.login.judgement.wait_s, 16);
		assert_string_equal(scene.login.judgement.reason,
				    "Too many tries. Wait 16 seconds.");
		assert_string_equal(scene.script.shown, "");
	}
}

static const int every_result[] = {-EIO, -ECONNRESET, WEBCRED_NOT_ALLOWED, WEBCRED_ABORTED};

/* behaviour 81 */
static void test_no_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(every_result); i++) {
		struct scene scene;

		scene_init(&scene, "123456");
		scene.script.ask_result = every_result[i];
		assert_int_equal(play(&scene), every_result[i] < 0 ? WEBCRED_STATUS_FAULT
								   : WEBCRED_STATUS_NOTALLOWED);
		assert_int_equal(scene.login.result, every_result[i]);
		assert_string_equal(scene.script.trace, "ask ");
	}
}

/* The longest course, a recovery code, ended at each of its calls. */
static void test_every_call_fails(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(every_result); i++)
		for (unsigned at = 1; at <= 4; at++) {
			struct scene scene;
			enum webcred_status status;

			scene_init(&scene, "MZXW-6YTB-OJTG-633C");
			memset(scene.script.judgement.id, 'C', WIRE_ID_SIZE);
			scene.script.judgement.codes_left = 4;
			scene.script.fail_at = at;
			scene.script.fail_with = every_result[i];
			status = play(&scene);
			if (at == 4) /* there is no fourth */
				assert_int_equal(status, WEBCRED_STATUS_SUCCESS);
			else if (every_result[i] < 0)
				assert_int_equal(status, WEBCRED_STATUS_FAULT);
			else if (at == 3)
				/* a text that could not be shown is no failure */
				assert_int_equal(status, WEBCRED_STATUS_SUCCESS);
			else
				assert_int_equal(status, WEBCRED_STATUS_NOTALLOWED);
		}
}

/* What was typed is freed, whatever comes of it; what was read of it is wiped. */
static void test_nothing_is_left(void **state)
{
	struct scene scene;

	(void)state;
	counted_secret_forget();
	scene_init(&scene, "123456");
	assert_int_equal(play(&scene), WEBCRED_STATUS_SUCCESS);
	scene_init(&scene, "MZXW-6YTB-OJTG-633C");
	scene.script.judgement.verdict = VERDICT_REFUSED;
	scene.script.judgement.replayed = true;
	assert_int_equal(play(&scene), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(counted_secret_alive, 0);
	/* in otp_recovery_canonical(), and what that gave */
	assert_int_equal(counted_wipes(OTP_RECOVERY_LEN + 1), 2);
}

static void test_no_memory(void **state)
{
	struct scene scene;

	(void)state;
	counted_secret_forget();
	counted_secret_none = true;
	scene_init(&scene, "123456");
	assert_int_equal(play(&scene), WEBCRED_STATUS_FAULT);
	assert_int_equal(scene.login.result, -ENOMEM);
	assert_string_equal(scene.script.trace, "");
	counted_secret_forget();
}

static void test_the_type(void **state)
{
	(void)state;
	assert_int_equal(type_otp.id, WEBCRED_TYPE_OTP);
	assert_int_equal(type_otp.discovery, DISCOVERY_REMOTE); /* behaviour 7 */
	assert_true(type_otp.conditional && !type_otp.immediate);
	assert_null(type_otp.store); /* behaviour 44 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_replayed),
		cmocka_unit_test(test_recovery_code),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_none_enrolled),
		cmocka_unit_test(test_strength),
		cmocka_unit_test(test_nobody_may_be_asked),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_every_call_fails),
		cmocka_unit_test(test_nothing_is_left),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
