/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/credential.h"

#include <stdio.h>
#include <string.h>

enum {
	FLAG_LOCKED = 0x01,
	FLAG_UV_INITIALIZED = 0x02,
	FLAG_BACKUP_ELIGIBLE = 0x04,
	FLAG_BACKUP_STATE = 0x08,
	FLAG_RESIDENT = 0x10,
	FLAG_NO_TOUCH = 0x20,
	FLAG_RELEARN = 0x40,
	FLAG_ALL = 0x7f,
};

/* ---- words ---------------------------------------------------------------- */

const char *credential_kind_name(enum credential_kind kind)
{
	switch (kind) {
	case KIND_PASSWORD:
		return "password";
	case KIND_TOTP:
		return "authenticator app";
	case KIND_HOTP:
		return "counter-based code";
	case KIND_RECOVERY:
		return "recovery codes";
	case KIND_WEBAUTHN:
		return "security key";
	case KIND_PAM_U2F:
		return "security key (pam_u2f)";
	case KIND_SSH_SK:
		return "security key (ssh)";
	case KIND_NONE:
		break;
	}
	return "nothing";
}

enum credential_kind credential_kind_parse(const char *word)
{
	if (strcmp(word, "totp") == 0)
		return KIND_TOTP;
	if (strcmp(word, "hotp") == 0)
		return KIND_HOTP;
	if (strcmp(word, "recovery") == 0)
		return KIND_RECOVERY;
	return KIND_NONE;
}

unsigned credential_strength(const struct credential *credential, bool user_verified)
{
	switch (credential->kind) {
	case KIND_RECOVERY:
		return 1;
	case KIND_PASSWORD:
		return 2;
	case KIND_TOTP:
	case KIND_HOTP:
		return 3;
	case KIND_WEBAUTHN:
	case KIND_PAM_U2F:
	case KIND_SSH_SK:
		return user_verified ? 5 : 4;
	case KIND_NONE:
		break;
	}
	return 0;
}

void credential_to_wire(const struct credential *credential, struct wire_credential *ret_wire)
{
	struct wire_credential wire;

	memset(&wire, 0, sizeof(wire));
	memcpy(wire.id, credential->id, sizeof(wire.id));
	wire.type = (uint8_t)credential->type;
	wire.flags = credential->locked ? WIRE_CREDENTIAL_LOCKED : 0;
	snprintf(wire.kind, sizeof(wire.kind), "%s", credential_kind_name(credential->kind));
	snprintf(wire.label, sizeof(wire.label), "%s", credential->label);
	snprintf(wire.rp_id, sizeof(wire.rp_id), "%s", credential->rp_id);
	wire.created = credential->created;
	wire.last_used = credential->last_used;
	/* A time step says nothing to people. */
	wire.counter = credential->kind == KIND_TOTP ? 0 : credential->moving;
	*ret_wire = wire;
}

/* ---- the channel between keeper and session -------------------------------- */

static uint8_t flags_of(const struct credential *credential)
{
	return (uint8_t)((credential->locked ? FLAG_LOCKED : 0) |
			 (credential->uv_initialized ? FLAG_UV_INITIALIZED : 0) |
			 (credential->backup_eligible ? FLAG_BACKUP_ELIGIBLE : 0) |
			 (credential->backup_state ? FLAG_BACKUP_STATE : 0) |
			 (credential->resident ? FLAG_RESIDENT : 0) |
			 (credential->no_touch ? FLAG_NO_TOUCH : 0) |
			 (credential->relearn ? FLAG_RELEARN : 0));
}

static void set_flags(struct credential *credential, uint8_t flags)
{
	credential->locked = (flags & FLAG_LOCKED) != 0;
	credential->uv_initialized = (flags & FLAG_UV_INITIALIZED) != 0;
	credential->backup_eligible = (flags & FLAG_BACKUP_ELIGIBLE) != 0;
	credential->backup_state = (flags & FLAG_BACKUP_STATE) != 0;
	credential->resident = (flags & FLAG_RESIDENT) != 0;
	credential->no_touch = (flags & FLAG_NO_TOUCH) != 0;
	credential->relearn = (flags & FLAG_RELEARN) != 0;
}

void credential_put(struct wire_out *out, const struct credential *credential)
{
	if (credential->external_len > sizeof(credential->external) ||
	    credential->key_len > sizeof(credential->key)) {
		out->overflow = true; /* somebody's mistake: the message is not sent */
		return;
	}
	wire_put_bytes(out, credential->id, sizeof(credential->id));
	wire_put_u8(out, (uint8_t)credential->type);
	wire_put_u8(out, (uint8_t)credential->kind);
	wire_put_str(out, credential->label);
	wire_put_str(out, credential->rp_id);
	wire_put_u64(out, (uint64_t)credential->created);
	wire_put_u64(out, (uint64_t)credential->last_used);
	wire_put_u64(out, credential->moving);
	wire_put_u8(out, credential->algorithm);
	wire_put_u8(out, credential->digits);
	wire_put_u16(out, credential->period);
	wire_put_u32(out, (uint32_t)credential->drift);
	wire_put_u32(out, (uint32_t)credential->cose_algorithm);
	wire_put_bytes(out, credential->external, credential->external_len);
	wire_put_bytes(out, credential->key, credential->key_len);
	wire_put_bytes(out, credential->aaguid, sizeof(credential->aaguid));
	wire_put_u8(out, credential->transports);
	wire_put_u8(out, flags_of(credential));
}

static bool type_fits(enum webcred_type type, enum credential_kind kind)
{
	switch (kind) {
	case KIND_PASSWORD:
		return type == WEBCRED_TYPE_PASSWORD;
	case KIND_TOTP:
	case KIND_HOTP:
	case KIND_RECOVERY:
		return type == WEBCRED_TYPE_OTP;
	case KIND_WEBAUTHN:
	case KIND_PAM_U2F:
	case KIND_SSH_SK:
		return type == WEBCRED_TYPE_PUBLIC_KEY;
	case KIND_NONE:
		break;
	}
	return false;
}

static bool in_bounds(const struct credential *credential)
{
	if (!type_fits(credential->type, credential->kind))
		return false;
	if (credential->algorithm > ALGORITHM_SHA512)
		return false;
	return credential->digits == 0 || (credential->digits >= 6 && credential->digits <= 8);
}

/* Everything but the checks that need all of it; false where a fixed size is wrong. */
static bool get_fields(struct wire_in *in, struct credential *credential)
{
	size_t id_len, aaguid_len;
	uint8_t flags;

	id_len = wire_get_bytes(in, credential->id, sizeof(credential->id));
	credential->type = (enum webcred_type)wire_get_u8(in);
	credential->kind = (enum credential_kind)wire_get_u8(in);
	wire_get_str(in, credential->label, sizeof(credential->label));
	wire_get_str(in, credential->rp_id, sizeof(credential->rp_id));
	credential->created = (int64_t)wire_get_u64(in);
	credential->last_used = (int64_t)wire_get_u64(in);
	credential->moving = wire_get_u64(in);
	credential->algorithm = wire_get_u8(in);
	credential->digits = wire_get_u8(in);
	credential->period = wire_get_u16(in);
	credential->drift = (int32_t)wire_get_u32(in);
	credential->cose_algorithm = (int32_t)wire_get_u32(in);
	credential->external_len =
		(uint16_t)wire_get_bytes(in, credential->external, sizeof(credential->external));
	credential->key_len =
		(uint16_t)wire_get_bytes(in, credential->key, sizeof(credential->key));
	aaguid_len = wire_get_bytes(in, credential->aaguid, sizeof(credential->aaguid));
	credential->transports = wire_get_u8(in);
	flags = wire_get_u8(in);
	set_flags(credential, flags);
	return !in->bad && id_len == sizeof(credential->id) &&
	       aaguid_len == sizeof(credential->aaguid) && (flags & ~FLAG_ALL) == 0;
}

bool credential_get(struct wire_in *in, struct credential *ret_credential)
{
	struct credential credential;

	memset(&credential, 0, sizeof(credential));
	if (!get_fields(in, &credential) || !in_bounds(&credential)) {
		in->bad = true;
		return false;
	}
	*ret_credential = credential;
	return true;
}
