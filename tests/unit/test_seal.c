/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/seal.h"
#include "tests/unit/store_folder.h"

static const uint8_t seed[] = "12345678901234567890"; /* RFC 6238, appendix B */
#define SEED_LEN 20

static struct seal *open_key(const struct folder *folder, bool may_create)
{
	struct seal *seal = NULL;
	char error[256] = "";
	int r = seal_open(folder->path, may_create, &seal, error, sizeof(error));

	if (r != 0)
		fail_msg("%d %s", r, error);
	return seal;
}

static void key_refused(const struct folder *folder, int expected, const char *word)
{
	struct seal *seal = NULL;
	char error[256] = "";
	int r = seal_open(folder->path, false, &seal, error, sizeof(error));

	if (r != expected || !strstr(error, word))
		fail_msg("%d instead of %d, \"%s\" instead of ...%s...", r, expected, error, word);
	assert_null(seal);
}

static void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	memset(text, 0, size);
	assert_true(fread(text, 1, size - 1, file) > 0);
	fclose(file);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
}

/* ---- the key ---- */

static void test_key(void **state)
{
	struct folder *folder = *state;
	uint8_t first[32], again[32], other[32];
	struct seal *seal;
	struct stat st;
	uint32_t number;

	key_refused(folder, -ENOKEY, "missing");
	seal = open_key(folder, true);
	number = seal_key_number(seal);
	assert_int_not_equal(number, 0);
	seal_subkey(seal, "recovery", first);
	seal_subkey(seal, "invite", other);
	assert_memory_not_equal(first, other, 32);
	seal_subkey(seal, "seal", other);
	assert_memory_not_equal(first, other, 32);
	seal_close(seal);
	assert_int_equal(lstat(folder_file(folder, "host.key"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(lstat(folder_file(folder, "host.key.new"), &st), -1);
	seal = open_key(folder, false);
	assert_int_equal(seal_key_number(seal), number);
	seal_subkey(seal, "recovery", again);
	assert_memory_equal(first, again, 32);
	seal_close(seal);
	seal_close(NULL);
}

static void test_key_places(void **state)
{
	struct folder *folder = *state;
	const char *key = folder_file(folder, "host.key");

	alarm(10);
	seal_close(open_key(folder, true));
	chmod(key, 0640);
	key_refused(folder, -EPERM, "0640");
	chmod(key, 0600);
	assert_int_equal(link(key, folder_file(folder, "second")), 0);
	key_refused(folder, -EPERM, "hard links");
	unlink(folder_file(folder, "second"));
	chmod(folder->path, 0755);
	key_refused(folder, -EPERM, "0700");
	chmod(folder->path, 0700);
	assert_int_equal(rename(key, folder_file(folder, "real")), 0);
	assert_int_equal(symlink("real", key), 0);
	key_refused(folder, -EINVAL, "symbolic link");
	unlink(key);
	assert_int_equal(mkfifo(key, 0600), 0);
	key_refused(folder, -EINVAL, "FIFO");
	unlink(key);
	assert_int_equal(mkdir(key, 0700), 0);
	key_refused(folder, -EINVAL, "a folder");
	rmdir(key);
	alarm(0);
}

#define B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static void test_key_text(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"webcred-key",
		"webcred-key 1 ",
		"webcred-key 1 7",
		"webcred-key 1 7 ",
		"webcred-key 2 7 " B64 "\n",
		"webcred-key 1 0 " B64 "\n",
		"webcred-key 1 -7 " B64 "\n",
		"webcred-key 1 4294967296 " B64 "\n",
		"webcred-key 1 99999999999999999999 " B64 "\n",
		"webcred-key 1 7 " B64 "A\n",
		"webcred-key 1 7 " B64 "\n\n",
		"webcred-key 1 7 " B64 "\nmore\n",
		"webcred-key 1 7  " B64 "\n",
		"webcred-key 1 7 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\n",
		"webcred-key 1 7 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI=\n",
		" webcred-key 1 7 " B64 "\n",
	};
	struct folder *folder = *state;
	const char *key = folder_file(folder, "host.key");
	struct seal *seal;
	char big[400];

	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		write_text(key, bad[i]);
		key_refused(folder, -ENOKEY, "no key");
	}
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	write_text(key, big);
	key_refused(folder, -EFBIG, "larger");
	write_text(key, "webcred-key 1 4294967295 " B64);
	seal = open_key(folder, false);
	assert_int_equal(seal_key_number(seal), 4294967295u);
	seal_close(seal);
}

/* systemd's LoadCredential= comes first, and is judged like the other. */
static void test_key_from_systemd(void **state)
{
	struct folder *folder = *state;
	const char *key = folder_file(folder, "webcred.key");
	struct seal *seal;

	write_text(folder_file(folder, "host.key"), "webcred-key 1 1 " B64 "\n");
	setenv("CREDENTIALS_DIRECTORY", folder->path, 1);
	seal = open_key(folder, false);
	assert_int_equal(seal_key_number(seal), 1);
	seal_close(seal);
	write_text(key, "webcred-key 1 2 " B64 "\n");
	key_refused(folder, -EPERM, "mode"); /* 0600: could be written */
	chmod(key, 0440);
	seal = open_key(folder, false);
	assert_int_equal(seal_key_number(seal), 2);
	seal_close(seal);
	chmod(key, 0444);
	key_refused(folder, -EPERM, "0444");
	chmod(key, 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	seal = open_key(folder, false);
	assert_int_equal(seal_key_number(seal), 1);
	seal_close(seal);
}

/* ---- records ---- */

struct sealed {
	struct seal *seal;
	struct store_account account;
	struct store_record record;
};

static void make_sealed(const struct folder *folder, struct sealed *sealed)
{
	memset(sealed, 0, sizeof(*sealed));
	sealed->seal = open_key(folder, true);
	snprintf(sealed->account.name, sizeof(sealed->account.name), "alice");
	sealed->account.uid = 1000;
	folder_example(&sealed->record, 1, 0x42, KIND_TOTP);
	assert_int_equal(
		seal_record(sealed->seal, &sealed->account, &sealed->record, seed, SEED_LEN), 0);
}

static int open_sealed(const struct sealed *sealed)
{
	uint8_t opened[OTP_SEED_MAX];
	size_t len = 77;
	int r;

	memset(opened, 0xcc, sizeof(opened));
	r = seal_open_record(sealed->seal, &sealed->account, &sealed->record, opened, &len);
	if (r == 0) {
		assert_int_equal(len, SEED_LEN);
		assert_memory_equal(opened, seed, SEED_LEN);
	} else {
		assert_int_equal(len, 77);
		assert_memory_not_equal(opened, seed, SEED_LEN);
	}
	return r;
}

static void test_round_trip(void **state)
{
	struct sealed sealed;
	uint8_t before[STORE_SEALED_MAX], longest[OTP_SEED_MAX + 1] = {7}, opened[OTP_SEED_MAX];
	size_t len = 0;

	make_sealed(*state, &sealed);
	assert_int_equal(sealed.record.sealed_len, 24 + SEED_LEN + 16);
	assert_int_equal(sealed.record.seal_key, seal_key_number(sealed.seal));
	assert_int_equal(open_sealed(&sealed), 0);
	/* a nonce is never used twice */
	memcpy(before, sealed.record.sealed, sizeof(before));
	assert_int_equal(seal_record(sealed.seal, &sealed.account, &sealed.record, seed, SEED_LEN),
			 0);
	assert_memory_not_equal(before, sealed.record.sealed, 24);
	assert_memory_not_equal(before + 24, sealed.record.sealed + 24, SEED_LEN);
	assert_int_equal(
		seal_record(sealed.seal, &sealed.account, &sealed.record, longest, OTP_SEED_MAX),
		0);
	assert_int_equal(
		seal_open_record(sealed.seal, &sealed.account, &sealed.record, opened, &len), 0);
	assert_int_equal(len, OTP_SEED_MAX);
	assert_int_equal(seal_record(sealed.seal, &sealed.account, &sealed.record, longest,
				     OTP_SEED_MAX + 1),
			 -EINVAL);
	assert_int_equal(seal_record(sealed.seal, &sealed.account, &sealed.record, longest, 0),
			 -EINVAL);
	seal_close(sealed.seal);
}

static void test_tampered(void **state)
{
	struct sealed sealed;
	uint16_t len;

	make_sealed(*state, &sealed);
	len = sealed.record.sealed_len;
	for (unsigned bit = 0; bit < len * 8u; bit++) {
		sealed.record.sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(open_sealed(&sealed), -EBADMSG);
		sealed.record.sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (unsigned cut = 0; cut <= STORE_SEALED_MAX; cut++) {
		sealed.record.sealed_len = (uint16_t)cut;
		assert_int_equal(open_sealed(&sealed), cut == len ? 0 : -EBADMSG);
	}
	sealed.record.sealed_len = len;
	assert_int_equal(open_sealed(&sealed), 0);
	seal_close(sealed.seal);
}

/* A sealed seed opens in no other row than its own. */
static void test_bound(void **state)
{
	struct sealed good, bad;

	make_sealed(*state, &good);
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		bad = good;                                                                        \
		change;                                                                            \
		assert_int_equal(open_sealed(&bad), -EBADMSG);                                     \
	} while (0)
	REFUSED(strcpy(bad.account.name, "alicf"));
	REFUSED(strcpy(bad.account.name, "alic"));
	REFUSED(strcpy(bad.account.name, ""));
	for (unsigned bit = 0; bit < 32; bit++)
		REFUSED(bad.account.uid ^= 1u << bit);
	for (unsigned i = 0; i < WIRE_ID_SIZE; i++)
		REFUSED(bad.record.credential.id[i] ^= 1);
	REFUSED(bad.record.credential.type = WEBCRED_TYPE_PASSWORD);
	REFUSED(bad.record.credential.kind = KIND_HOTP);
	REFUSED(strcpy(bad.record.credential.rp_id, "host.example.orh"));
	REFUSED(strcpy(bad.record.credential.rp_id, ""));
	/* what moves and what is shown is not bound */
	bad = good;
	bad.record.credential.moving++;
	strcpy(bad.record.credential.label, "renamed");
	assert_int_equal(open_sealed(&bad), 0);
	bad.record.seal_key++;
	assert_int_equal(open_sealed(&bad), -ENOKEY);
	seal_close(good.seal);
}

/* The same number, another key. */
static void test_other_key(void **state)
{
	struct folder *folder = *state;
	struct sealed sealed;
	char line[256], *base64;

	make_sealed(folder, &sealed);
	seal_close(sealed.seal);
	read_file(folder_file(folder, "host.key"), line, sizeof(line));
	base64 = strrchr(line, ' ') + 1;
	base64[0] = base64[0] == 'A' ? 'B' : 'A';
	write_text(folder_file(folder, "host.key"), line);
	sealed.seal = open_key(folder, false);
	assert_int_equal(open_sealed(&sealed), -EBADMSG);
	seal_close(sealed.seal);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup_empty, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_key),	    IN_FOLDER(test_key_places),
		IN_FOLDER(test_key_text),   IN_FOLDER(test_key_from_systemd),
		IN_FOLDER(test_round_trip), IN_FOLDER(test_tampered),
		IN_FOLDER(test_bound),	    IN_FOLDER(test_other_key),
	};

	unsetenv("CREDENTIALS_DIRECTORY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
