/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * mark - what authenticate leaves in the handle: who logged in with what.
 *
 * acct_mgmt settles every mark.  A later line excludes the credentials that
 * stand there, so one OTP record does not make two factors.  sudo retries on
 * one handle: a line which finds its own mark starts a new round.
 *
 * A line is known by its argv pointer.  Lines without any option have none, and
 * what looks like a line's own mark may be another's, whose credential would count
 * twice.  What tells a second line from a second try is what libpam does between
 * two calls of pam_authenticate and never within one: it empties PAM_OLDAUTHTOK, of
 * which authenticate has no use.  Neither what followed (acct_mgmt, setcred) nor
 * PAM_AUTHTOK would do: sudo tries again without the one, and a module before us
 * fills the other.  So a mark without a line leaves an empty PAM_OLDAUTHTOK; who
 * finds such a mark, and that item there, whatever it holds, is refused.
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
 * dropped.  0; -ENOMEM; WEBCRED_TYPE_ERROR for a second line without options. */
int mark_begin(pam_handle_t *pamh, const void *line, const struct subject *subject);
/* 0, or -ENOMEM. */
int mark_add(pam_handle_t *pamh, const void *line, const struct subject *subject,
	     const struct webcred_credential *credential);
bool mark_has(pam_handle_t *pamh, const struct webcred_credential *credential);

#endif
