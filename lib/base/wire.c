/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The encoder and the decoder of single fields; wire.h is the specification. */
#include "lib/base/wire.h"

#include <string.h>

static void put(struct wire_out *out, const void *bytes, size_t len)
{
	if (out->overflow || len > sizeof(out->bytes) - out->len) {
		out->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

void wire_begin(struct wire_out *out, enum wire_message type)
{
	out->len = 0;
	out->overflow = false;
	wire_put_u8(out, (uint8_t)type);
}

void wire_put_u8(struct wire_out *out, uint8_t value)
{
	put(out, &value, 1);
}

void wire_put_u16(struct wire_out *out, uint16_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(out, bytes, sizeof(bytes));
}

void wire_put_u32(struct wire_out *out, uint32_t value)
{
	wire_put_u16(out, (uint16_t)(value >> 16));
	wire_put_u16(out, (uint16_t)value);
}

void wire_put_u64(struct wire_out *out, uint64_t value)
{
	wire_put_u32(out, (uint32_t)(value >> 32));
	wire_put_u32(out, (uint32_t)value);
}

void wire_put_bytes(struct wire_out *out, const void *bytes, size_t len)
{
	if (len > UINT16_MAX) {
		out->overflow = true;
		return;
	}
	wire_put_u16(out, (uint16_t)len);
	put(out, bytes, len);
}

void wire_put_str(struct wire_out *out, const char *text)
{
	wire_put_bytes(out, text, text ? strlen(text) : 0);
}

void wire_wipe(struct wire_out *out)
{
	secret_wipe(out->bytes, out->len);
	out->len = 0;
}

/* Lends len bytes of the message, or NULL and remembers the mistake. */
static const uint8_t *take(struct wire_in *in, size_t len)
{
	const uint8_t *at = in->at;

	if (in->bad || len > in->left) {
		in->bad = true;
		return NULL;
	}
	in->at += len;
	in->left -= len;
	return at;
}

uint8_t wire_open(struct wire_in *in, const void *message, size_t len)
{
	in->at = message;
	in->left = len;
	in->bad = false;
	return wire_get_u8(in);
}

uint8_t wire_get_u8(struct wire_in *in)
{
	const uint8_t *at = take(in, 1);

	return at ? at[0] : 0;
}

uint16_t wire_get_u16(struct wire_in *in)
{
	const uint8_t *at = take(in, 2);

	return at ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

uint32_t wire_get_u32(struct wire_in *in)
{
	uint32_t high = wire_get_u16(in);
	uint32_t low = wire_get_u16(in);

	return in->bad ? 0 : high << 16 | low;
}

uint64_t wire_get_u64(struct wire_in *in)
{
	uint64_t high = wire_get_u32(in);
	uint64_t low = wire_get_u32(in);

	return in->bad ? 0 : high << 32 | low;
}

size_t wire_get_bytes(struct wire_in *in, void *buffer, size_t max)
{
	size_t len = wire_get_u16(in);
	const uint8_t *at;

	if (len > max)
		in->bad = true;
	at = take(in, len);
	if (!at)
		return 0;
	if (len > 0)
		memcpy(buffer, at, len);
	return len;
}

void wire_get_str(struct wire_in *in, char *buffer, size_t size)
{
	size_t len;

	if (size == 0) {
		in->bad = true;
		return;
	}
	len = wire_get_bytes(in, buffer, size - 1);
	if (len > 0 && memchr(buffer, '\0', len)) {
		in->bad = true;
		len = 0;
	}
	buffer[len] = '\0';
}

struct webcred_secret *wire_get_secret(struct wire_in *in)
{
	struct webcred_secret *secret = secret_new();
	size_t len;

	if (!secret) {
		in->bad = true;
		return NULL;
	}
	len = wire_get_bytes(in, secret_room(secret), WEBCRED_SECRET_MAX);
	secret_resize(secret, len);
	if (in->bad) {
		secret_free(secret);
		return NULL;
	}
	return secret;
}

bool wire_done(const struct wire_in *in)
{
	return !in->bad && in->left == 0;
}
