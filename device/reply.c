/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "device/reply.h"

#include <string.h>

#include "lib/core/types/public_key_parse.h"

/* CTAP 2.1, 11.2.4: channel id, command, length (big-endian), data; then channel
 * id, sequence number, data. */
#define AT_COMMAND 4
#define AT_LENGTH 5
#define AT_DATA 7
#define AT_MORE 5
#define CTAPHID_CBOR 0x90u
#define IS_COMMAND 0x80u

static void reply_add(struct reply *reply, const uint8_t *data, size_t len)
{
	size_t left = reply->expected - reply->len;

	if (len > left)
		len = left;
	memcpy(reply->bytes + reply->len, data, len);
	reply->len += len;
}

/* Behind the status; what is no CBOR at all is libfido2's to refuse. */
static bool reply_has_tail(const struct reply *reply)
{
	struct cbor_walk walk;

	if (reply->expected < 2 || reply->bytes[0] != 0)
		return false;
	cbor_open(&walk, reply->bytes + 1, reply->expected - 1);
	return cbor_skip(&walk) && walk.left > 0;
}

void reply_note(struct reply *reply, const uint8_t report[REPLY_REPORT_LEN])
{
	size_t len = (size_t)report[AT_LENGTH] << 8 | report[AT_LENGTH + 1];

	if (report[AT_COMMAND] == CTAPHID_CBOR && len <= REPLY_MAX) {
		reply->expected = len;
		reply->len = 0;
		reply_add(reply, report + AT_DATA, REPLY_REPORT_LEN - AT_DATA);
	} else if ((report[AT_COMMAND] & IS_COMMAND) == 0 && reply->expected > 0) {
		reply_add(reply, report + AT_MORE, REPLY_REPORT_LEN - AT_MORE);
	} else {
		return;
	}
	if (reply->len < reply->expected)
		return;
	reply->trailing = reply->trailing || reply_has_tail(reply);
	reply->expected = 0;
}
