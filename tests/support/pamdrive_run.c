/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* pamdrive_run - one handle: the operations, the conversation, the codes' names. */
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/pamdrive.h"

const char *drive_code_name(int code)
{
	static const char *const names[] = {
		"PAM_SUCCESS",
		"PAM_OPEN_ERR",
		"PAM_SYMBOL_ERR",
		"PAM_SERVICE_ERR",
		"PAM_SYSTEM_ERR",
		"PAM_BUF_ERR",
		"PAM_PERM_DENIED",
		"PAM_AUTH_ERR",
		"PAM_CRED_INSUFFICIENT",
		"PAM_AUTHINFO_UNAVAIL",
		"PAM_USER_UNKNOWN",
		"PAM_MAXTRIES",
		"PAM_NEW_AUTHTOK_REQD",
		"PAM_ACCT_EXPIRED",
		"PAM_SESSION_ERR",
		"PAM_CRED_UNAVAIL",
		"PAM_CRED_EXPIRED",
		"PAM_CRED_ERR",
		"PAM_NO_MODULE_DATA",
		"PAM_CONV_ERR",
		"PAM_AUTHTOK_ERR",
		"PAM_AUTHTOK_RECOVERY_ERR",
		"PAM_AUTHTOK_LOCK_BUSY",
		"PAM_AUTHTOK_DISABLE_AGING",
		"PAM_TRY_AGAIN",
		"PAM_IGNORE",
		"PAM_ABORT",
		"PAM_AUTHTOK_EXPIRED",
		"PAM_MODULE_UNKNOWN",
		"PAM_BAD_ITEM",
		"PAM_CONV_AGAIN",
		"PAM_INCOMPLETE",
	};

	if (code < 0 || (size_t)code >= sizeof(names) / sizeof(names[0]))
		return "PAM_(unknown)";
	return names[code];
}

/* ---- the conversation ------------------------------------------------------ */

static void nap(void)
{
	struct timespec moment = {.tv_nsec = 2 * 1000 * 1000};

	nanosleep(&moment, NULL);
}

static void say_message(const struct drive *drive, const struct pam_message *message)
{
	const char *style = message->msg_style == PAM_PROMPT_ECHO_OFF  ? "ECHO_OFF"
			    : message->msg_style == PAM_PROMPT_ECHO_ON ? "ECHO_ON"
			    : message->msg_style == PAM_ERROR_MSG      ? "ERROR_MSG"
			    : message->msg_style == PAM_TEXT_INFO      ? "TEXT_INFO"
								       : "OTHER";
	if (!drive->quiet)
		printf("conv %s \"%s\"\n", style, message->msg);
}

/* What a program that the host starts now would inherit. */
static void spawn(const char *when)
{
	pid_t pid;

	printf("inherited %s:\n", when);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execl("/bin/ls", "ls", "-l", "/proc/self/fd", (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

/* What happens between a prompt and its answer: races, a user who waits. */
static void at_prompt(struct drive *drive)
{
	char byte = 'r';

	if (drive->prompts++ == 0) {
		if (drive->prompted != NULL)
			close(open(drive->prompted, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
		if (drive->spawn)
			spawn("at the prompt");
		if (drive->chroot != NULL && (chroot(drive->chroot) != 0 || chdir("/") != 0))
			_exit(2);
		if (drive->switch_user != NULL)
			pam_set_item(drive->pamh, PAM_USER, drive->switch_user);
		if (drive->ready_fd != -1) {
			if (write(drive->ready_fd, &byte, 1) != 1 ||
			    read(drive->go_fd, &byte, 1) < 0)
				_exit(2);
		}
	}
	while (drive->hold != NULL && access(drive->hold, F_OK) != 0)
		nap();
}

static int answer_one(struct drive *drive, const struct pam_message *message,
		      struct pam_response *ret_response)
{
	say_message(drive, message);
	if (message->msg_style != PAM_PROMPT_ECHO_OFF && message->msg_style != PAM_PROMPT_ECHO_ON) {
		drive->texts++;
		return PAM_SUCCESS;
	}
	at_prompt(drive);
	if (drive->conversation == CONVERSATION_NULL_TEXT)
		return PAM_SUCCESS;
	if (drive->next_answer == drive->n_answers)
		return PAM_CONV_ERR;
	ret_response->resp = strdup(drive->answer[drive->next_answer++]);
	return ret_response->resp != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

int drive_conversation(int n, const struct pam_message **messages,
		       struct pam_response **ret_responses, void *context)
{
	struct drive *drive = context;
	struct pam_response *responses;
	int code = PAM_SUCCESS;

	if (drive->conversation == CONVERSATION_ERROR) {
		drive->prompts++;
		return PAM_CONV_ERR;
	}
	*ret_responses = NULL;
	if (drive->conversation == CONVERSATION_NULL) {
		drive->prompts++;
		return PAM_SUCCESS;
	}
	responses = calloc((size_t)n, sizeof(*responses));
	if (responses == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n && code == PAM_SUCCESS; i++)
		code = answer_one(drive, messages[i], &responses[i]);
	if (code != PAM_SUCCESS) {
		for (int i = 0; i < n; i++)
			free(responses[i].resp);
		free(responses);
		return code;
	}
	*ret_responses = responses;
	return PAM_SUCCESS;
}

/* ---- the operations ----------------------------------------------------------- */

/* The delay is noted, never slept: what is measured is the module. */
static void no_delay(int code, unsigned delay, void *context)
{
	const struct drive *drive = context;

	if (!drive->quiet && delay > 0)
		printf("delay %u after %s\n", delay, drive_code_name(code));
}

static int op_flags(const struct drive *drive, const char *op)
{
	static const struct {
		const char *word;
		int flag;
	} words[] = {
		{"silent", PAM_SILENT},
		{"disallow_null", PAM_DISALLOW_NULL_AUTHTOK},
		{"establish", PAM_ESTABLISH_CRED},
		{"delete", PAM_DELETE_CRED},
		{"reinitialize", PAM_REINITIALIZE_CRED},
		{"refresh", PAM_REFRESH_CRED},
		{"expired", PAM_CHANGE_EXPIRED_AUTHTOK},
	};
	int flags = drive->flags;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(op, words[i].word) != NULL)
			flags |= words[i].flag;
	return flags;
}

static int call(struct drive *drive, const char *op, int flags)
{
	static const struct {
		const char *name;
		int (*run)(pam_handle_t *pamh, int flags);
	} table[] = {
		{"authenticate", pam_authenticate},   {"setcred", pam_setcred},
		{"acct_mgmt", pam_acct_mgmt},	      {"open_session", pam_open_session},
		{"close_session", pam_close_session}, {"chauthtok", pam_chauthtok},
	};
	size_t len = strcspn(op, "(");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].name) == len && strncmp(op, table[i].name, len) == 0)
			return table[i].run(drive->pamh, flags);
	fprintf(stderr, "pamdrive: no such operation: %s\n", op);
	exit(2);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int run_op(struct drive *drive, const char *op)
{
	const void *user = NULL;

	if (strcmp(op, "user") == 0) {
		if (pam_get_item(drive->pamh, PAM_USER, &user) == PAM_SUCCESS && !drive->quiet)
			printf("user %s\n", user != NULL ? (const char *)user : "(null)");
		return PAM_SUCCESS;
	}
	double began = milliseconds();
	int code = call(drive, op, op_flags(drive, op + strcspn(op, "(")));
	if (!drive->quiet)
		printf("%s %s %.1f ms\n", op, drive_code_name(code), milliseconds() - began);
	return code;
}

static int set_items(struct drive *drive)
{
	union {
		void (*function)(int code, unsigned delay, void *context);
		const void *item;
	} delay = {.function = no_delay};
	int code = pam_set_item(drive->pamh, PAM_FAIL_DELAY, delay.item);

	if (code == PAM_SUCCESS && drive->env != NULL)
		code = pam_putenv(drive->pamh, drive->env);
	if (code == PAM_SUCCESS && drive->rhost != NULL)
		code = pam_set_item(drive->pamh, PAM_RHOST, drive->rhost);
	if (code == PAM_SUCCESS && drive->tty != NULL)
		code = pam_set_item(drive->pamh, PAM_TTY, drive->tty);
	if (code == PAM_SUCCESS && drive->ruser != NULL)
		code = pam_set_item(drive->pamh, PAM_RUSER, drive->ruser);
	return code;
}

int drive_run(struct drive *drive)
{
	bool none = drive->conversation == CONVERSATION_NONE;
	struct pam_conv conv = {.conv = none ? NULL : drive_conversation, .appdata_ptr = drive};
	int first = PAM_SUCCESS, code = PAM_SUCCESS;

	drive->next_answer = 0;
	drive->pamh = NULL;
	code = pam_start_confdir(drive->service, drive->user, &conv, drive->confdir, &drive->pamh);
	if (code == PAM_SUCCESS)
		code = set_items(drive);
	if (code != PAM_SUCCESS) {
		printf("pam_start %s\n", drive_code_name(code));
		first = code;
	}
	for (size_t i = 0; first == PAM_SUCCESS && i < drive->n_ops; i++) {
		int now = run_op(drive, drive->op[i]);
		/* setcred and the like go on after a refusal only where asked for. */
		if (now != PAM_SUCCESS && code == PAM_SUCCESS)
			code = now;
	}
	if (drive->spawn)
		spawn("at the end");
	if (drive->pamh != NULL)
		pam_end(drive->pamh, code);
	drive->pamh = NULL;
	return code;
}
