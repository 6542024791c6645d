/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "selftest.h"

const char *fixture_program = "tests/authenticator/softkey";
static int failures;

int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool check(bool ok, const char *name, const char *why)
{
	if (ok)
		printf("ok %s\n", name);
	else
		printf("not ok %s %s\n", name, why);
	fflush(stdout);
	failures += !ok;
	return ok;
}

int check_failures(void)
{
	return failures;
}

static void fixture_prepare(struct fixture *f)
{
	if (f->dir[0] != '\0')
		return;
	strcpy(f->dir, "/tmp/softkey-test.XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		abort();
	snprintf(f->socket, sizeof(f->socket), "%s/control", f->dir);
	snprintf(f->log, sizeof(f->log), "%s/log", f->dir);
	snprintf(f->state, sizeof(f->state), "%s/state", f->dir);
	snprintf(f->link, sizeof(f->link), "%s/key", f->dir);
}

static void fixture_exec(struct fixture *f, const char *const options[])
{
	const char *argv[40] = {"softkey",	    "pty",   "--state", f->state, "--control",
				f->socket,	    "--log", f->log,	"--link", f->link,
				"--die-with-parent"};
	size_t n = 11;

	while (*options != NULL)
		argv[n++] = *options++;
	execv(fixture_program, (char *const *)argv);
	perror(fixture_program);
	_exit(127);
}

/* The first line says that the key is ready. */
static void fixture_read_device(struct fixture *f, int fd)
{
	FILE *out = fdopen(fd, "r");

	if (out == NULL || fgets(f->device, sizeof(f->device), out) == NULL) {
		fprintf(stderr, "softkey did not start\n");
		exit(1);
	}
	f->device[strcspn(f->device, "\n")] = '\0';
	fclose(out);
}

void fixture_start(struct fixture *f, const char *const options[])
{
	int fds[2];

	fixture_prepare(f);
	if (pipe(fds) == -1 || (f->pid = fork()) == -1)
		abort();
	if (f->pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		fixture_exec(f, options);
	}
	close(fds[1]);
	fixture_read_device(f, fds[0]);
}

bool fixture_stop(struct fixture *f)
{
	int status;

	kill(f->pid, SIGTERM);
	return waitpid(f->pid, &status, 0) == f->pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0 && access(f->socket, F_OK) == -1 &&
	       access(f->link, F_OK) == -1;
}

void fixture_remove(struct fixture *f)
{
	unlink(f->log);
	unlink(f->state);
	rmdir(f->dir);
	f->dir[0] = '\0';
}

bool fixture_ctl(struct fixture *f, const char *command)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[600] = "";
	bool ok;

	memcpy(address.sun_path, f->socket, strlen(f->socket));
	ok = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	     dprintf(fd, "%s\n", command) > 0 && read(fd, answer, sizeof(answer) - 1) > 0 &&
	     strncmp(answer, "ok", 2) == 0;
	close(fd);
	if (!ok)
		fprintf(stderr, "# %s: %s", command, answer);
	return ok;
}

unsigned fixture_logged(struct fixture *f, const char *begin)
{
	FILE *log = fopen(f->log, "r");
	char line[600];
	unsigned n = 0;

	while (log != NULL && fgets(line, sizeof(line), log) != NULL)
		n += strncmp(line, begin, strlen(begin)) == 0;
	if (log != NULL)
		fclose(log);
	return n;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		fixture_program = argv[1];
	signal(SIGPIPE, SIG_IGN);
	/* Lead a session, as a login does: the pty must not become ours. */
	setsid();
	selftest_hid();
	selftest_lies();
	selftest_fido2();
	selftest_pin();
	return failures == 0 ? 0 : 1;
}
