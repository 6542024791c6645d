/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * passwd, group, subuid and subgid, four pieces: every name and id that a reader could find in
 * them is somebody's, and an id that is given out is nobody's.
 */
#include <errno.h>

#include "authority/local.h"
#include "authority/trusted.h"
#include "tests/fuzz/fuzz.h"

#define FILES 4

static const char *const names[FILES] = {"/etc/passwd", "/etc/group", "/etc/subuid", "/etc/subgid"};
static char *texts[FILES];
static size_t lens[FILES];

/* The files are the input; an empty one is missing. */
int __wrap_trusted_file_read(int folder, const char *path, mode_t forbidden, size_t max,
			     char **ret_text, size_t *ret_len, char *ret_error, size_t size);
int __wrap_trusted_file_read(int folder, const char *path, mode_t forbidden, size_t max,
			     char **ret_text, size_t *ret_len, char *ret_error, size_t size)
{
	(void)folder;
	(void)forbidden;
	(void)ret_error;
	(void)size;
	for (unsigned i = 0; i < FILES; i++)
		if (strcmp(path, names[i]) == 0) {
			fuzz_insist(lens[i] <= max);
			if (lens[i] == 0)
				return -ENOENT;
			*ret_text = fuzz_text((const uint8_t *)texts[i], lens[i]);
			*ret_len = lens[i];
			return 0;
		}
	fuzz_insist(!"only these files are read");
	return -ENOENT;
}

/* One line of passwd or group, which is cut. */
static void hold_line(const struct local *local, unsigned file, char *line)
{
	char whose[256] = "", *end, *name, *id;
	unsigned long number;

	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return;
	name = strsep(&line, ":");
	fuzz_insist(local_has_name(local, name, whose, sizeof(whose)) && whose[0]);
	fuzz_insist(file != 0 || local_has_account(local, name, whose, sizeof(whose)));
	(void)strsep(&line, ":");
	id = strsep(&line, ":");
	if (!id || *id < '0' || *id > '9' || strlen(id) > 10)
		return;
	number = strtoul(id, &end, 10);
	if (*end || number > UINT32_MAX)
		return;
	fuzz_insist(local_has_id(local, (uint32_t)number, whose, sizeof(whose)));
	fuzz_insist(local_skip(local, (uint32_t)number) > number || number == UINT32_MAX);
}

static void hold(const struct local *local, uint32_t from)
{
	char whose[256];
	uint32_t found = local_skip(local, from);

	fuzz_insist(found >= from);
	fuzz_insist(found == UINT32_MAX || !local_has_id(local, found, whose, sizeof(whose)));
	fuzz_insist(found == from || local_has_id(local, found - 1, whose, sizeof(whose)));
	for (unsigned file = 0; file < 2; file++) {
		char *rest = texts[file];

		while (rest)
			hold_line(local, file, strsep(&rest, "\n"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_pieces pieces = {data, size};
	struct local *local;
	char error[512] = "";
	uint32_t from = (uint32_t)fuzz_byte(&pieces) << 24 | (uint32_t)fuzz_byte(&pieces) << 8;

	for (unsigned i = 0; i < FILES; i++) {
		const uint8_t *piece = fuzz_piece(&pieces, &lens[i]);

		texts[i] = fuzz_text(piece, lens[i]);
	}
	if (local_read("/etc", &local, error, sizeof(error)) == 0) {
		hold(local, from);
		local_free(local);
	} else {
		fuzz_insist(error[0] != '\0');
	}
	for (unsigned i = 0; i < FILES; i++)
		free(texts[i]);
	return 0;
}
