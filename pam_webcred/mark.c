/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "pam_webcred/mark.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK_DATA "webcred-marks"

/* Owned by the handle; never empty of itself, its list may be. */
struct marks {
	struct mark *first;
};

static void drop(struct marks *marks)
{
	while (marks->first) {
		struct mark *mark = marks->first;

		marks->first = mark->next;
		secret_wipe(mark, sizeof(*mark));
		free(mark);
	}
}

static void cleanup(pam_handle_t *pamh, void *data, int error_status)
{
	(void)pamh;
	(void)error_status;
	drop(data);
	free(data);
}

static struct marks *find(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, MARK_DATA, &data) != PAM_SUCCESS)
		return NULL;
	return (struct marks *)(uintptr_t)data; /* ours, not libpam's */
}

struct mark *mark_first(pam_handle_t *pamh)
{
	struct marks *marks = find(pamh);

	return marks ? marks->first : NULL;
}

/* See mark.h. */
static bool is_second_line(pam_handle_t *pamh, const void *line)
{
	const void *item = NULL;

	if (line || pam_get_item(pamh, PAM_OLDAUTHTOK, &item) != PAM_SUCCESS || !item)
		return false;
	for (struct mark *mark = mark_first(pamh); mark; mark = mark->next) {
		if (!mark->line)
			return true;
	}
	return false;
}

static int note_call(pam_handle_t *pamh)
{
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_OLDAUTHTOK, &item) == PAM_SUCCESS && item)
		return PAM_SUCCESS;
	return pam_set_item(pamh, PAM_OLDAUTHTOK, "");
}

int mark_begin(pam_handle_t *pamh, const void *line, const struct subject *subject)
{
	struct marks *marks = find(pamh);

	if (is_second_line(pamh, line))
		return WEBCRED_TYPE_ERROR;
	for (struct mark *mark = mark_first(pamh); mark; mark = mark->next) {
		if (mark->line == line || strcmp(mark->user, subject->user) != 0) {
			drop(marks);
			break;
		}
	}
	if (marks)
		return 0;
	marks = calloc(1, sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	if (pam_set_data(pamh, MARK_DATA, marks, cleanup) != PAM_SUCCESS) {
		free(marks);
		return -ENOMEM;
	}
	return 0;
}

int mark_add(pam_handle_t *pamh, const void *line, const struct subject *subject,
	     const struct webcred_credential *credential)
{
	struct marks *marks = find(pamh);
	struct mark *mark = calloc(1, sizeof(*mark));
	const void *login;

	if (!marks || !mark || (!line && note_call(pamh) != PAM_SUCCESS)) {
		free(mark);
		return -ENOMEM;
	}
	mark->line = line;
	mark->type = webcred_credential_type(credential);
	(void)snprintf(mark->user, sizeof(mark->user), "%s", subject->user);
	memcpy(mark->id, webcred_credential_id(credential), sizeof(mark->id));
	login = webcred_credential_login(credential, &mark->login_len);
	if (mark->login_len > sizeof(mark->login))
		mark->login_len = 0;
	memcpy(mark->login, login, mark->login_len);
	mark->next = marks->first;
	marks->first = mark;
	return 0;
}

bool mark_has(pam_handle_t *pamh, const struct webcred_credential *credential)
{
	for (struct mark *mark = mark_first(pamh); mark; mark = mark->next) {
		if (memcmp(mark->id, webcred_credential_id(credential), sizeof(mark->id)) == 0)
			return true;
	}
	return false;
}
