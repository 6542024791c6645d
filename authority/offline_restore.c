/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * restore - a backup takes the place of the store.
 *
 * All is prepared in a folder beside, with the store's own code: the copy is
 * opened, moved to this version's schema, checked, and aged (store.h).  Then one
 * exchange of two names puts it in place and leaves the old store in that
 * folder.  Until then the old store stands untouched.
 */
#include "authority/offline.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "authority/audit.h"
#include "authority/seal.h"
#include "authority/trusted.h"

#define RESTORE_DB "webcred.db"
#define RESTORE_FOLDER "restore.new"

struct restore {
	const struct offline_options *options;
	const char *file;
	struct conf conf;
	struct store *old; /* while it is well, and locked by it */
	int folder, beside;
	char path[PATH_MAX]; /* of `beside` */
	char kept[64];	     /* the name `beside` gets */
	int accounts;
	char error[512];
};

/* ---- the folder beside ------------------------------------------------------ */

static int restore_clear(struct restore *restore, const char *name)
{
	int fd = openat(restore->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *entry;
	DIR *all;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	all = fdopendir(fd);
	if (!all) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(all)))
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(all), entry->d_name, 0);
	closedir(all);
	return unlinkat(restore->folder, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int restore_make_beside(struct restore *restore)
{
	int r = restore_clear(restore, RESTORE_FOLDER);

	if (r == 0 && mkdirat(restore->folder, RESTORE_FOLDER, 0700) < 0)
		r = -errno;
	if (r < 0)
		return r;
	restore->beside = openat(restore->folder, RESTORE_FOLDER,
				 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return restore->beside < 0 ? -errno : 0;
}

/* Whoever could write the file could have enrolled anybody. */
static int restore_open_file(const struct restore *restore)
{
	int fd = open(restore->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		offline_fail(OFFLINE_FAULT, "%s: %s", restore->file, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		offline_fail(OFFLINE_REFUSED, "%s is no file", restore->file);
	} else if (!trusted_owner(st.st_uid) || (st.st_mode & 022)) {
		offline_fail(OFFLINE_REFUSED,
			     "%s: others than root could have written it; if you trust it: "
			     "chown root, chmod 0600",
			     restore->file);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static int restore_pour(int from, int to)
{
	static char buffer[65536];
	ssize_t n, done;

	while ((n = read(from, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < n; at += done) {
			done = write(to, buffer + at, (size_t)(n - at));
			if (done < 0)
				return -errno;
		}
	}
	return n < 0 || fsync(to) < 0 ? -errno : 0;
}

static int restore_copy(struct restore *restore)
{
	int from = restore_open_file(restore), to, r;

	if (from < 0)
		return OFFLINE_REFUSED;
	to = openat(restore->beside, RESTORE_DB, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = to < 0 || fchmod(to, 0600) < 0 ? -errno : restore_pour(from, to);
	if (to >= 0)
		close(to);
	close(from);
	if (r < 0)
		return offline_fail(OFFLINE_FAULT, "%s: copying it: %s", restore->file,
				    strerror(-r));
	return 0;
}

/* ---- the copy becomes a store ------------------------------------------------- */

static int restore_age(struct restore *restore, struct store *store)
{
	const struct store_age age = {.now = (int64_t)time(NULL),
				      .totp_ahead = restore->conf.windows.look_ahead,
				      .hotp_ahead = restore->conf.windows.hotp_look_ahead};
	int r = store->ops->begin(store);

	if (r == 0)
		r = store->ops->age(store, &age);
	if (r == 0)
		return store->ops->commit(store);
	store->ops->rollback(store);
	return r;
}

static int restore_prepare(struct restore *restore)
{
	char text[256] = "";
	struct store *store;
	int r;

	r = store_sqlite_open(restore->path, &store, restore->error, sizeof(restore->error));
	if (r != 0)
		return offline_fail(OFFLINE_REFUSED, "%s cannot be restored: %s", restore->file,
				    restore->error);
	r = store->ops->check(store, text, sizeof(text));
	if (r == 0 && strcmp(text, "ok") != 0) {
		store->ops->close(store);
		return offline_fail(OFFLINE_REFUSED, "%s is damaged: %s", restore->file, text);
	}
	if (r == 0)
		r = restore_age(restore, store);
	if (r == 0)
		restore->accounts = offline_count(store);
	/* The log moves into the file, and goes. */
	store->ops->close(store);
	if (r == 0 && restore->accounts < 0)
		r = restore->accounts;
	if (r == 0 && faccessat(restore->beside, RESTORE_DB "-wal", F_OK, 0) == 0)
		r = -EIO;
	if (r != 0)
		return offline_fail(OFFLINE_FAULT, "%s: preparing it: %s", restore->file,
				    strerror(r < 0 ? -r : EIO));
	return 0;
}

/* ---- the exchange ------------------------------------------------------------ */

/* The old store's log is part of it.  A store that is well has moved it into its
 * file by now; with one that is not, both leave their place before the new comes. */
static int restore_move_old(struct restore *restore)
{
	static const char *const part[] = {RESTORE_DB "-wal", RESTORE_DB "-journal"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < 2; i++) {
		if (faccessat(restore->folder, part[i], F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		/* The file first: without its log it would seem whole. */
		if (renameat2(restore->folder, RESTORE_DB, restore->beside, RESTORE_DB ".old", 0) <
			    0 &&
		    errno != ENOENT)
			r = -errno;
		if (r == 0 && fsync(restore->folder) < 0)
			r = -errno;
		if (r == 0 &&
		    renameat(restore->folder, part[i], restore->beside,
			     i == 0 ? RESTORE_DB ".old-wal" : RESTORE_DB ".old-journal") < 0)
			r = -errno;
	}
	return r;
}

static int restore_exchange(struct restore *restore)
{
	int r = restore_move_old(restore);

	if (r < 0)
		return r;
	if (renameat(restore->folder, RESTORE_FOLDER, restore->folder, restore->kept) < 0 ||
	    fsync(restore->beside) < 0 || fsync(restore->folder) < 0)
		return -errno;
	if (renameat2(restore->beside, RESTORE_DB, restore->folder, RESTORE_DB, RENAME_EXCHANGE) <
	    0) {
		if (errno != ENOENT)
			return -errno;
		/* There is no old one. */
		if (renameat(restore->beside, RESTORE_DB, restore->folder, RESTORE_DB) < 0)
			return -errno;
	}
	return fsync(restore->folder) < 0 || fsync(restore->beside) < 0 ? -errno : 0;
}

/* The old store, if it is well, is opened and so locked; else the folder is. */
static int restore_lock(struct restore *restore)
{
	int r = -ENOENT;

	if (faccessat(restore->folder, RESTORE_DB, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		r = store_sqlite_open(restore->options->state_folder, &restore->old, restore->error,
				      sizeof(restore->error));
	if (r != 0 && r != -EBUSY)
		r = flock(restore->folder, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
	if (r != 0)
		return offline_fail(OFFLINE_REFUSED,
				    "%s is in use: stop the authority first: systemctl stop "
				    "webcred-login.socket webcred-user.socket webcred.service",
				    restore->options->state_folder);
	return 0;
}

static int restore_swap(struct restore *restore)
{
	int r = 0;

	if (restore->old) {
		restore->old->ops->close(restore->old);
		restore->old = NULL;
		/* Whoever was quicker has the store now. */
		if (flock(restore->folder, LOCK_EX | LOCK_NB) < 0)
			r = -EBUSY;
	}
	if (r == 0)
		r = restore_exchange(restore);
	if (r < 0)
		return offline_fail(OFFLINE_FAULT, "%s: putting it in place: %s", restore->file,
				    strerror(-r));
	return 0;
}

/* ---- the whole of it ---------------------------------------------------------- */

static int restore_ask(const struct restore *restore)
{
	char question[PATH_MAX + 400];

	snprintf(question, sizeof(question),
		 "Put %s (%d accounts) in the place of the store? What was enrolled, removed or "
		 "locked since it was made is undone; recovery codes and invitations become void.",
		 restore->file, restore->accounts);
	return offline_confirm(restore->options, question);
}

static void restore_report(struct restore *restore)
{
	char reason[256];
	struct seal *seal = NULL;

	snprintf(reason, sizeof(reason), "%d accounts; the store before it is in %s",
		 restore->accounts, restore->kept);
	offline_note("restore", reason);
	printf("Restored: %s.\n"
	       "The store before it is in %s/%s; remove that folder once all is well.\n"
	       "Recovery codes and invitations are void: webcred create recovery makes new ones.\n"
	       "A counter token (hotp) needs two codes in a row at its next login.\n"
	       "Accounts that were locked, and credentials that were removed, since the backup"
	       " was made are back: look through them.\n",
	       reason, restore->options->state_folder, restore->kept);
	if (seal_open(restore->options->state_folder, false, &seal, restore->error,
		      sizeof(restore->error)) < 0)
		printf("%s. One-time codes need the host key that the backup was made with.\n",
		       restore->error);
	seal_close(seal);
}

static int restore_run(struct restore *restore)
{
	int r = restore_lock(restore), e;

	if (r != 0)
		return r;
	e = restore_make_beside(restore);
	if (e < 0)
		return offline_fail(OFFLINE_FAULT, "%s: %s", restore->path, strerror(-e));
	r = restore_copy(restore);
	if (r == 0)
		r = restore_prepare(restore);
	if (r == 0)
		r = restore_ask(restore);
	if (r == 0)
		r = restore_swap(restore);
	if (r == 0)
		restore_report(restore);
	else
		(void)restore_clear(restore, RESTORE_FOLDER);
	return r;
}

int offline_restore(const struct offline_options *options, const char *file)
{
	static struct restore restore;
	time_t now = time(NULL);
	struct tm day;
	int r;

	restore.options = options;
	restore.file = file;
	restore.folder = restore.beside = -1;
	offline_conf(options, &restore.conf);
	if (snprintf(restore.path, sizeof(restore.path), "%s/" RESTORE_FOLDER,
		     options->state_folder) >= (int)sizeof(restore.path) ||
	    !gmtime_r(&now, &day) ||
	    strftime(restore.kept, sizeof(restore.kept), "replaced-%Y%m%dT%H%M%SZ", &day) == 0)
		return offline_fail(OFFLINE_FAULT, "%s: no such folder", options->state_folder);
	r = trusted_folder_open(options->state_folder, &restore.folder, restore.error,
				sizeof(restore.error));
	if (r < 0)
		return offline_fail(OFFLINE_FAULT, "%s: %s", options->state_folder,
				    restore.error[0] ? restore.error : strerror(-r));
	r = restore_run(&restore);
	if (restore.old)
		restore.old->ops->close(restore.old);
	if (restore.beside >= 0)
		close(restore.beside);
	close(restore.folder);
	audit_close();
	return r;
}
