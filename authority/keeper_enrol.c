/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_enrol - one-time codes, recovery codes and security keys come in:
 * begun, shown, and stored only once the person has proved that they have it.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/codec.h"

#define ENROL_SEED_SIZE 20 /* RFC 4226 recommends 160 bits */
#define ENROL_CODES_MAX 25 /* what struct type_enrolment has room for */

void keeper_enrolment_free(struct keeper_enrolment *enrolment)
{
	if (!enrolment)
		return;
	free(enrolment->code);
	sodium_memzero(enrolment, sizeof(*enrolment));
	free(enrolment);
}

int keeper_account(struct keeper *keeper, struct client *client)
{
	uint8_t handle[STORE_HANDLE_SIZE];
	int r;

	if (client->known)
		return 0;
	if (client->barred || client->pin.uid == UINT32_MAX)
		return STORE_CONFLICT;
	memcpy(handle, client->account.handle, sizeof(handle)); /* as keys were told */
	r = keeper_write(keeper);
	if (r == 0)
		r = keeper->store->ops->account_add(keeper->store, client->pin.name,
						    client->pin.uid, handle, keeper_now(),
						    &client->account);
	if (r == 0)
		client->known = true;
	return r;
}

void keeper_answer_credential(struct keeper *keeper, struct client *client,
			      const struct credential *credential)
{
	wire_begin(&keeper->out, (enum wire_message)ANSWER_CREDENTIAL);
	credential_put(&keeper->out, credential);
	keeper_answer(keeper, client);
}

static void enrol_seed_size(uint8_t algorithm, size_t *ret_len)
{
	/* RFC 6238: a seed as long as the hash. */
	*ret_len = algorithm == ALGORITHM_SHA512   ? 64
		   : algorithm == ALGORITHM_SHA256 ? 32
						   : ENROL_SEED_SIZE;
}

static bool enrol_creation_valid(const struct type_creation *creation)
{
	if (creation->kind == KIND_RECOVERY)
		return creation->count >= 1 && creation->count <= ENROL_CODES_MAX;
	if (creation->kind != KIND_TOTP && creation->kind != KIND_HOTP)
		return false;
	if (creation->algorithm < ALGORITHM_SHA1 || creation->algorithm > ALGORITHM_SHA512)
		return false;
	if (creation->digits < 6 || creation->digits > 8)
		return false;
	return creation->kind == KIND_HOTP || (creation->period >= 15 && creation->period <= 120);
}

static void enrol_record(struct keeper *keeper, const struct type_creation *creation,
			 struct store_record *record)
{
	struct credential *credential = &record->credential;

	randombytes_buf(credential->id, sizeof(credential->id));
	credential->type = WEBCRED_TYPE_OTP;
	credential->kind = creation->kind;
	strcpy(credential->label, creation->label);
	strcpy(credential->rp_id, keeper->rp_id);
	credential->created = keeper_now();
	if (creation->kind == KIND_RECOVERY) {
		credential->moving = creation->count;
		return;
	}
	credential->algorithm = creation->algorithm;
	credential->digits = creation->digits;
	credential->period = creation->kind == KIND_TOTP ? creation->period : 0;
}

static int enrol_make_codes(struct keeper *keeper, struct keeper_enrolment *enrolment,
			    uint8_t count, char *text, size_t size)
{
	char shown[20], canonical[OTP_RECOVERY_LEN + 1];
	uint8_t random[10], i;
	size_t at = 0;

	enrolment->code = calloc(count, sizeof(*enrolment->code));
	if (!enrolment->code)
		return -ENOMEM;
	for (i = 0; i < count && at + sizeof(shown) < size; i++) {
		randombytes_buf(random, sizeof(random));
		otp_recovery_text(random, shown);
		if (!otp_recovery_canonical(shown, strlen(shown), canonical))
			return -EIO;
		otp_recovery_hash(keeper->key_recovery, canonical, enrolment->code[i]);
		at += (size_t)snprintf(text + at, size - at, "%s%s", i ? "\n" : "", shown);
	}
	enrolment->n_codes = i;
	sodium_memzero(random, sizeof(random));
	sodium_memzero(shown, sizeof(shown));
	sodium_memzero(canonical, sizeof(canonical));
	return i == count ? 0 : -EMSGSIZE;
}

static int enrol_make_seed(struct keeper *keeper, struct client *client,
			   struct keeper_enrolment *enrolment, char *uri, size_t uri_size,
			   char *text, size_t size)
{
	const struct credential *credential = &enrolment->record.credential;
	const char *issuer = keeper->conf.issuer[0] ? keeper->conf.issuer : keeper->host;

	enrol_seed_size(credential->algorithm, &enrolment->seed_len);
	randombytes_buf(enrolment->seed, enrolment->seed_len);
	if (codec_base32_encode(enrolment->seed, enrolment->seed_len, text, size) < 0)
		return -EMSGSIZE;
	return otp_uri(credential, enrolment->seed, enrolment->seed_len, issuer, client->pin.name,
		       uri, uri_size);
}

void keeper_enrol_begin(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct type_creation creation;
	struct keeper_enrolment *enrolment;
	char uri[1024] = "", text[ENROL_CODES_MAX * 20 + 1] = "";
	int r;

	if (!question_get_creation(in, &creation) || !enrol_creation_valid(&creation) ||
	    !text_label_valid(creation.label, WIRE_LABEL_MAX)) {
		keeper_refuse(
			keeper, client, WEBCRED_TYPE_ERROR,
			"digits are 6 to 8, a period 15 to 120 seconds, recovery codes 1 to 25, "
			"a label at most 63 printable bytes");
		return;
	}
	if (!keeper_has_key(keeper, client))
		return;
	enrolment = calloc(1, sizeof(*enrolment));
	if (!enrolment) {
		keeper_fault(keeper, client, -ENOMEM, "no memory for an enrolment");
		return;
	}
	enrol_record(keeper, &creation, &enrolment->record);
	r = creation.kind == KIND_RECOVERY
		    ? enrol_make_codes(keeper, enrolment, creation.count, text, sizeof(text))
		    : enrol_make_seed(keeper, client, enrolment, uri, sizeof(uri), text,
				      sizeof(text));
	if (r < 0) {
		keeper_enrolment_free(enrolment);
		keeper_fault(keeper, client, r, "an enrolment could not begin");
		return;
	}
	keeper_enrolment_free(client->enrolment);
	client->enrolment = enrolment;
	wire_begin(&keeper->out, (enum wire_message)ANSWER_ENROLMENT);
	wire_put_str(&keeper->out, uri);
	wire_put_str(&keeper->out, text);
	keeper_answer(keeper, client);
	sodium_memzero(uri, sizeof(uri));
	sodium_memzero(text, sizeof(text));
}

/* The confirming code, judged as a login's would be; it is used up by it. */
static bool enrol_confirms(struct keeper *keeper, struct keeper_enrolment *enrolment,
			   const struct webcred_secret *code)
{
	struct credential *credential = &enrolment->record.credential;
	struct otp_match match = {.verdict = VERDICT_REFUSED};

	otp_check(credential, enrolment->seed, enrolment->seed_len, secret_bytes(code),
		  secret_len(code), keeper_now(), &keeper->conf.windows, &match);
	if (match.verdict != VERDICT_GRANTED)
		return false;
	credential->moving = match.moving;
	credential->drift = match.drift;
	return true;
}

/* A new set of recovery codes takes the place of the old ones. */
struct enrol_old {
	uint8_t id[8][WIRE_ID_SIZE];
	unsigned n;
};

static int enrol_find_old(void *context, const struct store_record *record)
{
	struct enrol_old *old = context;

	if (record->credential.kind == KIND_RECOVERY && old->n < 8)
		memcpy(old->id[old->n++], record->credential.id, WIRE_ID_SIZE);
	return 0;
}

static int enrol_replace_codes(struct keeper *keeper, struct client *client)
{
	struct store *store = keeper->store;
	struct enrol_old old = {.n = 0};
	unsigned i;
	int r = store->ops->record_each(store, client->account.number, enrol_find_old, &old);

	for (i = 0; r >= 0 && i < old.n; i++)
		r = store->ops->record_remove(store, client->account.number, old.id[i]);
	return r < 0 ? r : 0;
}

static int enrol_write(struct keeper *keeper, struct client *client,
		       struct keeper_enrolment *enrolment)
{
	struct store *store = keeper->store;
	unsigned i;
	int r = keeper_account(keeper, client);

	if (r == 0)
		r = keeper_write(keeper);
	if (r != 0)
		return r;
	enrolment->record.account = client->account.number;
	if (enrolment->n_codes)
		r = enrol_replace_codes(keeper, client);
	else
		r = seal_record(keeper->seal, &client->account, &enrolment->record, enrolment->seed,
				enrolment->seed_len);
	if (r == 0)
		r = store->ops->record_add(store, &enrolment->record);
	for (i = 0; r == 0 && i < enrolment->n_codes; i++)
		r = store->ops->code_add(store, enrolment->record.credential.id,
					 enrolment->code[i]);
	return r;
}

static void enrol_answer(struct keeper *keeper, struct client *client,
			 const struct credential *credential, int r, const char *what)
{
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "an enrolment could not be stored");
		return;
	}
	if (r > 0) {
		keeper_note(client, "create", "refused", credential, 0, what);
		keeper_refuse(keeper, client, WEBCRED_INVALID_STATE, what);
		return;
	}
	client->proved = false; /* one proof, one change */
	strcpy(client->audit_on_commit, "create");
	client->note =
		(struct audit_note){.result = "done", .type = credential->type, .has_id = true};
	memcpy(client->note.id, credential->id, sizeof(client->note.id));
	strcpy(client->note.label, credential->label);
	snprintf(client->note.reason, sizeof(client->note.reason), "%s",
		 credential_kind_name(credential->kind));
	keeper_answer_credential(keeper, client, credential);
}

void keeper_enrol_finish(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct webcred_secret *code = wire_get_secret(in);
	struct keeper_enrolment *enrolment = client->enrolment;

	if (!wire_done(in) || !code || !enrolment) {
		client->closing = true;
		secret_free(code);
		return;
	}
	/* The store may have been replaced since it began. */
	if (!keeper_has_key(keeper, client)) {
		secret_free(code);
		return;
	}
	secret_trim(code);
	if (!enrolment->n_codes && !enrol_confirms(keeper, enrolment, code)) {
		keeper_note(client, "create", "refused", &enrolment->record.credential, 0,
			    "the confirming code was wrong");
		keeper_refuse(
			keeper, client, WEBCRED_NOT_ALLOWED,
			"That code is not the app's. Nothing was stored; is the clock right?");
	} else {
		enrol_answer(keeper, client, &enrolment->record.credential,
			     enrol_write(keeper, client, enrolment),
			     "another account has this name or this uid");
	}
	keeper_enrolment_free(enrolment);
	client->enrolment = NULL;
	secret_free(code);
}

/* What no ceremony makes comes from an administrator alone: a key at this machine
 * has an id, one behind an ssh agent tells none. */
static bool enrol_ceremony_makes(const struct credential *credential)
{
	return !credential->no_touch &&
	       (credential->kind == KIND_WEBAUTHN ||
		(credential->kind == KIND_SSH_SK && credential->external_len == 0));
}

void keeper_enrol_key(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	struct store_record record;
	int r;

	memset(&record, 0, sizeof(record));
	if (!credential_get(in, &record.credential) || !wire_done(in) ||
	    record.credential.type != WEBCRED_TYPE_PUBLIC_KEY ||
	    (!enrol_ceremony_makes(&record.credential) && !client->waived)) {
		client->closing = true;
		return;
	}
	randombytes_buf(record.credential.id, sizeof(record.credential.id));
	record.credential.created = keeper_now();
	r = keeper_account(keeper, client);
	if (r == 0)
		r = keeper_write(keeper);
	if (r == 0) {
		record.account = client->account.number;
		r = keeper->store->ops->record_add(keeper->store, &record);
	}
	enrol_answer(keeper, client, &record.credential, r, "this key is enrolled already");
}
