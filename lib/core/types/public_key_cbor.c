/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_cbor - a strict walk over CBOR that a security key sent. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/types/public_key_parse.h"

void cbor_open(struct cbor_walk *walk, const uint8_t *bytes, size_t len)
{
	walk->at = bytes;
	walk->left = len;
	walk->bad = false;
}

static bool cbor_fail(struct cbor_walk *walk)
{
	walk->bad = true;
	walk->left = 0;
	return false;
}

/* Takes n bytes off; NULL where there are not so many. */
static const uint8_t *cbor_take(struct cbor_walk *walk, uint64_t n)
{
	const uint8_t *at = walk->at;

	if (walk->bad || n > walk->left) {
		cbor_fail(walk);
		return NULL;
	}
	if (n > 0) {
		walk->at += n;
		walk->left -= (size_t)n;
	}
	return at;
}

/* The shortest head of a value is the only one (CTAP 2.1, section 8). */
static bool cbor_shortest(uint64_t value, size_t n)
{
	switch (n) {
	case 1:
		return value >= 24;
	case 2:
		return value > UINT8_MAX;
	case 4:
		return value > UINT16_MAX;
	default:
		return value > UINT32_MAX;
	}
}

static bool cbor_value(struct cbor_walk *walk, uint8_t info, uint64_t *ret_value)
{
	const uint8_t *at;
	uint64_t value = 0;
	size_t n;

	if (info < 24) {
		*ret_value = info;
		return true;
	}
	if (info > 27) /* reserved, or of indefinite length */
		return cbor_fail(walk);
	n = (size_t)1 << (info - 24);
	at = cbor_take(walk, n);
	if (at == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | at[i];
	*ret_value = value;
	return true;
}

bool cbor_head(struct cbor_walk *walk, enum cbor_major *ret_major, uint64_t *ret_value)
{
	const uint8_t *at = cbor_take(walk, 1);
	uint64_t value;
	uint8_t info, major;

	if (at == NULL)
		return false;
	major = (uint8_t)(*at >> 5);
	info = *at & 0x1f;
	if (major == 6 || !cbor_value(walk, info, &value)) /* tags have no place here */
		return cbor_fail(walk);
	if (major == CBOR_SIMPLE) {
		/* false, true, null, undefined, and floats of any width */
		if (info < 20 || info == 24)
			return cbor_fail(walk);
	} else if (info >= 24 && !cbor_shortest(value, (size_t)1 << (info - 24))) {
		return cbor_fail(walk);
	}
	*ret_major = (enum cbor_major)major;
	*ret_value = value;
	return true;
}

bool cbor_get_int(struct cbor_walk *walk, int64_t *ret_value)
{
	enum cbor_major major;
	uint64_t value;

	if (!cbor_head(walk, &major, &value))
		return false;
	if ((major != CBOR_UNSIGNED && major != CBOR_NEGATIVE) || value > INT64_MAX)
		return cbor_fail(walk);
	*ret_value = major == CBOR_UNSIGNED ? (int64_t)value : -1 - (int64_t)value;
	return true;
}

static bool cbor_get_string(struct cbor_walk *walk, enum cbor_major wanted,
			    const uint8_t **ret_bytes, size_t *ret_len)
{
	enum cbor_major major;
	uint64_t value;
	const uint8_t *at;

	if (!cbor_head(walk, &major, &value))
		return false;
	if (major != wanted)
		return cbor_fail(walk);
	at = cbor_take(walk, value);
	if (at == NULL)
		return false;
	if (wanted == CBOR_TEXT && !text_utf8_valid((const char *)at, (size_t)value))
		return cbor_fail(walk);
	*ret_bytes = at;
	*ret_len = (size_t)value;
	return true;
}

bool cbor_get_bytes(struct cbor_walk *walk, const uint8_t **ret_bytes, size_t *ret_len)
{
	return cbor_get_string(walk, CBOR_BYTES, ret_bytes, ret_len);
}

bool cbor_get_text(struct cbor_walk *walk, const char **ret_text, size_t *ret_len)
{
	const uint8_t *bytes;

	if (!cbor_get_string(walk, CBOR_TEXT, &bytes, ret_len))
		return false;
	*ret_text = (const char *)bytes;
	return true;
}

static bool cbor_get_many(struct cbor_walk *walk, enum cbor_major wanted, size_t *ret_members)
{
	enum cbor_major major;
	uint64_t value;

	if (!cbor_head(walk, &major, &value))
		return false;
	/* Each member takes a byte at least: a count beyond that is a lie. */
	if (major != wanted || value > walk->left)
		return cbor_fail(walk);
	*ret_members = (size_t)value;
	return true;
}

bool cbor_get_map(struct cbor_walk *walk, size_t *ret_members)
{
	return cbor_get_many(walk, CBOR_MAP, ret_members);
}

bool cbor_get_array(struct cbor_walk *walk, size_t *ret_members)
{
	return cbor_get_many(walk, CBOR_ARRAY, ret_members);
}

static bool cbor_skip_item(struct cbor_walk *walk, unsigned depth);

/* Keys are compared as they are encoded: with shortest heads, equal keys are
 * equal bytes. */
static bool cbor_skip_map(struct cbor_walk *walk, uint64_t members, unsigned depth)
{
	struct {
		const uint8_t *at;
		size_t len;
	} key[CBOR_MEMBERS_MAX];

	if (members > CBOR_MEMBERS_MAX)
		return cbor_fail(walk);
	for (size_t i = 0; i < members; i++) {
		key[i].at = walk->at;
		if (!cbor_skip_item(walk, depth))
			return false;
		key[i].len = (size_t)(walk->at - key[i].at);
		for (size_t j = 0; j < i; j++) {
			if (key[j].len == key[i].len &&
			    memcmp(key[j].at, key[i].at, key[i].len) == 0)
				return cbor_fail(walk);
		}
		if (!cbor_skip_item(walk, depth))
			return false;
	}
	return true;
}

static bool cbor_skip_item(struct cbor_walk *walk, unsigned depth)
{
	struct cbor_walk whole = *walk;
	enum cbor_major major;
	uint64_t value;
	const uint8_t *bytes;
	size_t len;

	if (depth == 0 || !cbor_head(walk, &major, &value))
		return cbor_fail(walk);
	switch (major) {
	case CBOR_UNSIGNED:
	case CBOR_NEGATIVE:
	case CBOR_SIMPLE:
		return true;
	case CBOR_BYTES:
	case CBOR_TEXT:
		if (!cbor_get_string(&whole, major, &bytes, &len))
			return cbor_fail(walk);
		*walk = whole;
		return true;
	case CBOR_ARRAY:
		if (value > walk->left)
			return cbor_fail(walk);
		for (uint64_t i = 0; i < value; i++) {
			if (!cbor_skip_item(walk, depth - 1))
				return false;
		}
		return true;
	case CBOR_MAP:
		return cbor_skip_map(walk, value, depth - 1);
	}
	return cbor_fail(walk);
}

bool cbor_skip(struct cbor_walk *walk)
{
	return cbor_skip_item(walk, CBOR_DEPTH_MAX);
}

bool cbor_whole(const uint8_t *bytes, size_t len)
{
	struct cbor_walk walk;

	cbor_open(&walk, bytes, len);
	return cbor_skip(&walk) && walk.left == 0;
}
