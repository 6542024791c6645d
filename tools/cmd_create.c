/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* create - enrols a one-time code, a set of recovery codes or a security key. */
#include <string.h>

#include "tools/tool.h"

/* As lib/core/types/otp_login.c has them, which refuses without a sentence. */
#define PERIOD_MIN 15
#define PERIOD_MAX 120
#define COUNT_MAX 25

static struct {
	bool hotp, totp, resident, no_touch;
	const char *label, *algorithm, *user_verification, *attestation, *transport;
	unsigned digits, period, count;
} create;

static int create_run(struct tool *tool, const struct webcred_creation *creation)
{
	struct webcred_credential *credential = NULL;
	char name[160];
	int r = webcred_create(tool->container, creation, &tool->mediator, &credential);

	if (r != 0)
		return output_failure(tool, r);
	if (credential == NULL)
		return output_error(tool, TOOL_REFUSED, "NotAllowedError", "Nothing was enrolled.");
	output_name(credential, name, sizeof(name));
	output_say(tool, "Enrolled: %s.", name);
	output_done(tool, credential);
	webcred_credential_free(credential);
	return TOOL_DONE;
}

static int create_run_otp(struct tool *tool, char **arguments, size_t n)
{
	struct webcred_creation creation = {
		.size = sizeof(creation),
		.type = WEBCRED_TYPE_OTP,
		.label = create.label,
		.backend = create.hotp ? "hotp" : "totp",
		.algorithm = create.algorithm,
		.digits = create.digits,
		.period = create.period,
	};

	(void)arguments, (void)n;
	if (create.hotp && create.totp)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "--hotp and --totp exclude each other.");
	if (create.hotp && create.period != 0)
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "--period belongs to --totp: an HOTP counts, it has no clock.");
	if (create.digits != 0 && (create.digits < 6 || create.digits > 8))
		return output_error(tool, TOOL_USAGE, "TypeError", "--digits is 6, 7 or 8.");
	if (create.period != 0 && (create.period < PERIOD_MIN || create.period > PERIOD_MAX))
		return output_error(tool, TOOL_USAGE, "TypeError", "--period is %d to %d seconds.",
				    PERIOD_MIN, PERIOD_MAX);
	return create_run(tool, &creation);
}

static int create_run_recovery(struct tool *tool, char **arguments, size_t n)
{
	struct webcred_creation creation = {
		.size = sizeof(creation),
		.type = WEBCRED_TYPE_OTP,
		.backend = "recovery",
		.count = create.count,
	};
	int r;

	(void)arguments, (void)n;
	if (create.count > COUNT_MAX)
		return output_error(tool, TOOL_USAGE, "TypeError", "--count is 1 to %d.",
				    COUNT_MAX);
	r = account_count(tool, "recovery codes");
	if (r < 0)
		return -r;
	if (r > 0 && (r = terminal_confirm(tool, "This replaces the recovery codes there are:"
						 " none of them will work any more."
						 " Go on?")) != TOOL_DONE)
		return r;
	r = create_run(tool, &creation);
	if (r == TOOL_DONE)
		output_say(tool, "Keep these codes where a thief of this machine would not look."
				 " Each works once.");
	return r;
}

static bool create_take_verification(enum webcred_user_verification *ret_verification)
{
	const char *word = create.user_verification;

	if (word == NULL || strcmp(word, "preferred") == 0)
		*ret_verification = WEBCRED_UV_PREFERRED;
	else if (strcmp(word, "required") == 0)
		*ret_verification = WEBCRED_UV_REQUIRED;
	else if (strcmp(word, "discouraged") == 0)
		*ret_verification = WEBCRED_UV_DISCOURAGED;
	else
		return false;
	return true;
}

static int create_run_public_key(struct tool *tool, char **arguments, size_t n)
{
	struct webcred_creation creation = {
		.size = sizeof(creation),
		.type = WEBCRED_TYPE_PUBLIC_KEY,
		.label = create.label,
		.resident = create.resident,
		.no_touch = create.no_touch,
		.attestation = create.attestation,
		.transport = create.transport,
	};

	(void)arguments, (void)n;
	if (!create_take_verification(&creation.user_verification))
		return output_error(tool, TOOL_USAGE, "TypeError",
				    "--user-verification is required, preferred or discouraged.");
	return create_run(tool, &creation);
}

static const struct option_entry create_otp_options[] = {
	{"totp", OPTION_FLAG, NULL, "codes by the clock (RFC 6238); the default", &create.totp},
	{"hotp", OPTION_FLAG, NULL, "codes by a counter (RFC 4226)", &create.hotp},
	{"label", OPTION_TEXT, "LABEL", "a name for it, such as phone", &create.label},
	{"algorithm", OPTION_TEXT, "NAME", "sha1 (default), sha256 or sha512", &create.algorithm},
	{"digits", OPTION_NUMBER, "N", "6 (default), 7 or 8", &create.digits},
	{"period", OPTION_NUMBER, "N", "seconds a TOTP code lasts; 30 by default", &create.period},
	{0},
};

static const struct option_entry create_recovery_options[] = {
	{"count", OPTION_NUMBER, "N", "how many codes; 10 by default", &create.count},
	{0},
};

static const struct option_entry create_key_options[] = {
	{"label", OPTION_TEXT, "LABEL", "a name for it, such as blue", &create.label},
	{"resident", OPTION_FLAG, NULL, "keep the credential on the key itself", &create.resident},
	{"no-touch", OPTION_FLAG, NULL, "no touch at logins (root only; each use is logged)",
	 &create.no_touch},
	{"user-verification", OPTION_TEXT, "WORD", "required, preferred (default) or discouraged",
	 &create.user_verification},
	{"attestation", OPTION_TEXT, "WORD", "none (default) or direct", &create.attestation},
	{"transport", OPTION_TEXT, "WORD", "device (default), or ssh-agent: a key that is in yours",
	 &create.transport},
	{0},
};

const struct verb verb_create_otp = {
	.name = "create otp",
	.arguments = "",
	.summary = "enrol an authenticator app or a code token",
	.options = create_otp_options,
	.run = create_run_otp,
};
const struct verb verb_create_recovery = {
	.name = "create recovery",
	.arguments = "",
	.summary = "make a set of recovery codes, each good for one login",
	.options = create_recovery_options,
	.run = create_run_recovery,
};
const struct verb verb_create_public_key = {
	.name = "create public-key",
	.arguments = "",
	.summary = "enrol a security key",
	.options = create_key_options,
	.run = create_run_public_key,
};
