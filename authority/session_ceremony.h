/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_ceremony - one ceremony, as its two halves share it.
 *
 *   session_ceremony.c  what the keys say, and who wins
 *   session_pin.c       the PIN of one that asks for it
 *   session_insert.c    which keys there are: those present at first, those that
 *                       are plugged in or come free while it runs
 */
#ifndef WEBCRED_AUTHORITY_SESSION_CEREMONY_H
#define WEBCRED_AUTHORITY_SESSION_CEREMONY_H

#include "authority/session.h"
#include "lib/core/types/ceremony.h"

#define CEREMONY_KEYS_MAX 8
#define CEREMONY_LOOK_MS 3000  /* the silent pre-flight of a healthy key takes 20 */
#define CEREMONY_SETTLE_MS 250 /* so long a key waits for slower ones to blink with it */
#define CEREMONY_CANCEL_MS 400 /* helpers wait 200 for the key's own answer */
#define CEREMONY_REASK_MS 300  /* how often the keeper is asked for new keys */
#define CEREMONY_HELD_MS 5000  /* how long another program is waited for */

struct ceremony_key {
	int channel; /* -1 once it is over */
	bool looked, going, told;
	uint8_t pins; /* how often its PIN was asked for */
	int64_t look_until;
	struct ceremony_present present;
};

struct ceremony_run {
	struct session *session;
	const struct type_ceremony *ceremony;
	struct ceremony_key key[CEREMONY_KEYS_MAX];
	unsigned n;
	unsigned plugged, held, queued; /* as the keeper counts them */
	unsigned matching;
	int64_t began, deadline;
	uint32_t key_wait_ms;
	int64_t reask_at;
	int64_t go_at; /* when those that were found may blink; INT64_MAX: none yet */
	/* Nobody blinks, and a key is waited for: from when on, and what was said. */
	int64_t waiting_since; /* 0: not waiting */
	enum ceremony_wait { WAIT_NOT, WAIT_INSERT, WAIT_HELD, WAIT_QUEUED } waiting;
	bool touch_told, pin_asked;
	bool awaited; /* the keeper shows that a touch is */
	bool won;
	bool answered;		       /* the prompt beside the key settled it */
	int trouble;		       /* outcome or fault that ends the whole */
	struct ceremony_result result; /* the winner's, or the most telling so far */
};

/* session_ceremony.c */
void ceremony_send(struct ceremony_run *run, struct ceremony_key *key, const struct wire_out *out);
void ceremony_say(struct ceremony_run *run, struct ceremony_key *key, enum ceremony_message word);
/* The label of the entry it was found to hold, or "". */
const char *ceremony_label(const struct ceremony_run *run, const struct ceremony_key *key);
void ceremony_keep(struct ceremony_run *run, const struct ceremony_result *result);

/* session_pin.c: a key wants its PIN; again: as in public_key_pin_text(). */
void ceremony_ask_pin(struct ceremony_run *run, struct ceremony_key *key, uint8_t tries,
		      uint8_t again);

/* session_insert.c */
/* Asks the keeper for keys, the first time or again, and begins with each. */
void insert_ask(struct ceremony_run *run);
/* Nothing blinks and nothing is looked at: whether to wait for a key, and the word
 * about it, once.  *ret_until: no longer than that. */
bool insert_wait(struct ceremony_run *run, int64_t *ret_until);
/* Nothing came: a key that somebody else has is what there was. */
void insert_give_up(struct ceremony_run *run);
uint32_t insert_key_wait(const struct session *session, const struct type_ceremony *ceremony);

#endif
