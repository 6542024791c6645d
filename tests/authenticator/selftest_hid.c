/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "selftest.h"

static const char *const none[] = {NULL};

static bool hid_is_error(struct raw *raw, uint32_t channel, enum hid_error error)
{
	struct buf reply;

	return raw_reply(raw, channel, &reply, 1000) == HID_ERROR && reply.len == 1 &&
	       reply.data[0] == error;
}

static void hid_ping(struct raw *raw)
{
	static uint8_t data[MESSAGE_MAX];
	struct buf reply;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	raw_send(raw, raw->channel, HID_PING, data, sizeof(data));
	check(raw_reply(raw, raw->channel, &reply, 2000) == HID_PING && reply.len == sizeof(data) &&
		      memcmp(reply.data, data, sizeof(data)) == 0,
	      "hid-ping", "the longest message did not come back");
}

static void hid_errors(struct raw *raw)
{
	uint8_t request[] = {0x04};

	raw_send(raw, raw->channel, 0x55, request, 1);
	check(hid_is_error(raw, raw->channel, HID_ERR_INVALID_CMD), "hid-invalid-command",
	      "expected 0x01");
	raw_send(raw, 0x01020304, HID_CBOR, request, 1);
	check(hid_is_error(raw, 0x01020304, HID_ERR_INVALID_CHANNEL), "hid-invalid-channel",
	      "expected 0x0b");
	raw_send(raw, raw->channel, HID_CBOR, NULL, 0);
	check(hid_is_error(raw, raw->channel, HID_ERR_INVALID_LEN), "hid-invalid-length",
	      "expected 0x03");
}

/* The first frame of a long message, and nothing after it. */
static void hid_unfinished(struct raw *raw)
{
	uint8_t report[HID_REPORT_LEN + 1] = {0};

	report[1] = raw->channel >> 24;
	report[2] = raw->channel >> 16;
	report[3] = raw->channel >> 8;
	report[4] = raw->channel;
	report[5] = 0x80 | HID_PING;
	report[7] = 200;
	if (write(raw->fd, report, sizeof(report)) != sizeof(report))
		return;
	check(hid_is_error(raw, raw->channel, HID_ERR_MSG_TIMEOUT), "hid-message-timeout",
	      "expected 0x05");
	if (write(raw->fd, report, sizeof(report)) != sizeof(report))
		return;
	report[5] = 3;
	if (write(raw->fd, report, sizeof(report)) != sizeof(report))
		return;
	check(hid_is_error(raw, raw->channel, HID_ERR_INVALID_SEQ), "hid-invalid-sequence",
	      "expected 0x04");
}

/* One client's ceremony keeps the other out, and is not disturbed by it. */
static void hid_two_channels(struct fixture *f, struct raw *raw)
{
	struct raw other = {.fd = raw->fd};
	struct buf request, reply;

	fixture_ctl(f, "touch=wait");
	raw_encode_make(&request, KEYS_ES256, 1, false);
	raw_send(raw, raw->channel, HID_CBOR, request.data, request.len);
	fixture_ctl(f, "wait-touch=1000");
	check(raw_init(&other) && other.channel != raw->channel, "hid-second-channel",
	      "no channel while busy");
	raw_send(&other, other.channel, HID_CBOR, "\x04", 1);
	check(hid_is_error(&other, other.channel, HID_ERR_CHANNEL_BUSY), "hid-channel-busy",
	      "expected 0x06");
	raw_send(&other, other.channel, HID_CANCEL, NULL, 0);
	fixture_ctl(f, "touch");
	check(raw_reply(raw, raw->channel, &reply, 1000) == HID_CBOR && reply.data[0] == 0,
	      "hid-other-cancel", "a stranger's cancel ended the ceremony");
	raw_send(&other, other.channel, HID_CBOR, "\x04", 1);
	check(raw_reply(&other, other.channel, &reply, 1000) == HID_CBOR && reply.data[0] == 0,
	      "hid-channel-free", "the second channel is still locked out");
}

/* INIT on the channel itself takes back what runs there. */
static void hid_resync(struct fixture *f, struct raw *raw)
{
	struct buf request, reply;

	raw_encode_make(&request, KEYS_ES256, 1, false);
	raw_send(raw, raw->channel, HID_CBOR, request.data, request.len);
	fixture_ctl(f, "wait-touch=1000");
	raw_send(raw, raw->channel, HID_INIT, "12345678", 8);
	check(raw_reply(raw, raw->channel, &reply, 1000) == HID_INIT &&
		      fixture_logged(f, "aborted") == 1,
	      "hid-resync", "the ceremony was not aborted");
	fixture_ctl(f, "touch=auto");
}

/* What was meant for a dead client must not reach the next one. */
static void hid_stale(struct fixture *f)
{
	struct raw raw;
	struct buf request;
	bool ok = true;

	for (int i = 0; i < 20; i++) {
		raw_encode_make(&request, KEYS_ES256, 1, false);
		ok = ok && raw_open(&raw, f->device);
		raw_send(&raw, raw.channel, HID_CBOR, request.data, request.len);
		raw_close(&raw);
	}
	check(ok, "hid-stale-frames", "INIT was answered with old frames");
}

void selftest_hid(void)
{
	struct fixture f = {0};
	struct raw raw;

	fixture_start(&f, none);
	if (!check(raw_open(&raw, f.link), "hid-open", "no channel"))
		return;
	hid_ping(&raw);
	hid_errors(&raw);
	hid_unfinished(&raw);
	hid_two_channels(&f, &raw);
	hid_resync(&f, &raw);
	raw_send(&raw, raw.channel, HID_WINK, NULL, 0);
	raw_close(&raw);
	hid_stale(&f);
	check(fixture_logged(&f, "wink") == 1, "hid-wink", "not in the log");
	check(fixture_stop(&f), "stop-cleans-up", "status, link or socket");
	fixture_remove(&f);
}
