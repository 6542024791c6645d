/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * clientDataJSON, damaged in every small way.  Each input lies alone on the
 * heap, so that a read past its end is seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/public_key_parse.h"
#include "tests/unit/unit.h"

static const char *client_alone(const void *bytes, size_t len, struct client_data *ret_data)
{
	uint8_t *alone = malloc(len > 0 ? len : 1);
	const char *wrong;

	memcpy(alone, bytes, len);
	wrong = client_data_parse(alone, len, ret_data);
	free(alone);
	return wrong;
}

static void test_json(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} cases[] = {
		{"{}", true},
		{" \t\r\n{ } ", true},
		{"{\"a\":1}", true},
		{"{\"a\":-0.5e+10,\"b\":[],\"c\":[1,\"x\",{}],\"d\":null,\"e\":true}", true},
		{"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}", true},
		{"", false},
		{"[]", false},
		{"\"type\"", false},
		{"{", false},
		{"{}}", false},
		{"{} x", false},
		{"{\"a\"}", false},
		{"{\"a\":}", false},
		{"{\"a\":1,}", false},
		{"{,\"a\":1}", false},
		{"{\"a\":1 \"b\":2}", false},
		{"{a:1}", false},
		{"{a\":1}", false},
		{"{\"a\" 1}", false},
		{"{\"a\":[1,[2]}", false},
		{"{'a':1}", false},
		{"{\"a\":01}", false},
		{"{\"a\":+1}", false},
		{"{\"a\":1.}", false},
		{"{\"a\":.5}", false},
		{"{\"a\":1e}", false},
		{"{\"a\":-}", false},
		{"{\"a\":NaN}", false},
		{"{\"a\":truth}", false},
		{"{\"a\":True}", false},
		{"{\"a\":[1,]}", false},
		{"{\"a\":[1 2]}", false},
		{"{\"a\":[}", false},
		{"{\"a\":\"\x01\"}", false},
		{"{\"a\":\"\n\"}", false},
		{"{\"a\":\"\\x41\"}", false},
		{"{\"a\":\"\\u12g4\"}", false},
		{"{\"a\":\"\\ud83d\"}", false},
		{"{\"a\":\"\\ude00\"}", false},
		{"{\"a\":\"\\ud83d\\u0041\"}", false},
		{"{\"a\":\"\xff\"}", false},
		{"{\"a\":\"\xc0\xaf\"}", false},
		{"{\"a\":1,\"a\":1}", false},
		{"{\"a\":1,\"\\u0061\":1}", false},
		{"{\"b\":{\"a\":1,\"a\":1}}", false},
		{"{\"type\":1}", false},
		{"{\"challenge\":null}", false},
		{"{\"origin\":[]}", false},
		{"{\"topOrigin\":true}", false},
		{"{\"crossOrigin\":\"false\"}", false},
		{"{\"crossOrigin\":null}", false},
		{"{\"crossOrigin\":0}", false},
		{"{/**/}", false},
		{"\xef\xbb\xbf{}", true},
		{"\xef\xbb\xbf\xef\xbb\xbf{}", false},
		{"{\"a\":[[[[[[[[[[1]]]]]]]]]]}", false},
	};
	struct client_data data;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		if ((client_alone(cases[i].text, strlen(cases[i].text), &data) == NULL) !=
		    cases[i].good)
			fail_msg("%s", cases[i].text);
	}
}

static void test_json_lengths(void **state)
{
	static const char text[] =
		"{\"type\":\"webauthn.get\",\"challenge\":\"AAAA\",\"origin\":"
		"\"webcred://h/s\",\"crossOrigin\":false,\"x\":[1,{\"y\":\"\\u00e9\"}]}";
	struct client_data data;
	char other[sizeof(text)];

	(void)state;
	assert_null(client_alone(text, strlen(text), &data));
	assert_string_equal(data.origin, "webcred://h/s");
	for (size_t len = 0; len < strlen(text); len++)
		assert_non_null(client_alone(text, len, &data));
	/* Whatever a byte becomes, nothing is read that is not there. */
	for (size_t i = 0; i < strlen(text); i++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			memcpy(other, text, sizeof(text));
			other[i] = (char)byte;
			(void)client_alone(other, strlen(text), &data);
		}
	}
	assert_non_null(client_alone("{}\0", 3, &data));
	for (size_t len = CLIENT_DATA_TEXT_MAX - 1; len <= CLIENT_DATA_TEXT_MAX; len++) {
		char origin[CLIENT_DATA_TEXT_MAX + 32];
		int n = snprintf(origin, sizeof(origin), "{\"origin\":\"%0*d\"}", (int)len, 0);

		assert_int_equal(client_alone(origin, (size_t)n, &data) == NULL,
				 len < CLIENT_DATA_TEXT_MAX);
	}
	{
		char *huge = malloc(CLIENT_DATA_MAX + 1);

		memset(huge, ' ', CLIENT_DATA_MAX + 1);
		memcpy(huge, "{}", 2);
		assert_null(client_alone(huge, CLIENT_DATA_MAX, &data));
		assert_non_null(client_alone(huge, CLIENT_DATA_MAX + 1, &data));
		free(huge);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
