/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* PINs and fingerprints: what is asked for, how often, and what it costs. */
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
	static const char *const pins[] = {
		"", "123", "correct horse battery staple correct horse battery staple correct"};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	if (prepare(&rig, with_pin, &entry, &request))
		for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
			rig_run(&rig, &request, pins[i], 5000, &seen);
			CHECK_END(&seen, CEREMONY_PIN_WRONG);
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
	{"pin-right", pin_right},	    {"pin-wrong", pin_wrong},
	{"pin-impossible", pin_impossible}, {"pin-refused", pin_refused},
	{"pin-of-no-use", pin_of_no_use},   {"pin-unsupported", pin_unsupported},
	{"pin-last-try", pin_last_try},	    {"preferred", preferred},
	{"fingerprint", fingerprint},	    {"fingerprint-then-pin", fingerprint_then_pin},
	{"old-protocols", old_protocols},   {NULL, NULL},
};
