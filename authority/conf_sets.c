/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/conf_sets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/outcome.h"
#include "lib/base/text.h"
#include "lib/core/codec.h"

#define BLANKS " \t"
#define WORD_MAX 48

static const enum webcred_type set_types[] = {WEBCRED_TYPE_PUBLIC_KEY, WEBCRED_TYPE_OTP,
					      WEBCRED_TYPE_PASSWORD};
#define N_TYPES (sizeof(set_types) / sizeof(set_types[0]))

/* The next word; false at the end.  One that is too long comes cut. */
static bool set_word(const char **text, char word[WORD_MAX])
{
	size_t len, kept;

	*text += strspn(*text, BLANKS);
	len = kept = strcspn(*text, BLANKS);
	if (kept > WORD_MAX - 1)
		kept = WORD_MAX - 1;
	memcpy(word, *text, kept);
	word[kept] = '\0';
	*text += len;
	return len > 0;
}

static bool set_wrong(const char *word, const char *what, char *ret_what, size_t size)
{
	char shown[WORD_MAX];

	text_escape(shown, sizeof(shown), word);
	snprintf(ret_what, size, "\"%s\" %s", shown, what);
	return false;
}

bool conf_types_read(const char *text, uint32_t *ret_types, char *ret_what, size_t size)
{
	uint32_t types = 0, bit;
	char word[WORD_MAX];

	if (strcmp(text, "none") == 0)
		text = "";
	while (set_word(&text, word)) {
		bit = 0;
		for (size_t i = 0; i < N_TYPES; i++)
			if (strcmp(word, outcome_type_name(set_types[i])) == 0)
				bit = CONF_TYPE_BIT(set_types[i]);
		if (bit == 0)
			return set_wrong(word, "is no type: public-key otp password", ret_what,
					 size);
		types |= bit;
	}
	*ret_types = types;
	return true;
}

void conf_types_write(uint32_t types, char *buffer, size_t size)
{
	size_t used = 0;

	snprintf(buffer, size, "%s", types ? "" : "none");
	for (size_t i = 0; i < N_TYPES && used < size; i++)
		if (types & CONF_TYPE_BIT(set_types[i]))
			used += (size_t)snprintf(buffer + used, size - used, "%s%s",
						 used ? " " : "", outcome_type_name(set_types[i]));
}

static const struct {
	const char *word;
	uint32_t bit;
} set_transports[] = {{"device", CONF_TRANSPORT_DEVICE}, {"ssh-agent", CONF_TRANSPORT_AGENT}};
#define N_TRANSPORTS (sizeof(set_transports) / sizeof(set_transports[0]))

bool conf_transports_read(const char *text, uint32_t *ret_transports, char *ret_what, size_t size)
{
	uint32_t transports = 0, bit;
	char word[WORD_MAX];

	while (set_word(&text, word)) {
		bit = 0;
		for (size_t i = 0; i < N_TRANSPORTS; i++)
			if (strcmp(word, set_transports[i].word) == 0)
				bit = set_transports[i].bit;
		if (bit == 0)
			return set_wrong(word, "is no way to a security key: device ssh-agent",
					 ret_what, size);
		transports |= bit;
	}
	if (transports == 0)
		return set_wrong("", "is none of: device ssh-agent", ret_what, size);
	*ret_transports = transports;
	return true;
}

void conf_transports_write(uint32_t transports, char *buffer, size_t size)
{
	size_t used = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < N_TRANSPORTS && used < size; i++)
		if (transports & set_transports[i].bit)
			used += (size_t)snprintf(buffer + used, size - used, "%s%s",
						 used ? " " : "", set_transports[i].word);
}

/* 8-4-4-4-12 as RFC 9562 has it, or without dashes. */
static bool model_read(const char *word, uint8_t aaguid[16])
{
	static const uint8_t dashes[] = {8, 13, 18, 23};
	char hex[WORD_MAX];
	size_t len = strlen(word), n = 0;

	if (len != 32 && len != 36)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool due = len == 36 && memchr(dashes, (int)i, sizeof(dashes)) != NULL;

		if ((word[i] == '-') != due)
			return false;
		if (!due)
			hex[n++] = word[i];
	}
	return codec_hex_decode(hex, n, aaguid, 16) == 16;
}

bool conf_models_read(const char *text, struct policy_models *ret_models, char *ret_what,
		      size_t size)
{
	struct policy_models models = {0};
	char word[WORD_MAX];

	if (strcmp(text, "any") == 0)
		text = "";
	while (set_word(&text, word)) {
		if (models.n == POLICY_MODELS_MAX) {
			snprintf(ret_what, size, "has more than %d models", POLICY_MODELS_MAX);
			return false;
		}
		if (!model_read(word, models.aaguid[models.n++]))
			return set_wrong(word,
					 "is no AAGUID, such as "
					 "00112233-4455-6677-8899-aabbccddeeff",
					 ret_what, size);
	}
	*ret_models = models;
	return true;
}

void conf_models_write(const struct policy_models *models, char *buffer, size_t size)
{
	size_t used = 0;

	snprintf(buffer, size, "%s", models->n ? "" : "any");
	for (size_t m = 0; m < models->n; m++)
		for (size_t i = 0; i < 16 && used < size; i++)
			used += (size_t)snprintf(buffer + used, size - used, "%s%02x",
						 i == 4 || i == 6 || i == 8 || i == 10 ? "-"
						 : m > 0 && i == 0		       ? " "
										       : "",
						 models->aaguid[m][i]);
}

/* ---- ids and paths ---- */

/* Digits alone; *text goes on behind them. */
static bool range_number(const char **text, uint32_t *ret_number)
{
	unsigned long long value;
	char *end;

	if (**text < '0' || **text > '9' || strspn(*text, "0123456789") > 10)
		return false;
	value = strtoull(*text, &end, 10);
	*text = end;
	*ret_number = (uint32_t)value;
	return value <= UINT32_MAX;
}

bool conf_range_read(const char *text, struct conf_range *ret_range, char *ret_what, size_t size)
{
	const char *at = text, *wrong;
	struct conf_range range;

	if (!range_number(&at, &range.low) || *at++ != '-' || !range_number(&at, &range.high) ||
	    *at)
		return set_wrong(text, "is no range of ids, such as 65536-99999", ret_what, size);
	wrong = names_check_range(range.low, range.high);
	/* By that, too, pam_webcred tells whom a login need not ask us about. */
	if (!wrong && range.low < NAMES_ID_LOW)
		wrong = "ids below 65536 are useradd's and the system's";
	if (wrong) {
		snprintf(ret_what, size, "cannot be: %s", wrong);
		return false;
	}
	*ret_range = range;
	return true;
}

void conf_range_write(const struct conf_range *range, char *buffer, size_t size)
{
	snprintf(buffer, size, "%" PRIu32 "-%" PRIu32, range->low, range->high);
}

bool conf_home_read(const char *text, char *ret_path, size_t max, char *ret_what, size_t size)
{
	const char *wrong = names_check_home(text);

	if (wrong || strlen(text) >= max)
		return set_wrong(
			text,
			"is no absolute path of at most 255 bytes without \"..\", colons and "
			"control characters",
			ret_what, size);
	memcpy(ret_path, text, strlen(text) + 1);
	return true;
}
