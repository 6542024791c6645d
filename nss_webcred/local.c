/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* local - see local.h. */
#include "nss_webcred/local.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/names.h"

static const char *const local_paths[LOCAL_FILES] = {
	[LOCAL_PASSWD] = "/etc/passwd",
	[LOCAL_GROUP] = "/etc/group",
};

/* The line that is being read; fields 0 and 2 matter. */
struct local_line {
	int field;
	char name[NAMES_NAME_MAX + 2]; /* longer ones are nobody's of ours, and cut */
	size_t name_len;
	uint64_t id;
	bool has_id;
};

/* For each line with a name and an id; true ends the reading. */
typedef bool (*local_visit)(void *context, const char *name, uint32_t id);

static void local_name(struct local_line *line, const char *at, size_t len)
{
	size_t room = sizeof(line->name) - 1 - line->name_len;

	if (len > room)
		len = room;
	memcpy(line->name + line->name_len, at, len);
	line->name_len += len;
}

static void local_id(struct local_line *line, const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9')
			continue;
		line->has_id = true;
		if (line->id <= UINT32_MAX)
			line->id = line->id * 10 + (uint64_t)(at[i] - '0');
	}
}

static bool local_line_end(struct local_line *line, local_visit visit, void *context)
{
	bool stop = false;
	char *name = line->name;

	line->name[line->name_len] = '\0';
	while (*name == ' ' || *name == '\t')
		name++;
	if (line->has_id && line->id <= UINT32_MAX && *name && *name != '#')
		stop = visit(context, name, (uint32_t)line->id);
	*line = (struct local_line){0};
	return stop;
}

/* A piece of the file; lines go on from one to the next. */
static bool local_piece(struct local_line *line, const char *at, size_t len, local_visit visit,
			void *context)
{
	const char *end = at + len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		const char *stop = newline ? newline : end;

		while (line->field < 3 && at < stop) {
			const char *colon = memchr(at, ':', (size_t)(stop - at));
			const char *last = colon ? colon : stop;

			if (line->field == 0)
				local_name(line, at, (size_t)(last - at));
			else if (line->field == 2)
				local_id(line, at, (size_t)(last - at));
			line->field += colon != NULL;
			at = colon ? colon + 1 : stop;
		}
		if (newline && local_line_end(line, visit, context))
			return true;
		at = newline ? newline + 1 : end;
	}
	return false;
}

static int local_read(enum local_file file, struct stat *ret_stat, local_visit visit, void *context)
{
	struct local_line line = {0};
	char piece[4096];
	bool stop = false;
	ssize_t n = 0;
	int r = 0, fd = open(local_paths[file], O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (ret_stat && fstat(fd, ret_stat) < 0)
		r = -errno;
	while (!stop && r == 0 && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n > 0)
			stop = local_piece(&line, piece, (size_t)n, visit, context);
		else if (errno != EINTR)
			r = -errno;
	}
	if (!stop && r == 0)
		(void)local_line_end(&line, visit, context);
	close(fd);
	return r;
}

struct local_wanted {
	const char *name;
	uint64_t id;
	bool found;
};

static bool local_compare(void *context, const char *name, uint32_t id)
{
	struct local_wanted *wanted = context;

	wanted->found = id == wanted->id || (wanted->name && strcmp(name, wanted->name) == 0);
	return wanted->found;
}

static int local_scan(enum local_file file, const char *name, uint64_t id)
{
	struct local_wanted wanted = {.name = name, .id = id};
	int r = local_read(file, NULL, local_compare, &wanted);

	return r < 0 ? r : wanted.found;
}

struct local_ids {
	gid_t *ids;
	size_t n;
};

static bool local_take_out(void *context, const char *name, uint32_t id)
{
	struct local_ids *left = context;
	size_t kept = 0;

	(void)name;
	for (size_t i = 0; i < left->n; i++)
		if (left->ids[i] != id)
			left->ids[kept++] = left->ids[i];
	left->n = kept;
	return kept == 0;
}

int local_filter(enum local_file file, gid_t *ids, size_t *n)
{
	struct local_ids left = {.ids = ids, .n = *n};
	int r = local_read(file, NULL, local_take_out, &left);

	*n = left.n;
	return r;
}

static size_t local_bit_of_name(const char *name)
{
	uint32_t hash = names_hash(NAMES_HASH_START, name, strlen(name));

	return (hash ^ hash >> 16) % LOCAL_BITS;
}

static size_t local_bit_of_id(uint64_t id)
{
	return ((uint32_t)id * 2654435761u >> 16) % LOCAL_BITS; /* Knuth's multiplicative hash */
}

static bool local_sieve_add(void *context, const char *name, uint32_t id)
{
	struct local_sieve *sieve = context;
	size_t bits[2] = {local_bit_of_name(name), local_bit_of_id(id)};

	for (int i = 0; i < 2; i++)
		sieve->bits[bits[i] / 64] |= UINT64_C(1) << bits[i] % 64;
	return false;
}

static int local_sieve_read(struct local_sieve *sieve, enum local_file file, struct stat *ret_stat)
{
	memset(sieve, 0, sizeof(*sieve));
	return local_read(file, ret_stat, local_sieve_add, sieve);
}

int local_sieve_fill(struct local_sieve *sieve, enum local_file file)
{
	return local_sieve_read(sieve, file, NULL);
}

static bool local_sieve_has(const struct local_sieve *sieve, size_t bit)
{
	return sieve->bits[bit / 64] >> bit % 64 & 1;
}

static bool local_sieve_may(const struct local_sieve *sieve, const char *name, uint64_t id)
{
	return (id != LOCAL_NO_ID && local_sieve_has(sieve, local_bit_of_id(id))) ||
	       (name && local_sieve_has(sieve, local_bit_of_name(name)));
}

int local_sieve_knows(const struct local_sieve *sieve, enum local_file file, const char *name,
		      uint64_t id)
{
	return local_sieve_may(sieve, name, id) ? local_scan(file, name, id) : 0;
}

/* A sieve of the names that may have to go, so that most lines of a file are passed over at once.
 */
#define LOCAL_DOUBT_BITS 4096
struct local_doubt {
	char **names;
	bool any;
	uint64_t bits[LOCAL_DOUBT_BITS / 64];
};

static void local_doubt(struct local_doubt *doubt, const struct local_sieve *sieve)
{
	for (char **name = doubt->names; *name; name++) {
		size_t bit = local_bit_of_name(*name);

		if (!local_sieve_has(sieve, bit))
			continue;
		bit %= LOCAL_DOUBT_BITS;
		doubt->bits[bit / 64] |= UINT64_C(1) << bit % 64;
		doubt->any = true;
	}
}

static bool local_take_name(void *context, const char *name, uint32_t id)
{
	struct local_doubt *doubt = context;
	size_t bit = local_bit_of_name(name) % LOCAL_DOUBT_BITS;
	char **to = doubt->names;

	(void)id;
	if (!(doubt->bits[bit / 64] >> bit % 64 & 1))
		return false;
	for (char **from = doubt->names; *from; from++)
		if (strcmp(*from, name) != 0)
			*to++ = *from;
	*to = NULL;
	return false;
}

static int local_settle(struct local_doubt *doubt, enum local_file file)
{
	return doubt->any ? local_read(file, NULL, local_take_name, doubt) : 0;
}

int local_sieve_filter(const struct local_sieve *sieve, enum local_file file, char **names)
{
	struct local_doubt doubt = {.names = names};

	local_doubt(&doubt, sieve);
	return local_settle(&doubt, file);
}

/* ---- the sieves that are kept ------------------------------------------------------ */

static pthread_mutex_t local_kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct local_kept {
	bool good;
	struct stat seen;
	struct local_sieve sieve;
} local_kept[LOCAL_FILES];

void local_lock(void)
{
	pthread_mutex_lock(&local_kept_lock);
}

void local_unlock(void)
{
	pthread_mutex_unlock(&local_kept_lock);
}

static bool local_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* What changed a moment ago may change once more with the same time stamp. */
static bool local_settled(const struct stat *st)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - st->st_ctim.tv_sec > 1 &&
	       now.tv_sec - st->st_mtim.tv_sec > 1;
}

/* With the lock: the sieve is of the file as it is `now`. */
static int local_ready(struct local_kept *kept, enum local_file file, const struct stat *now)
{
	int r;

	if (kept->good && local_same(&kept->seen, now))
		return 0;
	kept->good = false;
	memset(&kept->seen, 0, sizeof(kept->seen));
	r = local_sieve_read(&kept->sieve, file, &kept->seen);
	kept->good = r == 0 && local_settled(&kept->seen);
	return r;
}

int local_knows(enum local_file file, const char *name, uint64_t id, struct local_seen *ret_seen)
{
	struct local_kept *kept = &local_kept[file];
	struct stat now;
	bool may;
	int r;

	*ret_seen = (struct local_seen){0};
	if (stat(local_paths[file], &now) < 0)
		return errno == ENOENT ? 0 : -errno;
	*ret_seen = (struct local_seen){.dev = now.st_dev, .ino = now.st_ino};
	local_lock();
	r = local_ready(kept, file, &now);
	may = r == 0 && local_sieve_may(&kept->sieve, name, id);
	local_unlock();
	return may ? local_scan(file, name, id) : r;
}

int local_filter_names(enum local_file file, char **names)
{
	struct local_doubt doubt = {.names = names};
	struct local_kept *kept = &local_kept[file];
	struct stat now;
	int r;

	if (!*names)
		return 0;
	if (stat(local_paths[file], &now) < 0)
		return errno == ENOENT ? 0 : -errno;
	local_lock();
	r = local_ready(kept, file, &now);
	if (r == 0)
		local_doubt(&doubt, &kept->sieve);
	local_unlock();
	return r < 0 ? r : local_settle(&doubt, file);
}
