/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * doctor_stacks - services that ask webcred, and then do not heed it.
 *
 * Each refusal of pam_webcred is walked through the rest of its stack, every later
 * module saying yes: if the stack lets in, a weaker module is a way round.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/doctor.h"

#define MODULE "pam_webcred.so"

/* What pam_sm_authenticate returns for a refusal; a fault is one. */
static const char *const refusals[] = {"auth_err", "perm_denied", "authinfo_unavail", "maxtries",
				       "conv_err"};

/* libpam's own bookkeeping (pam_dispatch.c): nothing said yet, yes, no. */
enum impression { IMPRESSION_NONE, IMPRESSION_YES, IMPRESSION_NO };

struct walk {
	const struct stack *stack;
	size_t at;
	enum impression impression;
	bool over;
};

static bool is_deny(const struct stack_line *line)
{
	return strcmp(line->module, "pam_deny.so") == 0;
}

/* What one line's answer does; jumps count lines of the group. */
static void step(struct walk *walk, const struct stack_line *line, const char *action)
{
	size_t jump;

	if (strcmp(action, "ok") == 0 || strcmp(action, "done") == 0) {
		if (walk->impression == IMPRESSION_NONE)
			walk->impression = IMPRESSION_YES;
		/* done ends a substack alone */
		if (strcmp(action, "done") == 0 && walk->impression == IMPRESSION_YES &&
		    !line->substack)
			walk->over = true;
	} else if (strcmp(action, "bad") == 0 || strcmp(action, "die") == 0) {
		walk->impression = IMPRESSION_NO;
		walk->over = strcmp(action, "die") == 0 && !line->substack;
	} else if (strcmp(action, "reset") == 0) {
		walk->impression = IMPRESSION_NONE;
	} else if (isdigit((unsigned char)*action)) {
		for (jump = strtoul(action, NULL, 10); jump > 0 && walk->at + 1 < walk->stack->n;) {
			if (walk->stack->line[++walk->at].group == STACK_AUTH)
				jump--;
		}
	}
}

/* Would the stack let in, if line `at` refused with `code`?  Who gets in then is named. */
static bool falls_through(const struct stack *stack, size_t at, const char *code,
			  const char **ret_module)
{
	struct walk walk = {.stack = stack, .at = at};
	const char *module = NULL;
	char action[32];

	stack_action(&stack->line[at], code, action, sizeof(action));
	step(&walk, &stack->line[at], action);
	for (walk.at++; !walk.over && walk.at < stack->n; walk.at++) {
		const struct stack_line *line = &stack->line[walk.at];

		if (line->group != STACK_AUTH)
			continue;
		/* A further line of ours judges for itself, and is looked at itself. */
		if (strcmp(line->module, MODULE) == 0) {
			stack_action(line, code, action, sizeof(action));
		} else {
			stack_action(line, is_deny(line) ? "auth_err" : "success", action,
				     sizeof(action));
			if (module == NULL && !is_deny(line) &&
			    strcmp(line->module, "pam_permit.so") != 0)
				module = line->module;
		}
		step(&walk, line, action);
	}
	*ret_module = module != NULL ? module : "pam_permit.so";
	return walk.impression == IMPRESSION_YES;
}

static void check_refusals(struct doctor *doctor, const char *service, const struct stack *stack)
{
	const char *module;

	for (size_t i = 0; i < stack->n; i++) {
		const struct stack_line *line = &stack->line[i];

		if (line->group != STACK_AUTH || strcmp(line->module, MODULE) != 0)
			continue;
		for (size_t k = 0; k < sizeof(refusals) / sizeof(refusals[0]); k++) {
			if (!falls_through(stack, i, refusals[k], &module))
				continue;
			doctor_find(doctor, DOCTOR_WRONG, line->where,
				    "write [success=done ignore=ignore default=die] as the line's "
				    "control",
				    "service %s: a refusal by webcred (%s) falls through, and %s "
				    "alone lets in",
				    service, refusals[k], module);
			break;
		}
	}
}

/* libpam runs what stands behind a `required` that refused: the login would count. */
static void check_account_order(struct doctor *doctor, const char *service,
				const struct stack *stack)
{
	char action[32];

	for (size_t i = 0; i < stack->n; i++) {
		const struct stack_line *line = &stack->line[i];

		if (line->group != STACK_ACCOUNT)
			continue;
		if (strcmp(line->module, MODULE) == 0)
			return;
		stack_action(line, "acct_expired", action, sizeof(action));
		if (strcmp(action, "bad") == 0 && strcmp(line->module, "pam_permit.so") != 0)
			doctor_find(doctor, DOCTOR_ADVICE, line->where,
				    "write requisite in place of the line's control",
				    "service %s: where %s refuses, the account line of webcred "
				    "still runs, and the login counts",
				    service, line->module);
	}
}

static void check_account(struct doctor *doctor, const char *service, const struct stack *stack)
{
	char where[160];
	bool any = false;

	snprintf(where, sizeof(where), DOCTOR_PAM_FOLDER "/%.100s", service);
	for (size_t i = 0; i < stack->n; i++)
		any = any || stack->line[i].group == STACK_ACCOUNT;
	if (!any)
		return; /* a lock screen, which never calls it */
	if (!stack_has(stack, STACK_ACCOUNT, MODULE))
		doctor_find(doctor, DOCTOR_WRONG, where,
			    "add as the last account line: account required pam_webcred.so",
			    "service %s: no account line of pam_webcred, so no login ever counts, "
			    "and who is locked in mid-login gets in",
			    service);
	check_account_order(doctor, service, stack);
	if (!stack_has(stack, STACK_ACCOUNT, "pam_unix.so"))
		doctor_find(doctor, DOCTOR_WRONG, where,
			    "add: account required pam_unix.so, or @include common-account",
			    "service %s: no account line of pam_unix, so chage -E and usermod -e "
			    "keep nobody out",
			    service);
}

static void check_service(struct doctor *doctor, const char *service)
{
	static struct stack stack;
	char where[160];

	if (!stack_read(service, &stack) || !stack_has(&stack, STACK_AUTH, MODULE))
		return;
	snprintf(where, sizeof(where), DOCTOR_PAM_FOLDER "/%.100s", service);
	if (stack.incomplete)
		doctor_find(doctor, DOCTOR_ADVICE, where,
			    "look for a file it includes that is missing, and for lines that are "
			    "not pam.conf(5)'s",
			    "service %s: not all of it could be read", service);
	check_refusals(doctor, service, &stack);
	check_account(doctor, service, &stack);
}

/* What packages and editors leave behind is no service; common-* are included. */
static int is_service(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strchr(entry->d_name, '~') == NULL &&
	       strstr(entry->d_name, ".dpkg-") == NULL && strncmp(entry->d_name, "common-", 7) != 0;
}

void doctor_stacks(struct doctor *doctor)
{
	struct dirent **names = NULL;
	int n = scandir(DOCTOR_PAM_FOLDER, &names, is_service, alphasort);

	if (n < 0) {
		doctor_find(doctor, DOCTOR_WRONG, DOCTOR_PAM_FOLDER,
			    "webcred is asked by PAM; install it",
			    "the PAM services cannot be read");
		return;
	}
	for (int i = 0; i < n; i++) {
		check_service(doctor, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}
