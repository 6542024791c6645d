/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * runner - runs published and foreign test vectors through the functions that
 * webcred-authority verifies with.  Files are known by their shape alone.
 */
#ifndef WEBCRED_TESTS_VECTOR_RUNNER_H
#define WEBCRED_TESTS_VECTOR_RUNNER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/types/public_key.h"

enum answer { ANSWER_REJECT = 0, ANSWER_ACCEPT = 1, ANSWER_UNSUPPORTED = 2 };

#define RUNNER_REASON_MAX 256

/* Prints one line: name, answer, reason. */
void runner_say(const char *name, enum answer answer, const char *reason);

/* Bytes of a hex member; allocated, at least one byte.  *ret_len; false where it
 * is missing or no hex. */
bool runner_hex(const json_t *object, const char *member, uint8_t **ret_bytes, size_t *ret_len);
/* A text member, or NULL. */
const char *runner_text(const json_t *object, const char *member);

/* Each knows its shape and judges one vector.  reason: RUNNER_REASON_MAX. */
bool assertion_is(const json_t *vector);
enum answer assertion_judge(const json_t *vector, char *reason);
bool published_is(const json_t *vector);
enum answer published_judge(const json_t *vector, char *reason);
bool otp_vector_is(const json_t *vector);
/* `file` holds what its vectors have in common. */
enum answer otp_vector_judge(const json_t *file, const json_t *vector, char *reason);
/* A name for a vector of a table that has none. */
void otp_vector_name(const json_t *vector, char *buffer, size_t size);
/* The groups of a file of signatures. */
bool wycheproof_is(const json_t *file);
void wycheproof_run(const json_t *file);

/* The public key of a group, in whatever form it is given, as COSE_Key. */
enum answer wycheproof_key(const json_t *group, uint8_t *cose, size_t size, size_t *ret_len,
			   char *reason);

#endif
