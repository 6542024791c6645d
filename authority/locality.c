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
 *
 * A process of a local session may be typed at from afar all the same: it may
 * be a terminal of tmux or screen, or the user manager's, that somebody who came
 * in by ssh has attached to.  Where the terminal is not the session's own, and
 * its owner has a remote session too, nobody can say who types.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <systemd/sd-login.h>

/* 0 is local, 1 remote; a negative errno, that nobody can say. */
#define LOCALITY_LOCAL_SEAT 0
#define LOCALITY_FAR 1
#define LOCALITY_NOBODY_KNOWS (-ENODATA)

#define LOCALITY_HOLDS_MS 100

static bool locality_session_is(const char *session, const char *wanted)
{
	char *state = NULL;
	bool is = sd_session_get_state(session, &state) >= 0 && !strcmp(state, wanted);

	free(state);
	return is;
}

/* Somebody is logged in from afar under this uid.  What cannot be read counts
 * as such, what has been left and still has processes does not. */
static bool locality_has_remote(uid_t uid)
{
	char **sessions = NULL;
	int n = sd_uid_get_sessions(uid, 0, &sessions), i;
	bool has = n < 0 && n != -ENODATA && n != -ENXIO;

	for (i = 0; i < n; i++) {
		if (sd_session_is_remote(sessions[i]) != 0 &&
		    !locality_session_is(sessions[i], "closing"))
			has = true;
		free(sessions[i]);
	}
	free(sessions);
	return has;
}

/* The process's controlling terminal, proc(5); 0 where it has none. */
static dev_t locality_terminal(pid_t pid)
{
	char path[32], line[512], *fields;
	unsigned number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* The name in brackets may hold anything, brackets too. */
	fields = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (!fields || sscanf(fields, ") %*c %*d %*d %*d %u", &number) != 1)
		number = 0;
	fclose(file);
	return makedev((number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00));
}

/* The line that the person logged in on, as opposed to one of tmux's. */
static bool locality_own_terminal(const char *tty, pid_t pid)
{
	char path[64];
	struct stat st;

	if (!tty || (size_t)snprintf(path, sizeof(path), "/dev/%s", tty) >= sizeof(path) ||
	    stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return false;
	return st.st_rdev == locality_terminal(pid);
}

/* A seat's own session is local, and so is one on a serial line, which belongs
 * to no seat; one that came over the network is not, nor one of cron's. */
static int locality_of_session(const char *session, pid_t pid)
{
	char *seat = NULL, *tty = NULL;
	int remote = sd_session_is_remote(session), r = LOCALITY_NOBODY_KNOWS;
	uid_t uid;

	if (sd_session_get_seat(session, &seat) < 0)
		seat = NULL;
	if (sd_session_get_tty(session, &tty) < 0)
		tty = NULL;
	if (remote > 0 || (remote == 0 && !seat && !tty))
		r = LOCALITY_FAR;
	else if (remote < 0 || !locality_session_is(session, "active"))
		r = LOCALITY_NOBODY_KNOWS; /* logged out, or not the one at the seat now */
	else if (locality_own_terminal(tty, pid))
		r = LOCALITY_LOCAL_SEAT;
	else if (sd_session_get_uid(session, &uid) >= 0 && !locality_has_remote(uid))
		r = LOCALITY_LOCAL_SEAT;
	free(seat);
	free(tty);
	return r;
}

/* A process of the user manager belongs to no session: it is local only if its
 * user sits at an active seat, and nowhere else. */
static int locality_of_user(pid_t pid)
{
	uid_t uid;
	int r = sd_pid_get_owner_uid(pid, &uid);

	if (r < 0)
		return r;
	r = sd_uid_get_seats(uid, 1, NULL);
	if (r <= 0)
		return r < 0 ? r : LOCALITY_FAR;
	return locality_has_remote(uid) ? LOCALITY_NOBODY_KNOWS : LOCALITY_LOCAL_SEAT;
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

static bool locality_look(const struct keeper *keeper, const struct client *client)
{
	char *session = NULL;
	int r;

	if (client->rhost[0])
		return true;
	r = sd_pid_get_session(client->peer_pid, &session);
	if (r >= 0) {
		r = locality_of_session(session, client->peer_pid);
		free(session);
	} else if (locality_is_getty(client)) {
		return false;
	} else {
		r = locality_of_user(client->peer_pid);
	}
	if (r >= 0)
		return r != LOCALITY_LOCAL_SEAT;
	return keeper->conf.locality_unknown != LOCALITY_LOCAL;
}

/* Which ways there are is asked as a login begins, and which keys in the same moment: one look at
 * its process, dozens of files, does for both.  Who waits for a key is looked at again. */
bool locality_is_remote(const struct keeper *keeper, struct client *client)
{
	int64_t now = wire_clock();

	if (!client->located_at || now - client->located_at > LOCALITY_HOLDS_MS) {
		client->remote = locality_look(keeper, client);
		client->located_at = now;
	}
	return client->remote;
}
