/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* doctor - what configuration the authority goes by, and what on this machine is amiss. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/doctor.h"

/* `webcred quiet_services = a b` becomes " a b ". */
static void remember(const char *line, const char *name, char *list, size_t size)
{
	const size_t len = strlen(name);

	if (strncmp(line, name, len) == 0)
		snprintf(list, size, "%s ", line + len);
}

/* "ssh-key" in "ssh-key [SUCCESS=return] password", and not in "no-ssh-keys". */
static bool names_word(const char *text, const char *word)
{
	for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
		const size_t len = strcspn(text, " [");

		if (len == strlen(word) && strncmp(text, word, len) == 0)
			return true;
		text += len > 0 ? len : 1;
	}
	return false;
}

static void take_setting(struct doctor *doctor, const char *line)
{
	remember(line, "webcred quiet_services =", doctor->quiet, sizeof(doctor->quiet));
	doctor->has_quiet = doctor->quiet[0] != '\0';
	if (strcmp(line, "webcred touch_required = yes") == 0)
		doctor->asserts_touch = true;
	if (strncmp(line, "service ", 8) == 0 && strstr(line, " get = ") != NULL &&
	    names_word(strstr(line, " get = ") + 7, "ssh-key"))
		doctor->orders_ssh_key = true;
	if (doctor->tool->json)
		output_member("setting", line);
	else
		printf("%s\n", line);
}

/* What the mediator shows elsewhere on standard error is here what was asked for:
 * one setting a line. */
static int doctor_show(void *context, enum webcred_show kind, const char *text)
{
	struct doctor *doctor = context;
	char line[1024];

	(void)kind;
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		take_setting(doctor, line);
		text += len + (text[len] == '\n');
	}
	return 0;
}

void doctor_find(struct doctor *doctor, enum doctor_level level, const char *where,
		 const char *todo, const char *what, ...)
{
	const char *word = level == DOCTOR_WRONG ? "wrong" : "advice";
	char text[1024];
	va_list arguments;

	va_start(arguments, what);
	vsnprintf(text, sizeof(text), what, arguments);
	va_end(arguments);
	doctor->wrong += level == DOCTOR_WRONG;
	if (doctor->tool->json)
		output_finding(word, text, where, todo);
	else
		printf("\n%s: %s\n  where: %s\n  do: %s\n", word, text, where, todo);
}

static int doctor_run(struct tool *tool, char **arguments, size_t n)
{
	struct doctor doctor = {.tool = tool};
	struct webcred_mediator mediator = tool->mediator;
	int r;

	(void)arguments, (void)n;
	mediator.context = &doctor;
	mediator.show = doctor_show;
	r = webcred_describe(tool->container, &mediator);
	/* Whoever has no authority needs the rest of this most. */
	doctor_files(&doctor);
	doctor_stacks(&doctor);
	doctor_programs(&doctor);
	if (r == 0)
		doctor_people(&doctor);
	if (r != 0)
		return output_failure(tool, r);
	if (doctor.wrong == 0)
		output_done(tool, NULL);
	output_say(tool, doctor.wrong == 0 ? "\nNothing is wrong." : "\n%u wrong.", doctor.wrong);
	return doctor.wrong == 0 ? TOOL_DONE : TOOL_REFUSED;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "show the configuration in force, and what is wrong",
	.run = doctor_run,
};
