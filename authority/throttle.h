/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * throttle - how often a secret may be guessed: arithmetic alone.
 *
 * Counted per (subject, type, origin); a remote origin never delays the seat.
 * After `throttle_free` failures each further one doubles the wait, up to the
 * cap; `deny` locks out for `unlock_time` (opt-in).  Security keys cannot be
 * guessed and are never counted.
 */
#ifndef WEBCRED_AUTHORITY_THROTTLE_H
#define WEBCRED_AUTHORITY_THROTTLE_H

#include "authority/conf.h"
#include "authority/store/store.h"

/* True where an attempt may be made now; otherwise *ret_wait_s says how long
 * (0: until an administrator unlocks). */
bool throttle_allows(const struct conf *conf, const struct store_throttle *state, bool is_root,
		     int64_t now, uint32_t *ret_wait_s);
/* One more failure. */
void throttle_charge(const struct conf *conf, struct store_throttle *state, int64_t now);
/* The failure that turned out to be a success. */
void throttle_refund(struct store_throttle *state);
/* "seat", "remote" or "uid:N". */
void throttle_origin(char *buffer, size_t size, const char *rhost, uint32_t requester,
		     bool login_socket);
/* The slot of a name that does not exist: "unknown:N", by keyed hash. */
void throttle_unknown(char *buffer, size_t size, const uint8_t key[32], const char *name);

#endif
