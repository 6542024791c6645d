/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * otp - HOTP (RFC 4226), TOTP (RFC 6238), recovery codes, otpauth:// URIs.
 * Pure: time and seed are arguments.  The keeper calls this; the session never
 * holds a seed.
 */
#ifndef WEBCRED_CORE_OTP_H
#define WEBCRED_CORE_OTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/outcome.h"
#include "lib/core/credential.h"

#define OTP_SEED_MIN 16 /* RFC 4226, R6: at least 128 bits */
#define OTP_SEED_MAX 64
#define OTP_RECOVERY_LEN 16 /* base32 characters, 80 bits */

/* The number for one moving factor; digits 6 to 8.  0, or -EIO where the
 * library fails. */
int otp_value(const uint8_t *seed, size_t seed_len, enum credential_algorithm algorithm,
	      unsigned digits, uint64_t moving, uint32_t *ret_value);

struct otp_windows {
	unsigned look_back;	  /* TOTP steps before now */
	unsigned look_ahead;	  /* TOTP steps after now */
	unsigned hotp_look_ahead; /* counters after the expected one */
	unsigned resynchronise;	  /* TOTP steps either way, HOTP counters: two codes in a row */
};

struct otp_match {
	enum verdict verdict;
	uint64_t moving; /* TOTP: the step; HOTP: the next counter.  What to commit. */
	int32_t drift;	 /* TOTP: what the device's clock has shifted to */
	bool replayed;	 /* refused: a right code of a step already used */
};

/*
 * Judges one code.  `record` gives kind, algorithm, digits, period, drift and
 * moving; now is seconds since the epoch.  Every candidate of the window is
 * computed and compared, whichever matches, so that time tells nothing.  What
 * only rises: a TOTP step at or below record->moving never matches, nor does
 * an HOTP counter below it.
 */
void otp_check(const struct credential *record, const uint8_t *seed, size_t seed_len,
	       const char *code, size_t code_len, int64_t now, const struct otp_windows *windows,
	       struct otp_match *ret_match);

/*
 * Looks for `code` in the wide resynchronisation window: where it is found,
 * *ret_moving is its step or counter, to be remembered; a second code that is
 * its successor then proves the device (RFC 4226, section 7.4).
 */
bool otp_find(const struct credential *record, const uint8_t *seed, size_t seed_len,
	      const char *code, size_t code_len, int64_t now, unsigned window,
	      uint64_t *ret_moving);

/* "otpauth://totp/ISSUER:NAME?secret=...&issuer=..."; 0, or -EMSGSIZE. */
int otp_uri(const struct credential *record, const uint8_t *seed, size_t seed_len,
	    const char *issuer, const char *account, char *buffer, size_t size);
/* Parses one; rejects what it does not know.  0, or WEBCRED_TYPE_ERROR. */
int otp_uri_parse(const char *uri, size_t len, struct credential *ret_record, uint8_t *seed,
		  size_t *ret_seed_len, char *ret_text, size_t text_size);

/* 16 base32 characters of `random` (10 bytes), never digits only, as XXXX-XXXX-XXXX-XXXX. */
void otp_recovery_text(const uint8_t random[10], char buffer[20]);
/* The canonical form people's typing is brought to (upper case, no blanks or
 * dashes, 0 to O, 1 to I, 8 to B); false where it cannot be a recovery code. */
bool otp_recovery_canonical(const char *text, size_t len, char buffer[OTP_RECOVERY_LEN + 1]);
/* Keyed hash (BLAKE2b, 32 bytes) of a canonical code. */
void otp_recovery_hash(const uint8_t key[32], const char *canonical, uint8_t ret_hash[32]);

#endif
