/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/fuzz/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "authority/question.h"

#define SLOW_MS 60000

static struct {
	struct fuzz_pieces rest;
	const void *first;
	size_t first_len;
	int first_fd, looked_at;
	bool deaf;
	talk_heard *heard;
	int64_t now;
} talk;

bool talk_granted;

void talk_begin(const uint8_t *data, size_t size, int looked_at, talk_heard *heard)
{
	memset(&talk, 0, sizeof(talk));
	talk.rest = (struct fuzz_pieces){data, size};
	talk.looked_at = looked_at;
	talk.heard = heard;
	talk.now = 1000000;
	talk_granted = false;
}

void talk_first(const void *message, size_t len, int fd)
{
	talk.first = message;
	talk.first_len = len;
	talk.first_fd = fd;
}

int talk_descriptor(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	fuzz_insist(fd >= 0);
	return fd;
}

/* Each look at the clock takes a millisecond; at the end of the input, a minute. */
int64_t wire_clock(void)
{
	return talk.now += talk.rest.left > 0 || talk.first ? 1 : SLOW_MS;
}

int wire_send(int fd, const void *bytes, size_t len, int64_t deadline_ms)
{
	return wire_send_fd(fd, bytes, len, -1, deadline_ms);
}

int wire_send_fd(int fd, const void *bytes, size_t len, int pass, int64_t deadline_ms)
{
	(void)pass;
	(void)deadline_ms;
	fuzz_insist(len > 0 && len <= WIRE_MESSAGE_MAX);
	if (talk.deaf)
		return -EPIPE;
	if (talk.heard)
		talk.heard(fd, bytes, len);
	return 0;
}

static ssize_t deliver(const void *message, size_t len, void *buffer, size_t size)
{
	const uint32_t granted = (uint32_t)VERDICT_GRANTED;
	struct wire_in in;

	if (len > size)
		return -EMSGSIZE;
	if (len > 0)
		memcpy(buffer, message, len);
	if (wire_open(&in, message, len) == ANSWER_JUDGED && wire_get_u32(&in) == granted)
		talk_granted = true;
	return len > 0 ? (ssize_t)len : -ENODATA;
}

/* Whether who only looks finds something from this peer. */
static bool looks_away(int fd, int64_t deadline_ms)
{
	return fd == talk.looked_at && deadline_ms <= talk.now && talk.rest.left > 0 &&
	       !(*talk.rest.at & TALK_LOOKED_FOR);
}

ssize_t wire_recv(int fd, void *buffer, size_t size, int *ret_fd, int cancel_fd,
		  int64_t deadline_ms)
{
	const uint8_t *message;
	uint8_t head;
	size_t len;

	(void)cancel_fd;
	if (ret_fd)
		*ret_fd = -1;
	if (talk.first) {
		message = talk.first;
		talk.first = NULL;
		if (ret_fd)
			*ret_fd = talk.first_fd;
		return deliver(message, talk.first_len, buffer, size);
	}
	if (looks_away(fd, deadline_ms))
		return -ETIMEDOUT;
	if (talk.rest.left == 0)
		return -ENODATA;
	head = fuzz_byte(&talk.rest);
	if (head & TALK_SLOW)
		talk.now += SLOW_MS;
	if (head & TALK_DEAF)
		talk.deaf = true;
	if (head & TALK_LATE)
		return -ETIMEDOUT;
	message = fuzz_piece(&talk.rest, &len);
	if (ret_fd && (head & TALK_DESCRIPTOR))
		*ret_fd = talk_descriptor();
	return deliver(message, len, buffer, size);
}
