/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * secret - the one place where passwords, PINs, codes and seeds live.
 *
 * A secret owns a buffer of WEBCRED_SECRET_MAX bytes on pages that hold nothing
 * but secrets, locked into memory where the limits allow it (an unprivileged
 * locker's may not; then we go on), left out of core dumps and of forked
 * children, and wiped when it is replaced and when it is freed.  It links libc
 * alone.
 */
#ifndef WEBCRED_BASE_SECRET_H
#define WEBCRED_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/client/webcred.h"

/* NULL on lack of memory. */
struct webcred_secret *secret_new(void);
/* Wipes and frees; NULL is harmless. */
void secret_free(struct webcred_secret *secret);
/* From here on a page for them stays mapped: for who needs one login after login. */
void secret_keep(void);
/* A copy of len bytes, or NULL (too long, or no memory). */
struct webcred_secret *secret_new_from(const void *bytes, size_t len);

/* 0, or -EMSGSIZE: then it is empty, and secret_refused() until the next set. */
int secret_set(struct webcred_secret *secret, const void *bytes, size_t len);
bool secret_refused(const struct webcred_secret *secret);
/* Borrowed; never NULL; NUL-terminated after its secret_len() bytes. */
const char *secret_bytes(const struct webcred_secret *secret);
size_t secret_len(const struct webcred_secret *secret);
/* Its content may be written in place: WEBCRED_SECRET_MAX bytes of room. */
uint8_t *secret_room(struct webcred_secret *secret);
/* Says how many bytes of the room now count. */
void secret_resize(struct webcred_secret *secret, size_t len);
/* Takes white space off both ends, for codes that were pasted. */
void secret_trim(struct webcred_secret *secret);

/* Wipes memory so that the compiler cannot leave it out. */
void secret_wipe(void *bytes, size_t len);
/* Equal, in time that depends on len alone. */
bool secret_equal(const void *a, const void *b, size_t len);

#endif
