/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * mark - what authenticate leaves in the handle: who logged in with what.
 *
 * acct_mgmt settles every mark.  A later line excludes the credentials that
 * stand there, so one OTP record does not make two factors.  sudo retries on
 * one handle: a line which finds its own mark starts a new round.  A line is
 * known by its argv pointer; two lines without any option have none, and
 * cannot be told apart.
 */
#ifndef WEBCRED_PAM_MARK_H
#define WEBCRED_PAM_MARK_H

#include "pam_webcred/subject.h"

struct mark {
	struct mark *next;
	const void *line; /* argv of the PAM line; compared, never followed */
	bool settled;
	char user[WIRE_NAME_MAX + 1]; /* PAM_USER */
	enum webcred_type type;
	uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE];
	size_t login_len;
	uint8_t login[WIRE_LOGIN_SIZE]; /* a bearer's token: wiped */
};

/* The marks in the handle, or NULL. */
struct mark *mark_first(pam_handle_t *pamh);
/* Begins a round: with this line's own mark, or another user's, all are
 * dropped.  PAM_SUCCESS or a PAM error. */
int mark_begin(pam_handle_t *pamh, const void *line, const struct subject *subject);
/* 0, or -ENOMEM. */
int mark_add(pam_handle_t *pamh, const void *line, const struct subject *subject,
	     const struct webcred_credential *credential);
bool mark_has(pam_handle_t *pamh, const struct webcred_credential *credential);

#endif
