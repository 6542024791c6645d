/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pam_sm_chauthtok: a proof at PRELIM_CHECK, the new password at UPDATE.
 *
 * One connection carries both; it stays in the handle in between, close on
 * exec.  The proof is waived by the authority alone, and only for real uid 0
 * without PAM_CHANGE_EXPIRED_AUTHTOK: sshd and login reset expired users as
 * real root, setuid passwd is seen as uid 0 with its user's getuid().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/base/secret.h"
#include "pam_webcred/conversation.h"
#include "pam_webcred/options.h"
#include "pam_webcred/result.h"
#include "pam_webcred/subject.h"

#define PROOF_DATA "webcred-proof"

struct proof {
	struct subject subject;
	struct webcred_container *container;
};

static void proof_free(struct proof *proof)
{
	if (!proof)
		return;
	webcred_container_close(proof->container);
	free(proof);
}

static void cleanup(pam_handle_t *pamh, void *data, int error_status)
{
	(void)pamh;
	(void)error_status;
	proof_free(data);
}

static struct proof *proof_find(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, PROOF_DATA, &data) != PAM_SUCCESS)
		return NULL;
	return (struct proof *)(uintptr_t)data; /* ours, not libpam's */
}

static int build_request(pam_handle_t *pamh, int flags, const struct options *options,
			 struct webcred_request *request)
{
	const void *item = NULL;
	const char *old;
	int r = webcred_request_set_order(request, options->order);

	webcred_request_set_user_verification(request, options->user_verification);
	webcred_request_set_timeout(request, options->timeout_ms);
	webcred_request_set_expired(request, flags & PAM_CHANGE_EXPIRED_AUTHTOK);
	webcred_request_set_explain(request, options->debug);
	if (r != 0 || !(options->try_first_pass || options->use_first_pass))
		return r;
	if (pam_get_item(pamh, PAM_OLDAUTHTOK, &item) != PAM_SUCCESS || !item)
		return 0;
	old = item;
	return webcred_request_set_cached(request, old, strlen(old), options->use_first_pass);
}

/* Opens the container and proves; *ret_proof is the caller's. */
static int prove(pam_handle_t *pamh, int flags, const struct options *options,
		 struct conversation *conversation, struct proof *proof)
{
	struct webcred_mediator mediator = conversation_mediator(conversation);
	struct webcred_request *request = NULL;
	int r = subject_find(pamh, &proof->subject);

	conversation->dead = r == WEBCRED_ABORTED;
	if (r == 0)
		r = subject_open(pamh, &proof->subject, options, &proof->container);
	if (r == 0)
		r = webcred_request_new(&request);
	if (r == 0)
		r = build_request(pamh, flags, options, request);
	if (r == 0) {
		r = webcred_prove(proof->container, request, &mediator);
		subject_log(pamh, &proof->subject, options, proof->container,
			    "proof before a change", r);
	}
	if (r == 0 && !subject_unchanged(pamh, &proof->subject)) {
		pam_syslog(pamh, LOG_ERR, "the user's name changed during the conversation");
		r = WEBCRED_NOT_ALLOWED;
	}
	webcred_request_free(request);
	return r;
}

/* "with a text": the person is told which error it was, and no more. */
static void tell(struct conversation *conversation, int outcome)
{
	char text[128] = "The password cannot be changed here: ";

	if (outcome != WEBCRED_NOT_SUPPORTED && outcome != WEBCRED_NETWORK &&
	    outcome != WEBCRED_INVALID_STATE && outcome != WEBCRED_CONSTRAINT)
		return;
	strncat(text, webcred_outcome_name(outcome), sizeof(text) - strlen(text) - 1);
	(void)conversation_show(conversation, WEBCRED_SHOW_ERROR, text);
}

/* Refused before anything was asked for (nothing enrolled, locked): no secret was
 * judged, so the reason is the person's to know. */
static void tell_why(struct conversation *conversation, const struct proof *proof)
{
	const char *why =
		proof && proof->container ? webcred_container_message(proof->container) : "";

	if (conversation->asked == 0 && !conversation->told && !conversation->dead && why[0])
		(void)conversation_show(conversation, WEBCRED_SHOW_ERROR, why);
}

static void preliminary(pam_handle_t *pamh, int flags, const struct options *options,
			struct conversation *conversation, struct result *result)
{
	struct proof *proof = calloc(1, sizeof(*proof));

	/* A proof of an earlier round is not this one's. */
	(void)pam_set_data(pamh, PROOF_DATA, NULL, NULL);
	result->ran = proof ? prove(pamh, flags, options, conversation, proof) : -ENOMEM;
	tell(conversation, result->ran);
	if (result->ran == WEBCRED_NOT_ALLOWED)
		tell_why(conversation, proof);
	if (proof && proof->container)
		result->status = webcred_container_status(proof->container);
	if (result->ran == 0 && pam_set_data(pamh, PROOF_DATA, proof, cleanup) != PAM_SUCCESS)
		result->ran = -ENOMEM;
	if (result->ran != 0) {
		unsigned delay = proof && proof->container
					 ? webcred_container_fail_delay(proof->container)
					 : 0;

		if (delay > 0 && !conversation_unanswered(conversation))
			(void)pam_fail_delay(pamh, delay);
		proof_free(proof);
		return;
	}
	result->verdict = VERDICT_GRANTED;
}

/* The new password, asked for twice: a typo would lock its owner out. */
static int ask_new(struct conversation *conversation, struct webcred_secret *password)
{
	struct webcred_secret *again = webcred_secret_new();
	size_t len, len_again;
	const void *first, *second;
	int r = again ? 0 : -ENOMEM;

	if (r == 0)
		r = conversation_ask(conversation, WEBCRED_ASK_SECRET, "New password: ", password);
	if (r == 0)
		r = conversation_ask(conversation, WEBCRED_ASK_SECRET,
				     "Retype new password: ", again);
	if (r == 0) {
		first = webcred_secret_get(password, &len);
		second = webcred_secret_get(again, &len_again);
		if (len != len_again || (len > 0 && !secret_equal(first, second, len))) {
			(void)conversation_show(conversation, WEBCRED_SHOW_ERROR,
						"The passwords do not match; nothing was changed.");
			r = WEBCRED_NOT_ALLOWED;
		}
	}
	webcred_secret_free(again);
	return r;
}

static int new_password(pam_handle_t *pamh, const struct options *options,
			struct conversation *conversation, struct webcred_secret *password)
{
	bool must = options->use_authtok || options->use_first_pass;
	const void *item = NULL;
	const char *cached;

	if ((must || options->try_first_pass) &&
	    pam_get_item(pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS && item) {
		cached = item;
		return webcred_secret_set(password, cached, strlen(cached));
	}
	if (!must)
		return ask_new(conversation, password);
	pam_syslog(pamh, LOG_ERR,
		   "use_authtok, but no earlier module asked for a new password: put one "
		   "(pam_pwquality) above this line, or leave the option out");
	return WEBCRED_NOT_ALLOWED;
}

static int store(pam_handle_t *pamh, const struct options *options,
		 struct conversation *conversation, struct proof *proof,
		 const struct webcred_secret *password)
{
	struct webcred_mediator mediator = conversation_mediator(conversation);
	int r = webcred_store(proof->container, password, &mediator);

	subject_log(pamh, &proof->subject, options, proof->container, "storing a password", r);
	/* Too short, and the like, the authority has shown already. */
	tell(conversation, r);
	return r;
}

static void update(pam_handle_t *pamh, const struct options *options,
		   struct conversation *conversation, struct result *result)
{
	struct proof *proof = proof_find(pamh);
	struct webcred_secret *password = webcred_secret_new();
	const void *bytes;
	size_t len = 0;

	result->ran = password ? 0 : -ENOMEM;
	if (!proof || !subject_unchanged(pamh, &proof->subject)) {
		pam_syslog(pamh, LOG_ERR, "no proof stands for this user; nothing was changed");
		result->ran = WEBCRED_NOT_ALLOWED;
	}
	if (result->ran == 0)
		result->ran = new_password(pamh, options, conversation, password);
	if (result->ran == 0) {
		result->ran = store(pamh, options, conversation, proof, password);
		result->status = webcred_container_status(proof->container);
	}
	if (result->ran == 0)
		result->verdict = VERDICT_GRANTED;
	bytes = result->ran == 0 ? webcred_secret_get(password, &len) : NULL;
	/* Changed it is; that a later module must ask again is no failure. */
	if (bytes && pam_set_item(pamh, PAM_AUTHTOK, bytes) != PAM_SUCCESS)
		pam_syslog(pamh, LOG_WARNING, "out of memory: later modules will ask again");
	webcred_secret_free(password);
	(void)pam_set_data(pamh, PROOF_DATA, NULL, NULL);
}

MODULE_ENTRY int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct result result = RESULT_REFUSED;
	struct conversation conversation;
	char error[OPTIONS_ERROR_SIZE];
	struct options options;

	result.ran = options_parse(argc, argv, &options, error, sizeof(error));
	if (result.ran != 0) {
		pam_syslog(pamh, LOG_ERR, "%s", error);
		return result_chauthtok(&result);
	}
	conversation_init(&conversation, pamh, flags & PAM_SILENT);
	if (flags & PAM_PRELIM_CHECK)
		preliminary(pamh, flags, &options, &conversation, &result);
	else if (flags & PAM_UPDATE_AUTHTOK)
		update(pamh, &options, &conversation, &result);
	else
		result.ran = WEBCRED_NOT_SUPPORTED;
	result.conversation_dead = conversation.dead;
	conversation_deinit(&conversation);
	return result_chauthtok(&result);
}
