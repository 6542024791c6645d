/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* powercut - the state folder as a disk holds it, after a cut of power at a barrier. */
#ifndef WEBCRED_TESTS_POWERCUT_H
#define WEBCRED_TESTS_POWERCUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/faults/journal.h"

#define DISK_NAMES 32
#define DISK_NAME_MAX 64
#define DISK_SECTOR 512

struct disk_file {
	uint64_t number; /* the inode's; 0 once another file has it */
	uint8_t *bytes;
	size_t len, room;
};

struct disk_name {
	char name[DISK_NAME_MAX];
	size_t file;
};

/* What is synced, and what was done since and is not. */
struct disk {
	struct disk_file *file;
	size_t n_files;
	struct disk_name name[DISK_NAMES];
	size_t n_names;
	struct disk_op {
		const struct journal_entry *entry;
		size_t file;
	} * pending;
	size_t n_pending, room;
};

/* One entry: it stays pending until a sync of its file, or of the folder. */
void disk_take(struct disk *disk, const struct journal_entry *entry);
void disk_free(struct disk *disk);

/* How many states are tried at this moment: none of what is pending, all, `random`
 * subsets, each alone, each alone and torn. */
size_t disk_states(const struct disk *disk, size_t random);
/* Writes the folder as it may be; `state` below disk_states(). */
void disk_write(const struct disk *disk, size_t state, size_t random, uint64_t seed,
		const char *folder);

_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
