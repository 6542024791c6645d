/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * pam_sm_setcred, pam_sm_open_session, pam_sm_close_session.
 *
 * Nothing is granted or kept by them: webcred hands out no tickets.  In sudo's
 * setcred PAM_USER is the target already, so nothing here may look at it.
 * PAM_DELETE_CRED is not preventSilentAccess: sudo deletes credentials after
 * every command.
 */
#include "pam_webcred/module.h"

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

MODULE_ENTRY int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return nothing_to_do(pamh, flags, argc, argv);
}
