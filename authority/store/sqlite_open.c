/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sqlite_open - from a folder to an open store.
 *
 * A new database is made under another name and renamed when it is whole, so
 * that an empty or half-made webcred.db is always damage and never a first
 * start: a store that seems to hold nobody could let somebody in elsewhere.
 */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "authority/store/schema.h"
#include "authority/trusted.h"

#define NEW_FILE SQLITE_FILE ".new"
/* A log left beside a restored file would be written into it. */
#define DAMAGED "; it is damaged: restore a backup and remove " SQLITE_FILE "-wal"

_Static_assert(sizeof(schema_steps) / sizeof(schema_steps[0]) == STORE_SCHEMA_VERSION,
	       "a step for each version");
_Static_assert((int)QUERIES <= SQLITE_QUERIES_MAX, "room for each statement");

struct opening {
	char folder[PATH_MAX]; /* without symbolic links */
	const char *const *steps;
	int n_steps;
	char *error;
	size_t size;
};

/* EXCLUSIVE: the log's index stays in our memory instead of a -shm file, and
 * nobody else gets in.  Checkpoints are ours (store->idle), hence autocheckpoint
 * 0.  doc/decisions/0011-sqlite.md has the measurements. */
static const char pragmas[] = "PRAGMA main.locking_mode = EXCLUSIVE;"
			      "PRAGMA trusted_schema = OFF;"
			      "PRAGMA cell_size_check = ON;"
			      "PRAGMA main.journal_mode = WAL;"
			      "PRAGMA main.synchronous = FULL;"
			      "PRAGMA foreign_keys = ON;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA journal_size_limit = 4194304;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA main.cache_size = -4096;";

/* Says what SQLite says, and what to do about damage. */
static int say(const struct opening *opening, sqlite3 *db, const char *file, int rc)
{
	int r = sqlite_error(rc);

	/* Our statements never change: an error of SQL is then one of the file. */
	if ((rc & 0xff) == SQLITE_ERROR)
		r = -EUCLEAN;
	snprintf(opening->error, opening->size, "%s/%s: %s%s", opening->folder, file,
		 db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), r == -EUCLEAN ? DAMAGED : "");
	return r;
}

static int number_of(sqlite3 *db, const char *pragma, int *ret_number)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(db, pragma, -1, &row, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(row);
	if (rc == SQLITE_ROW)
		*ret_number = sqlite3_column_int(row, 0);
	sqlite3_finalize(row);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int connect_file(const struct opening *opening, const char *file, sqlite3 **ret_db)
{
	char path[PATH_MAX + 32];
	sqlite3 *db = NULL;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", opening->folder, file);
	rc = sqlite3_open_v2(path, &db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
			     NULL);
	if (rc == SQLITE_OK) {
		sqlite3_extended_result_codes(db, 1);
		sqlite3_busy_timeout(db, 200);
		sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		rc = sqlite3_exec(db, pragmas, NULL, NULL, NULL);
	}
	if (rc != SQLITE_OK) {
		int r = say(opening, db, file, rc);

		sqlite3_close(db);
		return r;
	}
	sqlite3_wal_autocheckpoint(db, 0);
	*ret_db = db;
	return 0;
}

/* Steps from..n_steps, with the version, in one transaction. */
static int move_up(const struct opening *opening, sqlite3 *db, const char *file, int from)
{
	char version[64];
	int rc, orphans = 0;

	rc = sqlite3_exec(db, "PRAGMA foreign_keys = OFF; BEGIN EXCLUSIVE", NULL, NULL, NULL);
	for (int i = from; rc == SQLITE_OK && i < opening->n_steps; i++)
		rc = sqlite3_exec(db, opening->steps[i], NULL, NULL, NULL);
	snprintf(version, sizeof(version), "PRAGMA user_version = %d", opening->n_steps);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, version, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = number_of(db, "SELECT count(*) FROM pragma_foreign_key_check", &orphans);
	if (rc == SQLITE_OK && orphans > 0)
		rc = SQLITE_CORRUPT;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT; PRAGMA foreign_keys = ON", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		int r = say(opening, db, file, rc);

		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return r;
	}
	return 0;
}

static int sync_file(int folder, const char *file)
{
	int r = 0, fd = openat(folder, file, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

/* What an interrupted first start left behind. */
static void remove_new(int folder)
{
	unlinkat(folder, NEW_FILE, 0);
	unlinkat(folder, NEW_FILE "-wal", 0);
	unlinkat(folder, NEW_FILE "-journal", 0);
}

static int fill_new(const struct opening *opening)
{
	char mark[64];
	sqlite3 *db = NULL;
	int rc, r = connect_file(opening, NEW_FILE, &db);

	if (r < 0)
		return r;
	snprintf(mark, sizeof(mark), "PRAGMA application_id = %d", SCHEMA_APPLICATION_ID);
	rc = sqlite3_exec(db, mark, NULL, NULL, NULL);
	r = rc == SQLITE_OK ? move_up(opening, db, NEW_FILE, 0) : say(opening, db, NEW_FILE, rc);
	/* Closing moves the log into the file and removes it. */
	rc = sqlite3_close(db);
	return r == 0 && rc != SQLITE_OK ? say(opening, NULL, NEW_FILE, rc) : r;
}

static int create(const struct opening *opening, int folder)
{
	int r, fd;

	remove_new(folder);
	fd = openat(folder, NEW_FILE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = fd < 0 || fchmod(fd, 0600) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = fill_new(opening);
	if (r == 0)
		r = sync_file(folder, NEW_FILE);
	/* Not yet a name that counts: a crash before this line is no start at all. */
	if (r == 0 && (renameat(folder, NEW_FILE, folder, SQLITE_FILE) < 0 || fsync(folder) < 0))
		r = -errno;
	if (r < 0) {
		if (!opening->error[0])
			snprintf(opening->error, opening->size, "%s/%s: %s", opening->folder,
				 SQLITE_FILE, strerror(-r));
		remove_new(folder);
	}
	return r;
}

/* The file is there, is what it should be, and may be opened; or is made. */
static int look_at_file(const struct opening *opening, int folder)
{
	static const char *const beside[] = {SQLITE_FILE "-wal", SQLITE_FILE "-journal"};
	struct stat st;
	bool log = false;
	int r;

	for (size_t i = 0; i < 2; i++) {
		r = trusted_file_check(folder, opening->folder, beside[i], 077, &st, opening->error,
				       opening->size);
		if (r < 0 && r != -ENOENT)
			return r;
		log = log || (r == 0 && st.st_size > 0);
	}
	r = trusted_file_check(folder, opening->folder, SQLITE_FILE, 077, &st, opening->error,
			       opening->size);
	if (r == -ENOENT && !log)
		return create(opening, folder);
	if (r == -ENOENT || (r == 0 && st.st_size == 0)) {
		snprintf(opening->error, opening->size,
			 "%s/%s is %s; restore a backup and remove " SQLITE_FILE "-wal",
			 opening->folder, SQLITE_FILE,
			 r == 0 ? "empty" : "missing, although its log is there");
		return -EUCLEAN;
	}
	return r;
}

/* Keeps what there was as webcred.db.vN.bak; an older one of that name is the
 * trace of a migration that did not finish. */
static int keep_old(const struct opening *opening, struct sqlite_store *store, int version)
{
	char name[64], fresh[80], path[PATH_MAX + 80];
	int r;

	snprintf(name, sizeof(name), SQLITE_FILE ".v%d.bak", version);
	snprintf(fresh, sizeof(fresh), "%s.new", name);
	snprintf(path, sizeof(path), "%s/%s", opening->folder, fresh);
	if (unlinkat(store->folder, fresh, 0) < 0 && errno != ENOENT)
		return -errno;
	r = sqlite_backup(&store->base, path);
	if (r == 0 &&
	    (renameat(store->folder, fresh, store->folder, name) < 0 || fsync(store->folder) < 0))
		r = -errno;
	if (r < 0)
		snprintf(opening->error, opening->size,
			 "%s: %s; nothing was changed: the backup before the move to schema %d "
			 "could not be made",
			 path, strerror(-r), opening->n_steps);
	return r;
}

static int settle_version(const struct opening *opening, struct sqlite_store *store)
{
	int application = 0, version = 0, rc, r;

	rc = number_of(store->db, "PRAGMA application_id", &application);
	if (rc == SQLITE_OK)
		rc = number_of(store->db, "PRAGMA user_version", &version);
	if (rc != SQLITE_OK)
		return say(opening, store->db, SQLITE_FILE, rc);
	if (application != SCHEMA_APPLICATION_ID || version < 1) {
		snprintf(opening->error, opening->size,
			 "%s/%s is a database, but not webcred's; restore a backup",
			 opening->folder, SQLITE_FILE);
		return -EUCLEAN;
	}
	if (version > opening->n_steps) {
		snprintf(opening->error, opening->size,
			 "%s/%s was written by a newer webcred (schema %d; this one knows %d): "
			 "install "
			 "that version again, or restore the backup webcred.db.v%d.bak",
			 opening->folder, SQLITE_FILE, version, opening->n_steps, opening->n_steps);
		return -EPROTONOSUPPORT;
	}
	if (version == opening->n_steps)
		return 0;
	r = keep_old(opening, store, version);
	return r == 0 ? move_up(opening, store->db, SQLITE_FILE, version) : r;
}

static int count_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_store *store = context;

	(void)db;
	(void)name;
	store->wal_pages = pages;
	return SQLITE_OK;
}

static int open_file(const struct opening *opening, struct sqlite_store *store)
{
	int r = connect_file(opening, SQLITE_FILE, &store->db);

	if (r == 0)
		r = settle_version(opening, store);
	if (r < 0)
		return r;
	/* Cheap, whatever the file's size: the schema is read, every name in it is
	 * looked up, no table is walked. */
	r = sqlite_prepare_all(store);
	if (r < 0) {
		snprintf(opening->error, opening->size, "%s/%s: %s%s", opening->folder, SQLITE_FILE,
			 sqlite3_errmsg(store->db), r == -EUCLEAN ? DAMAGED : "");
		return r;
	}
	sqlite3_wal_hook(store->db, count_wal, store);
	sqlite_log_lay_out(store);
	return 0;
}

void sqlite_free(struct sqlite_store *store)
{
	for (int i = 0; i < QUERIES; i++)
		sqlite3_finalize(store->kept[i]);
	sqlite3_close(store->db);
	if (store->folder >= 0)
		close(store->folder);
	free(store);
}

/* Sets store->folder, locked for as long as the store is open. */
static int take_folder(struct opening *opening, const char *folder, struct sqlite_store *store)
{
	int r = trusted_folder_open(folder, &store->folder, opening->error, opening->size);

	if (r < 0)
		return r;
	if (flock(store->folder, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
		snprintf(opening->error, opening->size, "%s: %s", folder,
			 r == -EBUSY ? "another webcred-authority has it open" : strerror(-r));
		return r;
	}
	/* SQLite would say "disk I/O error" of it. */
	if (faccessat(store->folder, ".", W_OK, AT_EACCESS) < 0 && errno == EROFS) {
		snprintf(opening->error, opening->size,
			 "%s: %s: no login can be counted or used up; let it be written to", folder,
			 strerror(EROFS));
		return -EROFS;
	}
	if (!realpath(folder, opening->folder)) {
		r = -errno;
		snprintf(opening->error, opening->size, "%s: %s", folder, strerror(-r));
	}
	return r;
}

int sqlite_open_folder(const char *folder, const char *const *steps, int n_steps,
		       struct store **ret_store, char *ret_error, size_t size)
{
	struct opening opening = {
		.steps = steps, .n_steps = n_steps, .error = ret_error, .size = size};
	struct sqlite_store *store = calloc(1, sizeof(*store));
	int r;

	ret_error[0] = '\0';
	if (!store)
		return -ENOMEM;
	store->base.ops = &sqlite_ops;
	store->folder = -1;
	r = take_folder(&opening, folder, store);
	if (r == 0)
		r = look_at_file(&opening, store->folder);
	if (r == 0)
		r = open_file(&opening, store);
	if (r < 0) {
		sqlite_free(store);
		return r;
	}
	*ret_store = &store->base;
	return 0;
}

int store_sqlite_open(const char *folder, struct store **ret_store, char *ret_error, size_t size)
{
	return sqlite_open_folder(folder, schema_steps, STORE_SCHEMA_VERSION, ret_store, ret_error,
				  size);
}

static int backup_into(sqlite3 *db, const char *path)
{
	sqlite3_stmt *vacuum = NULL;
	int rc = sqlite3_prepare_v2(db, "VACUUM main INTO ?1", -1, &vacuum, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(vacuum, 1, path, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(vacuum);
	sqlite3_finalize(vacuum);
	return sqlite_error(rc);
}

static int sync_folder_of(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd, r = 0;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	return r;
}

int sqlite_backup(struct store *base, const char *path)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int fd, r;

	if (store->batch)
		return -EBUSY;
	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	/* Made here, since SQLite would give it the mode that umask leaves. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0600) < 0 ? -errno : backup_into(store->db, path);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0)
		r = sync_folder_of(path);
	if (r < 0)
		unlink(path);
	return r;
}
