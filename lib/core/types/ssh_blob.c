/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/ssh_blob.h"

#include <string.h>

/* ---- reading ---------------------------------------------------------------- */

struct ssh_blob ssh_blob_bytes(struct ssh_blob *blob, size_t len)
{
	struct ssh_blob part = {blob->at, len, false};

	if (blob->bad || len > blob->left) {
		blob->bad = true;
		return (struct ssh_blob){(const uint8_t *)"", 0, true};
	}
	blob->at += len;
	blob->left -= len;
	return part;
}

uint8_t ssh_blob_u8(struct ssh_blob *blob)
{
	struct ssh_blob byte = ssh_blob_bytes(blob, 1);

	return byte.bad ? 0 : byte.at[0];
}

uint32_t ssh_blob_u32(struct ssh_blob *blob)
{
	struct ssh_blob part = ssh_blob_bytes(blob, 4);

	if (part.bad)
		return 0;
	return (uint32_t)part.at[0] << 24 | (uint32_t)part.at[1] << 16 | (uint32_t)part.at[2] << 8 |
	       part.at[3];
}

struct ssh_blob ssh_blob_string(struct ssh_blob *blob)
{
	return ssh_blob_bytes(blob, ssh_blob_u32(blob));
}

bool ssh_blob_is(struct ssh_blob blob, const char *word)
{
	return !blob.bad && blob.left == strlen(word) && memcmp(blob.at, word, blob.left) == 0;
}

bool ssh_blob_done(const struct ssh_blob *blob)
{
	return !blob->bad && blob->left == 0;
}

/* ---- writing ---------------------------------------------------------------- */

void ssh_out_bytes(struct ssh_out *out, const void *bytes, size_t len)
{
	if (out->overflow || len > out->size - out->len) {
		out->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

void ssh_out_u8(struct ssh_out *out, uint8_t value)
{
	ssh_out_bytes(out, &value, 1);
}

void ssh_out_u32(struct ssh_out *out, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
				 (uint8_t)(value >> 8), (uint8_t)value};

	ssh_out_bytes(out, bytes, sizeof(bytes));
}

void ssh_out_string(struct ssh_out *out, const void *bytes, size_t len)
{
	if (len > UINT32_MAX) {
		out->overflow = true;
		return;
	}
	ssh_out_u32(out, (uint32_t)len);
	ssh_out_bytes(out, bytes, len);
}

void ssh_out_text(struct ssh_out *out, const char *text)
{
	ssh_out_string(out, text, strlen(text));
}
