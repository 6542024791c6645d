/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_json - clientDataJSON, read strictly.
 *
 * At a login the client data is our own; this reader is what makes verification
 * complete (type, challenge, origin) and what judges client data that somebody
 * else wrote.  No tree is built: known members are copied, the rest is checked.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/types/public_key_parse.h"

#define JSON_DEPTH_MAX 8

struct json_walk {
	const uint8_t *at;
	size_t left;
};

/* A string between its quotes, escapes and all. */
struct json_text {
	const uint8_t *at;
	size_t left;
};

static void json_blank(struct json_walk *walk)
{
	while (walk->left > 0 &&
	       (*walk->at == ' ' || *walk->at == '\t' || *walk->at == '\n' || *walk->at == '\r')) {
		walk->at++;
		walk->left--;
	}
}

static bool json_take(struct json_walk *walk, uint8_t byte)
{
	if (walk->left == 0 || *walk->at != byte)
		return false;
	walk->at++;
	walk->left--;
	return true;
}

static int json_hex4(const uint8_t *at, size_t left)
{
	int value = 0;

	if (left < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		uint8_t c = at[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (c - 'A' + 10);
		else
			return -1;
	}
	return value;
}

/* The code point of \uXXXX, of two of them for a surrogate pair; -1 for half a
 * pair or less.  *used: bytes after the 'u'. */
static int32_t json_unicode(const uint8_t *at, size_t left, size_t *used)
{
	int high = json_hex4(at, left), low;

	*used = 4;
	if (high < 0 || (high >= 0xdc00 && high <= 0xdfff))
		return -1;
	if (high < 0xd800 || high > 0xdbff)
		return high;
	if (left < 10 || at[4] != '\\' || at[5] != 'u')
		return -1;
	low = json_hex4(at + 6, left - 6);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	*used = 10;
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static size_t json_utf8(int32_t point, uint8_t out[4])
{
	if (point < 0x80) {
		out[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (uint8_t)(0xc0 | point >> 6);
		out[1] = (uint8_t)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (uint8_t)(0xe0 | point >> 12);
		out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | point >> 18);
	out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (point & 0x3f));
	return 4;
}

/* The next decoded bytes of a text (1 to 4), 0 at its end, -1 on a mistake. */
static int json_next(struct json_text *text, uint8_t out[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *escape;
	int32_t point;
	size_t used;

	if (text->left == 0)
		return 0;
	if (*text->at != '\\') {
		out[0] = *text->at++;
		text->left--;
		return 1;
	}
	if (text->left < 2)
		return -1;
	if (text->at[1] == 'u') {
		point = json_unicode(text->at + 2, text->left - 2, &used);
		if (point < 0)
			return -1;
		text->at += 2 + used;
		text->left -= 2 + used;
		return (int)json_utf8(point, out);
	}
	escape = text->at[1] == '\0' ? NULL : strchr(from, text->at[1]);
	if (escape == NULL)
		return -1;
	out[0] = (uint8_t)to[escape - from];
	text->at += 2;
	text->left -= 2;
	return 1;
}

static bool json_string(struct json_walk *walk, struct json_text *ret_text)
{
	struct json_text text, check;
	uint8_t out[4];
	int n;

	if (!json_take(walk, '"'))
		return false;
	text.at = walk->at;
	while (walk->left > 0 && *walk->at != '"') {
		size_t step = *walk->at == '\\' ? 2 : 1;

		if (*walk->at < 0x20 || walk->left < step)
			return false;
		walk->at += step;
		walk->left -= step;
	}
	text.left = (size_t)(walk->at - text.at);
	if (!json_take(walk, '"'))
		return false;
	check = text;
	do
		n = json_next(&check, out);
	while (n > 0);
	if (n < 0)
		return false;
	*ret_text = text;
	return true;
}

/* Equal once the escapes are undone. */
static bool json_same(struct json_text a, struct json_text b)
{
	uint8_t x[4], y[4];
	int n = 0, m = 0, i = 0, j = 0;

	for (;;) {
		if (i == n) {
			n = json_next(&a, x);
			i = 0;
		}
		if (j == m) {
			m = json_next(&b, y);
			j = 0;
		}
		if (n <= 0 || m <= 0)
			return n == 0 && m == 0;
		if (x[i++] != y[j++])
			return false;
	}
}

static bool json_is(struct json_text text, const char *word)
{
	struct json_text other = {(const uint8_t *)word, strlen(word)};

	return json_same(text, other);
}

static bool json_copy(struct json_text text, char *buffer, size_t size, size_t *ret_len)
{
	uint8_t out[4];
	size_t len = 0;
	int n;

	while ((n = json_next(&text, out)) > 0) {
		if (len + (size_t)n >= size)
			return false;
		memcpy(buffer + len, out, (size_t)n);
		len += (size_t)n;
	}
	buffer[len] = '\0';
	*ret_len = len;
	return n == 0;
}

static bool json_digits(struct json_walk *walk)
{
	size_t before = walk->left;

	while (walk->left > 0 && *walk->at >= '0' && *walk->at <= '9') {
		walk->at++;
		walk->left--;
	}
	return walk->left < before;
}

static bool json_number(struct json_walk *walk)
{
	json_take(walk, '-');
	if (!json_take(walk, '0') && !json_digits(walk))
		return false;
	if (json_take(walk, '.') && !json_digits(walk))
		return false;
	if (json_take(walk, 'e') || json_take(walk, 'E')) {
		if (!json_take(walk, '+'))
			json_take(walk, '-');
		return json_digits(walk);
	}
	return true;
}

static bool json_word(struct json_walk *walk, const char *word)
{
	size_t len = strlen(word);

	if (walk->left < len || memcmp(walk->at, word, len) != 0)
		return false;
	walk->at += len;
	walk->left -= len;
	return true;
}

static bool json_object(struct json_walk *walk, unsigned depth, struct client_data *known);

static bool json_array(struct json_walk *walk, unsigned depth);

static bool json_value(struct json_walk *walk, unsigned depth)
{
	struct json_text text;

	if (walk->left == 0)
		return false;
	switch (*walk->at) {
	case '"':
		return json_string(walk, &text);
	case '{':
		return json_object(walk, depth, NULL);
	case '[':
		return json_array(walk, depth);
	case 't':
		return json_word(walk, "true");
	case 'f':
		return json_word(walk, "false");
	case 'n':
		return json_word(walk, "null");
	default:
		return json_number(walk);
	}
}

static bool json_array(struct json_walk *walk, unsigned depth)
{
	if (depth == 0 || !json_take(walk, '['))
		return false;
	json_blank(walk);
	if (json_take(walk, ']'))
		return true;
	do {
		json_blank(walk);
		if (!json_value(walk, depth - 1))
			return false;
		json_blank(walk);
	} while (json_take(walk, ','));
	return json_take(walk, ']');
}

static bool json_text_member(struct json_walk *walk, char *buffer, size_t size, size_t *ret_len,
			     bool *ret_has)
{
	struct json_text text;

	*ret_has = json_string(walk, &text) && json_copy(text, buffer, size, ret_len);
	return *ret_has;
}

/* One member of the client data: a known one must be of its kind. */
static bool client_data_member(struct json_walk *walk, struct json_text name, unsigned depth,
			       struct client_data *data)
{
	if (json_is(name, "type"))
		return json_text_member(walk, data->type, sizeof(data->type), &data->type_len,
					&data->has_type);
	if (json_is(name, "challenge"))
		return json_text_member(walk, data->challenge, sizeof(data->challenge),
					&data->challenge_len, &data->has_challenge);
	if (json_is(name, "origin"))
		return json_text_member(walk, data->origin, sizeof(data->origin), &data->origin_len,
					&data->has_origin);
	if (json_is(name, "topOrigin"))
		return json_text_member(walk, data->top_origin, sizeof(data->top_origin),
					&data->top_origin_len, &data->has_top_origin);
	if (json_is(name, "crossOrigin")) {
		data->has_cross_origin = true;
		data->cross_origin = json_word(walk, "true");
		return data->cross_origin || json_word(walk, "false");
	}
	return json_value(walk, depth);
}

static bool json_object(struct json_walk *walk, unsigned depth, struct client_data *known)
{
	struct json_text name[CLIENT_DATA_MEMBERS_MAX];
	size_t n = 0;

	if (depth == 0 || !json_take(walk, '{'))
		return false;
	json_blank(walk);
	if (json_take(walk, '}'))
		return true;
	do {
		json_blank(walk);
		if (n == CLIENT_DATA_MEMBERS_MAX || !json_string(walk, &name[n]))
			return false;
		for (size_t i = 0; i < n; i++) {
			if (json_same(name[i], name[n]))
				return false;
		}
		json_blank(walk);
		if (!json_take(walk, ':'))
			return false;
		json_blank(walk);
		if (known != NULL ? !client_data_member(walk, name[n], depth - 1, known)
				  : !json_value(walk, depth - 1))
			return false;
		json_blank(walk);
		n++;
	} while (json_take(walk, ','));
	return json_take(walk, '}');
}

const char *client_data_parse(const uint8_t *bytes, size_t len, struct client_data *ret_data)
{
	struct json_walk walk = {bytes, len};

	memset(ret_data, 0, sizeof(*ret_data));
	if (len > CLIENT_DATA_MAX)
		return "client data: too long";
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		walk.at += 3;
		walk.left -= 3;
	}
	if (!text_utf8_valid((const char *)walk.at, walk.left))
		return "client data: not UTF-8";
	json_blank(&walk);
	if (!json_object(&walk, JSON_DEPTH_MAX, ret_data))
		return "client data: not strict JSON, or a member of the wrong kind or size";
	json_blank(&walk);
	if (walk.left > 0)
		return "client data: something follows the object";
	return NULL;
}
