/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "pam_webcred/options.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/outcome.h"
#include "lib/base/text.h"

enum option {
	OPTION_GET,
	OPTION_MEDIATION,
	OPTION_TIMEOUT,
	OPTION_USER_VERIFICATION,
	OPTION_SOCKET,
	OPTION_NULLOK,
	OPTION_TRY_FIRST_PASS,
	OPTION_USE_FIRST_PASS,
	OPTION_USE_AUTHTOK,
	OPTION_DEBUG,
};

#define N_OPTIONS (OPTION_DEBUG + 1)

static const struct {
	const char *name; /* with its "=" where a value follows */
	const char *allowed;
} table[N_OPTIONS] = {
	[OPTION_GET] = {"get=", "types in order, such as [get=public-key otp password]"},
	[OPTION_MEDIATION] = {"mediation=", "optional, required, silent, conditional or immediate"},
	[OPTION_TIMEOUT] = {"timeout=", "seconds, 1 to 110"},
	[OPTION_USER_VERIFICATION] = {"user_verification=", "required, preferred or discouraged"},
	[OPTION_SOCKET] = {"socket=", "an absolute path in folders that only root may write"},
	[OPTION_NULLOK] = {"nullok", NULL},
	[OPTION_TRY_FIRST_PASS] = {"try_first_pass", NULL},
	[OPTION_USE_FIRST_PASS] = {"use_first_pass", NULL},
	[OPTION_USE_AUTHTOK] = {"use_authtok", NULL},
	[OPTION_DEBUG] = {"debug", NULL},
};

const char *options_name(size_t index)
{
	return index < N_OPTIONS ? table[index].name : NULL;
}

/* The index, or N_OPTIONS; *ret_value is what follows the "=". */
static unsigned find(const char *word, const char **ret_value)
{
	unsigned i;

	for (i = 0; i < N_OPTIONS; i++) {
		size_t len = strlen(table[i].name);

		*ret_value = word + len;
		if (table[i].allowed ? strncmp(word, table[i].name, len) == 0
				     : strcmp(word, table[i].name) == 0)
			break;
	}
	return i;
}

/* Digits alone: no sign, no blank, no unit. */
static bool parse_seconds(const char *word, uint32_t *ret_ms)
{
	uint32_t seconds = 0;

	for (const char *at = word; *at; at++) {
		if (*at < '0' || *at > '9' || seconds > OPTIONS_TIMEOUT_MAX_S)
			return false;
		seconds = seconds * 10 + (uint32_t)(*at - '0');
	}
	if (seconds < 1 || seconds > OPTIONS_TIMEOUT_MAX_S)
		return false;
	*ret_ms = seconds * 1000;
	return true;
}

static bool parse_user_verification(const char *word, enum webcred_user_verification *ret_uv)
{
	/* Behaviour 64 lets a program's unknown word count as absent.  A line an
	 * administrator wrote is configuration: a slip of the pen must not loosen. */
	if (strcmp(word, "required") == 0)
		*ret_uv = WEBCRED_UV_REQUIRED;
	else if (strcmp(word, "preferred") == 0)
		*ret_uv = WEBCRED_UV_PREFERRED;
	else if (strcmp(word, "discouraged") == 0)
		*ret_uv = WEBCRED_UV_DISCOURAGED;
	else
		return false;
	return true;
}

static bool parse_order(const char *word, char *order, size_t size)
{
	/* Which types there are, and what their actions mean, the authority says. */
	if (!text_label_valid(word, size - 1))
		return false;
	(void)snprintf(order, size, "%s", word);
	return true;
}

static bool apply(enum option option, const char *value, struct options *options)
{
	switch (option) {
	case OPTION_GET:
		return parse_order(value, options->order, sizeof(options->order));
	case OPTION_MEDIATION:
		return outcome_mediation_parse(value, &options->mediation);
	case OPTION_TIMEOUT:
		return parse_seconds(value, &options->timeout_ms);
	case OPTION_USER_VERIFICATION:
		return parse_user_verification(value, &options->user_verification);
	case OPTION_SOCKET:
		options->socket = value;
		return value[0] == '/';
	case OPTION_NULLOK:
		return options->nullok = true;
	case OPTION_TRY_FIRST_PASS:
		return options->try_first_pass = true;
	case OPTION_USE_FIRST_PASS:
		return options->use_first_pass = true;
	case OPTION_USE_AUTHTOK:
		return options->use_authtok = true;
	case OPTION_DEBUG:
		return options->debug = true;
	}
	return false;
}

static void name_all(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < N_OPTIONS && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
					 table[i].name);
}

int options_parse(int argc, const char *const *argv, struct options *ret_options, char *ret_error,
		  size_t size)
{
	struct options options = {.user_verification = WEBCRED_UV_PREFERRED};
	bool seen[N_OPTIONS] = {false};
	char word[128], all[256];

	for (int i = 0; i < argc; i++) {
		const char *value = "";
		unsigned option = find(argv[i], &value);

		text_escape(word, sizeof(word), argv[i]);
		if (option == N_OPTIONS) {
			name_all(all, sizeof(all));
			(void)snprintf(ret_error, size, "unknown option \"%s\"; allowed: %s", word,
				       all);
			return WEBCRED_TYPE_ERROR;
		}
		if (seen[option]) {
			(void)snprintf(ret_error, size, "option \"%s\" stands twice",
				       table[option].name);
			return WEBCRED_TYPE_ERROR;
		}
		seen[option] = true;
		if (!apply((enum option)option, value, &options)) {
			(void)snprintf(ret_error, size, "bad value in \"%s\"; allowed: %s", word,
				       table[option].allowed);
			return WEBCRED_TYPE_ERROR;
		}
	}
	*ret_options = options;
	return 0;
}
