/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "authority/trusted.h"

enum { FILE_PASSWD, FILE_GROUP, FILE_SUBUID, FILE_SUBGID, FILES };

static const struct {
	const char *name;
	const char *what; /* of a row, for people */
	bool needed;
} files[FILES] = {
	[FILE_PASSWD] = {"passwd", "the local account", true},
	[FILE_GROUP] = {"group", "the local group", true},
	[FILE_SUBUID] = {"subuid", "the containers of", false},
	[FILE_SUBGID] = {"subgid", "the containers of", false},
};

/* A row: of passwd and group a name and one id, of subuid and subgid a range. */
struct row {
	const char *name;
	uint8_t file;
	bool has_id;
	uint32_t low, high;
};

struct rows {
	struct row *row;
	size_t n, room;
};

struct local {
	char *text[FILES];
	struct rows names; /* sorted by name */
	struct rows ids;   /* sorted by low */
	uint32_t widest;   /* of a range of ids, less one */
};

static int add(struct rows *rows, const struct row *row)
{
	if (rows->n == rows->room) {
		size_t room = rows->room ? 2 * rows->room : 256;
		struct row *grown = realloc(rows->row, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		rows->row = grown;
		rows->room = room;
	}
	rows->row[rows->n++] = *row;
	return 0;
}

/* As glibc reads it: digits alone, no more than 32 bits. */
static bool number(const char *text, uint32_t *ret_number)
{
	uint64_t value = 0;

	if (!*text || strlen(text) > 10)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* "name:start:count" */
static bool range(char *const field[4], struct row *row)
{
	uint32_t count;

	if (!number(field[1], &row->low) || !number(field[2], &count) || count == 0)
		return false;
	row->high = count - 1 > UINT32_MAX - row->low ? UINT32_MAX : row->low + (count - 1);
	return true;
}

/* Cuts the line in place. */
static int take_line(struct local *local, unsigned file, char *line)
{
	char *field[4] = {line, NULL, NULL, NULL};
	struct row row = {.file = (uint8_t)file};
	size_t n = 1;
	int r = 0;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	field[0] = line;
	for (char *at = line; n < 4 && (at = strchr(at, ':')); n++) {
		*at++ = '\0';
		field[n] = at;
	}
	row.name = field[0];
	if (file == FILE_SUBUID || file == FILE_SUBGID)
		row.has_id = n == 3 && range(field, &row);
	else if (n >= 3)
		row.has_id = number(field[2], &row.low);
	if (file == FILE_PASSWD || file == FILE_GROUP) {
		row.high = row.low;
		r = add(&local->names, &row);
	}
	if (r == 0 && row.has_id)
		r = add(&local->ids, &row);
	if (row.has_id && row.high - row.low > local->widest)
		local->widest = row.high - row.low;
	return r;
}

static int take_file(struct local *local, unsigned file)
{
	char *line = local->text[file], *next;
	int r = 0;

	for (; r == 0 && line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = take_line(local, file, line);
		if (!next)
			break;
	}
	return r;
}

static int read_file(const char *folder, unsigned file, struct local *local, char *ret_error,
		     size_t size)
{
	char path[4096];
	size_t len = 0;
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", folder, files[file].name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = trusted_file_read(-1, path, 022, LOCAL_FILE_MAX, &local->text[file], &len, ret_error,
			      size);
	if (r == -ENOENT && !files[file].needed)
		return 0;
	if (r == -ENOENT)
		snprintf(ret_error, size, "%s is missing", path);
	if (r == 0 && strlen(local->text[file]) != len) {
		snprintf(ret_error, size, "%s has a zero byte in it", path);
		r = -EINVAL;
	}
	return r == 0 ? take_file(local, file) : r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static int by_low(const void *a, const void *b)
{
	uint32_t x = ((const struct row *)a)->low, y = ((const struct row *)b)->low;

	return x < y ? -1 : x > y;
}

int local_read(const char *folder, struct local **ret_local, char *ret_error, size_t size)
{
	struct local *local = calloc(1, sizeof(*local));
	int r = local ? 0 : -ENOMEM;

	ret_error[0] = '\0';
	for (unsigned file = 0; r == 0 && file < FILES; file++)
		r = read_file(folder, file, local, ret_error, size);
	if (r < 0) {
		if (!ret_error[0])
			snprintf(ret_error, size, "%s: %s", folder, strerror(-r));
		local_free(local);
		return r;
	}
	if (local->names.n)
		qsort(local->names.row, local->names.n, sizeof(struct row), by_name);
	if (local->ids.n)
		qsort(local->ids.row, local->ids.n, sizeof(struct row), by_low);
	*ret_local = local;
	return 0;
}

void local_free(struct local *local)
{
	if (!local)
		return;
	for (unsigned file = 0; file < FILES; file++)
		free(local->text[file]);
	free(local->names.row);
	free(local->ids.row);
	free(local);
}

static void whose(const struct row *row, char *ret_whose, size_t size)
{
	snprintf(ret_whose, size, "%s %.64s (/etc/%s)", files[row->file].what, row->name,
		 files[row->file].name);
}

bool local_has_name(const struct local *local, const char *name, char *ret_whose, size_t size)
{
	const struct row wanted = {.name = name};
	const struct row *row = NULL;

	if (local->names.n)
		row = bsearch(&wanted, local->names.row, local->names.n, sizeof(wanted), by_name);
	if (row)
		whose(row, ret_whose, size);
	return row;
}

bool local_has_account(const struct local *local, const char *name, char *ret_whose, size_t size)
{
	const struct row wanted = {.name = name};
	const struct row *row = NULL, *end = local->names.row + local->names.n;

	if (local->names.n)
		row = bsearch(&wanted, local->names.row, local->names.n, sizeof(wanted), by_name);
	/* A group of the same name may stand beside it, on either side. */
	while (row && row > local->names.row && strcmp(row[-1].name, name) == 0)
		row--;
	for (; row && row < end && strcmp(row->name, name) == 0; row++)
		if (row->file == FILE_PASSWD) {
			whose(row, ret_whose, size);
			return true;
		}
	return false;
}

/* The row whose range holds `id`, the farthest-reaching of them, or NULL. */
static const struct row *find_id(const struct local *local, uint32_t id)
{
	size_t low = 0, high = local->ids.n;
	const struct row *found = NULL;

	/* The first row that begins above `id`. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (local->ids.row[middle].low <= id)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0 && id - local->ids.row[low].low <= local->widest) {
		const struct row *row = &local->ids.row[low];

		if (row->high >= id && (!found || row->high > found->high))
			found = row;
	}
	return found;
}

bool local_has_id(const struct local *local, uint32_t id, char *ret_whose, size_t size)
{
	const struct row *row = find_id(local, id);

	if (row)
		whose(row, ret_whose, size);
	return row;
}

uint32_t local_skip(const struct local *local, uint32_t id)
{
	const struct row *row;

	while ((row = find_id(local, id)) != NULL && row->high < UINT32_MAX)
		id = row->high + 1;
	return row ? UINT32_MAX : id;
}
