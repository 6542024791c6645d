/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The store: records, what only rises, recovery codes, on a real database in a scratch folder. */
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

static uint64_t moving_of(struct folder *folder, int64_t account, uint8_t mark)
{
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];

	id_of(id, mark);
	assert_int_equal(OPS(folder)->record_get(folder->store, account, id, &record), 0);
	return record.credential.moving;
}

/* ---- records ---- */

/* Behaviour 79: every member comes back. */
static void test_record_members(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store_record in, out;

	for (int kind = KIND_PASSWORD; kind <= KIND_SSH_SK; kind++) {
		folder_example(&in, alice, (uint8_t)kind, (enum credential_kind)kind);
		if (kind == KIND_WEBAUTHN) {
			in.credential.external_len = WIRE_EXTERNAL_MAX;
			in.credential.key_len = CREDENTIAL_KEY_MAX;
			in.credential.moving = UINT32_MAX;
		}
		folder_begin(folder);
		assert_int_equal(OPS(folder)->record_add(folder->store, &in), 0);
		folder_commit(folder);
		memset(&out, 0xee, sizeof(out));
		assert_int_equal(
			OPS(folder)->record_get(folder->store, alice, in.credential.id, &out), 0);
		assert_memory_equal(&in, &out, sizeof(in));
	}
	assert_int_equal(OPS(folder)->record_get(folder->store, alice + 1, in.credential.id, &out),
			 STORE_ABSENT);
}

/* Behaviour 38: read like a record, and nobody's, whatever is enrolled. */
static void test_decoy_lets_nobody_in(void **state)
{
	struct folder *folder = *state;
	struct store_record decoy;

	assert_int_equal(OPS(folder)->record_decoy(folder->store, &decoy), 0);
	assert_int_equal(decoy.account, 0);
	assert_int_equal(decoy.credential.type, WEBCRED_TYPE_PASSWORD);
	assert_int_equal(decoy.credential.kind, KIND_PASSWORD);
	assert_true(decoy.credential.locked);
	assert_int_equal(strlen(decoy.hash), 97); /* as long as Argon2id's */
	assert_int_not_equal(decoy.hash[0], '$');
	assert_int_equal(OPS(folder)->record_get(folder->store, 0, decoy.credential.id, &decoy),
			 STORE_ABSENT);
}

struct seen {
	uint8_t mark[16];
	int n, stop_at, answer;
};

static int each_record(void *context, const struct store_record *record)
{
	struct seen *seen = context;

	seen->mark[seen->n++] = record->credential.id[0];
	return seen->n == seen->stop_at ? seen->answer : 0;
}

static void test_record_each(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	int64_t bob = folder_account(folder, "bob", 1001);
	struct seen seen = {.n = 0};

	folder_record(folder, alice, 9, KIND_TOTP, 0);
	folder_record(folder, bob, 5, KIND_TOTP, 0);
	folder_record(folder, alice, 1, KIND_PASSWORD, 0);
	folder_record(folder, alice, 4, KIND_WEBAUTHN, 0);
	assert_int_equal(OPS(folder)->record_each(folder->store, alice, each_record, &seen), 0);
	assert_int_equal(seen.n, 3);
	/* in the order they were created */
	assert_memory_equal(seen.mark, ((uint8_t[]){9, 1, 4}), 3);
	seen = (struct seen){.stop_at = 2, .answer = 7};
	assert_int_equal(OPS(folder)->record_each(folder->store, alice, each_record, &seen), 0);
	assert_int_equal(seen.n, 2);
	seen = (struct seen){.stop_at = 1, .answer = -EIO};
	assert_int_equal(OPS(folder)->record_each(folder->store, alice, each_record, &seen), -EIO);
	seen = (struct seen){.n = 0};
	assert_int_equal(OPS(folder)->record_each(folder->store, 999, each_record, &seen), 0);
	assert_int_equal(seen.n, 0);
}

/* A refused verb leaves the others of its batch alone. */
static void test_record_conflicts(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	int64_t bob = folder_account(folder, "bob", 1001);
	struct store_record record, other;

	folder_record(folder, alice, 1, KIND_PASSWORD, 0);
	folder_record(folder, alice, 2, KIND_WEBAUTHN, 0);
	folder_begin(folder);
	folder_example(&record, alice, 3, KIND_HOTP);
	assert_int_equal(OPS(folder)->record_add(folder->store, &record), 0);
	/* the id, whoever has it */
	folder_example(&other, bob, 1, KIND_TOTP);
	assert_int_equal(OPS(folder)->record_add(folder->store, &other), STORE_CONFLICT);
	/* behaviour 42: one password */
	folder_example(&other, alice, 4, KIND_PASSWORD);
	assert_int_equal(OPS(folder)->record_add(folder->store, &other), STORE_CONFLICT);
	/* behaviour 79: a key is unregistered for any user */
	folder_example(&other, bob, 5, KIND_WEBAUTHN);
	memset(other.credential.external, 2, 64);
	assert_int_equal(OPS(folder)->record_add(folder->store, &other), STORE_CONFLICT);
	folder_example(&other, 4711, 6, KIND_TOTP);
	assert_int_equal(OPS(folder)->record_add(folder->store, &other), STORE_ABSENT);
	folder_example(&other, bob, 7, KIND_PASSWORD);
	assert_int_equal(OPS(folder)->record_add(folder->store, &other), 0);
	folder_commit(folder);
	assert_int_equal(moving_of(folder, alice, 3), 5);
	assert_int_equal(moving_of(folder, bob, 7), 5);
	for (uint8_t mark = 4; mark < 7; mark++) {
		memset(other.credential.id, mark, WIRE_ID_SIZE);
		assert_int_equal(
			OPS(folder)->record_get(folder->store, bob, other.credential.id, &record),
			STORE_ABSENT);
	}
}

/* behaviour 79 */
static void test_record_external(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store_record record;
	uint8_t external[64];

	folder_record(folder, alice, 2, KIND_WEBAUTHN, 0);
	folder_record(folder, alice, 3, KIND_TOTP, 0);
	memset(external, 2, sizeof(external));
	assert_int_equal(OPS(folder)->record_external(folder->store, external, 64, &record), 0);
	assert_int_equal(record.credential.id[0], 2);
	assert_int_equal(OPS(folder)->record_external(folder->store, external, 63, &record),
			 STORE_ABSENT);
	/* what has no external id is not found by an empty one */
	assert_int_equal(OPS(folder)->record_external(folder->store, external, 0, &record),
			 STORE_ABSENT);
}

static void test_record_change(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	int64_t bob = folder_account(folder, "bob", 1001);
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];
	char label[WIRE_LABEL_MAX + 2];

	folder_record(folder, alice, 1, KIND_PASSWORD, 0);
	folder_record(folder, alice, 2, KIND_WEBAUTHN, 0);
	id_of(id, 1);
	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	folder_begin(folder);
	assert_int_equal(OPS(folder)->record_rename(folder->store, alice, id, "new"), 0);
	assert_int_equal(OPS(folder)->record_rename(folder->store, bob, id, "his"), STORE_ABSENT);
	assert_int_equal(OPS(folder)->record_rename(folder->store, alice, id, label), -EINVAL);
	assert_int_equal(OPS(folder)->set_hash(folder->store, alice, id, "$argon2id$new", 77), 0);
	assert_int_equal(OPS(folder)->set_hash(folder->store, alice, id, "", 77), -EINVAL);
	assert_int_equal(OPS(folder)->set_hash(folder->store, bob, id, "$x", 77), STORE_ABSENT);
	id_of(id, 2);
	assert_int_equal(OPS(folder)->set_hash(folder->store, alice, id, "$x", 77), STORE_ABSENT);
	assert_int_equal(OPS(folder)->note_backup_state(folder->store, alice, id, false), 0);
	assert_int_equal(OPS(folder)->set_resync(folder->store, alice, id, 42, 43), 0);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->record_get(folder->store, alice, id, &record), 0);
	assert_false(record.credential.backup_state);
	assert_int_equal(record.resync, 42);
	assert_int_equal(record.resync_at, 43);
	id_of(id, 1);
	assert_int_equal(OPS(folder)->record_get(folder->store, alice, id, &record), 0);
	assert_string_equal(record.credential.label, "new");
	assert_string_equal(record.hash, "$argon2id$new");
	assert_int_equal(record.credential.last_used, 77);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->record_remove(folder->store, bob, id), STORE_ABSENT);
	assert_int_equal(OPS(folder)->record_remove(folder->store, alice, id), 0);
	assert_int_equal(OPS(folder)->record_remove(folder->store, alice, id), STORE_ABSENT);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->record_get(folder->store, alice, id, &record), STORE_ABSENT);
}

/* ---- what only rises ---- */

static void test_advance(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];

	folder_record(folder, alice, 1, KIND_TOTP, 100);
	id_of(id, 1);
	folder_begin(folder);
	/* two sessions that read 100: the second one comes too late */
	assert_int_equal(OPS(folder)->advance(store, alice, id, 100, 101, 2, 900), 0);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 100, 101, 2, 901), STORE_CONFLICT);
	folder_commit(folder);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 100, 102, 2, 902), STORE_CONFLICT);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 101, 100, 2, 902), -ERANGE);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 0, UINT64_MAX, 2, 902), -ERANGE);
	assert_int_equal(OPS(folder)->advance(store, alice + 1, id, 101, 102, 2, 902),
			 STORE_ABSENT);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->record_get(store, alice, id, &record), 0);
	assert_int_equal(record.credential.moving, 101);
	assert_int_equal(record.credential.drift, 2);
	assert_int_equal(record.credential.last_used, 900);
	assert_int_equal(record.resync, 0);
	assert_int_equal(record.resync_at, 0);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 101, 101, 0, 0), 0);
	folder_commit(folder);
	assert_int_equal(OPS(folder)->record_get(store, alice, id, &record), 0);
	assert_int_equal(record.credential.last_used, 900);
}

static void test_advance_kinds(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];

	folder_record(folder, alice, 1, KIND_WEBAUTHN, 7);
	folder_record(folder, alice, 2, KIND_RECOVERY, 3);
	folder_begin(folder);
	id_of(id, 1);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 7, UINT32_MAX, 9, 900), 0);
	/* codes left cannot be made more */
	id_of(id, 2);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 3, 4, 0, 900), STORE_CONFLICT);
	assert_int_equal(OPS(folder)->advance(store, alice, id, 3, 3, 0, 900), 0);
	folder_commit(folder);
	assert_int_equal(moving_of(folder, alice, 2), 3);
	id_of(id, 1);
	assert_int_equal(OPS(folder)->record_get(store, alice, id, &record), 0);
	assert_int_equal(record.credential.moving, UINT32_MAX);
	assert_int_equal(record.credential.drift, 0); /* a key has no clock */
	assert_false(record.credential.relearn);      /* once */
}

static void test_codes_once(void **state)
{
	struct folder *folder = *state;
	int64_t alice = folder_account(folder, "alice", 1000);
	struct store *store = folder->store;
	uint8_t id[WIRE_ID_SIZE], hash[32] = {0}, left = 99;

	folder_record(folder, alice, 1, KIND_RECOVERY, 10);
	folder_record(folder, alice, 2, KIND_RECOVERY, 1);
	folder_record(folder, alice, 3, KIND_TOTP, 1);
	id_of(id, 1);
	folder_begin(folder);
	for (hash[0] = 0; hash[0] < 10; hash[0]++)
		assert_int_equal(OPS(folder)->code_add(store, id, hash), 0);
	hash[0] = 3;
	assert_int_equal(OPS(folder)->code_add(store, id, hash), STORE_CONFLICT);
	id_of(id, 3);
	assert_int_equal(OPS(folder)->code_add(store, id, hash), STORE_ABSENT);
	folder_commit(folder);

	folder_begin(folder);
	id_of(id, 2);
	assert_int_equal(OPS(folder)->use_code(store, id, hash, 500, &left), STORE_ABSENT);
	id_of(id, 1);
	hash[0] = 77;
	assert_int_equal(OPS(folder)->use_code(store, id, hash, 500, &left), STORE_ABSENT);
	hash[0] = 3;
	assert_int_equal(OPS(folder)->use_code(store, id, hash, 0, &left), -EINVAL);
	assert_int_equal(left, 99);
	assert_int_equal(OPS(folder)->use_code(store, id, hash, 500, &left), 0);
	assert_int_equal(left, 9);
	for (int i = 0; i < 64; i++)
		assert_int_equal(OPS(folder)->use_code(store, id, hash, 501, &left),
				 STORE_CONFLICT);
	folder_commit(folder);
	folder_begin(folder);
	assert_int_equal(OPS(folder)->use_code(store, id, hash, 502, &left), STORE_CONFLICT);
	hash[0] = 4;
	assert_int_equal(OPS(folder)->use_code(store, id, hash, 503, &left), 0);
	OPS(folder)->rollback(store);
	assert_int_equal(moving_of(folder, alice, 1), 9);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_record_members),  WITH_STORE(test_decoy_lets_nobody_in),
		WITH_STORE(test_record_each),	  WITH_STORE(test_record_conflicts),
		WITH_STORE(test_record_external), WITH_STORE(test_record_change),
		WITH_STORE(test_advance),	  WITH_STORE(test_advance_kinds),
		WITH_STORE(test_codes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
