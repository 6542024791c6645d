/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/wire.h"

static bool try_nothing(void)
{
	return wire_clock() > 0;
}

static bool try_open(void)
{
	return open("/", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool try_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool try_exec(void)
{
	char name[] = "/bin/true", *const argv[] = {name, NULL}, *const envp[] = {NULL};

	return execve(name, argv, envp) == 0;
}

static bool try_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_kill(void)
{
	return kill(getppid(), 0) == 0;
}

static bool try_fork(void)
{
	return fork() >= 0;
}

static bool try_execute_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	       MAP_FAILED;
}

static bool try_dup(void)
{
	return dup(0) >= 0;
}

static bool try_memory(void)
{
	void *block = malloc(1ul << 30);
	bool worked = block != NULL;

	free(block);
	return worked;
}

static bool try_ioctl(void)
{
	return ioctl(0, FIONREAD, &(int){0}) == 0;
}

static bool try_setuid(void)
{
	return setuid(0) == 0;
}

int probe_run(const char *name)
{
	static const struct {
		const char *name;
		bool (*attempt)(void);
	} probes[] = {
		{"nothing", try_nothing}, {"open", try_open},
		{"socket", try_socket},	  {"exec", try_exec},
		{"ptrace", try_ptrace},	  {"kill", try_kill},
		{"fork", try_fork},	  {"execute-memory", try_execute_memory},
		{"dup", try_dup},	  {"memory", try_memory},
		{"ioctl", try_ioctl},	  {"setuid", try_setuid},
	};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (strcmp(name, probes[i].name) == 0)
			return probes[i].attempt() ? 0 : PROBE_REFUSED;
	return 2;
}
