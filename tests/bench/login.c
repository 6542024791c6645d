/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/bench/login.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_S 30

struct prompt {
	const struct login *login;
	const char *user;
};

static char *answer(const struct prompt *prompt)
{
	const struct login *login = prompt->login;
	uint8_t seed[SEED_SIZE];
	char code[16];
	uint64_t moving = login->counter;

	if (login->answer == ANSWER_NOTHING)
		return strdup("");
	if (login->answer == ANSWER_PASSWORD)
		return strdup(login->password);
	if (login->answer == ANSWER_TOTP)
		moving = (uint64_t)(time(NULL) / STEP_S + login->step);
	otp_seed(prompt->user, seed);
	snprintf(code, sizeof(code), "%06u", otp_code(seed, moving));
	return strdup(code);
}

static int converse(int n, const struct pam_message **message, struct pam_response **ret_response,
		    void *context)
{
	struct prompt *prompt = context;
	struct pam_response *response = calloc((size_t)n, sizeof(*response));

	if (!response)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (message[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    message[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		if (prompt->login->at_prompt)
			prompt->login->at_prompt(prompt->login->context);
		response[i].resp = answer(prompt);
	}
	*ret_response = response;
	return PAM_SUCCESS;
}

/* Refusals are not waited for: a delay is not speed. */
static void no_delay(int code, unsigned microseconds, void *context)
{
	(void)code;
	(void)microseconds;
	(void)context;
}

static int32_t resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (int32_t)(resident * 4);
}

void login_run(const struct login *login, const char *user, struct login_result *ret_result)
{
	struct prompt prompt = {login, user};
	struct pam_conv conversation = {converse, &prompt};
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = {no_delay};
	pam_handle_t *handle = NULL;
	int32_t before = login->memory ? resident_kib() : 0, after = before;
	uint64_t began = login_clock();
	int code;

	code = pam_start_confdir(login->service, user, &conversation, login->confdir, &handle);
	if (code == PAM_SUCCESS) {
		pam_set_item(handle, PAM_FAIL_DELAY, delay.item);
		code = pam_authenticate(handle, 0);
		if (login->memory)
			after = resident_kib();
		pam_end(handle, code);
	}
	ret_result->in_ns = ret_result->whole_ns = login_clock() - began;
	ret_result->code = code;
	ret_result->grown_kib = after - before;
}
