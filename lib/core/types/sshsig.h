/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sshsig - what a key in an ssh agent is asked to sign.
 *
 * An SSHSIG of OpenSSH (PROTOCOL.sshsig): its preamble, a namespace, the name of
 * a hash and the hash of a message.  The namespace "webcred" makes it a login
 * here and nothing else: ssh signs other things at a login of its own, and git
 * and ssh-keygen -Y sign in other namespaces.
 *
 * The message is ours, and never leaves this process; it is, as ssh's strings:
 *
 *   "webcred-agent-1"       what this is
 *   "get" or "create"       what the signature is for
 *   rpId, host              of this machine
 *   service, user, tty      who asks for what, where; the tty may be empty
 *   challenge               32 fresh bytes
 */
#ifndef WEBCRED_CORE_SSHSIG_H
#define WEBCRED_CORE_SSHSIG_H

#include <stddef.h>
#include <stdint.h>

#define SSHSIG_NAMESPACE "webcred"
#define SSHSIG_CHALLENGE_SIZE 32
#define SSHSIG_SIZE 99 /* with this namespace and SHA-512 */

struct sshsig {
	/* NULL stands for an empty one. */
	const char *purpose;
	const char *rp_id, *host, *service, *user, *tty;
	uint8_t challenge[SSHSIG_CHALLENGE_SIZE];
};

/* The bytes to sign: 0, or -EMSGSIZE, or -EIO where the library fails. */
int sshsig_make(const struct sshsig *about, uint8_t ret_signed[SSHSIG_SIZE]);

#endif
