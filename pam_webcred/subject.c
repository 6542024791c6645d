/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "pam_webcred/subject.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/text.h"

#define PASSWD_ROOM_FIRST 2048
#define PASSWD_ROOM_MAX (1024 * 1024)

/*
 * pam_modutil_getpwnam() says NULL for "unknown" and for "could not look" alike;
 * the difference is the one between a login refused and a fault.  0 and *ret
 * NULL: unknown.  *ret_room is the caller's to free.
 */
static int lookup(const char *name, struct passwd *entry, char **ret_room, struct passwd **ret)
{
	char *room = NULL;

	for (size_t size = PASSWD_ROOM_FIRST; size <= PASSWD_ROOM_MAX; size *= 2) {
		int error;

		free(room);
		room = malloc(size);
		if (!room)
			return -ENOMEM;
		error = getpwnam_r(name, entry, room, size, ret);
		if (error == EINTR)
			size /= 2; /* once more */
		else if (error != ERANGE) {
			*ret_room = room;
			/* POSIX leaves open how "unknown" is said; these two are. */
			return error == ENOENT || error == ESRCH ? 0 : -error;
		}
	}
	free(room);
	return -ERANGE;
}

static int find_account(pam_handle_t *pamh, struct subject *subject)
{
	struct passwd entry, *found = NULL;
	char *room = NULL;
	int r = lookup(subject->user, &entry, &room, &found);

	subject->uid = (uid_t)-1;
	(void)snprintf(subject->account, sizeof(subject->account), "%s", subject->user);
	if (r == 0 && found) {
		subject->uid = found->pw_uid;
		/* Some directories fold case: count and record one account once. */
		if (text_name_valid(found->pw_name))
			(void)snprintf(subject->account, sizeof(subject->account), "%s",
				       found->pw_name);
		else
			r = -EINVAL;
	}
	free(room);
	if (r < 0)
		pam_syslog(pamh, LOG_ERR,
			   "looking up the user failed: %s; refused: check the name service "
			   "(nsswitch.conf, getent passwd)",
			   strerror(-r));
	return r;
}

int subject_named(pam_handle_t *pamh, const char *user, struct subject *ret_subject)
{
	char shown[128];

	if (!text_name_valid(user)) {
		text_escape(shown, sizeof(shown), user);
		pam_syslog(pamh, LOG_NOTICE, "refused: no account can have the name \"%s\"", shown);
		return WEBCRED_NOT_ALLOWED;
	}
	(void)snprintf(ret_subject->user, sizeof(ret_subject->user), "%s", user);
	return find_account(pamh, ret_subject);
}

int subject_find(pam_handle_t *pamh, struct subject *ret_subject)
{
	const char *user = NULL;

	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || !user) {
		pam_syslog(pamh, LOG_NOTICE, "no user name, and nobody answered for one");
		return WEBCRED_ABORTED;
	}
	return subject_named(pamh, user, ret_subject);
}

bool subject_unchanged(pam_handle_t *pamh, const struct subject *subject)
{
	const void *user = NULL;

	return pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS && user &&
	       strcmp(user, subject->user) == 0;
}

static const char *item(pam_handle_t *pamh, int which)
{
	const void *value = NULL;

	return pam_get_item(pamh, which, &value) == PAM_SUCCESS && value ? value : "";
}

static int set_context(pam_handle_t *pamh, struct webcred_container *container)
{
	char tty[WIRE_TTY_MAX + 1], rhost[WIRE_RHOST_MAX + 1];
	int r = webcred_container_set_service(container, item(pamh, PAM_SERVICE));

	if (r != 0) {
		pam_syslog(pamh, LOG_ERR, "the service's name is too long or not printable");
		return r;
	}
	/* A remote host's name is whatever its owner writes into the DNS: shown
	 * as far as it can be, it may not keep anyone out.  That there is one
	 * survives the cleaning, and that is what decides. */
	text_clean(tty, sizeof(tty), item(pamh, PAM_TTY));
	text_clean(rhost, sizeof(rhost), item(pamh, PAM_RHOST));
	r = webcred_container_set_tty(container, tty);
	if (r == 0)
		r = webcred_container_set_rhost(container, rhost);
	webcred_container_set_requester(container, getuid());
	return r;
}

int subject_open(pam_handle_t *pamh, const struct subject *subject, const struct options *options,
		 struct webcred_container **ret_container)
{
	struct webcred_container *container = NULL;
	int r = webcred_container_open(subject->account, subject->uid, &container);

	if (r != 0) {
		pam_syslog(pamh, LOG_ERR, "opening a container: %s",
			   r < 0 ? strerror(-r) : webcred_outcome_name(r));
		return r;
	}
	if (options->socket)
		r = webcred_container_set_socket(container, options->socket);
	if (r != 0)
		pam_syslog(pamh, LOG_ERR, "option socket=: %s",
			   webcred_container_message(container));
	if (r == 0)
		r = set_context(pamh, container);
	if (r != 0) {
		webcred_container_close(container);
		return r;
	}
	*ret_container = container;
	return 0;
}

void subject_log(pam_handle_t *pamh, const struct subject *subject, const struct options *options,
		 const struct webcred_container *container, const char *what, int result)
{
	int priority = result < 0		      ? LOG_ERR
		       : result == WEBCRED_TYPE_ERROR ? LOG_ERR
		       : result == WEBCRED_SECURITY   ? LOG_ERR
		       : result == 0		      ? LOG_DEBUG
						      : LOG_NOTICE;
	char user[128], message[2048];

	if (priority == LOG_DEBUG && !options->debug)
		return;
	text_escape(user, sizeof(user), subject->user);
	(void)snprintf(message, sizeof(message), "%s", webcred_container_message(container));
	for (char *at = message; *at; at++) {
		if (*at == '\n')
			*at = ';'; /* one event, one line */
	}
	pam_syslog(pamh, priority, "%s for \"%s\": %s (status %s): %s", what, user,
		   result < 0 ? "fault" : webcred_outcome_name(result),
		   webcred_status_name(webcred_container_status(container)), message);
}
