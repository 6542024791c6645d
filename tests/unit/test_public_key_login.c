/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The type public-key, with a host whose key signs truly (by libcrypto) or lies
 * as the test wants; behaviours 30, 38, 55, 58, 63, 67 to 79.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

#define RECORDS 30

/* What the key does, and what the type did with it. */
struct desk {
	/* in */
	enum ceremony_end end;
	unsigned present;
	int run_result; /* of the ceremony itself */
	size_t holds;	/* index of the record whose key is plugged in */
	uint8_t flags;
	uint32_t counter;
	const char *lie; /* "signature", "id", "rp", "challenge", "handle" */
	struct type_judgement judgement;
	int commit_result, enrol_result, show_result;
	uint8_t tries;
	/* out */
	unsigned ceremonies, commits, enrols, shows;
	struct type_ceremony asked;
	struct ceremony_entry entry[CEREMONY_ENTRIES_MAX];
	struct type_change change;
	struct credential enrolled;
	char shown[512];
};

static struct desk desk;
static struct signer signer, stranger;
static struct policy policy;
static struct credential records[RECORDS];
static struct type_login login;

static int host_show(void *context, enum webcred_show kind, const char *text)
{
	(void)context;
	assert_int_equal(kind, WEBCRED_SHOW_ERROR);
	desk.shows++;
	snprintf(desk.shown, sizeof(desk.shown), "%s", text);
	return desk.show_result;
}

static void host_random(void *context, void *bytes, size_t len)
{
	static uint8_t next = 1;

	(void)context;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = next++;
}

static int host_commit(void *context, const struct type_change *change,
		       struct type_judgement *ret_judgement)
{
	(void)context;
	desk.commits++;
	desk.change = *change;
	*ret_judgement = desk.judgement;
	memcpy(ret_judgement->id, change->id, sizeof(change->id));
	return desk.commit_result;
}

static int host_enrol(void *context, const struct credential *record,
		      struct credential *ret_credential)
{
	(void)context;
	desk.enrols++;
	desk.enrolled = *record;
	*ret_credential = *record;
	return desk.enrol_result;
}

static bool lies(const char *about)
{
	return desk.lie != NULL && strcmp(desk.lie, about) == 0;
}

/* Signs the hash that the ceremony carries: a key never sees client data. */
static void sign(const uint8_t hash[32], struct ceremony_result *result)
{
	uint8_t message[CEREMONY_AUTHDATA_MAX + 32];

	memcpy(message, result->auth_data, result->auth_data_len);
	memcpy(message + result->auth_data_len, hash, 32);
	if (lies("challenge"))
		message[result->auth_data_len] ^= 1;
	result->signature_len = (uint16_t)signer_sign(lies("signature") ? &stranger : &signer,
						      message, result->auth_data_len + 32u,
						      result->signature, sizeof(result->signature));
}

static void answer_get(const struct type_ceremony *asked, const struct credential *record,
		       struct ceremony_result *result)
{
	signer_auth_data(lies("rp") ? "evil.example" : record->rp_id, desk.flags, desk.counter,
			 result->auth_data);
	result->auth_data_len = 37;
	result->id_len = record->external_len;
	memcpy(result->id, record->external, record->external_len);
	if (lies("id"))
		result->id[0] ^= 0xff;
	if (lies("omitted"))
		result->id_len = 0;
	if (lies("handle")) {
		memcpy(result->user_handle, "somebody else", 13);
		result->user_handle_len = 13;
	}
	sign(asked->client_data_hash, result);
}

static void answer_create(const struct type_ceremony *asked, struct ceremony_result *result)
{
	static const uint8_t new_id[] = "a new credential";

	result->auth_data_len = (uint16_t)signer_attested(
		&signer, lies("rp") ? "evil.example" : asked->rp_id, desk.flags, desk.counter,
		new_id, sizeof(new_id), result->auth_data, sizeof(result->auth_data));
	memcpy(result->id, new_id, sizeof(new_id));
	result->id_len = sizeof(new_id);
	if (lies("id"))
		result->id[0] ^= 1;
	strcpy(result->format, "none");
	result->attestation[0] = 0xa0;
	result->attestation_len = 1;
	result->transports = TRANSPORT_USB | TRANSPORT_NFC;
	result->uv_initialized = true;
}

static int host_ceremony(void *context, const struct type_ceremony *asked,
			 struct type_ceremony_result *ret_result)
{
	static struct type_ceremony_result result;

	(void)context;
	desk.ceremonies++;
	desk.asked = *asked;
	memcpy(desk.entry, asked->entry, asked->n_entries * sizeof(desk.entry[0]));
	if (desk.run_result != 0)
		return desk.run_result;
	memset(&result, 0, sizeof(result));
	result.present = desk.present;
	result.result.end = desk.end;
	result.result.tries_left = desk.tries;
	if (desk.end == CEREMONY_OK && asked->kind == CEREMONY_CREATE) {
		answer_create(asked, &result.result);
	} else if (desk.end == CEREMONY_OK) {
		result.result.end = CEREMONY_NOT_HERE;
		for (size_t i = 0; i < asked->n_entries; i++) {
			const struct credential *record = &records[desk.holds];

			if (asked->entry[i].len != record->external_len ||
			    memcmp(asked->entry[i].id, record->external, record->external_len) != 0)
				continue;
			result.matching = 1;
			result.result.end = CEREMONY_OK;
			answer_get(asked, record, &result.result);
		}
	}
	*ret_result = result;
	return 0;
}

static const struct type_host host = {
	.show = host_show,
	.commit = host_commit,
	.enrol_key = host_enrol,
	.ceremony = host_ceremony,
	.random = host_random,
};

/* A good login: one record, its key plugged in and touched. */
static void set_up(size_t n)
{
	memset(&desk, 0, sizeof(desk));
	memset(&policy, 0, sizeof(policy));
	memset(&login, 0, sizeof(login));
	strcpy(policy.rp_id, "host.example");
	strcpy(policy.host, "host.example");
	memset(policy.user_handle, 7, 32);
	policy.user_handle_len = 32;
	policy.timeout_ms = 30000;
	for (size_t i = 0; i < n; i++) {
		uint8_t id[] = {(uint8_t)(i + 1), 'k', 'e', 'y'};

		signer_record(&signer, "host.example", id, sizeof(id), &records[i]);
		records[i].last_used = (int64_t)i;
		records[i].moving = 5;
	}
	desk.end = CEREMONY_OK;
	desk.present = 1;
	desk.flags = PUBLIC_KEY_UP;
	desk.counter = 6;
	desk.judgement.verdict = VERDICT_GRANTED;
	login.policy = &policy;
	login.service = "sudo";
	login.user = "alice";
	login.credentials = records;
	login.n_credentials = n;
	login.may_ask = true;
	login.timeout_ms = 30000;
	login.judgement.verdict = VERDICT_REFUSED;
}

static enum webcred_status get(void)
{
	login.judgement.verdict = VERDICT_REFUSED;
	return type_public_key.get(&host, &login);
}

static void refused(enum webcred_status status, const char *reason, const char *shown)
{
	assert_int_equal(get(), status);
	assert_int_equal(login.judgement.verdict, VERDICT_REFUSED);
	assert_string_equal(login.reason, reason);
	assert_string_equal(desk.shown, shown);
	assert_int_equal(desk.commits, 0);
}

static void test_success(void **state)
{
	(void)state;
	set_up(1);
	desk.flags |= PUBLIC_KEY_UV;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(login.judgement.verdict, VERDICT_GRANTED);
	assert_true(login.asked);
	assert_true(login.user_verified);
	assert_int_equal(desk.commits, 1);
	assert_int_equal(desk.change.read_moving, 5);
	assert_int_equal(desk.change.moving, 6);
	assert_true(desk.change.user_verified);
	assert_false(desk.change.silent);
	assert_memory_equal(desk.change.id, records[0].id, WIRE_ID_SIZE);
	assert_string_equal(desk.entry[0].rp_id, "host.example");
	assert_int_equal(desk.asked.kind, CEREMONY_GET);
	assert_int_equal(desk.asked.timeout_ms, 30000);
	assert_string_equal(login.reason, "");
}

/* The verdict is the commit's, not the signature's. */
static void test_commit_decides(void **state)
{
	(void)state;
	set_up(1);
	desk.judgement.verdict = VERDICT_REFUSED;
	strcpy(desk.judgement.reason, "the record was removed");
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(login.judgement.verdict, VERDICT_REFUSED);
	assert_string_equal(login.reason, "the record was removed");
	set_up(1);
	desk.commit_result = -EIO;
	assert_int_equal(get(), WEBCRED_STATUS_FAULT);
	assert_int_equal(login.judgement.verdict, VERDICT_REFUSED);
	assert_int_equal(login.result, -EIO);
	set_up(1);
	desk.commit_result = WEBCRED_NOT_ALLOWED;
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(login.judgement.verdict, VERDICT_REFUSED);
}

/* 30, 38, 55: nothing blinks. */
static void test_nothing_asked(void **state)
{
	(void)state;
	set_up(0);
	refused(WEBCRED_STATUS_NOTFOUND, "no security key is enrolled", "");
	set_up(1);
	records[0].locked = true;
	refused(WEBCRED_STATUS_NOTFOUND, "no security key is enrolled", "");
	set_up(1);
	login.may_ask = false;
	refused(WEBCRED_STATUS_UNAVAIL, "nobody may be asked to touch a key", "");
	set_up(1);
	login.cached_only = true;
	refused(WEBCRED_STATUS_UNAVAIL, "nobody may be asked to touch a key", "");
	set_up(1);
	policy.remote = true;
	refused(WEBCRED_STATUS_UNAVAIL, "a remote session has no key at this machine", "");
	set_up(0);
	login.pretend = true;
	refused(WEBCRED_STATUS_NOTALLOWED, "no security key is enrolled", "");
	login.may_ask = false;
	refused(WEBCRED_STATUS_UNAVAIL, "nobody may be asked to touch a key", "");
	assert_int_equal(desk.ceremonies, 0);
	assert_false(login.asked);
}

static void test_ends(void **state)
{
	static const struct {
		enum ceremony_end end;
		uint8_t tries;
		enum webcred_status status;
		const char *reason, *shown;
	} cases[] = {
		{CEREMONY_NOT_HERE, 255, WEBCRED_STATUS_UNAVAIL,
		 "no enrolled credential on the key", "This key is not enrolled for alice."},
		{CEREMONY_NO_TOUCH, 255, WEBCRED_STATUS_TRYAGAIN, "not touched in time",
		 "The key was not touched in time."},
		{CEREMONY_DECLINED, 255, WEBCRED_STATUS_NOTALLOWED, "declined",
		 "The request was declined on the key."},
		{CEREMONY_PIN_WRONG, 5, WEBCRED_STATUS_NOTALLOWED, "wrong PIN",
		 "Wrong PIN: 5 tries left."},
		{CEREMONY_PIN_WRONG, 1, WEBCRED_STATUS_NOTALLOWED, "wrong PIN",
		 "Wrong PIN: 1 try left."},
		{CEREMONY_PIN_WRONG, 255, WEBCRED_STATUS_NOTALLOWED, "wrong PIN", "Wrong PIN."},
		{CEREMONY_PIN_BLOCKED, 0, WEBCRED_STATUS_UNAVAIL, "PIN blocked",
		 "The PIN of this key is blocked. It must be reset; use another way to log in."},
		{CEREMONY_PIN_BLOCKED, 4, WEBCRED_STATUS_UNAVAIL, "PIN blocked",
		 "Too many wrong PINs in a row. Unplug the key and plug it in again."},
		{CEREMONY_PIN_UNSET, 255, WEBCRED_STATUS_UNAVAIL, "no PIN set",
		 "This key has no PIN yet, and one is required. Set one first."},
		{CEREMONY_PIN_MUST_CHANGE, 255, WEBCRED_STATUS_UNAVAIL, "PIN must be changed",
		 "The PIN of this key must be changed before it can be used."},
		{CEREMONY_UNPLUGGED, 255, WEBCRED_STATUS_UNAVAIL, "unplugged",
		 "The key was unplugged."},
		{CEREMONY_BUSY, 255, WEBCRED_STATUS_UNAVAIL, "busy",
		 "Another program is using the key."},
		{CEREMONY_BROKEN, 255, WEBCRED_STATUS_NOTALLOWED, "invalid answer",
		 "The key's answer was not valid."},
		{CEREMONY_CANCELLED, 255, WEBCRED_STATUS_NOTALLOWED, "cancelled", ""},
		{(enum ceremony_end)0, 255, WEBCRED_STATUS_UNAVAIL, "no key answered", ""},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		set_up(1);
		desk.end = cases[i].end;
		desk.tries = cases[i].tries;
		refused(cases[i].status, cases[i].reason, cases[i].shown);
	}
	set_up(1); /* 63: and not a word about it */
	desk.present = 0;
	desk.end = (enum ceremony_end)0;
	refused(WEBCRED_STATUS_UNAVAIL, "no security key is plugged in", "");
	set_up(1); /* a host that says OK without a key */
	desk.present = 0;
	refused(WEBCRED_STATUS_UNAVAIL, "no security key is plugged in", "");
}

static void test_host_ends(void **state)
{
	(void)state;
	set_up(1);
	desk.run_result = WEBCRED_ABORTED;
	assert_int_equal(get(), WEBCRED_STATUS_NOTALLOWED);
	assert_int_equal(login.result, WEBCRED_ABORTED);
	set_up(1);
	desk.run_result = -EPROTO;
	assert_int_equal(get(), WEBCRED_STATUS_FAULT);
	assert_int_equal(login.result, -EPROTO);
	set_up(1);
	desk.end = CEREMONY_NO_TOUCH;
	desk.show_result = -EPIPE;
	assert_int_equal(get(), WEBCRED_STATUS_FAULT);
	assert_int_equal(login.judgement.verdict, VERDICT_REFUSED);
}

static void test_lies(void **state)
{
	static const struct {
		const char *lie, *reason, *shown;
	} cases[] = {
		{"signature", "signature: does not verify", "The key's answer was not valid."},
		{"challenge", "signature: does not verify", "The key's answer was not valid."},
		{"rp", "authenticator data: for another relying party id",
		 "The key's answer was not valid."},
		{"id", "credential id: not one that was asked for",
		 "The key's answer was not valid."},
		{"handle", "user handle: another account's", "The key's answer was not valid."},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
		set_up(2);
		desk.lie = cases[i].lie;
		refused(WEBCRED_STATUS_NOTALLOWED, cases[i].reason, cases[i].shown);
	}
	set_up(1);
	desk.flags = 0;
	refused(WEBCRED_STATUS_NOTALLOWED, "authenticator data: user not present",
		"The key's answer was not valid.");
	set_up(1);
	desk.counter = 5;
	refused(WEBCRED_STATUS_NOTALLOWED, "signature counter: did not rise, a clone may exist",
		"The key's answer was not valid.");
	set_up(1);
	login.user_verification = WEBCRED_UV_REQUIRED;
	refused(WEBCRED_STATUS_NOTALLOWED, "authenticator data: user not verified",
		"The key's answer was not valid.");
	set_up(2); /* the first of two, left out: it could be either (67) */
	desk.lie = "omitted";
	refused(WEBCRED_STATUS_NOTALLOWED, "credential id: not one that was asked for",
		"The key's answer was not valid.");
	set_up(1);
	desk.lie = "omitted";
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
}

/* What the policy lets pass never lowers the counter. */
static void test_counter_never_falls(void **state)
{
	(void)state;
	set_up(1);
	policy.counter = COUNTER_WARN;
	desk.counter = 2;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.change.read_moving, 5);
	assert_int_equal(desk.change.moving, 5);
	assert_string_equal(login.reason, "signature counter: did not rise, a clone may exist");
}

/* "No limit": more keys than one message holds, the last used first. */
static void test_many(void **state)
{
	(void)state;
	set_up(RECORDS);
	desk.holds = RECORDS - 1;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.ceremonies, 1);
	set_up(RECORDS);
	desk.holds = 0;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.ceremonies, 3);
	assert_memory_equal(desk.change.id, records[0].id, WIRE_ID_SIZE);
	set_up(RECORDS);
	desk.holds = 0;
	records[0].locked = true;
	refused(WEBCRED_STATUS_UNAVAIL, "no enrolled credential on the key",
		"This key is not enrolled for alice.");
	assert_int_equal(desk.ceremonies, 3);
	set_up(RECORDS);
	desk.end = CEREMONY_NO_TOUCH; /* one was there: no further ceremony */
	refused(WEBCRED_STATUS_TRYAGAIN, "not touched in time", "The key was not touched in time.");
	assert_int_equal(desk.ceremonies, 1);
}

/* Each ceremony has a challenge of its own, bound to service and host (70). */
static void test_fresh_challenge(void **state)
{
	uint8_t first[32];

	(void)state;
	set_up(1);
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	memcpy(first, desk.asked.client_data_hash, 32);
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_memory_not_equal(first, desk.asked.client_data_hash, 32);
}

static void test_strength(void **state)
{
	(void)state;
	set_up(1);
	login.minimum_strength = 5; /* a key with user verification */
	desk.flags |= PUBLIC_KEY_UV;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_int_equal(desk.asked.user_verification, WEBCRED_UV_REQUIRED);
	set_up(1);
	login.minimum_strength = 5;
	refused(WEBCRED_STATUS_NOTALLOWED, "authenticator data: user not verified",
		"The key's answer was not valid.");
	set_up(1);
	login.minimum_strength = 6;
	refused(WEBCRED_STATUS_NOTFOUND, "no enrolled key is proof enough for this change", "");
}

/* 59: an imported record is asked for, and verified, under its own rpId. */
static void test_imported(void **state)
{
	(void)state;
	set_up(2);
	strcpy(records[0].rp_id, "pam://host");
	records[0].kind = KIND_PAM_U2F;
	records[0].moving = 0;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_string_equal(desk.entry[1].rp_id, "pam://host");
	assert_string_equal(desk.entry[0].rp_id, "host.example");
}

static void test_no_touch(void **state)
{
	(void)state;
	set_up(1);
	records[0].no_touch = true;
	desk.flags = 0;
	assert_int_equal(get(), WEBCRED_STATUS_SUCCESS);
	assert_true(desk.entry[0].no_touch);
	assert_string_equal(login.reason, "no touch: enrolled so by an administrator");
}

/* ---- create ---------------------------------------------------------------------- */

static struct type_creation creation;
static struct credential created;

static int create(void)
{
	memset(&created, 0, sizeof(created));
	return type_public_key.create(&host, &policy, &creation, &created);
}

static void set_up_create(void)
{
	set_up(2);
	memset(&creation, 0, sizeof(creation));
	creation.user = "alice";
	creation.service = "webcred";
	creation.credentials = records;
	creation.n_credentials = 2;
	desk.counter = 9;
}

static void test_create(void **state)
{
	(void)state;
	set_up_create();
	creation.resident = true;
	strcpy(creation.label, "green");
	desk.flags |= PUBLIC_KEY_BE | PUBLIC_KEY_BS;
	assert_int_equal(create(), 0);
	assert_int_equal(desk.asked.kind, CEREMONY_CREATE);
	assert_int_equal(desk.asked.user_id_len, 32); /* 72: the account's handle */
	assert_memory_equal(desk.asked.user_id, policy.user_handle, 32);
	assert_string_equal(desk.asked.user_name, "alice");
	assert_true(desk.asked.resident);
	assert_int_equal(desk.asked.n_algorithms, 3); /* 73 */
	assert_int_equal(desk.asked.algorithm[0], COSE_ES256);
	assert_int_equal(desk.asked.algorithm[1], COSE_EDDSA);
	assert_int_equal(desk.asked.algorithm[2], COSE_RS256);
	assert_int_equal(desk.asked.n_entries, 2); /* 76 */
	/* 79 */
	assert_int_equal(created.type, WEBCRED_TYPE_PUBLIC_KEY);
	assert_int_equal(created.kind, KIND_WEBAUTHN);
	assert_string_equal(created.rp_id, "host.example");
	assert_string_equal(created.label, "green");
	assert_int_equal(created.cose_algorithm, COSE_ES256);
	assert_int_equal(created.moving, 9);
	assert_int_equal(created.external_len, 17);
	assert_int_equal(created.key_len, signer.cose_len);
	assert_memory_equal(created.key, signer.cose, signer.cose_len);
	assert_int_equal(created.aaguid[15], 0xaa);
	assert_int_equal(created.transports, TRANSPORT_USB | TRANSPORT_NFC);
	assert_true(created.uv_initialized);
	assert_true(created.backup_eligible);
	assert_true(created.backup_state);
	assert_true(created.resident);
	assert_false(created.no_touch);
	set_up_create();
	assert_int_equal(create(), 0);
	assert_string_equal(created.label, "security key 3");
}

static void create_refused(int outcome, const char *shown)
{
	assert_int_equal(create(), outcome);
	assert_string_equal(desk.shown, shown);
	assert_int_equal(desk.enrols, 0);
	assert_int_equal(created.type, 0);
}

static void test_create_refused(void **state)
{
	(void)state;
	set_up_create();
	desk.flags = 0;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: user not present.");
	set_up_create();
	creation.no_touch = true; /* created by a touch all the same */
	desk.flags = 0;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: user not present.");
	set_up_create();
	creation.user_verification = WEBCRED_UV_REQUIRED;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: user not verified.");
	set_up_create();
	desk.lie = "rp";
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: for another relying party id.");
	set_up_create();
	desk.lie = "id";
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: credential id: "
					    "differs from the authenticator data's.");
	set_up_create();
	desk.flags = PUBLIC_KEY_UP | PUBLIC_KEY_BS;
	create_refused(WEBCRED_NOT_ALLOWED, "The new credential was not accepted: authenticator "
					    "data: backed up, and not eligible for it.");
}

static void test_create_ends(void **state)
{
	(void)state;
	set_up_create(); /* 74 */
	desk.present = 0;
	create_refused(WEBCRED_NOT_ALLOWED, "No security key is plugged in.");
	set_up_create(); /* 75 */
	desk.end = CEREMONY_UNABLE;
	create_refused(WEBCRED_CONSTRAINT, "This key cannot do what is asked of it.");
	desk.end = CEREMONY_PIN_UNSET;
	create_refused(WEBCRED_CONSTRAINT,
		       "This key has no PIN yet, and one is required. Set one first.");
	desk.end = CEREMONY_EXCLUDED; /* 76 */
	create_refused(WEBCRED_INVALID_STATE, "This key is enrolled already.");
	desk.end = CEREMONY_NO_TOUCH;
	create_refused(WEBCRED_NOT_ALLOWED, "The key was not touched in time.");
	set_up_create(); /* 79: registered for somebody */
	desk.enrol_result = WEBCRED_INVALID_STATE;
	assert_int_equal(create(), WEBCRED_INVALID_STATE);
	set_up_create();
	desk.run_result = -EIO;
	create_refused(-EIO, "");
}

static void test_create_asked_wrongly(void **state)
{
	(void)state;
	set_up_create();
	creation.kind = KIND_TOTP;
	create_refused(WEBCRED_NOT_SUPPORTED, "");
	set_up_create();
	creation.user_verification = 9;
	create_refused(WEBCRED_TYPE_ERROR, "");
	set_up_create();
	strcpy(creation.label, "a\nb");
	create_refused(WEBCRED_TYPE_ERROR, "");
	set_up_create(); /* 58 */
	strcpy(policy.rp_id, "192.0.2.1");
	create_refused(WEBCRED_SECURITY, "");
	set_up_create(); /* 72 */
	policy.user_handle_len = 0;
	create_refused(-ENODATA, "");
	assert_int_equal(desk.ceremonies, 0);
}

/* ---- texts ------------------------------------------------------------------------- */

static void test_texts(void **state)
{
	char text[PUBLIC_KEY_TEXT_MAX];

	(void)state;
	public_key_touch_text("blue", false, text, sizeof(text));
	assert_string_equal(text, "Touch the key labelled blue.");
	public_key_touch_text("", true, text, sizeof(text));
	assert_string_equal(text, "Put your finger on your security key.");
	public_key_pin_text("blue", 8, false, text, sizeof(text));
	assert_string_equal(text, "PIN of the key labelled blue (8 tries left): ");
	public_key_pin_text(NULL, 255, false, text, sizeof(text));
	assert_string_equal(text, "PIN of your security key: ");
	public_key_pin_text("blue", 1, true, text, sizeof(text));
	assert_string_equal(text, "Wrong PIN. PIN of the key labelled blue (1 try left): ");
	public_key_touch_text("a\x1b[31m", false, text, sizeof(text));
	assert_null(strchr(text, 0x1b));
}

static int open_keys(void **state)
{
	(void)state;
	signer_open(&signer, COSE_ES256);
	signer_open(&stranger, COSE_ES256);
	return 0;
}

static int close_keys(void **state)
{
	(void)state;
	signer_close(&signer);
	signer_close(&stranger);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_success),
		cmocka_unit_test(test_commit_decides),
		cmocka_unit_test(test_nothing_asked),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_host_ends),
		cmocka_unit_test(test_lies),
		cmocka_unit_test(test_counter_never_falls),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_fresh_challenge),
		cmocka_unit_test(test_strength),
		cmocka_unit_test(test_imported),
		cmocka_unit_test(test_no_touch),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_refused),
		cmocka_unit_test(test_create_ends),
		cmocka_unit_test(test_create_asked_wrongly),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
