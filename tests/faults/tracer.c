/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * tracer - a process that sees every system call of those it is attached to,
 * and lets the Nth of one kind fail.  The call is replaced by getpid(2), which
 * every filter of ours allows, and its result by the error; calls that end
 * something are made first, as the kernel does before it reports an error.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* After sys/ptrace.h, which declares the same and less. */
#include <linux/ptrace.h>

#include "tests/faults/faults.h"

#define TRACEES_MAX 512

struct tracee {
	pid_t pid;
	enum control_process process;
	long result;   /* to put in the place of the call's own, if not 0 */
	bool announce; /* the driver waits for its first stop */
};

static struct tracee tracees[TRACEES_MAX];
static unsigned n_tracees;
static pid_t tracer_pid;

static struct tracee *tracee_find(pid_t pid)
{
	for (unsigned i = 0; i < n_tracees; i++)
		if (tracees[i].pid == pid)
			return &tracees[i];
	return NULL;
}

static struct tracee *tracee_add(pid_t pid, enum control_process process)
{
	struct tracee *tracee = tracee_find(pid);

	if (tracee == NULL && n_tracees < TRACEES_MAX) {
		tracee = &tracees[n_tracees++];
		*tracee = (struct tracee){.pid = pid};
	}
	if (tracee != NULL)
		tracee->process = process;
	return tracee;
}

static void tracee_forget(pid_t pid)
{
	struct tracee *tracee = tracee_find(pid);

	if (tracee != NULL)
		*tracee = tracees[--n_tracees];
}

static bool tracee_seize(pid_t pid, enum control_process process)
{
	long options = PTRACE_O_TRACESYSGOOD;

	if (process == PROCESS_MOTHER || process == PROCESS_DEVICE)
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			   PTRACE_O_TRACEEXEC;
	if (ptrace(PTRACE_SEIZE, pid, 0L, options) < 0)
		return false;
	tracee_add(pid, process);
	return ptrace(PTRACE_INTERRUPT, pid, 0L, 0L) == 0;
}

/* ---- one call ---------------------------------------------------------------------- */

/* No error of these is ever told by a kernel, or nothing follows them. */
static bool call_cannot_fail(long call)
{
	return call == SYS_exit || call == SYS_exit_group || call == SYS_rt_sigreturn ||
	       call == SYS_restart_syscall || call == SYS_futex || call == SYS_getpid;
}

/* What is undone when they return, whatever they return. */
static bool call_is_made_first(long call)
{
	return call == SYS_close || call == SYS_munmap || call == SYS_close_range;
}

static void call_replace(struct tracee *tracee, long call)
{
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, tracee->pid, 0L, &registers) < 0)
		return;
	if (call == SYS_brk) {
		registers.rdi = 0; /* it says no by staying where it is */
	} else {
		tracee->result = -(long)atomic_load(&control->error);
		if (!call_is_made_first(call))
			registers.orig_rax = SYS_getpid;
	}
	(void)ptrace(PTRACE_SETREGS, tracee->pid, 0L, &registers);
}

static void call_begins(struct tracee *tracee, long call)
{
	if (atomic_load(&control->process) != (int)tracee->process || call < 0 ||
	    call >= CONTROL_CALLS || call_cannot_fail(call))
		return;
	if (tracee->process == PROCESS_HOST && !atomic_load(&control->inside))
		return;
	atomic_fetch_add(&control->calls[call], 1);
	if (atomic_load(&control->call) != call ||
	    atomic_fetch_add(&control->seen, 1) + 1 != atomic_load(&control->nth))
		return;
	atomic_store(&control->hit, true);
	call_replace(tracee, call);
}

static void call_ends(struct tracee *tracee)
{
	struct user_regs_struct registers;

	if (tracee->result == 0 || ptrace(PTRACE_GETREGS, tracee->pid, 0L, &registers) < 0)
		return;
	registers.rax = (unsigned long long)tracee->result;
	tracee->result = 0;
	(void)ptrace(PTRACE_SETREGS, tracee->pid, 0L, &registers);
}

static void call_stopped(struct tracee *tracee)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		call_begins(tracee, (long)info.entry.nr);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		call_ends(tracee);
}

/* ---- the loop ------------------------------------------------------------------------ */

static void stop_of_child(struct tracee *tracee)
{
	unsigned long pid = 0;

	if (ptrace(PTRACE_GETEVENTMSG, tracee->pid, 0L, &pid) == 0 && pid != 0)
		tracee_add((pid_t)pid,
			   tracee->process == PROCESS_DEVICE ? PROCESS_DEVICE : PROCESS_SESSION);
}

static void announce(struct tracee *tracee)
{
	int expected = tracee->pid;

	if (tracee->announce)
		(void)atomic_compare_exchange_strong(&control->attach, &expected, 0);
	tracee->announce = false;
}

static void stopped(pid_t pid, int status)
{
	struct tracee *tracee = tracee_add(pid, tracee_find(pid) != NULL ? tracee_find(pid)->process
									 : PROCESS_SESSION);
	int event = status >> 16, sig = WSTOPSIG(status), pass = 0;

	if (tracee == NULL)
		return;
	if (sig == (SIGTRAP | 0x80))
		call_stopped(tracee);
	else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		 event == PTRACE_EVENT_CLONE)
		stop_of_child(tracee);
	else if (event == PTRACE_EVENT_EXEC)
		tracee->process = PROCESS_DEVICE;
	else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
		(void)ptrace(PTRACE_LISTEN, pid, 0L, 0L);
		return;
	} else if (event == 0)
		pass = sig;
	announce(tracee);
	(void)ptrace(PTRACE_SYSCALL, pid, 0L, (long)pass);
}

static void take_order(void)
{
	pid_t pid = atomic_load(&control->attach);
	struct tracee *tracee;

	if (pid == 0 || tracee_find(pid) != NULL)
		return;
	if (!tracee_seize(pid, PROCESS_HOST)) {
		atomic_store(&control->attach, -1);
		return;
	}
	tracee = tracee_find(pid);
	tracee->announce = true;
}

static _Noreturn void tracer_loop(const sigset_t *wake)
{
	int status;
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0) {
			if (WIFSTOPPED(status))
				stopped(pid, status);
			else
				tracee_forget(pid);
		}
		take_order();
		(void)sigwaitinfo(wake, NULL);
	}
}

static void seize_family(pid_t mother)
{
	char path[64];
	int pid;

	if (!tracee_seize(mother, PROCESS_MOTHER))
		_exit(2);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", mother, mother);
	FILE *children = fopen(path, "re");
	while (children != NULL && fscanf(children, "%d", &pid) == 1)
		if (pid != machine.keeper)
			(void)tracee_seize(pid, machine_is_helper(pid) ? PROCESS_DEVICE
								       : PROCESS_SESSION);
	if (children != NULL)
		fclose(children);
}

void tracer_start(enum control_process process, pid_t keeper, pid_t mother)
{
	sigset_t wake;

	sigemptyset(&wake);
	sigaddset(&wake, SIGCHLD);
	sigaddset(&wake, SIGUSR1);
	tracer_pid = fork();
	if (tracer_pid < 0)
		broken("cannot fork");
	if (tracer_pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_BLOCK, &wake, NULL);
	n_tracees = 0;
	if (process == PROCESS_KEEPER && !tracee_seize(keeper, PROCESS_KEEPER))
		_exit(2);
	if (process == PROCESS_MOTHER || process == PROCESS_SESSION || process == PROCESS_DEVICE)
		seize_family(mother);
	tracer_loop(&wake);
}

void tracer_stop(void)
{
	if (tracer_pid <= 0)
		return;
	kill(tracer_pid, SIGKILL);
	waitpid(tracer_pid, NULL, 0);
	tracer_pid = 0;
}

bool tracer_attach(pid_t pid)
{
	struct timespec nap = {.tv_nsec = 100 * 1000};

	atomic_store(&control->attach, pid);
	for (int i = 0; i < 20000 && atomic_load(&control->attach) == pid; i++) {
		if (i % 100 == 0)
			kill(tracer_pid, SIGUSR1);
		nanosleep(&nap, NULL);
	}
	return atomic_load(&control->attach) == 0;
}
