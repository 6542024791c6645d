/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * tool - what the verbs of webcred(1) share.
 *
 * The tool decides nothing: it puts a request together, lends the authority its
 * terminal, and says in plain words what came back.
 */
#ifndef WEBCRED_TOOLS_TOOL_H
#define WEBCRED_TOOLS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/client/webcred.h"

/* Exit codes, documented in webcred(1). */
enum { TOOL_DONE = 0, TOOL_REFUSED = 1, TOOL_USAGE = 2, TOOL_FAULT = 3 };

#define TOOL_SERVICE "webcred" /* the service name the tool claims */

struct tool {
	/* common options */
	const char *user; /* --user; afterwards the account in question */
	const char *socket;
	bool json, yes, help, version;
	/* the account */
	uid_t uid;
	bool named; /* by --user */
	bool other; /* not the invoking user's own */
	struct webcred_container *container;
	struct webcred_mediator mediator;
};

/* ---- verbs: one file each, one table in webcred.c ------------------------ */

enum option_kind {
	OPTION_END = 0,
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_NUMBER,
	OPTION_DURATION,
	OPTION_ID
};

struct option_entry {
	const char *name; /* without the dashes */
	enum option_kind kind;
	const char *argument; /* its name in the help; NULL for a flag */
	const char *help;
	void *value; /* bool, const char *, unsigned or uint32_t (seconds; an id) */
};

struct verb {
	const char *name;      /* "list", or two words: "create otp" */
	const char *arguments; /* "ID LABEL", or "" */
	const char *summary;
	const struct option_entry *options; /* ends with OPTION_END; may be NULL */
	size_t n_min, n_max;		    /* arguments */
	bool root;			    /* root's verb */
	bool any_name;			    /* also for a name that has no account */
	bool many;			    /* its input names the accounts */
	bool (*whole)(void);		    /* about no account in particular; may be NULL */
	int (*run)(struct tool *tool, char **arguments, size_t n);
};

extern const struct verb verb_create_otp, verb_create_recovery, verb_create_public_key;
extern const struct verb verb_store_password, verb_get, verb_list, verb_rename, verb_remove;
extern const struct verb verb_invite, verb_lock, verb_unlock, verb_prevent;
extern const struct verb verb_backup, verb_doctor, verb_import, verb_watch;
extern const struct verb verb_account_add, verb_account_list, verb_account_show;
extern const struct verb verb_account_modify, verb_account_remove, verb_account_group;
extern const struct verb verb_account_publish, verb_account_enable, verb_account_disable;

/* cmd_orphans.c: `remove --orphans`; an exit code. */
int orphans_remove(struct tool *tool, bool dry_run, unsigned limit);

/* ---- people.c: the name service's people and groups ----------------------- */

/* The person or group an order is about; an exit code, and then it has been said. */
int people_open(struct tool *tool, const char *name);
/* As webcred_people(), about whom people_open() named; an exit code. */
int people_order(struct tool *tool, enum webcred_action action, const struct webcred_order *order,
		 int (*each)(void *context, const struct webcred_person *person), void *context);
/* "2027-01-31" or "never": seconds since the epoch, at the day's beginning (UTC). */
bool people_date(const char *text, int64_t *ret_at);
/* One line, or one JSON object, for each of those a list has. */
void output_person(const struct tool *tool, const struct webcred_person *person);
/* Everything that is known of one: collected, and then said at once. */
struct output_people;
struct output_people *output_people_new(const struct tool *tool);
int output_people_add(void *people, const struct webcred_person *person);
/* Says it; an exit code. */
int output_people_end(struct output_people *people);
void output_people_free(struct output_people *people);

/* skeleton.c: makes a person's home folder from /etc/skel; an exit code. */
int skeleton_make(const struct tool *tool, const char *home, uid_t uid, gid_t gid);

/* ---- options.c ------------------------------------------------------------ */

/* Reads options (the verb's, or only the common ones where verb is NULL) and
 * gives the index of the first argument; false after telling what is wrong.
 * Without a verb it stops at the first argument. */
bool options_parse(struct tool *tool, const struct verb *verb, int argc, char **argv, int *ret_at);
void options_help(const struct verb *verb);
void options_help_common(void);

/* ---- account.c ------------------------------------------------------------ */

/* Whose credentials; opens the container.  An exit code. */
int account_open(struct tool *tool, const struct verb *verb);
/* From here on it is about this account, which exists: 0, or as the library. */
int account_switch(struct tool *tool, const char *user, uid_t uid);
/* "your" or "alice's", for sentences. */
const char *account_whose(const struct tool *tool);
/* Finds a credential by the start of its id or by its label; an exit code. */
int account_find(struct tool *tool, const char *text, uint8_t id[WEBCRED_CREDENTIAL_ID_SIZE],
		 char *ret_name, size_t size);
/* How many credentials there are of a kind ("" for all), or an exit code
 * negated. */
int account_count(struct tool *tool, const char *kind);

/* ---- terminal.c: the mediator --------------------------------------------- */

void terminal_mediate(struct tool *tool);
/* Asks the person; an answer to wipe.  0, or as struct webcred_mediator. */
int terminal_ask(enum webcred_ask kind, const char *text, struct webcred_secret *answer);
/* Before something is lost: 0 to go on, else an exit code, and it has been said. */
int terminal_confirm(struct tool *tool, const char *question);
/* Is somebody there to be asked? */
bool terminal_is_attended(void);

/* ---- signals.c ------------------------------------------------------------ */

/* From here on ^C and friends cancel the running call. */
void signals_watch(struct webcred_container *container);
/* The signal that came, or 0. */
int signals_caught(void);
/* Ends the process by the signal that came, if one did. */
void signals_finish(void);

/* ---- qr.c ----------------------------------------------------------------- */

/* Draws it on stdout; false where it does not fit or cannot be made. */
bool qr_draw(const char *text);

/* ---- output.c ------------------------------------------------------------- */

/* A good end, for people; nothing with --json. */
void output_say(const struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says why a call of the library did not succeed; its exit code. */
int output_failure(const struct tool *tool, int result);
/* A refusal or a fault of the tool's own; returns `code`. */
int output_error(const struct tool *tool, int code, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* {"credential": ...} or {"done": true}, with --json only. */
void output_done(const struct tool *tool, const struct webcred_credential *credential);
/* One member, one line, at once: {"uri": "otpauth://..."}. */
void output_member(const char *name, const char *text);
/* `import`: one entry; `result` is a word or two, `text` what and why. */
void output_import(const struct tool *tool, unsigned line, const char *user, const char *result,
		   const char *text);
/* {"finding": ...}: what `doctor` found. */
void output_finding(const char *level, const char *what, const char *where, const char *todo);
/* {"orphan": {...}} or a line for people. */
void output_orphan(const struct tool *tool, const char *name, uid_t uid, const char *why);
/* `get`: what happened. */
void output_login(const struct tool *tool, const struct webcred_credential *credential);
/* The list. */
struct output_list;
struct output_list *output_list_new(void);
int output_list_add(void *list, const struct webcred_credential *credential);
void output_list_end(const struct tool *tool, const struct output_list *list);
void output_list_free(struct output_list *list);
/* "security key \"blue\" (1a2b3c4d)" */
void output_name(const struct webcred_credential *credential, char *buffer, size_t size);
/* In plain words, what a status means. */
const char *output_status(enum webcred_status status);

#endif
