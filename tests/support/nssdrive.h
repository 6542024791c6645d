/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* nssdrive - what its files share: the module's functions, called without glibc in between. */
#ifndef WEBCRED_TESTS_NSSDRIVE_H
#define WEBCRED_TESTS_NSSDRIVE_H

#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>

struct nss_module {
	enum nss_status (*getpwnam)(const char *, struct passwd *, char *, size_t, int *);
	enum nss_status (*getpwuid)(uid_t, struct passwd *, char *, size_t, int *);
	enum nss_status (*setpwent)(int);
	enum nss_status (*getpwent)(struct passwd *, char *, size_t, int *);
	enum nss_status (*endpwent)(void);
	enum nss_status (*getgrnam)(const char *, struct group *, char *, size_t, int *);
	enum nss_status (*getgrgid)(gid_t, struct group *, char *, size_t, int *);
	enum nss_status (*setgrent)(int);
	enum nss_status (*getgrent)(struct group *, char *, size_t, int *);
	enum nss_status (*endgrent)(void);
	enum nss_status (*initgroups)(const char *, gid_t, long *, long *, gid_t **, long, int *);
};

extern struct nss_module nss;
void nss_load(void);
/* After which `nss` is nothing until the next load; it fails if the module stays. */
void nss_unload(void);

/* What a call said, and the row as one line where it found one. */
struct answer {
	enum nss_status status;
	int error;
	int errno_after; /* it was ANSWER_ERRNO before */
	char text[65536];
};

#define ANSWER_ERRNO 4711

/* CALL is pwnam, pwuid, pwent, grnam, grgid or grent; a buffer of `size` bytes and no more. */
void answer_get(struct answer *answer, const char *call, const char *key, size_t size,
		size_t misaligned);
/* "SUCCESS LINE", "NOTFOUND ENOENT" ... */
void answer_print(const struct answer *answer);
const char *answer_status(enum nss_status status);

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many descriptors lead to the folder of names, and the last of them. */
int kept_count(int *ret_fd);

/* The courses of nssdrive_courses.c, nssdrive_kept.c and nssdrive_ends.c. */
void course_sweep(char **keys);
void course_threads(int threads, int rounds);
void course_fork(void);
void course_race(int seconds);
void course_descriptors(void);
void course_cut(const char *path);
void course_kept(void);
void course_swift(const char *path);
void course_cancel(void);
void course_unload(void);
void course_lines(const char *call, const char *key);

#endif
