/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/base/text.h"

#include <string.h>

/*
 * Decodes one character of UTF-8 (RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF).  Returns its length in bytes, 0 if there is none.
 */
static size_t decode(const uint8_t *at, size_t left, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t character;
	size_t len;

	if (left == 0)
		return 0;
	if (at[0] < 0x80) {
		*ret_character = at[0];
		return 1;
	}
	len = at[0] >= 0xf0 && at[0] < 0xf8 ? 4 : at[0] >= 0xe0 ? 3 : at[0] >= 0xc0 ? 2 : 0;
	if (len == 0 || len > left || at[0] >= 0xf8)
		return 0;
	character = at[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (at[i] & 0x3fu);
	}
	if (character < least[len] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret_character = character;
	return len;
}

/*
 * What may drive a terminal or turn the order of a line around: C0, DEL, C1,
 * line and paragraph separators, and the bidirectional controls (UAX #9).
 */
static bool is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
	       character == 0x200e || character == 0x200f ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

static bool is_space(uint32_t character)
{
	return character == ' ' || character == 0xa0 || character == 0x1680 ||
	       (character >= 0x2000 && character <= 0x200b) || character == 0x202f ||
	       character == 0x205f || character == 0x3000;
}

/* How many characters of printable ASCII come first: most texts have no others, and names are
 * looked up often. */
static size_t plain(const uint8_t *at, size_t len)
{
	size_t n = 0;

	while (n < len && at[n] >= 0x20 && at[n] < 0x7f)
		n++;
	return n;
}

bool text_utf8_valid(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t first = plain(at, len);
	uint32_t character;

	at += first;
	len -= first;
	while (len > 0) {
		size_t step = decode(at, len, &character);

		if (step == 0)
			return false;
		at += step;
		len -= step;
	}
	return true;
}

/* Every character is printable and, with `strict`, can stand in a name. */
static bool all_printable(const char *text, size_t len, bool strict)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t first = strict ? 0 : plain(at, len);
	uint32_t character;

	at += first;
	len -= first;
	while (len > 0) {
		size_t step = decode(at, len, &character);

		if (step == 0 || is_control(character))
			return false;
		if (strict && (is_space(character) ||
			       (character < 0x80 && strchr(":/,'\"`\\", (int)character))))
			return false;
		at += step;
		len -= step;
	}
	return true;
}

bool text_name_valid(const char *name)
{
	size_t len = name ? strnlen(name, 256) : 0;

	if (len == 0 || len > 255 || name[0] == '-')
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return all_printable(name, len, true);
}

bool text_label_valid(const char *label, size_t max)
{
	size_t len = label ? strnlen(label, max + 1) : 0;

	return len > 0 && len <= max && all_printable(label, len, false);
}

static void copy_clean(char *buffer, size_t size, const char *text, bool escape)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t left = strlen(text), used = 0;

	if (size == 0)
		return;
	while (left > 0) {
		uint32_t character = 0;
		size_t step = decode(at, left, &character);
		bool bad = step == 0 || is_control(character);
		bool slash = escape && !bad && (character == '"' || character == '\\');
		size_t need = bad ? 1 : step + (slash ? 1 : 0);

		if (step == 0)
			step = 1;
		if (need > size - 1 - used)
			break;
		if (slash)
			buffer[used++] = '\\';
		if (bad)
			buffer[used++] = '?';
		else
			memcpy(buffer + used, at, step);
		used += bad ? 0 : step;
		at += step;
		left -= step;
	}
	buffer[used] = '\0';
}

void text_clean(char *buffer, size_t size, const char *text)
{
	copy_clean(buffer, size, text ? text : "", false);
}

void text_escape(char *buffer, size_t size, const char *text)
{
	copy_clean(buffer, size, text ? text : "", true);
}

void text_hex(char *buffer, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		buffer[2 * i] = digits[bytes[i] >> 4];
		buffer[2 * i + 1] = digits[bytes[i] & 15];
	}
	buffer[2 * len] = '\0';
}
