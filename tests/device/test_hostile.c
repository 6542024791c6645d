/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * Keys that lie, stall, flood and answer nonsense.  Whatever they do costs one
 * ceremony: DONE comes within the time given, the helper ends by itself, and
 * the same key, once it behaves, is as good as before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/device/cases.h"

static const char *const plain[] = {NULL};

static const char *const lies[] = {
	"bad-signature",       "wrong-rpid-hash",      "no-up",		"no-uv",
	"counter-still",       "counter-back",	       "at-set",	"at-data",
	"trailing-bytes",      "trailing-cbor",	       "bs-without-be", "be-flip",
	"other-credential-id", "wrong-user-handle",    "empty-id",	"huge-id",
	"wrong-alg",	       "zero-length-authdata", "replay",	"random-cbor",
	"huge-cbor",	       "truncated-cbor",       "bomb-cbor"};

/* These never get past decoding; libfido2 alone would take trailing-cbor. */
static bool undecodable(const char *lie)
{
	return strstr(lie, "-cbor") != NULL;
}

static void set(const struct rig *rig, const char *name, const char *value)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "%s=%s", name, value);
	CHECK(rig_ctl(rig, command));
}

static void lies_told(void)
{
	struct type_ceremony creation = case_creation(0), request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
			unsigned before = harness_failures();

			set(&rig, "lie", lies[i]);
			rig_run(&rig, &request, NULL, 6000, &seen);
			CHECK(seen.result.end == CEREMONY_OK || seen.result.end == CEREMONY_BROKEN);
			CHECK(!undecodable(lies[i]) || seen.result.end == CEREMONY_BROKEN);
			if (strcmp(lies[i], "empty-id") == 0)
				CHECK_END(&seen, CEREMONY_BROKEN);
			rig_run(&rig, &creation, NULL, 6000, &seen);
			CHECK(seen.result.end == CEREMONY_OK || seen.result.end == CEREMONY_BROKEN);
			CHECK(!undecodable(lies[i]) || seen.result.end == CEREMONY_BROKEN);
			if (harness_failures() != before)
				printf("# with lie %s\n", lies[i]);
		}
		set(&rig, "lie", "none");
		rig_run(&rig, &request, NULL, 6000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
	}
	rig_stop(&rig);
}

/* What the session is to refuse reaches it unchanged. */
static void lies_passed_on(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		set(&rig, "lie", "no-up");
		rig_run(&rig, &request, NULL, 6000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.result.auth_data_len == 37 && (seen.result.auth_data[32] & 1) == 0);
		set(&rig, "lie", "trailing-bytes");
		rig_run(&rig, &request, NULL, 6000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.result.auth_data_len > 37);
		set(&rig, "lie", "other-credential-id");
		rig_run(&rig, &request, NULL, 6000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(!seen.result.id_omitted && memcmp(seen.result.id, entry.id, entry.len) != 0);
	}
	rig_stop(&rig);
}

static void stalls_and_floods(void)
{
	static const struct {
		const char *name, *value;
		enum ceremony_end end, or ;
	} cases[] = {
		{"stall", "before", CEREMONY_BROKEN, CEREMONY_BROKEN},
		{"stall", "mid-frame", CEREMONY_NO_TOUCH, CEREMONY_BROKEN},
		{"flood", "keepalives", CEREMONY_NO_TOUCH, CEREMONY_BROKEN},
		{"flood", "reports", CEREMONY_BROKEN, CEREMONY_BROKEN},
		{"stall", "silent", CEREMONY_BROKEN, CEREMONY_BROKEN},
	};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned before = harness_failures();

		rig_start(&rig, plain);
		if (case_enrol(&rig, -7, NULL, &entry)) {
			request = case_request(&entry, 1);
			request.timeout_ms = 800;
			set(&rig, cases[i].name, cases[i].value);
			rig_run(&rig, &request, NULL, 5000, &seen);
			CHECK(seen.result.end == cases[i].end || seen.result.end == cases[i].or);
			CHECK(seen.took_ms < 1800);
		}
		if (harness_failures() != before)
			printf("# with %s=%s: end %d, %lld ms\n", cases[i].name, cases[i].value,
			       (int)seen.result.end, (long long)seen.took_ms);
		rig_stop(&rig);
	}
}

/* A flood is no reason to be deaf: CANCEL is still heard. */
static void cancel_in_a_flood(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen = {0};
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		int64_t start;

		request = case_request(&entry, 1);
		request.timeout_ms = 20000;
		set(&rig, "flood", "keepalives");
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		rig_send(&rig, CEREMONY_GO);
		CHECK(rig_until(&rig, CEREMONY_TOUCH, PROMPT_MS, &seen));
		start = wire_clock();
		rig_send(&rig, CEREMONY_CANCEL);
		CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
		CHECK(seen.result.end == CEREMONY_CANCELLED || seen.result.end == CEREMONY_BROKEN);
		CHECK(wire_clock() - start < 500 && rig_ended_well(&rig, PROMPT_MS));
	}
	rig_stop(&rig);
}

/* Every status a key can answer with has an end, and none of them is OK. */
static void every_status(void)
{
	struct type_ceremony request, creation = case_creation(0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		for (unsigned status = 1; status < 256; status += status < 0x40 ? 1 : 13) {
			char hex[8];

			(void)snprintf(hex, sizeof(hex), "%02x", status);
			set(&rig, "error", hex);
			rig_run(&rig, status % 2 ? &request : &creation, NULL, 5000, &seen);
			CHECK(seen.done && seen.result.end != CEREMONY_OK);
		}
	}
	rig_stop(&rig);
}

/* ---- spoiled reports: garbage at every step of the protocol ----------------- */

/* The report numbered seed / 8 is spoiled in one of eight ways. */
static size_t spoil_one(uint8_t *report, unsigned number, unsigned seed)
{
	if (number != seed / 8)
		return 64;
	srand(seed);
	switch (seed % 8) {
	case 0: /* noise, wholly */
		for (size_t i = 0; i < 64; i++)
			report[i] = (uint8_t)rand();
		return 64;
	case 1: /* noise after the head */
		for (size_t i = 7; i < 64; i++)
			report[i] = (uint8_t)rand();
		return 64;
	case 2: /* another length */
		report[5] = (uint8_t)rand();
		report[6] = (uint8_t)rand();
		return 64;
	case 3:
		return 0;
	case 4: /* another command or sequence number */
		report[4] = (uint8_t)rand();
		return 64;
	case 5: /* a short one */
		return 1 + (size_t)rand() % 63;
	case 6: /* a few bits */
		for (int i = 0; i < 4; i++)
			report[7 + rand() % 57] ^= (uint8_t)(1u << rand() % 8);
		return 64;
	default: /* one bit of what follows the head of a frame */
		report[8 + rand() % 8] ^= (uint8_t)(1u << rand() % 8);
		return 64;
	}
}

static size_t spoil_nothing(uint8_t *report, unsigned number, unsigned seed)
{
	(void)report;
	(void)number;
	(void)seed;
	return 64;
}

#define SPOILED_REPORTS 30 /* a ceremony with a PIN has fewer */

static void spoiled_reports(void)
{
	static const char *const options[] = {"--pin=1234", NULL};
	struct type_ceremony request, creation = case_creation(0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, options);
	if (case_enrol(&rig, -7, "1234", &entry)) {
		request = case_request(&entry, 1);
		request.user_verification = WEBCRED_UV_REQUIRED;
		request.timeout_ms = creation.timeout_ms = 300;
		for (unsigned seed = 0; seed < 8 * SPOILED_REPORTS; seed++) {
			unsigned before = harness_failures();

			(void)rig_ctl(&rig, "pin=1234"); /* its tries, too */
			rig_spoil(&rig, spoil_one, seed);
			rig_run(&rig, seed / 8 % 2 ? &request : &creation, "1234", 5000, &seen);
			if (harness_failures() != before)
				printf("# with seed %u\n", seed);
		}
		request.timeout_ms = 3000;
		(void)rig_ctl(&rig, "pin=1234");
		rig_spoil(&rig, spoil_nothing, 0);
		rig_run(&rig, &request, "1234", 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
	}
	rig_stop(&rig);
}

/* ---- a key in use ------------------------------------------------------------ */

/* The first `seed` answers are CTAPHID_ERROR, channel busy. */
static size_t busy_at_first(uint8_t *report, unsigned number, unsigned seed)
{
	if (number < seed) {
		memset(report + 4, 0, 60);
		report[4] = 0xbf;
		report[6] = 1;
		report[7] = 0x06;
	}
	return 64;
}

static void busy(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		rig_spoil(&rig, busy_at_first, 3); /* waited for */
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		request.timeout_ms = 1000;
		rig_spoil(&rig, busy_at_first, 1000); /* then reported */
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_BUSY);
		CHECK(!seen.present);
	}
	rig_stop(&rig);
}

/* ---- a session that is out of turn -------------------------------------------- */

static void out_of_turn(void)
{
	static const uint8_t junk[][4] = {{0}, {255, 1, 2, 3}, {CEREMONY_GO, 0}, {CEREMONY_PIN}};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
			memset(&seen, 0, sizeof(seen));
			rig_begin(&rig, &request);
			CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
			CHECK(wire_send(rig.channel, junk[i], 4, wire_clock() + 100) == 0);
			CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
			CHECK_END(&seen, CEREMONY_CANCELLED);
			CHECK(seen.touches == 0 && rig_ended_well(&rig, PROMPT_MS));
		}
	}
	rig_stop(&rig);
}

const struct test tests_hostile[] = {
	{"lies-told", lies_told},
	{"lies-passed-on", lies_passed_on},
	{"stalls-and-floods", stalls_and_floods},
	{"cancel-in-a-flood", cancel_in_a_flood},
	{"every-status", every_status},
	{"spoiled-reports", spoiled_reports},
	{"busy", busy},
	{"out-of-turn", out_of_turn},
	{NULL, NULL},
};
