/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/mediation.h"

/* A word that was said outright wins over every flag, and means what it says:
 * under required whatever is cached does not count (behaviour 33). */
static enum webcred_mediation outright(enum webcred_mediation said, bool *ret_cached_allowed)
{
	*ret_cached_allowed = said != WEBCRED_MEDIATION_REQUIRED;
	return said;
}

enum webcred_mediation mediation_from_flags(enum webcred_mediation asked,
					    enum webcred_mediation section, bool quiet,
					    unsigned host_flags, bool *ret_cached_allowed)
{
	bool silent = (host_flags & WEBCRED_HOST_SILENT) != 0 && !quiet;
	bool disallow_null = (host_flags & WEBCRED_HOST_DISALLOW_NULL_AUTHTOK) != 0;

	if (asked != WEBCRED_MEDIATION_BY_FLAGS)
		return outright(asked, ret_cached_allowed);
	if (section != WEBCRED_MEDIATION_BY_FLAGS)
		return outright(section, ret_cached_allowed);

	/*
	 * Both flags: nothing cached either, in practice null.  Required by the
	 * flag alone (sshd): a PAM_AUTHTOK was sent in this very transaction, so
	 * it is not a cache, and use_first_pass goes on working there.
	 */
	*ret_cached_allowed = !(silent && disallow_null);
	if (silent)
		return WEBCRED_MEDIATION_SILENT;
	return disallow_null ? WEBCRED_MEDIATION_REQUIRED : WEBCRED_MEDIATION_OPTIONAL;
}

void mediation_collect(const struct order *order, bool has_cached, size_t n_usable,
		       struct mediation_facts *facts)
{
	bool password = order_has(order, WEBCRED_TYPE_PASSWORD);

	facts->all_from_store = password;
	facts->collected = has_cached && password;
	if (facts->mediation == WEBCRED_MEDIATION_IMMEDIATE)
		facts->collected = n_usable;
}

uint32_t mediation_timeout(uint32_t configured_ms, uint32_t asked_ms, bool may_extend)
{
	uint32_t timeout = configured_ms;

	if (asked_ms > 0 && (asked_ms < configured_ms || may_extend))
		timeout = asked_ms;
	return timeout < MEDIATION_TIMEOUT_MAX_MS ? timeout : MEDIATION_TIMEOUT_MAX_MS;
}

/* Behaviour 23, but for the mediation. */
static bool unasked(const struct mediation_facts *facts)
{
	return facts->collected == 1 && facts->flag_clear && facts->all_from_store;
}

enum mediation_decision mediation_decide(const struct mediation_facts *facts)
{
	switch (facts->mediation) {
	case WEBCRED_MEDIATION_SILENT: /* 24, 30 */
		return unasked(facts) ? MEDIATION_ALLOW_SILENT : MEDIATION_REFUSE;
	case WEBCRED_MEDIATION_OPTIONAL: /* 31 */
		return unasked(facts) ? MEDIATION_ALLOW_SILENT : MEDIATION_ASK;
	case WEBCRED_MEDIATION_IMMEDIATE: /* 34: what is here now, or finish at once */
		if (unasked(facts))
			return MEDIATION_ALLOW_SILENT;
		return facts->collected > 0 ? MEDIATION_ASK : MEDIATION_REFUSE;
	case WEBCRED_MEDIATION_REQUIRED:    /* 33 */
	case WEBCRED_MEDIATION_CONDITIONAL: /* 32 */
		return MEDIATION_ASK;
	case WEBCRED_MEDIATION_BY_FLAGS: /* not resolved: somebody's mistake */
		break;
	}
	return MEDIATION_REFUSE;
}
