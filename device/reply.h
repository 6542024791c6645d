/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * reply - the CTAP2 answers as they pass: whether anything follows the one item
 * that each of them is (CTAP 2.1, 8).  libfido2 decodes the first and never
 * looks further; what stands there is no key's honest word.
 */
#ifndef WEBCRED_DEVICE_REPLY_H
#define WEBCRED_DEVICE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_REPORT_LEN 64
#define REPLY_MAX 7609 /* 64 - 7 + 128 * (64 - 5): CTAP 2.1, 11.2.4 */

struct reply {
	size_t expected, len; /* of the message that is coming in; 0: none */
	bool trailing;	      /* one of this phase's answers had a tail */
	uint8_t bytes[REPLY_MAX];
};

/* One report of our channel. */
void reply_note(struct reply *reply, const uint8_t report[REPLY_REPORT_LEN]);

#endif
