/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/sshsig.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/base/wire.h"
#include "lib/core/types/ssh_blob.h"

#define MESSAGE_MAX                                                                                \
	(128 + 2 * WIRE_RPID_MAX + WIRE_SERVICE_MAX + WIRE_NAME_MAX + WIRE_TTY_MAX +               \
	 SSHSIG_CHALLENGE_SIZE)
#define HASH "sha512"
#define HASH_SIZE 64

static void sshsig_text(struct ssh_out *out, const char *text)
{
	ssh_out_text(out, text != NULL ? text : "");
}

static int sshsig_hash(const struct sshsig *about, uint8_t hash[HASH_SIZE])
{
	uint8_t message[MESSAGE_MAX];
	struct ssh_out out = {.bytes = message, .size = sizeof(message)};

	ssh_out_text(&out, "webcred-agent-1");
	sshsig_text(&out, about->purpose);
	sshsig_text(&out, about->rp_id);
	sshsig_text(&out, about->host);
	sshsig_text(&out, about->service);
	sshsig_text(&out, about->user);
	sshsig_text(&out, about->tty);
	ssh_out_string(&out, about->challenge, sizeof(about->challenge));
	if (out.overflow)
		return -EMSGSIZE;
	return EVP_Digest(message, out.len, hash, NULL, EVP_sha512(), NULL) == 1 ? 0 : -EIO;
}

int sshsig_make(const struct sshsig *about, uint8_t ret_signed[SSHSIG_SIZE])
{
	uint8_t hash[HASH_SIZE], bytes[SSHSIG_SIZE];
	struct ssh_out out = {.bytes = bytes, .size = sizeof(bytes)};
	int r = sshsig_hash(about, hash);

	if (r != 0)
		return r;
	ssh_out_bytes(&out, "SSHSIG", 6);
	ssh_out_text(&out, SSHSIG_NAMESPACE);
	ssh_out_text(&out, ""); /* reserved */
	ssh_out_text(&out, HASH);
	ssh_out_string(&out, hash, sizeof(hash));
	if (out.overflow || out.len != SSHSIG_SIZE)
		return -EMSGSIZE;
	memcpy(ret_signed, bytes, SSHSIG_SIZE);
	return 0;
}
