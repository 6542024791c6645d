/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * codec - base32 (RFC 4648, section 6), base64, base64url, hex, percent.
 * Decoders take pointer and length, reject what is not canonical unless they
 * say otherwise, and write at most `size` bytes.
 */
#ifndef WEBCRED_CORE_CODEC_H
#define WEBCRED_CORE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes written, or -EINVAL, or -EMSGSIZE.  base32 for people: case, blanks
 * and dashes do not matter, padding may be missing. */
ssize_t codec_base32_decode(const char *text, size_t len, uint8_t *buffer, size_t size);
ssize_t codec_hex_decode(const char *text, size_t len, uint8_t *buffer, size_t size);
/* `url` chooses the alphabet; padding is accepted in both, demanded in neither. */
ssize_t codec_base64_decode(const char *text, size_t len, bool url, uint8_t *buffer, size_t size);

/* Length written without the terminator, or -EMSGSIZE; NUL-terminated. */
ssize_t codec_base32_encode(const uint8_t *bytes, size_t len, char *buffer, size_t size);
ssize_t codec_base64_encode(const uint8_t *bytes, size_t len, bool url, char *buffer, size_t size);
/* Everything but RFC 3986 unreserved characters becomes %XX. */
ssize_t codec_percent_encode(const char *text, size_t len, char *buffer, size_t size);
ssize_t codec_percent_decode(const char *text, size_t len, char *buffer, size_t size);

#endif
