/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * options - the words behind pam_webcred.so on a PAM line.
 *
 * Unset means: the authority's configuration decides.  A word with blanks is
 * bracketed in pam.d: [get=public-key otp password]; libpam takes the brackets.
 */
#ifndef WEBCRED_PAM_OPTIONS_H
#define WEBCRED_PAM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/wire.h"

#define OPTIONS_TIMEOUT_MAX_S 110u /* below sshd's LoginGraceTime (behaviour 61) */
#define OPTIONS_ERROR_SIZE 512

struct options {
	char order[WIRE_ORDER_MAX + 1]; /* get= */
	enum webcred_mediation mediation;
	enum webcred_user_verification user_verification;
	uint32_t timeout_ms; /* timeout=, in seconds there */
	const char *socket;  /* socket=; lives as long as argv */
	bool nullok;
	bool try_first_pass, use_first_pass;
	bool use_authtok; /* chauthtok: the new password is PAM_AUTHTOK */
	bool debug;
};

/* 0, or WEBCRED_TYPE_ERROR and a sentence that names the word and says what is
 * allowed.  An option stands at most once. */
int options_parse(int argc, const char *const *argv, struct options *ret_options, char *ret_error,
		  size_t size);
/* The names of all options, for the documentation's test; NULL at the end. */
const char *options_name(size_t index);

#endif
