/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* kept - see kept.h. */
#include "nss_webcred/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static struct kept {
	pthread_rwlock_t lock;
	bool good;
	int fd;
	struct stat of;
	unsigned char head[DATABASE_TABLE + DATABASE_HEAD];
	uint64_t end;
} kept_databases[] = {
	[DATABASE_PASSWD] = {.lock = PTHREAD_RWLOCK_INITIALIZER},
	[DATABASE_GROUP] = {.lock = PTHREAD_RWLOCK_INITIALIZER},
};

void kept_lock(void)
{
	pthread_rwlock_wrlock(&kept_databases[DATABASE_PASSWD].lock);
	pthread_rwlock_wrlock(&kept_databases[DATABASE_GROUP].lock);
}

void kept_unlock(void)
{
	pthread_rwlock_unlock(&kept_databases[DATABASE_GROUP].lock);
	pthread_rwlock_unlock(&kept_databases[DATABASE_PASSWD].lock);
}

/* A lock for reading and writing knows its writer by the thread's number, which is another now. */
void kept_child(void)
{
	pthread_rwlock_init(&kept_databases[DATABASE_GROUP].lock, NULL);
	pthread_rwlock_init(&kept_databases[DATABASE_PASSWD].lock, NULL);
}

static bool kept_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* With the lock for writing. */
static void kept_drop(struct kept *kept)
{
	if (kept->good && database_is_of(kept->fd, &kept->of))
		close(kept->fd);
	kept->good = false;
}

/* A program may unload us; one that ends amid a look-up is not waited for. */
__attribute__((destructor)) static void kept_drop_all(void)
{
	for (size_t i = 0; i < sizeof(kept_databases) / sizeof(kept_databases[0]); i++) {
		struct kept *kept = &kept_databases[i];

		if (pthread_rwlock_trywrlock(&kept->lock) != 0)
			continue;
		kept_drop(kept);
		pthread_rwlock_unlock(&kept->lock);
	}
}

/* What is in the file's place is none: a kept one would hold its blocks. */
static void kept_gone(enum database_kind kind)
{
	struct kept *kept = &kept_databases[kind];

	if (pthread_rwlock_trywrlock(&kept->lock) != 0)
		return;
	kept_drop(kept);
	pthread_rwlock_unlock(&kept->lock);
}

static void kept_lend(const struct kept *kept, enum database_kind kind, struct database *database,
		      unsigned char *window, size_t window_room)
{
	database_reset(database, kind, kept->fd, window, window_room);
	database->lent = true;
	database->size = (uint64_t)kept->of.st_size;
	database->end = kept->end;
	database->head = kept->head;
}

static int kept_find(struct database *database, enum database_kind kind, unsigned char *window,
		     size_t window_room)
{
	struct kept *kept = &kept_databases[kind];
	struct stat now;

	if (lstat(database_path(kind), &now) < 0) {
		int error = errno;

		kept_gone(kind);
		return -error;
	}
	if (pthread_rwlock_rdlock(&kept->lock) == 0) {
		if (kept->good && kept_same(&kept->of, &now) &&
		    database_is_of(kept->fd, &kept->of)) {
			kept_lend(kept, kind, database, window, window_room);
			return 0;
		}
		pthread_rwlock_unlock(&kept->lock);
	}
	return database_open(database, kind, window, window_room);
}

/* A thread that were cancelled as it reads would leave the lock behind. */
int kept_open(struct database *database, enum database_kind kind, unsigned char *window,
	      size_t window_room)
{
	int cancel, r;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	r = kept_find(database, kind, window, window_room);
	database->cancel = cancel;
	if (r < 0)
		pthread_setcancelstate(cancel, &cancel);
	return r;
}

/* Never as standard input, output or error of a program that was started without them. */
static int kept_above(int fd)
{
	int above = fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (above != fd)
		close(fd);
	return above;
}

/* Where others look up at this moment, one of the next look-ups is kept. */
static bool kept_take(struct database *database)
{
	struct kept *kept = &kept_databases[database->kind];
	int fd;

	if (pthread_rwlock_trywrlock(&kept->lock) != 0)
		return false;
	kept_drop(kept);
	fd = kept_above(database->fd);
	if (fd >= 0) {
		kept->good = true;
		kept->fd = fd;
		kept->of = database->of;
		kept->end = database->end;
		memcpy(kept->head, database->own_head, sizeof(kept->head));
	}
	pthread_rwlock_unlock(&kept->lock);
	return true;
}

void kept_close(struct database *database)
{
	int cancel;

	if (database->lent)
		pthread_rwlock_unlock(&kept_databases[database->kind].lock);
	else if (!kept_take(database))
		database_close(database);
	database->fd = -1;
	pthread_setcancelstate(database->cancel, &cancel);
}
