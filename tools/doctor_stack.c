/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* doctor_stack - the lines of a PAM service, as pam.conf(5) has them, includes followed. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tools/doctor.h"

#define STACK_DEPTH_MAX 8
#define STACK_TEXT_MAX 1024

static void read_file(struct stack *stack, const char *file, int group, bool substack, int depth);

/* The next word, or what stands in brackets; NULL at the end. */
static char *next_word(char **at)
{
	char *word, *p = *at + strspn(*at, " \t");

	if (*p == '\0')
		return NULL;
	if (*p == '[') {
		word = ++p;
		p += strcspn(p, "]");
	} else {
		word = p;
		p += strcspn(p, " \t");
	}
	if (*p != '\0')
		*p++ = '\0';
	*at = p;
	return word;
}

/* -1 for no group; a dash before it keeps a missing module out of the log. */
static int group_of(const char *word)
{
	if (*word == '-')
		word++;
	if (strcasecmp(word, "auth") == 0)
		return STACK_AUTH;
	if (strcasecmp(word, "account") == 0)
		return STACK_ACCOUNT;
	if (strcasecmp(word, "password") == 0 || strcasecmp(word, "session") == 0)
		return STACK_OTHER;
	return -1;
}

static void add(struct stack *stack, int group, bool substack, const char *control,
		const char *module, const char *arguments, const char *where)
{
	struct stack_line *line;
	const char *base = strrchr(module, '/');

	if (group == STACK_OTHER)
		return;
	if (stack->n == STACK_LINES_MAX) {
		stack->incomplete = true;
		return;
	}
	line = &stack->line[stack->n++];
	line->group = (enum stack_group)group;
	line->substack = substack;
	snprintf(line->control, sizeof(line->control), "%s", control);
	snprintf(line->module, sizeof(line->module), "%s", base != NULL ? base + 1 : module);
	snprintf(line->arguments, sizeof(line->arguments), "%s", arguments);
	snprintf(line->where, sizeof(line->where), "%s", where);
}

/* `only` is the group an `auth include` wants, or -1 for all of them. */
static void take_line(struct stack *stack, char *text, int only, bool substack, const char *where,
		      int depth)
{
	char *first = next_word(&text), *control, *module;
	int group;

	if (first == NULL)
		return;
	if (strcmp(first, "@include") == 0) {
		module = next_word(&text);
		if (module != NULL)
			read_file(stack, module, only, substack, depth + 1);
		return;
	}
	group = group_of(first);
	control = next_word(&text);
	module = next_word(&text);
	if (group < 0 || control == NULL || module == NULL) {
		stack->incomplete = true;
		return;
	}
	if (only >= 0 && group != only)
		return;
	if (strcmp(control, "include") == 0)
		read_file(stack, module, group, substack, depth + 1);
	else if (strcmp(control, "substack") == 0)
		read_file(stack, module, group, true, depth + 1);
	else
		add(stack, group, substack, control, module, text + strspn(text, " \t"), where);
}

/* One logical line: comments gone, a backslash at the end goes on. */
static bool next_line(FILE *file, char text[STACK_TEXT_MAX], unsigned *number)
{
	size_t len = 0;

	text[0] = '\0';
	while (fgets(text + len, (int)(STACK_TEXT_MAX - len), file) != NULL) {
		(*number)++;
		text[len + strcspn(text + len, "#\r\n")] = '\0';
		len = strlen(text);
		if (len == 0 || text[len - 1] != '\\' || len + 2 >= STACK_TEXT_MAX)
			return true;
		text[len - 1] = ' ';
	}
	return len > 0;
}

static void read_file(struct stack *stack, const char *name, int group, bool substack, int depth)
{
	char path[256], where[128], text[STACK_TEXT_MAX];
	unsigned number = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : DOCTOR_PAM_FOLDER,
		 *name == '/' ? "" : "/", name);
	file = depth < STACK_DEPTH_MAX ? fopen(path, "re") : NULL;
	if (file == NULL) {
		stack->incomplete = true;
		return;
	}
	while (next_line(file, text, &number)) {
		snprintf(where, sizeof(where), "%.100s:%u", path, number);
		take_line(stack, text, group, substack, where, depth);
	}
	fclose(file);
}

bool stack_read(const char *service, struct stack *ret_stack)
{
	memset(ret_stack, 0, sizeof(*ret_stack));
	read_file(ret_stack, service, -1, false, 0);
	return ret_stack->n > 0;
}

bool stack_has(const struct stack *stack, enum stack_group group, const char *module)
{
	for (size_t i = 0; i < stack->n; i++) {
		if (stack->line[i].group == group && strcmp(stack->line[i].module, module) == 0)
			return true;
	}
	return false;
}

/* The four old words, as libpam spells them out. */
static const char *spell_out(const char *control)
{
	static const struct {
		const char *word, *meaning;
	} words[] = {
		{"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
		{"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
		{"sufficient", "success=done new_authtok_reqd=done default=ignore"},
		{"optional", "success=ok new_authtok_reqd=ok default=ignore"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(control, words[i].word) == 0)
			return words[i].meaning;
	}
	return control;
}

/* True and the value where the control names the code. */
static bool find_code(const char *control, const char *code, char *ret_action, size_t size)
{
	const size_t len = strlen(code);

	for (const char *at = control; *at != '\0'; at += strcspn(at, " \t")) {
		at += strspn(at, " \t");
		if (strncmp(at, code, len) != 0 || at[len] != '=')
			continue;
		at += len + 1;
		snprintf(ret_action, size, "%.*s", (int)strcspn(at, " \t"), at);
		return true;
	}
	return false;
}

void stack_action(const struct stack_line *line, const char *code, char *ret_action, size_t size)
{
	const char *control = spell_out(line->control);

	if (!find_code(control, code, ret_action, size) &&
	    !find_code(control, "default", ret_action, size))
		snprintf(ret_action, size, "bad"); /* what is not named is a refusal */
}
