/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * counted_secret - what the core does with secrets, done for real and noted: the
 * linker leads its calls through here (--wrap in Makemodule.am).  That one is left
 * on the stack, or never freed, shows nowhere else.
 */
#ifndef WEBCRED_TESTS_COUNTED_SECRET_H
#define WEBCRED_TESTS_COUNTED_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* As if there were no memory for a secret. */
extern bool counted_secret_none;
/* Made by the core and not freed yet. */
extern int counted_secret_alive;

void counted_secret_forget(void);
/* How often exactly `len` bytes were wiped since. */
unsigned counted_wipes(size_t len);

#endif
