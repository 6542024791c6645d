/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "selftest.h"

static void raw_put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static uint32_t raw_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void raw_send(struct raw *raw, uint32_t channel, uint8_t cmd, const void *ptr, size_t len)
{
	uint8_t report[HID_REPORT_LEN + 1];
	const uint8_t *p = ptr;
	size_t done = 0;

	for (int seq = -1; seq == -1 || done < len; seq++) {
		size_t head = seq == -1 ? 8 : 6;
		size_t n = sizeof(report) - head;

		memset(report, 0, sizeof(report));
		raw_put32(report + 1, channel);
		report[5] = seq == -1 ? (0x80 | cmd) : (uint8_t)seq;
		if (seq == -1) {
			report[6] = len >> 8;
			report[7] = len & 0xff;
		}
		if (n > len - done)
			n = len - done;
		if (n > 0)
			memcpy(report + head, p + done, n);
		done += n;
		if (write(raw->fd, report, sizeof(report)) != sizeof(report))
			return;
	}
}

bool raw_frame(struct raw *raw, uint8_t ret_frame[HID_REPORT_LEN], int ms)
{
	struct pollfd pfd = {.fd = raw->fd, .events = POLLIN};

	return poll(&pfd, 1, ms) == 1 && read(raw->fd, ret_frame, HID_REPORT_LEN) == HID_REPORT_LEN;
}

/* The first frame of an answer on the channel. */
static bool raw_first(struct raw *raw, uint32_t channel, uint8_t *frame, int64_t until)
{
	while (clock_ms() < until) {
		if (!raw_frame(raw, frame, (int)(until - clock_ms())))
			return false;
		if (raw_get32(frame) == channel && (frame[4] & 0x80) &&
		    frame[4] != (0x80 | HID_KEEPALIVE))
			return true;
	}
	return false;
}

int raw_reply(struct raw *raw, uint32_t channel, struct buf *ret_reply, int ms)
{
	uint8_t frame[HID_REPORT_LEN];
	size_t want;
	int cmd;

	ret_reply->len = 0;
	if (!raw_first(raw, channel, frame, clock_ms() + ms))
		return -1;
	cmd = frame[4] & 0x7f;
	want = (size_t)frame[5] << 8 | frame[6];
	encode_raw(ret_reply, frame + 7, want < 57 ? want : 57);
	for (uint8_t seq = 0; ret_reply->len < want; seq++) {
		size_t missing = want - ret_reply->len;

		if (!raw_frame(raw, frame, ms) || frame[4] != seq)
			return -1;
		encode_raw(ret_reply, frame + 5, missing < 59 ? missing : 59);
	}
	return cmd;
}

bool raw_init(struct raw *raw)
{
	static const uint8_t nonce[8] = "softkey";
	struct buf reply;

	raw_send(raw, HID_BROADCAST, HID_INIT, nonce, sizeof(nonce));
	if (raw_reply(raw, HID_BROADCAST, &reply, 1000) != HID_INIT || reply.len != 17 ||
	    memcmp(reply.data, nonce, sizeof(nonce)) != 0)
		return false;
	raw->channel = raw_get32(reply.data + 8);
	return true;
}

bool raw_open(struct raw *raw, const char *device)
{
	raw->fd = open(device, O_RDWR | O_CLOEXEC);
	return raw->fd != -1 && raw_init(raw);
}

void raw_close(struct raw *raw)
{
	close(raw->fd);
}

int raw_cbor(struct raw *raw, const struct buf *request, struct buf *ret_reply)
{
	raw_send(raw, raw->channel, HID_CBOR, request->data, request->len);
	if (raw_reply(raw, raw->channel, ret_reply, 2000) != HID_CBOR || ret_reply->len == 0)
		return -1;
	return ret_reply->data[0];
}

void raw_encode_make(struct buf *out, int algorithm, uint8_t user, bool rk)
{
	static const uint8_t hash[32] = {0x11};

	memset(out, 0, sizeof(*out));
	encode_raw(out, "\x01", 1);
	encode_map(out, 4 + rk);
	encode_int(out, 1);
	encode_bytes(out, hash, sizeof(hash));
	encode_int(out, 2);
	encode_map(out, 1);
	encode_text(out, "id");
	encode_text(out, "example.org");
	encode_int(out, 3);
	encode_map(out, 1);
	encode_text(out, "id");
	encode_bytes(out, &user, 1);
	encode_int(out, 4);
	encode_array(out, 1);
	encode_map(out, 2);
	encode_text(out, "alg");
	encode_int(out, algorithm);
	encode_text(out, "type");
	encode_text(out, "public-key");
	if (rk) {
		encode_int(out, 7);
		encode_map(out, 1);
		encode_text(out, "rk");
		encode_bool(out, true);
	}
}

void raw_encode_get(struct buf *out, const uint8_t *id, size_t id_len, bool up)
{
	static const uint8_t hash[32] = {0x22};

	memset(out, 0, sizeof(*out));
	encode_raw(out, "\x02", 1);
	encode_map(out, 2 + (id != NULL) + !up);
	encode_int(out, 1);
	encode_text(out, "example.org");
	encode_int(out, 2);
	encode_bytes(out, hash, sizeof(hash));
	if (id != NULL) {
		encode_int(out, 3);
		encode_array(out, 1);
		encode_map(out, 2);
		encode_text(out, "id");
		encode_bytes(out, id, id_len);
		encode_text(out, "type");
		encode_text(out, "public-key");
	}
	if (!up) {
		encode_int(out, 5);
		encode_map(out, 1);
		encode_text(out, "up");
		encode_bool(out, false);
	}
}
