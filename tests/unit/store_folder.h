/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* store_folder - a scratch folder of mode 0700, and a store in it. */
#ifndef WEBCRED_TESTS_STORE_FOLDER_H
#define WEBCRED_TESTS_STORE_FOLDER_H

#include "authority/store/store.h"
#include "lib/base/outcome.h"

#include "tests/unit/unit.h"

struct folder {
	char path[64];
	struct store *store; /* NULL while closed */
	char error[512];
};

/* For cmocka: *state becomes a struct folder with an open, empty store. */
int folder_setup(void **state);
/* The same, without a store. */
int folder_setup_empty(void **state);
int folder_teardown(void **state);

/* Opens; fails the test where that fails. */
void folder_open(struct folder *folder);
void folder_close(struct folder *folder);
/* Opening must fail so, with a text that has `word`. */
void folder_refused(struct folder *folder, int error, const char *word);
/* "PATH/name", in one of a few static buffers. */
const char *folder_file(const struct folder *folder, const char *name);

#define OPS(folder) ((folder)->store->ops)
void folder_begin(struct folder *folder);
void folder_commit(struct folder *folder);
/* user0, user1, ... in one batch, uids alike. */
void folder_users(struct folder *folder, unsigned from, unsigned to);
/* Inside a batch of its own. */
int64_t folder_account(struct folder *folder, const char *name, uint32_t uid);
/* A record whose id is 16 times `mark`; added, with a label of "mark". */
void folder_record(struct folder *folder, int64_t account, uint8_t mark, enum credential_kind kind,
		   uint64_t moving);
/* An example of each kind, all members filled; nothing is stored. */
void folder_example(struct store_record *record, int64_t account, uint8_t mark,
		    enum credential_kind kind);

#endif
