/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/order.h"
#include "tests/unit/unit.h"

/* One letter for each of NOTFOUND, UNAVAIL, NOTALLOWED, TRYAGAIN. */
static void actions_of(const struct order_step *step, char letters[5])
{
	static const enum webcred_status statuses[] = {
		WEBCRED_STATUS_NOTFOUND, WEBCRED_STATUS_UNAVAIL, WEBCRED_STATUS_NOTALLOWED,
		WEBCRED_STATUS_TRYAGAIN};

	for (size_t i = 0; i < 4; i++)
		letters[i] = order_next(step, statuses[i]) == ORDER_CONTINUE ? 'c' : 'r';
	letters[4] = '\0';
	/* What no configuration changes. */
	assert_int_equal(step->action[WEBCRED_STATUS_NONE], ORDER_RETURN);
	assert_int_equal(step->action[WEBCRED_STATUS_SUCCESS], ORDER_RETURN);
	assert_int_equal(step->action[WEBCRED_STATUS_FAULT], ORDER_RETURN);
	assert_int_equal(order_next(step, WEBCRED_STATUS_SUCCESS), ORDER_RETURN);
	assert_int_equal(order_next(step, WEBCRED_STATUS_FAULT), ORDER_RETURN);
	assert_int_equal(order_next(step, WEBCRED_STATUS_NONE), ORDER_RETURN);
	assert_int_equal(order_next(step, (enum webcred_status)77), ORDER_RETURN);
	assert_int_equal(order_next(step, (enum webcred_status) - 1), ORDER_RETURN);
}

#define K WEBCRED_TYPE_PUBLIC_KEY
#define O WEBCRED_TYPE_OTP
#define P WEBCRED_TYPE_PASSWORD

/* design.md: SUCCESS=return, NOTALLOWED=return, the rest continue: "ccrc". */
static const struct {
	const char *text;
	size_t n;
	enum webcred_type type[3];
	const char *actions[3];
} good[] = {
	{"password", 1, {P}, {"ccrc"}},
	{"public-key otp password", 3, {K, O, P}, {"ccrc", "ccrc", "ccrc"}},
	{"  otp\n\tpassword\r\n", 2, {O, P}, {"ccrc", "ccrc"}},
	{"public-key [UNAVAIL=continue NOTFOUND=continue] otp password",
	 3,
	 {K, O, P},
	 {"ccrc", "ccrc", "ccrc"}},
	{"public-key [UNAVAIL=return] password", 2, {K, P}, {"crrc", "ccrc"}},
	{"otp[NOTFOUND=return TRYAGAIN=return]password", 2, {O, P}, {"rcrr", "ccrc"}},
	{"otp [NOTALLOWED=continue] password", 2, {O, P}, {"cccc", "ccrc"}},
	{"otp [notallowed=Continue unavail=RETURN] password", 2, {O, P}, {"crcc", "ccrc"}},
	{"otp [SUCCESS=return]", 1, {O}, {"ccrc"}},
	{"otp []", 1, {O}, {"ccrc"}},
	{"otp [ NOTFOUND = return ]", 1, {O}, {"rcrc"}},
	/* "!X=a" is every status but X, SUCCESS and FAULT */
	{"otp [!UNAVAIL=return]", 1, {O}, {"rcrr"}},
	{"otp [!UNAVAIL=continue]", 1, {O}, {"cccc"}},
	{"otp [!NOTALLOWED=continue]", 1, {O}, {"ccrc"}},
	{"otp [!SUCCESS=return]", 1, {O}, {"rrrr"}},
	{"otp [!SUCCESS=continue]", 1, {O}, {"cccc"}},
	/* the last word counts */
	{"otp [!UNAVAIL=return NOTFOUND=continue]", 1, {O}, {"ccrr"}},
};

static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		struct order order;
		struct order_error error;

		memset(&order, 0xee, sizeof(order));
		assert_int_equal(order_parse(good[i].text, strlen(good[i].text), &order, &error),
				 0);
		assert_int_equal(order.n, good[i].n);
		for (size_t step = 0; step < good[i].n; step++) {
			char letters[5];

			assert_int_equal(order.step[step].type, good[i].type[step]);
			actions_of(&order.step[step], letters);
			assert_string_equal(letters, good[i].actions[step]);
			assert_true(order_has(&order, good[i].type[step]));
		}
		assert_false(order_has(&order, WEBCRED_TYPE_FEDERATED));
	}
}

#define TYPES "public-key, otp, password"
#define STATUSES "SUCCESS, NOTFOUND, UNAVAIL, NOTALLOWED, TRYAGAIN"

static const struct {
	const char *text;
	unsigned line, column;
	const char *says[2];
} bad[] = {
	{"pasword", 1, 1, {"\"pasword\"", TYPES}},
	{"otp\n  pasword", 2, 3, {"\"pasword\"", TYPES}},
	{"otp\n\n\npassword\n x", 5, 2, {"\"x\"", TYPES}},
	{"pass", 1, 1, {"\"pass\"", TYPES}},
	{"z", 1, 1, {"\"z\"", TYPES}},
	{"Z", 1, 1, {"\"Z\"", TYPES}},
	{"0", 1, 1, {"\"0\"", TYPES}},
	{"9", 1, 1, {"\"9\"", TYPES}},
	{"passwordpasswordpassword", 1, 1, {"\"passwordpasswordpassword\"", TYPES}},
	{"OTP", 1, 1, {"\"OTP\"", TYPES}},
	{"none", 1, 1, {"\"none\"", TYPES}},
	{"identity", 1, 1, {"\"identity\"", TYPES}},
	{"federated", 1, 1, {"\"federated\"", TYPES}},
	{"password ssh-key", 1, 10, {"ssh-key", "stands first"}},
	{"ssh-key ssh-key", 1, 9, {"ssh-key", "stands first"}},
	{"ssh-ke", 1, 1, {"\"ssh-ke\"", TYPES}},
	{"otp password otp", 1, 14, {"\"otp\"", "once"}},
	{"[NOTFOUND=return] otp", 1, 1, {"\"[\"", TYPES}},
	{"otp [NOTFOUND=return] [UNAVAIL=return]", 1, 23, {"\"[\"", TYPES}},
	{"otp [NOTFUND=return]", 1, 6, {"\"NOTFUND\"", STATUSES}},
	{"otp [NOTFOUND=ignore]", 1, 15, {"\"ignore\"", "return, continue"}},
	{"otp [NOTFOUND=]", 1, 15, {"\"]\"", "return, continue"}},
	{"otp [NOTFOUND return]", 1, 15, {"\"return\"", "\"=\""}},
	{"otp [=return]", 1, 6, {"\"=\"", STATUSES}},
	{"otp [!]", 1, 7, {"\"]\"", STATUSES}},
	{"otp [NOTFOUND=return", 1, 21, {"the end", "\"]\""}},
	{"otp [", 1, 6, {"the end", "\"]\""}},
	{"otp ]", 1, 5, {"\"]\"", TYPES}},
	{"otp [SUCCESS=continue]", 1, 14, {"SUCCESS=continue", "two lines"}},
	{"otp [FAULT=continue]", 1, 6, {"FAULT", STATUSES}},
	{"otp [FAULT=return]", 1, 6, {"FAULT", STATUSES}},
	{"otp [!FAULT=continue]", 1, 7, {"FAULT", STATUSES}},
	{"otp [fault=continue]", 1, 6, {"FAULT", STATUSES}},
	{"otp \x1b[2J", 1, 5, {"0x1b", TYPES}},
	{"otp \xc3\xa9", 1, 5, {"0xc3", TYPES}},
	{"passwordpasswordpasswordpasswordpassword", 1, 1, {"...", TYPES}},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct order order, untouched;
		struct order_error error = {0};

		memset(&order, 0xee, sizeof(order));
		untouched = order;
		assert_int_equal(order_parse(bad[i].text, strlen(bad[i].text), &order, &error),
				 WEBCRED_TYPE_ERROR);
		assert_memory_equal(&order, &untouched, sizeof(order));
		assert_int_equal(error.line, bad[i].line);
		assert_int_equal(error.column, bad[i].column);
		for (size_t k = 0; k < 2; k++)
			if (strstr(error.text, bad[i].says[k]) == NULL)
				fail_msg("\"%s\": \"%s\" does not say %s", bad[i].text, error.text,
					 bad[i].says[k]);
		/* The error is optional. */
		assert_int_equal(order_parse(bad[i].text, strlen(bad[i].text), &order, NULL),
				 WEBCRED_TYPE_ERROR);
	}
}

/* Behaviours 4, 16 and 17: no type, or two in one request, is NotSupportedError;
 * one after the other is a sequence of requests. */
static void test_native_requests(void **state)
{
	static const struct {
		const char *text;
		unsigned column;
		const char *says;
	} none[] = {
		{"", 1, "the end"},
		{"   ", 4, "the end"},
		{"otp,password", 4, "stands alone"},
		{"otp+password", 4, "stands alone"},
		{"public-key + otp", 12, "stands alone"},
		{"password otp,public-key", 13, "stands alone"},
	};
	struct order order;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(none); i++) {
		struct order_error error = {0};

		assert_int_equal(order_parse(none[i].text, strlen(none[i].text), &order, &error),
				 WEBCRED_NOT_SUPPORTED);
		assert_int_equal(error.column, none[i].column);
		if (strstr(error.text, none[i].says) == NULL)
			fail_msg("\"%s\": \"%s\"", none[i].text, error.text);
	}
	assert_int_equal(order_parse("otp password", 12, &order, NULL), 0);
	assert_int_equal(order.n, 2);
}

static void test_ssh_key(void **state)
{
	struct order order;

	(void)state;
	assert_int_equal(order_parse("ssh-key [NOTFOUND=return] otp", 29, &order, NULL), 0);
	assert_int_equal(order.n, 2);
	assert_true(order_has_ssh_key(&order));
	assert_int_equal(order.step[0].type, WEBCRED_TYPE_PUBLIC_KEY);
	assert_int_equal(order_next(&order.step[0], WEBCRED_STATUS_NOTFOUND), ORDER_RETURN);
	assert_int_equal(order_next(&order.step[0], WEBCRED_STATUS_UNAVAIL), ORDER_CONTINUE);
	/* a source, and no step that would make a key blink */
	assert_false(order_has(&order, WEBCRED_TYPE_PUBLIC_KEY));
	order_shift(&order);
	assert_int_equal(order.n, 1);
	assert_false(order_has_ssh_key(&order));
	assert_int_equal(order.step[0].type, WEBCRED_TYPE_OTP);
	/* beside the type itself */
	assert_int_equal(order_parse("ssh-key public-key", 18, &order, NULL), 0);
	assert_int_equal(order.n, 2);
	assert_true(order_has(&order, WEBCRED_TYPE_PUBLIC_KEY));
}

/* A NUL inside is a character like any other: nothing hides behind it. */
static void test_embedded_nul(void **state)
{
	struct order order;
	struct order_error error;

	(void)state;
	assert_int_equal(order_parse("otp\0garbage", 11, &order, &error), WEBCRED_TYPE_ERROR);
	assert_int_equal(error.column, 4);
	assert_non_null(strstr(error.text, "character 0x00"));
}

/* What follows the text is not looked at. */
static void test_end(void **state)
{
	struct order order;

	(void)state;
	assert_int_equal(order_parse("passwords", 8, &order, NULL), 0);
	assert_int_equal(order.n, 1);
	assert_int_equal(order_parse("otp  password", 4, &order, NULL), 0);
	assert_int_equal(order.n, 1);
	order.step[1].type = WEBCRED_TYPE_PASSWORD;
	assert_false(order_has(&order, WEBCRED_TYPE_PASSWORD));
	/* ssh-key alone, and one that has been taken off. */
	order.step[0].ssh_key = true;
	assert_true(order_has_ssh_key(&order));
	order.n = 0;
	assert_false(order_has_ssh_key(&order));
}

/* Every truncation and every byte: parsed or refused, within the text. */
static void test_damage(void **state)
{
	static const char text[] = "public-key [!UNAVAIL=return NOTFOUND=continue] otp password";
	struct order order;
	struct order_error error;

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, text, len);
		(void)order_parse(copy, len, &order, &error);
		for (size_t i = 0; i < len; i++)
			for (unsigned byte = 0; byte < 256; byte++) {
				copy[i] = (char)byte;
				if (order_parse(copy, len, &order, &error) != 0) {
					assert_true(error.column >= 1 && error.column <= len + 1);
					assert_true(strlen(error.text) > 0);
				} else {
					assert_in_range(order.n, 1, 3);
				}
				copy[i] = text[i];
			}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_native_requests),
		cmocka_unit_test(test_ssh_key),
		cmocka_unit_test(test_embedded_nul),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
