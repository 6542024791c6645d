/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* doctor_files - who may open what: sockets, configuration, store and host key. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/doctor.h"

#define RUN_FOLDER "/run/webcred"
#define CONF_FOLDER WEBCRED_SYSCONFDIR "/webcred"
#define STATE_FOLDER WEBCRED_LOCALSTATEDIR "/lib/webcred"

/* Looks; false after telling that it is not there. */
static bool look(struct doctor *doctor, const char *path, const char *todo, struct stat *ret_st)
{
	if (lstat(path, ret_st) == 0)
		return true;
	doctor_find(doctor, DOCTOR_WRONG, path, todo, "%s: %s", path, strerror(errno));
	return false;
}

static void check_owner(struct doctor *doctor, const char *path, const struct stat *st)
{
	char todo[300];

	snprintf(todo, sizeof(todo), "chown root: %.200s", path);
	if (st->st_uid != 0)
		doctor_find(doctor, DOCTOR_WRONG, path, todo, "its owner is uid %u and not root",
			    (unsigned)st->st_uid);
}

static void check_mode(struct doctor *doctor, const char *path, const struct stat *st,
		       mode_t forbidden, mode_t wanted)
{
	const mode_t mode = st->st_mode & 07777;
	char todo[300];

	snprintf(todo, sizeof(todo), "chmod %04o %.200s", (unsigned)wanted, path);
	if ((mode & forbidden) != 0)
		doctor_find(doctor, DOCTOR_WRONG, path, todo, "its mode is %04o and not %04o",
			    (unsigned)mode, (unsigned)wanted);
}

static void check_socket(struct doctor *doctor, const char *path, mode_t wanted)
{
	struct stat st;

	if (!look(doctor, path, "systemctl start webcred-login.socket webcred-user.socket", &st))
		return;
	if (!S_ISSOCK(st.st_mode)) {
		doctor_find(doctor, DOCTOR_WRONG, path,
			    "remove it, then: systemctl restart webcred-login.socket "
			    "webcred-user.socket",
			    "it is no socket");
		return;
	}
	check_owner(doctor, path, &st);
	if ((st.st_mode & 0777) != wanted)
		check_mode(doctor, path, &st, 07777, wanted);
}

static void check_folder(struct doctor *doctor, const char *path, mode_t forbidden, mode_t wanted)
{
	struct stat st;

	if (!look(doctor, path, "systemd-tmpfiles --create webcred.conf", &st))
		return;
	check_owner(doctor, path, &st);
	check_mode(doctor, path, &st, forbidden, wanted);
}

static void check_store(struct doctor *doctor)
{
	DIR *folder = opendir(STATE_FOLDER);
	struct dirent *entry;
	struct stat st;
	char path[400];

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), STATE_FOLDER "/%s", entry->d_name);
		if (lstat(path, &st) < 0)
			continue; /* SQLite's own files come and go */
		check_owner(doctor, path, &st);
		check_mode(doctor, path, &st, 0177, S_ISDIR(st.st_mode) ? 0700 : 0600);
	}
	if (folder != NULL)
		closedir(folder);
	(void)look(doctor, STATE_FOLDER "/webcred.db",
		   "start the authority once, and it is made; or restore a backup", &st);
}

/* Who is not root learns nothing about the store, not even that it is there. */
void doctor_files(struct doctor *doctor)
{
	struct stat st;

	check_folder(doctor, RUN_FOLDER, 0022, 0755);
	check_socket(doctor, RUN_FOLDER "/login", 0600);
	check_socket(doctor, RUN_FOLDER "/user", 0666);
	if (lstat(CONF_FOLDER, &st) == 0)
		check_folder(doctor, CONF_FOLDER, 0022, 0755);
	if (lstat(CONF_FOLDER "/webcred.conf", &st) == 0) {
		check_owner(doctor, CONF_FOLDER "/webcred.conf", &st);
		check_mode(doctor, CONF_FOLDER "/webcred.conf", &st, 0022, 0644);
	}
	check_folder(doctor, STATE_FOLDER, 0077, 0700);
	if (geteuid() == 0)
		check_store(doctor);
}
