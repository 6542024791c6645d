/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* machine - the authority from outside: who it is, what it holds, its store. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/client/webcred.h"
#include "tests/faults/faults.h"

#define MACHINE_WAIT_MS 10000
#define MACHINE_AT_REST 4	/* looks, 10 ms apart, that saw the same */
#define MACHINE_CHILDREN_MAX 80 /* spare sessions after a crowd, and some that end */

struct machine machine;
static long machine_base = -1; /* descriptors of the keeper without its sessions' */

static void machine_nap(long milliseconds)
{
	struct timespec nap = {.tv_sec = milliseconds / 1000,
			       .tv_nsec = milliseconds % 1000 * 1000000};

	nanosleep(&nap, NULL);
}

static bool machine_executes(pid_t pid, const char *program)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return false;
	target[n] = '\0';
	return strcmp(strrchr(target, '/') + 1, program) == 0;
}

bool machine_is_helper(pid_t pid)
{
	return machine_executes(pid, "webcred-device");
}

/* Children of a process that execute this program; one of them in *ret_child. */
static long machine_children(pid_t parent, const char *program, pid_t *ret_child)
{
	char path[64];
	long n = 0;
	int pid;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", parent, parent);
	FILE *children = fopen(path, "re");
	while (children != NULL && fscanf(children, "%d", &pid) == 1) {
		if (!machine_executes(pid, program))
			continue;
		n++;
		if (ret_child != NULL)
			*ret_child = pid;
	}
	if (children != NULL)
		fclose(children);
	return n;
}

static long machine_sessions(void)
{
	return machine_children(machine.mother, "webcred-authority-sessions", NULL);
}

static bool machine_answers(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/webcred/user"};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	bool answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return answers;
}

static pid_t machine_pid(void)
{
	char path[256];
	int pid = 0;

	snprintf(path, sizeof(path), "%s/authority.pid", sandbox_folder);
	FILE *file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file != NULL)
		fclose(file);
	return pid;
}

static bool machine_find(struct machine *found)
{
	found->keeper = 0;
	found->mother = machine_pid();
	if (found->mother == 0 || !machine_executes(found->mother, "webcred-authority-sessions"))
		return false;
	(void)machine_children(found->mother, "webcred-authority", &found->keeper);
	return found->keeper != 0 && machine_answers();
}

bool machine_look(void)
{
	struct machine found = machine;

	for (long waited = 0; !machine_find(&found); waited += 5) {
		if (waited > MACHINE_WAIT_MS)
			broken("the authority does not come back");
		machine_nap(5);
	}
	if (found.mother == machine.mother && found.keeper == machine.keeper)
		return false;
	machine.mother = found.mother;
	machine.keeper = found.keeper;
	machine.restarts++;
	machine_base = -1;
	return true;
}

/* ---- what leaks ------------------------------------------------------------------- */

static long machine_descriptors(pid_t pid)
{
	char path[64];
	long n = -2; /* . and .. */

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	DIR *folder = opendir(path);
	while (folder != NULL && readdir(folder) != NULL)
		n++;
	if (folder != NULL)
		closedir(folder);
	return n;
}

/* A session is forked a moment before the keeper has its channel, and ends a moment before the
 * keeper lets go of it: only what stays so for a while is at rest. */
bool machine_is_tidy(char *reason, size_t size)
{
	long own = 0, children = 0;

	for (int i = 0, same = 0; i < 300; i++) {
		long own_before = own, children_before = children;

		children = machine_sessions();
		own = machine_descriptors(machine.keeper) - children;
		same = own == own_before && children == children_before ? same + 1 : 0;
		if (same >= MACHINE_AT_REST && children <= MACHINE_CHILDREN_MAX &&
		    (machine_base < 0 || own <= machine_base)) {
			machine_base = own;
			return true;
		}
		machine_nap(10);
	}
	snprintf(reason, size,
		 "at rest the keeper has %ld descriptors of its own, not %ld; the mother has %ld "
		 "children beside it",
		 own, machine_base, children);
	return false;
}

/* One helper stays, and forks another for each ceremony. */
static bool machine_has_ceremony(void)
{
	pid_t helper = 0;

	return machine_children(machine.mother, "webcred-device", &helper) > 0 &&
	       machine_children(helper, "webcred-device", NULL) > 0;
}

void machine_calm_key(void)
{
	for (int i = 0; i < 6000 && machine_has_ceremony(); i++)
		machine_nap(1);
	machine_nap(2);
	int fd = open("/dev/webcred-blue", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0) {
		(void)tcflush(fd, TCIOFLUSH);
		close(fd);
	}
}

/* ---- the store -------------------------------------------------------------------- */

static int machine_backup(char path[PATH_MAX])
{
	struct webcred_container *container = NULL;
	char block[65536];
	int fd = -1, r = webcred_container_open("root", 0, &container);
	ssize_t n;

	if (r == 0)
		r = webcred_backup(container, &fd);
	webcred_container_close(container);
	if (r != 0)
		return r;
	snprintf(path, PATH_MAX, "%s/tmp/faults.db", sandbox_folder);
	FILE *file = fopen(path, "we");
	while (file != NULL && (n = read(fd, block, sizeof(block))) > 0)
		if (fwrite(block, 1, (size_t)n, file) != (size_t)n)
			r = -EIO;
	close(fd);
	return file == NULL || fclose(file) != 0 ? -EIO : r;
}

static bool machine_asks(sqlite3 *db, const char *question, const char *wanted, char *reason,
			 size_t size)
{
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(db, question, -1, &row, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(row);
	const char *said = rc == SQLITE_ROW    ? (const char *)sqlite3_column_text(row, 0)
			   : rc == SQLITE_DONE ? ""
					       : sqlite3_errmsg(db);
	bool good = rc != SQLITE_ERROR && said != NULL && strcmp(said, wanted) == 0;
	if (!good)
		snprintf(reason, size, "%s says %s", question, said != NULL ? said : "nothing");
	sqlite3_finalize(row);
	return good;
}

bool machine_store_is_whole(char *reason, size_t size)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	int r = machine_backup(path);

	if (r != 0) {
		snprintf(reason, size, "no backup can be made: %d", r);
		return false;
	}
	bool good = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		    machine_asks(db, "PRAGMA integrity_check", "ok", reason, size) &&
		    machine_asks(db, "PRAGMA foreign_key_check", "", reason, size);
	sqlite3_close(db);
	unlink(path);
	return good;
}
