/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/policy.h"

#include <string.h>

#include "lib/core/types/ceremony.h"

/* The switches, in the order they cross the channel. */
enum {
	FLAG_QUIET = 0x01,
	FLAG_ECHO_CODE = 0x02,
	FLAG_TELL_THROTTLED = 0x04,
	FLAG_REMOTE = 0x08,
	FLAG_SILENT_ALLOWED = 0x10,
	FLAG_WAIVED = 0x20,
	FLAG_INVITED = 0x40,
	FLAG_SUBJECT_KNOWN = 0x80,
	FLAG_BARRED = 0x100,
	FLAG_COMBINES = 0x200,
	FLAG_CHOOSER = 0x400,
	FLAG_ONE_ANSWER = 0x800,
	FLAG_SSH_KEY = 0x1000,
	FLAG_NO_DEVICE = 0x2000,
	FLAG_AGENT = 0x4000,
	FLAG_ALL = 0x7fff,
};

static uint16_t flags_of(const struct policy *policy)
{
	return (uint16_t)((policy->quiet ? FLAG_QUIET : 0) |
			  (policy->echo_code ? FLAG_ECHO_CODE : 0) |
			  (policy->tell_throttled ? FLAG_TELL_THROTTLED : 0) |
			  (policy->remote ? FLAG_REMOTE : 0) |
			  (policy->silent_allowed ? FLAG_SILENT_ALLOWED : 0) |
			  (policy->waived ? FLAG_WAIVED : 0) |
			  (policy->invited ? FLAG_INVITED : 0) |
			  (policy->subject_known ? FLAG_SUBJECT_KNOWN : 0) |
			  (policy->barred ? FLAG_BARRED : 0) |
			  (policy->combines ? FLAG_COMBINES : 0) |
			  (policy->chooser ? FLAG_CHOOSER : 0) |
			  (policy->one_answer ? FLAG_ONE_ANSWER : 0) |
			  (policy->ssh_key ? FLAG_SSH_KEY : 0) |
			  (policy->no_device ? FLAG_NO_DEVICE : 0) |
			  (policy->agent ? FLAG_AGENT : 0));
}

static void set_flags(struct policy *policy, uint16_t flags)
{
	policy->quiet = (flags & FLAG_QUIET) != 0;
	policy->echo_code = (flags & FLAG_ECHO_CODE) != 0;
	policy->tell_throttled = (flags & FLAG_TELL_THROTTLED) != 0;
	policy->remote = (flags & FLAG_REMOTE) != 0;
	policy->silent_allowed = (flags & FLAG_SILENT_ALLOWED) != 0;
	policy->waived = (flags & FLAG_WAIVED) != 0;
	policy->invited = (flags & FLAG_INVITED) != 0;
	policy->subject_known = (flags & FLAG_SUBJECT_KNOWN) != 0;
	policy->barred = (flags & FLAG_BARRED) != 0;
	policy->combines = (flags & FLAG_COMBINES) != 0;
	policy->chooser = (flags & FLAG_CHOOSER) != 0;
	policy->one_answer = (flags & FLAG_ONE_ANSWER) != 0;
	policy->ssh_key = (flags & FLAG_SSH_KEY) != 0;
	policy->no_device = (flags & FLAG_NO_DEVICE) != 0;
	policy->agent = (flags & FLAG_AGENT) != 0;
}

/* One byte: the rule for counters, and above it the PIN tries beyond the first. */
#define TRIES_SHIFT 4u
#define COUNTER_MASK 0x0fu

static uint8_t rules_of(const struct policy *policy)
{
	unsigned more = policy->pin_tries > 0 ? policy->pin_tries - 1u : 0;

	return (uint8_t)(policy->counter | more << TRIES_SHIFT);
}

static void set_rules(struct policy *policy, uint8_t rules)
{
	policy->counter = rules & COUNTER_MASK;
	policy->pin_tries = (uint8_t)((rules >> TRIES_SHIFT) + 1u);
}

void policy_put(struct wire_out *out, const struct policy *policy)
{
	wire_put_str(out, policy->order);
	wire_put_str(out, policy->rp_id);
	wire_put_str(out, policy->host);
	wire_put_u8(out, policy->mediation);
	wire_put_u8(out, policy->unknown_as);
	wire_put_u8(out, policy->user_verification);
	wire_put_u8(out, rules_of(policy));
	wire_put_u16(out, flags_of(policy));
	wire_put_u32(out, policy->timeout_ms);
	wire_put_u32(out, policy->key_wait_ms);
	wire_put_u32(out, policy->fail_delay_us);
	wire_put_u32(out, policy->argon_memory_kib);
	wire_put_u32(out, policy->argon_passes);
	wire_put_u32(out, policy->password_min);
	wire_put_u8(out, policy->strongest);
	if (policy->user_handle_len > sizeof(policy->user_handle))
		out->overflow = true; /* somebody's mistake: the message is not sent */
	else
		wire_put_bytes(out, policy->user_handle, policy->user_handle_len);
	if (policy->models.n > POLICY_MODELS_MAX)
		out->overflow = true;
	else
		wire_put_bytes(out, policy->models.aaguid, policy->models.n * 16u);
}

static bool in_bounds(const struct policy *policy)
{
	return policy->mediation <= WEBCRED_MEDIATION_IMMEDIATE &&
	       policy->unknown_as <= WEBCRED_TYPE_IDENTITY &&
	       policy->user_verification <= WEBCRED_UV_DISCOURAGED &&
	       policy->counter <= COUNTER_IGNORE && policy->pin_tries <= CEREMONY_PIN_TRIES_MAX &&
	       policy->fail_delay_us <= WIRE_DELAY_MAX_US;
}

bool policy_get(struct wire_in *in, struct policy *ret_policy)
{
	struct policy policy;
	uint16_t flags;
	size_t models;

	memset(&policy, 0, sizeof(policy));
	wire_get_str(in, policy.order, sizeof(policy.order));
	wire_get_str(in, policy.rp_id, sizeof(policy.rp_id));
	wire_get_str(in, policy.host, sizeof(policy.host));
	policy.mediation = wire_get_u8(in);
	policy.unknown_as = wire_get_u8(in);
	policy.user_verification = wire_get_u8(in);
	set_rules(&policy, wire_get_u8(in));
	flags = wire_get_u16(in);
	set_flags(&policy, flags);
	policy.timeout_ms = wire_get_u32(in);
	policy.key_wait_ms = wire_get_u32(in);
	policy.fail_delay_us = wire_get_u32(in);
	policy.argon_memory_kib = wire_get_u32(in);
	policy.argon_passes = wire_get_u32(in);
	policy.password_min = wire_get_u32(in);
	policy.strongest = wire_get_u8(in);
	policy.user_handle_len =
		(uint8_t)wire_get_bytes(in, policy.user_handle, sizeof(policy.user_handle));
	models = wire_get_bytes(in, policy.models.aaguid, sizeof(policy.models.aaguid));
	policy.models.n = (uint8_t)(models / 16);
	if (in->bad || models % 16 != 0 || (flags & ~FLAG_ALL) != 0 || !in_bounds(&policy)) {
		in->bad = true;
		return false;
	}
	*ret_policy = policy;
	return true;
}
