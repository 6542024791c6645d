/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The socket of an ssh agent, reached as the person and not as who we are.
 *
 * A set-user-id program that connects where its caller points it lends them its
 * rights twice: on the way (folders and sockets they may not open) and at the
 * other end (SO_PEERCRED tells the effective uid).  So for this one connect(2) the
 * effective ids are the real ones, which takes the file system's along, and the
 * groups are none.  By system calls of our own: libc's would change every thread
 * of a host that has several; the kernel's change this one.
 */
#include "lib/client/client.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

struct rights {
	uid_t uid; /* effective */
	gid_t gid;
	int n_groups;
	gid_t *groups; /* owned */
	bool grouped;  /* the groups were taken away */
};

/* Effective ids are put back from the saved ones; root can have any group. */
static bool rights_will_return(void)
{
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;

	return getresuid(&uid, &euid, &suid) == 0 && getresgid(&gid, &egid, &sgid) == 0 &&
	       (euid == uid || euid == suid) && (euid == 0 || egid == gid || egid == sgid);
}

static int rights_save(struct rights *rights)
{
	int n = getgroups(0, NULL);

	if (!rights_will_return())
		return -EPERM;
	rights->uid = geteuid();
	rights->gid = getegid();
	rights->groups = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*rights->groups));
	if (!rights->groups)
		return n < 0 ? -errno : -ENOMEM;
	rights->n_groups = getgroups(n, rights->groups);
	return rights->n_groups < 0 ? -errno : 0;
}

/* Capabilities that pass over a file's owner and mode are gone with the uid, but
 * where a program has them by other means. */
static bool rights_overrule_files(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	const uint32_t those = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;

	return syscall(SYS_capget, &head, data) != 0 || (data[0].effective & those) != 0;
}

static bool rights_are(uid_t uid, gid_t gid)
{
	/* An invalid id changes nothing and tells what is in force. */
	return geteuid() == uid && getegid() == gid && setfsuid((uid_t)-1) == (int)uid &&
	       setfsgid((gid_t)-1) == (int)gid;
}

/* Groups first and user last: after it nothing may be changed but back. */
static int rights_drop(struct rights *rights)
{
	const uid_t uid = getuid();
	const gid_t gid = getgid();

	if (rights->uid == 0 && uid != 0) {
		if (syscall(SYS_setgroups, (size_t)0, NULL) != 0)
			return -errno;
		rights->grouped = true;
	}
	if (syscall(SYS_setresgid, (gid_t)-1, gid, (gid_t)-1) != 0 ||
	    syscall(SYS_setresuid, (uid_t)-1, uid, (uid_t)-1) != 0)
		return -errno;
	if (!rights_are(uid, gid) || (uid != 0 && rights_overrule_files()))
		return -EPERM;
	return 0;
}

/* Whatever was dropped so far: 0, or -EIO, and then nothing is as it was. */
static int rights_restore(struct rights *rights)
{
	bool good = syscall(SYS_setresuid, (uid_t)-1, rights->uid, (uid_t)-1) == 0 &&
		    syscall(SYS_setresgid, (gid_t)-1, rights->gid, (gid_t)-1) == 0;

	if (rights->grouped)
		good = syscall(SYS_setgroups, (size_t)rights->n_groups, rights->groups) == 0 &&
		       getgroups(0, NULL) == rights->n_groups && good;
	return good && rights_are(rights->uid, rights->gid) ? 0 : -EIO;
}

/* A socket whose queue is full says so at once, and is as good as none. */
static int agent_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, error;

	memcpy(address.sun_path, path, strlen(path));
	fd = container_lift_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	(void)close(fd);
	return -error;
}

PUBLIC int webcred_agent_connect(const char *path, int *ret_fd)
{
	struct rights rights = {0};
	int r, fd = -1;

	if (!path || path[0] != '/')
		return -EINVAL;
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return -ENAMETOOLONG;
	r = rights_save(&rights);
	if (r == 0) {
		r = rights_drop(&rights);
		fd = r == 0 ? agent_connect(path) : r;
		r = rights_restore(&rights);
	}
	free(rights.groups);
	if (r == 0 && fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		(void)close(fd);
	return r != 0 ? r : fd;
}
