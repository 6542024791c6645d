/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * ceremony - what a session asks of security keys, and what comes back.
 *
 * One webcred-device runs per key.  It was handed one open, locked device and
 * one channel, has no rights, and speaks the messages below over that channel
 * (SOCK_SEQPACKET, encoded as in wire.h, at most CEREMONY_MESSAGE_MAX bytes).
 * It judges nothing: the session verifies what it returns.
 *
 *   session -> device   BEGIN     the ceremony; once
 *   device -> session   PRESENT   what the silent pre-flight found; for create:
 *                                 whether an excluded credential is on the key
 *   session -> device   GO        this key takes part; it may blink now
 *   device -> session   TOUCH     it blinks (or wants a fingerprint)
 *   device -> session   PIN       it needs a PIN, with the tries left
 *   session -> device   PIN       the PIN; or CANCEL
 *   device -> session   DONE      the last message, always exactly one
 *   session -> device   CANCEL    at any time: CTAPHID_CANCEL is sent, its
 *                                 answer awaited for at most 200 ms, then DONE
 *
 * The end of the channel, from either side, is a CANCEL.
 */
#ifndef WEBCRED_CORE_CEREMONY_H
#define WEBCRED_CORE_CEREMONY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/credential.h"

#define CEREMONY_MESSAGE_MAX WIRE_MESSAGE_MAX
#define CEREMONY_ENTRIES_MAX 12 /* of one message: 12 ids of 1023 bytes fit */
#define CEREMONY_AUTHDATA_MAX 4096
#define CEREMONY_SIGNATURE_MAX 1100
#define CEREMONY_ATTESTATION_MAX 4096
#define CEREMONY_DETAIL_MAX 160
#define CEREMONY_PIN_TRIES_MAX 3u /* a key wants to be plugged in again after as many */

enum ceremony_kind { CEREMONY_GET = 1, CEREMONY_CREATE = 2 };

enum ceremony_message {
	CEREMONY_BEGIN = 1,
	CEREMONY_GO = 2,
	CEREMONY_PIN = 3, /* both ways: to the session u8 tries left (255 unknown),
			   * u8 flags (CEREMONY_PIN_WAS_); to the device bytes pin */
	CEREMONY_CANCEL = 4,
	CEREMONY_PRESENT = 16,
	CEREMONY_TOUCH = 17, /* u8: 0 touch, 1 fingerprint */
	CEREMONY_DONE = 18,
};
/* Why it is asked for again: what the last one was.  Never, by default. */
#define CEREMONY_PIN_WAS_WRONG 0x01u
#define CEREMONY_PIN_WAS_SHORT 0x02u
#define CEREMONY_PIN_WAS_LONG 0x04u

/* An id the key is asked for, in the rpId its record has. */
struct ceremony_entry {
	char rp_id[WIRE_RPID_MAX + 1];
	uint16_t len;
	uint8_t id[WIRE_EXTERNAL_MAX];
	bool no_touch; /* an administrator enrolled it so: user presence is not asked for */
};

/* BEGIN: u8 kind, str rp_id, bytes client_data_hash, u8 uv, u8 flags, u32
 * timeout_ms, bytes user_id, str user_name, u8 n_algorithms and so many u32,
 * u8 n and so many (str rp_id, bytes id, u8 no_touch). */
struct type_ceremony {
	enum ceremony_kind kind;
	char rp_id[WIRE_RPID_MAX + 1]; /* CREATE, and GET of discoverable ones */
	uint8_t client_data_hash[32];
	enum webcred_user_verification user_verification;
	bool resident;	   /* CREATE */
	bool attest;	   /* CREATE: direct attestation */
	uint8_t pin_tries; /* how often a PIN may be asked for; 0 is once */
	uint32_t timeout_ms;
	uint8_t user_id[64]; /* CREATE: the account's handle */
	uint8_t user_id_len;
	char user_name[WIRE_NAME_MAX + 1];
	uint8_t n_algorithms;
	int32_t algorithm[4]; /* CREATE, by preference */
	uint8_t n_entries;    /* GET: the allow list; CREATE: the exclude list */
	const struct ceremony_entry *entry;
	bool more; /* not sent: another ceremony follows, for other entries; wait for no key */
};

/* How one key's part ended. */
#define CEREMONY_END_LAST CEREMONY_PIN_LONG
enum ceremony_end {
	CEREMONY_OK = 1,
	CEREMONY_NOT_HERE = 2,	  /* holds none of the entries: the wrong key */
	CEREMONY_EXCLUDED = 3,	  /* CREATE: an entry is on it, and it was touched */
	CEREMONY_NO_TOUCH = 4,	  /* the time ran out */
	CEREMONY_DECLINED = 5,	  /* the key or the person said no */
	CEREMONY_PIN_WRONG = 6,	  /* tries_left says how many remain */
	CEREMONY_PIN_BLOCKED = 7, /* needs a reset, or (PIN_AUTH_BLOCKED) re-plugging */
	CEREMONY_PIN_UNSET = 8,	  /* verification was required and no PIN is set */
	CEREMONY_UNABLE = 9,	  /* residency, verification or algorithm: ConstraintError */
	CEREMONY_UNPLUGGED = 10,
	CEREMONY_BUSY = 11,   /* another program has it */
	CEREMONY_BROKEN = 12, /* it answered nonsense */
	CEREMONY_CANCELLED = 13,
	CEREMONY_PIN_MUST_CHANGE = 14, /* the key asks for a new PIN first */
	CEREMONY_PIN_SHORT = 15,       /* no PIN of this key; no try was spent */
	CEREMONY_PIN_LONG = 16,	       /* no PIN of any key; no try was spent */
};

/* DONE: u8 end, u8 tries_left, str detail (for the log), u8 flags; for OK also
 * str rp_id, bytes id, bytes auth_data, bytes signature, bytes user_handle,
 * u32 cose_algorithm, str format, bytes attestation, u8 transports.  The new
 * key stands in auth_data, a certificate in the attestation. */
struct ceremony_result {
	enum ceremony_end end;
	uint8_t tries_left;
	char detail[CEREMONY_DETAIL_MAX];
	bool uv_initialized; /* the key has a PIN or a fingerprint */
	bool id_omitted;     /* the key left the id out: the one asked for (67) */
	char rp_id[WIRE_RPID_MAX + 1];
	uint16_t id_len;
	uint8_t id[WIRE_EXTERNAL_MAX + 1];
	uint16_t auth_data_len;
	uint8_t auth_data[CEREMONY_AUTHDATA_MAX]; /* raw, without CBOR framing */
	uint16_t signature_len;
	uint8_t signature[CEREMONY_SIGNATURE_MAX];
	uint8_t user_handle_len;
	uint8_t user_handle[64];
	/* CREATE */
	int32_t cose_algorithm;
	char format[33];
	uint16_t attestation_len;
	uint8_t attestation[CEREMONY_ATTESTATION_MAX]; /* attStmt, CBOR; with direct attestation */
	uint8_t transports;
};

/* PRESENT: u8 found, u8 has_pin, u8 can_verify, u8 entry (index of the first
 * one found), u8 tries_left. */
struct ceremony_present {
	bool found; /* GET: an entry is here; CREATE: an excluded one is */
	bool has_pin;
	bool can_verify; /* a fingerprint reader that is set up */
	uint8_t entry;
	uint8_t tries_left;
};

bool ceremony_put_begin(struct wire_out *out, const struct type_ceremony *ceremony);
/* Entries are written to `entry`, which has room for CEREMONY_ENTRIES_MAX. */
bool ceremony_get_begin(const void *message, size_t len, struct type_ceremony *ret_ceremony,
			struct ceremony_entry *entry);
bool ceremony_put_present(struct wire_out *out, const struct ceremony_present *present);
bool ceremony_get_present(const void *message, size_t len, struct ceremony_present *ret_present);
bool ceremony_put_done(struct wire_out *out, const struct ceremony_result *result);
bool ceremony_get_done(const void *message, size_t len, struct ceremony_result *ret_result);

/*
 * What the host's `ceremony` returns once the first key has won and the others
 * were cancelled.  When it ran and no key answered: result.end says why, with
 * the most useful reason of all keys; `present` is how many keys were plugged
 * in, `matching` how many hold an enrolled credential.
 */
struct type_ceremony_result {
	unsigned present, matching;
	struct ceremony_result result;
};

#endif
