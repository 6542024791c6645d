/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_DECODE_H
#define SOFTKEY_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cbor.h>

/* Borrowed bytes; they live as long as the item they came from. */
struct span {
	const uint8_t *ptr;
	size_t len;
};

/* One whole item that must fill all of the input. NULL otherwise. */
cbor_item_t *decode_load(const uint8_t *, size_t);

/* Borrow the value of a key; NULL where the map or the key is not there. */
cbor_item_t *decode_at(const cbor_item_t *map, uint64_t key);
cbor_item_t *decode_named(const cbor_item_t *map, const char *key);

/* These accept NULL as "not of this type" and return false. */
bool decode_bytes(const cbor_item_t *, struct span *ret_span);
bool decode_text(const cbor_item_t *, char *ret_text, size_t size);
bool decode_int(const cbor_item_t *, int64_t *ret_value);
bool decode_bool(const cbor_item_t *, bool *ret_value);
bool decode_is_map(const cbor_item_t *);
bool decode_is_array(const cbor_item_t *);

#endif
