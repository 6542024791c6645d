/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * made - whether a store was ever made here: then one that is missing was lost,
 * and nobody begins an empty one in its place.
 *
 * host.key tells, which is made behind the first store.  Where the service
 * manager hands the key in there is none, and an empty file webcred.made tells.
 */
#ifndef WEBCRED_AUTHORITY_MADE_H
#define WEBCRED_AUTHORITY_MADE_H

#include <stdbool.h>
#include <stddef.h>

/* 0 where a store is there, or where there never was one; -ENODATA where it was lost.
 * `open_before`: this process has had it open. */
int made_check(const char *folder, bool open_before, char *ret_error, size_t size);
/* Once a store is open with its key: leaves the trace, durably, where there is none.
 * 0 or -errno. */
int made_note(const char *folder, char *ret_error, size_t size);

#endif
