/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The key file is one line: "webcred-key 1 NUMBER BASE64", NUMBER a random
 * 32-bit name of the key, BASE64 its 32 bytes.  Nothing is done with those
 * bytes but to derive subkeys, one for each purpose ("seal" is ours).
 *
 * A sealed seed is nonce (24) || ciphertext || tag (16).  What it is bound to,
 * each string behind its length so that no two records look the same:
 *
 *   "webcred-seal-1" u16 name-len name u32 uid id[16] u8 type u8 kind
 *   u16 rpid-len rpid                                        (big-endian)
 */
#include "authority/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authority/trusted.h"

#define KEY_FILE "host.key"
#define NEW_KEY_FILE KEY_FILE ".new"
#define NEXT_KEY_FILE KEY_FILE ".next"
#define KEY_LINE_MAX 256
#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BOUND_MAX (14 + 2 + WIRE_NAME_MAX + 4 + WIRE_ID_SIZE + 2 + 2 + WIRE_RPID_MAX)

struct seal {
	uint32_t number;
	uint8_t master[crypto_kdf_KEYBYTES];
	uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
};

_Static_assert(crypto_kdf_KEYBYTES == 32 && crypto_kdf_CONTEXTBYTES == 8, "seal.h says so");
_Static_assert(NONCE + OTP_SEED_MAX + TAG <= STORE_SEALED_MAX, "a sealed seed fits its column");

void seal_subkey(const struct seal *seal, const char *purpose, uint8_t ret_key[32])
{
	char context[crypto_kdf_CONTEXTBYTES] = {0};

	memcpy(context, purpose, strnlen(purpose, sizeof(context)));
	crypto_kdf_derive_from_key(ret_key, 32, 1, context, seal->master);
}

uint32_t seal_key_number(const struct seal *seal)
{
	return seal->number;
}

/* ---- the key file ---- */

static bool parse_line(const char *text, size_t len, struct seal *seal)
{
	static const char magic[] = "webcred-key 1 ";
	const char *at = text + sizeof(magic) - 1, *base64, *end;
	char *after = NULL;
	unsigned long number;
	size_t got = 0;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (strncmp(text, magic, sizeof(magic) - 1) != 0 || at[0] < '1' || at[0] > '9')
		return false;
	errno = 0;
	number = strtoul(at, &after, 10);
	if (errno != 0 || number > UINT32_MAX || *after != ' ')
		return false;
	base64 = after + 1;
	if (sodium_base642bin(seal->master, sizeof(seal->master), base64,
			      (size_t)(text + len - base64), NULL, &got, &end,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	seal->number = (uint32_t)number;
	return got == sizeof(seal->master) && end == text + len;
}

static int read_key(int folder, const char *name, const char *path, mode_t forbidden,
		    struct seal *seal, char *ret_error, size_t size)
{
	char *text = NULL;
	size_t len = 0;
	int r = trusted_file_read(folder, name, forbidden, KEY_LINE_MAX, &text, &len, ret_error,
				  size);

	if (r < 0)
		return r;
	if (!parse_line(text, len, seal)) {
		snprintf(ret_error, size, "%s is no key (webcred-key 1 NUMBER BASE64); restore it",
			 path);
		r = -ENOKEY;
	}
	sodium_memzero(text, KEY_LINE_MAX + 1);
	free(text);
	return r;
}

static int write_line(int folder, const char *name, const char *line, size_t len)
{
	int r = 0, fd;

	if (unlinkat(folder, NEW_KEY_FILE, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(folder, NEW_KEY_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0600) < 0)
		r = -errno;
	else if (write(fd, line, len) != (ssize_t)len)
		r = errno ? -errno : -EIO;
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	/* Its name comes last: a crash leaves no key or a whole one. */
	if (r == 0 && (renameat(folder, NEW_KEY_FILE, folder, name) < 0 || fsync(folder) < 0))
		r = -errno;
	if (r < 0)
		unlinkat(folder, NEW_KEY_FILE, 0);
	return r;
}

static int write_key(int folder, const char *name, const struct seal *seal)
{
	char line[KEY_LINE_MAX],
		base64[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
	int len, r;

	sodium_bin2base64(base64, sizeof(base64), seal->master, sizeof(seal->master),
			  sodium_base64_VARIANT_ORIGINAL);
	len = snprintf(line, sizeof(line), "webcred-key 1 %" PRIu32 " %s\n", seal->number, base64);
	errno = 0;
	r = write_line(folder, name, line, (size_t)len);
	sodium_memzero(line, sizeof(line));
	sodium_memzero(base64, sizeof(base64));
	return r;
}

static int make_key(int folder, const char *name, struct seal *seal)
{
	do
		seal->number = randombytes_random();
	while (seal->number == 0);
	crypto_kdf_keygen(seal->master);
	return write_key(folder, name, seal);
}

/* From systemd (LoadCredential=): its folder is root's, its files 0400 or 0440. */
static int key_from_systemd(struct seal *seal, char *ret_error, size_t size)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	int r;

	if (!folder || folder[0] != '/')
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/webcred.key", folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = trusted_above(path, ret_error, size);
	return r < 0 ? r : read_key(AT_FDCWD, path, path, 0337, seal, ret_error, size);
}

static int key_from_folder(const char *path, bool may_create, struct seal *seal, char *ret_error,
			   size_t size)
{
	char file[PATH_MAX];
	int folder = -1, r;

	r = trusted_folder_open(path, &folder, ret_error, size);
	if (r < 0)
		return r;
	snprintf(file, sizeof(file), "%s/" KEY_FILE, path);
	r = read_key(folder, KEY_FILE, file, 077, seal, ret_error, size);
	if (r == -ENOENT && may_create) {
		r = make_key(folder, KEY_FILE, seal);
		if (r < 0)
			snprintf(ret_error, size, "%s: %s", file, strerror(-r));
	} else if (r == -ENOENT) {
		snprintf(ret_error, size,
			 "%s is missing, and the store was sealed with it; put it back from a "
			 "backup",
			 file);
		r = -ENOKEY;
	}
	close(folder);
	return r;
}

/* Derives what is needed, and lets nobody write it any more. */
static struct seal *finish(struct seal *seal)
{
	seal_subkey(seal, "seal", seal->key);
	sodium_mprotect_readonly(seal);
	return seal;
}

int seal_open(const char *folder, bool may_create, struct seal **ret_seal, char *ret_error,
	      size_t size)
{
	struct seal *seal;
	int r;

	ret_error[0] = '\0';
	if (sodium_init() < 0)
		return -EIO;
	/* Pages of its own, locked where the limits allow, wiped by sodium_free(). */
	seal = sodium_malloc(sizeof(*seal));
	if (!seal)
		return -ENOMEM;
	r = key_from_systemd(seal, ret_error, size);
	if (r == -ENOENT)
		r = key_from_folder(folder, may_create, seal, ret_error, size);
	if (r < 0) {
		sodium_free(seal);
		return r;
	}
	*ret_seal = finish(seal);
	return 0;
}

void seal_close(struct seal *seal)
{
	sodium_free(seal);
}

/* ---- another key ---- */

int seal_make_next(const char *path, struct seal **ret_seal, char *ret_error, size_t size)
{
	struct seal *seal;
	int folder = -1, r;

	if (sodium_init() < 0)
		return -EIO;
	r = trusted_folder_open(path, &folder, ret_error, size);
	if (r < 0)
		return r;
	seal = sodium_malloc(sizeof(*seal));
	r = seal ? make_key(folder, NEXT_KEY_FILE, seal) : -ENOMEM;
	close(folder);
	if (r < 0) {
		snprintf(ret_error, size, "%s/" NEXT_KEY_FILE ": %s", path, strerror(-r));
		sodium_free(seal);
		return r;
	}
	*ret_seal = finish(seal);
	return 0;
}

/* The old key is copied before its name goes to the new one: a second name for
 * the same file would not be trusted. */
static int replace_key(int folder, const struct seal *old, bool keep_old)
{
	char kept[64];
	int r = 0;

	snprintf(kept, sizeof(kept), KEY_FILE ".%" PRIu32, old->number);
	if (old->number != 0)
		r = write_key(folder, kept, old);
	if (r == 0 && (renameat(folder, NEXT_KEY_FILE, folder, KEY_FILE) < 0 || fsync(folder) < 0))
		r = -errno;
	if (r == 0 && old->number != 0 && !keep_old && unlinkat(folder, kept, 0) < 0)
		r = -errno;
	return r;
}

static int settle_in(int folder, const char *path, uint32_t number, bool keep_old,
		     struct seal key[2], char *ret_error, size_t size)
{
	char text[512];
	int r;

	r = read_key(folder, NEXT_KEY_FILE, NEXT_KEY_FILE, 077, &key[0], text, sizeof(text));
	if (r == -ENOENT || r == -ENOKEY || (r == 0 && key[0].number != number))
		return 0; /* what another try left: the next one replaces it */
	if (r == 0)
		r = read_key(folder, KEY_FILE, KEY_FILE, 077, &key[1], text, sizeof(text));
	/* A file that is no key is lost already. */
	if (r == -ENOENT || r == -ENOKEY) {
		key[1].number = 0;
		r = 0;
	}
	if (r == 0 && key[1].number != number)
		r = replace_key(folder, &key[1], keep_old);
	if (r < 0)
		snprintf(ret_error, size, "%s: the new host key could not be put in place: %s",
			 path, strerror(-r));
	return r;
}

int seal_settle(const char *path, uint32_t number, bool keep_old, char *ret_error, size_t size)
{
	struct seal *key;
	int folder = -1, r;

	if (sodium_init() < 0)
		return -EIO;
	r = trusted_folder_open(path, &folder, ret_error, size);
	if (r < 0)
		return r;
	key = sodium_allocarray(2, sizeof(*key));
	r = key ? settle_in(folder, path, number, keep_old, key, ret_error, size) : -ENOMEM;
	sodium_free(key);
	close(folder);
	return r;
}

#define CARRIED_BOUND "webcred-codes-1"
#define CARRIED_LEN (NONCE + SEAL_CARRIED_SIZE + TAG)

int seal_carry(const struct seal *seal, const uint8_t keys[SEAL_CARRIED_SIZE],
	       char ret_text[SEAL_CARRIED_TEXT])
{
	uint8_t sealed[CARRIED_LEN];
	unsigned long long len = 0;

	randombytes_buf(sealed, NONCE);
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(
		    sealed + NONCE, &len, keys, SEAL_CARRIED_SIZE, (const uint8_t *)CARRIED_BOUND,
		    sizeof(CARRIED_BOUND) - 1, NULL, sealed, seal->key) != 0)
		return -EIO;
	sodium_bin2base64(ret_text, SEAL_CARRIED_TEXT, sealed, sizeof(sealed),
			  sodium_base64_VARIANT_ORIGINAL);
	return 0;
}

int seal_code_keys(const struct seal *seal, const char *text, uint8_t ret_keys[SEAL_CARRIED_SIZE])
{
	uint8_t sealed[CARRIED_LEN];
	unsigned long long len = 0;
	size_t got = 0;

	if (!text[0]) {
		seal_subkey(seal, "recovery", ret_keys);
		seal_subkey(seal, "invite", ret_keys + 32);
		return 0;
	}
	if (sodium_base642bin(sealed, sizeof(sealed), text, strlen(text), NULL, &got, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    got != sizeof(sealed))
		return -EBADMSG;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    ret_keys, &len, NULL, sealed + NONCE, SEAL_CARRIED_SIZE + TAG,
		    (const uint8_t *)CARRIED_BOUND, sizeof(CARRIED_BOUND) - 1, sealed,
		    seal->key) != 0)
		return -EBADMSG;
	return 0;
}

/* ---- records ---- */

static uint8_t *put(uint8_t *at, const void *bytes, size_t len)
{
	memcpy(at, bytes, len);
	return at + len;
}

static uint8_t *put_string(uint8_t *at, const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	uint8_t prefix[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	at = put(at, prefix, sizeof(prefix));
	return put(at, text, len);
}

/* What a seed is bound to. */
static size_t bind_to(const struct store_account *account, const struct credential *credential,
		      uint8_t bound[BOUND_MAX])
{
	uint32_t uid = account->uid;
	uint8_t number[4] = {(uint8_t)(uid >> 24), (uint8_t)(uid >> 16), (uint8_t)(uid >> 8),
			     (uint8_t)uid};
	uint8_t words[2] = {(uint8_t)credential->type, (uint8_t)credential->kind};
	uint8_t *at = put(bound, "webcred-seal-1", 14);

	at = put_string(at, account->name, WIRE_NAME_MAX);
	at = put(at, number, sizeof(number));
	at = put(at, credential->id, WIRE_ID_SIZE);
	at = put(at, words, sizeof(words));
	at = put_string(at, credential->rp_id, WIRE_RPID_MAX);
	return (size_t)(at - bound);
}

int seal_record(const struct seal *seal, const struct store_account *account,
		struct store_record *record, const uint8_t *seed, size_t seed_len)
{
	uint8_t bound[BOUND_MAX], sealed[STORE_SEALED_MAX];
	size_t bound_len = bind_to(account, &record->credential, bound);
	unsigned long long len = 0;

	if (seed_len == 0 || seed_len > OTP_SEED_MAX)
		return -EINVAL;
	randombytes_buf(sealed, NONCE);
	if (crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE, &len, seed, seed_len, bound,
						       bound_len, NULL, sealed, seal->key) != 0)
		return -EIO;
	record->sealed_len = (uint16_t)(NONCE + len);
	memcpy(record->sealed, sealed, record->sealed_len);
	record->seal_key = seal->number;
	return 0;
}

int seal_open_record(const struct seal *seal, const struct store_account *account,
		     const struct store_record *record, uint8_t seed[OTP_SEED_MAX],
		     size_t *ret_seed_len)
{
	uint8_t bound[BOUND_MAX];
	size_t bound_len = bind_to(account, &record->credential, bound);
	unsigned long long len = 0;

	if (record->seal_key != seal->number)
		return -ENOKEY;
	if (record->sealed_len <= NONCE + TAG || record->sealed_len > NONCE + OTP_SEED_MAX + TAG)
		return -EBADMSG;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(seed, &len, NULL, record->sealed + NONCE,
						       record->sealed_len - NONCE, bound, bound_len,
						       record->sealed, seal->key) != 0) {
		sodium_memzero(seed, OTP_SEED_MAX);
		return -EBADMSG;
	}
	*ret_seed_len = (size_t)len;
	return 0;
}
