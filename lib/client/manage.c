/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* A proof, and the one change that may follow it on the same connection. */
#include "lib/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/core/credential.h" /* enum credential_kind: the wire names it */

/* Leaves the connection open in call->fd only if the proof stands. */
static int prove(struct call *call, const struct webcred_request *request)
{
	struct webcred_container *container = call->container;
	int r = request_put(container, request, &call->mediator);

	if (r == 0)
		r = connect_open(container, WIRE_MANAGE, &call->fd);
	if (r != 0)
		return r;
	call->rules = CALL_MAY_ASK | CALL_MAY_PROVE;
	r = call_send(call);
	if (r == 0)
		r = call_converse(call);
	if (r == 0 && call->proved)
		return 0;
	if (r == 0)
		r = call_result(call);
	/* A RESULT in place of PROVED is a refusal, even one without a reason. */
	if (r == 0)
		r = WEBCRED_NOT_ALLOWED;
	(void)close(call->fd);
	call->fd = -1;
	return r;
}

static void drop_proof(struct webcred_container *container)
{
	if (container->proved_fd >= 0)
		(void)close(container->proved_fd);
	container->proved_fd = -1;
}

PUBLIC int webcred_prove(struct webcred_container *container, const struct webcred_request *request,
			 const struct webcred_mediator *mediator)
{
	struct call call = {
		.container = container, .fd = -1, .patience_ms = request_patience(request)};
	int r = container_enter(container);

	if (r != 0)
		return r;
	drop_proof(container);
	r = call_take_mediator(&call, mediator);
	if (r == 0)
		r = prove(&call, request);
	if (r == 0) {
		container->proved_fd = call.fd;
		container->proved_patience_ms = call.patience_ms;
		container->status = WEBCRED_STATUS_SUCCESS;
	}
	return container_leave(container, r);
}

/* The proof that stands, or a new one. */
static int proof_take(struct call *call)
{
	struct webcred_container *container = call->container;

	if (container->proved_fd < 0)
		return prove(call, NULL);
	call->fd = container->proved_fd;
	call->patience_ms = container->proved_patience_ms;
	container->proved_fd = -1;
	return 0;
}

static int change_send(struct call *call, const struct wire_change *change)
{
	struct webcred_container *container = call->container;
	int r;

	if (!wire_put_change(&container->out, change)) {
		wire_wipe(&container->out);
		container_say(container, "the change does not fit into one message");
		return WEBCRED_TYPE_ERROR;
	}
	call->rules = CALL_MAY_ASK;
	r = call_send(call);
	if (r == 0)
		r = call_converse(call);
	if (r == 0)
		r = call_result(call);
	return call_done(call, r);
}

/* Proof, change, RESULT; each change is used up by its connection. */
static int change_run(struct webcred_container *container, const struct wire_change *change,
		      const struct webcred_mediator *mediator,
		      struct webcred_credential **ret_credential)
{
	struct call call = {
		.container = container, .fd = -1, .patience_ms = CLIENT_PATIENCE_MAX_MS};
	struct webcred_credential *credential = NULL;
	int r = call_take_mediator(&call, mediator);

	if (r == 0)
		r = proof_take(&call);
	if (r != 0)
		return r;
	r = change_send(&call, change);
	(void)close(call.fd);
	if (r != 0 || !ret_credential)
		return r;
	if (container->result.has_credential) {
		credential = credential_new(&container->result, false);
		if (!credential)
			return -ENOMEM;
	}
	*ret_credential = credential;
	return 0;
}

static int change_call(struct webcred_container *container, const struct wire_change *change,
		       const struct webcred_mediator *mediator)
{
	int r = container_enter(container);

	if (r != 0)
		return r;
	return container_leave(container, change_run(container, change, mediator, NULL));
}

/* ---- create ------------------------------------------------------------- */

static const char *or_default(const char *word, const char *otherwise)
{
	return word && word[0] ? word : otherwise;
}

static uint8_t algorithm_parse(const char *word)
{
	static const struct {
		const char *word;
		enum credential_algorithm algorithm;
	} table[] = {{"sha1", ALGORITHM_SHA1},
		     {"sha256", ALGORITHM_SHA256},
		     {"sha512", ALGORITHM_SHA512}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(word, table[i].word) == 0)
			return (uint8_t)table[i].algorithm;
	}
	return 0;
}

static const char *creation_otp(const struct webcred_creation *creation, struct wire_change *change)
{
	const char *backend = or_default(creation->backend, "totp");

	if (strcmp(backend, "recovery") == 0) {
		change->backend = KIND_RECOVERY;
		if (creation->count > UINT8_MAX)
			return "count: at most 255 recovery codes";
		change->count = (uint8_t)(creation->count ? creation->count : 10);
		return NULL;
	}
	if (strcmp(backend, "totp") != 0 && strcmp(backend, "hotp") != 0)
		return "backend: totp, hotp or recovery";
	change->backend = strcmp(backend, "totp") == 0 ? KIND_TOTP : KIND_HOTP;
	change->algorithm = algorithm_parse(or_default(creation->algorithm, "sha1"));
	if (change->algorithm == 0)
		return "algorithm: sha1, sha256 or sha512";
	if (creation->digits != 0 && (creation->digits < 6 || creation->digits > 8))
		return "digits: 6, 7 or 8";
	change->digits = (uint8_t)(creation->digits ? creation->digits : 6);
	if (change->backend != KIND_TOTP)
		return NULL;
	if (creation->period > UINT16_MAX)
		return "period: at most 65535 seconds";
	change->period = (uint16_t)(creation->period ? creation->period : 30);
	return NULL;
}

static const char *creation_key(const struct webcred_creation *creation, struct wire_change *change)
{
	const char *attestation = or_default(creation->attestation, "none");

	const char *transport = or_default(creation->transport, "device");

	if (strcmp(attestation, "none") != 0 && strcmp(attestation, "direct") != 0)
		return "attestation: none or direct";
	if (strcmp(transport, "device") != 0 && strcmp(transport, "ssh-agent") != 0)
		return "transport: device or ssh-agent";
	change->backend = KIND_WEBAUTHN;
	change->user_verification = (uint8_t)creation->user_verification;
	if (change->user_verification > WEBCRED_UV_DISCOURAGED)
		change->user_verification = WEBCRED_UV_PREFERRED; /* as if absent (64) */
	if (creation->resident)
		change->flags |= WIRE_CREATE_RESIDENT;
	if (creation->no_touch)
		change->flags |= WIRE_CREATE_NO_TOUCH;
	if (strcmp(attestation, "direct") == 0)
		change->flags |= WIRE_CREATE_ATTEST;
	if (strcmp(transport, "ssh-agent") == 0)
		change->flags |= WIRE_CREATE_AGENT;
	return NULL;
}

/* *ret_why: what is wrong, for the message. */
static int creation_check(const struct webcred_creation *creation, struct wire_change *change,
			  const char **ret_why)
{
	const char *mistake = NULL;

	*ret_why = "nothing to create: no type was named";
	if (!creation)
		return WEBCRED_NOT_SUPPORTED;
	*ret_why = "a creation of another version of webcred.h";
	if (creation->size != sizeof(*creation))
		return WEBCRED_TYPE_ERROR;
	change->kind = WIRE_CHANGE_CREATE;
	change->type = (uint8_t)creation->type;
	if (creation->label && creation->label[0] &&
	    !text_label_valid(creation->label, WIRE_LABEL_MAX))
		mistake = "label: printable, at most 63 bytes";
	else if (creation->type == WEBCRED_TYPE_OTP)
		mistake = creation_otp(creation, change);
	else if (creation->type == WEBCRED_TYPE_PUBLIC_KEY)
		mistake = creation_key(creation, change);
	else {
		/* Behaviours 8, 47, 49: a password comes in by store(). */
		*ret_why = "nothing to create of this type; a password is stored";
		return WEBCRED_NOT_SUPPORTED;
	}
	*ret_why = mistake;
	if (mistake)
		return WEBCRED_TYPE_ERROR;
	(void)snprintf(change->label, sizeof(change->label), "%s", or_default(creation->label, ""));
	return 0;
}

/*
 * Behaviours 46 and 47: the signal is looked at after the types here, and ahead
 * of them only where no type was named at all.
 */
static int creation_enter(struct webcred_container *container,
			  const struct webcred_creation *creation, int mistake)
{
	bool typeless = !creation || (creation->size == sizeof(*creation) &&
				      creation->type == WEBCRED_TYPE_NONE);
	int r;

	if (!container)
		return WEBCRED_INVALID_STATE;
	if (mistake == 0 || typeless)
		return container_enter(container);
	r = container_claim(container);
	return r == 0 ? 0 : mistake;
}

PUBLIC int webcred_create(struct webcred_container *container,
			  const struct webcred_creation *creation,
			  const struct webcred_mediator *mediator,
			  struct webcred_credential **ret_credential)
{
	struct wire_change change = {0};
	const char *why;
	int mistake = creation_check(creation, &change, &why);
	int r = creation_enter(container, creation, mistake);

	if (r != 0)
		return r;
	if (mistake != 0) {
		container_say(container, "%s", why);
		return container_leave(container, mistake);
	}
	r = change_run(container, &change, mediator, ret_credential);
	return container_leave(container, r);
}

/* ---- the other changes -------------------------------------------------- */

static int refuse(struct webcred_container *container, const char *why)
{
	int r = container_enter(container);

	if (r != 0)
		return r;
	container_say(container, "%s", why);
	return container_leave(container, WEBCRED_TYPE_ERROR);
}

PUBLIC int webcred_store(struct webcred_container *container, const struct webcred_secret *password,
			 const struct webcred_mediator *mediator)
{
	struct wire_change change = {.kind = WIRE_CHANGE_STORE_PASSWORD};
	int r;

	if (!password || secret_len(password) == 0)
		return refuse(container, "an empty password is none");
	change.secret = secret_new_from(secret_bytes(password), secret_len(password));
	if (!change.secret)
		return -ENOMEM;
	r = change_call(container, &change, mediator);
	wire_change_deinit(&change);
	return r;
}

PUBLIC int webcred_rename(struct webcred_container *container, const uint8_t *id, const char *label,
			  const struct webcred_mediator *mediator)
{
	struct wire_change change = {.kind = WIRE_CHANGE_RENAME, .has_id = true};

	if (!id || !text_label_valid(label, WIRE_LABEL_MAX))
		return refuse(container, "label: 1 to 63 printable bytes");
	memcpy(change.id, id, sizeof(change.id));
	(void)snprintf(change.label, sizeof(change.label), "%s", label);
	return change_call(container, &change, mediator);
}

PUBLIC int webcred_remove(struct webcred_container *container, const uint8_t *id,
			  const struct webcred_mediator *mediator)
{
	struct wire_change change = {.kind = WIRE_CHANGE_REMOVE, .has_id = true};

	if (!id)
		return refuse(container, "no credential named");
	memcpy(change.id, id, sizeof(change.id));
	return change_call(container, &change, mediator);
}

PUBLIC int webcred_invite(struct webcred_container *container, uint32_t seconds,
			  const struct webcred_mediator *mediator)
{
	const struct wire_change change = {.kind = WIRE_CHANGE_INVITE, .number = seconds};

	return change_call(container, &change, mediator);
}

PUBLIC int webcred_lock(struct webcred_container *container, bool locked)
{
	const struct wire_change change = {.kind = WIRE_CHANGE_LOCK, .number = locked ? 1 : 0};

	return change_call(container, &change, NULL);
}

PUBLIC int webcred_remove_all(struct webcred_container *container,
			      const struct webcred_mediator *mediator)
{
	const struct wire_change change = {.kind = WIRE_CHANGE_REMOVE_ALL};

	return change_call(container, &change, mediator);
}

PUBLIC int webcred_import(struct webcred_container *container, const char *record,
			  const struct webcred_mediator *mediator)
{
	struct wire_change change = {.kind = WIRE_CHANGE_IMPORT};

	if (!record || !record[0] || strlen(record) > WIRE_TEXT_MAX)
		return refuse(container, "a record to import has 1 to 4095 bytes");
	(void)snprintf(change.text, sizeof(change.text), "%s", record);
	return change_call(container, &change, mediator);
}
