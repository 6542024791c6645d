/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * offline - what is done to the store as a whole while nobody logs in: a backup
 * restored, another host key.  Both refuse while an authority has the store, both
 * ask before something is lost, and a crash at any moment leaves the old state or
 * the new one.  Exit statuses: 0 done, 1 refused, 2 not confirmed, 3 a fault.
 */
#ifndef WEBCRED_AUTHORITY_OFFLINE_H
#define WEBCRED_AUTHORITY_OFFLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "authority/conf.h"
#include "authority/store/store.h"

enum { OFFLINE_DONE = 0, OFFLINE_REFUSED = 1, OFFLINE_DECLINED = 2, OFFLINE_FAULT = 3 };

struct offline_options {
	const char *state_folder, *conf_path;
	bool key_lost, yes;
};

/* Puts a backup in the place of the store; the old store is kept beside. */
int offline_restore(const struct offline_options *options, const char *file);
/* Seals the store with a new host key. */
int offline_rekey(const struct offline_options *options);

/* ---- offline.c: what both need ---- */

/* Says why not, on standard error and in the log; returns `status`. */
int offline_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The configuration, or the defaults where it cannot be read; opens the log. */
void offline_conf(const struct offline_options *options, struct conf *ret_conf);
/* A yes on the terminal, or --yes: 0; else an exit status. */
int offline_confirm(const struct offline_options *options, const char *question);
/* The audit line of what was done. */
void offline_note(const char *action, const char *reason);
/* How many accounts; negative a fault. */
int offline_count(struct store *store);

#endif
