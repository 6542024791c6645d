/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * talk - stands in for lib/base/wire_socket.c: whole programs are fuzzed through
 * the messages they receive, without a system call and without time.
 *
 * The input is what they receive, in order: each message a byte of talk_head,
 * a length of two bytes and so many bytes.  A program that waits gets the next
 * one, whoever it waits for; one that only looks gets it where it is from that
 * peer.  Behind the last message every channel has ended.
 */
#ifndef WEBCRED_TESTS_FUZZ_TALK_H
#define WEBCRED_TESTS_FUZZ_TALK_H

#include "lib/base/wire.h"
#include "tests/fuzz/fuzz.h"

enum talk_head {
	TALK_DESCRIPTOR = 0x01, /* one comes with it */
	TALK_LATE = 0x02,	/* nothing comes: the wait times out */
	TALK_SLOW = 0x04,	/* a minute passes first */
	TALK_DEAF = 0x08,	/* what is sent from now on goes nowhere */
	TALK_LOOKED_FOR = 0x10, /* from the peer that is only looked at */
};

/* What the program sends; may be NULL. */
typedef void talk_heard(int fd, const uint8_t *message, size_t len);

/* looked_at: the descriptor that is only looked at now and then, or -1. */
void talk_begin(const uint8_t *data, size_t size, int looked_at, talk_heard *heard);
/* Delivered before anything of the input, with this descriptor or -1. */
void talk_first(const void *message, size_t len, int fd);
/* The next message is a verdict of the keeper, and was delivered as one. */
extern bool talk_granted;
/* A descriptor that is always readable, for the program to close. */
int talk_descriptor(void);

#endif
