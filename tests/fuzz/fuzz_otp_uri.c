/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* otpauth:// URIs: what was read can be written, and reads as the same. */
#include "lib/core/types/otp.h"
#include "tests/fuzz/fuzz.h"

static void hold(const struct credential *record, const uint8_t *seed, size_t seed_len)
{
	static struct credential again;
	uint8_t seed_again[OTP_SEED_MAX];
	size_t len_again = 0;
	char uri[2048], why[160] = "";

	fuzz_insist(seed_len >= OTP_SEED_MIN && seed_len <= OTP_SEED_MAX);
	fuzz_insist(record->kind == KIND_TOTP || record->kind == KIND_HOTP);
	fuzz_insist(record->digits >= 6 && record->digits <= 8);
	fuzz_insist(record->kind != KIND_TOTP || record->period >= 1);
	if (otp_uri(record, seed, seed_len, "host", "alice", uri, sizeof(uri)) != 0)
		return;
	fuzz_insist(otp_uri_parse(uri, strlen(uri), &again, seed_again, &len_again, why,
				  sizeof(why)) == 0);
	fuzz_insist(len_again == seed_len && memcmp(seed, seed_again, seed_len) == 0);
	fuzz_insist(again.kind == record->kind && again.digits == record->digits &&
		    again.algorithm == record->algorithm && again.period == record->period &&
		    again.moving == record->moving);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct credential record;
	uint8_t seed[OTP_SEED_MAX];
	char *text = fuzz_text(data, size), why[160] = "";
	size_t seed_len = 0;
	int r = otp_uri_parse(text, size, &record, seed, &seed_len, why, sizeof(why));

	fuzz_insist(r == 0 || (r == WEBCRED_TYPE_ERROR && why[0] != '\0'));
	if (r == 0)
		hold(&record, seed, seed_len);
	free(text);
	return 0;
}
