/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/codec.h"

#include <errno.h>
#include <string.h>

static const char base32_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char base64_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ---- a stream of 5- or 6-bit digits and the bytes they stand for --------- */

/* Fills bytes from digits; what is left over at the end must be zero bits. */
struct gather {
	unsigned width; /* bits of a digit */
	uint32_t bits;
	unsigned n_bits;
	size_t digits, padding;
	uint8_t *buffer;
	size_t size, len;
};

/* 0, -EINVAL for a digit after the padding, -EMSGSIZE. */
static int gather_digit(struct gather *gather, unsigned digit)
{
	if (gather->padding > 0)
		return -EINVAL;
	gather->digits++;
	gather->bits = (gather->bits << gather->width) | digit;
	gather->n_bits += gather->width;
	if (gather->n_bits < 8)
		return 0;
	if (gather->len == gather->size)
		return -EMSGSIZE;
	gather->n_bits -= 8;
	gather->buffer[gather->len++] = (uint8_t)(gather->bits >> gather->n_bits);
	gather->bits &= (1u << gather->n_bits) - 1;
	return 0;
}

/* RFC 4648, 3.5: left-over bits are zero, fewer than a digit, and padding,
 * where there is any, fills the last group. */
static ssize_t gather_end(const struct gather *gather, size_t group)
{
	size_t rest = gather->digits % group;

	if (gather->n_bits >= gather->width || gather->bits != 0)
		return -EINVAL;
	if (gather->padding > 0 && (rest == 0 || gather->padding != group - rest))
		return -EINVAL;
	return (ssize_t)gather->len;
}

static ssize_t scatter(const uint8_t *bytes, size_t len, unsigned width, const char *alphabet,
		       size_t group, bool pad, char *buffer, size_t size)
{
	size_t digits = (len * 8 + width - 1) / width;
	size_t total = pad ? (digits + group - 1) / group * group : digits;
	uint32_t bits = 0;
	unsigned n_bits = 0;
	size_t at = 0;

	if (len > SIZE_MAX / 16 || total >= size)
		return -EMSGSIZE;
	for (size_t i = 0; i < len; i++) {
		bits = (bits << 8) | bytes[i];
		for (n_bits += 8; n_bits >= width; n_bits -= width)
			buffer[at++] = alphabet[(bits >> (n_bits - width)) & ((1u << width) - 1)];
		bits &= (1u << n_bits) - 1;
	}
	if (n_bits > 0)
		buffer[at++] = alphabet[(bits << (width - n_bits)) & ((1u << width) - 1)];
	while (at < total)
		buffer[at++] = '=';
	buffer[at] = '\0';
	return (ssize_t)at;
}

/* ---- base32 --------------------------------------------------------------- */

static int base32_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	return -1;
}

ssize_t codec_base32_decode(const char *text, size_t len, uint8_t *buffer, size_t size)
{
	struct gather gather = {.width = 5, .buffer = buffer, .size = size};

	for (size_t i = 0; i < len; i++) {
		int digit = base32_digit(text[i]);
		int result;

		if (text[i] == ' ' || text[i] == '\t' || text[i] == '-')
			continue;
		if (text[i] == '=') {
			gather.padding++;
			continue;
		}
		if (digit < 0)
			return -EINVAL;
		result = gather_digit(&gather, (unsigned)digit);
		if (result < 0)
			return result;
	}
	return gather_end(&gather, 8);
}

ssize_t codec_base32_encode(const uint8_t *bytes, size_t len, char *buffer, size_t size)
{
	/* Without padding: apps take it so, and people need not type it. */
	return scatter(bytes, len, 5, base32_alphabet, 8, false, buffer, size);
}

/* ---- base64 --------------------------------------------------------------- */

static int base64_digit(char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	if (c == (url ? '_' : '/'))
		return 63;
	return -1;
}

ssize_t codec_base64_decode(const char *text, size_t len, bool url, uint8_t *buffer, size_t size)
{
	struct gather gather = {.width = 6, .buffer = buffer, .size = size};

	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(text[i], url);
		int result;

		if (text[i] == '=') {
			gather.padding++;
			continue;
		}
		if (digit < 0)
			return -EINVAL;
		result = gather_digit(&gather, (unsigned)digit);
		if (result < 0)
			return result;
	}
	return gather_end(&gather, 4);
}

ssize_t codec_base64_encode(const uint8_t *bytes, size_t len, bool url, char *buffer, size_t size)
{
	/* WebAuthn's base64url is unpadded; plain base64 is what RFC 4648 says. */
	return scatter(bytes, len, 6, url ? base64url_alphabet : base64_alphabet, 4, !url, buffer,
		       size);
}

/* ---- hex and percent ------------------------------------------------------ */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

ssize_t codec_hex_decode(const char *text, size_t len, uint8_t *buffer, size_t size)
{
	if (len % 2 != 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(text[i]) < 0)
			return -EINVAL;
	if (len / 2 > size)
		return -EMSGSIZE;
	for (size_t i = 0; i < len / 2; i++)
		buffer[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	return (ssize_t)(len / 2);
}

/* RFC 3986, 2.3 */
static bool unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

ssize_t codec_percent_encode(const char *text, size_t len, char *buffer, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = (uint8_t)text[i];
		size_t need = unreserved(text[i]) ? 1 : 3;

		if (size - at <= need)
			return -EMSGSIZE;
		if (need == 1) {
			buffer[at++] = text[i];
			continue;
		}
		buffer[at++] = '%';
		buffer[at++] = digits[byte >> 4];
		buffer[at++] = digits[byte & 0xf];
	}
	if (at >= size)
		return -EMSGSIZE;
	buffer[at] = '\0';
	return (ssize_t)at;
}

ssize_t codec_percent_decode(const char *text, size_t len, char *buffer, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			if (len - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
				return -EINVAL;
			c = (char)(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
			i += 2;
		}
		if (c == '\0') /* the result is a string: nothing may hide behind a NUL */
			return -EINVAL;
		if (at + 1 >= size)
			return -EMSGSIZE;
		buffer[at++] = c;
	}
	if (at >= size)
		return -EMSGSIZE;
	buffer[at] = '\0';
	return (ssize_t)at;
}
