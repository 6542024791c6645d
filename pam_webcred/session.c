/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pam_sm_setcred, pam_sm_open_session, pam_sm_close_session.
 *
 * Nothing is granted or kept by them: webcred hands out no tickets.
 * PAM_DELETE_CRED is not preventSilentAccess: sudo deletes credentials after
 * every command.  The close of a session is, for the services that [webcred]
 * prevent_on_close names; and nobody's logging out fails by that.
 */
#include <string.h>
#include <unistd.h>

#include "pam_webcred/mark.h"
#include "pam_webcred/options.h"
#include "pam_webcred/subject.h"

static int nothing_to_do(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

MODULE_ENTRY int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing_to_do(pamh, flags, argc, argv);
}

MODULE_ENTRY int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing_to_do(pamh, flags, argc, argv);
}

/* Whose session it was: who has logged in by us in this handle, since in sudo's
 * session PAM_USER is the target; else, as in sshd, whose login was in another
 * process, PAM_USER.  Nobody is asked for a name. */
static const char *session_owner(pam_handle_t *pamh)
{
	const struct mark *mark = mark_first(pamh);
	const void *user = NULL;

	if (mark)
		return mark->user;
	return pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS ? user : NULL;
}

MODULE_ENTRY int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct webcred_container *container = NULL;
	const char *user = session_owner(pamh);
	char error[OPTIONS_ERROR_SIZE];
	struct options options;
	struct subject subject;
	int r;

	(void)flags;
	/* Only root's program knows that a session closed; a mistake in the line has
	 * been logged by the login. */
	if (geteuid() != 0 || !user ||
	    options_parse(argc, argv, &options, error, sizeof(error)) != 0)
		return PAM_SUCCESS;
	if (subject_named(pamh, user, &subject) == 0 &&
	    subject_open(pamh, &subject, &options, &container) == 0) {
		r = webcred_session_closed(container);
		subject_log(pamh, &subject, &options, container, "closing a session", r);
		webcred_container_close(container);
	}
	return PAM_SUCCESS;
}
