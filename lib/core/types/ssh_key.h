/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * ssh_key - a security key that sshd itself has just verified.
 *
 * sshd leaves in SSH_AUTH_INFO_0 one line for each method that succeeded; that
 * of a security key is (auth2_update_session_info() of OpenSSH)
 *
 *   publickey sk-ssh-ed25519@openssh.com BASE64 signature count = 7
 *
 * The line has neither a presence nor a verification bit: that a touch was
 * required is for the administrator to assert, and verification it never shows.
 * What keeps it from being said twice is the counter, which has to rise.
 */
#ifndef WEBCRED_CORE_SSH_KEY_H
#define WEBCRED_CORE_SSH_KEY_H

#include "lib/core/types/type.h"

struct ssh_key {
	struct credential named; /* its public key, as a COSE_Key, and application */
	uint32_t counter;
};

/* Every line has to be one that sshd writes; the first that names a security
 * key counts.  False, and nothing written, where there is none. */
bool ssh_key_parse(const char *text, size_t len, struct ssh_key *ret_key);
/* The same public key, whatever its records are called. */
bool ssh_key_same(const struct credential *a, const struct credential *b);
/*
 * A step of a login: `text` is SSH_AUTH_INFO_0.  SUCCESS for an enrolled key
 * whose counter rose, by the host's commit; UNAVAIL where policy or the line do
 * not have it, NOTFOUND for a key that is not enrolled.  Nobody is asked.
 */
enum webcred_status ssh_key_get(const struct type_host *host, struct type_login *login,
				const char *text);

#endif
