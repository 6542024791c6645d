/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/store_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_setup_empty(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return -1;
	snprintf(folder->path, sizeof(folder->path), "/tmp/webcred-unit.XXXXXX");
	if (!mkdtemp(folder->path)) {
		free(folder);
		return -1;
	}
	*state = folder;
	return 0;
}

int folder_setup(void **state)
{
	struct folder *folder;

	if (folder_setup_empty(state) < 0)
		return -1;
	folder = *state;
	return store_sqlite_open(folder->path, &folder->store, folder->error,
				 sizeof(folder->error));
}

int folder_teardown(void **state)
{
	struct folder *folder = *state;
	DIR *dir;
	struct dirent *entry;

	folder_close(folder);
	chmod(folder->path, 0700);
	dir = opendir(folder->path);
	while (dir && (entry = readdir(dir)))
		if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	if (dir)
		closedir(dir);
	rmdir(folder->path);
	free(folder);
	return 0;
}

void folder_open(struct folder *folder)
{
	int r;

	assert_null(folder->store);
	r = store_sqlite_open(folder->path, &folder->store, folder->error, sizeof(folder->error));
	if (r != 0)
		fail_msg("open: %d, %s", r, folder->error);
}

void folder_close(struct folder *folder)
{
	if (folder->store)
		folder->store->ops->close(folder->store);
	folder->store = NULL;
}

void folder_refused(struct folder *folder, int error, const char *word)
{
	struct store *store = NULL;
	int r = store_sqlite_open(folder->path, &store, folder->error, sizeof(folder->error));

	if (r != error || !strstr(folder->error, word))
		fail_msg("open: %d instead of %d, \"%s\" instead of ...%s...", r, error,
			 folder->error, word);
	assert_null(store);
}

const char *folder_file(const struct folder *folder, const char *name)
{
	static char buffers[4][160];
	static unsigned next;
	char *buffer = buffers[next++ % 4];

	snprintf(buffer, sizeof(buffers[0]), "%s/%s", folder->path, name);
	return buffer;
}

int64_t folder_account(struct folder *folder, const char *name, uint32_t uid)
{
	const struct store_ops *ops = folder->store->ops;
	struct store_account account = {0};
	uint8_t handle[STORE_HANDLE_SIZE];

	memset(handle, (int)uid, sizeof(handle));
	assert_int_equal(ops->begin(folder->store), 0);
	assert_int_equal(ops->account_add(folder->store, name, uid, handle, 1000, &account), 0);
	assert_int_equal(ops->commit(folder->store), 0);
	return account.number;
}

static void example_otp(struct store_record *record, uint8_t mark)
{
	record->credential.type = WEBCRED_TYPE_OTP;
	record->credential.algorithm = ALGORITHM_SHA256;
	record->credential.digits = 8;
	record->credential.period = 60;
	record->credential.drift = -3;
	record->sealed_len = 60;
	memset(record->sealed, mark, 60);
	record->seal_key = 4000000001u;
	record->resync = UINT64_C(1) << 40;
	record->resync_at = 1700000002;
}

static void example_key(struct store_record *record, uint8_t mark)
{
	struct credential *credential = &record->credential;

	credential->type = WEBCRED_TYPE_PUBLIC_KEY;
	credential->cose_algorithm = COSE_RS256;
	credential->external_len = 64;
	memset(credential->external, mark, 64);
	credential->key_len = 77;
	memset(credential->key, 0xa5, 77);
	memset(credential->aaguid, 0x77, 16);
	credential->transports = TRANSPORT_USB | TRANSPORT_NFC;
	credential->uv_initialized = credential->backup_eligible = true;
	credential->backup_state = credential->resident = true;
	credential->no_touch = credential->relearn = true;
}

void folder_example(struct store_record *record, int64_t account, uint8_t mark,
		    enum credential_kind kind)
{
	struct credential *credential = &record->credential;

	memset(record, 0, sizeof(*record));
	record->account = account;
	memset(credential->id, mark, WIRE_ID_SIZE);
	credential->kind = kind;
	snprintf(credential->label, sizeof(credential->label), "mark %u", mark);
	snprintf(credential->rp_id, sizeof(credential->rp_id), "host.example.org");
	credential->created = 1700000000;
	credential->last_used = 1700000001;
	credential->locked = true;
	credential->moving = 5;
	if (kind == KIND_PASSWORD) {
		credential->type = WEBCRED_TYPE_PASSWORD;
		snprintf(record->hash, sizeof(record->hash),
			 "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
			 "%043u",
			 mark);
	} else if (kind == KIND_TOTP || kind == KIND_HOTP) {
		example_otp(record, mark);
	} else if (kind == KIND_RECOVERY) {
		credential->type = WEBCRED_TYPE_OTP;
	} else {
		example_key(record, mark);
	}
}

void folder_record(struct folder *folder, int64_t account, uint8_t mark, enum credential_kind kind,
		   uint64_t moving)
{
	const struct store_ops *ops = folder->store->ops;
	struct store_record record;

	folder_example(&record, account, mark, kind);
	record.credential.moving = moving;
	assert_int_equal(ops->begin(folder->store), 0);
	assert_int_equal(ops->record_add(folder->store, &record), 0);
	assert_int_equal(ops->commit(folder->store), 0);
}

void folder_begin(struct folder *folder)
{
	assert_int_equal(OPS(folder)->begin(folder->store), 0);
}

void folder_commit(struct folder *folder)
{
	assert_int_equal(OPS(folder)->commit(folder->store), 0);
}

void folder_users(struct folder *folder, unsigned from, unsigned to)
{
	struct store_account account;
	uint8_t handle[STORE_HANDLE_SIZE] = {0};
	char name[32];

	assert_int_equal(OPS(folder)->begin(folder->store), 0);
	for (unsigned i = from; i < to; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		assert_int_equal(
			OPS(folder)->account_add(folder->store, name, i, handle, 1, &account), 0);
	}
	assert_int_equal(OPS(folder)->commit(folder->store), 0);
}
