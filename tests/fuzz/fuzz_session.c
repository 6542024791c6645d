/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * A whole session: what its client says, what the keeper answers and what the
 * helpers of security keys report, all of it foreign.  The first byte is the
 * verb, the second which socket and whose request it is.  Whatever comes, the
 * session grants nothing that the keeper has not granted.
 */
#include <sodium.h>
#include <sys/eventfd.h>

#include "authority/session.h"
#include "tests/fuzz/talk.h"

/* An Argon2id run takes longer than a thousand inputs, and how much memory it
 * takes stands in the hash.  Every hash is of the answer "right". */
int __wrap_crypto_pwhash_str_verify(const char *hash, const char *password, unsigned long long len);
int __wrap_crypto_pwhash_str_verify(const char *hash, const char *password, unsigned long long len)
{
	return hash[0] == '$' && len == 5 && memcmp(password, "right", 5) == 0 ? 0 : -1;
}

int __wrap_crypto_pwhash_str_alg(char *hash, const char *password, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm);
int __wrap_crypto_pwhash_str_alg(char *hash, const char *password, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm)
{
	(void)password;
	(void)passes;
	(void)memory;
	(void)algorithm;
	(void)snprintf(hash, crypto_pwhash_STRBYTES, "$argon2id$%llu", len);
	return 0;
}

static int client, keeper;
static unsigned results;

static void heard(int fd, const uint8_t *message, size_t len)
{
	static struct wire_result result;

	if (fd != client)
		return;
	fuzz_insist(results == 0); /* RESULT is the last message */
	if (message[0] != WIRE_RESULT)
		return;
	results++;
	fuzz_insist(wire_get_result(message, len, &result));
	fuzz_insist(result.granted != WEBCRED_GRANTED || talk_granted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct question_assign assign = {.name = "alice", .uid = 1000};
	static struct wire_out out;

	if (size < 2)
		return 0;
	if (client == 0) {
		client = talk_descriptor();
		keeper = eventfd(0, EFD_CLOEXEC);
		fuzz_insist(sodium_init() >= 0 && client > 0 && keeper > 0);
	}
	assign.verb = data[0] % (WIRE_BACKUP + 2);
	assign.login_socket = data[1] & 0x01;
	assign.requester = data[1] & 0x02 ? 1000 : 0;
	question_put_assign(&out, &assign);
	results = 0;
	talk_begin(data + 2, size - 2, client, heard);
	talk_first(out.bytes, out.len, client);
	fuzz_insist(session_run(keeper, true) == 0);
	return 0;
}
