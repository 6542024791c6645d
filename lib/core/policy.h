/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * policy - what the configuration says about one request, as values.
 *
 * The keeper fills it from webcred.conf and from what it knows of the caller,
 * and hands it to the session together with the records.
 */
#ifndef WEBCRED_CORE_POLICY_H
#define WEBCRED_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/wire.h"

enum policy_counter { COUNTER_FAIL = 0, COUNTER_WARN = 1, COUNTER_IGNORE = 2 };

/* Models of keys that may be enrolled (behaviour 78); none: any. */
#define POLICY_MODELS_MAX 16
struct policy_models {
	uint8_t n;
	uint8_t aaguid[POLICY_MODELS_MAX][16];
};

/* key_wait = auto: who has no other way in, and asks for himself, is waited for. */
#define POLICY_KEY_WAIT_AUTO UINT32_MAX
#define POLICY_KEY_WAIT_AUTO_MS 10000u

struct policy {
	char order[WIRE_ORDER_MAX + 1]; /* get = of the service, or [manage] get = */
	char rp_id[WIRE_RPID_MAX + 1];	/* fixed at first start */
	char host[WIRE_RPID_MAX + 1];	/* this host's name, for prompts and client data */
	uint8_t mediation;		/* enum webcred_mediation of the section; 0 by flags */
	uint8_t unknown_as;		/* enum webcred_type; 0: the order's last type */
	uint8_t user_verification;
	uint8_t counter;   /* enum policy_counter */
	uint8_t pin_tries; /* of one login, at one security key; 0 is one */
	bool quiet;	   /* PAM_SILENT does not mean silent here */
	bool echo_code;
	bool chooser; /* offer the choice where there is one (36) */
	bool tell_throttled;
	bool remote;	     /* no local key for this caller */
	bool no_device;	     /* transport = leaves out keys at this machine */
	bool agent;	     /* transport = has keys in a remote caller's ssh agent */
	bool silent_allowed; /* the prevent-silent-access flag is clear */
	bool waived;	     /* MANAGE: root, no proof needed */
	bool ssh_key;	     /* sshd's word about a key is taken from this caller */
	bool one_answer;     /* the service answers every prompt alike: ask for no PIN */
	bool combines;	     /* some service's one prompt takes password or code */
	bool invited;	     /* MANAGE: an invitation is open */
	bool subject_known;  /* the account exists and its uid matches */
	bool barred;	     /* locked, or enrolled under another uid: ask, and refuse */
	uint32_t timeout_ms;
	uint32_t key_wait_ms; /* for a key to be plugged in; POLICY_KEY_WAIT_AUTO */
	uint32_t fail_delay_us;
	uint32_t argon_memory_kib;
	uint32_t argon_passes;
	uint32_t password_min;	 /* characters */
	uint8_t strongest;	 /* credential_strength() of the strongest enrolled */
	uint8_t user_handle[64]; /* behaviour 72; zero for no account yet */
	uint8_t user_handle_len;
	struct policy_models models;
};

void policy_put(struct wire_out *out, const struct policy *policy);
bool policy_get(struct wire_in *in, struct policy *ret_policy);

#endif
