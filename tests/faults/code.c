/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* code - RFC 4226 once more, without a line of the authority's. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "tests/faults/faults.h"

static size_t code_seed(const char *base32, uint8_t *seed, size_t size)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned bits = 0, held = 0;
	size_t n = 0;

	for (; *base32 != '\0' && n < size; base32++) {
		const char *at = strchr(letters, *base32);

		if (at == NULL)
			break;
		held = held << 5 | (unsigned)(at - letters);
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			seed[n++] = (uint8_t)(held >> bits);
		}
	}
	return n;
}

unsigned code_hotp(const char *base32, uint64_t counter)
{
	uint8_t seed[64], moving[8], mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	for (int i = 0; i < 8; i++)
		moving[i] = (uint8_t)(counter >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), seed, (int)code_seed(base32, seed, sizeof(seed)), moving, 8, mac,
		 &len) == NULL ||
	    len != 20)
		broken("no HMAC");
	const uint8_t *at = mac + (mac[19] & 15);
	return ((at[0] & 0x7fu) << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3]) %
	       1000000;
}
