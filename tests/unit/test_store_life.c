/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The store as a whole: copied in slices, aged after a restore, sealed with another key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/seal.h"
#include "authority/store/sqlite.h"
#include "tests/unit/store_folder.h"

#define NOW INT64_C(1700000000)

static void record_of(struct folder *folder, int64_t account, uint8_t mark,
		      struct store_record *ret_record)
{
	uint8_t id[WIRE_ID_SIZE];

	memset(id, mark, sizeof(id));
	assert_int_equal(OPS(folder)->record_get(folder->store, account, id, ret_record), 0);
}

static int number_in(const char *path, const char *query)
{
	sqlite3_stmt *row = NULL;
	sqlite3 *db = NULL;
	int number;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

/* ---- copies ---- */

/* What is committed between two slices is in the copy, and the copy is whole. */
static void test_copy_while_written(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_file(folder, "copy");
	struct store_copy *copy = NULL;
	unsigned steps = 0;
	struct stat st;
	int r;

	folder_users(folder, 0, 40000);
	assert_int_equal(OPS(folder)->copy_begin(folder->store, path, &copy), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	while ((r = OPS(folder)->copy_step(folder->store, copy)) == 1) {
		folder_users(folder, 100000 + steps, 100000 + steps + 1);
		steps++;
	}
	assert_int_equal(r, 0);
	assert_true(steps > 2);
	OPS(folder)->copy_end(folder->store, copy);
	assert_int_equal(number_in(path, "SELECT count(*) FROM account"), 40000 + (int)steps);
	assert_int_equal(number_in(path, "SELECT count(*) FROM pragma_integrity_check"
					 " WHERE integrity_check = 'ok'"),
			 1);
	assert_int_equal(number_in(path, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
}

static void test_copy_refuses(void **state)
{
	struct folder *folder = *state;
	struct store_copy *copy = NULL;
	const char *path = folder_file(folder, "copy");

	assert_int_equal(OPS(folder)->copy_begin(folder->store, "copy", &copy), -EINVAL);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(OPS(folder)->copy_begin(folder->store, path, &copy), -EEXIST);
	unlink(path);
	assert_int_equal(OPS(folder)->copy_begin(folder->store, path, &copy), 0);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->copy_step(folder->store, copy), -EBUSY);
	folder_commit(folder);
	OPS(folder)->copy_end(folder->store, copy); /* half done: given up */
	OPS(folder)->copy_end(folder->store, NULL);
	folder_account(folder, "alice", 1);
}

/* ---- age ---- */

static void age(struct folder *folder)
{
	const struct store_age by = {.now = NOW, .totp_ahead = 1, .hotp_ahead = 10};

	folder_begin(folder);
	assert_int_equal(OPS(folder)->age(folder->store, &by), 0);
	folder_commit(folder);
}

static void test_age(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store_record record;

	folder_record(folder, alice, 1, KIND_TOTP, 5);
	folder_record(folder, alice, 2, KIND_HOTP, 5);
	folder_record(folder, alice, 3, KIND_WEBAUTHN, 5);
	folder_record(folder, alice, 4, KIND_PASSWORD, 0);
	folder_record(folder, alice, 5, KIND_TOTP, INT64_C(1) << 40);
	age(folder);
	record_of(folder, alice, 1, &record);
	assert_true(record.credential.moving >=
		    (uint64_t)(NOW / record.credential.period + 1 +
			       (record.credential.drift > 0 ? record.credential.drift : 0)));
	assert_int_equal(record.resync, 0);
	record_of(folder, alice, 2, &record);
	assert_int_equal(record.credential.moving, 15);
	assert_true(record.credential.relearn);
	assert_int_equal(record.resync, 0);
	record_of(folder, alice, 3, &record);
	assert_int_equal(record.credential.moving, 5);
	assert_true(record.credential.relearn);
	record_of(folder, alice, 4, &record);
	assert_true(record.hash[0] != 0);
	record_of(folder, alice, 5, &record); /* it never falls */
	assert_int_equal(record.credential.moving, INT64_C(1) << 40);
}

static void test_age_voids(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	uint8_t id[WIRE_ID_SIZE], hash[32] = {7}, left;
	struct store_record record;
	bool flag = true;

	memset(id, 1, sizeof(id));
	folder_record(folder, alice, 1, KIND_RECOVERY, 1);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->code_add(store, id, hash), 0);
	assert_int_equal(OPS(folder)->invite_set(store, alice, hash, NOW + 1000), 0);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "x", "sudo", true), 0);
	folder_commit(folder);
	age(folder);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->use_code(store, id, hash, NOW, &left), STORE_CONFLICT);
	folder_commit(folder);
	record_of(folder, alice, 1, &record);
	assert_int_equal(record.credential.moving, 0);
	assert_int_equal(OPS(folder)->invite_open(store, alice, NOW, &flag), 0);
	assert_false(flag);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "x", "sudo", &flag), 0);
	assert_false(flag);
}

/* A counter falls only where it is to be learnt anew, and only once. */
static void test_relearn(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];

	memset(id, 1, sizeof(id));
	folder_record(folder, alice, 1, KIND_WEBAUTHN, 50);
	folder_record(folder, alice, 2, KIND_HOTP, 50);
	age(folder);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->relearn(store, alice, id, 49, 3, 900), STORE_CONFLICT);
	assert_int_equal(OPS(folder)->relearn(store, alice + 1, id, 50, 3, 900), STORE_CONFLICT);
	assert_int_equal(OPS(folder)->relearn(store, alice, id, 50, 3, 900), 0);
	assert_int_equal(OPS(folder)->relearn(store, alice, id, 3, 2, 900), STORE_CONFLICT);
	memset(id, 2, sizeof(id));
	assert_int_equal(OPS(folder)->relearn(store, alice, id, 60, 3, 900), STORE_CONFLICT);
	folder_commit(folder);
	record_of(folder, alice, 1, &record);
	assert_int_equal(record.credential.moving, 3);
	assert_false(record.credential.relearn);
	assert_int_equal(record.credential.last_used, 900);
	record_of(folder, alice, 2, &record);
	assert_int_equal(record.credential.moving, 60);
}

static void test_drop_sealed(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store_record record;
	unsigned n = 0;
	uint8_t id[WIRE_ID_SIZE];

	for (uint8_t kind = KIND_PASSWORD; kind <= KIND_SSH_SK; kind++)
		folder_record(folder, alice, kind, (enum credential_kind)kind, 1);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->drop_sealed(folder->store, &n), 0);
	folder_commit(folder);
	assert_int_equal(n, 3); /* totp, hotp, recovery */
	record_of(folder, alice, KIND_PASSWORD, &record);
	record_of(folder, alice, KIND_WEBAUTHN, &record);
	memset(id, KIND_HOTP, sizeof(id));
	assert_int_equal(OPS(folder)->record_get(folder->store, alice, id, &record), STORE_ABSENT);
}

/* ---- another key ---- */

static struct seal *key_of(const struct folder *folder)
{
	struct seal *seal = NULL;
	char error[256] = "";

	if (seal_open(folder->path, true, &seal, error, sizeof(error)) != 0)
		fail_msg("%s", error);
	return seal;
}

static void settle(const struct folder *folder, uint32_t number, bool keep_old)
{
	char error[256] = "";

	if (seal_settle(folder->path, number, keep_old, error, sizeof(error)) != 0)
		fail_msg("%s", error);
}

static uint32_t number_of_key(const struct folder *folder)
{
	struct seal *seal = key_of(folder);
	uint32_t number = seal_key_number(seal);

	seal_close(seal);
	return number;
}

static void test_settle(void **state)
{
	struct folder *folder = *state;
	uint32_t old = number_of_key(folder), next;
	struct seal *seal = NULL;
	char error[256] = "", kept[64];

	settle(folder, old, false); /* nothing to do */
	settle(folder, 12345, false);
	assert_int_equal(number_of_key(folder), old);
	assert_int_equal(seal_make_next(folder->path, &seal, error, sizeof(error)), 0);
	next = seal_key_number(seal);
	seal_close(seal);
	settle(folder, old, false); /* the store still names the old one */
	assert_int_equal(number_of_key(folder), old);
	settle(folder, next, true);
	assert_int_equal(number_of_key(folder), next);
	settle(folder, next, false); /* again: nothing to do */
	assert_int_equal(number_of_key(folder), next);
	snprintf(kept, sizeof(kept), "host.key.%u", old);
	assert_int_equal(access(folder_file(folder, kept), F_OK), 0);
	assert_int_equal(access(folder_file(folder, "host.key.next"), F_OK), -1);
}

/* The first key is gone, or is none. */
static void test_settle_without_a_first(void **state)
{
	struct folder *folder = *state;
	struct seal *seal = NULL;
	char error[256] = "";
	uint32_t next;

	assert_int_equal(seal_make_next(folder->path, &seal, error, sizeof(error)), 0);
	next = seal_key_number(seal);
	seal_close(seal);
	settle(folder, next, false);
	assert_int_equal(number_of_key(folder), next);
}

static void test_carry(void **state)
{
	struct folder *folder = *state;
	uint8_t keys[SEAL_CARRIED_SIZE], own[32], again[SEAL_CARRIED_SIZE];
	struct seal *first = key_of(folder), *next = NULL;
	char text[SEAL_CARRIED_TEXT] = "", error[256] = "";

	assert_int_equal(seal_code_keys(first, "", keys), 0);
	seal_subkey(first, "recovery", own);
	assert_memory_equal(keys, own, 32);
	seal_subkey(first, "invite", own);
	assert_memory_equal(keys + 32, own, 32);
	assert_int_equal(seal_make_next(folder->path, &next, error, sizeof(error)), 0);
	assert_int_equal(seal_carry(next, keys, text), 0);
	assert_int_equal(seal_code_keys(next, text, again), 0);
	assert_memory_equal(keys, again, sizeof(keys));
	assert_int_equal(seal_code_keys(first, text, again), -EBADMSG);
	text[40] = text[40] == 'A' ? 'B' : 'A';
	assert_int_equal(seal_code_keys(next, text, again), -EBADMSG);
	assert_int_equal(seal_code_keys(next, "AAAA", again), -EBADMSG);
	seal_close(first);
	seal_close(next);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup_empty, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_copy_while_written),
		WITH_STORE(test_copy_refuses),
		WITH_STORE(test_age),
		WITH_STORE(test_age_voids),
		WITH_STORE(test_relearn),
		WITH_STORE(test_drop_sealed),
		WITH_FOLDER(test_settle),
		WITH_FOLDER(test_settle_without_a_first),
		WITH_FOLDER(test_carry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
