/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* otp - SHA-1 (FIPS 180-4), HMAC (RFC 2104) and HOTP (RFC 4226), six digits. */
#include "tests/bench/login.h"

#include <string.h>

static uint32_t rotate(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static void schedule(const uint8_t block[64], uint32_t w[80])
{
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
}

static uint32_t mix(int round, uint32_t b, uint32_t c, uint32_t d)
{
	if (round < 20)
		return ((b & c) | (~b & d)) + 0x5a827999;
	if (round < 40)
		return (b ^ c ^ d) + 0x6ed9eba1;
	if (round < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	return (b ^ c ^ d) + 0xca62c1d6;
}

static void compress(uint32_t h[5], const uint8_t block[64])
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];

	schedule(block, w);
	for (int i = 0; i < 80; i++) {
		uint32_t next = rotate(a, 5) + mix(i, b, c, d) + e + w[i];

		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* At most 119 bytes: two blocks. */
static void sha1(const uint8_t *bytes, size_t len, uint8_t ret_hash[20])
{
	uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint8_t padded[128] = {0};
	size_t blocks = len < 56 ? 1 : 2;

	memcpy(padded, bytes, len);
	padded[len] = 0x80;
	for (size_t i = 0; i < 8; i++)
		padded[blocks * 64 - 1 - i] = (uint8_t)((uint64_t)len * 8 >> (8 * i));
	for (size_t i = 0; i < blocks; i++)
		compress(h, padded + 64 * i);
	for (int i = 0; i < 20; i++)
		ret_hash[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void otp_seed(const char *user, uint8_t ret_seed[SEED_SIZE])
{
	sha1((const uint8_t *)user, strnlen(user, 100), ret_seed);
}

unsigned otp_code(const uint8_t seed[SEED_SIZE], uint64_t moving)
{
	uint8_t inner[72], outer[84], hash[20];

	memset(inner, 0x36, 64);
	memset(outer, 0x5c, 64);
	for (int i = 0; i < SEED_SIZE; i++) {
		inner[i] ^= seed[i];
		outer[i] ^= seed[i];
	}
	for (int i = 0; i < 8; i++)
		inner[64 + i] = (uint8_t)(moving >> (56 - 8 * i));
	sha1(inner, sizeof(inner), outer + 64);
	sha1(outer, sizeof(outer), hash);
	const uint8_t *at = hash + (hash[19] & 15);
	return ((uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
		at[3]) %
	       1000000;
}
