/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * publish_names FOLDER [TIMES] - writes the databases of the name service, by the
 * authority's own code, from lines on standard input:
 *
 *   person NAME UID GID HOME SHELL GECOS...
 *   group NAME GID [MEMBER...]
 *   fill FIRST COUNT     people fillFIRST ..., uid and gid 1900000000 + n, a group each
 *
 * With TIMES as often as that, as fast as it can; in each database every "%" of a
 * GECOS or HOME is another number, the same in all rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/publish.h"

#define FILL_ID 1900000000u
#define LINES_MAX 4096
#define WORDS_MAX 1024

static char error[512];

static void must(int r)
{
	if (r == 0)
		return;
	fprintf(stderr, "publish_names: %s\n", error);
	exit(1);
}

/* `text` with its "%" as the round's number. */
static const char *numbered(const char *text, unsigned round, char *buffer, size_t size)
{
	const char *percent = strchr(text, '%');

	if (!percent)
		return text;
	snprintf(buffer, size, "%.*s%u%s", (int)(percent - text), text, round, percent + 1);
	return buffer;
}

static void person(struct publish *publish, char **words, unsigned round)
{
	char gecos[512], home[512];
	struct names_person row = {.name = words[1],
				   .uid = (uint32_t)strtoul(words[2], NULL, 10),
				   .gid = (uint32_t)strtoul(words[3], NULL, 10),
				   .home = numbered(words[4], round, home, sizeof(home)),
				   .shell = words[5],
				   .gecos = numbered(words[6], round, gecos, sizeof(gecos))};

	must(publish_person(publish, &row, error, sizeof(error)));
}

static void fill(struct publish *publish, unsigned first, unsigned count)
{
	char name[32], home[64], gecos[64];

	for (unsigned n = first; n < first + count; n++) {
		struct names_person row = {.name = name,
					   .uid = FILL_ID + n,
					   .gid = FILL_ID + n,
					   .gecos = gecos,
					   .home = home,
					   .shell = "/bin/bash"};
		struct names_group group = {.name = name, .gid = FILL_ID + n};

		snprintf(name, sizeof(name), "fill%u", n);
		snprintf(home, sizeof(home), "/home/fill%u", n);
		snprintf(gecos, sizeof(gecos), "Fill number %u", n);
		must(publish_person(publish, &row, error, sizeof(error)));
		must(publish_group(publish, &group, error, sizeof(error)));
	}
}

static void take(struct publish *publish, const char *text, unsigned round)
{
	char *line = strdup(text), *words[WORDS_MAX + 1], *rest = line;
	size_t n = 0, max = strncmp(line, "person ", 7) == 0 ? 6 : WORDS_MAX;

	while (n < max && rest && *rest)
		words[n++] = strsep(&rest, " ");
	if (max == 6 && n == 6) {
		words[n++] = rest ? rest : line + strlen(text);
		person(publish, words, round);
	} else if (n >= 3 && strcmp(words[0], "group") == 0) {
		struct names_group row = {.name = words[1],
					  .gid = (uint32_t)strtoul(words[2], NULL, 10),
					  .members = (const char *const *)words + 3,
					  .members_n = n - 3};

		must(publish_group(publish, &row, error, sizeof(error)));
	} else if (n == 3 && strcmp(words[0], "fill") == 0) {
		fill(publish, (unsigned)atoi(words[1]), (unsigned)atoi(words[2]));
	} else {
		snprintf(error, sizeof(error), "what is \"%s\"?", text);
		must(-1);
	}
	free(line);
}

int main(int argc, char **argv)
{
	static char *lines[LINES_MAX];
	char *line = NULL;
	size_t room = 0, n = 0;
	int times = argc > 2 ? atoi(argv[2]) : 1;

	if (argc < 2)
		return 2;
	while (n < LINES_MAX && getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		lines[n++] = strdup(line);
	}
	for (int round = 0; round < times; round++) {
		struct publish *publish;

		must(publish_begin(argv[1], &publish, error, sizeof(error)));
		for (size_t i = 0; i < n; i++)
			take(publish, lines[i], (unsigned)round);
		must(publish_finish(publish, error, sizeof(error)));
	}
	while (n > 0)
		free(lines[--n]);
	free(line);
	return 0;
}
