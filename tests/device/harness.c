/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/device/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned failures;

bool harness_check(bool right, const char *file, int line, const char *what)
{
	if (!right) {
		printf("# %s:%d: %s\n", file, line, what);
		failures++;
	}
	return right;
}

bool harness_check_end(const struct seen *seen, enum ceremony_end wanted, const char *file,
		       int line)
{
	if (seen->done && seen->result.end == wanted)
		return true;
	printf("# %s:%d: wanted end %d, got %s %d (%s)\n", file, line, (int)wanted,
	       seen->done ? "end" : "no DONE, last", (int)seen->result.end, seen->result.detail);
	failures++;
	return false;
}

unsigned harness_failures(void)
{
	return failures;
}

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(99);
}

static const char *softkey(void)
{
	const char *path = getenv("SOFTKEY");

	return path ? path : "tests/authenticator/softkey";
}

int harness_helper(void)
{
	const char *path = getenv("WEBCRED_DEVICE");
	int fd = open(path ? path : "./webcred-device", O_PATH | O_CLOEXEC);

	if (fd < 0)
		die("webcred-device");
	return fd;
}

/* ---- the key ------------------------------------------------------------- */

static void exec_softkey(const struct rig *rig, const char *const *options, int out)
{
	const char *argv[32] = {"softkey", "pty",    "--control",	 rig->control,
				"--log",   rig->log, "--die-with-parent"};
	size_t n = 7;

	for (size_t i = 0; options && options[i] && n < 31; i++)
		argv[n++] = options[i];
	(void)dup2(out, STDOUT_FILENO);
	(void)execv(softkey(), (char *const *)(uintptr_t)argv);
	_exit(127);
}

void rig_start(struct rig *rig, const char *const *options)
{
	int out[2];
	FILE *first;

	memset(rig, 0, sizeof(*rig));
	rig->channel = rig->device_fd = -1;
	rig->failures_before = failures;
	(void)snprintf(rig->folder, sizeof(rig->folder), "/tmp/webcred-device-XXXXXX");
	if (!mkdtemp(rig->folder) || pipe2(out, O_CLOEXEC) != 0)
		die("a folder");
	(void)snprintf(rig->control, sizeof(rig->control), "%s/control", rig->folder);
	(void)snprintf(rig->log, sizeof(rig->log), "%s/log", rig->folder);
	rig->key = fork();
	if (rig->key == 0)
		exec_softkey(rig, options, out[1]);
	(void)close(out[1]);
	first = fdopen(out[0], "r");
	if (!first || !fgets(rig->device, sizeof(rig->device), first)) {
		(void)rmdir(rig->folder);
		die("softkey gave no device");
	}
	rig->device[strcspn(rig->device, "\n")] = '\0';
	(void)fclose(first);
}

static void end_process(pid_t *pid, int signal)
{
	if (*pid > 0 && kill(*pid, signal) == 0)
		(void)harness_wait(*pid, PROMPT_MS);
	*pid = 0;
}

bool rig_ctl(const struct rig *rig, const char *command)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
		(void)execl(softkey(), "softkey", "ctl", rig->control, command, (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && status == 0;
}

bool rig_logged(const struct rig *rig, const char *word)
{
	char line[512];
	bool found = false;
	FILE *log = fopen(rig->log, "r");

	while (log && !found && fgets(line, sizeof(line), log))
		found = strstr(line, word) != NULL;
	if (log)
		(void)fclose(log);
	return found;
}

/* What the key saw, where the test has gone wrong since. */
static void tell_log(const struct rig *rig)
{
	char line[512];
	FILE *log = failures > rig->failures_before ? fopen(rig->log, "r") : NULL;

	while (log && fgets(line, sizeof(line), log))
		printf("#   %s", line);
	if (log)
		(void)fclose(log);
}

void rig_stop(struct rig *rig)
{
	rig_hang_up(rig);
	end_process(&rig->helper, SIGKILL);
	end_process(&rig->wire, SIGKILL);
	end_process(&rig->key, SIGTERM);
	if (rig->device_fd >= 0)
		(void)close(rig->device_fd);
	tell_log(rig);
	(void)unlink(rig->log);
	(void)unlink(rig->control);
	(void)rmdir(rig->folder);
}

static int open_pty(const struct rig *rig)
{
	int fd = open(rig->device, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		die(rig->device);
	return fd;
}

/* ---- a wire that spoils --------------------------------------------------- */

static void run_wire(int pty, int helper, harness_spoiler spoiler, unsigned seed)
{
	struct pollfd fds[2] = {{.fd = pty, .events = POLLIN}, {.fd = helper, .events = POLLIN}};
	unsigned number = 0;

	for (;;) {
		uint8_t report[128];
		ssize_t n;

		if (poll(fds, 2, -1) < 0)
			_exit(1);
		if (fds[1].revents) {
			n = read(helper, report, sizeof(report));
			if (n <= 0 || write(pty, report, (size_t)n) != n)
				_exit(0);
		} else if (fds[0].revents) {
			n = read(pty, report, 64);
			if (n <= 0)
				_exit(0);
			n = (ssize_t)spoiler(report, number++, seed);
			if (n > 0 && write(helper, report, (size_t)n) != n)
				_exit(0);
		}
	}
}

void rig_spoil(struct rig *rig, harness_spoiler spoiler, unsigned seed)
{
	int ends[2];

	if (rig->device_fd >= 0)
		(void)close(rig->device_fd);
	end_process(&rig->wire, SIGKILL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		die("socketpair");
	rig->wire = fork();
	if (rig->wire == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGPIPE, SIG_IGN);
		(void)close(ends[0]);
		run_wire(open_pty(rig), ends[1], spoiler, seed);
	}
	(void)close(ends[1]);
	rig->device_fd = ends[0];
}

/* ---- the helper ----------------------------------------------------------- */

static void exec_helper(int helper, int device, int channel, const char *probe, uid_t uid,
			bool groups)
{
	const char *const argv[] = {"webcred-device", probe ? "--probe" : NULL, probe, NULL};
	/* Not what it may see: it clears its environment itself. */
	const char *const envp[] = {"FIDO_DEBUG=1", "OPENSSL_CONF=/nonexistent", NULL};
	const gid_t group = 65534;
	int high_helper = fcntl(helper, F_DUPFD_CLOEXEC, 20);

	device = fcntl(device, F_DUPFD, 20);
	channel = fcntl(channel, F_DUPFD, 20); /* and stay open: the helper closes them */
	if (device >= 0)
		(void)dup2(device, 3);
	if (channel >= 0)
		(void)dup2(channel, 4);
	if (setgroups(groups ? 1 : 0, &group) != 0 || setresgid(group, group, group) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		_exit(126);
	(void)fexecve(high_helper, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)envp);
	_exit(127);
}

pid_t harness_start_helper(int device, int channel, const char *probe, uid_t uid, bool groups)
{
	int helper = harness_helper();
	pid_t pid = fork();

	if (pid == 0)
		exec_helper(helper, device, channel, probe, uid, groups);
	(void)close(helper);
	return pid;
}

int harness_wait(pid_t pid, int64_t ms)
{
	int status = -1;

	for (int64_t end = wire_clock() + ms; wire_clock() < end;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		(void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return -1;
}

void rig_begin(struct rig *rig, const struct type_ceremony *ceremony)
{
	static struct wire_out out;
	int ends[2], device = rig->device_fd >= 0 ? rig->device_fd : open_pty(rig);

	rig_hang_up(rig);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		die("socketpair");
	rig->channel = ends[0];
	rig->helper = harness_start_helper(device, ends[1], NULL, HARNESS_UID, false);
	(void)close(ends[1]);
	if (device != rig->device_fd)
		(void)close(device);
	if (CHECK(ceremony_put_begin(&out, ceremony)))
		CHECK(wire_send(rig->channel, out.bytes, out.len, wire_clock() + PROMPT_MS) == 0);
}

void rig_send(struct rig *rig, enum ceremony_message type)
{
	uint8_t byte = (uint8_t)type;

	(void)wire_send(rig->channel, &byte, 1, wire_clock() + PROMPT_MS);
}

void rig_send_pin(struct rig *rig, const char *pin)
{
	static struct wire_out out;

	wire_begin(&out, (enum wire_message)CEREMONY_PIN);
	wire_put_bytes(&out, pin, strlen(pin));
	(void)wire_send(rig->channel, out.bytes, out.len, wire_clock() + PROMPT_MS);
}

static bool note(const uint8_t *message, size_t len, struct seen *seen)
{
	switch ((enum ceremony_message)message[0]) {
	case CEREMONY_PRESENT:
		seen->present = true;
		return ceremony_get_present(message, len, &seen->at_start);
	case CEREMONY_TOUCH:
		if (len == 2 && message[1] == 1)
			seen->fingerprints++;
		else
			seen->touches++;
		return len == 2;
	case CEREMONY_PIN:
		seen->pins++;
		if (len != 3)
			return false;
		seen->pin_tries = message[1];
		seen->pin_again = message[2];
		return true;
	case CEREMONY_DONE:
		seen->done = true;
		return ceremony_get_done(message, len, &seen->result);
	case CEREMONY_BEGIN:
	case CEREMONY_GO:
	case CEREMONY_CANCEL:
		break;
	}
	return false;
}

uint8_t rig_next(struct rig *rig, int64_t ms, struct seen *seen)
{
	static uint8_t message[CEREMONY_MESSAGE_MAX];
	ssize_t n = wire_recv(rig->channel, message, sizeof(message), NULL, -1, wire_clock() + ms);

	if (n <= 0)
		return 0;
	CHECK(!seen->done); /* DONE is the last */
	CHECK(note(message, (size_t)n, seen));
	return message[0];
}

bool rig_until(struct rig *rig, enum ceremony_message type, int64_t ms, struct seen *seen)
{
	int64_t end = wire_clock() + ms;
	uint8_t got;

	do {
		got = rig_next(rig, end - wire_clock(), seen);
	} while (got != 0 && got != (uint8_t)type);
	return got == (uint8_t)type;
}

void rig_hang_up(struct rig *rig)
{
	if (rig->channel >= 0)
		(void)close(rig->channel);
	rig->channel = -1;
}

bool rig_ended_well(struct rig *rig, int64_t ms)
{
	int status = harness_wait(rig->helper, ms);

	rig->helper = 0;
	if (status != 0)
		printf("# the helper's status is %#x\n", (unsigned)status);
	return status == 0;
}

void rig_run(struct rig *rig, const struct type_ceremony *ceremony, const char *pin, int64_t ms,
	     struct seen *ret_seen)
{
	int64_t end = wire_clock() + ms, start = wire_clock();

	memset(ret_seen, 0, sizeof(*ret_seen));
	rig_begin(rig, ceremony);
	for (;;) {
		uint8_t got = rig_next(rig, end - wire_clock(), ret_seen);

		if (got == CEREMONY_PRESENT) {
			start = wire_clock();
			rig_send(rig, CEREMONY_GO);
		} else if (got == CEREMONY_PIN) {
			if (pin)
				rig_send_pin(rig, pin);
			else
				rig_send(rig, CEREMONY_CANCEL);
		} else if (got == CEREMONY_DONE || got == 0) {
			break;
		}
	}
	ret_seen->took_ms = wire_clock() - start;
	CHECK(ret_seen->done);
	CHECK(rig_ended_well(rig, PROMPT_MS));
	rig_hang_up(rig);
}
