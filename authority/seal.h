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

#include <stdbool.h>
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

/*
 * Another key takes the place of the first in three steps, and a crash between
 * any two leaves what seal_settle() puts right: the new key is written beside
 * (`folder`/host.key.next); the store is sealed with it and names it, in one
 * transaction; the new key gets the old one's name.
 */
int seal_make_next(const char *folder, struct seal **ret_seal, char *ret_error, size_t size);
/* Where host.key.next is the key `number` that the store names, and host.key is
 * not, it becomes host.key.  The old one is removed, or kept as host.key.NUMBER. */
int seal_settle(const char *folder, uint32_t number, bool keep_old, char *ret_error, size_t size);

/* Keyed hashes cannot be computed anew without what was hashed: their keys go
 * along to the next host key, sealed, as a text for the store's meta table. */
#define SEAL_CARRIED_SIZE 64
#define SEAL_CARRIED_TEXT 192
int seal_carry(const struct seal *seal, const uint8_t keys[SEAL_CARRIED_SIZE],
	       char ret_text[SEAL_CARRIED_TEXT]);
/* The subkeys "recovery" and "invite": carried ones where `text` is not empty. */
int seal_code_keys(const struct seal *seal, const char *text, uint8_t ret_keys[SEAL_CARRIED_SIZE]);

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
