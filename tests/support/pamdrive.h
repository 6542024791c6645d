/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* pamdrive - a PAM application that does what its command line says. */
#ifndef WEBCRED_TESTS_PAMDRIVE_H
#define WEBCRED_TESTS_PAMDRIVE_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>

#define ANSWERS_MAX 64
#define OPS_MAX 32

enum conversation {
	CONVERSATION_SCRIPT = 0, /* answers from the script, then PAM_CONV_ERR */
	CONVERSATION_NONE,	 /* the application has no conversation function */
	CONVERSATION_ERROR,	 /* always PAM_CONV_ERR */
	CONVERSATION_NULL,	 /* PAM_SUCCESS, and no responses */
	CONVERSATION_NULL_TEXT,	 /* PAM_SUCCESS, and a response without text */
};

struct drive {
	const char *user, *service, *confdir, *rhost, *tty, *ruser;
	const char *env;	 /* NAME=VALUE, into the PAM environment */
	const char *switch_user; /* PAM_USER becomes this at the first prompt */
	const char *hold;	 /* each prompt waits until this file exists */
	const char *prompted;	 /* this file is made at the first prompt */
	int flags;		 /* for every operation */
	enum conversation conversation;
	bool quiet;
	const char *chroot; /* the root folder becomes this at the first prompt */
	bool spawn;	    /* at the first prompt and at the end ls lists its descriptors */
	bool close_stdio;   /* run with descriptors 0 to 2 closed */
	size_t n_answers;
	char *answer[ANSWERS_MAX];
	size_t n_ops;
	const char *op[OPS_MAX];
	/* a race: so many processes answer their first prompt at the same instant */
	unsigned race;
	const char *race_users, *race_answers; /* files, one line a process */
	unsigned repeat;
	/* while it runs */
	size_t next_answer;
	unsigned prompts, texts;
	int ready_fd, go_fd; /* of a race; -1 outside of one */
	pam_handle_t *pamh;
};

/* Runs the operations on one handle; the PAM code of the first that failed. */
int drive_run(struct drive *drive);
/* Runs the race and prints who got what; 0 unless it could not be held. */
int drive_race(struct drive *drive);
const char *drive_code_name(int code);
int drive_conversation(int n, const struct pam_message **messages,
		       struct pam_response **ret_responses, void *context);
/* The i-th line of a file, without its newline; exits where there is none. */
char *drive_line(const char *path, unsigned i);

#endif
