/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The store's file, damaged, and a kill at any moment. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authority/store/sqlite.h"
#include "tests/unit/store_folder.h"

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	fchmod(fd, mode);
	close(fd);
}

/* ---- damage: never a first start, never "absent" ---- */

static void test_damaged(void **state)
{
	struct folder *folder = *state;
	const char *db = folder_file(folder, "webcred.db");
	char text[8192];

	folder_open(folder);
	folder_account(folder, "alice", 1);
	folder_close(folder);
	assert_int_equal(truncate(db, size_of(db) - 4096), 0);
	folder_refused(folder, -EUCLEAN, "restore a backup");
	assert_int_equal(truncate(db, 5000), 0);
	folder_refused(folder, -EUCLEAN, "restore a backup");
	assert_int_equal(truncate(db, 50), 0);
	folder_refused(folder, -EUCLEAN, "restore a backup");
	assert_int_equal(truncate(db, 0), 0);
	folder_refused(folder, -EUCLEAN, "empty");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	write_file(db, text, 0600);
	folder_refused(folder, -EUCLEAN, "not a database");
	unlink(db);
	write_file(folder_file(folder, "webcred.db-wal"), "log", 0600);
	folder_refused(folder, -EUCLEAN, "missing");
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void test_other_databases(void **state)
{
	struct folder *folder = *state;
	const char *db = folder_file(folder, "webcred.db");

	run_sql(db, "CREATE TABLE t (x)");
	chmod(db, 0600);
	folder_refused(folder, -EUCLEAN, "not webcred's");
	unlink(db);
	folder_open(folder);
	folder_close(folder);
	run_sql(db, "PRAGMA user_version = 7");
	folder_refused(folder, -EPROTONOSUPPORT, "schema 7");
	run_sql(db, "PRAGMA user_version = 2; DROP TABLE invitation");
	folder_refused(folder, -EUCLEAN, "no such table");
}

static void fill_page(const char *path, off_t page, int byte)
{
	char bytes[4096];
	int fd = open(path, O_WRONLY);

	memset(bytes, byte, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), page * 4096), sizeof(bytes));
	close(fd);
}

static void copy_file(const char *from, const char *to)
{
	char command[512];

	snprintf(command, sizeof(command), "cp -p %s %s", from, to);
	assert_int_equal(system(command), 0);
}

/* Looks everybody up: each is found whole, or the damage is said. */
static unsigned look_up_all(struct folder *folder, unsigned n)
{
	struct store_account account;
	unsigned damaged = 0;
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		int r;

		snprintf(name, sizeof(name), "user%u", i);
		r = OPS(folder)->account_find(folder->store, name, &account);
		if (r == -EUCLEAN)
			damaged++;
		else if (r != 0 || account.uid != i)
			fail_msg("%s: %d", name, r);
	}
	return damaged;
}

/* Every page in turn is lost to the disk. */
static void test_damaged_page(void **state)
{
	enum { USERS = 400 };
	static const int bytes[] = {0, 0xff, 'x'};
	struct folder *folder = *state;
	const char *db = folder_file(folder, "webcred.db"), *good = folder_file(folder, "good");
	unsigned refused = 0, seen = 0;
	char text[256];
	off_t pages;

	folder_open(folder);
	folder_users(folder, 0, USERS);
	folder_close(folder);
	copy_file(db, good);
	pages = size_of(db) / 4096;
	for (off_t page = 0; page < pages; page++) {
		for (size_t i = 0; i < N_ELEMENTS(bytes); i++) {
			copy_file(good, db);
			fill_page(db, page, bytes[i]);
			if (store_sqlite_open(folder->path, &folder->store, folder->error,
					      sizeof(folder->error)) == -EUCLEAN) {
				refused++;
				continue;
			}
			assert_non_null(folder->store);
			seen += look_up_all(folder, USERS) > 0;
			assert_int_equal(OPS(folder)->check(folder->store, text, sizeof(text)), 0);
			assert_string_not_equal(text, "ok");
			folder_close(folder);
		}
	}
	assert_true(refused >= 3); /* the first page, at least */
	assert_true(seen >= 6);
}

/* ---- a kill at any moment ---- */

/* Commits 1, 2, 3, ... and says each through the pipe, after it counts. */
static void count_up(const struct folder *folder, int64_t account, int pipe_fd)
{
	struct store *store = NULL;
	uint8_t id[WIRE_ID_SIZE];
	char error[256];
	uint64_t value;
	struct store_record record;

	memset(id, 1, sizeof(id));
	if (store_sqlite_open(folder->path, &store, error, sizeof(error)) != 0 ||
	    store->ops->record_get(store, account, id, &record) != 0)
		_exit(1);
	for (value = record.credential.moving + 1;; value++) {
		if (store->ops->begin(store) != 0 ||
		    store->ops->advance(store, account, id, value - 1, value, 0, 1) != 0 ||
		    store->ops->meta_set(store, "twin", value % 2 ? "odd" : "even") != 0 ||
		    store->ops->commit(store) != 0)
			_exit(2);
		if (write(pipe_fd, &value, sizeof(value)) != sizeof(value))
			_exit(3);
		store->ops->idle(store);
	}
}

/* What was said before the kill is there after it, and nothing is half there. */
/* Killed after it has said `wait` values, and a while. */
static void kill_once(struct folder *folder, int64_t account, unsigned wait, unsigned microseconds)
{
	uint64_t said = 0, value;
	int ends[2], status;
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];
	char twin[8] = "";
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		count_up(folder, account, ends[1]);
	}
	close(ends[1]);
	while (wait-- > 0 && read(ends[0], &value, sizeof(value)) == sizeof(value))
		said = value;
	usleep(microseconds);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(ends[0], &value, sizeof(value)) == sizeof(value))
		said = value;
	close(ends[0]);
	folder_open(folder);
	memset(id, 1, sizeof(id));
	assert_int_equal(OPS(folder)->record_get(folder->store, account, id, &record), 0);
	assert_true(record.credential.moving >= said);
	assert_true(said == 0 || record.credential.moving <= said + 1);
	OPS(folder)->meta_get(folder->store, "twin", twin, sizeof(twin));
	if (record.credential.moving > 0)
		assert_string_equal(twin, record.credential.moving % 2 ? "odd" : "even");
	folder_close(folder);
}

static void test_kill(void **state)
{
	struct folder *folder = *state;
	struct store_record record;
	uint8_t id[WIRE_ID_SIZE];
	char text[128];
	int64_t account;

	folder_open(folder);
	account = folder_account(folder, "alice", 1);
	folder_record(folder, account, 1, KIND_HOTP, 0);
	folder_close(folder);
	for (unsigned i = 0; i < 40; i++)
		kill_once(folder, account, i % 4, (i * 7919) % 3000);
	folder_open(folder);
	memset(id, 1, sizeof(id));
	assert_int_equal(OPS(folder)->record_get(folder->store, account, id, &record), 0);
	assert_true(record.credential.moving >= 60); /* it said 60 at least */
	assert_int_equal(OPS(folder)->check(folder->store, text, sizeof(text)), 0);
	assert_string_equal(text, "ok");
}

/* A kill in the first start is no start at all, or a whole one. */
static void test_kill_first_start(void **state)
{
	struct folder *folder = *state;
	char error[256];

	for (unsigned i = 0; i < 25; i++) {
		struct store *store;
		pid_t pid = fork();
		int status;

		if (pid == 0)
			_exit(store_sqlite_open(folder->path, &store, error, sizeof(error)) != 0);
		usleep(i * 200);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		folder_open(folder);
		folder_account(folder, "alice", 1);
		folder_close(folder);
		unlink(folder_file(folder, "webcred.db"));
		unlink(folder_file(folder, "webcred.db-wal"));
	}
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup_empty, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_damaged),	  IN_FOLDER(test_other_databases),
		IN_FOLDER(test_damaged_page),	  IN_FOLDER(test_kill),
		IN_FOLDER(test_kill_first_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
