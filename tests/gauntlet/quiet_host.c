/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * quiet_host - an application of PAM's that keeps nothing of what was typed, so that whatever is
 * found in its memory was left there by a module.
 *
 *   quiet_host SERVICE CONFDIR USER ANSWERS FOLDER
 *
 * ANSWERS has one answer a line; each is read straight into the response, which is the module's.
 * At each stage - prompt, answered, ended - it makes FOLDER/STAGE and waits for FOLDER/STAGE.go.
 */
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX 256

struct host {
	int answers;
	const char *folder;
	int prompts;
};

static void stage(const struct host *host, const char *name)
{
	struct timespec moment = {.tv_nsec = 5 * 1000 * 1000};
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", host->folder, name);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	snprintf(path, sizeof(path), "%s/%s.go", host->folder, name);
	while (access(path, F_OK) != 0)
		nanosleep(&moment, NULL);
}

/* A byte at a time, since what was read ahead would stay behind. */
static char *read_answer(int fd)
{
	char *text = calloc(1, ANSWER_MAX);
	size_t len = 0;

	while (text && len < ANSWER_MAX - 1 && read(fd, text + len, 1) == 1 && text[len] != '\n')
		len++;
	if (text)
		text[len] = '\0';
	return text;
}

static int converse(int n, const struct pam_message **message, struct pam_response **ret,
		    void *context)
{
	struct host *host = context;
	struct pam_response *response = calloc((size_t)n, sizeof(*response));

	if (!response)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (message[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    message[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		if (host->prompts++ == 0)
			stage(host, "prompt");
		response[i].resp = read_answer(host->answers);
	}
	*ret = response;
	return PAM_SUCCESS;
}

static void no_delay(int code, unsigned delay, void *context)
{
	(void)code;
	(void)delay;
	(void)context;
}

int main(int argc, char **argv)
{
	union {
		void (*function)(int code, unsigned delay, void *context);
		const void *item;
	} delay = {.function = no_delay};
	struct host host = {.answers = -1};
	struct pam_conv conv = {.conv = converse, .appdata_ptr = &host};
	pam_handle_t *pamh = NULL;
	int code;

	if (argc != 6)
		return 2;
	prctl(PR_SET_PDEATHSIG, 9);
	host.answers = open(argv[4], O_RDONLY | O_CLOEXEC);
	host.folder = argv[5];
	code = pam_start_confdir(argv[1], argv[3], &conv, argv[2], &pamh);
	if (code != PAM_SUCCESS)
		return 2;
	(void)pam_set_item(pamh, PAM_FAIL_DELAY, delay.item);
	code = pam_authenticate(pamh, 0);
	dprintf(1, "authenticate %d\n", code);
	if (code == PAM_SUCCESS)
		dprintf(1, "acct_mgmt %d\n", pam_acct_mgmt(pamh, 0));
	stage(&host, "answered");
	(void)pam_end(pamh, code);
	stage(&host, "ended");
	return code == PAM_SUCCESS ? 0 : 1;
}
