/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The store's file: first start, what may stand in its place, migration, backup,
 * the log's bound, space. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authority/store/schema.h"
#include "authority/store/sqlite.h"
#include "tests/unit/store_folder.h"

#define DB(folder) (((struct sqlite_store *)(folder)->store)->db)

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

/* ---- the first start ---- */

static void test_first_start(void **state)
{
	struct folder *folder = *state;
	mode_t before = umask(0);
	struct stat st;

	/* what an interrupted one left */
	write_file(folder_file(folder, "webcred.db.new"), "half", 0600);
	folder_open(folder);
	umask(before);
	assert_int_equal(lstat(folder_file(folder, "webcred.db"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(lstat(folder_file(folder, "webcred.db.new"), &st), -1);
	assert_int_equal(lstat(folder_file(folder, "webcred.db-shm"), &st), -1);
	folder_account(folder, "alice", 1);
	assert_int_equal(lstat(folder_file(folder, "webcred.db-wal"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	folder_close(folder);
	folder_open(folder);
	assert_int_equal(
		OPS(folder)->account_find(folder->store, "alice", &(struct store_account){0}), 0);
}

static void pragma_is(sqlite3 *db, const char *pragma, const char *expected)
{
	sqlite3_stmt *row = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, pragma, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(row, 0), expected);
	sqlite3_finalize(row);
}

static void test_pragmas(void **state)
{
	struct folder *folder = *state;

	folder_open(folder);
	pragma_is(DB(folder), "PRAGMA journal_mode", "wal");
	pragma_is(DB(folder), "PRAGMA synchronous", "2"); /* FULL */
	pragma_is(DB(folder), "PRAGMA foreign_keys", "1");
	pragma_is(DB(folder), "PRAGMA trusted_schema", "0");
	pragma_is(DB(folder), "PRAGMA cell_size_check", "1");
	pragma_is(DB(folder), "PRAGMA secure_delete", "1");
	pragma_is(DB(folder), "PRAGMA main.locking_mode", "exclusive");
	pragma_is(DB(folder), "PRAGMA user_version", "2");
}

/* One keeper: a second open is refused, in this process and in another. */
static void test_second_open(void **state)
{
	struct folder *folder = *state;
	char error[256];
	struct store *store;
	int status;
	pid_t pid;

	folder_open(folder);
	folder_refused(folder, -EBUSY, "another webcred-authority");
	pid = fork();
	if (pid == 0)
		_exit(store_sqlite_open(folder->path, &store, error, sizeof(error)) == -EBUSY ? 0
											      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	folder_account(folder, "still", 1);
	folder_close(folder);
	folder_open(folder);
}

/* ---- what stands in its place ---- */

static void test_folder(void **state)
{
	struct folder *folder = *state;
	struct folder other = {0};

	chmod(folder->path, 0750);
	folder_refused(folder, -EPERM, "0700");
	chmod(folder->path, 0700);
	snprintf(other.path, sizeof(other.path), "%s", folder_file(folder, "link"));
	assert_int_equal(symlink(folder->path, other.path), 0);
	folder_refused(&other, -EINVAL, "symbolic link");
	snprintf(other.path, sizeof(other.path), "%s", folder_file(folder, "missing"));
	folder_refused(&other, -ENOENT, "install -d");
	snprintf(other.path, sizeof(other.path), "%s", folder_file(folder, "file"));
	write_file(other.path, "", 0600);
	folder_refused(&other, -EINVAL, "a file");
	if (geteuid() == 0) {
		assert_int_equal(chown(folder->path, 1, 1), 0);
		folder_refused(folder, -EPERM, "uid 1");
		assert_int_equal(chown(folder->path, 0, 0), 0);
	}
	folder_open(folder);
}

static void bind_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

/* Each is refused at once: the alarm would end the test. */
static void test_file_kinds(void **state)
{
	struct folder *folder = *state;
	const char *db = folder_file(folder, "webcred.db");

	alarm(10);
	assert_int_equal(mkfifo(db, 0600), 0);
	folder_refused(folder, -EINVAL, "FIFO");
	unlink(db);
	assert_int_equal(mkdir(db, 0700), 0);
	folder_refused(folder, -EINVAL, "a folder");
	rmdir(db);
	assert_int_equal(symlink("/dev/null", db), 0);
	folder_refused(folder, -EINVAL, "symbolic link");
	unlink(db);
	bind_socket(db);
	folder_refused(folder, -EINVAL, "socket");
	unlink(db);
	folder_open(folder);
	folder_close(folder);
	assert_int_equal(mkfifo(folder_file(folder, "webcred.db-wal"), 0600), 0);
	folder_refused(folder, -EINVAL, "FIFO");
	unlink(folder_file(folder, "webcred.db-wal"));
	assert_int_equal(chmod(db, 0640), 0);
	folder_refused(folder, -EPERM, "0640");
	assert_int_equal(chmod(db, 0600), 0);
	assert_int_equal(link(db, folder_file(folder, "second")), 0);
	folder_refused(folder, -EPERM, "hard links");
	unlink(folder_file(folder, "second"));
	folder_open(folder);
	alarm(0);
}

/* ---- migration ---- */

static int open_with(struct folder *folder, const char *const *steps, int n)
{
	return sqlite_open_folder(folder->path, steps, n, &folder->store, folder->error,
				  sizeof(folder->error));
}

static void test_migration(void **state)
{
	static const char good[] = "ALTER TABLE account ADD COLUMN note TEXT";
	static const char bad[] = "ALTER TABLE account ADD COLUMN note TEXT; DROP TABLE nonsense";
	const char *steps[STORE_SCHEMA_VERSION + 1];
	const int n = STORE_SCHEMA_VERSION + 1;
	struct folder *folder = *state;

	memcpy(steps, schema_steps, sizeof(schema_steps));
	steps[n - 1] = bad;
	folder_open(folder);
	folder_account(folder, "alice", 1);
	folder_close(folder);
	/* A step that fails leaves all as it was. */
	assert_true(open_with(folder, steps, n) < 0);
	assert_non_null(strstr(folder->error, "nonsense"));
	folder_open(folder);
	folder_close(folder);

	steps[n - 1] = good;
	assert_int_equal(open_with(folder, steps, n), 0);
	pragma_is(DB(folder), "PRAGMA user_version", "3");
	assert_int_equal(sqlite3_exec(DB(folder), "SELECT note FROM account", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(
		OPS(folder)->account_find(folder->store, "alice", &(struct store_account){0}), 0);
	folder_close(folder);
	folder_refused(folder, -EPROTONOSUPPORT, "webcred.db.v2.bak");
	/* the backup, put back */
	assert_int_equal(
		rename(folder_file(folder, "webcred.db.v2.bak"), folder_file(folder, "webcred.db")),
		0);
	folder_open(folder);
	assert_int_equal(
		OPS(folder)->account_find(folder->store, "alice", &(struct store_account){0}), 0);
}

/* A store of the first release: all that was enrolled is there, and people can be added. */
static void test_store_of_schema_1(void **state)
{
	struct folder *folder = *state;
	struct store_person person = {.gid = 65536, .home = "/home/alice", .shell = "/bin/sh"};
	struct store_account alice;
	int64_t group;
	sqlite3 *db;

	assert_int_equal(open_with(folder, schema_steps, 1),
			 -EUCLEAN); /* its statements are ours */
	assert_int_equal(sqlite3_open(folder_file(folder, "webcred.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "INSERT INTO account (name, uid, handle, created)"
				      " VALUES ('alice', 65536, zeroblob(32), 1)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	folder_open(folder);
	assert_int_equal(OPS(folder)->account_find(folder->store, "alice", &alice), 0);
	assert_int_equal(OPS(folder)->person_find(folder->store, "alice", &person), STORE_ABSENT);
	pragma_is(DB(folder), "PRAGMA user_version", "2");
	assert_int_equal(access(folder_file(folder, "webcred.db.v1.bak"), F_OK), 0);
	person.number = alice.number;
	assert_int_equal(OPS(folder)->begin(folder->store), 0);
	assert_int_equal(
		OPS(folder)->group_add(folder->store, "alice", 65536, person.number, &group), 0);
	assert_int_equal(OPS(folder)->person_add(folder->store, &person), 0);
	assert_int_equal(OPS(folder)->commit(folder->store), 0);
}

static void test_backup(void **state)
{
	struct folder *folder = *state;
	const char *copy = folder_file(folder, "copy.db");
	struct store *store;
	struct stat st;

	folder_open(folder);
	store = folder->store;
	folder_record(folder, folder_account(folder, "alice", 1), 1, KIND_PASSWORD, 0);
	assert_int_equal(OPS(folder)->backup(store, "relative.db"), -EINVAL);
	assert_int_equal(OPS(folder)->backup(store, "/nonexistent/copy.db"), -ENOENT);
	assert_int_equal(OPS(folder)->begin(store), 0);
	assert_int_equal(OPS(folder)->backup(store, copy), -EBUSY);
	OPS(folder)->rollback(store);
	assert_int_equal(OPS(folder)->backup(store, copy), 0);
	assert_int_equal(OPS(folder)->backup(store, copy), -EEXIST);
	assert_int_equal(lstat(copy, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	folder_account(folder, "later", 2);
	folder_close(folder);
	assert_int_equal(rename(copy, folder_file(folder, "webcred.db")), 0);
	folder_open(folder);
	assert_int_equal(
		OPS(folder)->account_find(folder->store, "alice", &(struct store_account){0}), 0);
	assert_int_equal(
		OPS(folder)->account_find(folder->store, "later", &(struct store_account){0}),
		STORE_ABSENT);
}

/* ---- the log, space ---- */

/* One commit of some 1,000 pages; SQLite writes none that stays as it was. */
static void fill_pages(struct folder *folder)
{
	static char letter = 'a';
	char big[3000], key[16];

	memset(big, letter++, sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	folder_begin(folder);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		assert_int_equal(OPS(folder)->meta_set(folder->store, key, big), 0);
	}
	folder_commit(folder);
}

static void test_wal(void **state)
{
	struct folder *folder = *state;
	const char *wal = folder_file(folder, "webcred.db-wal");
	struct sqlite_store *store;
	unsigned users = 0;
	int most = 0;

	folder_open(folder);
	store = (struct sqlite_store *)folder->store;
	/* small: left alone */
	folder_users(folder, users, users + 10);
	OPS(folder)->idle(folder->store);
	assert_true(store->wal_pages > 0);
	/* grown: moved when idle, and begun anew */
	for (users = 10; store->wal_pages <= SQLITE_WAL_IDLE; users += 500)
		folder_users(folder, users, users + 500);
	OPS(folder)->idle(folder->store);
	assert_int_equal(store->wal_pages, 0);
	folder_users(folder, users, users + 1);
	assert_true(store->wal_pages < 20);
	/* never idle: bounded all the same, by a commit's own checkpoint */
	while (store->wal_pages > most && most < 2 * SQLITE_WAL_BOUND) {
		most = store->wal_pages;
		fill_pages(folder);
	}
	assert_true(most > SQLITE_WAL_BOUND / 2);
	assert_true(most <= SQLITE_WAL_BOUND);
	assert_int_equal(store->wal_pages, 0);
	assert_true(size_of(wal) < (off_t)(SQLITE_WAL_BOUND + 3000) * 4120);
}

static int shoot(void *context, const struct store_account *account)
{
	(void)context;
	(void)account;
	return 0;
}

/* At most 2 KiB a user with one credential of each type and ten codes. */
static void test_space(void **state)
{
	enum { USERS = 2000 };
	static const enum credential_kind kinds[] = {KIND_PASSWORD, KIND_TOTP, KIND_WEBAUTHN,
						     KIND_RECOVERY};
	struct folder *folder = *state;
	struct store_record record;
	uint8_t hash[32];
	off_t size;

	folder_open(folder);
	folder_users(folder, 0, USERS);
	assert_int_equal(OPS(folder)->begin(folder->store), 0);
	for (int64_t account = 1; account <= USERS; account++) {
		for (size_t i = 0; i < N_ELEMENTS(kinds); i++) {
			folder_example(&record, account, 1, kinds[i]);
			sqlite3_randomness(WIRE_ID_SIZE, record.credential.id);
			sqlite3_randomness(64, record.credential.external);
			assert_int_equal(OPS(folder)->record_add(folder->store, &record), 0);
		}
		for (int i = 0; i < 10; i++) {
			sqlite3_randomness(sizeof(hash), hash);
			assert_int_equal(
				OPS(folder)->code_add(folder->store, record.credential.id, hash),
				0);
		}
	}
	assert_int_equal(OPS(folder)->commit(folder->store), 0);
	assert_int_equal(OPS(folder)->account_each(folder->store, 0, shoot, NULL), 0);
	folder_close(folder);
	size = size_of(folder_file(folder, "webcred.db"));
	print_message("%ld bytes a user\n", (long)(size / USERS));
	assert_true(size / USERS <= 2048);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup_empty, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_first_start),
		IN_FOLDER(test_pragmas),
		IN_FOLDER(test_second_open),
		IN_FOLDER(test_folder),
		IN_FOLDER(test_file_kinds),
		IN_FOLDER(test_migration),
		IN_FOLDER(test_store_of_schema_1),
		IN_FOLDER(test_backup),
		IN_FOLDER(test_wal),
		IN_FOLDER(test_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
