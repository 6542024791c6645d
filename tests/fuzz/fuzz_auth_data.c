/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Authenticator data, COSE_Key and CBOR; the first byte says which comes first. */
#include "lib/core/types/public_key_parse.h"
#include "tests/fuzz/fuzz.h"

static void within(const uint8_t *at, size_t len, const uint8_t *data, size_t size)
{
	fuzz_insist(len == 0 || (at >= data && len <= size && at + len <= data + size));
}

static void try_key(const uint8_t *data, size_t size)
{
	struct cose_key key = {0}, again = {0};
	uint8_t written[1200];
	size_t n;

	if (cose_parse(data, size, &key) != COSE_OK)
		return;
	within(key.x, key.x_len, data, size);
	within(key.y, key.y_len, data, size);
	(void)cose_loads(&key);
	(void)cose_verify(&key, data, size, data, size);
	n = cose_write(&key, written, sizeof(written));
	if (n == 0)
		return; /* longer than any record, or of an algorithm that is not imported */
	fuzz_insist(cose_parse(written, n, &again) == COSE_OK);
	fuzz_insist(again.algorithm == key.algorithm && again.x_len == key.x_len &&
		    again.y_len == key.y_len && memcmp(again.x, key.x, key.x_len) == 0);
}

static void try_auth(const uint8_t *data, size_t size)
{
	struct public_key_auth auth;

	memset(&auth, 0, sizeof(auth));
	if (public_key_auth_parse(data, size, &auth) != NULL)
		return;
	fuzz_insist(size >= PUBLIC_KEY_AUTH_MIN && auth.rp_id_hash == data);
	fuzz_insist(!(auth.flags & PUBLIC_KEY_AT) || (auth.id_len >= 1 && auth.id_len <= 1023));
	if (auth.flags & PUBLIC_KEY_AT) {
		within(auth.id, auth.id_len, data, size);
		within(auth.key, auth.key_len, data, size);
		try_key(auth.key, auth.key_len);
	}
	within(auth.extensions, auth.extensions_len, data, size);
}

static void try_cbor(const uint8_t *data, size_t size)
{
	struct cbor_walk walk;
	const char *text;
	const uint8_t *bytes;
	size_t len, n;
	int64_t number;

	cbor_open(&walk, data, size);
	fuzz_insist(!cbor_whole(data, size) || (cbor_skip(&walk) && walk.left == 0));
	cbor_open(&walk, data, size);
	if (cbor_get_map(&walk, &n) || (cbor_open(&walk, data, size), cbor_get_array(&walk, &n)))
		fuzz_insist(n <= size);
	cbor_open(&walk, data, size);
	if (cbor_get_text(&walk, &text, &len))
		within((const uint8_t *)text, len, data, size);
	cbor_open(&walk, data, size);
	if (cbor_get_bytes(&walk, &bytes, &len))
		within(bytes, len, data, size);
	cbor_open(&walk, data, size);
	(void)cbor_get_int(&walk, &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		try_auth(data + 1, size - 1);
	else
		try_key(data + 1, size - 1);
	try_cbor(data + 1, size - 1);
	return 0;
}
