/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * doctor - what the checks of `webcred doctor` share.
 *
 *   doctor_files.c     sockets, store, host key, configuration: kinds, modes, owners
 *   doctor_stacks.c    /etc/pam.d: refusals that fall through, account lines that lack
 *   doctor_stack.c     one service's lines, includes followed
 *   doctor_programs.c  what sshd and sudo are told
 *   doctor_people.c    who is known to webcred alone, and whether it is asked
 *
 * A check reads and reports; it changes nothing and asks nobody.
 */
#ifndef WEBCRED_TOOLS_DOCTOR_H
#define WEBCRED_TOOLS_DOCTOR_H

#include "tools/tool.h"

#define DOCTOR_PAM_FOLDER "/etc/pam.d"

/* Wrong: somebody is let in or kept out who should not be, or will be. */
enum doctor_level { DOCTOR_ADVICE, DOCTOR_WRONG };

struct doctor {
	const struct tool *tool;
	unsigned wrong;
	bool has_quiet;	     /* the authority said which services are quiet */
	char quiet[1024];    /* quiet_services, with blanks around each */
	bool asserts_touch;  /* touch_required = yes */
	bool orders_ssh_key; /* some get = names ssh-key */
};

/* What is so, where, and what to do about it. */
void doctor_find(struct doctor *doctor, enum doctor_level level, const char *where,
		 const char *todo, const char *what, ...) __attribute__((format(printf, 5, 6)));

void doctor_files(struct doctor *doctor);
void doctor_stacks(struct doctor *doctor);
void doctor_programs(struct doctor *doctor);
void doctor_people(struct doctor *doctor);

/* ---- one service's stack ---------------------------------------------------- */

#define STACK_LINES_MAX 128

enum stack_group { STACK_AUTH, STACK_ACCOUNT, STACK_OTHER };

struct stack_line {
	enum stack_group group;
	bool substack;	   /* came in by one: its end jumps no further than to it */
	char control[256]; /* a word, or what stands in the brackets */
	char module[64];   /* without folders */
	char arguments[256];
	char where[128]; /* "/etc/pam.d/common-auth:17" */
};

struct stack {
	size_t n;
	bool incomplete; /* a file could not be read, or there is too much of it */
	struct stack_line line[STACK_LINES_MAX];
};

/* Reads a service with all that it includes; false where there is none. */
bool stack_read(const char *service, struct stack *ret_stack);
/* Does any line of the group name the module? */
bool stack_has(const struct stack *stack, enum stack_group group, const char *module);
/* What libpam does where the line's module returns this code: "ok", "done", "bad",
 * "die", "ignore", "reset", or a number to jump. */
void stack_action(const struct stack_line *line, const char *code, char *ret_action, size_t size);

#endif
