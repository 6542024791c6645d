/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* options - one table a verb: what is parsed is what the help prints. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"

#define OPTIONS_MAX 24

/* The common options' targets are members of struct tool. */
static size_t options_common(struct tool *tool, struct option_entry *ret_entries)
{
	const struct option_entry common[] = {
		{"user", OPTION_TEXT, "NAME", "whose credentials (another account's: root only)",
		 &tool->user},
		{"socket", OPTION_TEXT, "PATH", "speak to the authority at another socket",
		 &tool->socket},
		{"json", OPTION_FLAG, NULL, "one JSON object a line on standard output",
		 &tool->json},
		{"yes", OPTION_FLAG, NULL, "do not ask before something is lost", &tool->yes},
		{"help", OPTION_FLAG, NULL, "say how it is used", &tool->help},
		{"version", OPTION_FLAG, NULL, "say which version this is", &tool->version},
	};
	memcpy(ret_entries, common, sizeof(common));
	return sizeof(common) / sizeof(common[0]);
}

static size_t options_gather(struct tool *tool, const struct verb *verb,
			     struct option_entry entries[OPTIONS_MAX])
{
	size_t n = options_common(tool, entries);

	if (verb == NULL || verb->options == NULL)
		return n;
	for (const struct option_entry *own = verb->options; own->kind != OPTION_END; own++)
		entries[n++] = *own;
	return n;
}

static bool option_number(const char *text, unsigned long most, unsigned long *ret_value,
			  char **ret_rest)
{
	if (text[0] < '0' || text[0] > '9')
		return false; /* strtoul would take signs and blanks */
	errno = 0;
	*ret_value = strtoul(text, ret_rest, 10);
	return errno == 0 && *ret_value <= most;
}

/* "90", "15m", "24h", "7d": seconds. */
static bool option_duration(const char *text, uint32_t *ret_seconds)
{
	static const struct {
		const char *unit;
		unsigned long seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	unsigned long value;
	char *rest;

	if (!option_number(text, UINT32_MAX, &value, &rest) || value == 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(rest, units[i].unit) != 0)
			continue;
		if (value > UINT32_MAX / units[i].seconds)
			return false;
		*ret_seconds = (uint32_t)(value * units[i].seconds);
		return true;
	}
	return false;
}

static bool option_take(const struct option_entry *entry, const char *argument)
{
	unsigned long value;
	char *rest;

	switch (entry->kind) {
	case OPTION_FLAG:
		*(bool *)entry->value = true;
		return true;
	case OPTION_TEXT:
		*(const char **)entry->value = argument;
		return true;
	case OPTION_NUMBER:
		if (!option_number(argument, UINT16_MAX, &value, &rest) || *rest != '\0' ||
		    value == 0)
			break;
		*(unsigned *)entry->value = (unsigned)value;
		return true;
	case OPTION_DURATION:
		if (!option_duration(argument, entry->value))
			break;
		return true;
	case OPTION_ID:
		if (!option_number(argument, INT32_MAX, &value, &rest) || *rest != '\0' ||
		    value == 0)
			break;
		*(uint32_t *)entry->value = (uint32_t)value;
		return true;
	case OPTION_END:
		break;
	}
	fprintf(stderr, "webcred: --%s %s: %s is expected\n", entry->name, argument,
		entry->kind == OPTION_DURATION ? "a time such as 30m, 24h or 7d"
		: entry->kind == OPTION_ID     ? "an id from 1 to 2147483647"
					       : "a number from 1 to 65535");
	return false;
}

bool options_parse(struct tool *tool, const struct verb *verb, int argc, char **argv, int *ret_at)
{
	struct option_entry entries[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1] = {{0}};
	size_t n = options_gather(tool, verb, entries);
	int index, c;

	for (size_t i = 0; i < n; i++) {
		longs[i].name = entries[i].name;
		longs[i].has_arg = entries[i].kind == OPTION_FLAG ? no_argument : required_argument;
	}
	optind = 0; /* glibc: begin anew */
	while ((c = getopt_long(argc, argv, verb == NULL ? "+h" : "h", longs, &index)) != -1) {
		if (c == 'h') {
			tool->help = true;
			continue;
		}
		if (c != 0 || !option_take(&entries[index], optarg)) {
			fprintf(stderr, "Try: webcred %s%s--help\n", verb ? verb->name : "",
				verb ? " " : "");
			return false;
		}
	}
	*ret_at = optind;
	return true;
}

static void options_print(const struct option_entry *entry)
{
	char left[40];

	snprintf(left, sizeof(left), "--%s%s%s", entry->name, entry->argument ? " " : "",
		 entry->argument ? entry->argument : "");
	printf("  %-26s %s\n", left, entry->help);
}

void options_help_common(void)
{
	struct tool nobody = {0};
	struct option_entry entries[OPTIONS_MAX];
	size_t n = options_common(&nobody, entries);

	for (size_t i = 0; i < n; i++)
		options_print(&entries[i]);
}

void options_help(const struct verb *verb)
{
	printf("webcred %s%s%s [options]\n  %s%s\n", verb->name, *verb->arguments ? " " : "",
	       verb->arguments, verb->summary, verb->root ? " (root only)" : "");
	if (verb->options == NULL)
		return;
	for (const struct option_entry *own = verb->options; own->kind != OPTION_END; own++)
		options_print(own);
}
