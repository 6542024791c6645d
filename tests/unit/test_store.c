/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The store: accounts, what hangs on them, and the batch, on a real database in a scratch folder.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/store/sqlite.h"
#include "tests/unit/store_folder.h"

static void id_of(uint8_t id[WIRE_ID_SIZE], uint8_t mark)
{
	memset(id, mark, WIRE_ID_SIZE);
}

static void test_meta(void **state)
{
	struct folder *folder = *state;
	char value[32] = "untouched";

	assert_int_equal(OPS(folder)->meta_get(folder->store, "rp_id", value, sizeof(value)),
			 STORE_ABSENT);
	assert_string_equal(value, "untouched");
	folder_begin(folder);
	assert_int_equal(OPS(folder)->meta_set(folder->store, "rp_id", "one"), 0);
	assert_int_equal(OPS(folder)->meta_set(folder->store, "rp_id", "host.example.org"), 0);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->meta_get(folder->store, "rp_id", value, sizeof(value)), 0);
	assert_string_equal(value, "host.example.org");
	assert_int_equal(OPS(folder)->meta_get(folder->store, "rp_id", value, 16), -EMSGSIZE);
	assert_int_equal(OPS(folder)->meta_get(folder->store, "rp_id", value, 17), 0);
}

/* ---- accounts ---- */

static void test_account(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store_account account;
	uint8_t handle[STORE_HANDLE_SIZE] = {9};

	assert_int_equal(OPS(folder)->account_find(folder->store, "alice", &account), 0);
	assert_int_equal(account.number, alice);
	assert_string_equal(account.name, "alice");
	assert_int_equal(account.uid, 1000);
	assert_int_equal(account.handle[31], 1000 & 0xff);
	assert_false(account.locked);
	assert_int_equal(account.created, 1000);
	memset(&account, 7, sizeof(account));
	assert_int_equal(OPS(folder)->account_find(folder->store, "Alice", &account), STORE_ABSENT);
	assert_int_equal(account.uid, 0x07070707);

	folder_begin(folder);
	assert_int_equal(
		OPS(folder)->account_add(folder->store, "alice", 1001, handle, 1, &account),
		STORE_CONFLICT);
	/* userdel and useradd: the same uid under another name. */
	assert_int_equal(OPS(folder)->account_add(folder->store, "bob", 1000, handle, 1, &account),
			 STORE_CONFLICT);
	assert_int_equal(OPS(folder)->account_add(folder->store, "root", 0, handle, 1, &account),
			 0);
	assert_int_equal(
		OPS(folder)->account_add(folder->store, "big", UINT32_MAX, handle, 1, &account), 0);
	assert_int_equal(OPS(folder)->account_lock(folder->store, alice, true), 0);
	assert_int_equal(OPS(folder)->account_lock(folder->store, 12345, true), STORE_ABSENT);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->account_find(folder->store, "alice", &account), 0);
	assert_true(account.locked);
	assert_int_equal(OPS(folder)->account_find(folder->store, "big", &account), 0);
	assert_int_equal(account.uid, UINT32_MAX);
	assert_int_equal(OPS(folder)->account_find(folder->store, "bob", &account), STORE_ABSENT);
}

struct walk {
	struct folder *folder;
	int seen, stop_at, answer;
	int64_t last;
	bool remove;
};

static int each_account(void *context, const struct store_account *account)
{
	struct walk *walk = context;

	assert_true(account->number > walk->last);
	walk->last = account->number;
	walk->seen++;
	if (walk->remove) {
		folder_begin(walk->folder);
		assert_int_equal(
			OPS(walk->folder)->account_remove(walk->folder->store, account->number), 0);
		folder_commit(walk->folder);
	}
	return walk->seen == walk->stop_at ? walk->answer : 0;
}

static void test_account_each(void **state)
{
	struct folder *folder = *state;
	struct walk walk = {.folder = folder};
	struct store_account account;
	uint8_t handle[STORE_HANDLE_SIZE] = {0};
	char name[16];

	assert_int_equal(OPS(folder)->account_each(folder->store, 0, each_account, &walk), 0);
	assert_int_equal(walk.seen, 0);
	folder_begin(folder);
	for (uint32_t i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "user%u", (unsigned)i);
		assert_int_equal(
			OPS(folder)->account_add(folder->store, name, i, handle, 1, &account), 0);
	}
	folder_commit(folder);
	assert_int_equal(OPS(folder)->account_each(folder->store, 0, each_account, &walk), 0);
	assert_int_equal(walk.seen, 101);
	walk = (struct walk){.folder = folder, .stop_at = 40, .answer = 1};
	assert_int_equal(OPS(folder)->account_each(folder->store, 0, each_account, &walk), 0);
	assert_int_equal(walk.seen, 40);
	walk = (struct walk){.folder = folder, .stop_at = 40, .answer = -EINTR};
	assert_int_equal(OPS(folder)->account_each(folder->store, 0, each_account, &walk), -EINTR);
	/* --orphans removes what it is shown. */
	walk = (struct walk){.folder = folder, .remove = true};
	assert_int_equal(OPS(folder)->account_each(folder->store, 0, each_account, &walk), 0);
	assert_int_equal(walk.seen, 101);
	assert_int_equal(OPS(folder)->account_find(folder->store, "user50", &account),
			 STORE_ABSENT);
}

/* Nothing of a removed account is left, and nobody inherits its number. */
static void test_account_remove(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store_throttle failures = {.failures = 3, .first_at = 1, .last_at = 2};
	struct store_record record;
	uint8_t hash[32] = {1}, id[WIRE_ID_SIZE], left;
	char subject[32];
	bool yes = true;

	folder_record(folder, alice, 1, KIND_PASSWORD, 0);
	folder_record(folder, alice, 2, KIND_RECOVERY, 1);
	snprintf(subject, sizeof(subject), "account:%lld", (long long)alice);
	id_of(id, 2);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->code_add(folder->store, id, hash), 0);
	assert_int_equal(OPS(folder)->throttle_set(folder->store, subject, WEBCRED_TYPE_OTP, "seat",
						   &failures),
			 0);
	assert_int_equal(OPS(folder)->flag_set(folder->store, alice, "h", "sudo", true), 0);
	assert_int_equal(OPS(folder)->invite_set(folder->store, alice, hash, 5000), 0);
	folder_commit(folder);

	folder_begin(folder);
	assert_int_equal(OPS(folder)->account_remove(folder->store, alice), 0);
	assert_int_equal(OPS(folder)->account_remove(folder->store, alice), STORE_ABSENT);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->record_get(folder->store, alice, id, &record), STORE_ABSENT);
	assert_int_equal(OPS(folder)->throttle_get(folder->store, subject, WEBCRED_TYPE_OTP, "seat",
						   &failures),
			 STORE_ABSENT);
	assert_int_equal(OPS(folder)->flag_get(folder->store, alice, "h", "sudo", &yes), 0);
	assert_false(yes);
	assert_int_equal(OPS(folder)->invite_open(folder->store, alice, 10, &yes), 0);
	assert_false(yes);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->use_code(folder->store, id, hash, 5, &left), STORE_ABSENT);
	folder_commit(folder);
	assert_true(folder_account(folder, "alice", 1000) > alice);
}

/* ---- throttle, flag, invitation ---- */

static void test_throttle(void **state)
{
	struct folder *folder = *state;
	struct store *store = folder->store;
	struct store_throttle in = {.failures = 4, .first_at = 10, .last_at = 20}, out = {0};

	assert_int_equal(
		OPS(folder)->throttle_get(store, "unknown:3", WEBCRED_TYPE_PASSWORD, "seat", &out),
		STORE_ABSENT);
	folder_begin(folder);
	assert_int_equal(
		OPS(folder)->throttle_set(store, "unknown:3", WEBCRED_TYPE_PASSWORD, "seat", &in),
		0);
	assert_int_equal(
		OPS(folder)->throttle_set(store, "unknown:3", WEBCRED_TYPE_PASSWORD, "remote", &in),
		0);
	in.failures = UINT32_MAX;
	assert_int_equal(
		OPS(folder)->throttle_set(store, "unknown:3", WEBCRED_TYPE_PASSWORD, "seat", &in),
		0);
	assert_int_equal(
		OPS(folder)->throttle_set(store, "unknown:3", WEBCRED_TYPE_OTP, "seat", &in), 0);
	folder_commit(folder);
	assert_int_equal(
		OPS(folder)->throttle_get(store, "unknown:3", WEBCRED_TYPE_PASSWORD, "seat", &out),
		0);
	assert_int_equal(out.failures, UINT32_MAX);
	assert_int_equal(out.first_at, 10);
	assert_int_equal(out.last_at, 20);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->throttle_clear(store, "unknown:3", "seat"), 0);
	assert_int_equal(
		OPS(folder)->throttle_get(store, "unknown:3", WEBCRED_TYPE_OTP, "seat", &out),
		STORE_ABSENT);
	assert_int_equal(OPS(folder)->throttle_get(store, "unknown:3", WEBCRED_TYPE_PASSWORD,
						   "remote", &out),
			 0);
	/* no failures, no row */
	in.failures = 0;
	assert_int_equal(
		OPS(folder)->throttle_set(store, "unknown:3", WEBCRED_TYPE_PASSWORD, "remote", &in),
		0);
	assert_int_equal(OPS(folder)->throttle_get(store, "unknown:3", WEBCRED_TYPE_PASSWORD,
						   "remote", &out),
			 STORE_ABSENT);
	assert_int_equal(OPS(folder)->throttle_clear(store, "unknown:3", NULL), 0);
	folder_commit(folder);
}

/* Behaviours 2 and 56. */
/* behaviour 39 */
static void test_flag(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	bool clear = true;

	assert_int_equal(OPS(folder)->flag_get(store, alice, "h", "sudo", &clear), 0);
	assert_false(clear);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "h", NULL, true), -EINVAL);
	assert_int_equal(OPS(folder)->flag_set(store, 4711, "h", "sudo", true), STORE_ABSENT);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "h", "sudo", true), 0);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "h", "sudo", true), 0);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "h", "su", true), 0);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "other", "su", true), 0);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "h", "sudo", &clear), 0);
	assert_true(clear);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "H", "sudo", &clear), 0);
	assert_false(clear);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "%", "sud_", &clear), 0);
	assert_false(clear);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "other", "sudo", &clear), 0);
	assert_false(clear);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "h", "sudo", false), 0);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "h", "sudo", &clear), 0);
	assert_false(clear);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "h", "su", &clear), 0);
	assert_true(clear);
	assert_int_equal(OPS(folder)->flag_set(store, alice, "h", NULL, false), 0);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "h", "su", &clear), 0);
	assert_false(clear);
	assert_int_equal(OPS(folder)->flag_get(store, alice, "other", "su", &clear), 0);
	assert_true(clear);
	folder_commit(folder);
}

static void test_invite(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	uint8_t old[32] = {1}, hash[32] = {2};
	bool open = true;

	assert_int_equal(OPS(folder)->invite_open(store, alice, 10, &open), 0);
	assert_false(open);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->invite_set(store, 4711, old, 100), STORE_ABSENT);
	assert_int_equal(OPS(folder)->invite_set(store, alice, old, 100), 0);
	assert_int_equal(OPS(folder)->invite_set(store, alice, hash, 100), 0);
	assert_int_equal(OPS(folder)->invite_open(store, alice, 99, &open), 0);
	assert_true(open);
	assert_int_equal(OPS(folder)->invite_open(store, alice, 100, &open), 0);
	assert_false(open);
	assert_int_equal(OPS(folder)->invite_take(store, alice, old, 10), STORE_CONFLICT);
	assert_int_equal(OPS(folder)->invite_take(store, alice, hash, 100), STORE_ABSENT);
	assert_int_equal(OPS(folder)->invite_take(store, alice, hash, 99), 0);
	assert_int_equal(OPS(folder)->invite_take(store, alice, hash, 99), STORE_ABSENT);
	folder_commit(folder);
}

/* ---- the batch ---- */

static void test_batch(void **state)
{
	struct folder *folder = *state;
	struct store *store = folder->store;
	char value[8];

	assert_int_equal(OPS(folder)->meta_set(store, "a", "1"), -EINVAL);
	assert_int_equal(OPS(folder)->commit(store), -EINVAL);
	OPS(folder)->rollback(store);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->begin(store), -EINVAL);
	assert_int_equal(OPS(folder)->meta_set(store, "a", "1"), 0);
	assert_int_equal(OPS(folder)->meta_get(store, "a", value, sizeof(value)), 0);
	OPS(folder)->rollback(store);
	assert_int_equal(OPS(folder)->meta_get(store, "a", value, sizeof(value)), STORE_ABSENT);
}

/* No room on disk: SQLite rolls back by itself, and what follows in the batch
 * must not be committed alone. */
static void test_batch_doomed(void **state)
{
	struct folder *folder = *state;
	struct store *store = folder->store;
	sqlite3 *db = ((struct sqlite_store *)store)->db;
	char big[3000], key[16], value[8];
	int r = 0;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(sqlite3_exec(db, "PRAGMA max_page_count = 40", NULL, NULL, NULL),
			 SQLITE_OK);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->meta_set(store, "first", "1"), 0);
	for (int i = 0; r == 0 && i < 100; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		r = OPS(folder)->meta_set(store, key, big);
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(OPS(folder)->meta_set(store, "after", "1"), -ECANCELED);
	assert_int_equal(OPS(folder)->commit(store), -ECANCELED);
	assert_int_equal(OPS(folder)->meta_get(store, "first", value, sizeof(value)), STORE_ABSENT);
	assert_int_equal(OPS(folder)->meta_get(store, "after", value, sizeof(value)), STORE_ABSENT);
	assert_int_equal(sqlite3_exec(db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL),
			 SQLITE_OK);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->meta_set(store, "again", "1"), 0);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->meta_get(store, "again", value, sizeof(value)), 0);
}

static void test_check(void **state)
{
	struct folder *folder = *state;
	char text[128];

	folder_record(folder, folder_account(folder, "alice", 1000), 1, KIND_PASSWORD, 0);
	assert_int_equal(OPS(folder)->check(folder->store, text, sizeof(text)), 0);
	assert_string_equal(text, "ok");
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_meta),	       WITH_STORE(test_account),
		WITH_STORE(test_account_each), WITH_STORE(test_account_remove),
		WITH_STORE(test_throttle),     WITH_STORE(test_flag),
		WITH_STORE(test_invite),       WITH_STORE(test_batch),
		WITH_STORE(test_batch_doomed), WITH_STORE(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
