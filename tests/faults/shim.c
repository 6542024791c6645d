/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * shim - preloaded into the driver and into the authority's processes: the Nth
 * allocation of the process that is armed fails, and the authority's clock can
 * be put ahead, since a time-based code is good for one login a step.
 *
 * libc's own allocations (strdup, getline, opendir) come by here as well.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/control.h"

#define SEEN __attribute__((visibility("default")))

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern pid_t __fork(void);

/* Which of the processes this is; the driver sets it for its child alone. */
SEEN int fault_process = PROCESS_NONE;
static struct control *control;
static char *shim_environment[3]; /* what programs that get an empty one start with */

static int shim_process_by_name(void)
{
	if (strcmp(program_invocation_short_name, "webcred-authority") == 0)
		return PROCESS_KEEPER;
	if (strcmp(program_invocation_short_name, "webcred-authority-sessions") == 0)
		return PROCESS_MOTHER;
	if (strcmp(program_invocation_short_name, "webcred-device") == 0)
		return PROCESS_DEVICE;
	return PROCESS_NONE;
}

__attribute__((constructor)) static void shim_start(void)
{
	size_t n = 0;
	int fd;

	for (char **entry = environ; *entry != NULL && n < 2; entry++)
		if (strncmp(*entry, "LD_PRELOAD=", 11) == 0 ||
		    strncmp(*entry, CONTROL_VARIABLE "=", sizeof(CONTROL_VARIABLE)) == 0)
			shim_environment[n++] = *entry;
	fd = open(getenv(CONTROL_VARIABLE) != NULL ? getenv(CONTROL_VARIABLE) : "",
		  O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	void *page = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page != MAP_FAILED)
		control = page;
	(void)close(fd);
	fault_process = shim_process_by_name();
	(void)backtrace(&page, 1); /* loads what it needs */
}

/* Whether it is our module that asked, or the library below it: libpam and ld.so
 * have allocations of their own, and mistakes behind them. */
static bool shim_is_ours(void)
{
	void *frames[48];
	int n = backtrace(frames, 48);
	Dl_info info;

	for (int i = 0; i < n; i++)
		if (dladdr(frames[i], &info) != 0 && info.dli_fname != NULL &&
		    strstr(info.dli_fname, "webcred") != NULL &&
		    strstr(info.dli_fname, ".so") != NULL)
			return true;
	return false;
}

static bool shim_fails(void)
{
	if (control == NULL || fault_process == PROCESS_NONE ||
	    atomic_load(&control->process) != fault_process || atomic_load(&control->call) >= 0)
		return false;
	if (atomic_fetch_add(&control->seen, 1) + 1 != atomic_load(&control->nth))
		return false;
	atomic_store(&control->ours, shim_is_ours());
	atomic_store(&control->hit, true);
	errno = ENOMEM;
	return true;
}

SEEN void *malloc(size_t size)
{
	return shim_fails() ? NULL : __libc_malloc(size);
}

SEEN void *calloc(size_t n, size_t size)
{
	return shim_fails() ? NULL : __libc_calloc(n, size);
}

SEEN void *realloc(void *old, size_t size)
{
	return shim_fails() ? NULL : __libc_realloc(old, size);
}

SEEN void *memalign(size_t alignment, size_t size)
{
	return shim_fails() ? NULL : __libc_memalign(alignment, size);
}

SEEN void *aligned_alloc(size_t alignment, size_t size)
{
	return shim_fails() ? NULL : __libc_memalign(alignment, size);
}

SEEN int posix_memalign(void **ret, size_t alignment, size_t size)
{
	void *made = shim_fails() ? NULL : __libc_memalign(alignment, size);

	if (made == NULL)
		return ENOMEM;
	*ret = made;
	return 0;
}

SEEN time_t time(time_t *ret)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (control != NULL && fault_process >= PROCESS_KEEPER)
		now.tv_sec += atomic_load(&control->clock);
	if (ret != NULL)
		*ret = now.tv_sec;
	return now.tv_sec;
}

/* The mother's children are sessions, until one executes a helper. */
SEEN pid_t fork(void)
{
	pid_t pid = __fork();

	if (pid == 0 && fault_process == PROCESS_MOTHER)
		fault_process = PROCESS_SESSION;
	return pid;
}

/* What starts with an empty environment takes the shim along all the same. */
SEEN int execve(const char *path, char *const argv[], char *const environment[])
{
	bool empty = environment == NULL || environment[0] == NULL;

	return (int)syscall(SYS_execve, path, argv, empty ? shim_environment : environment);
}
