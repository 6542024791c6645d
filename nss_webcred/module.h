/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * module - libnss_webcred.so.2: what glibc calls, and what its files share.
 *
 * It runs inside every program that asks for a name.  It reads two files of
 * ours and two of /etc; it looks at no environment variable, prints and logs
 * nothing, starts nothing, keeps no lock while a program is away, and leaves errno
 * as it was where it succeeds.  A row with an id that names_check_id() refuses
 * is not there, whatever the database says.
 *
 *   passwd, group, initgroups   the functions, one database each
 *   row                         lines to struct passwd and struct group
 *   cursor                      setXXent, getXXent, endXXent
 *   local                       what /etc/passwd and /etc/group know
 *   database                    the constant databases
 *   kept                        the two that stay open
 */
#ifndef WEBCRED_NSS_MODULE_H
#define WEBCRED_NSS_MODULE_H

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stddef.h>

#include "nss_webcred/database.h"

#define MODULE_EXPORT __attribute__((visibility("default")))
/* Holds the records that most people have, in one read. */
#define MODULE_WINDOW 256
/* Digits of an id and the end. */
#define MODULE_NUMBER 11

/*
 * Around each call: errno stays as it was, and a thread is not cancelled where it holds
 * a lock or a descriptor of ours.  module_end() makes the answer of a result: "Name Service Switch
 * Module Interface" in glibc's manual has the pairs.  What is not there is NOTFOUND
 * and ENOENT; what will pass TRYAGAIN and EAGAIN; a small buffer TRYAGAIN and
 * ERANGE; everything else UNAVAIL and its error.
 */
struct module_call {
	int saved, cancel, cancel_type;
};
void module_begin(struct module_call *call);
enum nss_status module_end(const struct module_call *call, int r, int *errnop);
/* An id as the databases' keys have it. */
void module_number(uint32_t id, char number[MODULE_NUMBER]);

/* The functions; libc's headers declare none of them. */
MODULE_EXPORT enum nss_status _nss_webcred_getpwnam_r(const char *name, struct passwd *result,
						      char *buffer, size_t size, int *errnop);
MODULE_EXPORT enum nss_status _nss_webcred_getpwuid_r(uid_t uid, struct passwd *result,
						      char *buffer, size_t size, int *errnop);
MODULE_EXPORT enum nss_status _nss_webcred_setpwent(int stay_open);
MODULE_EXPORT enum nss_status _nss_webcred_getpwent_r(struct passwd *result, char *buffer,
						      size_t size, int *errnop);
MODULE_EXPORT enum nss_status _nss_webcred_endpwent(void);
MODULE_EXPORT enum nss_status _nss_webcred_getgrnam_r(const char *name, struct group *result,
						      char *buffer, size_t size, int *errnop);
MODULE_EXPORT enum nss_status _nss_webcred_getgrgid_r(gid_t gid, struct group *result, char *buffer,
						      size_t size, int *errnop);
MODULE_EXPORT enum nss_status _nss_webcred_setgrent(int stay_open);
MODULE_EXPORT enum nss_status _nss_webcred_getgrent_r(struct group *result, char *buffer,
						      size_t size, int *errnop);
MODULE_EXPORT enum nss_status _nss_webcred_endgrent(void);
MODULE_EXPORT enum nss_status _nss_webcred_initgroups_dyn(const char *user, gid_t group,
							  long *start, long *size, gid_t **groups,
							  long limit, int *errnop);

#endif
