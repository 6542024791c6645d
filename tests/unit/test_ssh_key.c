/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* What sshd says it has verified: read strictly, and believed once. */
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "lib/core/types/ssh_key.h"
#include "tests/unit/desk.h"
#include "tests/unit/unit.h"

#define TYPE "sk-ecdsa-sha2-nistp256@openssh.com"
#define TEXT_MAX 2048

static char key_text[TEXT_MAX]; /* "TYPE BASE64" of desk_signer's key */

static size_t put_string(uint8_t *at, const void *bytes, size_t len)
{
	at[0] = at[1] = 0;
	at[2] = (uint8_t)(len >> 8);
	at[3] = (uint8_t)len;
	memcpy(at + 4, bytes, len);
	return len + 4;
}

/* PROTOCOL.u2f: type, curve, point, application. */
static void key_write(const struct credential *record, const char *application, char *text)
{
	uint8_t blob[512], point[65] = {4};
	struct cose_key key;
	size_t len = 0;
	ssize_t n;

	assert_int_equal(cose_parse(record->key, record->key_len, &key), COSE_OK);
	memcpy(point + 1, key.x, 32);
	memcpy(point + 33, key.y, 32);
	len += put_string(blob + len, TYPE, strlen(TYPE));
	len += put_string(blob + len, "nistp256", 8);
	len += put_string(blob + len, point, sizeof(point));
	len += put_string(blob + len, application, strlen(application));
	strcpy(text, TYPE " ");
	n = codec_base64_encode(blob, len, false, text + strlen(text), TEXT_MAX - strlen(text));
	assert_true(n > 0);
}

static void set_up(void)
{
	desk_set_up(2);
	desk_policy.ssh_key = true;
	desk_policy.silent_allowed = true;
	desk_login.may_ask = false;
	key_write(&desk_records[0], "ssh:", key_text);
	/* The second is another key. */
	desk_records[1].key[20] ^= 1;
}

static const char *line(const char *count)
{
	static char text[TEXT_MAX + 128];

	snprintf(text, sizeof(text), "publickey %s signature count = %s\n", key_text, count);
	return text;
}

static bool parses(const char *text)
{
	struct ssh_key key;

	return ssh_key_parse(text, strlen(text), &key);
}

static void test_parse(void **state)
{
	struct ssh_key key;
	char text[2 * TEXT_MAX];

	(void)state;
	set_up();
	assert_true(ssh_key_parse(line("7"), strlen(line("7")), &key));
	assert_int_equal(key.counter, 7);
	assert_string_equal(key.named.rp_id, "ssh:");
	assert_true(ssh_key_same(&key.named, &desk_records[0]));
	assert_false(ssh_key_same(&key.named, &desk_records[1]));
	assert_true(ssh_key_parse(line("4294967295"), strlen(line("4294967295")), &key));
	assert_int_equal(key.counter, UINT32_MAX);
	/* sshd's other lines stand beside it. */
	snprintf(text, sizeof(text), "password\n%skeyboard-interactive/pam\n", line("8"));
	assert_true(ssh_key_parse(text, strlen(text), &key));
	assert_int_equal(key.counter, 8);
	snprintf(text, sizeof(text), "publickey ssh-ed25519 AAAA\n%s", line("8"));
	assert_true(parses(text));
	/* Without the last newline, as libpam may hand it on. */
	assert_true(ssh_key_parse(line("7"), strlen(line("7")) - 1, &key));
}

static void test_parse_refused(void **state)
{
	static const char *const counts[] = {"",
					     " 7",
					     "7 ",
					     "07",
					     "-1",
					     "+1",
					     "4294967296",
					     "7x",
					     "x",
					     "0x7",
					     "7 7",
					     "7\nx\n\n",
					     "18446744073709551623"};
	static const char *const texts[] = {
		"",
		"\n",
		"publickey",
		"publickey \n",
		"publickey sk-\n",
		"password\n",
		"publickey sk- signature count = 7\n",
		"publickey sk-ssh-ed25519@openssh.com signature count = 7\n",
		"publickey sk-ssh-ed25519@openssh.com AAAA signature count = 7\n",
		"publickey sk-ssh-ed25519-cert-v01@openssh.com AAAA signature count = 7\n",
		"publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== signature count = 7\n"};
	char text[2 * TEXT_MAX];

	(void)state;
	set_up();
	for (size_t i = 0; i < N_ELEMENTS(counts); i++)
		if (parses(line(counts[i])))
			fail_msg("count \"%s\"", counts[i]);
	for (size_t i = 0; i < N_ELEMENTS(texts); i++)
		if (parses(texts[i]))
			fail_msg("\"%s\"", texts[i]);
	/* No count at all, a comment before it, another method's word, the wrong case. */
	snprintf(text, sizeof(text), "publickey %s\n", key_text);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "publickey %s me signature count = 7\n", key_text);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "hostbased %s signature count = 7\n", key_text);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "Publickey %s signature count = 7\n", key_text);
	assert_false(parses(text));
	/* One that is damaged spoils the good one beside it. */
	snprintf(text, sizeof(text), "%spublickey sk-ssh-ed25519@openssh.com AA\n", line("7"));
	assert_false(parses(text));
	/* An application that is not ssh's. */
	key_write(&desk_records[0], "webcred", key_text);
	assert_false(parses(line("7")));
}

/* Cut anywhere, and each bit turned: no read past the end, and never another
 * key's record found. */
static void test_damage(void **state)
{
	struct ssh_key key;
	const char *whole;
	size_t len;

	(void)state;
	set_up();
	whole = line("77");
	len = strlen(whole);
	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut > 0 ? cut : 1);

		memcpy(copy, whole, cut);
		/* Without its newline, and with the shorter count that is left. */
		assert_int_equal(ssh_key_parse(copy, cut, &key), cut >= len - 2);
		free(copy);
	}
	for (size_t i = 0; i < len * 8; i++) {
		char *copy = malloc(len);

		memcpy(copy, whole, len);
		copy[i / 8] = (char)(copy[i / 8] ^ (1 << i % 8));
		if (ssh_key_parse(copy, len, &key))
			assert_true(ssh_key_same(&key.named, &desk_records[0]));
		free(copy);
	}
}

static enum webcred_status get(const char *text)
{
	desk_login.judgement.verdict = VERDICT_REFUSED;
	desk_login.result = 0;
	return ssh_key_get(&desk_host, &desk_login, text);
}

static void test_in(void **state)
{
	(void)state;
	set_up();
	assert_int_equal(get(line("6")), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_GRANTED);
	assert_false(desk_login.asked);
	assert_false(desk_login.user_verified);
	assert_int_equal(desk.commits, 1);
	assert_int_equal(desk.ceremonies, 0);
	assert_int_equal(desk.change.read_moving, 5);
	assert_int_equal(desk.change.moving, 6);
	assert_true(desk.change.silent);
	assert_false(desk.change.user_verified);
	assert_memory_equal(desk.change.id, desk_records[0].id, WIRE_ID_SIZE);
	/* The verdict is the commit's: another login took the counter first. */
	set_up();
	desk.judgement.verdict = VERDICT_REFUSED;
	assert_int_equal(get(line("6")), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
}

static void refused(const char *count, enum webcred_status status, const char *says)
{
	assert_int_equal(get(line(count)), status);
	assert_int_equal(desk_login.judgement.verdict, VERDICT_REFUSED);
	assert_int_equal(desk.commits, 0);
	if (strstr(desk_login.reason, says) == NULL)
		fail_msg("\"%s\" does not say %s", desk_login.reason, says);
}

/* Each condition of decision 4 alone. */
/* behaviour 39 */
static void test_conditions(void **state)
{
	(void)state;
	set_up();
	desk_policy.ssh_key = false;
	refused("6", WEBCRED_STATUS_UNAVAIL, "touch_required");
	set_up();
	desk_login.user_verification = WEBCRED_UV_REQUIRED;
	refused("6", WEBCRED_STATUS_UNAVAIL, "verified");
	set_up();
	desk_login.minimum_strength = 1;
	refused("6", WEBCRED_STATUS_UNAVAIL, "no proof");
	set_up();
	refused("5", WEBCRED_STATUS_NOTALLOWED, "did not rise");
	refused("0", WEBCRED_STATUS_NOTALLOWED, "did not rise");
	desk_policy.counter = COUNTER_IGNORE; /* nothing else stops a replay */
	refused("5", WEBCRED_STATUS_NOTALLOWED, "did not rise");
	set_up();
	desk_records[0].locked = true;
	refused("6", WEBCRED_STATUS_NOTFOUND, "not enrolled");
	set_up();
	desk_login.n_credentials = 0;
	refused("6", WEBCRED_STATUS_NOTFOUND, "not enrolled");
	set_up();
	desk_login.pretend = true;
	refused("6", WEBCRED_STATUS_NOTFOUND, "not enrolled");
	set_up(); /* imported from ssh, under another application */
	desk_records[0].kind = KIND_SSH_SK;
	strcpy(desk_records[0].rp_id, "ssh:other");
	refused("6", WEBCRED_STATUS_NOTFOUND, "not enrolled");
	strcpy(desk_records[0].rp_id, "ssh:");
	assert_int_equal(get(line("6")), WEBCRED_STATUS_SUCCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	   cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_damage),	   cmocka_unit_test(test_in),
		cmocka_unit_test(test_conditions),
	};

	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
