/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/sandbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fido.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <seccomp.h>

/* What a device can make libcbor ask for must fail, not swap. */
#define MEMORY_MAX (192ul << 20)
/* A ceremony takes milliseconds of them; libseccomp, out of memory, turns for
 * ever, and would hold the key's lock as long. */
#ifdef __SANITIZE_ADDRESS__
#define CPU_SECONDS 60
#else
#define CPU_SECONDS 2
#endif

int sandbox_check(void)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) != 0)
		return -errno;
	if (real == 0 || effective == 0 || saved == 0 || getgroups(0, NULL) != 0)
		return -EPERM;
	return 0;
}

static int limit(int resource, rlim_t value)
{
	const struct rlimit bound = {.rlim_cur = value, .rlim_max = value};

	return setrlimit((__rlimit_resource_t)resource, &bound) == 0 ? 0 : -errno;
}

/* NOFILE counts the highest number, and poll(2) refuses more entries than it:
 * it forbids new descriptors without forbidding those that are there. */
static int set_limits(int last)
{
	const struct {
		int resource;
		rlim_t value;
	} limits[] = {
		{RLIMIT_NOFILE, (rlim_t)last + 1},
		{RLIMIT_NPROC, 0},
		{RLIMIT_CORE, 0},
		{RLIMIT_CPU, CPU_SECONDS},
#ifndef __SANITIZE_ADDRESS__ /* which maps terabytes, and reports into files */
		{RLIMIT_FSIZE, 0},
		{RLIMIT_AS, MEMORY_MAX},
#endif
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(limits) / sizeof(limits[0]); i++)
		r = limit(limits[i].resource, limits[i].value);
	return r;
}

/*
 * libcrypto fetches its algorithms when they are first used; one round of what
 * the PIN protocols and the U2F fallback of libfido2 use, and no file is
 * looked for once open() is gone.
 */
static int warm_up(void)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	EVP_PKEY *pair;
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int r = cipher ? 0 : -ENOMEM;

	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_ADD_ALL_CIPHERS |
					OPENSSL_INIT_ADD_ALL_DIGESTS,
				NULL) != 1)
		r = -EIO;
	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	pair = EVP_EC_gen("P-256");
	if (!pair || !SHA256((const uint8_t *)"", 0, digest))
		r = -EIO;
	if (r == 0 && EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, digest, digest) != 1)
		r = -EIO;
	EVP_PKEY_free(pair);
	EVP_CIPHER_CTX_free(cipher);
	return r;
}

static const int allowed[] = {
	/* the two descriptors */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(close),
	/* memory; mmap and mprotect below */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	/* time and chance; getpid is how libcrypto sees a fork */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	/* the end */
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
#ifdef __SANITIZE_ADDRESS__ /* its reports */
	SCMP_SYS(sigaltstack),
	SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(readlink),
	SCMP_SYS(mmap),
	SCMP_SYS(mprotect),
#endif
};

/* What the C library tries on its way, and can live without. */
static const int refused[] = {
	SCMP_SYS(open),	 SCMP_SYS(openat),     SCMP_SYS(ioctl),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(prlimit64),
};

static int add_rules(scmp_filter_ctx filter)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; r == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
#ifndef __SANITIZE_ADDRESS__
	/* Memory is never made executable. */
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
#endif
	return r;
}

static struct sock_fprog program;

/* The filter as the kernel takes it: made once, installed in every child. */
static int export_filter(scmp_filter_ctx filter)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	off_t size;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(filter, fd);
	size = lseek(fd, 0, SEEK_END);
	if (r == 0 && (size <= 0 || size % (off_t)sizeof(*program.filter) != 0))
		r = -EIO;
	if (r == 0) {
		program.filter = malloc((size_t)size);
		program.len = (unsigned short)((size_t)size / sizeof(*program.filter));
		if (!program.filter || pread(fd, program.filter, (size_t)size, 0) != size)
			r = -ENOMEM;
	}
	(void)close(fd);
	return r;
}

static int prepare_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r = filter ? add_rules(filter) : -ENOMEM;

	if (r == 0)
		r = export_filter(filter);
	seccomp_release(filter);
	return r;
}

static int install_filter(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : -errno;
}

#ifdef __SANITIZE_ADDRESS__
/* Leaks are looked for by a cloned tracer, which the filter is there to stop;
 * and what a device makes libcbor ask for is to fail, as under RLIMIT_AS. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=192";
}
#endif

int sandbox_prepare(void)
{
	int r;

	if (clearenv() != 0)
		return -EIO;
	/* Not dumpable: not to be traced by others of our uid either. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	r = warm_up();
	return r == 0 ? prepare_filter() : r;
}

int sandbox_enter(int last)
{
	int r;

	if (close_range((unsigned)last + 1, ~0u, 0) != 0)
		return -EIO;
	r = set_limits(last);
	return r == 0 ? install_filter() : r;
}
