/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The clock may be set back under us.  A wait never grows by more than its own
 * length for that: where the last failure lies further in the future than the
 * wait is long, the clock was wrong then, and the wait counts as over.
 */
#include "authority/throttle.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* Seconds left of a wait that began at `since`.  Both times are cut off to whole seconds: it may
 * have begun almost one later, and no wait is shorter than was said. */
static int64_t left_of(int64_t wait, int64_t since, int64_t now)
{
	int64_t left = since + wait + 1 - now;

	return wait == 0 || left <= 0 || left > 2 * wait + 1 ? 0 : left;
}

/* The wait after `failures` in a row: 0, then delay, 2 delay, 4 delay ... max. */
static int64_t delay_after(const struct conf *conf, uint32_t failures)
{
	int64_t delay = conf->throttle_delay_s;

	if (failures <= conf->throttle_free)
		return 0;
	for (uint32_t i = conf->throttle_free + 1; i < failures; i++) {
		if (delay >= conf->throttle_max_s)
			break;
		delay *= 2;
	}
	return delay < conf->throttle_max_s ? delay : conf->throttle_max_s;
}

static bool is_denied(const struct conf *conf, const struct store_throttle *state)
{
	return conf->deny > 0 && state->failures >= conf->deny;
}

/* Failures that still count.  A run of them is forgotten once none came for
 * fail_interval; a lockout lasts its own time, and is then forgotten. */
static uint32_t counting(const struct conf *conf, const struct store_throttle *state, int64_t now)
{
	if (is_denied(conf, state)) {
		if (conf->unlock_time_s == 0)
			return state->failures;
		return left_of(conf->unlock_time_s, state->last_at, now) > 0 ? state->failures : 0;
	}
	return left_of(conf->fail_interval_s, state->last_at, now) > 0 ? state->failures : 0;
}

/* Root is delayed like everybody, and locked out only where that was asked for. */
static bool allows_root(const struct conf *conf, bool is_root)
{
	return is_root && !conf->even_deny_root;
}

bool throttle_allows(const struct conf *conf, const struct store_throttle *state, bool is_root,
		     int64_t now, uint32_t *ret_wait_s)
{
	uint32_t failures;
	int64_t left;

	if (!conf->throttle_enabled || state->failures == 0)
		return true;
	failures = counting(conf, state, now);
	if (failures > 0 && is_denied(conf, state) && !allows_root(conf, is_root)) {
		left = conf->unlock_time_s == 0 ? 0
						: left_of(conf->unlock_time_s, state->last_at, now);
		*ret_wait_s = (uint32_t)left;
		return false;
	}
	left = left_of(delay_after(conf, failures), state->last_at, now);
	if (left == 0)
		return true;
	*ret_wait_s = (uint32_t)left;
	return false;
}

void throttle_charge(const struct conf *conf, struct store_throttle *state, int64_t now)
{
	if (counting(conf, state, now) == 0) {
		state->failures = 0;
		state->first_at = now;
	}
	if (state->failures < UINT32_MAX)
		state->failures++;
	state->last_at = now;
}

/* Who has proved to be the account's owner made the earlier mistakes, too. */
void throttle_refund(struct store_throttle *state)
{
	memset(state, 0, sizeof(*state));
}

void throttle_origin(char *buffer, size_t size, const char *rhost, uint32_t requester,
		     bool login_socket)
{
	if (login_socket && rhost && rhost[0])
		snprintf(buffer, size, "remote");
	else if (login_socket && requester == 0)
		snprintf(buffer, size, "seat");
	else
		snprintf(buffer, size, "uid:%" PRIu32, requester);
}

/* A bounded number of rows, and so many that guesses at other names do not fill them: with
 * 1,024, twenty guesses a second had half of them wait, and a name that was let guess at
 * once was mostly somebody's.  With these four of one slot come together once in thousands. */
void throttle_unknown(char *buffer, size_t size, const uint8_t key[32], const char *name)
{
	uint8_t hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)name, strlen(name), key, 32);
	snprintf(buffer, size, "unknown:%u", (unsigned)hash[0] << 8 | hash[1]);
}
