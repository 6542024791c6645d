/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/course.h"

#include <string.h>
#include <unistd.h>

#define BEGIN_WAIT_MS 10000
#define SEND_WAIT_MS 2000
/* What needs nobody: a key that takes longer than this holds up a login. */
#define PREFLIGHT_MS 3000
#define TIMEOUT_MIN_MS 100u
#define TIMEOUT_MAX_MS 600000u
#define TIMEOUT_DEFAULT_MS 30000u

static void send_out(struct course *course, struct wire_out *out)
{
	if (!out->overflow)
		(void)wire_send(course->io.channel, out->bytes, out->len,
				wire_clock() + SEND_WAIT_MS);
}

void course_say(struct course *course, enum ceremony_message type, const uint8_t *bytes, size_t n)
{
	struct wire_out out;

	wire_begin(&out, (enum wire_message)type);
	for (size_t i = 0; i < n; i++)
		wire_put_u8(&out, bytes[i]);
	send_out(course, &out);
}

enum ceremony_end course_hear(struct course *course, uint8_t *buffer, size_t size, int64_t deadline,
			      size_t *ret_len)
{
	ssize_t n;

	switch (io_wait(&course->io, 0, deadline)) {
	case IO_CHANNEL_READY:
		break;
	case IO_DEVICE_GONE:
		return end_with(course, CEREMONY_UNPLUGGED, "unplugged");
	case IO_EXPIRED:
	case IO_DEVICE_READY:
		return end_with(course, CEREMONY_NO_TOUCH, "nobody answered in time");
	}
	n = wire_recv(course->io.channel, buffer, size, NULL, -1, wire_clock() + SEND_WAIT_MS);
	if (n <= 0 || buffer[0] == CEREMONY_CANCEL)
		return end_with(course, CEREMONY_CANCELLED, "cancelled");
	*ret_len = (size_t)n;
	return CEREMONY_OK;
}

static enum ceremony_end hear_begin(struct course *course)
{
	static uint8_t message[CEREMONY_MESSAGE_MAX];
	struct type_ceremony *ask = &course->ask;
	size_t len = 0;
	enum ceremony_end end =
		course_hear(course, message, sizeof(message), wire_clock() + BEGIN_WAIT_MS, &len);

	if (end != CEREMONY_OK)
		return end;
	if (!ceremony_get_begin(message, len, ask, course->entry))
		return end_with(course, CEREMONY_CANCELLED, "not a ceremony");
	ask->entry = course->entry;
	if (ask->timeout_ms == 0)
		ask->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (ask->timeout_ms < TIMEOUT_MIN_MS)
		ask->timeout_ms = TIMEOUT_MIN_MS;
	if (ask->timeout_ms > TIMEOUT_MAX_MS)
		ask->timeout_ms = TIMEOUT_MAX_MS;
	return CEREMONY_OK;
}

static enum ceremony_end look(struct course *course)
{
	uint32_t bound =
		course->ask.timeout_ms < PREFLIGHT_MS ? course->ask.timeout_ms : PREFLIGHT_MS;
	enum ceremony_end end = key_open(course, wire_clock() + bound);

	if (end == CEREMONY_OK)
		end = preflight_run(course);
	/* Nobody was asked to touch it yet: late is slow. */
	if (end == CEREMONY_NO_TOUCH)
		end = end_with(course, CEREMONY_BROKEN, "it takes too long to answer");
	return end;
}

static void say_present(struct course *course)
{
	const struct ceremony_present present = {
		.found = course->found.any,
		.has_pin = course->key.has_pin,
		.can_verify = course->key.has_uv,
		.entry = course->found.entry,
		.tries_left = course->key.tries_left,
	};
	struct wire_out out;

	if (ceremony_put_present(&out, &present))
		send_out(course, &out);
}

static enum ceremony_end hear_go(struct course *course)
{
	uint8_t message[8];
	size_t len = 0;
	enum ceremony_end end = course_hear(course, message, sizeof(message),
					    wire_clock() + course->ask.timeout_ms, &len);

	if (end == CEREMONY_OK && (len != 1 || message[0] != CEREMONY_GO))
		end = end_with(course, CEREMONY_CANCELLED, "out of turn");
	return end;
}

static enum ceremony_end run(struct course *course)
{
	enum ceremony_end end = hear_begin(course);

	if (end == CEREMONY_OK)
		end = look(course);
	if (end != CEREMONY_OK)
		return end;
	say_present(course);
	if (course->ask.kind == CEREMONY_GET && !course->found.any)
		return end_with(course, CEREMONY_NOT_HERE, "none of the credentials is on it");
	end = hear_go(course);
	if (end != CEREMONY_OK)
		return end;
	switch (course->ask.kind) {
	case CEREMONY_GET:
		return get_run(course);
	case CEREMONY_CREATE:
		return create_run(course);
	}
	return end_with(course, CEREMONY_CANCELLED, "not a ceremony");
}

static void say_done(struct course *course, enum ceremony_end end)
{
	struct wire_out out;

	course->result.end = end;
	course->result.tries_left = course->key.tries_left;
	course->result.uv_initialized = course->key.has_pin || course->key.has_uv;
	if (!ceremony_put_done(&out, &course->result)) {
		memset(&course->result, 0, sizeof(course->result));
		course->result.end = end_with(course, CEREMONY_BROKEN, "its answer is too large");
		(void)ceremony_put_done(&out, &course->result);
	}
	send_out(course, &out);
}

void course_run(int device, int channel)
{
	static struct course course; /* some 40 KiB */
	enum ceremony_end end;

	memset(&course, 0, sizeof(course));
	io_init(&course.io, device, channel);
	course.key.tries_left = COURSE_TRIES_UNKNOWN;
	end = run(&course);
	/* The lock goes with it: who asks next may be quicker than our exit. */
	(void)close(device);
	course.io.device = -1;
	say_done(&course, end);
	fido_assert_free(&course.assertion);
	fido_cred_free(&course.credential);
	key_close(&course.key);
}
