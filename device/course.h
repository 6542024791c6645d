/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * course - one ceremony with one key, from BEGIN to DONE.
 *
 *   course.c     the order of things, and the words on the channel
 *   key.c        opening the device; what it says it can do
 *   preflight.c  which entry it holds, without its owner noticing
 *   person.c     fingerprint, PIN or neither, and the touch
 *   pin.c        the PIN: its form, and its tries
 *   get.c        the assertion            create.c  the new credential
 *   end.c        what every way to fail is called
 *
 * A step returns CEREMONY_OK to go on, or how the ceremony ended; the words
 * for the log are in result.detail by then.
 */
#ifndef WEBCRED_DEVICE_COURSE_H
#define WEBCRED_DEVICE_COURSE_H

#include <stdbool.h>
#include <stdint.h>

/* Before fido.h, whose macros have the names of our COSE numbers, and their
 * values. */
#include "lib/core/types/ceremony.h"

#include <fido.h>

#include "device/io.h"
#include "lib/base/secret.h"

#define COURSE_TRIES_UNKNOWN 255u
#define COURSE_ALGORITHMS_MAX 8u

/* What the key says of itself (authenticatorGetInfo). */
struct key {
	fido_dev_t *dev;
	bool fido2;
	bool supports_pin, has_pin, pin_must_change;
	bool supports_uv, has_uv; /* built-in verification: a fingerprint, mostly */
	bool always_uv;
	bool resident;
	bool create_without_uv; /* makeCredUvNotRqd */
	uint8_t transports;
	uint8_t tries_left;
	uint64_t message_max, list_max, id_max, pin_min;
	unsigned n_algorithms; /* 0: it did not say */
	int algorithm[COURSE_ALGORITHMS_MAX];
};

/* What the pre-flight found. */
struct found {
	bool any;
	bool exact;    /* entry is on the key; else the key would not tell */
	uint8_t entry; /* its index, or the first of those it may be */
};

struct course {
	struct io io;
	struct key key;
	struct type_ceremony ask;
	struct ceremony_entry entry[CEREMONY_ENTRIES_MAX];
	struct found found;
	struct ceremony_result result;
	fido_assert_t *assertion; /* of the last try */
	fido_cred_t *credential;
	bool silent; /* neither touch nor finger is waited for: a no-touch entry */
};

/* Runs it; the result was sent, if there was anybody to send it to. */
void course_run(int device, int channel);

/* For the steps: a message to the session.  Its loss shows in the next wait. */
void course_say(struct course *course, enum ceremony_message type, const uint8_t *bytes, size_t n);
/* Waits for the session's next message, watching for the loss of the device:
 * its length, or how it ended. */
enum ceremony_end course_hear(struct course *course, uint8_t *buffer, size_t size, int64_t deadline,
			      size_t *ret_len);

enum ceremony_end key_open(struct course *course, int64_t deadline);
/* Asks the key how many PIN tries are left. */
void key_count_tries(struct course *course);
void key_close(struct key *key);

enum ceremony_end preflight_run(struct course *course);
/* How many of the entries from `first` on that are for rp_id, starting with
 * it, fit into one request; their indices are in `ret_batch`. */
uint8_t preflight_batch(const struct course *course, uint8_t first, const bool *done,
			uint8_t *ret_batch);

/* One try: with built-in verification, or with a PIN, or with neither.
 * Returns libfido2's code. */
typedef int (*person_try)(struct course *course, bool uv, const char *pin);
enum ceremony_end person_run(struct course *course, person_try attempt,
			     enum webcred_user_verification wanted);

/* It blinks now, or wants a finger; from here on the person has the ceremony's time. */
void person_say_touch(struct course *course, bool fingerprint);
/* The same with a PIN, asked for as often as ask.pin_tries says. */
enum ceremony_end pin_run(struct course *course, person_try attempt);

enum ceremony_end get_run(struct course *course);
/* One assertion of entries (none: discoverable ones) for course->assertion. */
int get_assert(struct course *course, const char *rp_id, const uint8_t *hash, const uint8_t *batch,
	       uint8_t n, fido_opt_t up, bool uv, const char *pin);

enum ceremony_end create_run(struct course *course);

/* Names the end and notes `what` was being done; r is libfido2's code. */
enum ceremony_end end_of(struct course *course, int r, const char *what);
/* An end that is ours to name. */
enum ceremony_end end_with(struct course *course, enum ceremony_end end, const char *detail);

#endif
