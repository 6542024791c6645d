/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * import - records that other programs keep, read as ours: pure parsers.
 *
 * Each entry is reported by itself, with its line and with what is wrong or
 * worth knowing; one bad entry voids nothing but itself.  Imported records keep
 * their own kind and rpId (behaviour 59).  None is imported as no-touch,
 * whatever its file says: that is for an administrator to enrol (71).
 */
#ifndef WEBCRED_CORE_IMPORT_H
#define WEBCRED_CORE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/credential.h"

#define IMPORT_FILE_MAX (1024 * 1024)
#define IMPORT_TEXT_MAX 160

/* What OpenSSH calls the keys it has in security keys. */
#define OPENSSH_ED25519_SK "sk-ssh-ed25519@openssh.com"
#define OPENSSH_ECDSA_SK "sk-ecdsa-sha2-nistp256@openssh.com"

struct import_entry {
	unsigned line;		      /* from 1 */
	char user[WIRE_NAME_MAX + 1]; /* "" where the file names none */
	bool good;
	struct credential record;   /* when good; id and times are the caller's */
	char text[IMPORT_TEXT_MAX]; /* why not; or what to know; or "" */
};

/* Another value than 0 ends the walk. */
typedef int import_each(void *context, const struct import_entry *entry);

/*
 * A pam-u2f authfile: user *(":" keyHandle "," publicKey ["," type ["," attributes]]),
 * and the old form of two fields, web-safe base64 and hex.  rp_id is what
 * pam_u2f's origin= was, "pam://HOST" by default.  Returns 0, what `each`
 * returned, or WEBCRED_TYPE_ERROR for a file that is too long or no text.
 */
int import_pam_u2f(const char *text, size_t len, const char *rp_id, import_each *each,
		   void *context);

/*
 * OpenSSH sk-ssh-ed25519@openssh.com and sk-ecdsa-sha2-nistp256@openssh.com
 * keys: public keys, one a line, as in id_*_sk.pub or authorized_keys; or one
 * private key file without a passphrase.  Only the latter tells the credential
 * id: a record from a public key has none (external_len 0) and serves through
 * an agent alone.  Results as above.
 */
int import_openssh(const char *text, size_t len, import_each *each, void *context);
/* One such public key as an agent has it, without type and base64 around it;
 * NULL, or what is wrong. */
const char *import_openssh_key(const uint8_t *key, size_t len, const char *comment,
			       size_t comment_len, struct credential *ret_record);

#endif
