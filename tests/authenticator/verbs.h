/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* What is done to the key once, rather than set: touch, pin, unplug. */
#ifndef SOFTKEY_VERBS_H
#define SOFTKEY_VERBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct key;

bool verbs_known(const char *name);
int verbs_run(struct key *, const char *command, char *ret_text, size_t size);
void verbs_help(FILE *);

#endif
