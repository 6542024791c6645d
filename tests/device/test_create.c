/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* New credentials: what a key can make, and what it has already. */
#include <string.h>

#include "tests/device/cases.h"

static const char *const plain[] = {NULL};

static void create_plain(void)
{
	const struct type_ceremony creation = case_creation(0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol_by(&rig, &creation, NULL, &entry, &seen)) {
		CHECK(!seen.at_start.found && seen.touches == 1 && seen.pins == 0);
		CHECK(seen.result.cose_algorithm == -7);
		CHECK(strcmp(seen.result.format, "none") == 0);
		CHECK(seen.result.attestation_len == 0 && !seen.result.uv_initialized);
		CHECK(seen.result.auth_data_len > 55 + entry.len);
		CHECK((seen.result.transports & TRANSPORT_USB) != 0);
		/* the id in authenticator data is the id that was returned */
		CHECK(memcmp(seen.result.auth_data + 55, entry.id, entry.len) == 0);
	}
	rig_stop(&rig);
}

/* 73: by preference, with what the key has. */
static void create_fallback(void)
{
	static const char *const options[] = {"--algorithms=rs256", NULL};
	struct type_ceremony creation = case_creation(0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, options);
	if (case_enrol_by(&rig, &creation, NULL, &entry, &seen))
		CHECK(seen.result.cose_algorithm == -257 && seen.touches == 1);
	creation = case_creation(-8);
	rig_run(&rig, &creation, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_UNABLE);
	CHECK(seen.touches == 0);
	rig_stop(&rig);
}

/* 75 */
static void create_unable(void)
{
	static const char *const options[] = {"--rk=off", NULL};
	static const char *const old[] = {"--u2f-only=on", NULL};
	struct type_ceremony creation = case_creation(0);
	struct seen seen;
	struct rig rig;

	creation.resident = true;
	rig_start(&rig, options);
	rig_run(&rig, &creation, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_UNABLE);
	rig_stop(&rig);
	rig_start(&rig, old);
	rig_run(&rig, &creation, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_UNABLE);
	creation = case_creation(-257);
	rig_run(&rig, &creation, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_UNABLE);
	rig_stop(&rig);
	rig_start(&rig, plain);
	creation = case_creation(0);
	creation.user_verification = WEBCRED_UV_REQUIRED;
	rig_run(&rig, &creation, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_PIN_UNSET);
	rig_stop(&rig);
}

/* 76: enrolled already.  Touched: said so.  Not touched: nothing is said. */
static void excluded_on(const char *const *options, const char *rp_id)
{
	struct type_ceremony creation = case_creation(-7);
	struct ceremony_entry entry[2];
	struct seen seen;
	struct rig rig;

	rig_start(&rig, options);
	memcpy(creation.rp_id, rp_id, strlen(rp_id) + 1);
	entry[0] = case_stranger(RP, 64, 1);
	if (case_enrol_by(&rig, &creation, NULL, &entry[1], &seen)) {
		creation = case_creation(-7);
		creation.entry = entry;
		creation.n_entries = 2;
		rig_run(&rig, &creation, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_EXCLUDED);
		CHECK(seen.at_start.found && seen.at_start.entry == 1 && seen.touches == 1);
		CHECK(rig_ctl(&rig, "touch=wait"));
		creation.timeout_ms = 600;
		rig_run(&rig, &creation, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_NO_TOUCH);
		CHECK(rig_ctl(&rig, "touch=auto"));
		creation.n_entries = 1; /* the stranger alone excludes nothing */
		rig_run(&rig, &creation, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
	}
	rig_stop(&rig);
}

static void create_excluded(void)
{
	static const char *const old[] = {"--u2f-only=on", NULL};

	excluded_on(plain, RP);
	excluded_on(plain, "pam://host");
	excluded_on(old, RP);
}

/* A key with a PIN makes credentials for who knows it. */
static void create_with_pin(void)
{
	static const char *const options[] = {"--pin=1234", "--make-cred-uv-not-rqd=off", NULL};
	const struct type_ceremony creation = case_creation(0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, options);
	rig_run(&rig, &creation, "4321", 5000, &seen);
	CHECK_END(&seen, CEREMONY_PIN_WRONG);
	CHECK(seen.result.tries_left == 7);
	if (case_enrol_by(&rig, &creation, "1234", &entry, &seen)) {
		CHECK(seen.pins == 1 && seen.touches == 1 && seen.result.uv_initialized);
		CHECK((seen.result.auth_data[32] & 0x04) != 0);
	}
	rig_stop(&rig);
}

/* 78 */
static void create_attested(void)
{
	struct type_ceremony creation = case_creation(0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	creation.attest = true;
	if (case_enrol_by(&rig, &creation, NULL, &entry, &seen)) {
		CHECK(strcmp(seen.result.format, "packed") == 0);
		CHECK(seen.result.attestation_len > 300); /* with its certificate */
	}
	rig_stop(&rig);
}

static void create_cancelled(void)
{
	static const char *const options[] = {"--touch=wait", NULL};
	const struct type_ceremony creation = case_creation(0);
	struct seen seen = {0};
	struct rig rig;

	rig_start(&rig, options);
	rig_begin(&rig, &creation);
	CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
	rig_send(&rig, CEREMONY_GO);
	CHECK(rig_until(&rig, CEREMONY_TOUCH, PROMPT_MS, &seen));
	CHECK(rig_ctl(&rig, "wait-touch=2000"));
	rig_send(&rig, CEREMONY_CANCEL);
	CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
	CHECK_END(&seen, CEREMONY_CANCELLED);
	CHECK(rig_ended_well(&rig, PROMPT_MS) && rig_logged(&rig, "cancel-received"));
	rig_stop(&rig);
}

const struct test tests_create[] = {
	{"create-plain", create_plain},		{"create-fallback", create_fallback},
	{"create-unable", create_unable},	{"create-excluded", create_excluded},
	{"create-with-pin", create_with_pin},	{"create-attested", create_attested},
	{"create-cancelled", create_cancelled}, {NULL, NULL},
};
