/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * powercut - power fails at each write barrier of what the keeper did.
 *
 *   powercut new JOURNAL MIB              an empty journal, for journal.c in the keeper
 *   powercut record JOURNAL yes|no
 *   powercut clock JOURNAL SECONDS        the keeper's clock goes ahead by so much
 *   powercut promise JOURNAL WORD [SQL]   from here on SQL must give 1, until WORD is promised
 *                                         anew; without SQL nothing is promised any more
 *   powercut used JOURNAL ANSWER...       has let in, and must not again
 *   powercut barriers JOURNAL             how many
 *   powercut check JOURNAL FOLDER RANDOM  every state behind every barrier: the store opens, is
 *                                         whole, and holds what was promised before
 *   powercut build JOURNAL FOLDER BARRIER SEED    one state, in FOLDER; what was used before it
 *
 * A cut is looked at just before the next barrier, when as much as can be is unsynced and has been
 * promised.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/store/store.h"
#include "tests/faults/powercut.h"

#define PROMISES 64

struct cuts {
	struct disk disk;
	const char *word[PROMISES], *sql[PROMISES];
	size_t n_promises;
	const struct journal_entry *used[4096];
	size_t n_used;
	size_t barrier;
	/* check */
	size_t random, states, lost;
	const char *folder;
	/* build */
	size_t wanted;
	uint64_t seed;
};

void broken(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("powercut: ", stderr);
	vfprintf(stderr, format, arguments);
	fputs("\n", stderr);
	va_end(arguments);
	exit(2);
}

/* ---- the journal --------------------------------------------------------------------- */

static struct journal *journal_map(const char *path, size_t make)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | (make ? O_CREAT | O_TRUNC : 0), 0600);
	struct journal *journal;
	struct stat st;

	if (fd < 0 || (make && ftruncate(fd, (off_t)make) < 0) || fstat(fd, &st) < 0)
		broken("%s: %s", path, strerror(errno));
	journal = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (journal == MAP_FAILED)
		broken("%s: %s", path, strerror(errno));
	close(fd);
	if (make)
		journal->room = make - sizeof(*journal);
	return journal;
}

static void journal_say(struct journal *journal, enum journal_kind kind, const char *word,
			const char *text)
{
	size_t first = strlen(word) + 1, len = first + strlen(text) + 1;
	uint64_t size = (sizeof(struct journal_entry) + len + 7) & ~(uint64_t)7;
	uint64_t from = atomic_fetch_add(&journal->end, size);
	struct journal_entry *entry = (struct journal_entry *)(void *)(journal->entries + from);

	if (from + size > journal->room)
		broken("the journal is full");
	*entry = (struct journal_entry){.size = size, .kind = kind, .len = len};
	memcpy(entry->bytes, word, first);
	memcpy(entry->bytes + first, text, len - first);
}

/* ---- what was promised --------------------------------------------------------------- */

static void cuts_promise(struct cuts *cuts, const struct journal_entry *entry)
{
	const char *word = (const char *)entry->bytes, *sql = word + strlen(word) + 1;
	size_t i = 0;

	while (i < cuts->n_promises && strcmp(cuts->word[i], word) != 0)
		i++;
	if (i == PROMISES)
		broken("too many promises");
	cuts->word[i] = word;
	cuts->sql[i] = sql;
	if (i == cuts->n_promises)
		cuts->n_promises++;
}

static bool promise_is_kept(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = NULL;
	bool kept = sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK &&
		    sqlite3_step(row) == SQLITE_ROW && sqlite3_column_int(row, 0) == 1;

	sqlite3_finalize(row);
	return kept;
}

static const char *store_breaks(const struct cuts *cuts, char *text, size_t size)
{
	struct store *store = NULL;

	text[0] = '\0';
	if (store_sqlite_open(cuts->folder, &store, text, size) != 0)
		return text;
	if (store->ops->check(store, text, size) != 0)
		snprintf(text, size, "could not be checked");
	store->ops->close(store);
	return strcmp(text, "ok") == 0 ? NULL : text;
}

/* What is wrong with the store in the folder; NULL where nothing is. */
static const char *cuts_wrong(const struct cuts *cuts, char *text, size_t size)
{
	const char *wrong = store_breaks(cuts, text, size);
	char path[4096];
	sqlite3 *db = NULL;

	if (wrong)
		return wrong;
	snprintf(path, sizeof(path), "%s/webcred.db", cuts->folder);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		broken("%s: %s", path, sqlite3_errmsg(db));
	for (size_t i = 0; i < cuts->n_promises && !wrong; i++)
		if (cuts->sql[i][0] != '\0' && !promise_is_kept(db, cuts->sql[i]))
			wrong = cuts->sql[i];
	sqlite3_close(db);
	return wrong;
}

/* ---- at a cut -------------------------------------------------------------------------- */

static void cut_check(struct cuts *cuts)
{
	size_t n = disk_states(&cuts->disk, cuts->random);
	char text[512];

	for (size_t state = 0; state < n; state++) {
		const char *wrong;

		disk_write(&cuts->disk, state, cuts->random, cuts->barrier, cuts->folder);
		wrong = cuts_wrong(cuts, text, sizeof(text));
		cuts->states++;
		if (!wrong)
			continue;
		cuts->lost++;
		printf("LOST barrier %zu, state %zu of %zu: %s\n", cuts->barrier, state, n, wrong);
	}
}

static void cut_build(struct cuts *cuts)
{
	if (cuts->barrier != cuts->wanted)
		return;
	/* Seed 0: nothing that was not synced. */
	disk_write(&cuts->disk, cuts->seed && cuts->disk.n_pending ? 2 : 0, 1, cuts->seed,
		   cuts->folder);
	for (size_t i = 0; i < cuts->n_used; i++)
		puts((const char *)cuts->used[i]->bytes);
}

static void cut_count(struct cuts *cuts)
{
	(void)cuts;
}

static void cuts_entry(struct cuts *cuts, const struct journal_entry *entry,
		       void (*each)(struct cuts *cuts))
{
	if (entry->kind == JOURNAL_PROMISE) {
		cuts_promise(cuts, entry);
	} else if (entry->kind == JOURNAL_USED) {
		if (cuts->n_used == sizeof(cuts->used) / sizeof(cuts->used[0]))
			broken("too many answers");
		cuts->used[cuts->n_used++] = entry;
	} else {
		if (entry->kind == JOURNAL_SYNC || entry->kind == JOURNAL_FOLDER_SYNC) {
			each(cuts);
			cuts->barrier++;
		}
		disk_take(&cuts->disk, entry);
	}
}

static void cuts_walk(struct cuts *cuts, struct journal *journal, void (*each)(struct cuts *cuts))
{
	uint64_t end = atomic_load(&journal->end), at = 0;

	while (at < end) {
		const struct journal_entry *entry =
			(const struct journal_entry *)(const void *)(journal->entries + at);

		if (entry->size == 0)
			broken("an entry is missing at %llu", (unsigned long long)at);
		cuts_entry(cuts, entry, each);
		at += entry->size;
	}
	each(cuts); /* and behind the last */
}

/* ---- the command line --------------------------------------------------------------------- */

static int run_check(struct cuts *cuts, struct journal *journal)
{
	cuts_walk(cuts, journal, cut_check);
	printf("powercut: barriers %zu, promises %zu, answers used %zu\n", cuts->barrier,
	       cuts->n_promises, cuts->n_used);
	printf("faults: tried %zu, refused %zu, lost %zu (power cut; \"refused\" are states in "
	       "which all that was promised is there)\n",
	       cuts->states, cuts->states - cuts->lost, cuts->lost);
	return cuts->lost != 0 || cuts->states == 0;
}

static bool run_say(char **argv, struct journal *journal)
{
	if (strcmp(argv[1], "record") == 0)
		atomic_store(&journal->recording, strcmp(argv[3], "yes") == 0);
	else if (strcmp(argv[1], "clock") == 0)
		atomic_fetch_add(&journal->clock, strtol(argv[3], NULL, 10));
	else if (strcmp(argv[1], "promise") == 0)
		journal_say(journal, JOURNAL_PROMISE, argv[3], argv[4] ? argv[4] : "");
	else if (strcmp(argv[1], "used") == 0)
		journal_say(journal, JOURNAL_USED, argv[3], "");
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	static struct cuts cuts;
	struct journal *journal;

	if (argc < 3 || (strcmp(argv[1], "barriers") != 0 && argc < 4))
		broken("usage: powercut VERB JOURNAL ...");
	if (strcmp(argv[1], "new") == 0)
		return journal_map(argv[2], strtoul(argv[3], NULL, 10) << 20) == NULL;
	journal = journal_map(argv[2], 0);
	if (argc > 3 && run_say(argv, journal))
		return 0;
	cuts.folder = argv[3];
	if (strcmp(argv[1], "check") == 0 && argc == 5) {
		cuts.random = strtoul(argv[4], NULL, 10);
		return run_check(&cuts, journal);
	}
	if (strcmp(argv[1], "build") == 0 && argc == 6) {
		cuts.wanted = strtoul(argv[4], NULL, 10);
		cuts.seed = strtoul(argv[5], NULL, 10);
		cuts_walk(&cuts, journal, cut_build);
		return 0;
	}
	if (strcmp(argv[1], "barriers") != 0)
		broken("what is %s?", argv[1]);
	cuts_walk(&cuts, journal, cut_count);
	printf("%zu\n", cuts.barrier);
	return 0;
}
