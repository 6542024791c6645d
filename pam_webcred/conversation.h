/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * conversation - the mediator over pam_conv.
 *
 * One prompt for each secret, never a loop: swaylock and hyprlock collect the
 * secret first and answer one prompt; hyprlock gives the same answer again to
 * the same text.  Prompts go out as they are: sudo replaces exactly
 * "Password: " by its own.
 */
#ifndef WEBCRED_PAM_CONVERSATION_H
#define WEBCRED_PAM_CONVERSATION_H

#include <stdbool.h>

#include "lib/client/webcred.h"
#include "pam_webcred/module.h"

struct conversation {
	pam_handle_t *pamh;
	bool quiet; /* PAM_SILENT: informational text is dropped, cues are not */
	bool dead;  /* pam_conv is missing, failed, or answered nothing */
	unsigned asked, answered;
	bool told;	/* an error was shown: the person knows why */
	char last[256]; /* the last prompt */
	/* The last answer that was not echoed; wiped by deinit.  Where a password
	 * has been verified, this is it. */
	struct webcred_secret *secret;
};

void conversation_init(struct conversation *conversation, pam_handle_t *pamh, bool quiet);
void conversation_deinit(struct conversation *conversation);
struct webcred_mediator conversation_mediator(struct conversation *conversation);
/* One question; fills `answer`.  0; WEBCRED_ABORTED; WEBCRED_NOT_ALLOWED. */
int conversation_ask(struct conversation *conversation, enum webcred_ask kind, const char *text,
		     struct webcred_secret *answer);
/* Ended before anything was answered: nothing was guessed, nothing need wait. */
bool conversation_unanswered(const struct conversation *conversation);
int conversation_show(struct conversation *conversation, enum webcred_show kind, const char *text);

#endif
