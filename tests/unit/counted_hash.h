/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * counted_hash - Argon2id, computed for real and counted: the linker leads the
 * core's calls through here (--wrap in Makemodule.am).
 */
#ifndef WEBCRED_TESTS_COUNTED_HASH_H
#define WEBCRED_TESTS_COUNTED_HASH_H

#include "lib/core/types/type.h"

extern unsigned counted_verified, counted_made;
/* As if there were no memory for a hash. */
extern bool counted_no_memory;

/* Uncounted, for the test's own use. */
void counted_hash_make(const char *password, const struct policy *cost, char hash[TYPE_HASH_MAX]);
int counted_hash_is(const char *hash, const char *text, unsigned long long len);

#endif
