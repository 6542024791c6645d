/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/codec.h"
#include "tests/vector_runner/runner.h"

static const char *const answer_word[] = {
	[ANSWER_REJECT] = "reject",
	[ANSWER_ACCEPT] = "accept",
	[ANSWER_UNSUPPORTED] = "unsupported",
};

/* A field of a line holds neither tabs nor ends of lines. */
static void runner_field(const char *text)
{
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

void runner_say(const char *name, enum answer answer, const char *reason)
{
	runner_field(name);
	printf("\t%s\t", answer_word[answer]);
	runner_field(reason);
	putchar('\n');
}

const char *runner_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

bool runner_hex(const json_t *object, const char *member, uint8_t **ret_bytes, size_t *ret_len)
{
	const json_t *value = json_object_get(object, member);
	size_t len = json_string_length(value);
	uint8_t *bytes;
	ssize_t n;

	if (!json_is_string(value))
		return false;
	bytes = malloc(len / 2 + 1);
	if (bytes == NULL)
		return false;
	n = codec_hex_decode(json_string_value(value), len, bytes, len / 2 + 1);
	if (n < 0) {
		free(bytes);
		return false;
	}
	*ret_bytes = bytes;
	*ret_len = (size_t)n;
	return true;
}

static void run_vector(const json_t *file, const json_t *vector, size_t index)
{
	char reason[RUNNER_REASON_MAX] = "", number[64];
	const char *name = runner_text(vector, "name");
	enum answer answer = ANSWER_UNSUPPORTED;

	snprintf(number, sizeof(number), "%zu", index + 1);
	if (published_is(vector)) {
		answer = published_judge(vector, reason);
	} else if (assertion_is(vector)) {
		answer = assertion_judge(vector, reason);
	} else if (otp_vector_is(vector)) {
		otp_vector_name(vector, number, sizeof(number));
		answer = otp_vector_judge(file, vector, reason);
	} else {
		snprintf(reason, sizeof(reason), "a vector of a shape that is not known");
	}
	runner_say(name != NULL ? name : number, answer, reason);
}

/* 0, or 2 with a message. */
static int run_file(const char *path)
{
	json_error_t error;
	json_t *file = json_load_file(path, JSON_ALLOW_NUL, &error);
	const json_t *list = json_is_array(file) ? file : json_object_get(file, "vectors");
	int result = 0;

	if (file == NULL) {
		fprintf(stderr, "vector-runner: %s:%d: %s\n", path, error.line, error.text);
		return 2;
	}
	if (wycheproof_is(file)) {
		wycheproof_run(file);
	} else if (json_is_array(list)) {
		for (size_t i = 0; i < json_array_size(list); i++)
			run_vector(file, json_array_get(list, i), i);
	} else {
		fprintf(stderr,
			"vector-runner: %s: neither testGroups, nor vectors, nor an array\n", path);
		result = 2;
	}
	json_decref(file);
	return result;
}

int main(int argc, char **argv)
{
	int result = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: vector-runner FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		if (run_file(argv[i]) != 0)
			result = 2;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("vector-runner: stdout");
		return 2;
	}
	return result;
}
