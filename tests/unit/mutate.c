/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct wire_out out;

/* Runs `again` over a copy that ends where its allocation ends. */
static bool run(const uint8_t *message, size_t len, mutate_again again)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	bool accepted;

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, message, len);
	memset(&out, 0, sizeof(out));
	accepted = again(copy, len, &out);
	free(copy);
	return accepted;
}

static void try_changed(uint8_t *message, size_t len, mutate_again again)
{
	if (!run(message, len, again))
		return;
	assert_false(out.overflow);
	assert_int_equal(out.len, len);
	assert_memory_equal(out.bytes, message, len);
}

void mutate_all(const uint8_t *message, size_t len, mutate_again again)
{
	uint8_t *changed = malloc(len + 1);

	assert_non_null(changed);
	memcpy(changed, message, len);
	changed[len] = 0;
	assert_true(run(message, len, again));
	try_changed(changed, len, again);
	for (size_t i = 0; i < len; i++)
		assert_false(run(message, i, again));
	assert_false(run(changed, len + 1, again));
	for (size_t i = 0; i < len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			changed[i] = (uint8_t)(message[i] ^ (1u << bit));
			try_changed(changed, len, again);
		}
		changed[i] = 0x00;
		try_changed(changed, len, again);
		changed[i] = 0xff;
		try_changed(changed, len, again);
		changed[i] = message[i];
	}
	free(changed);
}
