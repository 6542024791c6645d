/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "decode.h"

/*
 * libcbor reserves the room that a map or an array claims, before it has seen
 * one item. No honest one has more items than the input has bytes.
 */
struct decode_scan {
	size_t limit;
	bool bad;
};

static void decode_scan_container(void *ctx, size_t items)
{
	struct decode_scan *scan = ctx;

	if (items > scan->limit)
		scan->bad = true;
}

static bool decode_is_modest(const uint8_t *ptr, size_t len)
{
	struct cbor_callbacks callbacks = cbor_empty_callbacks;
	struct decode_scan scan = {.limit = len};
	size_t done = 0;

	callbacks.map_start = decode_scan_container;
	callbacks.array_start = decode_scan_container;
	while (done < len && !scan.bad) {
		struct cbor_decoder_result result =
			cbor_stream_decode(ptr + done, len - done, &callbacks, &scan);

		if (result.status != CBOR_DECODER_FINISHED)
			return false;
		done += result.read;
	}
	return !scan.bad;
}

cbor_item_t *decode_load(const uint8_t *ptr, size_t len)
{
	struct cbor_load_result result;
	cbor_item_t *item;

	if (!decode_is_modest(ptr, len))
		return NULL;
	item = cbor_load(ptr, len, &result);
	if (item != NULL && result.read != len)
		cbor_decref(&item);
	return item;
}

bool decode_is_map(const cbor_item_t *item)
{
	return item != NULL && cbor_isa_map(item) && cbor_map_is_definite(item);
}

bool decode_is_array(const cbor_item_t *item)
{
	return item != NULL && cbor_isa_array(item) && cbor_array_is_definite(item);
}

cbor_item_t *decode_at(const cbor_item_t *map, uint64_t key)
{
	int64_t v;

	if (!decode_is_map(map))
		return NULL;
	for (size_t i = 0; i < cbor_map_size(map); i++) {
		struct cbor_pair *pair = &cbor_map_handle(map)[i];

		if (decode_int(pair->key, &v) && v >= 0 && (uint64_t)v == key)
			return pair->value;
	}
	return NULL;
}

cbor_item_t *decode_named(const cbor_item_t *map, const char *key)
{
	char name[64];

	if (!decode_is_map(map))
		return NULL;
	for (size_t i = 0; i < cbor_map_size(map); i++) {
		struct cbor_pair *pair = &cbor_map_handle(map)[i];

		if (decode_text(pair->key, name, sizeof(name)) && strcmp(name, key) == 0)
			return pair->value;
	}
	return NULL;
}

bool decode_bytes(const cbor_item_t *item, struct span *ret_span)
{
	if (item == NULL || !cbor_isa_bytestring(item) || !cbor_bytestring_is_definite(item))
		return false;
	ret_span->ptr = cbor_bytestring_handle(item);
	ret_span->len = cbor_bytestring_length(item);
	return true;
}

bool decode_text(const cbor_item_t *item, char *ret_text, size_t size)
{
	size_t len;

	if (item == NULL || !cbor_isa_string(item) || !cbor_string_is_definite(item))
		return false;
	len = cbor_string_length(item);
	if (len >= size || memchr(cbor_string_handle(item), 0, len) != NULL)
		return false;
	if (len > 0)
		memcpy(ret_text, cbor_string_handle(item), len);
	ret_text[len] = '\0';
	return true;
}

bool decode_int(const cbor_item_t *item, int64_t *ret_value)
{
	uint64_t v;

	if (item == NULL || !(cbor_isa_uint(item) || cbor_isa_negint(item)))
		return false;
	v = cbor_get_int(item);
	if (v > INT64_MAX)
		return false;
	*ret_value = cbor_isa_uint(item) ? (int64_t)v : -1 - (int64_t)v;
	return true;
}

bool decode_bool(const cbor_item_t *item, bool *ret_value)
{
	if (item == NULL || !cbor_isa_float_ctrl(item) || !cbor_is_bool(item))
		return false;
	*ret_value = cbor_get_bool(item);
	return true;
}
