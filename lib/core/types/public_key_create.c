/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_create - enrolling a security key (behaviours 72 to 79). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/types/public_key.h"
#include "lib/core/types/public_key_check.h"

/* Behaviour 73. */
static const int32_t create_algorithms[] = {COSE_ES256, COSE_EDDSA, COSE_RS256};
#define N_ALGORITHMS (sizeof(create_algorithms) / sizeof(create_algorithms[0]))

struct enrolment {
	struct ceremony_entry exclude[CEREMONY_ENTRIES_MAX];
	size_t n_exclude;
	size_t n_keys; /* that the account has */
	struct type_ceremony ceremony;
	struct public_key_own own;
	struct type_ceremony_result result;
	struct credential record;
};

/* Behaviour 76.  A list longer than one message is cut; what it would have
 * caught is a second record of one key, which harms nobody. */
static void create_exclude(const struct type_creation *creation, struct enrolment *enrolment)
{
	for (size_t i = creation->credentials != NULL ? creation->n_credentials : 0; i > 0; i--) {
		const struct credential *record = &creation->credentials[i - 1];

		if (record->type != WEBCRED_TYPE_PUBLIC_KEY || record->external_len == 0)
			continue;
		enrolment->n_keys++;
		if (enrolment->n_exclude < CEREMONY_ENTRIES_MAX)
			public_key_entry(record, &enrolment->exclude[enrolment->n_exclude++]);
	}
}

static int create_prepare(const struct type_host *host, const struct policy *policy,
			  const struct type_creation *creation, struct enrolment *enrolment)
{
	struct type_ceremony *ceremony = &enrolment->ceremony;
	int result = public_key_own_make(host, policy, creation->service, true, &enrolment->own);

	if (result != 0)
		return result;
	create_exclude(creation, enrolment);
	ceremony->kind = CEREMONY_CREATE;
	snprintf(ceremony->rp_id, sizeof(ceremony->rp_id), "%s", policy->rp_id);
	memcpy(ceremony->client_data_hash, enrolment->own.hash, sizeof(enrolment->own.hash));
	ceremony->user_verification = (enum webcred_user_verification)creation->user_verification;
	ceremony->resident = creation->resident;
	/* Only what is attested says of which model it is (78). */
	ceremony->attest = creation->attest || policy->models.n > 0;
	ceremony->pin_tries = policy->pin_tries;
	ceremony->timeout_ms = policy->timeout_ms;
	memcpy(ceremony->user_id, policy->user_handle, policy->user_handle_len);
	ceremony->user_id_len = policy->user_handle_len;
	snprintf(ceremony->user_name, sizeof(ceremony->user_name), "%s",
		 creation->user != NULL && creation->user[0] != '\0' ? creation->user : "account");
	ceremony->n_algorithms = N_ALGORITHMS;
	memcpy(ceremony->algorithm, create_algorithms, sizeof(create_algorithms));
	ceremony->n_entries = (uint8_t)enrolment->n_exclude;
	ceremony->entry = enrolment->exclude;
	return 0;
}

/* Behaviours 74 to 76. */
static int create_outcome(const struct type_ceremony_result *result)
{
	if (result->present == 0)
		return WEBCRED_NOT_ALLOWED;
	switch (result->result.end) {
	case CEREMONY_EXCLUDED:
		return WEBCRED_INVALID_STATE;
	case CEREMONY_UNABLE:
	case CEREMONY_PIN_UNSET:
		return WEBCRED_CONSTRAINT;
	case CEREMONY_OK: /* is judged instead */
	case CEREMONY_NOT_HERE:
	case CEREMONY_NO_TOUCH:
	case CEREMONY_DECLINED:
	case CEREMONY_PIN_WRONG:
	case CEREMONY_PIN_BLOCKED:
	case CEREMONY_UNPLUGGED:
	case CEREMONY_BUSY:
	case CEREMONY_BROKEN:
	case CEREMONY_CANCELLED:
	case CEREMONY_PIN_MUST_CHANGE:
	case CEREMONY_PIN_SHORT:
	case CEREMONY_PIN_LONG:
		break;
	}
	return WEBCRED_NOT_ALLOWED;
}

/* Behaviour 78.  A key that attests nothing has said nothing about itself. */
static enum verdict create_model(const struct policy *policy, const struct ceremony_result *answer,
				 const struct credential *record, char *ret_reason)
{
	if (policy->models.n == 0)
		return VERDICT_GRANTED;
	for (size_t i = 0; i < policy->models.n && strcmp(answer->format, "none") != 0; i++)
		if (memcmp(policy->models.aaguid[i], record->aaguid, sizeof(record->aaguid)) == 0)
			return VERDICT_GRANTED;
	snprintf(ret_reason, TYPE_REASON_MAX, "%s",
		 strcmp(answer->format, "none") == 0
			 ? "this key does not attest its model, and [devices] models asks for it"
			 : "model: not one of [devices] models");
	return VERDICT_REFUSED;
}

static enum verdict create_verify(const struct policy *policy, const struct type_creation *creation,
				  struct enrolment *enrolment, char *ret_reason)
{
	const struct ceremony_result *answer = &enrolment->result.result;
	struct public_key_creation expected = {
		.context = public_key_own_context(&enrolment->own),
		.rp_id = policy->rp_id,
		.user_verification = creation->user_verification == WEBCRED_UV_REQUIRED,
		.no_touch = creation->no_touch,
		.attest = enrolment->ceremony.attest,
		.algorithm = create_algorithms,
		.n_algorithms = N_ALGORITHMS,
	};
	struct public_key_attestation response = {
		.id = {answer->id, answer->id_len},
		.auth_data = {answer->auth_data, answer->auth_data_len},
		.client_data = {(const uint8_t *)enrolment->own.client_data,
				enrolment->own.client_data_len},
		.format = answer->format,
		.statement = {answer->attestation, answer->attestation_len},
	};

	if (public_key_register(&expected, &response, &enrolment->record, ret_reason) !=
	    VERDICT_GRANTED)
		return VERDICT_REFUSED;
	return create_model(policy, answer, &enrolment->record, ret_reason);
}

/* Behaviour 79: what only the ceremony knows. */
static void create_complete(const struct type_host *host, const struct type_creation *creation,
			    struct enrolment *enrolment)
{
	struct credential *record = &enrolment->record;
	const struct ceremony_result *answer = &enrolment->result.result;

	host->random(host->context, record->id, sizeof(record->id));
	if (creation->label[0] != '\0')
		snprintf(record->label, sizeof(record->label), "%s", creation->label);
	else if (enrolment->n_keys == 0)
		snprintf(record->label, sizeof(record->label), "security key");
	else
		snprintf(record->label, sizeof(record->label), "security key %zu",
			 enrolment->n_keys + 1);
	record->transports = answer->transports;
	record->uv_initialized = record->uv_initialized || answer->uv_initialized;
	record->resident = creation->resident;
}

static int create_run(const struct type_host *host, const struct policy *policy,
		      const struct type_creation *creation, struct enrolment *enrolment,
		      struct credential *ret_credential)
{
	const struct type_ceremony_result *result = &enrolment->result;
	char reason[TYPE_REASON_MAX], text[TYPE_REASON_MAX + 64];
	int r = create_prepare(host, policy, creation, enrolment);

	if (r == 0)
		r = host->ceremony(host->context, &enrolment->ceremony, &enrolment->result);
	if (r != 0)
		return r;
	if (result->present == 0 || result->result.end != CEREMONY_OK) {
		r = public_key_tell_end(host, result, true, creation->user);
		return r < 0 ? r : create_outcome(result);
	}
	if (create_verify(policy, creation, enrolment, reason) != VERDICT_GRANTED) {
		snprintf(text, sizeof(text), "The new credential was not accepted: %s.", reason);
		r = host->show(host->context, WEBCRED_SHOW_ERROR, text);
		return r < 0 ? r : WEBCRED_NOT_ALLOWED;
	}
	create_complete(host, creation, enrolment);
	return host->enrol_key(host->context, &enrolment->record, ret_credential);
}

int public_key_create(const struct type_host *host, const struct policy *policy,
		      const struct type_creation *creation, struct credential *ret_credential)
{
	struct enrolment *enrolment;
	int result;

	if (creation->kind != KIND_WEBAUTHN && creation->kind != KIND_NONE)
		return WEBCRED_NOT_SUPPORTED;
	if (creation->user_verification > WEBCRED_UV_DISCOURAGED ||
	    (creation->label[0] != '\0' && !text_label_valid(creation->label, WIRE_LABEL_MAX)))
		return WEBCRED_TYPE_ERROR;
	if (!public_key_rp_id_valid(policy->rp_id)) /* 58 */
		return WEBCRED_SECURITY;
	if (creation->agent)
		return public_key_agent_create(host, policy, creation, ret_credential);
	if (policy->remote) {
		result = host->show(host->context, WEBCRED_SHOW_ERROR,
				    "A remote session has no key at this machine. Enrol the key at "
				    "its console, or with --transport ssh-agent.");
		return result < 0 ? result : WEBCRED_NOT_ALLOWED;
	}
	/* 72: the handle is the account's, and exists before its first key does. */
	if (policy->user_handle_len < 1 || policy->user_handle_len > sizeof(policy->user_handle))
		return -ENODATA;
	enrolment = calloc(1, sizeof(*enrolment));
	if (enrolment == NULL)
		return -ENOMEM;
	result = create_run(host, policy, creation, enrolment, ret_credential);
	free(enrolment);
	return result;
}
