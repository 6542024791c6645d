/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* account - whose credentials, and which of them. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/output_credential.h"
#include "tools/tool.h"

/* Fills user and uid; an exit code.  Without --user it is the real user: under
 * sudo that is root, and account_open() says so. */
static int account_look_up(struct tool *tool, const struct verb *verb)
{
	struct passwd *entry;

	errno = 0;
	entry = tool->user != NULL ? getpwnam(tool->user) : getpwuid(getuid());
	if (entry == NULL && tool->user == NULL)
		return output_error(tool, TOOL_FAULT, "Fault",
				    "No account on this machine has your user id %u.",
				    (unsigned)getuid());
	if (entry == NULL && errno != 0 && errno != ENOENT && errno != ESRCH)
		return output_error(tool, TOOL_FAULT, "Fault", "Looking up %s failed: %s.",
				    tool->user, strerror(errno));
	if (entry == NULL && !verb->any_name)
		return output_error(tool, TOOL_REFUSED, "NotAllowedError",
				    "There is no account named %s on this machine.", tool->user);
	tool->uid = entry != NULL ? entry->pw_uid : (uid_t)-1;
	if (entry != NULL) {
		static char name[256];

		snprintf(name, sizeof(name), "%s", entry->pw_name);
		tool->user = name;
	}
	return TOOL_DONE;
}

static int account_check_rights(const struct tool *tool, const struct verb *verb)
{
	if (geteuid() == 0)
		return TOOL_DONE;
	if (verb->root)
		return output_error(tool, TOOL_REFUSED, "SecurityError",
				    "Only root may do this. Try: sudo webcred %s", verb->name);
	if (tool->uid != getuid())
		return output_error(tool, TOOL_REFUSED, "SecurityError",
				    "Only root may manage another account."
				    " Try: sudo webcred %s --user %s",
				    verb->name, tool->user);
	return TOOL_DONE;
}

static int account_set_context(struct tool *tool)
{
	const char *tty = ttyname(STDIN_FILENO);
	int r = webcred_container_set_service(tool->container, TOOL_SERVICE);

	if (r == 0 && geteuid() == 0 && tty != NULL)
		r = webcred_container_set_tty(tool->container, tty);
	if (r == 0 && tool->socket != NULL)
		r = webcred_container_set_socket(tool->container, tool->socket);
	return r;
}

int account_open(struct tool *tool, const struct verb *verb)
{
	int r;

	tool->named = tool->user != NULL;
	r = account_look_up(tool, verb);
	if (r == TOOL_DONE)
		r = account_check_rights(tool, verb);
	if (r != TOOL_DONE)
		return r;
	tool->other = tool->uid != getuid();
	if (!tool->named && !verb->many && getuid() == 0 && terminal_is_attended() &&
	    (verb->whole == NULL || !verb->whole()))
		fprintf(stderr, "This is about root's own credentials"
				" (another account: --user NAME).\n");
	r = webcred_container_open(tool->user, tool->uid, &tool->container);
	if (r == WEBCRED_TYPE_ERROR)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "No account can have this name.");
	if (r == 0)
		r = account_set_context(tool);
	return r == 0 ? TOOL_DONE : output_failure(tool, r);
}

int account_switch(struct tool *tool, const char *user, uid_t uid)
{
	static char name[256];
	int r;

	signals_watch(NULL);
	webcred_container_close(tool->container);
	tool->container = NULL;
	snprintf(name, sizeof(name), "%s", user);
	tool->user = name;
	tool->uid = uid;
	tool->other = uid != getuid();
	r = webcred_container_open(tool->user, tool->uid, &tool->container);
	if (r == 0)
		r = account_set_context(tool);
	signals_watch(tool->container);
	return r;
}

const char *account_whose(const struct tool *tool)
{
	static char text[300];

	if (!tool->other)
		return "your";
	snprintf(text, sizeof(text), "%s's", tool->user);
	return text;
}

struct account_search {
	const char *text;
	size_t len;
	size_t n; /* that match */
	uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE];
	char name[160];
};

static int account_match(void *context, const struct webcred_credential *credential)
{
	struct account_search *search = context;
	char hex[2 * WEBCRED_CREDENTIAL_ID_SIZE + 1];

	output_credential_hex(webcred_credential_id(credential), WEBCRED_CREDENTIAL_ID_SIZE, hex);
	if (strncasecmp(hex, search->text, search->len) != 0 &&
	    strcmp(webcred_credential_label(credential), search->text) != 0)
		return 0;
	search->n++;
	memcpy(search->id, webcred_credential_id(credential), sizeof(search->id));
	output_name(credential, search->name, sizeof(search->name));
	return 0;
}

int account_find(struct tool *tool, const char *text, uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE],
		 char *ret_name, size_t size)
{
	struct account_search search = {.text = text, .len = strlen(text)};
	int r;

	if (search.len == 0)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "An id or a label is needed; webcred list shows them.");
	r = webcred_list(tool->container, account_match, &search);
	if (r != 0)
		return output_failure(tool, r);
	if (search.n == 0)
		return output_error(tool, TOOL_REFUSED, "NotAllowedError",
				    "%s has no credential with the id or label %s."
				    " webcred list shows them.",
				    tool->user, text);
	if (search.n > 1)
		return output_error(tool, TOOL_REFUSED, "NotAllowedError",
				    "%zu credentials match %s. Give more of the id;"
				    " webcred list shows it.",
				    search.n, text);
	memcpy(id, search.id, sizeof(search.id));
	snprintf(ret_name, size, "%s", search.name);
	return TOOL_DONE;
}

struct account_tally {
	const char *kind;
	int n;
};

static int account_tally(void *context, const struct webcred_credential *credential)
{
	struct account_tally *tally = context;

	if (tally->kind[0] == '\0' || strcmp(webcred_credential_kind(credential), tally->kind) == 0)
		tally->n++;
	return 0;
}

int account_count(struct tool *tool, const char *kind)
{
	struct account_tally tally = {.kind = kind};
	int r = webcred_list(tool->container, account_tally, &tally);

	return r == 0 ? tally.n : -output_failure(tool, r);
}
