/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * nssdrive [--first NAME] [--chroot FOLDER] [--files N] COMMAND - calls libnss_webcred.so.2 as
 * glibc does, and shows what glibc hides: status, *errnop, errno.
 *
 *   pwnam NAME, pwuid UID, grnam NAME, grgid GID    one answer
 *   pwent, grent                                    all rows, then how it ended
 *   initgroups USER GID [LIMIT [HAVE]]              the groups, of a list that had HAVE
 *   sweep KEY...      every call with buffers of 0 to 4096 bytes
 *   threads N ROUNDS  all calls at once
 *   fork              a walk before and after, and forks beside walking threads
 *   descriptors       a walk whose descriptor was closed and given to another file
 *   kept              look-ups whose kept descriptor was closed, and given to files and sockets
 *   swift FILE        FILE replaced, removed, opened to others: what the very next look-up says
 *   cancel            threads that are cancelled in each call
 *   unload            the module unloaded and loaded again
 *   lines CALL KEY    the answer now, and again after each line of standard input
 *   cut FILE          a walk through FILE, which is cut in the middle of it
 *   race SECONDS      while the databases are replaced: rows with numbers, which must agree
 *
 * --files N allows so many descriptors; --first NAME looks a person up ahead; --chroot goes there
 * once the module is loaded.
 */
#include "tests/support/nssdrive.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct nss_module nss;

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	exit(1);
}

static void *nss_handle;

void nss_load(void)
{
	static const struct {
		const char *name;
		size_t place;
	} functions[] = {
		{"_nss_webcred_getpwnam_r", offsetof(struct nss_module, getpwnam)},
		{"_nss_webcred_getpwuid_r", offsetof(struct nss_module, getpwuid)},
		{"_nss_webcred_setpwent", offsetof(struct nss_module, setpwent)},
		{"_nss_webcred_getpwent_r", offsetof(struct nss_module, getpwent)},
		{"_nss_webcred_endpwent", offsetof(struct nss_module, endpwent)},
		{"_nss_webcred_getgrnam_r", offsetof(struct nss_module, getgrnam)},
		{"_nss_webcred_getgrgid_r", offsetof(struct nss_module, getgrgid)},
		{"_nss_webcred_setgrent", offsetof(struct nss_module, setgrent)},
		{"_nss_webcred_getgrent_r", offsetof(struct nss_module, getgrent)},
		{"_nss_webcred_endgrent", offsetof(struct nss_module, endgrent)},
		{"_nss_webcred_initgroups_dyn", offsetof(struct nss_module, initgroups)},
	};

	nss_handle = dlopen("libnss_webcred.so.2", RTLD_NOW);
	if (!nss_handle)
		fail("%s", dlerror());
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *function = dlsym(nss_handle, functions[i].name);

		if (!function)
			fail("no %s", functions[i].name);
		memcpy((char *)&nss + functions[i].place, &function, sizeof(function));
	}
}

void nss_unload(void)
{
	memset(&nss, 0, sizeof(nss));
	if (dlclose(nss_handle) != 0)
		fail("%s", dlerror());
	if (dlopen("libnss_webcred.so.2", RTLD_NOW | RTLD_NOLOAD))
		fail("the module stays loaded");
}

const char *answer_status(enum nss_status status)
{
	switch ((int)status) {
	case NSS_STATUS_SUCCESS:
		return "SUCCESS";
	case NSS_STATUS_NOTFOUND:
		return "NOTFOUND";
	case NSS_STATUS_UNAVAIL:
		return "UNAVAIL";
	case NSS_STATUS_TRYAGAIN:
		return "TRYAGAIN";
	default:
		return "something else";
	}
}

static void text_person(struct answer *answer, const struct passwd *person)
{
	snprintf(answer->text, sizeof(answer->text), "%s:%s:%u:%u:%s:%s:%s", person->pw_name,
		 person->pw_passwd, person->pw_uid, person->pw_gid, person->pw_gecos,
		 person->pw_dir, person->pw_shell);
}

static void text_group(struct answer *answer, const struct group *group)
{
	size_t len = (size_t)snprintf(answer->text, sizeof(answer->text),
				      "%s:%s:%u:", group->gr_name, group->gr_passwd, group->gr_gid);

	for (char **member = group->gr_mem; *member && len < sizeof(answer->text) - 64; member++)
		len += (size_t)snprintf(answer->text + len, sizeof(answer->text) - len, "%s%s",
					member == group->gr_mem ? "" : ",", *member);
}

void answer_get(struct answer *answer, const char *call, const char *key, size_t size,
		size_t misaligned)
{
	/* Of the heap, so that AddressSanitizer sees the first byte too many. */
	char *memory = malloc(size + misaligned), *buffer = memory + misaligned;
	struct passwd person = {0};
	struct group group = {0};
	unsigned id = key ? (unsigned)strtoul(key, NULL, 10) : 0;

	answer->error = -1;
	answer->text[0] = '\0';
	errno = ANSWER_ERRNO;
	if (strcmp(call, "pwnam") == 0)
		answer->status = nss.getpwnam(key, &person, buffer, size, &answer->error);
	else if (strcmp(call, "pwuid") == 0)
		answer->status = nss.getpwuid(id, &person, buffer, size, &answer->error);
	else if (strcmp(call, "pwent") == 0)
		answer->status = nss.getpwent(&person, buffer, size, &answer->error);
	else if (strcmp(call, "grnam") == 0)
		answer->status = nss.getgrnam(key, &group, buffer, size, &answer->error);
	else if (strcmp(call, "grgid") == 0)
		answer->status = nss.getgrgid(id, &group, buffer, size, &answer->error);
	else if (strcmp(call, "grent") == 0)
		answer->status = nss.getgrent(&group, buffer, size, &answer->error);
	else
		fail("what is %s?", call);
	answer->errno_after = errno;
	if (answer->status == NSS_STATUS_SUCCESS && call[0] == 'p')
		text_person(answer, &person);
	else if (answer->status == NSS_STATUS_SUCCESS)
		text_group(answer, &group);
	free(memory);
}

void answer_print(const struct answer *answer)
{
	if (answer->errno_after != ANSWER_ERRNO)
		printf("errno-changed ");
	if (answer->status == NSS_STATUS_SUCCESS)
		printf("SUCCESS %s\n", answer->text);
	else
		printf("%s %s\n", answer_status(answer->status), strerrorname_np(answer->error));
}

static void walk(const char *call)
{
	static struct answer answer;

	do {
		answer_get(&answer, call, NULL, 1 << 20, 0);
		answer_print(&answer);
	} while (answer.status == NSS_STATUS_SUCCESS);
}

static void limit_files(const char *n)
{
	struct rlimit limit = {(rlim_t)atoi(n), (rlim_t)atoi(n)};

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("setrlimit: %s", strerror(errno));
}

static void groups_of(char **argv)
{
	long limit = argv[2] ? atol(argv[2]) : 0, have = argv[2] && argv[3] ? atol(argv[3]) : 0;
	long n = have, room = have > 0 ? have : 1;
	gid_t *ids = calloc((size_t)room, sizeof(*ids));
	int error = 0;
	enum nss_status status = nss.initgroups(argv[0], (gid_t)strtoul(argv[1], NULL, 10), &n,
						&room, &ids, limit, &error);

	printf("%s", answer_status(status));
	if (status != NSS_STATUS_SUCCESS)
		printf(" %s", strerrorname_np(error));
	for (long i = 0; i < n; i++)
		printf(" %u", ids[i]);
	printf("\n");
	free(ids);
}

int main(int argc, char **argv)
{
	static struct answer answer;
	const char *command;

	nss_load();
	for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
		if (strcmp(argv[1], "--files") == 0)
			limit_files(argv[2]);
		else if (strcmp(argv[1], "--first") == 0)
			answer_get(&answer, "pwnam", argv[2], 4096, 0);
		else if (chroot(argv[2]) < 0 || chdir("/") < 0)
			fail("chroot: %s", strerror(errno));
	}
	command = argc > 1 ? argv[1] : "";
	if (strcmp(command, "sweep") == 0)
		course_sweep(argv + 2);
	else if (strcmp(command, "threads") == 0 && argc == 4)
		course_threads(atoi(argv[2]), atoi(argv[3]));
	else if (strcmp(command, "fork") == 0)
		course_fork();
	else if (strcmp(command, "descriptors") == 0)
		course_descriptors();
	else if (strcmp(command, "kept") == 0)
		course_kept();
	else if (strcmp(command, "swift") == 0 && argc == 3)
		course_swift(argv[2]);
	else if (strcmp(command, "cancel") == 0)
		course_cancel();
	else if (strcmp(command, "unload") == 0)
		course_unload();
	else if (strcmp(command, "lines") == 0 && argc == 4)
		course_lines(argv[2], argv[3]);
	else if (strcmp(command, "cut") == 0 && argc == 3)
		course_cut(argv[2]);
	else if (strcmp(command, "race") == 0 && argc == 3)
		course_race(atoi(argv[2]));
	else if (strcmp(command, "initgroups") == 0 && argc > 3)
		groups_of(argv + 2);
	else if (argc == 3) {
		answer_get(&answer, command, argv[2], 1 << 20, 0);
		answer_print(&answer);
	} else
		walk(command);
	return 0;
}
