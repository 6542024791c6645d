/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * CTAPHID (CTAP 2.1, section 11.2; U2F HID): channels and framing, as a state
 * machine that does no I/O and asks no clock. It holds one transaction at a
 * time, as a key does; other channels are told that it is busy.
 */
#ifndef SOFTKEY_HID_H
#define SOFTKEY_HID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "encode.h"

#define HID_REPORT_LEN 64
#define HID_BROADCAST 0xffffffffu

enum hid_command {
	HID_PING = 0x01,
	HID_MSG = 0x03,
	HID_LOCK = 0x04,
	HID_INIT = 0x06,
	HID_WINK = 0x08,
	HID_CBOR = 0x10,
	HID_CANCEL = 0x11,
	HID_KEEPALIVE = 0x3b,
	HID_ERROR = 0x3f,
};

enum hid_error {
	HID_ERR_INVALID_CMD = 0x01,
	HID_ERR_INVALID_PAR = 0x02,
	HID_ERR_INVALID_LEN = 0x03,
	HID_ERR_INVALID_SEQ = 0x04,
	HID_ERR_MSG_TIMEOUT = 0x05,
	HID_ERR_CHANNEL_BUSY = 0x06,
	HID_ERR_INVALID_CHANNEL = 0x0b,
	HID_ERR_OTHER = 0x7f,
};

/* Capability bits of the INIT reply. */
enum hid_capability {
	HID_CAP_WINK = 0x01,
	HID_CAP_CBOR = 0x04,
	HID_CAP_NMSG = 0x08,
};

struct hid_ops {
	/* A report for the host. */
	void (*send)(void *, const uint8_t report[HID_REPORT_LEN]);
	/* INIT came: on the broadcast channel, or on one that is open. */
	void (*init)(void *, bool broadcast);
	/* A whole message, for which hid_reply or hid_fail is owed. */
	void (*request)(void *, uint8_t cmd, const uint8_t *, size_t);
	/* CANCEL came; for the request under way, or for nothing. */
	void (*cancel)(void *, bool running);
	/* The request under way has lost its client; no answer is owed. */
	void (*abort)(void *);
	/* WINK, for the log. */
	void (*wink)(void *);
};

enum hid_state {
	HID_IDLE,
	HID_ASSEMBLING,
	HID_RUNNING,
};

struct hid {
	const struct hid_ops *ops;
	void *ctx;
	uint8_t capabilities;
	uint32_t channel_first, channel_next;
	enum hid_state state;
	uint32_t channel; /* of the transaction */
	uint8_t cmd;
	uint8_t seq;
	size_t want;
	int64_t deadline; /* for the next frame, ms; -1 for none */
	struct buf message;
};

void hid_init(struct hid *, const struct hid_ops *, void *ctx, uint8_t capabilities);
void hid_receive(struct hid *, const uint8_t report[HID_REPORT_LEN], int64_t now);
void hid_tick(struct hid *, int64_t now);

/* End the transaction with a reply or with an error of this layer. */
void hid_reply(struct hid *, const uint8_t *, size_t);
void hid_fail(struct hid *, enum hid_error);
/* Send only the first frame of a reply; the transaction stays open. */
void hid_reply_cut(struct hid *, const uint8_t *, size_t);
/* Drop the transaction without a word. */
void hid_drop(struct hid *);
void hid_keepalive(struct hid *, uint8_t status);
/* A frame with a well-formed head on any channel, for floods. */
void hid_send_stray(struct hid *, uint32_t channel, uint8_t cmd);

#endif
