/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * ssh_agent - the protocol of ssh agents (draft-miller-ssh-agent), as far as a
 * login needs it: which keys are there, and a signature by one of them.
 *
 * Pure: bytes in, bytes out.  Messages are given without the four bytes of
 * length that stand before each on the way.  What comes in was written by
 * whoever holds the other end: nothing of it is believed but a signature that
 * verifies.  Signatures of security keys are those of OpenSSH's PROTOCOL.u2f.
 */
#ifndef WEBCRED_CORE_SSH_AGENT_H
#define WEBCRED_CORE_SSH_AGENT_H

#include "lib/core/credential.h"

#define SSH_AGENT_MESSAGE_MAX (256 * 1024) /* what ssh-agent itself takes */
#define SSH_AGENT_KEYS_MAX 2048
#define SSH_AGENT_KEY_MAX 512 /* type, curve, point and application */
#define SSH_AGENT_REQUEST_MAX (SSH_AGENT_KEY_MAX + 512)
#define SSH_AGENT_COMMENT_MAX 1023
#define SSH_AGENT_SIGNATURE_MAX 80 /* ECDSA, P-256, DER: 72 at most */

/* The public key of an ssh-sk record as ssh writes it; its length, or 0 for a
 * record that an agent cannot hold. */
size_t ssh_agent_key(const struct credential *record, uint8_t *buffer, size_t size);

/* Requests; their length, or 0 where the buffer is too small. */
size_t ssh_agent_put_list(uint8_t *buffer, size_t size);
size_t ssh_agent_put_sign(const uint8_t *key, size_t key_len, const void *data, size_t len,
			  uint8_t *buffer, size_t size);

/* The agent says no, and nothing else: to a signature, that the key was not
 * touched, is not there, or may not be used for this. */
bool ssh_agent_refused(const uint8_t *message, size_t len);

/*
 * Calls `each` for every key in the answer to a list: the key as ssh writes it and its
 * comment, both lent.  Another value than true ends the walk.  Returns NULL, or
 * what is wrong, for the log; then `each` may have been called before.
 */
typedef bool ssh_agent_each(void *context, const uint8_t *key, size_t key_len, const char *comment,
			    size_t comment_len);
const char *ssh_agent_get_keys(const uint8_t *message, size_t len, ssh_agent_each *each,
			       void *context);

/* A security key's signature, and what the key said beside it. */
struct ssh_agent_signature {
	int32_t algorithm; /* COSE_ES256 or COSE_EDDSA */
	uint8_t flags;
	uint32_t counter;
	size_t len;
	uint8_t bytes[SSH_AGENT_SIGNATURE_MAX]; /* as WebAuthn has it: DER, or 64 bytes */
};

/* Returns NULL, or what is wrong, for the log. */
const char *ssh_agent_get_signature(const uint8_t *message, size_t len,
				    struct ssh_agent_signature *ret_signature);

#endif
