/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* pam_sm_authenticate: one request, one credential, one mark. */
#include <errno.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "pam_webcred/conversation.h"
#include "pam_webcred/mark.h"
#include "pam_webcred/options.h"
#include "pam_webcred/result.h"
#include "pam_webcred/subject.h"

struct login {
	pam_handle_t *pamh;
	int flags;
	const void *line;
	struct options options;
	struct subject subject;
	struct conversation conversation;
	struct webcred_container *container;
	struct webcred_request *request;
	struct webcred_credential *credential;
};

/* A password that an earlier module collected (design: silent access, a). */
static int request_cached(struct login *login)
{
	const void *item = NULL;
	const char *cached;

	if (!login->options.try_first_pass && !login->options.use_first_pass)
		return 0;
	if (pam_get_item(login->pamh, PAM_AUTHTOK, &item) == PAM_SUCCESS && item) {
		cached = item;
		return webcred_request_set_cached(login->request, cached, strlen(cached),
						  login->options.use_first_pass);
	}
	/* None there, and nothing else may be asked for: what is left is silence. */
	if (login->options.use_first_pass) {
		pam_syslog(login->pamh, LOG_NOTICE,
			   "use_first_pass, but no earlier module collected a password");
		webcred_request_set_mediation(login->request, WEBCRED_MEDIATION_SILENT);
	}
	return 0;
}

/* What this handle already holds makes no second factor. */
static int request_excludes(struct login *login)
{
	int r = 0;

	for (struct mark *mark = mark_first(login->pamh); mark && r == 0; mark = mark->next)
		r = webcred_request_exclude(login->request, mark->type, mark->id, sizeof(mark->id));
	return r;
}

/* What sshd has verified.  In sudo and su the PAM environment may hold what a
 * user wrote; sshd is root and nobody else. */
static int request_ssh_auth(struct login *login)
{
	const char *text =
		geteuid() == 0 && getuid() == 0 ? pam_getenv(login->pamh, "SSH_AUTH_INFO_0") : NULL;

	if (text && webcred_request_set_ssh_auth(login->request, text) != 0)
		pam_syslog(login->pamh, LOG_WARNING,
			   "SSH_AUTH_INFO_0 is longer than 4095 bytes or not printable: ignored");
	return 0;
}

static unsigned host_flags(int flags)
{
	return ((flags & PAM_SILENT) ? WEBCRED_HOST_SILENT : 0) |
	       ((flags & PAM_DISALLOW_NULL_AUTHTOK) ? WEBCRED_HOST_DISALLOW_NULL_AUTHTOK : 0);
}

static int build_request(struct login *login)
{
	const struct options *options = &login->options;
	int r = webcred_request_new(&login->request);

	if (r != 0)
		return r;
	webcred_request_set_mediation(login->request, options->mediation);
	webcred_request_set_host_flags(login->request, host_flags(login->flags));
	webcred_request_set_user_verification(login->request, options->user_verification);
	webcred_request_set_timeout(login->request, options->timeout_ms);
	webcred_request_set_null_ok(login->request, options->nullok);
	webcred_request_set_explain(login->request, options->debug);
	r = webcred_request_set_order(login->request, options->order);
	if (r == 0)
		r = request_cached(login);
	if (r == 0)
		r = request_ssh_auth(login);
	if (r == 0)
		r = request_excludes(login);
	return r;
}

/* Options, name, container, request: all that comes before the question. */
static int prepare(struct login *login, int argc, const char **argv)
{
	char error[OPTIONS_ERROR_SIZE];
	int r = options_parse(argc, argv, &login->options, error, sizeof(error));

	if (r != 0) {
		pam_syslog(login->pamh, LOG_ERR, "%s", error);
		return r;
	}
	r = subject_find(login->pamh, &login->subject);
	if (r != 0) {
		login->conversation.dead = r == WEBCRED_ABORTED;
		return r;
	}
	r = mark_begin(login->pamh, login->line, &login->subject);
	if (r != 0) {
		pam_syslog(login->pamh, LOG_ERR, "%s",
			   r < 0 ? "out of memory"
				 : "two lines of pam_webcred without options cannot be told apart: "
				   "give each its own get=");
		return r;
	}
	r = subject_open(login->pamh, &login->subject, &login->options, &login->container);
	if (r == 0)
		r = build_request(login);
	return r;
}

/* Where what came back cannot stand: 0 if it can, and then it is marked. */
static int objection(struct login *login)
{
	if (!subject_unchanged(login->pamh, &login->subject)) {
		pam_syslog(login->pamh, LOG_ERR, "the user's name changed during the conversation");
		return WEBCRED_NOT_ALLOWED;
	}
	if (mark_has(login->pamh, login->credential)) {
		pam_syslog(login->pamh, LOG_ERR,
			   "this handle holds that credential already: no second factor");
		return WEBCRED_NOT_ALLOWED;
	}
	return mark_add(login->pamh, login->line, &login->subject, login->credential);
}

/* For keyrings and encrypted homes: after a verified password alone, never a
 * code or a PIN.  One that came from PAM_AUTHTOK stands there already. */
static void hand_on_password(struct login *login)
{
	const void *password;
	size_t len;

	/* What was asked for last may have been a code or a PIN: only a password
	 * that was asked for itself is the last answer. */
	if (webcred_credential_type(login->credential) != WEBCRED_TYPE_PASSWORD ||
	    webcred_credential_was_silent(login->credential) || !login->conversation.secret)
		return;
	/* Terminated: a secret's room has a zero behind its content. */
	password = webcred_secret_get(login->conversation.secret, &len);
	if (password && pam_set_item(login->pamh, PAM_AUTHTOK, password) != PAM_SUCCESS)
		pam_syslog(login->pamh, LOG_WARNING,
			   "out of memory: later modules will ask for the password again");
}

static void ask_authority(struct login *login, struct result *result)
{
	struct webcred_mediator mediator = conversation_mediator(&login->conversation);

	result->ran = webcred_get(login->container, login->request, &mediator, &login->credential);
	result->status = webcred_container_status(login->container);
	result->tell_throttled = webcred_container_tell_throttled(login->container);
	subject_log(login->pamh, &login->subject, &login->options, login->container, "login",
		    result->ran);
	if (result->ran != 0 || !login->credential || result->status != WEBCRED_STATUS_SUCCESS)
		return;
	result->ran = objection(login);
	if (result->ran != 0)
		return;
	result->granted = webcred_credential_granted(login->credential);
	if (result->granted == WEBCRED_GRANTED)
		result->verdict = VERDICT_GRANTED;
}

static void finish(struct login *login, int code)
{
	unsigned delay = login->container ? webcred_container_fail_delay(login->container) : 0;

	if (code == PAM_SUCCESS)
		hand_on_password(login);
	else if (delay > 0 && !conversation_unanswered(&login->conversation))
		(void)pam_fail_delay(login->pamh, delay);
	conversation_deinit(&login->conversation);
	webcred_credential_free(login->credential);
	webcred_request_free(login->request);
	webcred_container_close(login->container);
}

MODULE_ENTRY int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct result result = RESULT_REFUSED;
	struct login login = {.pamh = pamh, .flags = flags, .line = argv};
	int code;

	conversation_init(&login.conversation, pamh, flags & PAM_SILENT);
	result.ran = prepare(&login, argc, argv);
	result.nullok = login.options.nullok;
	result.silent = login.options.mediation == WEBCRED_MEDIATION_SILENT;
	if (result.ran == 0)
		ask_authority(&login, &result);
	result.conversation_dead = login.conversation.dead;
	code = result_authenticate(&result);
	finish(&login, code);
	return code;
}
