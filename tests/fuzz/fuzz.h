/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * fuzz - what every fuzz target shares.
 *
 * A target is one file with LLVMFuzzerTestOneInput() in it.  Built with clang's
 * -fsanitize=fuzzer it is searched (make fuzz); built with anything else it is
 * linked with replay.c and goes once through its corpus (make check).
 */
#ifndef WEBCRED_TESTS_FUZZ_H
#define WEBCRED_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is; a finding where it does not. */
#define fuzz_insist(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,    \
				      #condition);                                                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The input as pieces: each a length of two bytes, big-endian, and so many
 * bytes; what is missing at the end is an empty piece. */
struct fuzz_pieces {
	const uint8_t *at;
	size_t left;
};

static inline const uint8_t *fuzz_piece(struct fuzz_pieces *pieces, size_t *ret_len)
{
	const uint8_t *piece = pieces->at;
	size_t len = 0;

	if (pieces->left >= 2) {
		len = (size_t)piece[0] << 8 | piece[1];
		piece += 2;
		pieces->left -= 2;
	} else {
		pieces->left = 0;
	}
	if (len > pieces->left)
		len = pieces->left;
	pieces->at = piece + len;
	pieces->left -= len;
	*ret_len = len;
	return piece;
}

static inline uint8_t fuzz_byte(struct fuzz_pieces *pieces)
{
	if (pieces->left == 0)
		return 0;
	pieces->left--;
	return *pieces->at++;
}

/* A copy that ends where its allocation ends, and a zero behind it that is not
 * counted: a read past either is seen. */
static inline char *fuzz_text(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);

	fuzz_insist(text != NULL);
	if (len > 0)
		memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

#endif
