/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * watch - tells a person whose terminal shows nothing that a security key waits
 * for a touch: a line for each, or a command that shows it (notify-send).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/tool.h"

#define WATCH_FOLDER "/run/webcred/touch"

static void watch_run(char **command, char *text)
{
	char *argv[32];
	size_t n = 0;
	pid_t pid;

	while (command[n] && n < sizeof(argv) / sizeof(argv[0]) - 2) {
		argv[n] = command[n];
		n++;
	}
	argv[n++] = text;
	argv[n] = NULL;
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The service's name is foreign text: what is no letter of one is left out. */
static void watch_tell(const char *path, char **command)
{
	char service[65] = "", text[160];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, service, sizeof(service) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return; /* over already */
	service[n] = '\0';
	service[strcspn(service, "\n")] = '\0';
	snprintf(text, sizeof(text), "%s waits for a touch of your security key.", service);
	if (command[0]) {
		watch_run(command, text);
	} else {
		puts(text);
		(void)fflush(stdout);
	}
}

static int watch_loop(int inotify, const char *name, const char *path, char **command)
{
	_Alignas(struct inotify_event) char buffer[4096];
	ssize_t n;

	while ((n = read(inotify, buffer, sizeof(buffer))) > 0) {
		for (const char *at = buffer; at < buffer + n;) {
			const struct inotify_event *event = (const void *)at;

			if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
				return TOOL_FAULT;
			if (event->len > 0 && strcmp(event->name, name) == 0)
				watch_tell(path, command);
			at += sizeof(*event) + event->len;
		}
	}
	return n < 0 && errno == EINTR ? TOOL_DONE : TOOL_FAULT;
}

static int watch_verb(struct tool *tool, char **arguments, size_t n)
{
	char name[16], path[PATH_MAX];
	int inotify = inotify_init1(IN_CLOEXEC), r;

	(void)n;
	snprintf(name, sizeof(name), "%u", (unsigned)tool->uid);
	snprintf(path, sizeof(path), "%s/%s", WATCH_FOLDER, name);
	if (inotify < 0 ||
	    inotify_add_watch(inotify, WATCH_FOLDER,
			      IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR) < 0) {
		fprintf(stderr, "webcred: cannot watch %s: %s\n", WATCH_FOLDER, strerror(errno));
		r = TOOL_FAULT;
	} else {
		watch_tell(path, arguments); /* one that is awaited already */
		r = watch_loop(inotify, name, path, arguments);
	}
	if (inotify >= 0)
		close(inotify);
	return r;
}

const struct verb verb_watch = {
	.name = "watch",
	.arguments = "[COMMAND [ARGUMENT ...]]",
	.summary = "tell when a security key waits for your touch",
	.n_max = 30,
	.run = watch_verb,
};
