/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* confine - see confine.h. */
#include "authority/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct sock_fprog confine_program;

int confine_find(const char *account, struct confine_ids *ret_ids)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];
	int r = getpwnam_r(account, &entry, buffer, sizeof(buffer), &found);

	if (r != 0)
		return -r;
	if (!found || entry.pw_uid == 0 || entry.pw_gid == 0)
		return -ENOENT;
	ret_ids->uid = entry.pw_uid;
	ret_ids->gid = entry.pw_gid;
	return 0;
}

/* What waiting on two sockets, hashing and verifying need; no path, no new
 * descriptor but by message, no other process. */
static const int confine_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(close),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
#if defined(__SANITIZE_ADDRESS__)
	SCMP_SYS(sigaltstack),
	SCMP_SYS(readlink),
	SCMP_SYS(sched_yield),
	SCMP_SYS(tgkill),
#endif
};

/* To be passed an ssh agent, and to see what it was that was passed. */
static int confine_agent(scmp_filter_ctx filter)
{
	static const int options[] = {SO_DOMAIN, SO_TYPE, SO_ACCEPTCONN};
	size_t i;
	int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), 2,
				 SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
				 SCMP_A2(SCMP_CMP_EQ, SO_PASSRIGHTS));

	for (i = 0; r == 0 && i < sizeof(options) / sizeof(options[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 2,
				     SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET),
				     SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)options[i]));
	return r;
}

static int confine_rules(scmp_filter_ctx filter)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof(confine_calls) / sizeof(confine_calls[0]); i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, confine_calls[i], 0);
		if (r < 0)
			return r;
	}
	/* Memory, but never memory that can be run. */
	r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				     SCMP_A1(SCMP_CMP_EQ, F_SETFD));
	if (r == 0)
		r = confine_agent(filter);
	/* libc looks at descriptors it writes to; libcrypto asks who it is. */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(newfstatat), 0);
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EBADF), SCMP_SYS(fstat), 0);
	return r;
}

static int confine_export(scmp_filter_ctx filter)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	off_t size;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(filter, fd);
	size = lseek(fd, 0, SEEK_END);
	if (r == 0 && size > 0 && size % (off_t)sizeof(struct sock_filter) == 0) {
		confine_program.filter = malloc((size_t)size);
		confine_program.len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
		if (!confine_program.filter ||
		    pread(fd, confine_program.filter, (size_t)size, 0) != (ssize_t)size)
			r = -ENOMEM;
	} else if (r == 0) {
		r = -EIO;
	}
	close(fd);
	return r;
}

int confine_prepare(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	/* A tree instead of a list: the kernel tries it for every call there is when
	 * it is installed, which is once a session. */
	r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = confine_rules(filter);
	if (r == 0)
		r = confine_export(filter);
	seccomp_release(filter);
	return r;
}

static int confine_descriptors(int keep)
{
	if (keep != 3) {
		if (dup3(keep, 3, O_CLOEXEC) < 0)
			return -errno;
	}
	/* close_range(2) came with Linux 5.9; Debian 12 has 6.1. */
	if (syscall(SYS_close_range, 4u, ~0u, 0u) < 0)
		return -errno;
	return 0;
}

static void confine_limit(int resource, rlim_t value)
{
	struct rlimit limit = {value, value};

	(void)setrlimit((__rlimit_resource_t)resource, &limit);
}

int confine_session(const struct confine_ids *ids, int keep)
{
	int r = confine_descriptors(keep);

	if (r < 0)
		return r;
	confine_limit(RLIMIT_CORE, 0);
	confine_limit(RLIMIT_FSIZE, 0);
	confine_limit(RLIMIT_NOFILE, 32);
	if (setgroups(0, NULL) < 0 || setresgid(ids->gid, ids->gid, ids->gid) < 0 ||
	    setresuid(ids->uid, ids->uid, ids->uid) < 0)
		return -errno;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &confine_program) < 0)
		return -errno;
	return 0;
}
