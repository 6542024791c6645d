/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What the key is, and how it behaves: name=value pairs that may be given as
 * options and, while it runs, over the control socket.
 */
#ifndef SOFTKEY_SETTINGS_H
#define SOFTKEY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct key;

enum touch { TOUCH_AUTO, TOUCH_REFUSE, TOUCH_WAIT, TOUCH_DELAY };
enum uv { UV_NONE, UV_OK, UV_FAIL, UV_BLOCKED };
enum stall { STALL_NONE, STALL_BEFORE, STALL_MID_FRAME, STALL_SILENT };
enum flood { FLOOD_NONE, FLOOD_KEEPALIVES, FLOOD_REPORTS };
enum attestation { ATTESTATION_BASIC, ATTESTATION_SELF, ATTESTATION_NONE };
enum backup { BACKUP_NONE, BACKUP_ELIGIBLE, BACKUP_BACKED_UP };

enum lie {
	LIE_NONE,
	LIE_BAD_SIGNATURE,
	LIE_WRONG_RPID_HASH,
	LIE_NO_UP,
	LIE_NO_UV,
	LIE_COUNTER_STILL,
	LIE_COUNTER_BACK,
	LIE_AT_SET,
	LIE_AT_DATA,
	LIE_TRAILING_BYTES,
	LIE_TRAILING_CBOR,
	LIE_BS_WITHOUT_BE,
	LIE_BE_FLIP,
	LIE_OTHER_CREDENTIAL_ID,
	LIE_WRONG_USER_HANDLE,
	LIE_EMPTY_ID,
	LIE_HUGE_ID,
	LIE_WRONG_ALG,
	LIE_ZERO_LENGTH_AUTHDATA,
	LIE_REPLAY,
	LIE_RANDOM_CBOR,
	LIE_HUGE_CBOR,
	LIE_TRUNCATED_CBOR,
	LIE_BOMB_CBOR,
};

#define SETTINGS_ALGORITHMS 3

struct settings {
	/* What it is. */
	bool fido_2_0, fido_2_1, u2f, ctap2;
	int algorithms[SETTINGS_ALGORITHMS]; /* 0 ends it early */
	uint8_t aaguid[16];
	enum attestation attestation;
	char transports[64];
	bool rk, up, client_pin, pin_one, pin_two, tell_retries;
	bool always_uv, hmac_secret, make_cred_uv_not_rqd;
	bool omit_id;
	enum backup backup;
	unsigned max_resident;
	unsigned credential_id_length;
	unsigned counter_step;
	/* How it behaves. */
	enum touch touch;
	unsigned touch_delay; /* ms, TOUCH_DELAY */
	unsigned touch_timeout;
	enum uv uv;
	enum lie lie;
	enum stall stall;
	enum flood flood;
	unsigned error;	       /* CTAP status for ceremonies, 0 for none */
	unsigned reset_window; /* ms from start, 0 for no limit */
};

void settings_init(struct settings *);

/*
 * Apply one "name=value" or "verb". Returns 0 and leaves an answer, or -1 and
 * leaves a reason, in ret_text.
 */
int settings_apply(struct key *, const char *command, char *ret_text, size_t size);
bool settings_known(const char *name);
void settings_help(FILE *);

#endif
