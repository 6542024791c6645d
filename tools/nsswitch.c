/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tools/nsswitch.h"

#include <stdio.h>
#include <string.h>

#define WORD "webcred"

static const char *const databases[] = {"passwd", "group"};
#define N_DATABASES 2

/* Where a line has what; offsets into the text, 0 for nothing. */
struct place {
	unsigned lines;	    /* that name this database */
	size_t files_end;   /* behind `files` and its action */
	size_t word, words; /* the first `webcred`, and how many */
	size_t word_end;
	bool stops; /* files answers for all the rest: [NOTFOUND=return] */
	bool acts;  /* webcred has an action of its own */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t skip_blanks(const char *text, size_t at, size_t end)
{
	while (at < end && is_blank(text[at]))
		at++;
	return at;
}

/* "[NOTFOUND=return]", or "[!SUCCESS=return]", in any case of letters. */
static bool returns(const char *text, size_t from, size_t to)
{
	char action[64];
	size_t n = 0;

	for (; from < to && n < sizeof(action) - 1; from++) {
		const char c = text[from];

		if (!is_blank(c))
			action[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	action[n] = '\0';
	return strstr(action, "notfound=return") != NULL ||
	       strstr(action, "!success=return") != NULL;
}

/* One service, from `at` to *ret_end, and the action that follows it. */
static void take_service(const char *text, size_t at, size_t end, size_t *ret_end,
			 struct place *place)
{
	size_t stop = at, action, close;

	while (stop < end && !is_blank(text[stop]) && text[stop] != '[')
		stop++;
	action = skip_blanks(text, stop, end);
	close = action;
	if (action < end && text[action] == '[')
		while (close < end && text[close] != ']')
			close++;
	*ret_end = close > action ? close + (close < end) : stop;
	if (stop - at == 5 && strncmp(text + at, "files", 5) == 0 && !place->files_end) {
		place->files_end = *ret_end;
		place->stops = close > action && returns(text, action, close);
	} else if (stop - at == strlen(WORD) && strncmp(text + at, WORD, stop - at) == 0) {
		if (place->words++ == 0) {
			place->word = at;
			place->word_end = stop;
		}
		place->acts = place->acts || close > action;
	}
}

static void take_line(const char *text, size_t from, size_t end, const char *database,
		      struct place *place)
{
	const size_t len = strlen(database);
	size_t at = skip_blanks(text, from, end);
	const char *comment = memchr(text + from, '#', end - from);

	if (comment != NULL)
		end = (size_t)(comment - text);
	if (at + len > end || strncmp(text + at, database, len) != 0)
		return;
	at = skip_blanks(text, at + len, end);
	if (at >= end || text[at] != ':')
		return;
	place->lines++;
	for (at = skip_blanks(text, at + 1, end); at < end; at = skip_blanks(text, at, end)) {
		if (text[at] == '[') {
			/* An action that belongs to nothing. */
			at++;
			continue;
		}
		take_service(text, at, end, &at, place);
	}
}

static void find(const char *text, const char *database, struct place *ret_place)
{
	*ret_place = (struct place){0};
	for (size_t from = 0; text[from] != '\0';) {
		const size_t end = from + strcspn(text + from, "\n");

		take_line(text, from, end, database, ret_place);
		from = end + (text[end] == '\n');
	}
}

static const char *wrong(const struct place *place)
{
	if (place->lines != 1)
		return place->lines == 0 ? "has no such line" : "has more than one such line";
	if (place->files_end == 0)
		return "does not name files, which must come first";
	if (place->words > 1)
		return "names webcred more than once";
	if (place->words == 1 && place->word < place->files_end)
		return "names webcred before files: local accounts must win";
	if (place->words == 1 && place->acts)
		return "has an action behind webcred, which webcred did not write";
	if (place->stops)
		return "lets files answer for all that follow ([NOTFOUND=return])";
	return NULL;
}

enum nsswitch_state nsswitch_judge(const char *text, char *ret_why, size_t size)
{
	unsigned on = 0;

	ret_why[0] = '\0';
	for (size_t i = 0; i < N_DATABASES; i++) {
		struct place place;
		const char *why;

		find(text, databases[i], &place);
		why = wrong(&place);
		if (why != NULL) {
			snprintf(ret_why, size, "%s: %s", databases[i], why);
			return NSSWITCH_OTHER;
		}
		on += place.words == 1;
	}
	if (on == 1)
		snprintf(ret_why, size,
			 "one of the lines passwd and group names webcred, the other "
			 "does not");
	return on == 0 ? NSSWITCH_OFF : on == N_DATABASES ? NSSWITCH_ON : NSSWITCH_OTHER;
}

/* Replaces from..to of the text. */
static bool splice(char *text, size_t from, size_t to, const char *with)
{
	const size_t len = strlen(text), added = strlen(with);

	if (len - (to - from) + added > NSSWITCH_MAX)
		return false;
	memmove(text + from + added, text + to, len - to + 1);
	memcpy(text + from, with, added);
	return true;
}

static bool copy(const char *text, char *ret_text)
{
	const size_t len = strlen(text);

	if (len > NSSWITCH_MAX)
		return false;
	memcpy(ret_text, text, len + 1);
	return true;
}

bool nsswitch_add(const char *text, char *ret_text)
{
	char why[160];
	bool good = nsswitch_judge(text, why, sizeof(why)) == NSSWITCH_OFF && copy(text, ret_text);

	for (size_t i = 0; good && i < N_DATABASES; i++) {
		struct place place;

		find(ret_text, databases[i], &place);
		good = splice(ret_text, place.files_end, place.files_end, " " WORD);
	}
	return good && nsswitch_judge(ret_text, why, sizeof(why)) == NSSWITCH_ON;
}

bool nsswitch_drop(const char *text, char *ret_text)
{
	char why[160];
	bool good = nsswitch_judge(text, why, sizeof(why)) == NSSWITCH_ON && copy(text, ret_text);

	for (size_t i = 0; good && i < N_DATABASES; i++) {
		struct place place;

		find(ret_text, databases[i], &place);
		good = is_blank(ret_text[place.word - 1]) &&
		       splice(ret_text, place.word - 1, place.word_end, "");
	}
	return good && nsswitch_judge(ret_text, why, sizeof(why)) == NSSWITCH_OFF;
}
