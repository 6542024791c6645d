/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * output - what is said: what, where, what to do.  People read sentences, with
 * errors on standard error; with --json every line of standard output is one
 * JSON object.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/output_credential.h"
#include "tools/tool.h"

/* Takes the object. */
static void output_json(json_t *object)
{
	if (object != NULL) {
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	}
	json_decref(object);
}

/* What came from outside may not be UTF-8, and JSON must be. */
static json_t *output_text(const char *text)
{
	json_t *string = json_string(text);

	return string != NULL ? string : json_string("(not valid UTF-8)");
}

/* What somebody typed stands in it: no cursor moves, and no line begins but ours. */
static void output_tame(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* A blank line ahead is the only one that a sentence may have. */
void output_say(const struct tool *tool, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (tool->json)
		return;
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	if (text == NULL)
		return;
	output_tame(text + strspn(text, "\n"));
	puts(text);
	free(text);
}

int output_error(const struct tool *tool, int code, const char *name, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	output_tame(text);
	if (tool->json)
		output_json(json_pack("{s:{s:s,s:o}}", "error", "name", name, "message",
				      output_text(text)));
	else
		fprintf(stderr, "webcred: %s\n", text);
	return code;
}

/* For the library's own words are best; these stand in where it has none. */
static const char *output_stand_in(int result)
{
	switch (result) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "No authority answers. Start it: systemctl start webcred-login.socket"
		       " webcred-user.socket";
	case -EACCES:
		return "You may not open the authority's socket.";
	case -ETIMEDOUT:
		return "The authority did not answer in time. Its log says more:"
		       " journalctl -u webcred";
	case -EAGAIN:
		return "The authority has no room for one more at this moment. Nothing was"
		       " counted; try again.";
	case WEBCRED_NOT_ALLOWED:
		return "That was not accepted.";
	case WEBCRED_ABORTED:
		return "Cancelled. Nothing was changed.";
	case WEBCRED_SECURITY:
		return "Only root may ask for this. Try it with sudo.";
	case WEBCRED_INVALID_STATE:
		return "This is enrolled already.";
	case WEBCRED_NOT_SUPPORTED:
		return "This is not supported here.";
	default:
		return result < 0 ? strerror(-result) : webcred_outcome_name(result);
	}
}

int output_failure(const struct tool *tool, int result)
{
	const char *message = "";
	const bool fault = result < 0;

	if (tool->container != NULL)
		message = webcred_container_message(tool->container);
	/* What the authority tells everybody is not all that its log says. */
	if (fault && result != -ENOMEM && result != -EAGAIN &&
	    strcmp(message, strerror(-result)) == 0)
		return output_error(tool, TOOL_FAULT, "Fault",
				    "The authority could not do it: %s. Its log says why:"
				    " journalctl -u webcred",
				    message);
	if (message[0] == '\0' || result == -ENOMEM || result == -EAGAIN)
		message = output_stand_in(result);
	return output_error(tool, fault ? TOOL_FAULT : TOOL_REFUSED,
			    fault ? "Fault" : webcred_outcome_name(result), "%s", message);
}

void output_done(const struct tool *tool, const struct webcred_credential *credential)
{
	if (!tool->json)
		return;
	if (credential == NULL)
		output_json(json_pack("{s:b}", "done", 1));
	else
		output_json(json_pack("{s:o}", "credential", output_credential_json(credential)));
}

void output_member(const char *name, const char *text)
{
	output_json(json_pack("{s:o}", name, output_text(text)));
}

void output_import(const struct tool *tool, unsigned line, const char *user, const char *result,
		   const char *text)
{
	if (tool->json)
		output_json(json_pack("{s:i,s:o,s:s,s:o}", "line", (int)line, "user",
				      output_text(user), "result", result, "text",
				      output_text(text)));
	else
		printf("line %u: %s: %s: %s\n", line, user, result, text);
}

void output_finding(const char *level, const char *what, const char *where, const char *todo)
{
	output_json(json_pack("{s:{s:s,s:o,s:o,s:o}}", "finding", "level", level, "what",
			      output_text(what), "where", output_text(where), "do",
			      output_text(todo)));
}

void output_orphan(const struct tool *tool, const char *name, uid_t uid, const char *why)
{
	if (tool->json)
		output_json(json_pack("{s:{s:o,s:I,s:s}}", "orphan", "name", output_text(name),
				      "uid", (json_int_t)uid, "reason", why));
	else
		printf("%s, uid %u: %s\n", name, (unsigned)uid, why);
}

const char *output_status(enum webcred_status status)
{
	switch (status) {
	case WEBCRED_STATUS_NONE:
		return "nobody was asked";
	case WEBCRED_STATUS_SUCCESS:
		return "a credential was verified";
	case WEBCRED_STATUS_NOTFOUND:
		return "nothing of the types asked for is enrolled";
	case WEBCRED_STATUS_UNAVAIL:
		return "no device that could serve is here";
	case WEBCRED_STATUS_NOTALLOWED:
		return "it was tried and refused";
	case WEBCRED_STATUS_TRYAGAIN:
		return "not now: too many failures, or the key was not touched in time";
	case WEBCRED_STATUS_FAULT:
		return "the authority could not look";
	}
	return "unknown";
}

static void output_login_json(const struct tool *tool, const struct webcred_credential *credential)
{
	const bool granted = credential != NULL;

	output_json(json_pack("{s:b,s:s,s:o,s:o}", "granted", granted, "status",
			      webcred_status_name(webcred_container_status(tool->container)),
			      "message", output_text(webcred_container_message(tool->container)),
			      "credential",
			      granted ? output_credential_json(credential) : json_null()));
}

void output_login(const struct tool *tool, const struct webcred_credential *credential)
{
	const char *message = webcred_container_message(tool->container);
	char name[160];

	if (tool->json) {
		output_login_json(tool, credential);
		return;
	}
	if (message[0] != '\0')
		printf("%s%s", message, message[strlen(message) - 1] == '\n' ? "" : "\n");
	if (credential == NULL) {
		printf("No login: %s.\n", output_status(webcred_container_status(tool->container)));
		return;
	}
	output_name(credential, name, sizeof(name));
	printf("%s would be let in by %s%s%s.\n", tool->user, name,
	       webcred_credential_user_verified(credential) ? ", which verified the person" : "",
	       webcred_credential_was_silent(credential) ? ", without asking" : "");
}
