/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* sqlite_life - the store as a whole: copied, restored, sealed anew. */
#include "authority/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_SLICE 256 /* pages a step: 1 MiB, about a millisecond */

/* ---- a copy, a slice at a time ---- */

struct store_copy {
	sqlite3 *db;
	sqlite3_backup *backup;
};

void sqlite_copy_end(struct store *base, struct store_copy *copy)
{
	(void)base;
	if (!copy)
		return;
	sqlite3_backup_finish(copy->backup);
	sqlite3_close(copy->db);
	free(copy);
}

static int copy_open(struct sqlite_store *store, const char *path, struct store_copy *copy)
{
	int rc = sqlite3_open_v2(path, &copy->db,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
				 NULL);

	/* Half a copy is nobody's: nothing is logged, nothing waits for the disk. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(copy->db,
				  "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF;"
				  "PRAGMA synchronous = OFF",
				  NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	copy->backup = sqlite3_backup_init(copy->db, "main", store->db, "main");
	return copy->backup ? SQLITE_OK : sqlite3_errcode(copy->db);
}

int sqlite_copy_begin(struct store *base, const char *path, struct store_copy **ret_copy)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	struct store_copy *copy;
	int fd, rc;

	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return -EINVAL;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = fchmod(fd, 0600) < 0 ? SQLITE_PERM : SQLITE_OK;
	close(fd);
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = copy_open(store, path, copy);
	if (rc != SQLITE_OK) {
		sqlite_copy_end(base, copy);
		unlink(path);
		return sqlite_error(rc) ? sqlite_error(rc) : -EIO;
	}
	*ret_copy = copy;
	return 0;
}

/* SQLite carries what this connection writes in between into the copy, too. */
int sqlite_copy_step(struct store *base, struct store_copy *copy)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int rc;

	if (store->batch)
		return -EBUSY;
	rc = sqlite3_backup_step(copy->backup, COPY_SLICE);
	if (rc == SQLITE_OK)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return sqlite_error(rc) ? sqlite_error(rc) : -EIO;
}

/* ---- after a restore ---- */

int sqlite_relearn(struct store *base, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		   uint64_t read, uint64_t moving, int64_t used_at)
{
	int r;

	if (moving > INT64_MAX || read > INT64_MAX)
		return -ERANGE;
	r = sqlite_change((struct sqlite_store *)base, QUERY_RELEARN,
			  VALUES(value_blob(id, WIRE_ID_SIZE), value_integer(account),
				 value_integer((int64_t)read), value_integer((int64_t)moving),
				 value_integer(used_at)));
	return r == STORE_ABSENT ? STORE_CONFLICT : r;
}

int sqlite_age(struct store *base, const struct store_age *age)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int r, n;

	if (age->now <= 0)
		return -EINVAL;
	r = sqlite_write(store, QUERY_AGE_TOTP, &n,
			 VALUES(value_integer(age->now), value_integer(age->totp_ahead)));
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_HOTP, &n, VALUES(value_integer(age->hotp_ahead)));
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_KEYS, &n, NULL, 0);
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_CODES, &n, VALUES(value_integer(age->now)));
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_CODES_LEFT, &n, NULL, 0);
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_FLAGS, &n, NULL, 0);
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_INVITES, &n, NULL, 0);
	return r;
}

/* ---- another host key ---- */

int sqlite_reseal(struct store *base, const struct store_record *record)
{
	return sqlite_change((struct sqlite_store *)base, QUERY_RESEAL,
			     VALUES(value_blob(record->credential.id, WIRE_ID_SIZE),
				    value_integer(record->account),
				    value_blob(record->sealed, record->sealed_len),
				    value_integer(record->seal_key)));
}

int sqlite_drop_sealed(struct store *base, unsigned *ret_n)
{
	struct sqlite_store *store = (struct sqlite_store *)base;
	int r, n = 0, none;

	r = sqlite_write(store, QUERY_DROP_SEALED, &n, NULL, 0);
	if (r == 0)
		r = sqlite_write(store, QUERY_AGE_INVITES, &none, NULL, 0);
	if (r == 0)
		*ret_n = (unsigned)n;
	return r;
}
