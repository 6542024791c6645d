/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/otp.h"
#include "tests/unit/unit.h"

static const uint8_t seed[] = "12345678901234567890";
#define SEED_TEXT "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static int parse(const char *uri, struct credential *record, uint8_t *bytes, size_t *len,
		 char text[160])
{
	text[0] = '\0';
	return otp_uri_parse(uri, strlen(uri), record, bytes, len, text, 160);
}

static void test_write(void **state)
{
	struct credential record = {
		.kind = KIND_TOTP, .algorithm = ALGORITHM_SHA256, .digits = 8, .period = 60};
	char uri[1024];

	(void)state;
	assert_int_equal(otp_uri(&record, seed, 20, "Web & Cred", "j\xc3\xb6rg", uri, sizeof(uri)),
			 0);
	assert_string_equal(uri, "otpauth://totp/Web%20%26%20Cred:j%C3%B6rg?secret=" SEED_TEXT
				 "&issuer=Web%20%26%20Cred&algorithm=SHA256&digits=8&period=60");
	record = (struct credential){
		.kind = KIND_HOTP, .algorithm = ALGORITHM_SHA1, .digits = 6, .moving = 42};
	assert_int_equal(otp_uri(&record, seed, 20, "", "a:b", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "otpauth://hotp/a%3Ab?secret=" SEED_TEXT
				 "&algorithm=SHA1&digits=6&counter=42");
	record.kind = KIND_RECOVERY;
	assert_int_equal(otp_uri(&record, seed, 20, "", "a", uri, sizeof(uri)), -EINVAL);
}

/* A buffer that is too small holds nothing of the seed afterwards. */
static void test_write_bounds(void **state)
{
	struct credential record = {
		.kind = KIND_TOTP, .algorithm = ALGORITHM_SHA1, .digits = 6, .period = 30};
	char whole[256];
	size_t need;

	(void)state;
	assert_int_equal(otp_uri(&record, seed, 20, "host", "ann", whole, sizeof(whole)), 0);
	need = strlen(whole) + 1;
	for (size_t size = 0; size <= need; size++) {
		char *uri = malloc(size > 0 ? size : 1);
		int result = otp_uri(&record, seed, 20, "host", "ann", uri, size);

		assert_int_equal(result, size == need ? 0 : -EMSGSIZE);
		if (size == need)
			assert_string_equal(uri, whole);
		else
			for (size_t i = 0; i < size; i++)
				assert_int_equal(uri[i], 0);
		free(uri);
	}
}

static void test_round_trip(void **state)
{
	uint8_t long_seed[OTP_SEED_MAX], bytes[OTP_SEED_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(long_seed); i++)
		long_seed[i] = (uint8_t)(i * 91 + 3);
	for (size_t len = OTP_SEED_MIN; len <= OTP_SEED_MAX; len++)
		for (unsigned kind = KIND_TOTP; kind <= KIND_HOTP; kind++) {
			struct credential record = {.kind = (enum credential_kind)kind,
						    .algorithm = (uint8_t)(1 + len % 3),
						    .digits = (uint8_t)(6 + len % 3)};
			struct credential back;
			char uri[1024], text[160];
			size_t back_len = 0;

			record.period = kind == KIND_TOTP ? (uint16_t)(len * 10) : 0;
			record.moving = kind == KIND_HOTP ? (uint64_t)INT64_MAX - 1 - len : 0;
			assert_int_equal(otp_uri(&record, long_seed, len, "my host", "ann", uri,
						 sizeof(uri)),
					 0);
			assert_int_equal(parse(uri, &back, bytes, &back_len, text), 0);
			assert_int_equal(back_len, len);
			assert_memory_equal(bytes, long_seed, len);
			assert_int_equal(back.type, WEBCRED_TYPE_OTP);
			assert_int_equal(back.kind, record.kind);
			assert_int_equal(back.algorithm, record.algorithm);
			assert_int_equal(back.digits, record.digits);
			assert_int_equal(back.period, record.period);
			assert_int_equal(back.moving, record.moving);
			assert_string_equal(back.label, "my host:ann");
		}
}

static void test_read_what_others_write(void **state)
{
	static const struct {
		const char *uri, *label;
		uint8_t algorithm, digits;
		uint16_t period;
		uint64_t moving;
	} good[] = {
		{"otpauth://totp/ACME%20Co:john@example.com?secret=" SEED_TEXT "&issuer=ACME%20Co",
		 "ACME Co:john@example.com", ALGORITHM_SHA1, 6, 30, 0},
		{"OTPAUTH://TOTP/x?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "x", ALGORITHM_SHA1, 6,
		 30, 0},
		{"otpauth://totp/a:b%3Ac:d?digits=7&period=15&algorithm=sha512&secret=" SEED_TEXT,
		 "a:b:c:d", ALGORITHM_SHA512, 7, 15, 0},
		{"otpauth://hotp/x?secret=" SEED_TEXT "&counter=0", "x", ALGORITHM_SHA1, 6, 0, 0},
		{"otpauth://hotp/x?counter=9223372036854775806&secret=" SEED_TEXT, "x",
		 ALGORITHM_SHA1, 6, 0, 9223372036854775806u},
		{"otpauth://totp/x?secret=GEZD%20GNBV-GY3TQOJQGEZDGNBVGY3TQOJQ", "x",
		 ALGORITHM_SHA1, 6, 30, 0},
		/* 16 bytes with their padding, bare and escaped */
		{"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY======", "x", ALGORITHM_SHA1, 6,
		 30, 0},
		{"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY%3D%3D%3D%3D%3D%3D", "x",
		 ALGORITHM_SHA1, 6, 30, 0},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		struct credential record;
		uint8_t bytes[OTP_SEED_MAX];
		size_t len = 0;
		char text[160];

		if (parse(good[i].uri, &record, bytes, &len, text) != 0)
			fail_msg("%s: %s", good[i].uri, text);
		assert_true(len == 20 || len == 16);
		assert_memory_equal(bytes, seed, len);
		assert_string_equal(record.label, good[i].label);
		assert_int_equal(record.algorithm, good[i].algorithm);
		assert_int_equal(record.digits, good[i].digits);
		assert_int_equal(record.period, good[i].period);
		assert_int_equal(record.moving, good[i].moving);
	}
}

#define T "otpauth://totp/x?secret=" SEED_TEXT
#define H "otpauth://hotp/x?secret=" SEED_TEXT
#define L10 "0123456789"
#define L60 L10 L10 L10 L10 L10 L10
#define LONG_BASE32 SEED_TEXT SEED_TEXT SEED_TEXT SEED_TEXT /* 80 bytes */

static const struct {
	const char *uri, *says;
} bad[] = {
	{"", "otpauth"},
	{"otpauth:/", "otpauth"},
	{"https://totp/x?secret=" SEED_TEXT, "otpauth"},
	{"otpauth://steam/x?secret=" SEED_TEXT, "totp/ or hotp/"},
	{"otpauth://totp?secret=" SEED_TEXT, "totp/ or hotp/"},
	{"otpauth://totp/?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/a%0ab?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/a%00b?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/a%1b%5b2J?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/a%zz?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/%ff?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/" L60 "0123?secret=" SEED_TEXT, "label"},
	{"otpauth://totp/x", "secret"},
	{"otpauth://totp/x?digits=6", "secret"},
	{"otpauth://totp/x?secret=", "16 to 64"},
	{"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBV", "16 to 64"}, /* 15 bytes */
	{"otpauth://totp/x?secret=" LONG_BASE32, "16 to 64"},
	{"otpauth://totp/x?secret=0EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "base32"},
	{"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQA", "base32"},
	{"otpauth://totp/x?secret=%00" SEED_TEXT, "base32"},
	{T "&algorithm=MD5", "SHA1, SHA256 or SHA512"},
	{T "&algorithm=", "SHA1, SHA256 or SHA512"},
	{T "&algorithm=SHA2567", "SHA1, SHA256 or SHA512"},
	{T "&digits=5", "6, 7 or 8"},
	{T "&digits=9", "6, 7 or 8"},
	{T "&digits=06x", "6, 7 or 8"},
	{T "&digits=", "6, 7 or 8"},
	{T "&digits=-6", "6, 7 or 8"},
	{T "&digits=4294967302", "6, 7 or 8"}, /* 6 modulo 2^32 */
	{T "&period=0", "period="},
	{T "&period=3601", "period="},
	{T "&period=65566", "period="}, /* 30 modulo 2^16 */
	{T "&counter=1", "hotp"},
	{H "&counter=1&period=30", "totp"},
	{H, "counter="},
	{H "&counter=", "counter="},
	{H "&counter=9223372036854775807", "counter="},
	{H "&counter=18446744073709551617", "counter="},
	{H "&counter=1e3", "counter="},
	{T "&issuer=", "issuer"},
	{T "&issuer=%0a", "issuer"},
	{T "&secret=" SEED_TEXT, "twice"},
	{T "&digits=6&digits=6", "twice"},
	{T "&image=http%3A%2F%2Fx", "none of"},
	{T "&Digits=6", "none of"},
	{T "&digits", "none of"},
	{T "&", "none of"},
	{T "&&digits=6", "none of"},
	{T "#fragment", "not allowed"},
	{T " ", "not allowed"},
	{T "\n", "not allowed"},
	{T "&issuer=\xc3\xb6", "not allowed"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct credential record;
		uint8_t bytes[OTP_SEED_MAX];
		size_t len = 77;
		char text[160];

		memset(&record, 0xee, sizeof(record));
		memset(bytes, 0xee, sizeof(bytes));
		if (parse(bad[i].uri, &record, bytes, &len, text) != WEBCRED_TYPE_ERROR)
			fail_msg("accepted: %s", bad[i].uri);
		if (strstr(text, bad[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say %s", bad[i].uri, text, bad[i].says);
		assert_null(strstr(text, "GEZD")); /* no error quotes a seed */
		assert_int_equal(len, 77);
		assert_int_equal(bytes[0], 0xee);
		assert_int_equal(record.digits, 0xee);
	}
}

static void test_too_long(void **state)
{
	char uri[1200], text[160];
	struct credential record;
	uint8_t bytes[OTP_SEED_MAX];
	size_t len;

	(void)state;
	memset(uri, 'A', sizeof(uri));
	uri[sizeof(uri) - 1] = '\0';
	memcpy(uri, "otpauth://totp/x?secret=", 24);
	assert_int_equal(parse(uri, &record, bytes, &len, text), WEBCRED_TYPE_ERROR);
	assert_non_null(strstr(text, "longer"));
	/* A NUL inside is not the end. */
	assert_int_equal(otp_uri_parse(T "\0x", strlen(T) + 2, &record, bytes, &len, NULL, 0),
			 WEBCRED_TYPE_ERROR);
}

/* Every truncation and every byte, on a text that ends with its allocation. */
static void test_damage(void **state)
{
	static const char whole[] = "otpauth://hotp/a%20b:c?secret=" SEED_TEXT
				    "&issuer=a%20b&algorithm=SHA512&digits=8&counter=12";
	struct credential record;
	uint8_t bytes[OTP_SEED_MAX];
	size_t seed_len, accepted = 0;
	char text[160];

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, whole, len);
		for (size_t i = 0; i < len; i++) {
			for (unsigned byte = 0; byte < 256;
			     byte += len < sizeof(whole) - 1 ? 51 : 1) {
				copy[i] = (char)byte;
				if (otp_uri_parse(copy, len, &record, bytes, &seed_len, text,
						  sizeof(text)) != 0)
					continue;
				accepted++;
				assert_in_range(seed_len, OTP_SEED_MIN, OTP_SEED_MAX);
				assert_in_range(record.digits, 6, 8);
			}
			copy[i] = whole[i];
		}
		free(copy);
	}
	assert_true(accepted > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),	   cmocka_unit_test(test_write_bounds),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_read_what_others_write),
		cmocka_unit_test(test_refused),	   cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
