/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * harness - the real webcred-device, as another uid, between a test that plays
 * the session and the software authenticator (or a wire that spoils what it
 * says).
 *
 * A check that fails prints where and why; the test goes on to its end, so
 * that nothing is left running.
 */
#ifndef TESTS_DEVICE_HARNESS_H
#define TESTS_DEVICE_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/core/types/ceremony.h"

#define HARNESS_UID 65534
#define PROMPT_MS 3000 /* for what needs no waiting */

struct rig {
	char folder[64];
	char control[96], log[96];
	char device[128];
	pid_t key;    /* softkey, 0 when it is gone */
	pid_t wire;   /* see harness_spoil */
	pid_t helper; /* webcred-device */
	int channel;  /* our end, -1 when closed */
	unsigned failures_before;
	int device_fd; /* what the helper gets; -1: the key's pty */
};

/* What was seen on the way to DONE. */
struct seen {
	bool present;
	struct ceremony_present at_start;
	unsigned touches, fingerprints, pins;
	uint8_t pin_tries, pin_again;
	bool done;
	struct ceremony_result result;
	int64_t took_ms; /* from GO, or else from BEGIN, to DONE */
};

bool harness_check(bool right, const char *file, int line, const char *what);
#define CHECK(condition) harness_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_END(seen, wanted) harness_check_end((seen), (wanted), __FILE__, __LINE__)
bool harness_check_end(const struct seen *seen, enum ceremony_end wanted, const char *file,
		       int line);
/* How many checks have failed so far. */
unsigned harness_failures(void);

/* Starts a key; options as of softkey, ended by NULL. */
void rig_start(struct rig *rig, const char *const *options);
void rig_stop(struct rig *rig);
/* One command to the key; false where it says no. */
bool rig_ctl(const struct rig *rig, const char *command);
/* The key's log has a line that holds `word`. */
bool rig_logged(const struct rig *rig, const char *word);
/* Puts a process between key and helper that hands each report of the key to
 * `spoil`, with its number; what that returns (up to 64 bytes; 0 drops it) is
 * passed on. */
typedef size_t (*harness_spoiler)(uint8_t *report, unsigned number, unsigned seed);
void rig_spoil(struct rig *rig, harness_spoiler spoiler, unsigned seed);

/* Starts the helper and sends BEGIN. */
void rig_begin(struct rig *rig, const struct type_ceremony *ceremony);
void rig_send(struct rig *rig, enum ceremony_message type);
void rig_send_pin(struct rig *rig, const char *pin);
/* The next message, or 0 after ms: its type; `seen` remembers it. */
uint8_t rig_next(struct rig *rig, int64_t ms, struct seen *seen);
/* Reads on until a message of this type. */
bool rig_until(struct rig *rig, enum ceremony_message type, int64_t ms, struct seen *seen);
void rig_hang_up(struct rig *rig);
/* The helper has ended: true where by itself, with status 0, within ms. */
bool rig_ended_well(struct rig *rig, int64_t ms);
/* From BEGIN to DONE: GO, and the PIN wherever it is asked for (NULL: CANCEL). */
void rig_run(struct rig *rig, const struct type_ceremony *ceremony, const char *pin, int64_t ms,
	     struct seen *ret_seen);

/* The helper's path opened, so that another uid may start it. */
int harness_helper(void);
pid_t harness_start_helper(int device, int channel, const char *probe, uid_t uid, bool groups);
int harness_wait(pid_t pid, int64_t ms); /* its status, or -1: killed by us */

#endif
