/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * mediation - whether the person is asked: pure policy, no I/O.
 */
#ifndef WEBCRED_CORE_MEDIATION_H
#define WEBCRED_CORE_MEDIATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/client/webcred.h"
#include "lib/core/order.h"

/*
 * From the flags a host passed to the mediation in force, in this order:
 * explicit (the PAM line, or a program's request), the service's section, the
 * flags.  Flags: none is optional; DISALLOW_NULL_AUTHTOK is required; SILENT is
 * silent, unless the service is quiet, where it counts as absent; both is
 * silent with nothing cached, and required from a quiet service.
 * *ret_cached_allowed: whether a cached answer may be used at all.
 */
enum webcred_mediation mediation_from_flags(enum webcred_mediation asked,
					    enum webcred_mediation section, bool quiet,
					    unsigned host_flags, bool *ret_cached_allowed);

enum mediation_decision {
	MEDIATION_REFUSE = 1,	    /* (null): silent, and silence is not allowed */
	MEDIATION_ASK = 2,	    /* the person is asked */
	MEDIATION_ALLOW_SILENT = 3, /* the collected credential is verified unasked */
};

struct mediation_facts {
	enum webcred_mediation mediation; /* resolved; BY_FLAGS is refused */
	bool flag_clear;		  /* silent access is not prevented */
	size_t collected;		  /* how many credentials are at hand unasked */
	bool all_from_store;		  /* every type asked for has store discovery */
};

/*
 * What an order can do unasked.  It is a sequence of native requests of one type
 * each: public-key and otp collect nothing (55), so that silence is the
 * password's request alone, with what an earlier module has collected.  Under
 * immediate mediation what is enrolled and usable counts, and each step finds
 * out by itself whether it is here now.
 */
void mediation_collect(const struct order *order, bool has_cached, size_t n_usable,
		       struct mediation_facts *facts);

/*
 * Behaviour 61: the time a request may take.  Who may not extend the configured
 * one (the user socket) may shorten it; nobody goes beyond MEDIATION_TIMEOUT_MAX_MS.
 */
#define MEDIATION_TIMEOUT_MAX_MS 110000 /* below sshd's LoginGraceTime of 120 s */
uint32_t mediation_timeout(uint32_t configured_ms, uint32_t asked_ms, bool may_extend);

/* Behaviours 23 and 24. */
enum mediation_decision mediation_decide(const struct mediation_facts *facts);

#endif
