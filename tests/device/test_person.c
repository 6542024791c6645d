/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* PINs and fingerprints: what is asked for, how often, and what it costs. */
#include <stdio.h>
#include <string.h>

#include "tests/device/cases.h"

#define PIN "123456"

static const char *const with_pin[] = {"--pin=" PIN, NULL};
static const char *const with_finger[] = {"--pin=" PIN, "--uv=ok", NULL};

/* A key with a PIN, an entry on it, and a request that requires verification. */
static bool prepare(struct rig *rig, const char *const *options, struct ceremony_entry *entry,
		    struct type_ceremony *ret_request)
{
	rig_start(rig, options);
	if (!case_enrol(rig, -7, PIN, entry))
		return false;
	*ret_request = case_request(entry, 1);
	ret_request->user_verification = WEBCRED_UV_REQUIRED;
	return true;
}

static bool verified(const struct seen *seen)
{
	return seen->result.auth_data_len >= 37 && (seen->result.auth_data[32] & 0x04) != 0;
}

static void pin_right(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request)) {
		rig_run(&rig, &request, PIN, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.pins == 1 && seen.pin_tries == 8 && verified(&seen));
		CHECK(seen.at_start.has_pin && seen.at_start.tries_left == 8);
		CHECK(seen.result.uv_initialized);
	}
	rig_stop(&rig);
}

/* From BEGIN to DONE; each time a PIN is asked for the next one, and then CANCEL. */
static void run_pins(struct rig *rig, const struct type_ceremony *request, const char *const *pins,
		     struct seen *seen)
{
	uint8_t got;

	memset(seen, 0, sizeof(*seen));
	rig_begin(rig, request);
	do {
		got = rig_next(rig, PROMPT_MS, seen);
		if (got == CEREMONY_PRESENT)
			rig_send(rig, CEREMONY_GO);
		else if (got == CEREMONY_PIN && *pins)
			rig_send_pin(rig, *pins++);
		else if (got == CEREMONY_PIN)
			rig_send(rig, CEREMONY_CANCEL);
	} while (got != 0 && got != CEREMONY_DONE);
	CHECK(seen->done && rig_ended_well(rig, PROMPT_MS));
	rig_hang_up(rig);
}

/* As often as the session says; what was tried already is not tried again. */
static void pin_tries(void)
{
	static const char too_long[] =
		"correct horse battery staple correct horse battery staple correct";
	static const struct {
		const char *pins[4];
		uint8_t tries, asked, again, left;
		enum ceremony_end end;
	} courses[] = {
		{{"654321", PIN}, 2, 2, CEREMONY_PIN_WAS_WRONG, 8, CEREMONY_OK},
		{{"123", PIN}, 2, 2, CEREMONY_PIN_WAS_SHORT, 8, CEREMONY_OK},
		{{too_long, PIN}, 2, 2, CEREMONY_PIN_WAS_LONG, 8, CEREMONY_OK},
		{{"654321", "123", PIN}, 3, 3, CEREMONY_PIN_WAS_SHORT, 8, CEREMONY_OK},
		{{"654321", "654321", PIN}, 3, 2, CEREMONY_PIN_WAS_WRONG, 7, CEREMONY_PIN_WRONG},
		{{"654322"}, 3, 2, CEREMONY_PIN_WAS_WRONG, 6, CEREMONY_PIN_WRONG},
		{{"123", NULL}, 3, 2, CEREMONY_PIN_WAS_SHORT, 6, CEREMONY_PIN_SHORT},
		{{"1", "2", PIN}, 3, 2, CEREMONY_PIN_WAS_SHORT, 6, CEREMONY_PIN_SHORT},
		{{"654323", "654324", PIN}, 3, 1, 0, 5, CEREMONY_PIN_BLOCKED},
	};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request))
		for (size_t i = 0; i < sizeof(courses) / sizeof(courses[0]); i++) {
			request.pin_tries = courses[i].tries;
			run_pins(&rig, &request, courses[i].pins, &seen);
			CHECK_END(&seen, courses[i].end);
			CHECK(seen.pins == courses[i].asked);
			CHECK(seen.pin_again == courses[i].again);
			CHECK(seen.result.tries_left == courses[i].left ||
			      seen.result.end == CEREMONY_OK);
		}
	rig_stop(&rig);
}

/* Behind a wrong one they may be the last two, where the key does not say. */
static void pin_tries_unknown(void)
{
	static const char *const options[] = {"--pin=" PIN, "--tell-retries=off", NULL};
	static const char *const typed[] = {"654321", PIN, NULL};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, options, &entry, &request)) {
		request.pin_tries = 3;
		run_pins(&rig, &request, typed, &seen);
		CHECK_END(&seen, CEREMONY_PIN_WRONG);
		CHECK(seen.pins == 1 && seen.pin_tries == 255);
		run_pins(&rig, &request, typed + 1, &seen);
		CHECK(seen.result.end == CEREMONY_OK && seen.pins == 1 && verified(&seen));
	}
	rig_stop(&rig);
}

/* A key has the hash of the composed form (CTAP 2.1, 6.5.1), whatever a keyboard sends. */
static void pin_normal_form(void)
{
	static const struct {
		const char *set, *typed;
		enum ceremony_end end;
	} pins[] = {
		{"caf\xc3\xa9", "cafe\xcc\x81", CEREMONY_OK},
		{"caf\xc3\xa9", "caf\xc3\xa9", CEREMONY_OK},
		/* a ligature stays one: form C, not KC */
		{"\xef\xac\x81sh1", "\xef\xac\x81sh1", CEREMONY_OK},
		{"\xef\xac\x81sh1", "fish1", CEREMONY_PIN_WRONG},
		/* two marks in either order; a Hangul syllable in three letters */
		{"abc\xe1\xba\xad", "abca\xcc\x82\xcc\xa3", CEREMONY_OK},
		{"abc\xea\xb0\x81", "abc\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8", CEREMONY_OK},
		/* no UTF-8 goes as it is */
		{"caf\xe9", "caf\xe9", CEREMONY_OK},
		{"caf\xe9", "caf\xc3\xa9", CEREMONY_PIN_WRONG},
		/* four characters typed, and three of a PIN */
		{PIN, "cae\xcc\x81", CEREMONY_PIN_SHORT},
	};
	struct type_ceremony request;
	struct ceremony_entry entry;
	char set[32];
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request))
		for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
			(void)snprintf(set, sizeof(set), "pin=%s", pins[i].set);
			CHECK(rig_ctl(&rig, set));
			rig_run(&rig, &request, pins[i].typed, 5000, &seen);
			if (!CHECK_END(&seen, pins[i].end))
				printf("# of the PIN %zu\n", i);
		}
	rig_stop(&rig);
}

/* 63 bytes are counted once it is composed; beyond any buffer it is too long as well. */
static void pin_longest(void)
{
	static const char *const e_acute[] = {"\xc3\xa9", "e\xcc\x81"};
	static const struct {
		unsigned n;
		enum ceremony_end end;
	} lengths[] = {{31, CEREMONY_OK}, {32, CEREMONY_PIN_LONG}, {300, CEREMONY_PIN_LONG}};
	struct type_ceremony request;
	struct ceremony_entry entry;
	char set[8 + 2 * 31] = "pin=", typed[3 * 300 + 1];
	struct seen seen;
	struct rig rig;

	for (unsigned i = 0; i < 31; i++)
		strcat(set, e_acute[0]);
	if (prepare(&rig, with_pin, &entry, &request) && CHECK(rig_ctl(&rig, set)))
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			typed[0] = '\0';
			for (unsigned k = 0; k < lengths[i].n; k++)
				strcat(typed, e_acute[1]);
			rig_run(&rig, &request, typed, 5000, &seen);
			CHECK_END(&seen, lengths[i].end);
			CHECK(seen.result.tries_left == 8);
		}
	rig_stop(&rig);
}

/* One try, told before and after; the third in a row needs re-plugging. */
static void pin_wrong(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request)) {
		rig_run(&rig, &request, "654321", 5000, &seen);
		CHECK_END(&seen, CEREMONY_PIN_WRONG);
		CHECK(seen.pins == 1 && seen.pin_tries == 8 && seen.result.tries_left == 7);
		rig_run(&rig, &request, "654321", 5000, &seen);
		CHECK_END(&seen, CEREMONY_PIN_WRONG);
		CHECK(seen.pin_tries == 7 && seen.result.tries_left == 6);
		rig_run(&rig, &request, "654321", 5000, &seen);
		CHECK_END(&seen, CEREMONY_PIN_BLOCKED);
		CHECK(strstr(seen.result.detail, "plug") != NULL && seen.result.tries_left == 5);
	}
	rig_stop(&rig);
}

/* What no PIN can be (a short one, a password of 64 bytes, nothing) costs none. */
static void pin_impossible(void)
{
	static const struct {
		const char *pin;
		enum ceremony_end end;
	} pins[] = {
		{"", CEREMONY_PIN_SHORT},
		{"123", CEREMONY_PIN_SHORT},
		{"correct horse battery staple correct horse battery staple correct",
		 CEREMONY_PIN_LONG},
	};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request))
		for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
			rig_run(&rig, &request, pins[i].pin, 5000, &seen);
			CHECK_END(&seen, pins[i].end);
			CHECK(seen.result.tries_left == 8 && seen.touches == 0);
		}
	rig_stop(&rig);
}

static void pin_refused(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request)) {
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_CANCELLED);
		CHECK(seen.pins == 1 && seen.result.tries_left == 8);
		request.timeout_ms = 300; /* nobody types */
		memset(&seen, 0, sizeof(seen));
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		rig_send(&rig, CEREMONY_GO);
		CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
		CHECK_END(&seen, CEREMONY_NO_TOUCH);
		CHECK(rig_ended_well(&rig, PROMPT_MS));
	}
	rig_stop(&rig);
}

/* Blocked, unset, to be changed: each its own end, and nobody is asked. */
static void pin_of_no_use(void)
{
	static const struct {
		const char *command;
		enum ceremony_end end;
	} states[] = {{"force-pin-change", CEREMONY_PIN_MUST_CHANGE},
		      {"block-pin", CEREMONY_PIN_BLOCKED},
		      {"pin=none", CEREMONY_PIN_UNSET}};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request))
		for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
			CHECK(rig_ctl(&rig, states[i].command));
			rig_run(&rig, &request, PIN, 5000, &seen);
			CHECK_END(&seen, states[i].end);
			CHECK(seen.pins == 0 && seen.touches == 0);
		}
	rig_stop(&rig);
}

static void pin_unsupported(void)
{
	static const char *const options[] = {"--client-pin=off", NULL};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, options, &entry, &request)) {
		rig_run(&rig, &request, PIN, 5000, &seen);
		CHECK_END(&seen, CEREMONY_UNABLE);
	}
	rig_stop(&rig);
}

/* The last try that there is, and it is wrong. */
static void pin_last_try(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request) && CHECK(rig_ctl(&rig, "pin-retries=1"))) {
		rig_run(&rig, &request, "654321", 5000, &seen);
		CHECK_END(&seen, CEREMONY_PIN_WRONG);
		CHECK(seen.pin_tries == 1 && seen.result.tries_left == 0);
	}
	rig_stop(&rig);
}

/* A PIN is set, but only the key itself can make it necessary. */
static void preferred(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request)) {
		request.user_verification = WEBCRED_UV_PREFERRED;
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.pins == 0 && seen.touches == 1 && !verified(&seen));
		CHECK(rig_ctl(&rig, "always-uv=on"));
		request.user_verification = WEBCRED_UV_DISCOURAGED;
		rig_run(&rig, &request, PIN, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.pins == 1 && verified(&seen));
	}
	rig_stop(&rig);
}

static void fingerprint(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_finger, &entry, &request)) {
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.fingerprints == 1 && seen.pins == 0 && verified(&seen));
		CHECK(seen.at_start.can_verify);
		request.user_verification = WEBCRED_UV_PREFERRED;
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.fingerprints == 1 && verified(&seen));
		request.user_verification = WEBCRED_UV_DISCOURAGED;
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.fingerprints == 0 && seen.touches == 1 && !verified(&seen));
	}
	rig_stop(&rig);
}

/* "fingerprint, else PIN, in one go" */
static void fingerprint_then_pin(void)
{
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_finger, &entry, &request)) {
		CHECK(rig_ctl(&rig, "uv=fail"));
		rig_run(&rig, &request, PIN, 8000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.fingerprints >= 1 && seen.pins == 1 && verified(&seen));
		CHECK(rig_ctl(&rig, "uv=blocked"));
		rig_run(&rig, &request, PIN, 8000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.pins == 1 && verified(&seen));
	}
	rig_stop(&rig);
}

/* Keys from before CTAP 2.1, with the first PIN protocol alone. */
static void old_protocols(void)
{
	static const char *const options[] = {"--versions=U2F_V2,FIDO_2_0", "--pin-protocols=1",
					      "--pin=" PIN, NULL};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, options, &entry, &request)) {
		rig_run(&rig, &request, PIN, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.pins == 1 && verified(&seen));
		rig_run(&rig, &request, "000000", 5000, &seen);
		CHECK_END(&seen, CEREMONY_PIN_WRONG);
		CHECK(seen.result.tries_left == 7);
	}
	rig_stop(&rig);
}

const struct test tests_person[] = {
	{"pin-right", pin_right},
	{"pin-wrong", pin_wrong},
	{"pin-tries", pin_tries},
	{"pin-tries-unknown", pin_tries_unknown},
	{"pin-normal-form", pin_normal_form},
	{"pin-longest", pin_longest},
	{"pin-impossible", pin_impossible},
	{"pin-refused", pin_refused},
	{"pin-of-no-use", pin_of_no_use},
	{"pin-unsupported", pin_unsupported},
	{"pin-last-try", pin_last_try},
	{"preferred", preferred},
	{"fingerprint", fingerprint},
	{"fingerprint-then-pin", fingerprint_then_pin},
	{"old-protocols", old_protocols},
	{NULL, NULL},
};
