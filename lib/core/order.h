/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * order - the sequence of types a login tries, in name-service-switch notation.
 *
 *   get = public-key [UNAVAIL=continue NOTFOUND=continue] otp password
 *
 *   order  = [ "ssh-key" [ rules ] ] step { step }     at least one of them
 *   step   = type [ rules ]
 *   rules  = "[" { ["!"] STATUS "=" action } "]"
 *   STATUS = SUCCESS | NOTFOUND | UNAVAIL | NOTALLOWED | TRYAGAIN   (any case)
 *   action = return | continue
 *
 * Built in: SUCCESS=return, NOTALLOWED=return, the rest continue; FAULT always
 * returns, and can be neither named nor changed.  "!X=a" sets a for every
 * status but X, SUCCESS and FAULT excepted.  SUCCESS=continue is an error: two factors are two
 * lines of a PAM stack.  A type stands at most once.
 *
 * Each step is one native request of one type (behaviour 4): "otp+password" and
 * "otp,password", two types in one, is NotSupportedError (17), and so is an
 * order that names no type (16).  ssh-key is no type but a source of
 * public-key: a key that sshd has just verified; it stands first, or nowhere.
 */
#ifndef WEBCRED_CORE_ORDER_H
#define WEBCRED_CORE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/client/webcred.h"

enum order_action { ORDER_RETURN = 1, ORDER_CONTINUE = 2 };

#define ORDER_STEPS_MAX 8
struct order_step {
	enum webcred_type type;
	bool ssh_key; /* type is public-key, and sshd has asked for it already */
	enum order_action action[WEBCRED_STATUS_FAULT + 1]; /* by status */
};

struct order {
	size_t n;
	struct order_step step[ORDER_STEPS_MAX];
};

struct order_error {
	unsigned line, column; /* from 1 */
	char text[160];	       /* what is wrong, and what is allowed there */
};

/* 0, or WEBCRED_TYPE_ERROR, or WEBCRED_NOT_SUPPORTED (16, 17), with *ret_error
 * filled (which may be NULL). */
int order_parse(const char *text, size_t len, struct order *ret_order,
		struct order_error *ret_error);
/* What to do after a step ended so; never continues after FAULT or SUCCESS. */
enum order_action order_next(const struct order_step *step, enum webcred_status status);
/* A step of this type; ssh-key is none of any. */
bool order_has(const struct order *order, enum webcred_type type);
/* Its first step is ssh-key. */
bool order_has_ssh_key(const struct order *order);
/* Takes the first step off. */
void order_shift(struct order *order);

#endif
