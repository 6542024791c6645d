/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * login - one login through PAM, timed, answered by a script.
 *
 * Everybody's seed is SHA-1 of their name, so that the driver and the stores'
 * generator agree without a file between them.
 */
#ifndef BENCH_LOGIN_H
#define BENCH_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEED_SIZE 20

enum login_answer { ANSWER_NOTHING, ANSWER_HOTP, ANSWER_TOTP, ANSWER_PASSWORD };

struct login {
	const char *service, *confdir;
	enum login_answer answer;
	const char *password;
	uint64_t counter; /* HOTP: what to answer next */
	int step;	  /* TOTP: steps from now */
	/* Called at the prompt; NULL where nothing waits there. */
	void (*at_prompt)(void *context);
	void *context;
	bool memory; /* how much the process grows */
};

struct login_result {
	uint64_t in_ns;	   /* pam_start, pam_authenticate, pam_end */
	uint64_t whole_ns; /* with the process, where there was one for it */
	int32_t code;
	int32_t grown_kib; /* Rss */
};

void login_run(const struct login *login, const char *user, struct login_result *ret_result);

/* clock.c */
uint64_t login_clock(void); /* nanoseconds */

/* otp.c: no libcrypto, so that no module finds it loaded already. */
void otp_seed(const char *user, uint8_t ret_seed[SEED_SIZE]);
unsigned otp_code(const uint8_t seed[SEED_SIZE], uint64_t moving);

#endif
