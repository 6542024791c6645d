/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * stranger_lie - in the authority's place.  It answers each of the next callers with a RESULT that
 * is right in everything but `granted`, whose values are given: the right one with a bit flipped,
 * say.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/gauntlet/stranger.h"

#include "lib/base/outcome.h"

static int lie_listen(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0600) != 0 || listen(fd, 8) != 0)
		return -1;
	return fd;
}

static bool lie_hears(int fd)
{
	static uint8_t message[WIRE_MESSAGE_MAX];
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	return poll(&ready, 1, 2000) == 1 && recv(fd, message, sizeof(message), 0) > 0;
}

/* `granted` may have no name: it is put where the encoder puts it, behind the type. */
static bool lie_tell(int fd, uint32_t granted)
{
	static struct wire_out out;
	struct wire_result result = {.granted = WEBCRED_GRANTED,
				     .status = WEBCRED_STATUS_SUCCESS,
				     .has_credential = true,
				     .login_len = WIRE_LOGIN_SIZE,
				     .login = {1}};

	result.credential = (struct wire_credential){
		.id = {1}, .type = WEBCRED_TYPE_PASSWORD, .kind = "password", .label = "password"};
	if (!wire_put_result(&out, &result))
		return false;
	for (int i = 0; i < 4; i++)
		out.bytes[1 + i] = (uint8_t)(granted >> (24 - 8 * i));
	return stranger_send(fd, out.bytes, out.len);
}

int stranger_lie(char **word, int n)
{
	int listener = lie_listen(WIRE_SOCKET_LOGIN), told = 0;

	if (listener < 0)
		return 2;
	puts("ready");
	for (int i = 0; i < n; i++) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && lie_hears(fd) && lie_hears(fd))
			told += lie_tell(fd, (uint32_t)strtoul(word[i], NULL, 16));
		if (fd >= 0)
			(void)lie_hears(fd); /* until it goes */
		close(fd);
	}
	printf("told %d\n", told);
	return 0;
}
