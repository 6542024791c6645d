/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_U2F_H
#define SOFTKEY_U2F_H

#include "key.h"

/*
 * One APDU of the U2F raw message format 1.2. Presence is not waited for:
 * the client polls. Returns 0 with a whole response, or CTAP_NEEDS_TOUCH where
 * the key was told to stall or to flood at the place of its answer.
 */
int u2f_run(struct key *, struct buf *ret_response);

#endif
