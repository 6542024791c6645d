/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* softkey held against libfido2, and against a client that sees each byte. */
#ifndef SOFTKEY_SELFTEST_H
#define SOFTKEY_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/evp.h>

#include "encode.h"
#include "hid.h"

/* A running softkey, in a folder of its own. */
struct fixture {
	pid_t pid;
	char dir[64], device[64], socket[96], log[96], state[96], link[96];
};

extern const char *fixture_program;

/* Options end with NULL. The folder is made by the first start. */
void fixture_start(struct fixture *, const char *const options[]);
/* SIGTERM; true where it ended well, and left no link and no socket. */
bool fixture_stop(struct fixture *);
void fixture_remove(struct fixture *);
bool fixture_ctl(struct fixture *, const char *command);
/* How many lines of the log begin so. */
unsigned fixture_logged(struct fixture *, const char *begin);

/* One line, ok or not ok. */
bool check(bool ok, const char *name, const char *why);
int check_failures(void);
int64_t clock_ms(void);

/* A client by hand. */
struct raw {
	int fd;
	uint32_t channel;
};

bool raw_open(struct raw *, const char *device);
void raw_close(struct raw *);
bool raw_init(struct raw *);
void raw_send(struct raw *, uint32_t channel, uint8_t cmd, const void *, size_t);
/* One report, false after so many ms. */
bool raw_frame(struct raw *, uint8_t ret_frame[HID_REPORT_LEN], int ms);
/* A whole reply on the channel, keepalives left out: its command, or -1. */
int raw_reply(struct raw *, uint32_t channel, struct buf *ret_reply, int ms);
/* A CTAP2 command; its status, or -1. */
int raw_cbor(struct raw *, const struct buf *request, struct buf *ret_reply);

/* Requests for rp "example.org". */
void raw_encode_make(struct buf *, int algorithm, uint8_t user, bool rk);
void raw_encode_get(struct buf *, const uint8_t *id, size_t id_len, bool up);

void selftest_hid(void);
void selftest_lies(void);
void selftest_fido2(void);
void selftest_pin(void);

#endif
