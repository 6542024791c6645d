/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "pam_webcred/conversation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/secret.h"
#include "pam_webcred/agent.h"

/* A password, a PIN, a code, a choice: no login needs as many as these. */
#define ASKS_MAX 8

void conversation_init(struct conversation *conversation, pam_handle_t *pamh, bool quiet)
{
	*conversation = (struct conversation){.pamh = pamh, .quiet = quiet};
}

void conversation_deinit(struct conversation *conversation)
{
	webcred_secret_free(conversation->secret);
	conversation->secret = NULL;
}

/* One message; *ret_reply is the application's answer, for the caller to wipe
 * and free, or NULL.  False where the conversation cannot go on. */
static bool exchange(pam_handle_t *pamh, int style, const char *text, char **ret_reply)
{
	const struct pam_message message = {.msg_style = style, .msg = text};
	const struct pam_message *messages = &message;
	struct pam_response *response = NULL;
	const void *item = NULL;
	const struct pam_conv *conv;
	int r;

	if (pam_get_item(pamh, PAM_CONV, &item) != PAM_SUCCESS || !item)
		return false;
	conv = item;
	if (!conv->conv)
		return false;
	r = conv->conv(1, &messages, &response, conv->appdata_ptr);
	/* Some applications fill an answer and then report a failure. */
	*ret_reply = response ? response[0].resp : NULL;
	free(response);
	return r == PAM_SUCCESS;
}

static void reply_free(char *reply)
{
	if (!reply)
		return;
	secret_wipe(reply, strlen(reply));
	free(reply);
}

/* What is kept is one answer, for PAM_AUTHTOK after a verified password. */
static int keep(struct conversation *conversation, const char *reply)
{
	webcred_secret_free(conversation->secret);
	conversation->secret = webcred_secret_new();
	if (!conversation->secret)
		return -ENOMEM;
	return webcred_secret_set(conversation->secret, reply, strlen(reply)) == 0
		       ? 0
		       : WEBCRED_NOT_ALLOWED;
}

static bool may_ask(struct conversation *conversation, const char *text)
{
	char start[sizeof(conversation->last)];

	(void)snprintf(start, sizeof(start), "%s", text);
	if (conversation->asked++ >= ASKS_MAX || strcmp(start, conversation->last) == 0)
		return false;
	memcpy(conversation->last, start, sizeof(start));
	return true;
}

int conversation_ask(struct conversation *conversation, enum webcred_ask kind, const char *text,
		     struct webcred_secret *answer)
{
	int style = kind == WEBCRED_ASK_VISIBLE ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF;
	char *reply = NULL;
	int r = 0;

	if (conversation->dead)
		return WEBCRED_ABORTED;
	if (!may_ask(conversation, text))
		return WEBCRED_NOT_ALLOWED;
	if (!exchange(conversation->pamh, style, text, &reply) || !reply) {
		/* ^C, `sudo -n`, a closed channel: nothing more will be asked. */
		conversation->dead = true;
		reply_free(reply);
		return WEBCRED_ABORTED;
	}
	conversation->answered++;
	if (kind == WEBCRED_ASK_SECRET)
		r = keep(conversation, reply);
	if (r == 0 && webcred_secret_set(answer, reply, strlen(reply)) != 0)
		r = WEBCRED_NOT_ALLOWED; /* longer than any secret */
	reply_free(reply);
	return r;
}

bool conversation_unanswered(const struct conversation *conversation)
{
	return conversation->dead && conversation->answered == 0;
}

int conversation_show(struct conversation *conversation, enum webcred_show kind, const char *text)
{
	int style = PAM_TEXT_INFO;
	char *reply = NULL;

	switch (kind) {
	case WEBCRED_SHOW_INFO:
		if (conversation->quiet)
			return 0;
		break;
	case WEBCRED_SHOW_TOUCH:
		break;
	case WEBCRED_SHOW_ERROR:
		style = PAM_ERROR_MSG;
		conversation->told = true;
		break;
	case WEBCRED_SHOW_URI:
	case WEBCRED_SHOW_SECRET:
		/* What is shown once needs a tool that knows it was seen. */
		return WEBCRED_NOT_ALLOWED;
	}
	/* A text that cannot be shown is no failure; the next prompt will tell. */
	if (!conversation->dead)
		(void)exchange(conversation->pamh, style, text, &reply);
	reply_free(reply);
	return 0;
}

static int ask(void *context, enum webcred_ask kind, const char *text,
	       struct webcred_secret *answer)
{
	return conversation_ask(context, kind, text, answer);
}

static int show(void *context, enum webcred_show kind, const char *text)
{
	return conversation_show(context, kind, text);
}

static int agent(void *context, int *ret_fd)
{
	(void)context;
	return agent_open(ret_fd);
}

struct webcred_mediator conversation_mediator(struct conversation *conversation)
{
	return (struct webcred_mediator){.size = sizeof(struct webcred_mediator),
					 .context = conversation,
					 .ask = ask,
					 .show = show,
					 .agent = agent};
}
