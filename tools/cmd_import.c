/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * import - security keys that pam-u2f or OpenSSH know become credentials here.
 *
 * The tool takes the file apart into entries and nothing more: what an entry
 * says is read by the authority's session, which has no rights to lose.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define RECORD_MAX 4095 /* webcred_import() */
#define PRIVATE_KEY "-----BEGIN "

static struct {
	const char *from, *rp_id;
	bool write;
} import;

struct piece {
	const char *at;
	size_t len;
};

struct import_count {
	unsigned good, bad;
	int fault; /* an exit code that ends it all */
};

/* ---- the file ---------------------------------------------------------------- */

/* Allocated; an exit code. */
static int import_read(const struct tool *tool, const char *path, struct piece *ret_text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = malloc(FILE_MAX + 1);
	struct stat st;
	size_t len = 0;
	ssize_t n = -1;

	if (fd >= 0 && text != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		while (len <= FILE_MAX && (n = read(fd, text + len, FILE_MAX + 1 - len)) > 0)
			len += (size_t)n;
	else if (fd >= 0)
		errno = text == NULL ? ENOMEM : EINVAL;
	if (n == 0 && len <= FILE_MAX) {
		close(fd);
		*ret_text = (struct piece){text, len};
		return TOOL_DONE;
	}
	if (n >= 0)
		errno = EFBIG;
	n = errno;
	free(text);
	if (fd >= 0)
		close(fd);
	return output_error(tool, TOOL_REFUSED, "NotAllowedError", "Cannot read %s: %s.", path,
			    n == EINVAL ? "it is no file" : strerror((int)n));
}

/* Takes off what stands before the next `end`; false where nothing is left. */
static bool import_next(struct piece *rest, char end, struct piece *ret_piece)
{
	const char *at;

	if (rest->at == NULL)
		return false;
	at = memchr(rest->at, end, rest->len);
	*ret_piece = (struct piece){rest->at, at != NULL ? (size_t)(at - rest->at) : rest->len};
	rest->len -= at != NULL ? ret_piece->len + 1 : rest->len;
	rest->at = at != NULL ? at + 1 : NULL;
	return true;
}

/* The next line that says something; carriage returns are not part of it. */
static bool import_line(struct piece *rest, unsigned *number, struct piece *ret_line)
{
	while (import_next(rest, '\n', ret_line)) {
		++*number;
		while (ret_line->len > 0 &&
		       strchr("\r\t ", ret_line->at[ret_line->len - 1]) != NULL)
			ret_line->len--;
		if (ret_line->len > 0 && ret_line->at[0] != '#')
			return true;
	}
	return false;
}

/* ---- one entry ------------------------------------------------------------------ */

struct import_shown {
	char text[1024];
};

static int import_show(void *context, enum webcred_show kind, const char *text)
{
	struct import_shown *shown = context;

	(void)kind;
	snprintf(shown->text, sizeof(shown->text), "%s", text);
	return 0;
}

static void import_tell(const struct tool *tool, struct import_count *count, unsigned line,
			const char *user, const char *why)
{
	count->bad++;
	output_import(tool, line, user, "not enrolled", why);
}

/* The account of `tool` is the entry's. */
static void import_record(struct tool *tool, struct import_count *count, unsigned line,
			  const char *record)
{
	struct import_shown shown = {""};
	const struct webcred_mediator mediator = {
		.size = sizeof(mediator), .context = &shown, .show = import_show};
	int r = webcred_import(tool->container, record, &mediator);

	if (r < 0 || r == WEBCRED_SECURITY || r == WEBCRED_ABORTED) {
		count->fault = output_failure(tool, r);
	} else if (r > 0) {
		const char *why = webcred_container_message(tool->container);

		import_tell(tool, count, line, tool->user,
			    why[0] != '\0' ? why : webcred_outcome_name(r));
	} else {
		count->good++;
		output_import(tool, line, tool->user,
			      import.write ? "enrolled" : "would be enrolled", shown.text);
	}
}

static void import_entry(struct tool *tool, struct import_count *count, unsigned line,
			 const char *user, const char *head, struct piece entry)
{
	char record[RECORD_MAX + 1];
	struct passwd *account = getpwnam(user);
	int r, n;

	if (account == NULL) {
		import_tell(tool, count, line, user, "there is no such account on this machine");
		return;
	}
	n = snprintf(record, sizeof(record), "%s%s\n", import.write ? "" : "check ", head);
	if (n < 0 || entry.len >= sizeof(record) - (size_t)n ||
	    memchr(entry.at, '\0', entry.len) != NULL) {
		import_tell(tool, count, line, user, "too long for a key, or no text");
		return;
	}
	memcpy(record + n, entry.at, entry.len);
	record[(size_t)n + entry.len] = '\0';
	r = account_switch(tool, account->pw_name, account->pw_uid);
	if (r != 0)
		count->fault = output_failure(tool, r);
	else
		import_record(tool, count, line, record);
}

/* ---- pam-u2f: user, then credentials, with colons between -------------------------- */

/* The line that pam-u2f would read instead, or 0. */
static unsigned import_later(struct piece rest, unsigned number, struct piece user)
{
	unsigned found = 0;
	struct piece line, name;

	while (import_line(&rest, &number, &line)) {
		if (import_next(&line, ':', &name) && name.len == user.len &&
		    memcmp(name.at, user.at, user.len) == 0)
			found = number;
	}
	return found;
}

static void import_authfile_user(struct tool *tool, struct import_count *count, unsigned line,
				 const char *user, struct piece rest)
{
	char head[300], text[RECORD_MAX + 1];
	unsigned n = 0;
	struct piece part;

	snprintf(head, sizeof(head), "pam-u2f %s", import.rp_id);
	for (; count->fault == 0 && import_next(&rest, ':', &part); n++) {
		int len = snprintf(text, sizeof(text), "%s:%.*s", user,
				   part.len > RECORD_MAX ? RECORD_MAX : (int)part.len, part.at);

		import_entry(tool, count, line, user, head, (struct piece){text, (size_t)len});
	}
	if (n == 0)
		import_tell(tool, count, line, user, "no credential follows the user's name");
}

static void import_authfile(struct tool *tool, struct import_count *count, struct piece rest)
{
	const char *only = tool->named ? strdup(tool->user) : NULL;
	char name[256], why[80];
	unsigned number = 0, later;
	struct piece line, user;

	while (count->fault == 0 && import_line(&rest, &number, &line)) {
		import_next(&line, ':', &user);
		snprintf(name, sizeof(name), "%.*s", user.len > 255 ? 255 : (int)user.len, user.at);
		if (only != NULL && strcmp(only, name) != 0)
			continue;
		later = import_later(rest, number, user);
		if (user.len > 255 || strlen(name) != user.len || user.len == 0) {
			import_tell(tool, count, number, "?",
				    "no account can have the user's name");
		} else if (later > 0) {
			snprintf(why, sizeof(why),
				 "pam-u2f reads only the last line of a user, which is line %u",
				 later);
			import_tell(tool, count, number, name, why);
		} else {
			import_authfile_user(tool, count, number, name, line);
		}
	}
	free((void *)(uintptr_t)only);
}

/* ---- OpenSSH: a public key a line, or one private key ------------------------------- */

static void import_openssh(struct tool *tool, struct import_count *count, struct piece rest)
{
	char *user = strdup(tool->user);
	unsigned number = 0;
	struct piece line;

	if (user == NULL)
		count->fault = output_failure(tool, -ENOMEM);
	else if (rest.len >= strlen(PRIVATE_KEY) &&
		 memcmp(rest.at, PRIVATE_KEY, strlen(PRIVATE_KEY)) == 0)
		import_entry(tool, count, 1, user, "openssh-sk", rest);
	else
		while (count->fault == 0 && import_line(&rest, &number, &line))
			import_entry(tool, count, number, user, "openssh-sk", line);
	free(user);
}

/* ---- the verb ----------------------------------------------------------------------- */

/* pam-u2f's own default: pam://HOST. */
static const char *import_origin(void)
{
	static char origin[80];
	char host[65] = "";

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		return "pam://localhost";
	snprintf(origin, sizeof(origin), "pam://%s", host);
	return origin;
}

static int import_run(struct tool *tool, char **arguments, size_t n)
{
	bool pam_u2f = import.from != NULL && strcmp(import.from, "pam-u2f") == 0;
	struct import_count count = {0};
	struct piece text;
	int r;

	(void)n;
	if (!pam_u2f && (import.from == NULL || strcmp(import.from, "openssh-sk") != 0))
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "--from is pam-u2f or openssh-sk.");
	if (import.rp_id != NULL && (!pam_u2f || strlen(import.rp_id) > 253))
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "--rp-id belongs to --from pam-u2f: what its origin= was.");
	if (import.rp_id == NULL)
		import.rp_id = import_origin();
	r = import_read(tool, arguments[0], &text);
	if (r != TOOL_DONE)
		return r;
	(pam_u2f ? import_authfile : import_openssh)(tool, &count, text);
	free((void *)(uintptr_t)text.at);
	if (count.fault != 0)
		return count.fault;
	output_say(tool, "%u %s, %u not.%s", count.good,
		   import.write ? "enrolled" : "would be enrolled", count.bad,
		   import.write ? "" : " Nothing was changed: --write does it.");
	return count.bad == 0 ? TOOL_DONE : TOOL_REFUSED;
}

static const struct option_entry import_options[] = {
	{"from", OPTION_TEXT, "FORMAT", "pam-u2f or openssh-sk", &import.from},
	{"rp-id", OPTION_TEXT, "ORIGIN", "what pam-u2f's origin= was; pam://HOST by default",
	 &import.rp_id},
	{"write", OPTION_FLAG, NULL, "enrol them, instead of saying what would be", &import.write},
	{0},
};

const struct verb verb_import = {
	.name = "import",
	.arguments = "FILE",
	.summary = "enrol the keys that pam-u2f or OpenSSH know",
	.options = import_options,
	.n_min = 1,
	.n_max = 1,
	.root = true,
	.many = true,
	.run = import_run,
};
