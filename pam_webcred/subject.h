/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * subject - who is asked about, as the handle and the name service say.
 */
#ifndef WEBCRED_PAM_SUBJECT_H
#define WEBCRED_PAM_SUBJECT_H

#include <stdbool.h>
#include <sys/types.h>

#include "pam_webcred/module.h"
#include "pam_webcred/options.h"

struct subject {
	char user[WIRE_NAME_MAX + 1];	 /* PAM_USER, byte by byte */
	char account[WIRE_NAME_MAX + 1]; /* as the name service spells it */
	uid_t uid;			 /* (uid_t)-1: no such account */
};

/*
 * 0; WEBCRED_NOT_ALLOWED for a name no account can have (logged, escaped);
 * WEBCRED_ABORTED where nobody could be asked for a name; -errno where the name
 * service could not look: that is a fault, and no unknown name.
 */
int subject_find(pam_handle_t *pamh, struct subject *ret_subject);
/* The same for a name that is known, and asks nobody. */
int subject_named(pam_handle_t *pamh, const char *user, struct subject *ret_subject);
/* PAM_USER is still the same: a change in mid-call is a refusal. */
bool subject_unchanged(pam_handle_t *pamh, const struct subject *subject);
/* A container for it, with service, tty, rhost and requester set.  As
 * webcred_container_open(); what went wrong is logged. */
int subject_open(pam_handle_t *pamh, const struct subject *subject, const struct options *options,
		 struct webcred_container **ret_container);
/* Logs how a call ended, by priority: a fault, a mistake of configuration, a
 * refusal; with `debug`, what was decided on the way, too. */
void subject_log(pam_handle_t *pamh, const struct subject *subject, const struct options *options,
		 const struct webcred_container *container, const char *what, int result);

#endif
