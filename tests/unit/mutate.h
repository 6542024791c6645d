/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* mutate - every small damage a message can take. */
#ifndef WEBCRED_TESTS_MUTATE_H
#define WEBCRED_TESTS_MUTATE_H

#include <stdbool.h>

#include "lib/base/wire.h"

/* Decodes exactly these bytes and encodes what came out; false: refused. */
typedef bool (*mutate_again)(const uint8_t *message, size_t len, struct wire_out *out);

/*
 * Every truncation and one byte more must be refused; every one-bit flip and
 * every byte set to 0x00 and 0xff must be refused, or mean exactly the bytes
 * it stands in: what is read twice in two ways would be an ambiguity.
 * Each damaged message lies alone on the heap, so that a read past its end is
 * seen by AddressSanitizer and valgrind.
 */
void mutate_all(const uint8_t *message, size_t len, mutate_again again);

#endif
