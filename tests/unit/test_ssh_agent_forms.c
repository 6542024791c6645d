/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The forms in which an ssh agent may answer (draft-miller-ssh-agent), to their ends. */
#include <string.h>

#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/ssh_agent.h"
#include "tests/unit/unit.h"

static bool count_all(void *context, const uint8_t *key, size_t len, const char *comment,
		      size_t comment_len)
{
	unsigned *n = context;

	(void)key, (void)len, (void)comment, (void)comment_len;
	++*n;
	return true;
}

/* As many as an agent can hold, each of them empty, and one more. */
static void test_list_of_many(void **state)
{
	static uint8_t many[5 + 8 * (SSH_AGENT_KEYS_MAX + 1)];
	unsigned n = 0;

	(void)state;
	many[0] = 12;
	for (unsigned keys = SSH_AGENT_KEYS_MAX - 1; keys <= SSH_AGENT_KEYS_MAX + 1; keys++) {
		const char *wrong;

		many[3] = (uint8_t)(keys >> 8);
		many[4] = (uint8_t)keys;
		n = 0;
		wrong = ssh_agent_get_keys(many, 5 + 8 * keys, count_all, &n);
		assert_int_equal(n, keys <= SSH_AGENT_KEYS_MAX ? keys : 0);
		if (keys <= SSH_AGENT_KEYS_MAX)
			assert_null(wrong);
		else
			assert_string_equal(wrong,
					    "agent: its list has more keys than an agent holds");
	}
}

/* ssh has security keys of two algorithms; another has no name there. */
static void test_key_of_another_algorithm(void **state)
{
	static const uint8_t n[256] = {0xc1, [255] = 1}, e[3] = {1, 0, 1};
	const struct cose_key key = {COSE_RS256, n, e, sizeof(n), sizeof(e)};
	struct credential record = {.kind = KIND_SSH_SK, .rp_id = "ssh:"};
	uint8_t blob[SSH_AGENT_KEY_MAX];
	struct cose_key read;

	(void)state;
	record.key_len = (uint16_t)cose_write(&key, record.key, sizeof(record.key));
	assert_int_equal(cose_parse(record.key, record.key_len, &read), COSE_OK);
	assert_int_equal(ssh_agent_key(&record, blob, sizeof(blob)), 0);
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
	at[0] = at[1] = 0;
	at[2] = (uint8_t)(len >> 8);
	at[3] = (uint8_t)len;
	memcpy(at + 4, bytes, len);
	return at + 4 + len;
}

/* SIGN_RESPONSE: type, what stands in the signature, flags, counter, and what follows. */
static const char *take(const char *type, const uint8_t *inner, size_t len, size_t follows,
			struct ssh_agent_signature *signature)
{
	uint8_t message[512] = {14}, whole[256], *at = put(whole, type, strlen(type));

	at = put(at, inner, len);
	memcpy(at, "\1\0\0\0\7xxxx", 9);
	at = put(message + 1, whole, (size_t)(at - whole) + 5 + follows);
	memset(signature, 0xee, sizeof(*signature));
	return ssh_agent_get_signature(message, (size_t)(at - message), signature);
}

static void test_forms_of_ed25519(void **state)
{
	static const char type[] = "sk-ssh-ed25519@openssh.com";
	static const char wrong[] = "agent: a security key's signature in no form of theirs";
	static const uint8_t inner[65] = {1, 2, 3};
	struct ssh_agent_signature signature;

	(void)state;
	assert_null(take(type, inner, 64, 0, &signature));
	assert_int_equal(signature.len, 64);
	assert_int_equal(signature.flags, 1);
	assert_int_equal(signature.counter, 7);
	assert_memory_equal(signature.bytes, inner, 64);
	assert_string_equal(take(type, inner, 63, 0, &signature), wrong);
	assert_string_equal(take(type, inner, 65, 0, &signature), wrong);
	assert_string_equal(take(type, inner, 0, 0, &signature), wrong);
	assert_string_equal(take(type, inner, 64, 1, &signature), wrong);
	assert_string_equal(take(type, inner, 63, 1, &signature), wrong);
	assert_string_equal(take("ssh-ed25519", inner, 64, 0, &signature),
			    "agent: its signature is no security key's");
}

/* Two numbers of 1 to 33 bytes, and nothing behind them. */
static void test_forms_of_ecdsa(void **state)
{
	static const char type[] = "sk-ecdsa-sha2-nistp256@openssh.com";
	static const uint8_t number[40] = {0x11, 0x22};
	struct ssh_agent_signature signature;

	(void)state;
	for (size_t r = 0; r <= 34; r++)
		for (size_t s = 0; s <= 34; s++) {
			uint8_t inner[128], *at = put(put(inner, number, r), number, s);
			size_t len = (size_t)(at - inner);
			bool good = r >= 1 && r <= 33 && s >= 1 && s <= 33;

			memset(at, 0, 4);
			assert_int_equal(take(type, inner, len, 0, &signature) == NULL, good);
			if (good) {
				assert_int_equal(signature.len, 6 + r + s);
				assert_int_equal(signature.bytes[0], 0x30);
				assert_int_equal(signature.bytes[1], 4 + r + s);
				assert_int_equal(signature.bytes[3], r);
				assert_int_equal(signature.bytes[5 + r], s);
			}
			assert_non_null(take(type, inner, len, 1, &signature));
			assert_non_null(take(type, inner, len + 1, 0, &signature));
			assert_non_null(take(type, inner, len - 1, 0, &signature));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_of_many),
		cmocka_unit_test(test_key_of_another_algorithm),
		cmocka_unit_test(test_forms_of_ed25519),
		cmocka_unit_test(test_forms_of_ecdsa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
