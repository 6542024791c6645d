/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Assertions: who has it, who touches it, and how it is called off. */
#include <string.h>

#include "tests/device/cases.h"

static const char *const plain[] = {NULL};
static const char *const waiting[] = {"--touch=wait", NULL};

static void get_with(int32_t algorithm)
{
	const struct type_ceremony creation = case_creation(algorithm);
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct ceremony_result created;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	if (case_enrol_by(&rig, &creation, NULL, &entry, &seen)) {
		created = seen.result;
		request = case_request(&entry, 1);
		rig_run(&rig, &request, NULL, 5000, &seen);
		if (CHECK_END(&seen, CEREMONY_OK)) {
			CHECK(case_verify(&created, &request, &seen.result));
			CHECK(strcmp(seen.result.rp_id, RP) == 0);
			CHECK(seen.result.id_len == entry.len &&
			      memcmp(seen.result.id, entry.id, entry.len) == 0);
		}
		CHECK(created.cose_algorithm == algorithm);
		CHECK(seen.at_start.found && seen.at_start.entry == 0 && !seen.at_start.has_pin);
		CHECK(seen.touches == 1 && seen.pins == 0 && !seen.result.id_omitted);
		/* what was signed is what was asked for */
		request.client_data_hash[0] ^= 1;
		CHECK(!case_verify(&created, &request, &seen.result));
	}
	rig_stop(&rig);
}

static void get_es256(void)
{
	get_with(-7);
}

static void get_eddsa(void)
{
	get_with(-8);
}

static void get_rs256(void)
{
	get_with(-257);
}

/* One rig, one enrolled entry, and a key that now waits for its touch. */
static bool enrol_then_wait(struct rig *rig, struct ceremony_entry *entry)
{
	rig_start(rig, plain);
	return case_enrol(rig, -7, NULL, entry) && CHECK(rig_ctl(rig, "touch=wait"));
}

static void touch_settles_it(void)
{
	struct seen seen = {0};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry)) {
		request = case_request(&entry, 1);
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		CHECK(rig_next(&rig, 300, &seen) == 0); /* nothing blinks before GO */
		rig_send(&rig, CEREMONY_GO);
		CHECK(rig_until(&rig, CEREMONY_TOUCH, PROMPT_MS, &seen));
		CHECK(rig_ctl(&rig, "wait-touch=2000") && rig_ctl(&rig, "touch"));
		CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(rig_ended_well(&rig, PROMPT_MS));
	}
	rig_stop(&rig);
}

static void wrong_key(void)
{
	const struct ceremony_entry stranger = case_stranger(RP, 64, 9);
	const struct type_ceremony request = case_request(&stranger, 1);
	struct seen seen;
	struct rig rig;

	rig_start(&rig, waiting);
	rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_NOT_HERE);
	CHECK(seen.present && !seen.at_start.found && seen.touches == 0);
	CHECK(!rig_logged(&rig, "touch-wait"));
	rig_stop(&rig);
}

static void untouched(void)
{
	struct seen seen;
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry)) {
		request = case_request(&entry, 1);
		request.timeout_ms = 700;
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_NO_TOUCH);
		CHECK(seen.touches == 1 && seen.took_ms >= 650 && seen.took_ms < 1500);
		/* it does not go on blinking */
		CHECK(rig_logged(&rig, "cancel-received") &&
		      !rig_logged(&rig, "cancel-received idle"));
		CHECK(!rig_ctl(&rig, "touch"));
	}
	rig_stop(&rig);
}

/* `how` 0: CANCEL; 1: the end of the channel. */
static void cancel_at_touch(int how)
{
	struct seen seen = {0};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry)) {
		int64_t start;

		request = case_request(&entry, 1);
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		rig_send(&rig, CEREMONY_GO);
		CHECK(rig_until(&rig, CEREMONY_TOUCH, PROMPT_MS, &seen));
		CHECK(rig_ctl(&rig, "wait-touch=2000"));
		start = wire_clock();
		if (how == 0) {
			rig_send(&rig, CEREMONY_CANCEL);
			CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
			CHECK_END(&seen, CEREMONY_CANCELLED);
		} else {
			rig_hang_up(&rig);
		}
		CHECK(rig_ended_well(&rig, PROMPT_MS));
		CHECK(wire_clock() - start < 400);
		CHECK(rig_logged(&rig, "cancel-received") &&
		      !rig_logged(&rig, "cancel-received idle"));
		CHECK(!rig_ctl(&rig, "touch"));
		/* and its channel is free: the next login finds it ready */
		CHECK(rig_ctl(&rig, "touch=auto"));
		rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
		CHECK_END(&seen, CEREMONY_OK);
	}
	rig_stop(&rig);
}

static void cancel_by_word(void)
{
	cancel_at_touch(0);
}

static void cancel_by_hanging_up(void)
{
	cancel_at_touch(1);
}

static void cancel_before_go(void)
{
	struct seen seen = {0};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry)) {
		request = case_request(&entry, 1);
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		rig_send(&rig, CEREMONY_CANCEL);
		CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
		CHECK_END(&seen, CEREMONY_CANCELLED);
		CHECK(seen.touches == 0 && rig_ended_well(&rig, PROMPT_MS));
	}
	rig_stop(&rig);
}

static void unplug(bool at_touch)
{
	struct seen seen = {0};
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry)) {
		int64_t start;

		request = case_request(&entry, 1);
		rig_begin(&rig, &request);
		CHECK(rig_until(&rig, CEREMONY_PRESENT, PROMPT_MS, &seen));
		if (at_touch) {
			rig_send(&rig, CEREMONY_GO);
			CHECK(rig_until(&rig, CEREMONY_TOUCH, PROMPT_MS, &seen));
		}
		start = wire_clock();
		(void)rig_ctl(&rig, "unplug");
		CHECK(rig_until(&rig, CEREMONY_DONE, PROMPT_MS, &seen));
		CHECK_END(&seen, CEREMONY_UNPLUGGED);
		CHECK(wire_clock() - start < 1000);
		CHECK(rig_ended_well(&rig, PROMPT_MS));
	}
	rig_stop(&rig);
}

static void unplug_at_touch(void)
{
	unplug(true);
}

static void unplug_before_go(void)
{
	unplug(false);
}

static void declined(void)
{
	struct seen seen;
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry) && CHECK(rig_ctl(&rig, "touch=refuse"))) {
		request = case_request(&entry, 1);
		rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
		CHECK_END(&seen, CEREMONY_DECLINED);
	}
	rig_stop(&rig);
}

/* 67 */
static void id_omitted(void)
{
	static const char *const options[] = {"--omit-id=on", NULL};
	struct seen seen;
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	rig_start(&rig, options);
	if (case_enrol(&rig, -7, NULL, &entry)) {
		request = case_request(&entry, 1);
		rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.result.id_omitted && seen.result.id_len == entry.len &&
		      memcmp(seen.result.id, entry.id, entry.len) == 0);
	}
	rig_stop(&rig);
}

/* Twelve entries under three rpIds, the imported one among them last (59). */
static void many_entries(void)
{
	struct type_ceremony creation = case_creation(-7), request;
	struct ceremony_entry entry[CEREMONY_ENTRIES_MAX];
	struct ceremony_result created;
	struct seen seen;
	struct rig rig;

	(void)strcpy(creation.rp_id, "pam://host");
	rig_start(&rig, plain);
	for (uint8_t i = 0; i < 11; i++)
		entry[i] = case_stranger(i % 3 == 0 ? "ssh:" : RP, i < 5 ? 1023 : 48, i);
	if (case_enrol_by(&rig, &creation, NULL, &entry[11], &seen)) {
		created = seen.result;
		request = case_request(entry, 12);
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.at_start.found && seen.at_start.entry == 11);
		CHECK(strcmp(seen.result.rp_id, "pam://host") == 0);
		CHECK(case_verify(&created, &request, &seen.result));
	}
	rig_stop(&rig);
}

/* 71: only where an administrator enrolled it so. */
static void no_touch(void)
{
	struct seen seen;
	struct type_ceremony request;
	struct ceremony_entry entry;
	struct rig rig;

	if (enrol_then_wait(&rig, &entry)) {
		entry.no_touch = true;
		request = case_request(&entry, 1);
		rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.touches == 0 && seen.result.auth_data_len >= 37);
		CHECK((seen.result.auth_data[32] & 0x01) == 0); /* it does not claim one */
	}
	rig_stop(&rig);
}

/* 69: no list, a discoverable credential, and whose it is. */
static void discoverable(void)
{
	struct type_ceremony creation = case_creation(-7), request = case_request(NULL, 0);
	struct ceremony_entry entry;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, plain);
	rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
	CHECK_END(&seen, CEREMONY_NOT_HERE);
	creation.resident = true;
	if (case_enrol_by(&rig, &creation, NULL, &entry, &seen)) {
		creation.user_id[0] = 77; /* another account of this host */
		CHECK(case_enrol_by(&rig, &creation, NULL, &entry, &seen));
		rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.result.user_handle_len == 32 && seen.result.user_handle[0] == 77);
		request.user_id_len = 32;
		memcpy(request.user_id, case_creation(-7).user_id, 32);
		rig_run(&rig, &request, NULL, PROMPT_MS, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.result.user_handle_len == 32 && seen.result.user_handle[0] == 1);
	}
	rig_stop(&rig);
}

/* An old key: no CBOR, no keepalives, no CANCEL. */
static void u2f(void)
{
	static const char *const options[] = {"--u2f-only=on", NULL};
	struct type_ceremony creation = case_creation(0), request;
	struct ceremony_entry entry[2];
	struct ceremony_result created;
	struct seen seen;
	struct rig rig;

	rig_start(&rig, options);
	entry[0] = case_stranger(RP, 64, 3);
	if (case_enrol_by(&rig, &creation, NULL, &entry[1], &seen)) {
		created = seen.result;
		CHECK(created.cose_algorithm == -7 && created.transports == TRANSPORT_USB);
		request = case_request(entry, 2);
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_OK);
		CHECK(seen.at_start.entry == 1 && case_verify(&created, &request, &seen.result));
		CHECK(rig_ctl(&rig, "touch=wait"));
		request.timeout_ms = 700;
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_NO_TOUCH);
		CHECK(seen.took_ms < 1500);
		request.n_entries = 1; /* the stranger alone */
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_NOT_HERE);
		request.n_entries = 2;
		request.user_verification = WEBCRED_UV_REQUIRED;
		rig_run(&rig, &request, NULL, 5000, &seen);
		CHECK_END(&seen, CEREMONY_UNABLE);
	}
	rig_stop(&rig);
}

const struct test tests_get[] = {
	{"get-es256", get_es256},
	{"get-eddsa", get_eddsa},
	{"get-rs256", get_rs256},
	{"touch-settles-it", touch_settles_it},
	{"wrong-key", wrong_key},
	{"untouched", untouched},
	{"cancel-by-word", cancel_by_word},
	{"cancel-by-hanging-up", cancel_by_hanging_up},
	{"cancel-before-go", cancel_before_go},
	{"unplug-at-touch", unplug_at_touch},
	{"unplug-before-go", unplug_before_go},
	{"declined", declined},
	{"id-omitted", id_omitted},
	{"many-entries", many_entries},
	{"no-touch", no_touch},
	{"discoverable", discoverable},
	{"u2f", u2f},
	{NULL, NULL},
};
