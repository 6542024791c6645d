/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The whole messages of wire.h, both ways: what decodes encodes to the same
 * bytes again, so that no two messages mean one thing.
 */
#include "lib/base/wire.h"
#include "lib/base/wire_people.h"
#include "tests/fuzz/fuzz.h"

static struct wire_out out;

static void same(bool put, const uint8_t *data, size_t size)
{
	fuzz_insist(put && out.len == size && memcmp(out.bytes, data, size) == 0);
}

static void try_request(const uint8_t *data, size_t size)
{
	struct wire_request request;

	if (!wire_get_request(data, size, &request))
		return;
	same(wire_put_request(&out, &request), data, size);
	wire_request_deinit(&request);
}

static void try_change(const uint8_t *data, size_t size)
{
	struct wire_change change;

	if (!wire_get_change(data, size, &change))
		return;
	same(wire_put_change(&out, &change), data, size);
	wire_change_deinit(&change);
}

static void try_entry(const uint8_t *data, size_t size)
{
	struct wire_credential credential;

	if (wire_get_entry(data, size, &credential))
		same(wire_put_entry(&out, &credential), data, size);
}

static void try_result(const uint8_t *data, size_t size)
{
	static struct wire_result result;

	if (!wire_get_result(data, size, &result))
		return;
	same(wire_put_result(&out, &result), data, size);
	fuzz_insist(result.granted != WEBCRED_GRANTED ||
		    (result.has_credential && result.outcome == 0 && result.fault == 0));
}

static void try_order(const uint8_t *data, size_t size)
{
	static struct wire_order order;

	if (!wire_get_order(data, size, &order))
		return;
	same(wire_put_order(&out, &order), data, size);
	fuzz_insist(wire_action_changes(order.action) || order.given == 0);
}

static void try_person(const uint8_t *data, size_t size)
{
	static struct wire_person person;
	struct wire_in in;

	if (wire_open(&in, data, size) != WIRE_PERSON || !wire_read_person(&in, &person) ||
	    !wire_done(&in))
		return;
	wire_begin(&out, WIRE_PERSON);
	wire_write_person(&out, &person);
	same(!out.overflow, data, size);
}

/* Whoever writes a message cannot write past its room, nor who reads past his. */
static void try_room(const uint8_t *data, size_t size)
{
	static const uint8_t large[UINT16_MAX + 1];
	struct wire_in in = {data, size, false};
	char nothing[1];

	wire_begin(&out, WIRE_SHOW);
	for (size_t i = 0; i < 8; i++)
		wire_put_bytes(&out, data, size);
	fuzz_insist(out.overflow == (8 * (size + 2) + 1 > sizeof(out.bytes)));
	wire_begin(&out, WIRE_SHOW);
	wire_put_bytes(&out, large, sizeof(large));
	fuzz_insist(out.overflow);
	wire_get_str(&in, nothing, 0);
	fuzz_insist(in.bad);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_request(data, size);
	try_change(data, size);
	try_entry(data, size);
	try_result(data, size);
	try_order(data, size);
	try_person(data, size);
	try_room(data, size);
	wire_wipe(&out);
	return 0;
}
