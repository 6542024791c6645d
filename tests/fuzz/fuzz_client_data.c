/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* clientDataJSON. */
#include "lib/core/types/public_key_parse.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct client_data parsed;

	if (client_data_parse(data, size, &parsed) != NULL)
		return 0;
	fuzz_insist(parsed.type_len < sizeof(parsed.type) || !parsed.has_type ||
		    parsed.type_len == sizeof(parsed.type));
	fuzz_insist(parsed.challenge_len <= CLIENT_DATA_TEXT_MAX &&
		    parsed.origin_len <= CLIENT_DATA_TEXT_MAX &&
		    parsed.top_origin_len <= CLIENT_DATA_TEXT_MAX);
	fuzz_insist(size >= 2);
	return 0;
}
