/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * nsswitch.conf, which everybody's names depend on: what is put in and taken out again leaves
 * every byte as it was, and nothing is touched where it is not understood.
 */
#include "tests/fuzz/fuzz.h"
#include "tools/nsswitch.h"

#define ADDED 16 /* " webcred", twice */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char with[NSSWITCH_MAX + 1], without[NSSWITCH_MAX + 1];
	char *text = fuzz_text(data, size), why[160];
	enum nsswitch_state state = nsswitch_judge(text, why, sizeof(why));

	fuzz_insist((state == NSSWITCH_OTHER) == (why[0] != '\0'));
	if (nsswitch_add(text, with)) {
		fuzz_insist(state == NSSWITCH_OFF && strlen(with) == strlen(text) + ADDED);
		fuzz_insist(nsswitch_judge(with, why, sizeof(why)) == NSSWITCH_ON);
		fuzz_insist(nsswitch_drop(with, without) && strcmp(without, text) == 0);
	}
	if (nsswitch_drop(text, without)) {
		fuzz_insist(state == NSSWITCH_ON && strlen(without) == strlen(text) - ADDED);
		fuzz_insist(nsswitch_judge(without, why, sizeof(why)) == NSSWITCH_OFF);
	}
	free(text);
	return 0;
}
