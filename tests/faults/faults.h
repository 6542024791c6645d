/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* faults - what the parts of the driver say to each other. */
#ifndef WEBCRED_TESTS_FAULTS_H
#define WEBCRED_TESTS_FAULTS_H

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/faults/control.h"

#define ANSWER_MAX 64
#define HOST_OPS 8
#define HOST_HUNG 0x10000 /* in host_report.died */
#define HOST_SLOWEST_S 40 /* the longest deadline of a login without a person is 30 */

extern struct control *control; /* shared with the shim and the tracer */

/* ---- accounts.c: one account for each type, and what it answers ---------------- */

enum login_type { LOGIN_PASSWORD, LOGIN_TOTP, LOGIN_HOTP, LOGIN_RECOVERY, LOGIN_KEY, LOGIN_TYPES };

struct login {
	enum login_type type;
	const char *name, *user, *service;
	char seed[128]; /* base32 */
	uint64_t counter;
	char code[32][24];
	unsigned n_codes;
	char password[ANSWER_MAX]; /* the account's, once it has one */
	unsigned credentials;	   /* as enrolled */
};

void login_enrol(struct login *login, enum login_type type);
/* What lets in now; a code is a new one each time. */
void login_answer(struct login *login, char answer[ANSWER_MAX]);
/* What does not, and never came near it. */
void login_wrong(const struct login *login, char answer[ANSWER_MAX]);
/* Sets the account's password, as root. */
void login_set_password(struct login *login, const char *password);
/* The account is as it was enrolled: what a change of password added is gone. */
void login_restore(struct login *login);
unsigned login_credentials(const struct login *login);
/* Whether one answer counts once. */
static inline bool login_is_once(const struct login *login)
{
	return login->type != LOGIN_PASSWORD && login->type != LOGIN_KEY;
}

/* code.c: RFC 4226 */
unsigned code_hotp(const char *seed, uint64_t counter);

/* ---- host.c: one PAM transaction in a process of its own --------------------------- */

struct host_report {
	int died; /* signal, HOST_HUNG, or 0 */
	int code[HOST_OPS];
	unsigned n;
	bool started; /* pam_start went well */
	unsigned descriptors_before, descriptors_after;
};

struct host_order {
	const char *user, *service;
	const char *answer, *new_password;
	bool change; /* chauthtok instead of a login */
	bool traced;
};

void host_run(const struct host_order *order, struct host_report *ret_report);
bool host_granted(const struct host_report *report);
const char *host_code_name(int code);

/* ---- tracer.c --------------------------------------------------------------------- */

/* Starts it on a process kind of the authority, or for the host's children. */
void tracer_start(enum control_process process, pid_t keeper, pid_t mother);
void tracer_stop(void);
/* False where it gave up: the process ended first. */
bool tracer_attach(pid_t pid);

/* ---- machine.c: the authority from outside ------------------------------------------ */

struct machine {
	pid_t mother, keeper;
	unsigned restarts;
};

extern struct machine machine;
/* Looks who the authority is, waiting until it answers; true where it is another
 * one than before. */
bool machine_look(void);
bool machine_is_helper(pid_t pid);
/* Descriptors and processes at rest; false with a reason where something leaked. */
bool machine_is_tidy(char *reason, size_t size);
/* No helper is left, and nothing that the key said to one: a pty keeps it for the
 * next, which no hidraw node does. */
void machine_calm_key(void);
/* A backup, walked by SQLite itself. */
bool machine_store_is_whole(char *reason, size_t size);

/* ---- main.c ----------------------------------------------------------------------- */

extern const char *sandbox_folder;
void lost(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void broken(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
