/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include "hid.h"

#define INIT_DATA (HID_REPORT_LEN - 7)
#define CONT_DATA (HID_REPORT_LEN - 5)
/* How long the next frame of a message may take (11.2.5.2). */
#define FRAME_TIMEOUT 500

void hid_init(struct hid *hid, const struct hid_ops *ops, void *ctx, uint8_t capabilities)
{
	memset(hid, 0, sizeof(*hid));
	hid->ops = ops;
	hid->ctx = ctx;
	hid->capabilities = capabilities;
	hid->channel_first = hid->channel_next = 0x57430001;
	hid->deadline = -1;
}

static uint32_t hid_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void hid_put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static size_t hid_send_first(struct hid *hid, uint32_t channel, uint8_t cmd, const uint8_t *ptr,
			     size_t len)
{
	uint8_t report[HID_REPORT_LEN] = {0};
	size_t n = len < INIT_DATA ? len : INIT_DATA;

	hid_put32(report, channel);
	report[4] = 0x80 | cmd;
	report[5] = len >> 8;
	report[6] = len & 0xff;
	if (n > 0)
		memcpy(report + 7, ptr, n);
	hid->ops->send(hid->ctx, report);
	return n;
}

static void hid_send(struct hid *hid, uint32_t channel, uint8_t cmd, const uint8_t *ptr, size_t len)
{
	size_t done = hid_send_first(hid, channel, cmd, ptr, len);

	for (uint8_t seq = 0; done < len; seq++) {
		uint8_t report[HID_REPORT_LEN] = {0};
		size_t n = len - done < CONT_DATA ? len - done : CONT_DATA;

		hid_put32(report, channel);
		report[4] = seq;
		memcpy(report + 5, ptr + done, n);
		hid->ops->send(hid->ctx, report);
		done += n;
	}
}

static void hid_send_error(struct hid *hid, uint32_t channel, enum hid_error error)
{
	const uint8_t code = error;

	hid_send(hid, channel, HID_ERROR, &code, 1);
}

void hid_send_stray(struct hid *hid, uint32_t channel, uint8_t cmd)
{
	static const uint8_t junk[INIT_DATA] = {0xa5, 0x5a};

	hid_send(hid, channel, cmd, junk, sizeof(junk));
}

void hid_drop(struct hid *hid)
{
	hid->state = HID_IDLE;
	hid->deadline = -1;
	hid->message.len = 0;
	hid->message.overflow = false;
}

void hid_reply(struct hid *hid, const uint8_t *ptr, size_t len)
{
	if (hid->state != HID_RUNNING)
		return;
	hid_send(hid, hid->channel, hid->cmd, ptr, len);
	hid_drop(hid);
}

void hid_reply_cut(struct hid *hid, const uint8_t *ptr, size_t len)
{
	if (hid->state == HID_RUNNING)
		hid_send_first(hid, hid->channel, hid->cmd, ptr, len);
}

void hid_fail(struct hid *hid, enum hid_error error)
{
	uint32_t channel = hid->channel;

	hid_drop(hid);
	hid_send_error(hid, channel, error);
}

void hid_keepalive(struct hid *hid, uint8_t status)
{
	if (hid->state == HID_RUNNING)
		hid_send(hid, hid->channel, HID_KEEPALIVE, &status, 1);
}

/* 11.2.9.1.3: nonce, channel, protocol version, device version, flags. */
static void hid_answer_init(struct hid *hid, uint32_t channel, const uint8_t *nonce)
{
	uint8_t reply[17];
	bool broadcast = channel == HID_BROADCAST;

	hid->ops->init(hid->ctx, broadcast);
	memcpy(reply, nonce, 8);
	hid_put32(reply + 8, broadcast ? hid->channel_next++ : channel);
	reply[12] = 2;
	reply[13] = 1;
	reply[14] = 0;
	reply[15] = 0;
	reply[16] = hid->capabilities;
	hid_send(hid, channel, HID_INIT, reply, sizeof(reply));
}

static void hid_abandon(struct hid *hid)
{
	enum hid_state was = hid->state;

	hid_drop(hid);
	if (was == HID_RUNNING)
		hid->ops->abort(hid->ctx);
}

/* INIT on the channel of the transaction resynchronises it (11.2.5.3). */
static void hid_receive_init(struct hid *hid, uint32_t channel, size_t len, const uint8_t *data)
{
	if (len != 8) {
		hid_send_error(hid, channel, HID_ERR_INVALID_LEN);
		return;
	}
	if (hid->state != HID_IDLE && hid->channel == channel)
		hid_abandon(hid);
	hid_answer_init(hid, channel, data);
}

/* CANCEL has no reply of its own, and changes nothing where nothing runs. */
static void hid_receive_cancel(struct hid *hid, uint32_t channel)
{
	hid->ops->cancel(hid->ctx, hid->state == HID_RUNNING && hid->channel == channel);
}

static void hid_dispatch(struct hid *hid)
{
	struct buf *m = &hid->message;
	bool cbor = hid->capabilities & HID_CAP_CBOR;
	bool msg = !(hid->capabilities & HID_CAP_NMSG);

	hid->state = HID_RUNNING;
	hid->deadline = -1;
	if (hid->cmd == HID_PING) {
		hid_reply(hid, m->data, m->len);
	} else if (hid->cmd == HID_WINK) {
		hid->ops->wink(hid->ctx);
		hid_reply(hid, NULL, 0);
	} else if ((hid->cmd == HID_CBOR && cbor) || (hid->cmd == HID_MSG && msg)) {
		if (m->len == 0)
			hid_fail(hid, HID_ERR_INVALID_LEN);
		else
			hid->ops->request(hid->ctx, hid->cmd, m->data, m->len);
	} else {
		hid_fail(hid, HID_ERR_INVALID_CMD);
	}
}

static void hid_take(struct hid *hid, const uint8_t *ptr, size_t len, int64_t now)
{
	size_t missing = hid->want - hid->message.len;

	encode_raw(&hid->message, ptr, len < missing ? len : missing);
	if (hid->message.len == hid->want)
		hid_dispatch(hid);
	else
		hid->deadline = now + FRAME_TIMEOUT;
}

static void hid_receive_first(struct hid *hid, uint32_t channel, const uint8_t *report, int64_t now)
{
	uint8_t cmd = report[4] & 0x7f;
	size_t len = (size_t)report[5] << 8 | report[6];

	if (channel == 0 || (channel == HID_BROADCAST && cmd != HID_INIT) ||
	    (channel != HID_BROADCAST &&
	     (channel < hid->channel_first || channel >= hid->channel_next))) {
		hid_send_error(hid, channel, HID_ERR_INVALID_CHANNEL);
	} else if (cmd == HID_INIT) {
		hid_receive_init(hid, channel, len, report + 7);
	} else if (cmd == HID_CANCEL) {
		hid_receive_cancel(hid, channel);
	} else if (hid->state == HID_ASSEMBLING && hid->channel == channel) {
		hid_fail(hid, HID_ERR_INVALID_SEQ);
	} else if (hid->state != HID_IDLE) {
		hid_send_error(hid, channel, HID_ERR_CHANNEL_BUSY);
	} else if (len > MESSAGE_MAX) {
		hid_send_error(hid, channel, HID_ERR_INVALID_LEN);
	} else {
		hid->state = HID_ASSEMBLING;
		hid->channel = channel;
		hid->cmd = cmd;
		hid->seq = 0;
		hid->want = len;
		hid_take(hid, report + 7, INIT_DATA, now);
	}
}

/* Frames that continue nothing are ignored (11.2.5.4). */
static void hid_receive_next(struct hid *hid, uint32_t channel, const uint8_t *report, int64_t now)
{
	if (hid->state != HID_ASSEMBLING || hid->channel != channel)
		return;
	if (report[4] != hid->seq++)
		hid_fail(hid, HID_ERR_INVALID_SEQ);
	else
		hid_take(hid, report + 5, CONT_DATA, now);
}

void hid_receive(struct hid *hid, const uint8_t report[HID_REPORT_LEN], int64_t now)
{
	uint32_t channel = hid_get32(report);

	if (report[4] & 0x80)
		hid_receive_first(hid, channel, report, now);
	else
		hid_receive_next(hid, channel, report, now);
}

void hid_tick(struct hid *hid, int64_t now)
{
	if (hid->state == HID_ASSEMBLING && now >= hid->deadline)
		hid_fail(hid, HID_ERR_MSG_TIMEOUT);
}
