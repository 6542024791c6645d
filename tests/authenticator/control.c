/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control.h"

static int control_address(const char *path, struct sockaddr_un *ret_address)
{
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(ret_address->sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(ret_address->sun_path, path);
	return 0;
}

/* A connected socket, or -1 with errno. */
static int control_connect(const char *path)
{
	struct sockaddr_un address;
	int fd, saved;

	if (control_address(path, &address) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* A socket that nobody serves is a leftover. */
static int control_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = control_connect(path);

	if (fd != -1) {
		close(fd);
		errno = EADDRINUSE;
		return -1;
	}
	if (errno == ECONNREFUSED)
		unlink(path);
	if (control_address(path, &address) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, CONTROL_CLIENTS) == 0)
		return fd;
	close(fd);
	return -1;
}

int control_open(struct control *control, struct key *key, const char *path)
{
	memset(control, 0, sizeof(*control));
	control->fd = -1;
	control->key = key;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i].fd = -1;
	if (path == NULL)
		return 0;
	control->fd = control_listen(path);
	if (control->fd == -1) {
		fprintf(stderr, "softkey: %s: %s\n", path, strerror(errno));
		return -1;
	}
	control->path = strdup(path);
	return 0;
}

static void control_drop(struct control_client *client)
{
	close(client->fd);
	client->fd = -1;
}

void control_close(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->clients[i].fd != -1)
			control_drop(&control->clients[i]);
	}
	if (control->fd == -1)
		return;
	unlink(control->path);
	close(control->fd);
	free(control->path);
	control->fd = -1;
}

/* Answers are short; a client that does not read them is let go. */
static void control_answer(struct control_client *client, const char *head, const char *text)
{
	char line[600];
	int n = snprintf(line, sizeof(line), "%s%s%s\n", head, *text == '\0' ? "" : " ", text);

	client->touch_until = -1;
	if (send(client->fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		control_drop(client);
}

static void control_run(struct control *control, struct control_client *client, const char *command)
{
	static const char wait[] = "wait-touch=";
	char text[512];

	if (strncmp(command, wait, sizeof(wait) - 1) == 0) {
		client->touch_until = control->key->now + atoi(command + sizeof(wait) - 1);
		return;
	}
	if (settings_apply(control->key, command, text, sizeof(text)) == 0)
		control_answer(client, "ok", text);
	else
		control_answer(client, "error", text);
}

/* One command at a time: the next line waits for the answer of the last. */
static void control_run_lines(struct control *control, struct control_client *client)
{
	while (client->fd != -1 && client->touch_until == -1) {
		char command[sizeof(client->line)];
		char *end = memchr(client->line, '\n', client->len);
		size_t n;

		if (end == NULL)
			return;
		n = (size_t)(end - client->line);
		memcpy(command, client->line, n);
		command[n] = '\0';
		client->len -= n + 1;
		memmove(client->line, end + 1, client->len);
		control_run(control, client, command);
	}
}

static void control_read(struct control *control, struct control_client *client)
{
	size_t room = sizeof(client->line) - client->len;
	ssize_t n = room == 0 ? 0 : recv(client->fd, client->line + client->len, room, 0);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		control_drop(client);
		return;
	}
	client->len += (size_t)n;
	control_run_lines(control, client);
}

static void control_accept(struct control *control)
{
	int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd == -1)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd != -1)
			continue;
		client->fd = fd;
		client->len = 0;
		client->touch_until = -1;
		return;
	}
	close(fd);
}

void control_poll(const struct control *control, struct pollfd fds[CONTROL_POLLFDS])
{
	fds[0] = (struct pollfd){.fd = control->fd, .events = POLLIN};
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		fds[1 + i] = (struct pollfd){.fd = control->clients[i].fd, .events = POLLIN};
}

void control_handle(struct control *control, const struct pollfd fds[CONTROL_POLLFDS])
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->clients[i].fd != -1 && fds[1 + i].revents != 0)
			control_read(control, &control->clients[i]);
	}
	if (fds[0].revents != 0)
		control_accept(control);
}

void control_tick(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct control_client *client = &control->clients[i];

		if (client->fd == -1 || client->touch_until == -1)
			continue;
		if (key_awaits_touch(control->key))
			control_answer(client, "ok", "");
		else if (control->key->now >= client->touch_until)
			control_answer(client, "error", "nothing waits");
		control_run_lines(control, client);
	}
}

int64_t control_deadline(const struct control *control)
{
	int64_t at = -1;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		const struct control_client *client = &control->clients[i];

		if (client->fd != -1 && client->touch_until != -1 &&
		    (at == -1 || client->touch_until < at))
			at = client->touch_until;
	}
	return at;
}

void control_help(FILE *f)
{
	fprintf(f, "  wait-touch=MS\n        (control socket only) answer as "
		   "soon as a ceremony waits for a touch\n");
}

static int control_connect_wait(const char *path, int wait_ms)
{
	int fd = control_connect(path);

	while (fd == -1 && wait_ms > 0) {
		usleep(5000);
		wait_ms -= 5;
		fd = control_connect(path);
	}
	return fd;
}

/* 0 where the answer was ok. */
static int control_ask(FILE *f, const char *command)
{
	char line[600];

	fseek(f, 0, SEEK_CUR);
	if (fprintf(f, "%s\n", command) < 0 || fflush(f) != 0 ||
	    fgets(line, sizeof(line), f) == NULL) {
		fprintf(stderr, "softkey: no answer\n");
		return -1;
	}
	fputs(line, stdout);
	return strncmp(line, "ok", 2) == 0 ? 0 : -1;
}

int control_send(const char *path, int wait_ms, char *const commands[])
{
	int fd = control_connect_wait(path, wait_ms), r = 0;
	FILE *f;

	if (fd == -1 || (f = fdopen(fd, "r+")) == NULL) {
		fprintf(stderr, "softkey: %s: %s\n", path, strerror(errno));
		return 1;
	}
	for (size_t i = 0; r == 0 && commands[i] != NULL; i++)
		r = control_ask(f, commands[i]);
	fclose(f);
	return r == 0 ? 0 : 1;
}
