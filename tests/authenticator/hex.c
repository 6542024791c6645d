/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"

bool hex_parse(const char *text, uint8_t *ret_bytes, size_t size, size_t *ret_len)
{
	size_t len = strlen(text);

	if (len % 2 != 0 || len / 2 > size)
		return false;
	for (size_t i = 0; i < len / 2; i++) {
		const char digits[3] = {text[2 * i], text[2 * i + 1], 0};

		if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
			return false;
		ret_bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	*ret_len = len / 2;
	return true;
}

void hex_print(const uint8_t *ptr, size_t len, char *ret_text)
{
	ret_text[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(ret_text + 2 * i, "%02x", ptr[i]);
}
