/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* text - names and labels that came from outside, made fit to show and to log. */
#ifndef WEBCRED_BASE_TEXT_H
#define WEBCRED_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A name an account can have: 1 to 255 bytes of valid UTF-8, no control
 * character, white space, colon, slash, comma, quote or backslash, not "." or
 * "..", no leading dash.
 */
bool text_name_valid(const char *name);
/* A PAM service or a label of a record: printable, within `max` bytes. */
bool text_label_valid(const char *label, size_t max);
bool text_utf8_valid(const char *text, size_t len);
/*
 * Copies `text` so that it is valid UTF-8 without control characters: what is
 * not becomes '?'.  At most size - 1 bytes, cut at a character's border.
 */
void text_clean(char *buffer, size_t size, const char *text);
/* As text_clean(), for a field of a log line: also escapes '"' and '\'. */
void text_escape(char *buffer, size_t size, const char *text);
/* Lower-case hex of len bytes; buffer has 2 * len + 1. */
void text_hex(char *buffer, const uint8_t *bytes, size_t len);

#endif
