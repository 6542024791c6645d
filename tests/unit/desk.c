/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/desk.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

struct desk desk;
struct signer desk_signer;
struct policy desk_policy;
struct credential desk_records[DESK_RECORDS];
struct type_login desk_login;
static struct signer stranger;

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
		((uint8_t *)bytes)[i] = desk.zeros ? 0 : next++;
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
	result->signature_len = (uint16_t)signer_sign(lies("signature") ? &stranger : &desk_signer,
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
		&desk_signer, lies("rp") ? "evil.example" : asked->rp_id, desk.flags, desk.counter,
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
	result.matching = desk.end == CEREMONY_BROKEN && !desk.deaf;
	result.result.end = desk.end;
	result.result.tries_left = desk.tries;
	if (desk.detail)
		snprintf(result.result.detail, sizeof(result.result.detail), "%s", desk.detail);
	if (desk.end == CEREMONY_OK && asked->kind == CEREMONY_CREATE) {
		answer_create(asked, &result.result);
	} else if (desk.end == CEREMONY_OK) {
		result.result.end = CEREMONY_NOT_HERE;
		for (size_t i = 0; i < asked->n_entries; i++) {
			const struct credential *record = &desk_records[desk.holds];

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

const struct type_host desk_host = {
	.show = host_show,
	.commit = host_commit,
	.enrol_key = host_enrol,
	.ceremony = host_ceremony,
	.random = host_random,
};

void desk_set_up(size_t n)
{
	memset(&desk, 0, sizeof(desk));
	memset(&desk_policy, 0, sizeof(desk_policy));
	memset(&desk_login, 0, sizeof(desk_login));
	strcpy(desk_policy.rp_id, "host.example");
	strcpy(desk_policy.host, "host.example");
	memset(desk_policy.user_handle, 7, 32);
	desk_policy.user_handle_len = 32;
	desk_policy.timeout_ms = 30000;
	for (size_t i = 0; i < n; i++) {
		uint8_t id[] = {(uint8_t)(i + 1), 'k', 'e', 'y'};

		signer_record(&desk_signer, "host.example", id, sizeof(id), &desk_records[i]);
		desk_records[i].last_used = (int64_t)i;
		desk_records[i].moving = 5;
	}
	desk.end = CEREMONY_OK;
	desk.present = 1;
	desk.flags = PUBLIC_KEY_UP;
	desk.counter = 6;
	desk.judgement.verdict = VERDICT_GRANTED;
	desk_login.policy = &desk_policy;
	desk_login.service = "sudo";
	desk_login.user = "alice";
	desk_login.credentials = desk_records;
	desk_login.n_credentials = n;
	desk_login.may_ask = true;
	desk_login.timeout_ms = 30000;
	desk_login.judgement.verdict = VERDICT_REFUSED;
}

int desk_open(void **state)
{
	(void)state;
	signer_open(&desk_signer, COSE_ES256);
	signer_open(&stranger, COSE_ES256);
	return 0;
}

int desk_close(void **state)
{
	(void)state;
	signer_close(&desk_signer);
	signer_close(&stranger);
	return 0;
}
