/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* database - see database.h. */
#include "nss_webcred/database.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const database_files[] = {
	[DATABASE_PASSWD] = NAMES_FOLDER "/" NAMES_PASSWD_FILE,
	[DATABASE_GROUP] = NAMES_FOLDER "/" NAMES_GROUP_FILE,
};

static const char *const database_heads[] = {
	[DATABASE_PASSWD] = "webcred-names 1 passwd ",
	[DATABASE_GROUP] = "webcred-names 1 group ",
};

_Static_assert(NAMES_VERSION == 1, "the heads above say so");

static uint32_t database_unpack(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

const char *database_path(enum database_kind kind)
{
	return database_files[kind];
}

/* A program that closed all its descriptors may have given ours to another file. */
bool database_is_of(int fd, const struct stat *of)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == of->st_dev && st.st_ino == of->st_ino;
}

/* All `len` bytes, or what is wrong: a file that ends early has been cut. */
static int database_pread(struct database *database, void *to, size_t len, uint64_t at)
{
	size_t done = 0;

	if (database->walked && !database_is_of(database->fd, &database->of))
		return -EBADF;
	while (done < len) {
		ssize_t n = pread(database->fd, (char *)to + done, len - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		done += (size_t)n;
	}
	return 0;
}

/* `len` bytes at `at`, which must be within the file; small ones with what follows them, up to
 * `fill`. */
static int database_read(struct database *database, void *to, size_t len, uint64_t at, size_t fill)
{
	int r;

	if (len > database->size || at > database->size - len)
		return -EBADMSG;
	if (at >= database->window_at && at - database->window_at <= database->window_len &&
	    len <= database->window_len - (at - database->window_at)) {
		memcpy(to, database->window + (at - database->window_at), len);
		return 0;
	}
	if (fill > database->window_room)
		fill = database->window_room;
	if (len > fill)
		return database_pread(database, to, len, at);
	if (fill > database->size - at)
		fill = (size_t)(database->size - at);
	database->window_len = 0;
	r = database_pread(database, database->window, fill, at);
	if (r < 0)
		return r;
	database->window_at = at;
	database->window_len = fill;
	memcpy(to, database->window, len);
	return 0;
}

bool database_number(const char **at, char end, uint32_t *ret_number)
{
	const char *digit = *at;
	uint64_t number = 0;

	while (*digit >= '0' && *digit <= '9' && digit - *at < 11)
		number = number * 10 + (uint64_t)(*digit++ - '0');
	if (digit == *at || *digit != end || number > UINT32_MAX ||
	    (**at == '0' && digit - *at > 1))
		return false;
	*ret_number = (uint32_t)number;
	*at = digit;
	return true;
}

static uint32_t database_check(const char *key, size_t key_len, const char *line, size_t len)
{
	return names_hash(names_hash(NAMES_HASH_START, key, key_len), line, len);
}

/* "CHECK LINE" of `len` bytes, for this key. */
static bool database_checks(const char *key, size_t key_len, const char *value, size_t len)
{
	uint32_t check = database_check(key, key_len, value + 9, len - 9);

	for (int i = 7; i >= 0; i--, check >>= 4)
		if (value[i] != "0123456789abcdef"[check & 15])
			return false;
	return value[8] == ' ';
}

/* Ten digits. */
static bool database_size_is(const char *digits, uint64_t wanted)
{
	uint64_t number = 0;

	for (int i = 0; i < 10; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(digits[i] - '0');
	}
	return number == wanted;
}

/* The file is whole, of our version and of this kind. */
static bool database_head_good(const struct database *database)
{
	const unsigned char *record = database->head + DATABASE_TABLE;
	const char *value = (const char *)record + 8 + 1;
	const char *words = database_heads[database->kind];
	size_t words_len = strlen(words), len = 9 + words_len + 10 + 1 + 10;

	return database_unpack(record) == 1 && database_unpack(record + 4) == len &&
	       record[8] == '!' && database_checks("!", 1, value, len) &&
	       memcmp(value + 9, words, words_len) == 0 &&
	       database_size_is(value + 9 + words_len, database->size);
}

/* Size and identity, and whether root alone can have written it. */
static int database_judge(struct database *database, bool of_root)
{
	const struct stat *st = &database->of;

	if (fstat(database->fd, &database->of) < 0)
		return -errno;
	if (of_root &&
	    (!S_ISREG(st->st_mode) || st->st_uid != 0 || (st->st_mode & (S_IWGRP | S_IWOTH))))
		return -EPERM;
	if (st->st_size < (off_t)sizeof(database->own_head) || st->st_size > (off_t)UINT32_MAX)
		return -EBADMSG;
	database->size = (uint64_t)st->st_size;
	return 0;
}

static int database_begin(struct database *database, bool of_root)
{
	int r = database_judge(database, of_root);

	if (r == 0)
		r = database_pread(database, database->own_head, sizeof(database->own_head), 0);
	if (r == 0) {
		database->head = database->own_head;
		/* The records end where the first table begins. */
		database->end = database_unpack(database->head);
		if (!database_head_good(database) || database->end < DATABASE_TABLE ||
		    database->end > database->size)
			r = -EBADMSG;
	}
	if (r < 0)
		database_close(database);
	return r;
}

/* Field by field: the two kilobytes of the head need no zeros. */
void database_reset(struct database *database, enum database_kind kind, int fd,
		    unsigned char *window, size_t window_room)
{
	database->kind = kind;
	database->fd = fd;
	database->walked = false;
	database->lent = false;
	database->swift = false;
	database->serial = 0;
	database->window = window;
	database->window_room = window_room;
	database->window_len = 0;
	database->window_at = 0;
}

int database_take(struct database *database, enum database_kind kind, int fd, unsigned char *window,
		  size_t window_room)
{
	database_reset(database, kind, fd, window, window_room);
	return database_begin(database, false);
}

int database_open(struct database *database, enum database_kind kind, unsigned char *window,
		  size_t window_room)
{
	int fd = open(database_files[kind],
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	database_reset(database, kind, fd, window, window_room);
	return database_begin(database, true);
}

void database_close(struct database *database)
{
	if (database->fd >= 0 && (!database->walked || database_is_of(database->fd, &database->of)))
		close(database->fd);
	database->fd = -1;
}

/* Head and key of the record at `at`, which ends by `end`. */
static int database_record(struct database *database, uint64_t at, uint64_t end,
			   struct database_record *ret_record)
{
	unsigned char lengths[8];
	uint64_t key_len, len;
	int r;

	if (at < DATABASE_TABLE || end < 8 || at > end - 8)
		return -EBADMSG;
	r = database_read(database, lengths, sizeof(lengths), at, database->window_room);
	if (r < 0)
		return r;
	key_len = database_unpack(lengths);
	len = database_unpack(lengths + 4);
	if (key_len < 1 || key_len > DATABASE_KEY_MAX || key_len + len > end - 8 - at)
		return -EBADMSG;
	r = database_read(database, ret_record->key, key_len, at + 8, database->window_room);
	if (r < 0)
		return r;
	ret_record->key[key_len] = '\0';
	ret_record->key_len = key_len;
	ret_record->at = at + 8 + key_len;
	ret_record->len = len;
	return 0;
}

/* Whether the place of the index that says `slot` is the key's. */
static int database_slot(struct database *database, const unsigned char *slot, uint32_t hash,
			 const char *key, size_t key_len, struct database_record *ret_record)
{
	int r;

	if (database_unpack(slot) != hash)
		return DATABASE_ABSENT;
	r = database_record(database, database_unpack(slot + 4), database->end, ret_record);
	if (r == 0 &&
	    (ret_record->key_len != key_len || memcmp(ret_record->key, key, key_len) != 0))
		r = DATABASE_ABSENT;
	return r;
}

/* D. J. Bernstein's cdb: 256 tables of twice as many places as keys, searched onwards. */
static int database_search(struct database *database, const char *key, size_t key_len,
			   struct database_record *ret_record)
{
	uint32_t hash = names_hash(NAMES_HASH_START, key, key_len);
	const unsigned char *table = database->head + 8 * (hash & 255);
	uint64_t at = database_unpack(table), places = database_unpack(table + 4);
	uint64_t place = places ? (hash >> 8) % places : 0;
	unsigned char slot[8];
	int r;

	if (places == 0)
		return DATABASE_ABSENT;
	if (at < database->end || at > database->size || places * 8 > database->size - at)
		return -EBADMSG;
	for (uint64_t i = 0; i < places && i < DATABASE_PROBES_MAX; i++) {
		r = database_read(database, slot, sizeof(slot), at + 8 * place, DATABASE_PLACES);
		if (r < 0)
			return r;
		if (database_unpack(slot + 4) == 0)
			return DATABASE_ABSENT;
		r = database_slot(database, slot, hash, key, key_len, ret_record);
		if (r != DATABASE_ABSENT)
			return r;
		place = place + 1 == places ? 0 : place + 1;
	}
	return -EBADMSG;
}

int database_find(struct database *database, char prefix, const char *key,
		  struct database_record *ret_record)
{
	char whole[DATABASE_KEY_MAX];
	size_t len = strnlen(key, sizeof(whole));

	if (len > NAMES_NAME_MAX)
		return DATABASE_ABSENT;
	whole[0] = prefix;
	memcpy(whole + 1, key, len);
	return database_search(database, whole, 1 + len, ret_record);
}

int database_next(struct database *database, uint64_t *at, struct database_record *ret_record)
{
	int r;

	if (*at == database->end)
		return DATABASE_ABSENT;
	r = database_record(database, *at, database->end, ret_record);
	if (r == 0)
		*at = ret_record->at + ret_record->len;
	return r;
}

size_t database_line_max(enum database_kind kind, char prefix)
{
	size_t person = NAMES_NAME_MAX + 3 * 255 + 2 * 10 + 5;

	if (prefix == '=')
		return 9 + NAMES_NAME_MAX;
	if (prefix == '@')
		return 9 + (size_t)NAMES_GROUPS_MAX * 11;
	return 9 +
	       (kind == DATABASE_PASSWD
			? person
			: NAMES_NAME_MAX + 12 + (size_t)NAMES_MEMBERS_MAX * (NAMES_NAME_MAX + 1));
}

int database_line(struct database *database, const struct database_record *record, char *buffer,
		  size_t size, char **ret_line)
{
	int r;

	if (record->len <= 9 || record->len > database_line_max(database->kind, record->key[0]))
		return -EBADMSG;
	if (size <= record->len)
		return -ERANGE;
	r = database_read(database, buffer, record->len, record->at, database->window_room);
	if (r < 0)
		return r;
	buffer[record->len] = '\0';
	if (strlen(buffer) != record->len ||
	    !database_checks(record->key, record->key_len, buffer, record->len))
		return -EBADMSG;
	*ret_line = buffer + DATABASE_BEFORE;
	return 0;
}
