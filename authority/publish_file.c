/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* publish_file - see publish_file.h. */
#include "authority/publish_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/names.h"

#define PUBLISH_HEAD_AT 2048
#define PUBLISH_PIECE (1 << 20)

int publish_room(void **memory, size_t *room, size_t need, size_t each)
{
	size_t more = *room ? *room : 64;
	void *moved;

	if (need <= *room)
		return 0;
	while (more < need)
		more *= 2;
	moved = reallocarray(*memory, more, each);
	if (!moved)
		return -ENOMEM;
	*memory = moved;
	*room = more;
	return 0;
}

int publish_text_add(struct publish_text *text, const char *format, ...)
{
	va_list arguments;
	int n;

	for (;;) {
		size_t left = text->room - text->len;

		va_start(arguments, format);
		n = vsnprintf(text->text ? text->text + text->len : NULL, left, format, arguments);
		va_end(arguments);
		if (n < 0)
			return -EINVAL;
		if ((size_t)n < left) {
			text->len += (size_t)n;
			return 0;
		}
		if (publish_room((void **)&text->text, &text->room, text->len + (size_t)n + 1, 1) <
		    0)
			return -ENOMEM;
	}
}

static int publish_file_head(struct publish_file *file, uint64_t size, char *ret_line, size_t room)
{
	int n = snprintf(ret_line, room, "webcred-names %d %s %010" PRIu64 " %010zu", NAMES_VERSION,
			 file->kind, size, file->seen_n);

	return n > 0 && (size_t)n < room ? n : -EFBIG;
}

/* A file without a name, also where the file system knows none from the start. */
static int publish_file_nameless(struct publish_file *file, int folder)
{
	file->fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file->fd >= 0)
		return 0;
	file->fd = openat(folder, file->beside, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	if (file->fd < 0 || unlinkat(folder, file->beside, 0) < 0)
		return -errno;
	return 0;
}

int publish_file_open(struct publish_file *file, int folder, const char *kind)
{
	char line[80];
	int len, r;

	file->fd = -1;
	file->kind = kind;
	randombytes_buf(file->key, sizeof(file->key));
	snprintf(file->name, sizeof(file->name), "%s.cdb", kind);
	snprintf(file->beside, sizeof(file->beside), ".%s.cdb.new", kind);
	/* What an ended keeper left behind; there is one keeper. */
	if (unlinkat(folder, file->beside, 0) < 0 && errno != ENOENT)
		return -errno;
	r = publish_file_nameless(file, folder);
	if (r < 0)
		return r;
	if (cdb_make_start(&file->make, file->fd) < 0)
		return -errno;
	file->making = true;
	/* As long as it will be; its numbers come last. */
	len = publish_file_head(file, 0, line, sizeof(line));
	return len < 0 ? len : publish_file_add(file, '!', "", line, (size_t)len);
}

static int publish_file_value(struct publish_file *file, char prefix, const char *key,
			      const char *line, size_t len)
{
	uint32_t hash = names_hash(NAMES_HASH_START, &prefix, 1);

	hash = names_hash(hash, key, strlen(key));
	hash = names_hash(hash, line, len);
	file->value.len = 0;
	return publish_text_add(&file->value, "%08" PRIx32 " %.*s", hash, (int)len, line);
}

int publish_file_add(struct publish_file *file, char prefix, const char *key, const char *line,
		     size_t len)
{
	char whole[NAMES_NAME_MAX + 2];
	int n = snprintf(whole, sizeof(whole), "%c%s", prefix, key);
	int r = n > 0 && (size_t)n < sizeof(whole) ? 0 : -ENAMETOOLONG;

	if (r == 0)
		r = publish_file_value(file, prefix, key, line, len);
	if (r == 0 && cdb_make_add(&file->make, whole, (unsigned)n, file->value.text,
				   (unsigned)file->value.len) < 0)
		r = errno ? -errno : -EIO;
	return r;
}

int publish_file_row(struct publish_file *file, const char *name, uint32_t id, const char *line,
		     size_t len)
{
	struct publish_seen seen = {.id = id};
	char number[16];
	int r = publish_room((void **)&file->seen, &file->seen_room, file->seen_n + 1,
			     sizeof(*file->seen));

	if (r < 0)
		return r;
	crypto_shorthash((unsigned char *)&seen.name, (const unsigned char *)name, strlen(name),
			 file->key);
	file->seen[file->seen_n++] = seen;
	snprintf(number, sizeof(number), "%" PRIu32, id);
	/* The id first: who reads it has read the row behind it as well. */
	r = publish_file_add(file, '=', number, name, strlen(name));
	return r == 0 ? publish_file_add(file, '.', name, line, len) : r;
}

static int publish_by_name(const void *a, const void *b)
{
	uint64_t left = ((const struct publish_seen *)a)->name;
	uint64_t right = ((const struct publish_seen *)b)->name;

	return (left > right) - (left < right);
}

static int publish_by_id(const void *a, const void *b)
{
	uint32_t left = ((const struct publish_seen *)a)->id;
	uint32_t right = ((const struct publish_seen *)b)->id;

	return (left > right) - (left < right);
}

static int publish_file_twice(struct publish_file *file)
{
	static int (*const orders[])(const void *, const void *) = {publish_by_name, publish_by_id};

	for (size_t i = 0; i < 2 && file->seen_n > 1; i++) {
		qsort(file->seen, file->seen_n, sizeof(*file->seen), orders[i]);
		for (size_t j = 1; j < file->seen_n; j++)
			if (orders[i](&file->seen[j - 1], &file->seen[j]) == 0)
				return -EEXIST;
	}
	return 0;
}

/* The head's line has the length it had; its place in the file is known. */
static int publish_file_seal(struct publish_file *file)
{
	char line[80];
	struct stat st;
	int len, r;
	ssize_t n;

	if (fstat(file->fd, &st) < 0)
		return -errno;
	len = publish_file_head(file, (uint64_t)st.st_size, line, sizeof(line));
	r = len < 0 ? len : publish_file_value(file, '!', "", line, (size_t)len);
	if (r < 0)
		return r;
	/* Two lengths and a key of one byte come before it. */
	n = pwrite(file->fd, file->value.text, file->value.len, PUBLISH_HEAD_AT + 8 + 1);
	if (n < 0 || (size_t)n != file->value.len)
		return n < 0 ? -errno : -EIO;
	return 0;
}

static int publish_file_pieces(int from, int to, char *piece)
{
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, piece, PUBLISH_PIECE, at)) > 0) {
		for (ssize_t done = 0; done < n;) {
			ssize_t put = write(to, piece + done, (size_t)(n - done));

			if (put < 0 && errno != EINTR)
				return -errno;
			done += put > 0 ? put : 0;
		}
		at += n;
	}
	return n < 0 ? -errno : 0;
}

/*
 * What a reader meets is written in large pieces.  A kernel that can then keeps it in large pieces
 * in memory, where a place is found in half the time; libcdb writes 4096 bytes at once.
 */
static int publish_file_copy(struct publish_file *file, int folder)
{
	char *piece = malloc(PUBLISH_PIECE);
	int r, fd;

	if (!piece)
		return -ENOMEM;
	fd = openat(folder, file->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	r = fd < 0 ? -errno : publish_file_pieces(file->fd, fd, piece);
	if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0))
		r = -errno;
	if (fd >= 0)
		close(fd);
	free(piece);
	return r;
}

int publish_file_finish(struct publish_file *file, int folder)
{
	int r = publish_file_twice(file);

	if (r < 0)
		return r;
	file->making = false;
	errno = 0;
	if (cdb_make_finish(&file->make) < 0)
		return errno ? -errno : -EIO;
	r = publish_file_seal(file);
	return r == 0 ? publish_file_copy(file, folder) : r;
}

void publish_file_close(struct publish_file *file, int folder)
{
	if (!file->kind)
		return;
	if (file->beside[0])
		(void)unlinkat(folder, file->beside, 0);
	/* The library has no other way to let its memory go. */
	if (file->making)
		(void)cdb_make_finish(&file->make);
	if (file->fd >= 0)
		close(file->fd);
	free(file->seen);
	free(file->value.text);
}
