/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pam_sm_acct_mgmt: the stack has let the person in; now the login counts.
 *
 * Only here is the prevent-silent-access flag cleared and a recent login noted
 * (behaviour 3).  A wrong second factor, in whatever module, therefore leaves
 * no trace of favour.  It is also the one place where sudo and both methods of
 * sshd still show the handle's data with the authenticated name.
 */
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/names.h"
#include "pam_webcred/mark.h"
#include "pam_webcred/options.h"
#include "pam_webcred/result.h"
#include "pam_webcred/subject.h"

/* Behaviour 35: what has to be enrolled, or could be.  Told, never done: what is
 * shown once needs a tool that knows it was seen. */
static void offer(pam_handle_t *pamh, int flags, const struct webcred_container *container, int ran)
{
	const char *text = webcred_container_message(container);

	if (ran == WEBCRED_CONSTRAINT || ran == WEBCRED_INVALID_STATE)
		(void)pam_error(pamh, "%s", text);
	else if (ran == 0 && text[0] && !(flags & PAM_SILENT))
		(void)pam_info(pamh, "%s", text);
}

static void settle(pam_handle_t *pamh, int flags, const struct options *options,
		   const struct subject *subject, struct mark *mark, struct result *result)
{
	struct webcred_container *container = NULL;

	result->verdict = VERDICT_REFUSED;
	result->status = WEBCRED_STATUS_NOTALLOWED;
	if (strcmp(mark->user, subject->user) != 0) {
		pam_syslog(pamh, LOG_ERR, "the user's name changed since it was authenticated");
		result->ran = WEBCRED_NOT_ALLOWED;
		return;
	}
	/* A login on the user socket never counts, so it left nothing to settle; a
	 * lock screen that asks here all the same must still open. */
	if (mark->login_len == 0 && geteuid() != 0) {
		result->ran = 0;
		result->status = WEBCRED_STATUS_SUCCESS;
		result->verdict = VERDICT_GRANTED;
		return;
	}
	result->ran = subject_open(pamh, subject, options, &container);
	if (result->ran != 0)
		return;
	result->ran = webcred_settle(container, mark->login, mark->login_len);
	result->status = webcred_container_status(container);
	subject_log(pamh, subject, options, container, "settling a login", result->ran);
	offer(pamh, flags, container, result->ran);
	webcred_container_close(container);
	mark->settled = result->ran == 0;
	if (mark->settled)
		result->verdict = VERDICT_GRANTED;
}

/*
 * Nobody logged in by us: a key of sshd's, another module's password, a cron job.
 * The account line has nothing to say about that, unless it is one of our own people:
 * they have no line in /etc/shadow where pam_unix would find them locked or expired.
 * Their ids tell; whose id we never give out is not asked about, so that a local
 * account gets in whatever has become of the authority.
 */
static int account_of_ours(pam_handle_t *pamh, int flags, const struct options *options)
{
	struct webcred_container *container = NULL;
	struct result result = RESULT_REFUSED;
	struct subject subject;

	if (geteuid() != 0 || subject_find(pamh, &subject) != 0 || subject.uid < NAMES_ID_LOW ||
	    names_check_id(subject.uid))
		return PAM_IGNORE;
	result.ran = subject_open(pamh, &subject, options, &container);
	if (result.ran != 0)
		return result_account(&result);
	result.ran = webcred_account_check(container);
	result.status = webcred_container_status(container);
	if (result.ran != 0)
		subject_log(pamh, &subject, options, container, "looking at the account",
			    result.ran);
	offer(pamh, flags | PAM_SILENT, container, result.ran);
	webcred_container_close(container);
	return result.ran == 0 ? PAM_IGNORE : result_account(&result);
}

MODULE_ENTRY int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct result result = RESULT_REFUSED;
	char error[OPTIONS_ERROR_SIZE];
	struct options options;
	struct subject subject;
	int code = PAM_AUTH_ERR;

	result.ran = options_parse(argc, argv, &options, error, sizeof(error));
	if (result.ran != 0) {
		pam_syslog(pamh, LOG_ERR, "%s", error);
		return result_account(&result);
	}
	if (!mark_first(pamh))
		return account_of_ours(pamh, flags, &options);
	result.ran = subject_find(pamh, &subject);
	if (result.ran != 0)
		return result_account(&result);
	for (struct mark *mark = mark_first(pamh); mark; mark = mark->next) {
		/* A host may ask twice; a login is settled once. */
		if (!mark->settled || strcmp(mark->user, subject.user) != 0) {
			settle(pamh, flags, &options, &subject, mark, &result);
			code = result_account(&result);
		} else {
			code = PAM_SUCCESS;
		}
		if (code != PAM_SUCCESS)
			break;
	}
	return code;
}
