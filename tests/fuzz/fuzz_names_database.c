/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * fuzz_names_database - a database of the name service, whatever is in it: the module
 * that reads it runs inside every program.
 *
 * The first byte says which kind the rest is, and whether head and checks are set
 * right first, without which nothing else would be looked at.  Whatever comes out has
 * to be a row that could have been written.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "nss_webcred/cursor.h"
#include "nss_webcred/row.h"
#include "tests/fuzz/fuzz.h"

#define ROWS_MAX 256
#define SIZE_MAX_HERE 16384

static uint32_t number_at(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static void check_set(uint8_t *key, size_t key_len, size_t len)
{
	char digits[10];
	uint8_t *value = key + key_len;
	uint32_t hash = names_hash(NAMES_HASH_START, key, key_len);

	if (len < 9)
		return;
	hash = names_hash(hash, value + 9, len - 9);
	snprintf(digits, sizeof(digits), "%08x ", hash);
	memcpy(value, digits, 9);
}

/* Head and checks of as many records as there are. */
static void mend(uint8_t *file, size_t size, enum database_kind kind)
{
	char head[64];
	size_t at = DATABASE_TABLE, end;
	int len = snprintf(head, sizeof(head), "webcred-names 1 %s %010zu %010u",
			   kind == DATABASE_PASSWD ? "passwd" : "group", size, 1u);

	if (size < DATABASE_TABLE + DATABASE_HEAD)
		return;
	memcpy(file + at, "\1\0\0\0\0\0\0\0!", 9);
	file[at + 4] = (uint8_t)(len + 9);
	memcpy(file + at + 18, head, (size_t)len);
	end = number_at(file) < size ? number_at(file) : size;
	while (at + 8 <= end) {
		uint64_t key_len = number_at(file + at), value_len = number_at(file + at + 4);

		if (key_len + value_len > end - at - 8)
			return;
		check_set(file + at + 8, key_len, value_len);
		at += 8 + key_len + value_len;
	}
}

/* A buffer of exactly so many bytes, and none behind them. */
static int row_of(struct database *database, const struct database_record *record, size_t size)
{
	char *buffer = malloc(size ? size : 1);
	struct passwd person;
	struct group group;
	int r;

	if (database->kind == DATABASE_PASSWD) {
		r = row_person(database, record, buffer, size, &person);
		if (r == 0) {
			struct names_person said = {.name = person.pw_name,
						    .uid = person.pw_uid,
						    .gid = person.pw_gid,
						    .gecos = person.pw_gecos,
						    .home = person.pw_dir,
						    .shell = person.pw_shell};

			fuzz_insist(!names_check_person(&said) &&
				    strcmp(person.pw_passwd, "*") == 0);
		}
	} else {
		r = row_group(database, record, buffer, size, &group);
		if (r == 0) {
			fuzz_insist(!names_check_name(group.gr_name) &&
				    !names_check_id(group.gr_gid));
			for (char **member = group.gr_mem; *member; member++)
				fuzz_insist(!names_check_name(*member));
		}
	}
	free(buffer);
	return r;
}

static void each_size(struct database *database, const struct database_record *record)
{
	static const size_t sizes[] = {0, 1, 10, 40, 80, 200, 1024, 65536};
	bool fitted = false;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int r = row_of(database, record, sizes[i]);

		fuzz_insist(!fitted || r == 0);
		fitted = r == 0;
	}
}

static void groups_of(struct database *database)
{
	long n = 1, room = 1;
	gid_t *ids = calloc(1, sizeof(*ids));

	if (initgroups_from(database, "carol", 70000, &n, &room, &ids, 50) == 0)
		for (long i = 1; i < n; i++)
			fuzz_insist(!names_check_id(ids[i]) && ids[i] != 70000);
	fuzz_insist(n <= room && n <= 50);
	free(ids);
}

static void read_all(struct database *database)
{
	struct database_record record;
	uint64_t at = DATABASE_TABLE, before = 0;

	for (int i = 0; i < ROWS_MAX && database_next(database, &at, &record) == 0; i++) {
		fuzz_insist(at > before && at <= database->end);
		before = at;
		if (record.key[0] == '.')
			each_size(database, &record);
	}
	if (database_find(database, '.', "carol", &record) == 0)
		each_size(database, &record);
	if (row_find_id(database, 70000, &record) == 0)
		each_size(database, &record);
	if (database->kind == DATABASE_GROUP)
		groups_of(database);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char window[MODULE_WINDOW];
	struct database database;
	enum database_kind kind;
	uint8_t *file;
	int fd;

	if (size < 1 || size > SIZE_MAX_HERE)
		return 0;
	kind = data[0] & 1 ? DATABASE_GROUP : DATABASE_PASSWD;
	file = malloc(size);
	memcpy(file, data + 1, size - 1);
	if (data[0] & 2)
		mend(file, size - 1, kind);
	fd = memfd_create("names", MFD_CLOEXEC);
	fuzz_insist(fd >= 0 && write(fd, file, size - 1) == (ssize_t)(size - 1));
	free(file);
	if (database_take(&database, kind, fd, window, sizeof(window)) == 0) {
		read_all(&database);
		database_close(&database);
	}
	return 0;
}
