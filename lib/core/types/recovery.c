/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* recovery - single-use codes: how they look, and what is kept of them. */
#include <sodium.h>
#include <string.h>

#include "lib/base/secret.h"
#include "lib/core/codec.h"
#include "lib/core/types/otp.h"

static bool digits_only(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

void otp_recovery_text(const uint8_t random[10], char buffer[20])
{
	uint8_t bytes[10];
	char plain[OTP_RECOVERY_LEN + 1] = "";

	memcpy(bytes, random, sizeof(bytes));
	codec_base32_encode(bytes, sizeof(bytes), plain, sizeof(plain));
	if (digits_only(plain)) {
		/* What is digits only is a code of an app: begin with a letter.  One
		 * in 4e11 codes is touched, so nothing is lost. */
		bytes[0] &= 0x7f;
		codec_base32_encode(bytes, sizeof(bytes), plain, sizeof(plain));
	}
	for (size_t i = 0; i < 4; i++) {
		memcpy(buffer + 5 * i, plain + 4 * i, 4);
		buffer[5 * i + 4] = i < 3 ? '-' : '\0';
	}
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(plain, sizeof(plain));
}

/* The base32 character that was meant, or 0. */
static char canonical_character(char c)
{
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	if ((c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'))
		return c;
	if (c == '0')
		return 'O';
	if (c == '1')
		return 'I';
	if (c == '8')
		return 'B';
	return '\0';
}

bool otp_recovery_canonical(const char *text, size_t len, char buffer[OTP_RECOVERY_LEN + 1])
{
	char canonical[OTP_RECOVERY_LEN + 1] = "";
	size_t at = 0;
	bool good = true;

	for (size_t i = 0; i < len && good; i++) {
		char c = canonical_character(text[i]);

		if (text[i] == ' ' || text[i] == '\t' || text[i] == '-')
			continue;
		good = c != '\0' && at < OTP_RECOVERY_LEN;
		if (good)
			canonical[at++] = c;
	}
	good = good && at == OTP_RECOVERY_LEN && !digits_only(canonical);
	if (good)
		memcpy(buffer, canonical, sizeof(canonical));
	secret_wipe(canonical, sizeof(canonical));
	return good;
}

void otp_recovery_hash(const uint8_t key[32], const char *canonical, uint8_t ret_hash[32])
{
	/* 80 random bits cannot be guessed, so a fast hash does; the key keeps a
	 * stolen database from being tried offline all the same. */
	crypto_generichash(ret_hash, 32, (const uint8_t *)canonical, strlen(canonical), key, 32);
}
