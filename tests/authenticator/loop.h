/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_LOOP_H
#define SOFTKEY_LOOP_H

#include "control.h"
#include "key.h"
#include "transport.h"

/* For key_init: what joins the key and its transport. */
extern const struct hid_ops loop_hid_ops;

/* Monotonic milliseconds. */
int64_t loop_now(void);
/* Block the signals that end the loop; a descriptor to read them from. */
int loop_block_signals(void);
/* Until a signal, unplug, or the loss of the device. An exit status. */
int loop_run(struct key *, struct transport *, struct control *, int signal_fd);

#endif
