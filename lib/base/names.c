/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* names - see names.h. */
#include "lib/base/names.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/*
 * Nobody's to give: 0-999 the system's, 60001-65535 systemd-homed, dynamic
 * service users, nobody (65534) and the 16-bit -1, 524288-1879048191 containers,
 * from 2147483648 what programs with signed ids take for negative.
 */
static const struct {
	uint32_t low, high;
	const char *why;
} names_reserved[] = {
	{0, 0, "the id is 0, the superuser's"},
	{1, 999, "the id is in 1-999, which belongs to the system"},
	{60001, 65535,
	 "the id is in 60001-65535, which belongs to systemd-homed, dynamic services and nobody"},
	{524288, 1879048191, "the id is in 524288-1879048191, which belongs to containers"},
	{2147483648u, UINT32_MAX,
	 "the id is above 2147483647, which some programs take for negative"},
};

#define NAMES_RESERVED_N (sizeof(names_reserved) / sizeof(names_reserved[0]))

static bool names_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool names_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *names_check_name(const char *name)
{
	size_t len = name ? strnlen(name, NAMES_NAME_MAX + 1) : 0, digits = 0;

	if (len == 0)
		return "the name is empty";
	if (len > NAMES_NAME_MAX)
		return "the name is longer than 32 bytes";
	if (name[0] == '-')
		return "the name begins with a dash";
	for (size_t i = 0; i < len; i++) {
		char c = name[i];

		digits += names_is_digit(c);
		if (c == '$' && i > 0 && i == len - 1)
			continue;
		if (!names_is_letter(c) && !names_is_digit(c) && c != '.' && c != '_' && c != '-')
			return "the name has a character other than a-z, A-Z, 0-9, '.', '_', '-' "
			       "and a '$' at its end";
	}
	if (digits == len)
		return "the name is a number";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "the name is that of a folder";
	return NULL;
}

/* The mistakes that every text can have; `what` holds their sentences. */
struct names_words {
	const char *missing, *long_, *encoding, *colon, *control;
};

/* Printable ASCII without a colon, as most texts are: nothing can be wrong with it, and every
 * look-up of a name has three. */
static bool names_is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == ':')
			return false;
	return true;
}

static const char *names_check_text(const char *text, size_t max, const struct names_words *what)
{
	size_t len;

	if (!text)
		return what->missing;
	len = strnlen(text, max + 1);
	if (len > max)
		return what->long_;
	if (names_is_plain(text, len))
		return NULL;
	if (!text_utf8_valid(text, len))
		return what->encoding;
	if (strchr(text, ':'))
		return what->colon;
	if (len > 0 && !text_label_valid(text, max))
		return what->control;
	return NULL;
}

#define NAMES_WORDS(field, max)                                                                    \
	{                                                                                          \
		"the " field " is missing", "the " field " is longer than " max " bytes",          \
			"the " field " is not valid UTF-8", "the " field " has a colon",           \
			"the " field " has a line break or another control character"              \
	}

const char *names_check_gecos(const char *gecos)
{
	static const struct names_words words = NAMES_WORDS("full name", "255");

	return names_check_text(gecos, NAMES_GECOS_MAX, &words);
}

static bool names_goes_up(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, "/..")) != NULL) {
		if (at[3] == '\0' || at[3] == '/')
			return true;
		at += 3;
	}
	return false;
}

const char *names_check_home(const char *home)
{
	static const struct names_words words = NAMES_WORDS("home folder", "255");
	const char *wrong = names_check_text(home, NAMES_HOME_MAX, &words);

	if (wrong)
		return wrong;
	if (home[0] != '/')
		return "the home folder does not begin with a slash";
	return names_goes_up(home) ? "the home folder goes up by \"..\"" : NULL;
}

const char *names_check_shell(const char *shell)
{
	static const struct names_words words = NAMES_WORDS("shell", "255");
	const char *wrong = names_check_text(shell, NAMES_SHELL_MAX, &words);

	if (wrong)
		return wrong;
	if (shell[0] != '/')
		return "the shell does not begin with a slash";
	return names_goes_up(shell) ? "the shell goes up by \"..\"" : NULL;
}

const char *names_check_id(uint32_t id)
{
	for (size_t i = 0; i < NAMES_RESERVED_N; i++)
		if (id >= names_reserved[i].low && id <= names_reserved[i].high)
			return names_reserved[i].why;
	return NULL;
}

const char *names_check_range(uint32_t low, uint32_t high)
{
	if (low > high)
		return "the range ends before it begins";
	for (size_t i = 0; i < NAMES_RESERVED_N; i++)
		if (low <= names_reserved[i].high && high >= names_reserved[i].low)
			return "the range has ids of 0-999, 60001-65535, 524288-1879048191 or "
			       "above 2147483647, which belong to others";
	return NULL;
}

const char *names_check_person(const struct names_person *person)
{
	const char *wrong = names_check_name(person->name);

	if (!wrong)
		wrong = names_check_id(person->uid);
	if (!wrong)
		wrong = names_check_id(person->gid);
	if (!wrong)
		wrong = names_check_gecos(person->gecos);
	if (!wrong)
		wrong = names_check_home(person->home);
	if (!wrong)
		wrong = names_check_shell(person->shell);
	if (!wrong && person->expires < 0)
		wrong = "the expiry lies before 1970";
	return wrong;
}

static int names_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* 65536 members are compared once each, not each with each. */
static const char *names_check_twice(const struct names_group *group)
{
	const char **sorted;
	const char *wrong = NULL;

	if (group->members_n < 2)
		return NULL;
	sorted = malloc(group->members_n * sizeof(*sorted));
	if (!sorted)
		return "the group's members cannot be compared: no memory";
	memcpy(sorted, group->members, group->members_n * sizeof(*sorted));
	qsort(sorted, group->members_n, sizeof(*sorted), names_compare);
	for (size_t i = 1; !wrong && i < group->members_n; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			wrong = "the group has a member twice";
	free(sorted);
	return wrong;
}

const char *names_check_group(const struct names_group *group)
{
	const char *wrong = names_check_name(group->name);

	if (!wrong)
		wrong = names_check_id(group->gid);
	if (!wrong && group->members_n > NAMES_MEMBERS_MAX)
		wrong = "the group has more than 65536 members";
	for (size_t i = 0; !wrong && i < group->members_n; i++)
		if (names_check_name(group->members[i]))
			wrong = "the group has a member whose name cannot be one";
	return wrong ? wrong : names_check_twice(group);
}

uint32_t names_hash(uint32_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash * 33) ^ at[i];
	return hash;
}
