/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* webcred - enrols, shows, tries and removes the credentials of this machine. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tools/tool.h"

static const struct verb *const verbs[] = {
	&verb_create_otp,
	&verb_create_recovery,
	&verb_create_public_key,
	&verb_store_password,
	&verb_get,
	&verb_list,
	&verb_rename,
	&verb_watch,
	&verb_remove,
	&verb_invite,
	&verb_lock,
	&verb_unlock,
	&verb_prevent,
	&verb_import,
	&verb_backup,
	&verb_doctor,
	&verb_account_add,
	&verb_account_list,
	&verb_account_show,
	&verb_account_modify,
	&verb_account_remove,
	&verb_account_group,
	&verb_account_publish,
	&verb_account_enable,
	&verb_account_disable,
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int usage(void)
{
	fputs("Try: webcred --help\n", stderr);
	return TOOL_USAGE;
}

static int help(void)
{
	char left[40];

	puts("webcred VERB [options]\n"
	     "  The credentials you log in to this machine with.\n\nVerbs:");
	for (size_t i = 0; i < N_VERBS; i++) {
		snprintf(left, sizeof(left), "%s %s", verbs[i]->name, verbs[i]->arguments);
		printf("  %-26s %s%s\n", left, verbs[i]->summary,
		       verbs[i]->root ? " (root only)" : "");
	}
	puts("\nOptions of every verb:");
	options_help_common();
	puts("\nAn ID is the start of what webcred list shows, or a label. More: webcred VERB"
	     " --help,\nwebcred(1). Exit codes: 0 done, 1 refused, 2 usage, 3 fault or no"
	     " authority.");
	return TOOL_DONE;
}

static int help_verb(const char *word)
{
	const size_t len = strlen(word);

	for (size_t i = 0; i < N_VERBS; i++) {
		if (strncmp(verbs[i]->name, word, len) == 0 &&
		    (verbs[i]->name[len] == '\0' || verbs[i]->name[len] == ' '))
			options_help(verbs[i]);
	}
	puts("Options of every verb:");
	options_help_common();
	return TOOL_DONE;
}

/* A verb is one word or two; *ret_words says which.  NULL after telling. */
static const struct verb *find(char **words, int n, int *ret_words)
{
	bool half = false;

	for (size_t i = 0; i < N_VERBS; i++) {
		const char *name = verbs[i]->name;
		const char *second = strchr(name, ' ');
		const size_t len = second != NULL ? (size_t)(second - name) : strlen(name);

		if (strlen(words[0]) != len || strncmp(name, words[0], len) != 0)
			continue;
		half = true;
		if (second != NULL && (n < 2 || strcmp(second + 1, words[1]) != 0))
			continue;
		*ret_words = second != NULL ? 2 : 1;
		return verbs[i];
	}
	if (half && n > 1 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0))
		exit(help_verb(words[0]));
	if (half)
		fprintf(stderr, "webcred: %s what? Try: webcred %s --help\n", words[0], words[0]);
	else
		fprintf(stderr, "webcred: there is no verb %s\n", words[0]);
	return NULL;
}

static int run(struct tool *tool, const struct verb *verb, char **arguments, size_t n)
{
	int r = account_open(tool, verb);

	if (r == TOOL_DONE) {
		terminal_mediate(tool);
		signals_watch(tool->container);
		r = verb->run(tool, arguments, n);
	}
	if (fflush(stdout) != 0 && r == TOOL_DONE)
		r = TOOL_FAULT;
	signals_finish();
	webcred_container_close(tool->container);
	return r;
}

static int start(struct tool *tool, int argc, char **argv)
{
	const struct verb *verb;
	int at, words;
	size_t n;

	if (!options_parse(tool, NULL, argc, argv, &at))
		return TOOL_USAGE;
	if (tool->version)
		return puts("webcred " PACKAGE_VERSION) < 0 ? TOOL_FAULT : TOOL_DONE;
	if (at == argc)
		return tool->help ? help() : usage();
	verb = find(argv + at, argc - at, &words);
	if (verb == NULL)
		return usage();
	argv[at + words - 1] = argv[0]; /* in the place of the verb's last word */
	argc -= at + words - 1;
	argv += at + words - 1;
	if (!options_parse(tool, verb, argc, argv, &at))
		return TOOL_USAGE;
	if (tool->help)
		return help_verb(verb->name);
	n = (size_t)(argc - at);
	if (n < verb->n_min || n > verb->n_max) {
		fprintf(stderr, "webcred: usage: webcred %s %s\n", verb->name, verb->arguments);
		return TOOL_USAGE;
	}
	return run(tool, verb, argv + at, n);
}

int main(int argc, char **argv)
{
	struct tool tool = {0};

	setlocale(LC_CTYPE, ""); /* whether the terminal takes UTF-8 */
	return start(&tool, argc, argv);
}
