/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What an ssh agent says: a list of keys, a signature; the first byte of a message says which. And
 * what one is asked to sign: the texts in it come from the caller. And what becomes of a signature.
 */
#include "lib/core/types/import.h"
#include "lib/core/types/public_key_agent.h"
#include "lib/core/types/public_key_check.h"
#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/sshsig.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_TEXTS 200 /* no message but ours begins so */
#define MESSAGE_JUDGE 201

struct seen {
	const uint8_t *from, *to;
	unsigned n;
};

/* What is asked about a key holds the key whole; where it does not fit, nothing is said. */
static void ask(const uint8_t *key, size_t len)
{
	static uint8_t request[SSH_AGENT_REQUEST_MAX];
	uint8_t list;
	const char *data = "what is to be signed";
	size_t n = ssh_agent_put_sign(key, len, data, strlen(data), request, sizeof(request));

	fuzz_insist(n == 0 || n == 1 + 4 + len + 4 + strlen(data) + 4);
	fuzz_insist((n == 0) == (1 + 4 + len + 4 + strlen(data) + 4 > sizeof(request)));
	fuzz_insist(n == 0 || len == 0 || memcmp(request + 5, key, len) == 0);
	fuzz_insist(ssh_agent_put_list(&list, 1) == 1 && ssh_agent_put_list(&list, 0) == 0);
}

/* What is lent lies in the message, and a key that is taken is written back as it was. */
static bool hold(void *context, const uint8_t *key, size_t len, const char *comment,
		 size_t comment_len)
{
	static struct credential record;
	static uint8_t again[SSH_AGENT_KEY_MAX];
	struct seen *seen = context;

	fuzz_insist(++seen->n <= SSH_AGENT_KEYS_MAX);
	fuzz_insist(len == 0 || (key >= seen->from && key + len <= seen->to));
	fuzz_insist(comment_len == 0 || ((const uint8_t *)comment >= seen->from &&
					 (const uint8_t *)comment + comment_len <= seen->to));
	ask(key, len);
	if (import_openssh_key(key, len, comment, comment_len, &record) == NULL) {
		fuzz_insist(record.kind == KIND_SSH_SK && !record.no_touch);
		fuzz_insist(ssh_agent_key(&record, again, sizeof(again)) == len);
		fuzz_insist(memcmp(again, key, len) == 0);
		fuzz_insist(ssh_agent_key(&record, again, len - 1) == 0);
		record.cose_algorithm = 0;
		record.key_len--;
		fuzz_insist(ssh_agent_key(&record, again, sizeof(again)) == 0);
		record.kind = KIND_PASSWORD;
		fuzz_insist(ssh_agent_key(&record, again, sizeof(again)) == 0);
	}
	/* A comment of one byte, 0xff, ends the walk, as the caller may. */
	return comment_len != 1 || *(const uint8_t *)comment != 0xff;
}

/* No two sets of texts are signed as one: what ends one text cannot begin the next. */
static void try_texts(const uint8_t *data, size_t size)
{
	struct fuzz_pieces pieces = {data, size};
	char *text[6];
	uint8_t first[SSHSIG_SIZE], second[SSHSIG_SIZE];
	struct sshsig about = {.challenge = {1}};
	size_t len;

	for (size_t i = 0; i < 6; i++) {
		const uint8_t *piece = fuzz_piece(&pieces, &len);

		text[i] = fuzz_text(piece, len);
	}
	about.purpose = text[0];
	about.rp_id = text[1];
	about.host = text[2];
	about.service = text[3];
	about.user = text[4];
	about.tty = text[5][0] ? text[5] : NULL;
	if (sshsig_make(&about, first) == 0 && about.tty) {
		about.user = text[5];
		about.tty = text[4];
		fuzz_insist(sshsig_make(&about, second) == 0);
		fuzz_insist((memcmp(first, second, sizeof(first)) == 0) ==
			    (strcmp(text[4], text[5]) == 0));
		fuzz_insist(memcmp(first, "SSHSIG\0\0\0\7webcred", 17) == 0);
	}
	for (size_t i = 0; i < 6; i++)
		free(text[i]);
}

/* How the policy takes counters, and the counter that is known; a key; what the agent says. */
static void try_judge(const uint8_t *data, size_t size)
{
	static struct credential record;
	struct fuzz_pieces pieces = {data, size};
	struct sshsig about = {.purpose = "get",
			       .rp_id = "host.example",
			       .host = "host.example",
			       .service = "sudo",
			       .user = "alice",
			       .tty = "/dev/pts/1"};
	uint8_t how = fuzz_byte(&pieces);
	struct policy policy = {.counter = how % (COUNTER_IGNORE + 1)};
	struct public_key_agent_attempt attempt = {.answer.end = TYPE_AGENT_ANSWERED};
	struct public_key_judgement judged;
	size_t len;
	const uint8_t *key = fuzz_piece(&pieces, &len);

	for (uint8_t i = 0; i < sizeof(about.challenge); i++)
		about.challenge[i] = i;
	if (import_openssh_key(key, len, "", 0, &record) != NULL)
		return;
	record.moving = how >> 4;
	fuzz_insist(sshsig_make(&about, attempt.to_sign) == 0);
	attempt.answer.bytes = pieces.at;
	attempt.answer.len = pieces.left;
	public_key_agent_judge(&policy, &record, how & 0x08, &attempt, &judged);
	fuzz_insist(judged.verdict == VERDICT_GRANTED || judged.reason[0] != '\0');
	fuzz_insist(judged.verdict != VERDICT_GRANTED || judged.user_present);
	fuzz_insist(judged.verdict != VERDICT_GRANTED || judged.user_verified || !(how & 0x08));
	fuzz_insist(judged.verdict != VERDICT_GRANTED || policy.counter != COUNTER_FAIL ||
		    judged.counter > record.moving || (judged.counter == 0 && record.moving == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = {data, data + size, 0};
	struct ssh_agent_signature signature;

	if (size > 0 && data[0] == MESSAGE_TEXTS)
		try_texts(data + 1, size - 1);
	if (size > 0 && data[0] == MESSAGE_JUDGE)
		try_judge(data + 1, size - 1);
	(void)ssh_agent_get_keys(data, size, hold, &seen);
	if (ssh_agent_get_signature(data, size, &signature) == NULL) {
		fuzz_insist(signature.algorithm == COSE_ES256 || signature.algorithm == COSE_EDDSA);
		fuzz_insist(signature.len >= 8 && signature.len <= sizeof(signature.bytes));
		fuzz_insist(!ssh_agent_refused(data, size));
	}
	return 0;
}
