/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* host - one PAM transaction in a child, which may die of it. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/faults.h"

/* The shim's; absent where it is not preloaded, and then nothing can fail. */
extern int fault_process __attribute__((weak));

static struct host_report *host_shared; /* the child writes it */

static unsigned host_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		n++;
	closedir(folder);
	return n;
}

static void host_arm(bool armed)
{
	atomic_store(&control->inside, armed);
	if (&fault_process != NULL)
		fault_process = armed ? PROCESS_HOST : PROCESS_NONE;
}

/* ---- the conversation ------------------------------------------------------------ */

static const char *host_answer(const struct host_order *order, const char *prompt)
{
	return strstr(prompt, "ew password") != NULL ? order->new_password : order->answer;
}

static int host_converse(int n, const struct pam_message **messages,
			 struct pam_response **ret_responses, void *context)
{
	const struct host_order *order = context;
	struct pam_response *responses = calloc((size_t)n, sizeof(*responses));

	for (int i = 0; responses != NULL && i < n; i++) {
		int style = messages[i]->msg_style;
		const char *answer = host_answer(order, messages[i]->msg);

		if ((style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON) && answer != NULL)
			responses[i].resp = strdup(answer);
	}
	*ret_responses = responses;
	return responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void host_no_delay(int code, unsigned delay, void *context)
{
	(void)code;
	(void)delay;
	(void)context;
}

/* ---- the child --------------------------------------------------------------------- */

static void host_ops(pam_handle_t *pamh, const struct host_order *order)
{
	static int (*const ops[])(pam_handle_t * pamh, int flags) = {
		pam_authenticate, pam_setcred, pam_acct_mgmt, pam_open_session, pam_close_session};
	static const int flags[] = {0, PAM_ESTABLISH_CRED, 0, 0, 0};
	unsigned n = sizeof(ops) / sizeof(ops[0]);

	if (order->change) {
		host_shared->code[0] = pam_chauthtok(pamh, PAM_CHANGE_EXPIRED_AUTHTOK);
		host_shared->n = 1;
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		host_shared->code[i] = ops[i](pamh, flags[i]);
		host_shared->n = i + 1;
	}
}

static void host_transaction(const struct host_order *order, const char *confdir)
{
	const struct pam_conv conv = {host_converse, (void *)(uintptr_t)order};
	union {
		void (*function)(int code, unsigned delay, void *context);
		const void *item;
	} delay = {.function = host_no_delay};
	pam_handle_t *pamh = NULL;

	host_arm(true);
	int code = pam_start_confdir(order->service, order->user, &conv, confdir, &pamh);
	if (code == PAM_SUCCESS) {
		code = pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
		host_shared->started = code == PAM_SUCCESS;
		if (code == PAM_SUCCESS)
			host_ops(pamh, order);
		pam_end(pamh, code);
	}
	host_arm(false);
}

static _Noreturn void host_child(const struct host_order *order)
{
	char confdir[256];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(confdir, sizeof(confdir), "%s/pam.d", sandbox_folder);
	openlog("faults", LOG_NDELAY, LOG_AUTHPRIV);
	host_shared->descriptors_before = host_descriptors();
	if (order->traced && !tracer_attach(getpid()))
		_exit(3);
	host_transaction(order, confdir);
	host_shared->descriptors_after = host_descriptors();
	_exit(0);
}

/* ---- the parent --------------------------------------------------------------------- */

static int host_wait(pid_t pid)
{
	struct timespec nap = {.tv_nsec = 500 * 1000};
	int status = 0;

	for (int64_t i = 0; i < (int64_t)HOST_SLOWEST_S * 1500; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status)	  ? WTERMSIG(status)
			       : WEXITSTATUS(status) != 0 ? SIGABRT
							  : 0;
		nanosleep(&nap, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return HOST_HUNG;
}

void host_run(const struct host_order *order, struct host_report *ret_report)
{
	pid_t pid;

	if (host_shared == NULL) {
		host_shared = mmap(NULL, sizeof(*host_shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (host_shared == MAP_FAILED)
			broken("no memory to share");
	}
	memset(host_shared, 0, sizeof(*host_shared));
	pid = fork();
	if (pid < 0)
		broken("cannot fork");
	if (pid == 0)
		host_child(order);
	int died = host_wait(pid);
	*ret_report = *host_shared;
	ret_report->died = died;
}

bool host_granted(const struct host_report *report)
{
	return report->n > 0 && report->code[0] == PAM_SUCCESS;
}

const char *host_code_name(int code)
{
	static char text[32];

	if (code == PAM_SUCCESS)
		return "PAM_SUCCESS";
	if (code == PAM_IGNORE)
		return "PAM_IGNORE";
	snprintf(text, sizeof(text), "PAM code %d", code);
	return text;
}
