/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * locality - is the caller at this machine's seat, or far away?  A far caller
 * never makes the desk's key blink.
 *
 * PAM_RHOST says remote.  Its absence says nothing: sudo and su inside an ssh
 * session leave it unset and show a local-looking tty.  So logind is asked
 * about the peer's process.  Never the environment, never what the PAM
 * application claims beyond that.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-login.h>

/* A seat's own session is local; one that came over the network is not. */
static int locality_of_session(const char *session)
{
	char *seat = NULL;
	int remote = sd_session_is_remote(session), r;

	if (remote != 0)
		return remote < 0 ? remote : 1;
	r = sd_session_get_seat(session, &seat);
	free(seat);
	if (r == -ENODATA || r == -ENXIO)
		return sd_session_get_tty(session, NULL) == 0 ? 0 : 1;
	return r < 0 ? r : 0;
}

/* A process of the user manager belongs to no session: it is local only if its
 * user sits at an active seat. */
static int locality_of_user(pid_t pid)
{
	uid_t uid;
	int r = sd_pid_get_owner_uid(pid, &uid);

	if (r < 0)
		return r;
	r = sd_uid_get_seats(uid, 1, NULL);
	return r < 0 ? r : r == 0;
}

static bool locality_is_console(const char *tty)
{
	static const char *const console[] = {"tty", "ttyS", "ttyAMA", "ttyUSB", "hvc", "console"};
	size_t i, len;

	if (!strncmp(tty, "/dev/", 5))
		tty += 5;
	for (i = 0; i < sizeof(console) / sizeof(console[0]); i++) {
		len = strlen(console[i]);
		if (!strncmp(tty, console[i], len) &&
		    strspn(tty + len, "0123456789") == strlen(tty + len))
			return true;
	}
	return false;
}

/* login(1) on a console has no session yet: root, in a system unit, on a real
 * console or serial line. */
static bool locality_is_getty(const struct client *client)
{
	char *unit = NULL;
	int r;

	if (client->peer_uid != 0 || client->pin.requester != 0 ||
	    !locality_is_console(client->tty))
		return false;
	r = sd_pid_get_unit(client->peer_pid, &unit);
	free(unit);
	return r >= 0;
}

bool locality_is_remote(const struct keeper *keeper, const struct client *client)
{
	char *session = NULL;
	int r;

	if (client->rhost[0])
		return true;
	r = sd_pid_get_session(client->peer_pid, &session);
	if (r >= 0) {
		r = locality_of_session(session);
		free(session);
	} else if (locality_is_getty(client)) {
		return false;
	} else {
		r = locality_of_user(client->peer_pid);
	}
	if (r >= 0)
		return r > 0;
	return keeper->conf.locality_unknown != LOCALITY_LOCAL;
}
