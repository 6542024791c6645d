/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * local - the names and ids that this machine's own files know, and those that
 * /etc/subuid and /etc/subgid hand out to containers.
 *
 * The keeper reads the files themselves: it calls no name service, which could
 * block every login, and these files are what always wins.  Bounded, without
 * waiting, root's alone (trusted.h); what is not readable is a fault, and never
 * "nobody".  A line that glibc would pass over is passed over here too, but its
 * name counts: rather one name too many that cannot be given out.
 */
#ifndef WEBCRED_AUTHORITY_LOCAL_H
#define WEBCRED_AUTHORITY_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCAL_FOLDER "/etc"
#define LOCAL_FILE_MAX ((size_t)16 << 20)

struct local;

/* 0, or -errno and what, where and what to do. */
int local_read(const char *folder, struct local **ret_local, char *ret_error, size_t size);
void local_free(struct local *local);

/* Both say whose it is, for people: "the local account dave (/etc/passwd)"; false
 * where it is nobody's, and then *ret_whose is untouched.  A name is looked for
 * among accounts and groups alike, and so is an id. */
bool local_has_name(const struct local *local, const char *name, char *ret_whose, size_t size);
bool local_has_id(const struct local *local, uint32_t id, char *ret_whose, size_t size);
/* The same of accounts alone. */
bool local_has_account(const struct local *local, const char *name, char *ret_whose, size_t size);
/* The first id from `id` on that is nobody's; UINT32_MAX where there is none. */
uint32_t local_skip(const struct local *local, uint32_t id);

#endif
