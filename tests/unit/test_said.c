/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* How a step of a login ends is written down in whole, over whatever stood there. */
#include <errno.h>
#include <string.h>

#include "lib/core/types/said.h"
#include "tests/unit/unit.h"

/* As if an earlier step had left everything in it. */
static struct type_login used(void)
{
	struct type_login login = {.result = 77, .reason = "an earlier one"};

	memset(&login.judgement, 0x5a, sizeof(login.judgement));
	login.judgement.verdict = VERDICT_GRANTED;
	return login;
}

static void is_refused(const struct type_login *login)
{
	static const uint8_t none[WIRE_LOGIN_SIZE];

	assert_int_equal(login->judgement.verdict, VERDICT_REFUSED);
	assert_memory_equal(login->judgement.login, none, sizeof(none));
}

static void test_result(void **state)
{
	struct type_login login = used();

	(void)state;
	assert_int_equal(said_result(&login, -EIO, "it"), WEBCRED_STATUS_FAULT);
	is_refused(&login);
	assert_int_equal(login.result, -EIO);
	assert_string_equal(login.reason, "it: Input/output error");
	login = used();
	assert_int_equal(said_result(&login, WEBCRED_ABORTED, "gone"), WEBCRED_STATUS_NOTALLOWED);
	is_refused(&login);
	assert_int_equal(login.result, WEBCRED_ABORTED);
	assert_string_equal(login.reason, "gone");
	/* Who says that all is well says it elsewhere. */
	login = used();
	assert_int_equal(said_result(&login, WEBCRED_OK, "well"), WEBCRED_STATUS_NOTALLOWED);
	is_refused(&login);
	assert_int_equal(login.result, WEBCRED_NOT_ALLOWED);
	assert_string_equal(login.reason, "well");
}

static void test_throttled(void **state)
{
	struct type_login login = used();

	(void)state;
	assert_int_equal(said_throttled(&login, 1), WEBCRED_STATUS_TRYAGAIN);
	is_refused(&login);
	assert_true(login.judgement.throttled);
	assert_false(login.judgement.replayed);
	assert_int_equal(login.judgement.codes_left, 0);
	assert_int_equal(login.judgement.wait_s, 1);
	assert_int_equal(login.result, WEBCRED_NOT_ALLOWED);
	assert_string_equal(login.reason, "Too many tries. Wait 1 second.");
	assert_string_equal(login.judgement.reason, login.reason);
}

static void test_judgement(void **state)
{
	struct type_judgement judgement = {.verdict = VERDICT_GRANTED, .codes_left = 3};
	struct type_login login = used();

	(void)state;
	memset(judgement.login, 0x77, sizeof(judgement.login));
	assert_int_equal(said_judgement(&login, &judgement, "no"), WEBCRED_STATUS_SUCCESS);
	assert_memory_equal(&login.judgement, &judgement, sizeof(judgement));
	assert_int_equal(login.result, 0);
	assert_string_equal(login.reason, "");
	/* refused: what the keeper says of it stays, what would let in does not */
	login = used();
	judgement.verdict = VERDICT_REFUSED;
	judgement.replayed = true;
	assert_int_equal(said_judgement(&login, &judgement, "no"), WEBCRED_STATUS_NOTALLOWED);
	is_refused(&login);
	assert_true(login.judgement.replayed);
	assert_int_equal(login.judgement.codes_left, 3);
	assert_int_equal(login.result, WEBCRED_NOT_ALLOWED);
	assert_string_equal(login.reason, "no");
	/* its own reason comes first; throttled is throttled, whatever the verdict */
	strcpy(judgement.reason, "the record is gone");
	assert_int_equal(said_judgement(&login, &judgement, "no"), WEBCRED_STATUS_NOTALLOWED);
	assert_string_equal(login.reason, "the record is gone");
	judgement.verdict = VERDICT_GRANTED;
	judgement.throttled = true;
	judgement.wait_s = 4;
	assert_int_equal(said_judgement(&login, &judgement, "no"), WEBCRED_STATUS_TRYAGAIN);
	is_refused(&login);
	assert_int_equal(login.judgement.wait_s, 4);
}

static void test_nothing_there(void **state)
{
	struct type_login login = {0};

	(void)state;
	assert_int_equal(said_not_found(&login, "none"), WEBCRED_STATUS_NOTFOUND);
	assert_string_equal(login.reason, "none");
	assert_int_equal(said_unavailable(&login, "nobody"), WEBCRED_STATUS_UNAVAIL);
	assert_string_equal(login.reason, "nobody");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_throttled),
		cmocka_unit_test(test_judgement),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
