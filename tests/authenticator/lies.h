/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What a broken or hostile key could answer. A lie about authenticator data
 * is told before it is signed, so that nothing but the lie is wrong. Silent
 * requests (up=false) are always answered honestly, or no client would come
 * as far as the ceremony.
 */
#ifndef SOFTKEY_LIES_H
#define SOFTKEY_LIES_H

#include "ctap2.h"

#define LIES_ID_MAX 2048

/* The lie to tell in the ceremony under way; LIE_NONE outside of one. */
enum lie lies_active(const struct key *);
void lies_fields(struct key *, struct authdata *);
void lies_trailing(struct key *, struct buf *authdata);
/* The credential id to show; returns its length. */
size_t lies_id(struct key *, const struct credential *, uint8_t ret_id[LIES_ID_MAX]);
void lies_signature(struct key *, uint8_t *sig, size_t len);
/* The algorithm to sign with, or to create, in place of the right one. */
int lies_algorithm(struct key *, int algorithm);
/* The user handle to show; returns its length. */
size_t lies_user(struct key *, const struct credential *, uint8_t ret_user[64]);
/* The whole answer, once it is made. */
void lies_answer(struct key *, struct buf *);

#endif
