/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The device protocol (ceremony.h), both ways, message by message. */
#include "lib/core/types/ceremony.h"
#include "tests/fuzz/fuzz.h"

static struct wire_out out;

static void same(bool put, const uint8_t *data, size_t size)
{
	fuzz_insist(put && out.len == size && memcmp(out.bytes, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ceremony_entry entry[CEREMONY_ENTRIES_MAX];
	static struct ceremony_result result;
	struct type_ceremony ceremony;
	struct ceremony_present present;

	if (ceremony_get_begin(data, size, &ceremony, entry))
		same(ceremony_put_begin(&out, &ceremony), data, size);
	if (ceremony_get_present(data, size, &present))
		same(ceremony_put_present(&out, &present), data, size);
	if (ceremony_get_done(data, size, &result))
		same(ceremony_put_done(&out, &result), data, size);
	return 0;
}
