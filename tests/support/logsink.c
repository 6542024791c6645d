/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * logsink SOCKET FILE - a syslog for a sandbox: each datagram becomes a line of
 * FILE, so that tests can hold the log against what happened.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* A datagram is one line, whatever it holds: an escape that got this far shows. */
static void write_line(int file, char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			line[i] = '~';
	line[len] = '\n';
	if (write(file, line, len + 1) < 0)
		perror("logsink: write");
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	static char line[65536];

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: logsink SOCKET FILE\n");
		return 2;
	}
	strcpy(address.sun_path, argv[1]);
	int file = open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (file < 0 || fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(argv[1], 0666) != 0) {
		perror("logsink");
		return 1;
	}
	for (;;) {
		ssize_t len = recv(fd, line, sizeof(line) - 1, 0);
		if (len > 0)
			write_line(file, line, (size_t)len);
	}
}
