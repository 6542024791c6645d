/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include <cbor.h>

#include "encode.h"

void encode_raw(struct buf *buf, const void *ptr, size_t len)
{
	if (len > sizeof(buf->data) - buf->len) {
		buf->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(buf->data + buf->len, ptr, len);
	buf->len += len;
}

void encode_be16(struct buf *buf, uint16_t v)
{
	const uint8_t b[2] = {v >> 8, v & 0xff};

	encode_raw(buf, b, sizeof(b));
}

void encode_be32(struct buf *buf, uint32_t v)
{
	encode_be16(buf, v >> 16);
	encode_be16(buf, v & 0xffff);
}

typedef size_t (*head_fn)(size_t, unsigned char *, size_t);

static void encode_head(struct buf *buf, head_fn head, size_t v)
{
	unsigned char b[9];

	encode_raw(buf, b, head(v, b, sizeof(b)));
}

void encode_map(struct buf *buf, size_t pairs)
{
	encode_head(buf, cbor_encode_map_start, pairs);
}

void encode_array(struct buf *buf, size_t items)
{
	encode_head(buf, cbor_encode_array_start, items);
}

void encode_int(struct buf *buf, int64_t v)
{
	unsigned char b[9];
	size_t n;

	if (v < 0)
		n = cbor_encode_negint((uint64_t)(-1 - v), b, sizeof(b));
	else
		n = cbor_encode_uint((uint64_t)v, b, sizeof(b));
	encode_raw(buf, b, n);
}

void encode_bool(struct buf *buf, bool v)
{
	unsigned char b[1];

	encode_raw(buf, b, cbor_encode_bool(v, b, sizeof(b)));
}

void encode_bytes(struct buf *buf, const void *ptr, size_t len)
{
	encode_head(buf, cbor_encode_bytestring_start, len);
	encode_raw(buf, ptr, len);
}

void encode_text(struct buf *buf, const char *s)
{
	encode_head(buf, cbor_encode_string_start, strlen(s));
	encode_raw(buf, s, strlen(s));
}
