/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Other programs' records: each entry good or bad by itself, with its line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "lib/core/types/import.h"
#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

#define ENTRIES_MAX 16

static struct import_entry entry[ENTRIES_MAX];
static size_t n_entries;
static struct signer ec, ed, rsa;

static int collect(void *context, const struct import_entry *one)
{
	(void)context;
	assert_true(n_entries < ENTRIES_MAX);
	entry[n_entries++] = *one;
	return 0;
}

static void pam_u2f(const char *text)
{
	char *alone = malloc(strlen(text) + 1);

	memcpy(alone, text, strlen(text) + 1);
	n_entries = 0;
	assert_int_equal(import_pam_u2f(alone, strlen(text), "pam://host", collect, NULL), 0);
	free(alone);
}

static void openssh(const char *text, size_t len)
{
	char *alone = malloc(len > 0 ? len : 1);

	memcpy(alone, text, len);
	n_entries = 0;
	assert_int_equal(import_openssh(alone, len, collect, NULL), 0);
	free(alone);
}

/* The raw key as pam-u2f writes it, in base64. */
static const char *raw64(const struct signer *signer)
{
	static char text[3][512];
	static unsigned next;
	struct cose_key key;
	uint8_t raw[512];

	assert_int_equal(cose_parse(signer->cose, signer->cose_len, &key), COSE_OK);
	memcpy(raw, key.x, key.x_len);
	if (key.y_len > 0)
		memcpy(raw + key.x_len, key.y, key.y_len);
	next = (next + 1) % 3;
	assert_true(codec_base64_encode(raw, key.x_len + key.y_len, false, text[next],
					sizeof(text[next])) > 0);
	return text[next];
}

static void bad(size_t i, unsigned line, const char *text)
{
	assert_true(i < n_entries);
	assert_false(entry[i].good);
	assert_int_equal(entry[i].line, line);
	assert_string_equal(entry[i].text, text);
}

static void test_pam_u2f_good(void **state)
{
	char text[4096];

	(void)state;
	snprintf(text, sizeof(text),
		 "# comment\n\n"
		 "alice:AAECAw==,%s,es256,+presence:BAUGBw==,%s,eddsa,+presence+pin\r\n"
		 "bob:CAkKCw==,%s,rs256,\n",
		 raw64(&ec), raw64(&ed), raw64(&rsa));
	pam_u2f(text);
	assert_int_equal(n_entries, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(entry[i].good);
		assert_int_equal(entry[i].record.kind, KIND_PAM_U2F);
		assert_string_equal(entry[i].record.rp_id, "pam://host");
		assert_false(entry[i].record.no_touch);
		assert_int_equal(entry[i].record.external_len, 4);
	}
	assert_string_equal(entry[0].user, "alice");
	assert_int_equal(entry[0].line, 3);
	assert_string_equal(entry[0].text, "");
	assert_int_equal(entry[0].record.key_len, ec.cose_len);
	assert_memory_equal(entry[0].record.key, ec.cose, ec.cose_len);
	assert_int_equal(entry[1].record.cose_algorithm, COSE_EDDSA);
	assert_true(entry[1].record.uv_initialized);
	assert_string_equal(entry[1].record.label, "pam-u2f key 2");
	assert_string_equal(entry[2].user, "bob");
	assert_int_equal(entry[2].line, 4);
	assert_int_equal(entry[2].record.cose_algorithm, COSE_RS256);
	assert_string_equal(entry[2].text, "it needed no touch there, and needs one here");
}

static void test_pam_u2f_old(void **state)
{
	struct cose_key key;
	char hex[160] = "04", text[512];

	(void)state;
	assert_int_equal(cose_parse(ec.cose, ec.cose_len, &key), COSE_OK);
	for (size_t i = 0; i < 32; i++)
		sprintf(hex + 2 + 2 * i, "%02x", key.x[i]);
	for (size_t i = 0; i < 32; i++)
		sprintf(hex + 66 + 2 * i, "%02x", key.y[i]);
	snprintf(text, sizeof(text), "carol:_-_-,%s", hex);
	pam_u2f(text);
	assert_int_equal(n_entries, 1);
	assert_true(entry[0].good);
	assert_memory_equal(entry[0].record.external, "\xff\xef\xfe", 3);
	assert_memory_equal(entry[0].record.key, ec.cose, ec.cose_len);
	hex[1] = '2'; /* a compressed point has another length, this is none */
	snprintf(text, sizeof(text), "carol:_-_-,%s", hex);
	pam_u2f(text);
	bad(0, 1, "the public key is not of the form and length its type has");
}

/* The quirks of their reader, each said instead of followed. */
static void test_pam_u2f_bad(void **state)
{
	const char *key = raw64(&ec);
	char text[4096], other[100];

	(void)state;
	snprintf(text, sizeof(text),
		 "dan:AA==,%s,es256,+presence::BB==,,es256,+presence:*,%s,es256,+presence\n"
		 "eve:AA==,%s,es256,xx+presencexx:AA==,%s,es999,+presence:A,%s,es256,+presence\n"
		 "frank:AA==,%s,eddsa,+presence:AA==:AA==,%s,es256,+presence,more\n"
		 "bad user:AA==,%s,es256,+presence\n"
		 "grace\n",
		 key, key, key, key, key, key, key, key);
	pam_u2f(text);
	assert_int_equal(n_entries, 12);
	assert_true(entry[0].good);
	bad(1, 1, "a field is empty");
	bad(2, 1, "a field is empty");
	bad(3, 1, "a discoverable credential whose id is not in the file: enrol the key anew");
	bad(4, 2, "an attribute is not one of +presence, +verification, +pin");
	bad(5, 2, "the type is not one of es256, eddsa, rs256");
	bad(6, 2, "the key handle is no base64");
	bad(7, 3, "the public key is not of the form and length its type has");
	bad(8, 3, "a credential has two to four fields: handle, key, type, attributes");
	bad(9, 3, "a credential has two to four fields: handle, key, type, attributes");
	bad(10, 4, "the user's name is none an account can have");
	bad(11, 5, "no credential follows the user's name");
	strcpy(other, key);
	other[0] = other[0] == 'A' ? 'B' : 'A';
	snprintf(text, sizeof(text), "heidi:AA==,%s,es256,+presence", other);
	pam_u2f(text);
	bad(0, 1, "the public key is none: not on its curve, or out of bounds");
}

static void test_pam_u2f_last_line(void **state)
{
	const char *key = raw64(&ec);
	char text[2048];

	(void)state;
	snprintf(text, sizeof(text),
		 "ivan:AA==,%s,es256,+presence\njudy:AQ==,%s,es256,+presence\n"
		 "ivan:Ag==,%s,es256,+presence\ngrace\n",
		 key, key, key);
	pam_u2f(text);
	assert_int_equal(n_entries, 4);
	bad(0, 1, "pam-u2f reads only the last line of a user, which is line 3");
	assert_true(entry[1].good);
	assert_true(entry[2].good);
	bad(3, 4, "no credential follows the user's name");
}

static void test_pam_u2f_refused(void **state)
{
	(void)state;
	n_entries = 0;
	assert_int_equal(import_pam_u2f("a\0b", 3, "pam://h", collect, NULL), WEBCRED_TYPE_ERROR);
	assert_int_equal(import_pam_u2f("a", 1, "", collect, NULL), WEBCRED_TYPE_ERROR);
	assert_int_equal(import_pam_u2f("a", IMPORT_FILE_MAX + 1, "pam://h", collect, NULL),
			 WEBCRED_TYPE_ERROR);
	assert_int_equal(import_openssh("a\0b", 3, collect, NULL), WEBCRED_TYPE_ERROR);
	assert_int_equal(n_entries, 0);
	pam_u2f("");
	assert_int_equal(n_entries, 0);
}

/* ---- OpenSSH --------------------------------------------------------------------- */

struct ssh_out {
	uint8_t bytes[4096];
	size_t len;
};

static void ssh_u32(struct ssh_out *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out->bytes[out->len++] = (uint8_t)(value >> (24 - 8 * i));
}

static void ssh_string(struct ssh_out *out, const void *bytes, size_t len)
{
	ssh_u32(out, (uint32_t)len);
	memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

static void ssh_text(struct ssh_out *out, const char *text)
{
	ssh_string(out, text, strlen(text));
}

/* PROTOCOL.u2f: type, [curve,] key, application. */
static void ssh_public(struct ssh_out *out, const struct signer *signer, const char *application)
{
	struct cose_key key;
	uint8_t point[65] = {0x04};

	assert_int_equal(cose_parse(signer->cose, signer->cose_len, &key), COSE_OK);
	if (signer->algorithm == COSE_EDDSA) {
		ssh_text(out, "sk-ssh-ed25519@openssh.com");
		ssh_string(out, key.x, key.x_len);
	} else {
		ssh_text(out, "sk-ecdsa-sha2-nistp256@openssh.com");
		ssh_text(out, "nistp256");
		memcpy(point + 1, key.x, 32);
		memcpy(point + 33, key.y, 32);
		ssh_string(out, point, sizeof(point));
	}
	ssh_text(out, application);
}

static void ssh_line(const struct signer *signer, const char *application, const char *before,
		     const char *after, char *text, size_t size)
{
	struct ssh_out out = {.len = 0};
	char base64[1024];

	ssh_public(&out, signer, application);
	assert_true(codec_base64_encode(out.bytes, out.len, false, base64, sizeof(base64)) > 0);
	snprintf(text, size, "%s%s %s%s\n", before,
		 signer->algorithm == COSE_EDDSA ? "sk-ssh-ed25519@openssh.com"
						 : "sk-ecdsa-sha2-nistp256@openssh.com",
		 base64, after);
}

static void test_openssh_public(void **state)
{
	char text[4096], line[1024];

	(void)state;
	ssh_line(&ed, "ssh:", "", " alice@desk", text, sizeof(text));
	ssh_line(&ec, "ssh:work", "no-touch-required,command=\"a b\" ", "", line, sizeof(line));
	strcat(text, "# comment\n");
	strcat(text, line);
	strcat(text, "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA x\n");
	ssh_line(&ec, "https://site.example", "", "", line, sizeof(line));
	strcat(text, line);
	openssh(text, strlen(text));
	assert_int_equal(n_entries, 4);
	assert_true(entry[0].good);
	assert_int_equal(entry[0].record.kind, KIND_SSH_SK);
	assert_string_equal(entry[0].record.rp_id, "ssh:");
	assert_string_equal(entry[0].record.label, "alice@desk");
	assert_int_equal(entry[0].record.cose_algorithm, COSE_EDDSA);
	assert_memory_equal(entry[0].record.key, ed.cose, ed.cose_len);
	assert_int_equal(entry[0].record.external_len, 0);
	assert_true(entry[1].good);
	assert_int_equal(entry[1].line, 3);
	assert_string_equal(entry[1].record.rp_id, "ssh:work");
	assert_memory_equal(entry[1].record.key, ec.cose, ec.cose_len);
	assert_false(entry[1].record.no_touch);
	bad(2, 4, "not a security key's: its type is not sk-...");
	bad(3, 5, "the application does not begin with ssh:");
}

static void test_openssh_cut(void **state)
{
	struct ssh_out out = {.len = 0};
	char base64[1024], text[2048];

	(void)state;
	ssh_public(&out, &ec, "ssh:");
	for (size_t len = 0; len <= out.len + 1; len++) {
		assert_true(codec_base64_encode(out.bytes, len, false, base64, sizeof(base64)) >=
			    0);
		snprintf(text, sizeof(text), "sk-ecdsa-sha2-nistp256@openssh.com %s", base64);
		openssh(text, strlen(text));
		assert_int_equal(n_entries, 1);
		assert_int_equal(entry[0].good, len == out.len);
	}
	assert_true(codec_base64_encode(out.bytes, out.len, false, base64, sizeof(base64)) >= 0);
	snprintf(text, sizeof(text), "sk-ssh-ed25519@openssh.com %s", base64);
	openssh(text, strlen(text));
	bad(0, 1, "the key is no base64, or of another type than it says");
}

/* PROTOCOL.key, without a passphrase. */
static size_t ssh_private(const struct signer *signer, const char *cipher, size_t cut, char *text,
			  size_t size)
{
	struct ssh_out out = {.len = 0}, inside = {.len = 0};
	char base64[4096];

	memcpy(out.bytes, "openssh-key-v1", 15);
	out.len = 15;
	ssh_text(&out, cipher);
	ssh_text(&out, "none");
	ssh_text(&out, "");
	ssh_u32(&out, 1);
	ssh_public(&inside, signer, "ssh:");
	ssh_string(&out, inside.bytes, inside.len);
	inside.len = 0;
	ssh_u32(&inside, 7);
	ssh_u32(&inside, 7);
	ssh_public(&inside, signer, "ssh:");
	inside.bytes[inside.len++] = 0x05; /* presence and verification */
	ssh_string(&inside, "a key handle", 12);
	ssh_text(&inside, "");
	ssh_text(&inside, "bob");
	for (uint8_t i = 1; inside.len % 8 != 0; i++)
		inside.bytes[inside.len++] = i;
	ssh_string(&out, inside.bytes, inside.len);
	assert_true(codec_base64_encode(out.bytes, out.len - cut, false, base64, sizeof(base64)) >
		    0);
	return (size_t)snprintf(text, size,
				"-----BEGIN OPENSSH PRIVATE KEY-----\n%.70s\n%s\n"
				"-----END OPENSSH PRIVATE KEY-----\n",
				base64, base64 + 70);
}

static void test_openssh_private(void **state)
{
	char text[8192];
	size_t len;

	(void)state;
	len = ssh_private(&ec, "none", 0, text, sizeof(text));
	openssh(text, len);
	assert_int_equal(n_entries, 1);
	assert_true(entry[0].good);
	assert_int_equal(entry[0].record.external_len, 12);
	assert_memory_equal(entry[0].record.external, "a key handle", 12);
	assert_string_equal(entry[0].record.label, "bob");
	assert_true(entry[0].record.uv_initialized);
	assert_memory_equal(entry[0].record.key, ec.cose, ec.cose_len);
	for (size_t cut = 1; cut < 200; cut++) {
		len = ssh_private(&ec, "none", cut, text, sizeof(text));
		openssh(text, len);
		assert_false(entry[0].good);
	}
	len = ssh_private(&ed, "aes256-ctr", 0, text, sizeof(text));
	openssh(text, len);
	bad(0, 1, "has a passphrase: take it off with ssh-keygen -p on a copy");
	openssh(text, 60);
	bad(0, 1, "no base64 between its first and its last line");
}

static int open_keys(void **state)
{
	(void)state;
	signer_open(&ec, COSE_ES256);
	signer_open(&ed, COSE_EDDSA);
	signer_open(&rsa, COSE_RS256);
	return 0;
}

static int close_keys(void **state)
{
	(void)state;
	signer_close(&ec);
	signer_close(&ed);
	signer_close(&rsa);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pam_u2f_good),	cmocka_unit_test(test_pam_u2f_old),
		cmocka_unit_test(test_pam_u2f_bad),	cmocka_unit_test(test_pam_u2f_last_line),
		cmocka_unit_test(test_pam_u2f_refused), cmocka_unit_test(test_openssh_public),
		cmocka_unit_test(test_openssh_cut),	cmocka_unit_test(test_openssh_private),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
