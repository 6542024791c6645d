/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * webcred-device between a security key that lies and a session that does: the
 * course of one ceremony through libfido2, report by report.
 *
 * The first byte is what CTAPHID_INIT says the key can do, with 0x80 that INIT
 * is not answered by itself.  Then items: a byte of enum item, a length of two
 * bytes and so many bytes.
 */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "device/course.h"
#include "tests/fuzz/fuzz.h"

enum item {
	ITEM_WORD,   /* of the session, on the channel */
	ITEM_REPLY,  /* of the key: a whole CTAPHID message to what was last asked */
	ITEM_REPORT, /* of the key: one report as it stands */
	ITEM_OURS,   /* of the key: one report, with our channel id */
	ITEM_ALIVE,  /* CTAPHID_KEEPALIVE */
	ITEM_LATE,   /* nothing happens for ten seconds */
	ITEM_GONE,   /* the key is unplugged */
	ITEM_STUCK,  /* the key takes no report for now; with a byte: ever again */
	ITEM_SICK,   /* the next report has another length, or cannot be read */
	ITEMS
};

#define REPORT 64
#define QUEUE 160
#define CID "\x01\x02\x03\x04"
#define CHANNEL 100
#define DEVICE 101
enum { HID_INIT = 0x86, HID_CANCEL = 0x91, HID_KEEPALIVE = 0xbb };

static struct {
	struct fuzz_pieces rest;
	uint8_t able, command;
	uint8_t queue[QUEUE][REPORT];
	size_t queued, read;
	int64_t now;
	bool gone, broken;
	int sick; /* of the next read */
	unsigned done;
} key;

/* What a key makes libcbor ask for fails here as it does under sandbox.c's RLIMIT_AS. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=192";
}

/* ---- time and the channel ------------------------------------------------------- */

int64_t wire_clock(void)
{
	return key.now += key.rest.left > 0 ? 1 : 1000;
}

int wire_send(int fd, const void *bytes, size_t len, int64_t deadline_ms)
{
	static struct ceremony_result result;

	(void)deadline_ms;
	fuzz_insist(fd == CHANNEL && len > 0 && key.done == 0);
	if (*(const uint8_t *)bytes != CEREMONY_DONE)
		return 0;
	key.done++;
	fuzz_insist(ceremony_get_done(bytes, len, &result));
	fuzz_insist(result.end != CEREMONY_OK || result.auth_data_len > 0);
	return 0;
}

static bool next_is(enum item item)
{
	return key.rest.left > 0 && *key.rest.at % ITEMS == item;
}

ssize_t wire_recv(int fd, void *buffer, size_t size, int *ret_fd, int cancel_fd,
		  int64_t deadline_ms)
{
	const uint8_t *piece;
	size_t len;

	(void)cancel_fd;
	(void)deadline_ms;
	fuzz_insist(fd == CHANNEL && !ret_fd);
	if (!next_is(ITEM_WORD))
		return -ENODATA;
	(void)fuzz_byte(&key.rest);
	piece = fuzz_piece(&key.rest, &len);
	if (len > size)
		return -EMSGSIZE;
	memcpy(buffer, piece, len);
	return len > 0 ? (ssize_t)len : -ENODATA;
}

/* ---- the key --------------------------------------------------------------------- */

static uint8_t *report(void)
{
	static uint8_t nowhere[REPORT];

	if (key.queued == QUEUE)
		return nowhere;
	memset(key.queue[key.queued], 0, REPORT);
	return key.queue[key.queued++];
}

/* CTAP 2.1, 11.2.4: a message, cut into reports. */
static void say(uint8_t command, const uint8_t *bytes, size_t len)
{
	uint8_t *to = report(), sequence = 0;
	size_t n = len < REPORT - 7 ? len : REPORT - 7;

	memcpy(to, CID, 4);
	to[4] = command;
	to[5] = (uint8_t)(len >> 8);
	to[6] = (uint8_t)len;
	memcpy(to + 7, bytes, n);
	for (size_t at = n; at < len; at += n) {
		n = len - at < REPORT - 5 ? len - at : REPORT - 5;
		to = report();
		memcpy(to, CID, 4);
		to[4] = sequence++;
		memcpy(to + 5, bytes + at, n);
	}
}

/* The answer to INIT stands on the broadcast channel, with its nonce. */
static void say_init(const uint8_t *nonce)
{
	uint8_t *to = report();

	memset(to, 0xff, 4);
	to[4] = HID_INIT;
	to[6] = 17;
	memcpy(to + 7, nonce, 8);
	memcpy(to + 15, CID, 4);
	to[19] = 2;
	to[23] = key.able & 0x0d;
}

static void play(void)
{
	uint8_t item = fuzz_byte(&key.rest) % ITEMS, *to;
	size_t len;
	const uint8_t *piece = fuzz_piece(&key.rest, &len);

	key.queued = key.read = 0;
	switch ((enum item)item) {
	case ITEM_REPLY:
		say(key.command, piece, len);
		break;
	case ITEM_REPORT:
	case ITEM_OURS:
		to = report();
		memcpy(to, piece, len < REPORT ? len : REPORT);
		if (item == ITEM_OURS)
			memcpy(to, CID, 4);
		break;
	case ITEM_ALIVE:
		say(HID_KEEPALIVE, piece, len < 1 ? 0 : 1);
		break;
	case ITEM_LATE:
		key.now += 10000;
		break;
	case ITEM_GONE:
		key.gone = true;
		break;
	case ITEM_SICK:
		(void)report();
		key.sick = len > 0 ? piece[0] % REPORT : -1;
		break;
	case ITEM_STUCK:
		key.broken = len > 0;
		break;
	case ITEM_WORD:
	case ITEMS:
		break;
	}
}

/* The descriptors of whoever runs us are his. */
int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	if (n != 2 || fds[1].fd != DEVICE)
		return __real_poll(fds, n, timeout);
	fds[0].revents = fds[1].revents = 0;
	if (key.gone) {
		fds[1].revents = POLLHUP;
		return 1;
	}
	if ((fds[1].events & POLLIN) && key.read == key.queued && key.rest.left > 0 &&
	    !next_is(ITEM_WORD))
		play();
	if ((fds[1].events & POLLIN) && key.read < key.queued)
		fds[1].revents = POLLIN;
	else if (fds[1].events & POLLOUT)
		fds[1].revents = POLLOUT;
	else if (fds[0].fd == CHANNEL && (next_is(ITEM_WORD) || key.rest.left == 0))
		fds[0].revents = POLLIN;
	else if (fds[1].events == 0 && key.rest.left > 0)
		play();
	else
		key.now += timeout > 0 ? timeout : 1;
	return (fds[0].revents != 0) + (fds[1].revents != 0);
}

ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	if (fd != DEVICE)
		return __real_read(fd, buffer, size);
	fuzz_insist(size == REPORT && key.read < key.queued);
	memcpy(buffer, key.queue[key.read++], REPORT);
	if (key.sick == 0)
		return REPORT;
	errno = EIO;
	return key.sick;
}

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	const uint8_t *frame = (const uint8_t *)bytes + 1;

	if (fd != DEVICE)
		return __real_write(fd, bytes, size);
	fuzz_insist(size == REPORT + 1);
	if (next_is(ITEM_STUCK)) {
		play();
		errno = key.broken ? EIO : EAGAIN;
		return -1;
	}
	if (!(frame[4] & 0x80))
		return (ssize_t)size;
	key.queued = key.read = 0;
	key.command = frame[4];
	if (key.command == HID_INIT && !(key.able & 0x80))
		say_init(frame + 7);
	else if (key.command == HID_CANCEL) {
		key.command = 0x90;
		say(0x90, (const uint8_t *)"\x2d", 1);
	}
	return (ssize_t)size;
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	return fd == DEVICE ? 0 : __real_close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	fido_init(FIDO_DISABLE_U2F_FALLBACK); /* as device/sandbox.c does */
	memset(&key, 0, sizeof(key));
	key.rest = (struct fuzz_pieces){data, size};
	key.able = fuzz_byte(&key.rest);
	key.now = 1000000;
	course_run(DEVICE, CHANNEL);
	fuzz_insist(key.done == 1);
	return 0;
}
