/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * powercut_disk - what POSIX leaves open, and not what one file system does: of
 * writes that were not synced any subset of sectors may be there, in any order;
 * a name is there only once its folder was synced.  Names change in the order
 * they were changed in, as in every journalling file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/faults/powercut.h"

/* ---- what is there ------------------------------------------------------------------- */

static void *grown(void *memory, size_t size)
{
	memory = realloc(memory, size);
	if (!memory)
		broken("out of memory");
	return memory;
}

static void file_resize(struct disk_file *file, size_t len)
{
	if (len > file->room) {
		file->room = len + len / 2;
		file->bytes = grown(file->bytes, file->room);
	}
	if (len > file->len)
		memset(file->bytes + file->len, 0, len - file->len);
	file->len = len;
}

static void file_put(struct disk_file *file, size_t at, const uint8_t *bytes, size_t len)
{
	if (at + len > file->len)
		file_resize(file, at + len);
	memcpy(file->bytes + at, bytes, len);
}

static void name_remove(struct disk *disk, const char *name)
{
	for (size_t i = 0; i < disk->n_names; i++)
		if (strcmp(disk->name[i].name, name) == 0)
			disk->name[i--] = disk->name[--disk->n_names];
}

static void name_add(struct disk *disk, const char *name, size_t file)
{
	struct disk_name *added = &disk->name[disk->n_names];

	if (disk->n_names == DISK_NAMES || strlen(name) >= DISK_NAME_MAX)
		broken("too many names, or too long a one: %s", name);
	strcpy(added->name, name);
	added->file = file;
	disk->n_names++;
}

static void name_change(struct disk *disk, const char *old, const char *new)
{
	name_remove(disk, new);
	for (size_t i = 0; i < disk->n_names; i++)
		if (strcmp(disk->name[i].name, old) == 0)
			strcpy(disk->name[i].name, new);
}

static bool is_of_folder(const struct journal_entry *entry)
{
	return entry->kind == JOURNAL_CREATE || entry->kind == JOURNAL_RENAME ||
	       entry->kind == JOURNAL_UNLINK;
}

static void op_apply(struct disk *disk, const struct disk_op *op)
{
	const struct journal_entry *entry = op->entry;
	const char *name = (const char *)entry->bytes;

	if (entry->kind == JOURNAL_WRITE)
		file_put(&disk->file[op->file], entry->at, entry->bytes, entry->len);
	else if (entry->kind == JOURNAL_TRUNCATE)
		file_resize(&disk->file[op->file], entry->at);
	else if (entry->kind == JOURNAL_CREATE)
		name_add(disk, name, op->file);
	else if (entry->kind == JOURNAL_RENAME)
		name_change(disk, name, name + strlen(name) + 1);
	else
		name_remove(disk, name);
}

/* ---- the journal's entries ------------------------------------------------------------ */

static size_t file_new(struct disk *disk, uint64_t number)
{
	for (size_t i = 0; i < disk->n_files; i++)
		if (disk->file[i].number == number)
			disk->file[i].number = 0;
	disk->file = grown(disk->file, (disk->n_files + 1) * sizeof(*disk->file));
	disk->file[disk->n_files] = (struct disk_file){.number = number};
	return disk->n_files++;
}

static size_t file_of(const struct disk *disk, uint64_t number)
{
	for (size_t i = 0; i < disk->n_files; i++)
		if (disk->file[i].number == number)
			return i;
	broken("a file that nobody made: inode %llu", (unsigned long long)number);
}

static void disk_wait(struct disk *disk, const struct journal_entry *entry)
{
	struct disk_op op = {.entry = entry};

	if (entry->kind == JOURNAL_CREATE)
		op.file = file_new(disk, entry->file);
	else if (!is_of_folder(entry))
		op.file = file_of(disk, entry->file);
	if (disk->n_pending == disk->room) {
		disk->room = disk->room * 2 + 64;
		disk->pending = grown(disk->pending, disk->room * sizeof(*disk->pending));
	}
	disk->pending[disk->n_pending++] = op;
}

static void disk_sync(struct disk *disk, const struct journal_entry *sync)
{
	bool folder = sync->kind == JOURNAL_FOLDER_SYNC;
	size_t kept = 0, file = folder ? 0 : file_of(disk, sync->file);

	for (size_t i = 0; i < disk->n_pending; i++) {
		const struct disk_op *op = &disk->pending[i];
		bool of_folder = is_of_folder(op->entry);

		if (of_folder ? folder : !folder && op->file == file)
			op_apply(disk, op);
		else
			disk->pending[kept++] = *op;
	}
	disk->n_pending = kept;
}

void disk_take(struct disk *disk, const struct journal_entry *entry)
{
	if (entry->kind == JOURNAL_SYNC || entry->kind == JOURNAL_FOLDER_SYNC)
		disk_sync(disk, entry);
	else
		disk_wait(disk, entry);
}

void disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->n_files; i++)
		free(disk->file[i].bytes);
	free(disk->file);
	free(disk->pending);
}

/* ---- one state ---------------------------------------------------------------------------- */

/* splitmix64: each state of a run can be made again by itself. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void disk_copy(const struct disk *from, struct disk *ret_to)
{
	*ret_to = *from;
	ret_to->pending = NULL;
	ret_to->file = grown(NULL, (from->n_files + 1) * sizeof(*ret_to->file));
	for (size_t i = 0; i < from->n_files; i++) {
		ret_to->file[i] = (struct disk_file){0};
		file_put(&ret_to->file[i], 0,
			 from->file[i].bytes ? from->file[i].bytes : (const uint8_t *)"",
			 from->file[i].len);
	}
}

/* Of one write its sectors up to one of them, or any of them. */
static void op_tear(struct disk *disk, const struct disk_op *op, uint64_t *random, bool any)
{
	const struct journal_entry *entry = op->entry;
	size_t end = entry->at + entry->len, step;
	size_t cut = entry->at + next_random(random) % (entry->len + 1);

	for (size_t at = entry->at; at < end; at += step) {
		step = DISK_SECTOR - at % DISK_SECTOR;
		if (step > end - at)
			step = end - at;
		if (any ? next_random(random) & 1 : at + step <= cut)
			file_put(&disk->file[op->file], at, entry->bytes + (at - entry->at), step);
	}
}

/* Any subset; names in their order, up to one of them. */
static void state_random(struct disk *disk, const struct disk_op *op, size_t n, uint64_t random)
{
	size_t names_end = next_random(&random) % (n + 1);

	for (size_t i = 0; i < n; i++) {
		uint64_t how = next_random(&random) % 4;

		if (is_of_folder(op[i].entry)) {
			if (i < names_end)
				op_apply(disk, &op[i]);
		} else if (op[i].entry->kind == JOURNAL_WRITE && how >= 2)
			op_tear(disk, &op[i], &random, how == 3);
		else if (how == 1)
			op_apply(disk, &op[i]);
	}
}

/* One alone, with the names there are by then. */
static void state_alone(struct disk *disk, const struct disk_op *op, size_t n, size_t alone,
			bool torn, uint64_t random)
{
	for (size_t i = 0; i < n; i++) {
		if (is_of_folder(op[i].entry)) {
			if (i <= alone || !is_of_folder(op[alone].entry))
				op_apply(disk, &op[i]);
		} else if (i == alone && torn && op[i].entry->kind == JOURNAL_WRITE)
			op_tear(disk, &op[i], &random, false);
		else if (i == alone)
			op_apply(disk, &op[i]);
	}
}

size_t disk_states(const struct disk *disk, size_t random)
{
	return disk->n_pending == 0 ? 1 : 2 + random + 2 * disk->n_pending;
}

static void disk_choose(const struct disk *disk, struct disk *made, size_t state, size_t random,
			uint64_t seed)
{
	size_t n = disk->n_pending;
	const struct disk_op *op = disk->pending;

	if (state == 0)
		return;
	if (state == 1)
		for (size_t i = 0; i < n; i++)
			op_apply(made, &op[i]);
	else if (state < 2 + random)
		state_random(made, op, n, seed);
	else
		state_alone(made, op, n, (state - 2 - random) / 2, (state - random) % 2, seed);
}

static void folder_empty(int folder)
{
	static const char *const left[] = {
		"webcred.db",	      "webcred.db-wal",	    "webcred.db.new",
		"webcred.db.new-wal", "webcred.db-journal", "webcred.db.new-journal",
		"host.key",	      "host.key.new",	    "webcred.db-shm"};

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		if (unlinkat(folder, left[i], 0) < 0 && errno != ENOENT)
			broken("%s: %s", left[i], strerror(errno));
}

static void folder_put(int folder, const char *name, const struct disk_file *file)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t at = 0;

	while (fd >= 0 && at < file->len) {
		ssize_t n = write(fd, file->bytes + at, file->len - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	if (fd < 0 || at < file->len)
		broken("%s: %s", name, strerror(errno));
	close(fd);
}

void disk_write(const struct disk *disk, size_t state, size_t random, uint64_t seed,
		const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct disk made;

	if (folder < 0)
		broken("%s: %s", path, strerror(errno));
	disk_copy(disk, &made);
	disk_choose(disk, &made, state, random, seed * 1000003 + state);
	folder_empty(folder);
	for (size_t i = 0; i < made.n_names; i++)
		folder_put(folder, made.name[i].name, &made.file[made.name[i].file]);
	disk_free(&made);
	close(folder);
}
