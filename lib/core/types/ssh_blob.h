/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * ssh_blob - ssh's way of writing things down (RFC 4251, section 5): numbers
 * big-endian, and strings, each a length of four bytes and so many bytes.
 */
#ifndef WEBCRED_CORE_SSH_BLOB_H
#define WEBCRED_CORE_SSH_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads from bytes it does not own.  After the first mistake every read yields
 * zero or nothing, and `bad` stays. */
struct ssh_blob {
	const uint8_t *at;
	size_t left;
	bool bad;
};

uint8_t ssh_blob_u8(struct ssh_blob *blob);
uint32_t ssh_blob_u32(struct ssh_blob *blob);
/* The next len bytes, or the next string; lent. */
struct ssh_blob ssh_blob_bytes(struct ssh_blob *blob, size_t len);
struct ssh_blob ssh_blob_string(struct ssh_blob *blob);
/* The whole of it is this word. */
bool ssh_blob_is(struct ssh_blob blob, const char *word);
/* No mistake, and nothing left. */
bool ssh_blob_done(const struct ssh_blob *blob);

/* Writes into somebody's buffer; an overflow is remembered, not performed. */
struct ssh_out {
	uint8_t *bytes;
	size_t size, len;
	bool overflow;
};

void ssh_out_u8(struct ssh_out *out, uint8_t value);
void ssh_out_u32(struct ssh_out *out, uint32_t value);
/* Without a length in front. */
void ssh_out_bytes(struct ssh_out *out, const void *bytes, size_t len);
void ssh_out_string(struct ssh_out *out, const void *bytes, size_t len);
void ssh_out_text(struct ssh_out *out, const char *text);

#endif
