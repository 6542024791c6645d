/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * said - how a step of a login ends, written down in one way by every type:
 * the status for the order, the result, and a reason for the log.
 */
#ifndef WEBCRED_CORE_SAID_H
#define WEBCRED_CORE_SAID_H

#include "lib/core/types/type.h"

/* FAULT for a negative result, NOTALLOWED for a positive one; never for 0. */
enum webcred_status said_result(struct type_login *login, int result, const char *what);
enum webcred_status said_not_found(struct type_login *login, const char *why);
enum webcred_status said_unavailable(struct type_login *login, const char *why);
/* TRYAGAIN.  The text for the person stands in judgement.reason alone: whether
 * it is told is the service's choice (tell_throttled). */
enum webcred_status said_throttled(struct type_login *login, uint32_t wait_s);
/* Takes over what the host judged; SUCCESS for VERDICT_GRANTED alone. */
enum webcred_status said_judgement(struct type_login *login, const struct type_judgement *judgement,
				   const char *refused);

#endif
