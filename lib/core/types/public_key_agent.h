/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_agent - what get() and create() through an ssh agent have in common. */
#ifndef WEBCRED_CORE_PUBLIC_KEY_AGENT_H
#define WEBCRED_CORE_PUBLIC_KEY_AGENT_H

#include "lib/core/types/public_key.h"
#include "lib/core/types/ssh_agent.h"
#include "lib/core/types/sshsig.h"

#define PUBLIC_KEY_AGENT_LIST_MS 10000 /* across a network, and nobody has to do anything */

/* One signature: what was asked for, and what came back. */
struct public_key_agent_attempt {
	struct sshsig about;
	uint8_t to_sign[SSHSIG_SIZE];
	struct type_agent_answer answer;
	struct ssh_agent_signature signature;
	uint8_t auth_data[PUBLIC_KEY_AUTH_MIN];
};

/* Tells the person which key to touch; as the host's show. */
int public_key_agent_touch(const struct type_host *host, const char *label);
/* Asks the key for a signature over a fresh challenge; as the host's agent. */
int public_key_agent_sign(const struct type_host *host, const uint8_t *key, size_t key_len,
			  uint32_t timeout_ms, struct public_key_agent_attempt *attempt);
/* Judges what the agent ANSWERED. */
void public_key_agent_judge(const struct policy *policy, const struct credential *record,
			    bool user_verification, struct public_key_agent_attempt *attempt,
			    struct public_key_judgement *judged);
/* Why there is no answer, for the log. */
void public_key_agent_end_text(const struct type_agent_answer *answer, char *text, size_t size);

#endif
