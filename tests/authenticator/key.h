/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The key itself: it takes CTAPHID requests, runs the ceremonies, waits for
 * the user, and misbehaves where it was told to.
 */
#ifndef SOFTKEY_KEY_H
#define SOFTKEY_KEY_H

#include "hid.h"
#include "log.h"
#include "pin_protocol.h"
#include "settings.h"
#include "state.h"

/* Status codes of CTAP 2.1, section 8.2. */
enum ctap_status {
	CTAP_OK = 0x00,
	CTAP_INVALID_COMMAND = 0x01,
	CTAP_INVALID_PARAMETER = 0x02,
	CTAP_INVALID_LENGTH = 0x03,
	CTAP_CBOR_UNEXPECTED_TYPE = 0x11,
	CTAP_INVALID_CBOR = 0x12,
	CTAP_MISSING_PARAMETER = 0x14,
	CTAP_CREDENTIAL_EXCLUDED = 0x19,
	CTAP_UNSUPPORTED_ALGORITHM = 0x26,
	CTAP_OPERATION_DENIED = 0x27,
	CTAP_KEY_STORE_FULL = 0x28,
	CTAP_UNSUPPORTED_OPTION = 0x2b,
	CTAP_INVALID_OPTION = 0x2c,
	CTAP_KEEPALIVE_CANCEL = 0x2d,
	CTAP_NO_CREDENTIALS = 0x2e,
	CTAP_USER_ACTION_TIMEOUT = 0x2f,
	CTAP_NOT_ALLOWED = 0x30,
	CTAP_PIN_INVALID = 0x31,
	CTAP_PIN_BLOCKED = 0x32,
	CTAP_PIN_AUTH_INVALID = 0x33,
	CTAP_PIN_AUTH_BLOCKED = 0x34,
	CTAP_PIN_NOT_SET = 0x35,
	CTAP_PUAT_REQUIRED = 0x36,
	CTAP_PIN_POLICY_VIOLATION = 0x37,
	CTAP_UV_BLOCKED = 0x3c,
	CTAP_UV_INVALID = 0x3f,
	CTAP_UNAUTHORIZED_PERMISSION = 0x40,
	CTAP_OTHER = 0x7f,
	/* Not on the wire: the command must be run again once the user has
	 * touched, and has changed nothing so far. */
	CTAP_NEEDS_TOUCH = 0x100,
};

enum ctap_command {
	CTAP_MAKE_CREDENTIAL = 0x01,
	CTAP_GET_ASSERTION = 0x02,
	CTAP_GET_INFO = 0x04,
	CTAP_CLIENT_PIN = 0x06,
	CTAP_RESET = 0x07,
	CTAP_GET_NEXT_ASSERTION = 0x08,
	CTAP_SELECTION = 0x0b,
};

/* What lives until power is lost. */
struct session {
	struct pin_protocol protocols[2];
	unsigned pin_mismatches; /* three in a row need a power cycle */
	/* getNextAssertion (6.3). */
	struct credential *next[64];
	size_t next_count;
	uint8_t next_hash[32];
	uint8_t next_flags;
	int64_t next_deadline;
};

enum ceremony_phase {
	CEREMONY_NONE,
	CEREMONY_TOUCH,	  /* waiting for the user */
	CEREMONY_STALLED, /* never to be answered */
	CEREMONY_FLOODING,
};

struct ceremony {
	enum ceremony_phase phase;
	struct buf request;
	bool touched;
	bool asks_touch; /* up=false requests are answered honestly */
	int64_t touch_at, timeout_at, keepalive_at;
	unsigned keepalives;
};

struct key {
	struct settings settings;
	struct state state;
	struct session session;
	struct ceremony ceremony;
	struct hid hid;
	struct log log;
	/* Who made the key; hid_ops.send and init find it here. */
	void *transport;
	int64_t now, born;
	int64_t u2f_poll_until;	 /* an U2F client polls for a touch, or -1 */
	int64_t u2f_touch_at;	 /* when the one it polls for comes, or -1 */
	int64_t u2f_touch_until; /* how long a given touch counts, or -1 */
	bool unplugged;
};

void key_init(struct key *, const struct hid_ops *, void *transport);
void key_deinit(struct key *);
/* Once settings and state are known: capabilities, attestation. */
int key_start(struct key *);

/* The upward half of hid_ops; ctx is the key. */
void key_on_init(void *, bool broadcast);
void key_on_request(void *, uint8_t cmd, const uint8_t *, size_t);
void key_on_cancel(void *, bool running);
void key_on_abort(void *);
void key_on_wink(void *);

/* Time. The deadline is -1 where nothing is due. */
void key_tick(struct key *, int64_t now);
int64_t key_deadline(const struct key *);

/* After a change of settings: bring what is under way in line with them. */
void key_settle(struct key *);

/* One touch, now. False where nothing waits for it. */
bool key_touch(struct key *);
bool key_awaits_touch(const struct key *);
/* 0 where the user is there, else a status to return at once. */
int key_require_touch(struct key *);

#endif
