/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * nsswitch - the two lines of nsswitch.conf that webcred stands in, changed and
 * changed back, with every other byte as it was.
 */
#ifndef WEBCRED_TOOLS_NSSWITCH_H
#define WEBCRED_TOOLS_NSSWITCH_H

#include <stdbool.h>
#include <stddef.h>

#define NSSWITCH_FILE "/etc/nsswitch.conf"
#define NSSWITCH_BACKUP "/etc/nsswitch.conf.before-webcred"
#define NSSWITCH_MAX 65536

enum nsswitch_state {
	NSSWITCH_OFF,	/* neither line has it */
	NSSWITCH_ON,	/* both have it, behind files */
	NSSWITCH_OTHER, /* anything else: *ret_why says what */
};

/* What a text is like; pure. */
enum nsswitch_state nsswitch_judge(const char *text, char *ret_why, size_t size);
/* " webcred" behind `files` and its action in both lines: true and the new text (of
 * NSSWITCH_MAX + 1 bytes); false where the text is not NSSWITCH_OFF, or is too long. */
bool nsswitch_add(const char *text, char *ret_text);
/* Takes exactly that away again. */
bool nsswitch_drop(const char *text, char *ret_text);

#endif
