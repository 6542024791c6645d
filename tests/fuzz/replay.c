/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * replay - a fuzz target without libFuzzer.
 *
 *   fuzz_X               its corpus, $srcdir/tests/fuzz/corpus/X; prints TAP
 *   fuzz_X FILE...       these inputs: findings
 *   fuzz_X unpack DIR    its corpus as files, for libFuzzer
 *   fuzz_X pack FILE...  files as a corpus, to standard output
 *
 * A corpus is one file, so that a release does not hold thousands: each input
 * is its length in four bytes, big-endian, and so many bytes.
 */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

#define INPUT_MAX (1024u * 1024)

static int give_up(const char *what)
{
	(void)fprintf(stderr, "replay: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

/* The input lies alone on the heap, so that a read past its end is seen. */
static void replay_run(const uint8_t *bytes, size_t len)
{
	uint8_t *alone = malloc(len > 0 ? len : 1);

	fuzz_insist(alone != NULL);
	if (len > 0)
		memcpy(alone, bytes, len);
	(void)LLVMFuzzerTestOneInput(alone, len);
	free(alone);
}

/* The next input of a corpus: 1, 0 at its end, -1 where it is damaged. */
static int replay_next(FILE *corpus, uint8_t *input, size_t *ret_len)
{
	uint8_t head[4];
	size_t n = fread(head, 1, sizeof(head), corpus), len;

	if (n == 0)
		return 0;
	len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (n != sizeof(head) || len > INPUT_MAX || fread(input, 1, len, corpus) != len)
		return -1;
	*ret_len = len;
	return 1;
}

static int replay_file(const char *path, uint8_t *input)
{
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file)
		return give_up(path);
	len = fread(input, 1, INPUT_MAX, file);
	(void)fclose(file);
	replay_run(input, len);
	return EXIT_SUCCESS;
}

static int replay_pack(const char *path, uint8_t *input)
{
	FILE *file = fopen(path, "rb");
	uint8_t head[4];
	size_t len;

	if (!file)
		return give_up(path);
	len = fread(input, 1, INPUT_MAX, file);
	(void)fclose(file);
	for (unsigned i = 0; i < 4; i++)
		head[i] = (uint8_t)(len >> (24 - 8 * i));
	(void)fwrite(head, 1, sizeof(head), stdout);
	(void)fwrite(input, 1, len, stdout);
	return EXIT_SUCCESS;
}

static int replay_write(const char *folder, unsigned number, const uint8_t *input, size_t len)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%06u", folder, number);
	file = fopen(path, "wb");
	if (!file || fwrite(input, 1, len, file) != len || fclose(file) != 0)
		return give_up(path);
	return EXIT_SUCCESS;
}

/* Each input to `folder`, or, where that is NULL, to the target. */
static int replay_corpus(const char *name, const char *folder, uint8_t *input)
{
	const char *top = getenv("srcdir");
	char path[PATH_MAX];
	unsigned number = 0;
	size_t len = 0;
	FILE *corpus;
	int r;

	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
	corpus = fopen(path, "rb");
	if (!corpus)
		return give_up(path);
	while ((r = replay_next(corpus, input, &len)) > 0) {
		if (getenv("WEBCRED_VERBOSE"))
			(void)fprintf(stderr, "# %s: input %u, %zu bytes\n", name, number, len);
		if (folder && replay_write(folder, number, input, len) != EXIT_SUCCESS)
			r = -1;
		else if (!folder)
			replay_run(input, len);
		number++;
		if (r < 0)
			break;
	}
	(void)fclose(corpus);
	if (!folder)
		printf("%s 1 - corpus of %u inputs\n1..1\n", r == 0 && number > 0 ? "ok" : "not ok",
		       number);
	return r == 0 && number > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	/* libtool's wrapper runs .libs/lt-NAME. */
	const char *name = strstr(argv[0], "fuzz_");
	uint8_t *input = malloc(INPUT_MAX);
	int r = EXIT_SUCCESS;
	bool pack = argc > 1 && strcmp(argv[1], "pack") == 0;

	for (const char *later = name; later; later = strstr(later + 1, "fuzz_"))
		name = later;
	if (!input || !name)
		return give_up(argv[0]);
	name += strlen("fuzz_");
	if (argc == 1)
		r = replay_corpus(name, NULL, input);
	else if (argc == 3 && strcmp(argv[1], "unpack") == 0)
		r = replay_corpus(name, argv[2], input);
	else
		for (int i = pack ? 2 : 1; i < argc && r == EXIT_SUCCESS; i++)
			r = pack ? replay_pack(argv[i], input) : replay_file(argv[i], input);
	free(input);
	return r;
}
