/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Encodings: what decodes encodes to what was decoded, and nothing writes past
 * its room.  The first byte chooses the codec, the second the room. */
#include "lib/core/codec.h"
#include "tests/fuzz/fuzz.h"

enum { BASE32, HEX, BASE64, BASE64URL, PERCENT, CODECS };

static ssize_t decode(unsigned codec, const char *text, size_t len, uint8_t *out, size_t size)
{
	switch (codec) {
	case BASE32:
		return codec_base32_decode(text, len, out, size);
	case HEX:
		return codec_hex_decode(text, len, out, size);
	case BASE64:
		return codec_base64_decode(text, len, false, out, size);
	case BASE64URL:
		return codec_base64_decode(text, len, true, out, size);
	default:
		return codec_percent_decode(text, len, (char *)out, size);
	}
}

static ssize_t encode(unsigned codec, const uint8_t *bytes, size_t len, char *out, size_t size)
{
	switch (codec) {
	case BASE32:
		return codec_base32_encode(bytes, len, out, size);
	case BASE64:
	case BASE64URL:
		return codec_base64_encode(bytes, len, codec == BASE64URL, out, size);
	case PERCENT:
		return codec_percent_encode((const char *)bytes, len, out, size);
	default:
		return -1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[16384];
	static uint8_t again[4096];
	size_t room = size > 1 ? data[1] * 16u : 0, len = size > 2 ? size - 2 : 0;
	uint8_t *out = malloc(room + 1);
	char *input = fuzz_text(data + (len ? 2 : 0), len);
	ssize_t n, m;
	unsigned codec = size > 0 ? data[0] % CODECS : 0;

	fuzz_insist(out != NULL);
	n = decode(codec, input, len, out, room);
	fuzz_insist(n <= (ssize_t)room);
	if (n >= 0 && (m = encode(codec, out, (size_t)n, text, sizeof(text))) >= 0) {
		fuzz_insist(strlen(text) == (size_t)m);
		fuzz_insist(decode(codec, text, (size_t)m, again, sizeof(again)) == n);
		fuzz_insist(memcmp(again, out, (size_t)n) == 0);
	}
	/* Any bytes can be encoded where there is room, and nowhere else. */
	m = encode(codec, (const uint8_t *)input, len, (char *)out, room);
	fuzz_insist(m < 0 || (size_t)m < room);
	free(input);
	free(out);
	return 0;
}
