/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* account enable, disable - webcred's place in nsswitch.conf. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/nsswitch.h"
#include "tools/tool.h"

#define MODULE WEBCRED_LIBDIR "/libnss_webcred.so.2"
#define NEW_FILE NSSWITCH_FILE ".webcred-new"

static struct {
	bool dry_run;
} enabling;

static char before[NSSWITCH_MAX + 1], after[NSSWITCH_MAX + 1];

static int read_whole(const char *path, char text[NSSWITCH_MAX + 1], struct stat *ret_stat)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r = 0;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_stat) < 0)
		r = -errno;
	else if (!S_ISREG(ret_stat->st_mode))
		r = -EINVAL;
	while (r == 0 && n > 0) {
		n = read(fd, text + len, NSSWITCH_MAX + 1 - len);
		if (n < 0)
			r = -errno;
		else
			len += (size_t)n;
		if (len > NSSWITCH_MAX)
			r = -EFBIG;
	}
	close(fd);
	if (r == 0) {
		text[len] = '\0';
		if (strlen(text) != len)
			r = -EINVAL;
	}
	return r;
}

static int write_whole(int fd, const char *text)
{
	const size_t len = strlen(text);
	ssize_t n;

	for (size_t at = 0; at < len; at += (size_t)n) {
		n = write(fd, text + at, len - at);
		if (n < 0)
			return -errno;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_etc(void)
{
	int fd = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return r;
}

/* A new file with owner and mode of the old one, whole, under its final name at last. */
static int put(const char *path, const char *fresh, const char *text, const struct stat *like)
{
	int fd, r = 0;

	if (unlink(fresh) < 0 && errno != ENOENT)
		return -errno;
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fchown(fd, like->st_uid, like->st_gid) < 0 || fchmod(fd, like->st_mode & 07777) < 0)
		r = -errno;
	if (r == 0)
		r = write_whole(fd, text);
	close(fd);
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r == 0)
		r = sync_etc();
	if (r < 0)
		unlink(fresh);
	return r;
}

/* The lines that differ, old and new. */
static void say_lines(const struct tool *tool)
{
	const char *old = before, *new = after;

	while (*old != '\0' && *new != '\0') {
		const size_t m = strcspn(old, "\n"), n = strcspn(new, "\n");

		if (m != n || strncmp(old, new, m) != 0) {
			output_say(tool, "- %.*s", (int)m, old);
			output_say(tool, "+ %.*s", (int)n, new);
		}
		old += m + (old[m] == '\n');
		new += n + (new[n] == '\n');
	}
}

static int enabling_look(const struct tool *tool, struct stat *ret_stat,
			 enum nsswitch_state *ret_state)
{
	char why[160];
	int r = read_whole(NSSWITCH_FILE, before, ret_stat);

	if (r == -ELOOP)
		return output_error(tool, TOOL_REFUSED, "NotSupportedError",
				    NSSWITCH_FILE " is a symbolic link: whatever made it has to be "
						  "told. passwd and group want: files webcred");
	if (r < 0)
		return output_error(tool, TOOL_FAULT, "Fault", NSSWITCH_FILE ": %s.", strerror(-r));
	*ret_state = nsswitch_judge(before, why, sizeof(why));
	if (*ret_state == NSSWITCH_OTHER)
		return output_error(tool, TOOL_REFUSED, "NotSupportedError",
				    NSSWITCH_FILE ": %s. Nothing was changed. Put webcred behind "
						  "files there yourself.",
				    why);
	return TOOL_DONE;
}

static int enabling_end(const struct tool *tool, int r)
{
	if (r < 0)
		return output_error(tool, TOOL_FAULT, "Fault", NSSWITCH_FILE ": %s.", strerror(-r));
	say_lines(tool);
	if (enabling.dry_run)
		output_say(tool, "Nothing was changed.");
	else if (access("/run/nscd/socket", F_OK) == 0)
		output_say(tool, "nscd keeps old answers: nscd -i passwd; nscd -i group");
	output_done(tool, NULL);
	return TOOL_DONE;
}

/* There is nothing to change. */
static int enabling_idle(const struct tool *tool, const char *why)
{
	output_say(tool, "%s", why);
	output_done(tool, NULL);
	return TOOL_DONE;
}

static int enable_run(struct tool *tool, char **arguments, size_t n)
{
	enum nsswitch_state state;
	struct stat st;
	int r = enabling_look(tool, &st, &state);

	(void)arguments, (void)n;
	if (r != TOOL_DONE)
		return r;
	if (access(MODULE, R_OK) < 0)
		return output_error(tool, TOOL_REFUSED, "NotSupportedError",
				    MODULE ": %s. Without it the name service cannot ask webcred.",
				    strerror(errno));
	if (state == NSSWITCH_ON)
		return enabling_idle(tool, "The name service asks webcred already.");
	if (!nsswitch_add(before, after))
		return output_error(tool, TOOL_REFUSED, "NotSupportedError",
				    NSSWITCH_FILE " is too long. Nothing was changed.");
	r = 0;
	if (!enabling.dry_run) {
		r = put(NSSWITCH_BACKUP, NSSWITCH_BACKUP "-new", before, &st);
		if (r == 0)
			r = put(NSSWITCH_FILE, NEW_FILE, after, &st);
	}
	if (r == 0 && !enabling.dry_run)
		output_say(tool, "What was before is in " NSSWITCH_BACKUP ".");
	return enabling_end(tool, r);
}

static int disable_run(struct tool *tool, char **arguments, size_t n)
{
	enum nsswitch_state state;
	struct stat st;
	int r = enabling_look(tool, &st, &state);

	(void)arguments, (void)n;
	if (r != TOOL_DONE)
		return r;
	if (state == NSSWITCH_OFF)
		return enabling_idle(tool, "The name service does not ask webcred.");
	if (!nsswitch_drop(before, after))
		return output_error(tool, TOOL_REFUSED, "NotSupportedError",
				    NSSWITCH_FILE
				    ": what is there cannot be taken back word by "
				    "word. Nothing was changed; compare " NSSWITCH_BACKUP ".");
	r = enabling.dry_run ? 0 : put(NSSWITCH_FILE, NEW_FILE, after, &st);
	if (r == 0 && !enabling.dry_run && unlink(NSSWITCH_BACKUP) < 0 && errno != ENOENT)
		r = -errno;
	return enabling_end(tool, r);
}

static const struct option_entry enable_options[] = {
	{"dry-run", OPTION_FLAG, NULL, "only say what would be changed", &enabling.dry_run},
	{0},
};

const struct verb verb_account_enable = {
	.name = "account enable",
	.arguments = "",
	.summary = "let the name service ask webcred (nsswitch.conf)",
	.options = enable_options,
	.root = true,
	.many = true,
	.run = enable_run,
};
const struct verb verb_account_disable = {
	.name = "account disable",
	.arguments = "",
	.summary = "take that change back",
	.options = enable_options,
	.root = true,
	.many = true,
	.run = disable_run,
};
