/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* otp - the tables of RFC 4226 (appendix D) and RFC 6238 (appendix B). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/otp.h"
#include "tests/vector_runner/runner.h"

bool otp_vector_is(const json_t *vector)
{
	return (json_is_integer(json_object_get(vector, "count")) &&
		json_is_string(json_object_get(vector, "hotp"))) ||
	       json_is_integer(json_object_get(vector, "unixTime"));
}

void otp_vector_name(const json_t *vector, char *buffer, size_t size)
{
	const json_t *time = json_object_get(vector, "unixTime");
	const char *algorithm = runner_text(vector, "algorithm");

	if (json_is_integer(time))
		snprintf(buffer, size, "TOTP %s %lld", algorithm != NULL ? algorithm : "SHA1",
			 (long long)json_integer_value(time));
	else
		snprintf(buffer, size, "HOTP %lld",
			 (long long)json_integer_value(json_object_get(vector, "count")));
}

/* A member of the vector, else of the file. */
static const json_t *otp_member(const json_t *file, const json_t *vector, const char *name)
{
	const json_t *value = json_object_get(vector, name);

	return value != NULL ? value : json_object_get(file, name);
}

static bool otp_algorithm(const json_t *word, enum credential_algorithm *ret_algorithm)
{
	const char *text = json_string_value(word);

	*ret_algorithm = ALGORITHM_SHA1;
	if (text == NULL || strcmp(text, "SHA1") == 0 || strcmp(text, "SHA-1") == 0)
		return word == NULL || text != NULL;
	if (strcmp(text, "SHA256") == 0 || strcmp(text, "SHA-256") == 0)
		*ret_algorithm = ALGORITHM_SHA256;
	else if (strcmp(text, "SHA512") == 0 || strcmp(text, "SHA-512") == 0)
		*ret_algorithm = ALGORITHM_SHA512;
	else
		return false;
	return true;
}

/* `member` is absent, or holds the value with so many digits. */
static bool otp_matches(const json_t *vector, const char *member, const uint8_t *seed, size_t len,
			enum credential_algorithm algorithm, uint64_t moving,
			unsigned *ret_compared)
{
	const char *wanted = runner_text(vector, member);
	char text[16];
	uint32_t value;
	size_t digits;

	if (wanted == NULL)
		return true;
	digits = strlen(wanted);
	if (digits < 6 || digits > 8 ||
	    otp_value(seed, len, algorithm, (unsigned)digits, moving, &value) != 0)
		return false;
	snprintf(text, sizeof(text), "%0*u", (int)digits, value);
	++*ret_compared;
	return strcmp(text, wanted) == 0;
}

static bool otp_moving(const json_t *file, const json_t *vector, uint64_t *ret_moving)
{
	const json_t *time = json_object_get(vector, "unixTime");
	json_int_t step = json_integer_value(otp_member(file, vector, "step"));
	json_int_t t0 = json_integer_value(otp_member(file, vector, "t0"));

	if (!json_is_integer(time)) {
		*ret_moving = (uint64_t)json_integer_value(json_object_get(vector, "count"));
		return true;
	}
	if (step == 0)
		step = 30;
	if (step < 0 || json_integer_value(time) < t0)
		return false;
	*ret_moving = (uint64_t)((json_integer_value(time) - t0) / step);
	return true;
}

enum answer otp_vector_judge(const json_t *file, const json_t *vector, char *reason)
{
	static const char *const members[] = {"hotp", "totp", "totp6", "totp8", "totp6_derived"};
	enum credential_algorithm algorithm;
	uint8_t *seed = NULL;
	size_t len = 0;
	uint64_t moving;
	unsigned compared = 0;
	bool same = true;

	if (!otp_algorithm(otp_member(file, vector, "algorithm"), &algorithm) ||
	    !otp_moving(file, vector, &moving) ||
	    (!runner_hex(vector, "seedHex", &seed, &len) &&
	     !runner_hex(file, "seedHex", &seed, &len) &&
	     !runner_hex(file, "secretHex", &seed, &len))) {
		snprintf(reason, RUNNER_REASON_MAX, "algorithm, moving factor or seed: not known");
		return ANSWER_UNSUPPORTED;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		same = otp_matches(vector, members[i], seed, len, algorithm, moving, &compared) &&
		       same;
	free(seed);
	snprintf(reason, RUNNER_REASON_MAX, "%u of its values computed", compared);
	return same && compared > 0 ? ANSWER_ACCEPT : ANSWER_REJECT;
}
