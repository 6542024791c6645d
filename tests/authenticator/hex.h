/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_HEX_H
#define SOFTKEY_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whole bytes only, at most size of them. */
bool hex_parse(const char *, uint8_t *ret_bytes, size_t size, size_t *ret_len);
/* ret_text holds 2 * len + 1 characters. */
void hex_print(const uint8_t *, size_t len, char *ret_text);

#endif
