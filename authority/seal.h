/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * seal - OTP seeds at rest: XChaCha20-Poly1305 under a host key, the record's
 * user, uid, id, type and rpId as additional data, so that a sealed seed is
 * worthless in any other row.  Recovery and invitation hashes take a subkey.
 * Every sealed record names its key.
 */
#ifndef WEBCRED_AUTHORITY_SEAL_H
#define WEBCRED_AUTHORITY_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "authority/store/store.h"
#include "lib/core/types/otp.h"

struct seal;

/*
 * The key comes from $CREDENTIALS_DIRECTORY/webcred.key where systemd hands one
 * in, else from `folder`/host.key, made at first start (0600, synced, and its
 * folder with it).  `may_create` is false where the store has sealed records
 * already: a lost key is said, never replaced silently.
 * -ENOKEY, -EPERM, -errno; *ret_error for the log.
 */
int seal_open(const char *folder, bool may_create, struct seal **ret_seal, char *ret_error,
	      size_t size);
void seal_close(struct seal *seal);

/* Fills record->sealed, sealed_len and seal_key; account gives name and uid. */
int seal_record(const struct seal *seal, const struct store_account *account,
		struct store_record *record, const uint8_t *seed, size_t seed_len);
/* 0; -ENOKEY for another key's record; -EBADMSG where it was tampered with. */
int seal_open_record(const struct seal *seal, const struct store_account *account,
		     const struct store_record *record, uint8_t seed[OTP_SEED_MAX],
		     size_t *ret_seed_len);
/* The 32-byte subkey for "recovery", "invite", "unknown"; at most 8 characters. */
void seal_subkey(const struct seal *seal, const char *purpose, uint8_t ret_key[32]);
uint32_t seal_key_number(const struct seal *seal);

#endif
