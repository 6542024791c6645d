/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* kept - see kept.h. */
#include "nss_webcred/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Two ticks of the slowest kernel's clock. */
#define KEPT_SETTLED_MS 20

static struct kept {
	pthread_rwlock_t lock;
	bool good, anchored;
	int fd;
	unsigned serial; /* never 0 of what is kept */
	struct stat of;
	unsigned char head[DATABASE_TABLE + DATABASE_HEAD];
	uint64_t end;
	/* If anchored: when the path last led here, and which local files were there. */
	int64_t looked_ms;
	struct local_seen root[LOCAL_FILES];
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

/* The links too: what was replaced has none, and may have its times from the same instant. */
static bool kept_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec &&
	       a->st_nlink == b->st_nlink && a->st_mode == b->st_mode && a->st_uid == b->st_uid;
}

/* Of a clock that costs nothing, and goes by the kernel's tick. */
static int64_t kept_ms(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

static int64_t kept_now_ms(clockid_t clock)
{
	struct timespec now;

	/* Of no clock: nothing has settled then. */
	return clock_gettime(clock, &now) < 0 ? 0 : kept_ms(&now);
}

/* What changed a moment ago may be moved away under the same time stamp. */
static bool kept_settled(const struct stat *of)
{
	return kept_now_ms(CLOCK_REALTIME_COARSE) - kept_ms(&of->st_ctim) >= KEPT_SETTLED_MS;
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

static void kept_lend(const struct kept *kept, enum database_kind kind, bool swift,
		      struct database *database, unsigned char *window, size_t window_room)
{
	database_reset(database, kind, kept->fd, window, window_room);
	database->lent = true;
	database->swift = swift;
	database->serial = kept->serial;
	memcpy(database->root, kept->root, sizeof(database->root));
	database->size = (uint64_t)kept->of.st_size;
	database->end = kept->end;
	database->head = kept->head;
}

/* With the lock for reading. */
static bool kept_good_at_path(const struct kept *kept, const struct stat *path)
{
	return kept->good && kept_same(&kept->of, path) && database_is_of(kept->fd, &kept->of);
}

/* With the lock for reading. */
static bool kept_good_swiftly(const struct kept *kept, int64_t now_ms)
{
	struct stat now;

	return kept->good && kept->anchored && now_ms >= kept->looked_ms &&
	       now_ms - kept->looked_ms <= KEPT_SWIFT_MS && fstat(kept->fd, &now) == 0 &&
	       now.st_nlink > 0 && kept_same(&kept->of, &now);
}

static bool kept_find_swiftly(struct database *database, enum database_kind kind, int64_t now_ms,
			      unsigned char *window, size_t window_room)
{
	struct kept *kept = &kept_databases[kind];

	if (pthread_rwlock_rdlock(&kept->lock) != 0)
		return false;
	if (kept_good_swiftly(kept, now_ms)) {
		kept_lend(kept, kind, true, database, window, window_room);
		return true;
	}
	pthread_rwlock_unlock(&kept->lock);
	return false;
}

static int kept_find_at_path(struct database *database, enum database_kind kind,
			     unsigned char *window, size_t window_room)
{
	struct kept *kept = &kept_databases[kind];
	struct stat now;

	if (lstat(database_path(kind), &now) < 0) {
		int error = errno;

		kept_gone(kind);
		return -error;
	}
	if (pthread_rwlock_rdlock(&kept->lock) == 0) {
		if (kept_good_at_path(kept, &now)) {
			kept_lend(kept, kind, false, database, window, window_room);
			return 0;
		}
		pthread_rwlock_unlock(&kept->lock);
	}
	return database_open(database, kind, window, window_room);
}

int kept_open(struct database *database, enum database_kind kind, bool swift, unsigned char *window,
	      size_t window_room)
{
	int64_t now_ms = kept_now_ms(CLOCK_MONOTONIC_COARSE);
	int r;

	if (swift && kept_find_swiftly(database, kind, now_ms, window, window_room))
		return 0;
	r = kept_find_at_path(database, kind, window, window_room);
	database->looked_ms = now_ms;
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
		kept->anchored = false;
		kept->fd = fd;
		kept->serial += kept->serial == UINT_MAX ? 2 : 1;
		kept->of = database->of;
		kept->end = database->end;
		memcpy(kept->head, database->own_head, sizeof(kept->head));
		database->serial = kept->serial;
	}
	pthread_rwlock_unlock(&kept->lock);
	return true;
}

void kept_close(struct database *database)
{
	if (database->lent)
		pthread_rwlock_unlock(&kept_databases[database->kind].lock);
	else if (!kept_take(database))
		database_close(database);
	database->fd = -1;
}

/* The next ones may be swift: the path led here, and these were the local files. */
static void kept_anchor(const struct database *database, const struct local_seen seen[LOCAL_FILES])
{
	struct kept *kept = &kept_databases[database->kind];

	if (database->serial == 0 || pthread_rwlock_trywrlock(&kept->lock) != 0)
		return;
	if (kept->good && kept->serial == database->serial && kept_settled(&kept->of)) {
		kept->anchored = true;
		kept->looked_ms = database->looked_ms;
		memcpy(kept->root, seen, sizeof(kept->root));
	}
	pthread_rwlock_unlock(&kept->lock);
}

static bool kept_same_root(const struct local_seen a[LOCAL_FILES],
			   const struct local_seen b[LOCAL_FILES])
{
	for (size_t i = 0; i < LOCAL_FILES; i++)
		if (a[i].dev != b[i].dev || a[i].ino != b[i].ino)
			return false;
	return true;
}

/* Roots without local files cannot be told apart by them. */
bool kept_counts(const struct database *database, int r, const struct local_seen seen[LOCAL_FILES])
{
	bool rooted = r == 0 && seen[LOCAL_GROUP].ino != 0;

	if (database->swift)
		return rooted && kept_same_root(database->root, seen);
	if (rooted)
		kept_anchor(database, seen);
	return true;
}
