/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_ENCODE_H
#define SOFTKEY_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest CTAPHID message: 57 + 128 * 59 bytes (CTAP 2.1, 11.2.4). */
#define MESSAGE_MAX 7609

/*
 * An output of bounded size. An append that does not fit sets `overflow' and
 * changes nothing, so a writer checks once, at the end.
 */
struct buf {
	size_t len;
	bool overflow;
	uint8_t data[MESSAGE_MAX];
};

void encode_raw(struct buf *, const void *, size_t);
void encode_be16(struct buf *, uint16_t);
void encode_be32(struct buf *, uint32_t);

/* CBOR in the canonical form of CTAP 2.1, section 8: shortest heads; the
 * caller keeps the order of the keys. */
void encode_map(struct buf *, size_t);
void encode_array(struct buf *, size_t);
void encode_int(struct buf *, int64_t);
void encode_bool(struct buf *, bool);
void encode_bytes(struct buf *, const void *, size_t);
void encode_text(struct buf *, const char *);

#endif
