/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * scan_memory NEEDLES PID... - looks for secrets in every readable mapping of running processes.
 *
 * NEEDLES is a file of lines `NAME HEX`.  Prints `found NAME in PID FROM-TO MAPPING` for each
 * mapping that holds one, and `scanned BYTES in MAPPINGS mappings`, so that a test can tell that it
 * looked at all.  Exit status: 0 where nothing was found, 1 where something was, 2 where nothing
 * could be read.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEEDLES_MAX 64
#define PIECE (1u << 20)
#define LONGEST 1024

struct needle {
	char name[64];
	uint8_t bytes[LONGEST];
	size_t len;
};

static struct needle needles[NEEDLES_MAX];
static size_t n_needles;
static unsigned long long scanned, mappings, found;

static size_t hex_read(const char *hex, uint8_t *bytes)
{
	size_t len = 0;
	unsigned value;

	for (; isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]) && len < LONGEST;
	     hex += 2) {
		sscanf(hex, "%2x", &value);
		bytes[len++] = (uint8_t)value;
	}
	return len;
}

static void needles_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[3 * LONGEST], hex[2 * LONGEST + 1];

	while (file && n_needles < NEEDLES_MAX && fgets(line, sizeof(line), file)) {
		struct needle *needle = &needles[n_needles];

		if (sscanf(line, "%63s %2048s", needle->name, hex) != 2)
			continue;
		needle->len = hex_read(hex, needle->bytes);
		n_needles += needle->len >= 4; /* anything shorter is found by chance */
	}
	if (file)
		fclose(file);
}

static void piece_search(const char *pid, const char *where, const uint8_t *bytes, size_t len,
			 uint8_t *seen)
{
	for (size_t i = 0; i < n_needles; i++) {
		if (seen[i] || !memmem(bytes, len, needles[i].bytes, needles[i].len))
			continue;
		seen[i] = 1;
		found++;
		printf("found %s in %s %s\n", needles[i].name, pid, where);
	}
}

/* In pieces that overlap by the longest needle. */
static void mapping_search(int memory, const char *pid, const char *where, uint64_t from,
			   uint64_t to)
{
	static uint8_t piece[PIECE + LONGEST];
	uint8_t seen[NEEDLES_MAX] = {0};
	size_t kept = 0;

	mappings++;
	while (from < to) {
		size_t want = to - from < PIECE ? (size_t)(to - from) : PIECE;
		ssize_t n = pread(memory, piece + kept, want, (off_t)from);

		if (n <= 0)
			return;
		scanned += (size_t)n;
		piece_search(pid, where, piece, kept + (size_t)n, seen);
		from += (size_t)n;
		n += (ssize_t)kept;
		kept = (size_t)n < LONGEST ? (size_t)n : LONGEST;
		memmove(piece, piece + n - kept, kept);
	}
}

static void process_search(const char *pid)
{
	char path[64], line[512];
	FILE *maps;
	int memory;

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	memory = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	while (memory >= 0 && maps && fgets(line, sizeof(line), maps)) {
		unsigned long long from, to;
		char rights[8], name[256] = "anonymous", where[320];

		if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %255[^\n]", &from, &to, rights, name) <
			    3 ||
		    rights[0] != 'r' || strncmp(name, "[vvar", 5) == 0 ||
		    strcmp(name, "[vsyscall]") == 0)
			continue;
		snprintf(where, sizeof(where), "%llx-%llx %s", from, to, name);
		mapping_search(memory, pid, where, from, to);
	}
	if (maps)
		fclose(maps);
	if (memory >= 0)
		close(memory);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: scan_memory NEEDLES PID...\n");
		return 2;
	}
	needles_read(argv[1]);
	for (int i = 2; i < argc; i++)
		process_search(argv[i]);
	printf("scanned %llu in %llu mappings, %zu needles\n", scanned, mappings, n_needles);
	if (scanned == 0 || n_needles == 0)
		return 2;
	return found ? 1 : 0;
}
