/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The words on a PAM line, one a line of the input. */
#include "lib/base/text.h"
#include "pam_webcred/options.h"
#include "tests/fuzz/fuzz.h"

#define WORDS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *at = text;
	const char *word[WORDS_MAX];
	char error[OPTIONS_ERROR_SIZE] = "";
	struct options options;
	int n = 0, r;

	while (n < WORDS_MAX && at) {
		word[n++] = at;
		at = strchr(at, '\n');
		if (at)
			*at++ = '\0';
	}
	r = options_parse(n, word, &options, error, sizeof(error));
	fuzz_insist(r == 0 || (r == WEBCRED_TYPE_ERROR && error[0] != '\0'));
	if (r == 0) {
		fuzz_insist(options.timeout_ms <= OPTIONS_TIMEOUT_MAX_S * 1000);
		fuzz_insist(!options.socket || options.socket[0] == '/');
		fuzz_insist(!options.order[0] || text_label_valid(options.order, WIRE_ORDER_MAX));
	}
	for (size_t i = 0; options_name(i); i++)
		fuzz_insist(options_name(i)[0] != '\0');
	free(text);
	return 0;
}
