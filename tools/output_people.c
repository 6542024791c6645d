/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* output_people - people and groups of the name service, for people and as JSON. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/tool.h"

static const char *date(int64_t at, char text[16])
{
	const time_t when = (time_t)at;
	struct tm day;

	if (at == 0 || gmtime_r(&when, &day) == NULL || strftime(text, 16, "%Y-%m-%d", &day) == 0)
		strcpy(text, "never");
	return text;
}

static void print(json_t *object)
{
	if (object != NULL) {
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	}
	json_decref(object);
}

static json_t *person_json(const struct webcred_person *person)
{
	char expires[16];

	if (person->kind != WEBCRED_IS_PERSON)
		return json_pack("{s:s,s:I}", "name", person->name, "gid", (json_int_t)person->gid);
	return json_pack("{s:s,s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:b,s:b}", "name", person->name, "uid",
			 (json_int_t)person->uid, "gid", (json_int_t)person->gid, "group",
			 person->group, "gecos", person->gecos, "home", person->home, "shell",
			 person->shell, "expires", date(person->expires, expires), "locked",
			 person->locked, "expired", person->expired);
}

/* With what is wrong with it. */
static json_t *whole_json(const struct webcred_person *person, json_t *belongs)
{
	json_t *object = person_json(person);

	if (belongs != NULL)
		json_object_set_new(
			object, person->kind == WEBCRED_IS_PERSON ? "groups" : "members", belongs);
	if (person->trouble[0] != '\0')
		json_object_set_new(object, "trouble", json_string(person->trouble));
	return json_pack("{s:o}", person->kind == WEBCRED_IS_PERSON ? "person" : "group", object);
}

static const char *state(const struct webcred_person *person)
{
	return person->locked ? "locked" : person->expired ? "expired" : "";
}

void output_person(const struct tool *tool, const struct webcred_person *person)
{
	if (tool->json) {
		print(whole_json(person, NULL));
		return;
	}
	if (person->kind == WEBCRED_IS_PERSON)
		printf("%-16s %10u  %-24s %s\n", person->name, (unsigned)person->uid, person->gecos,
		       state(person));
	else
		printf("%-16s %10u\n", person->name, (unsigned)person->gid);
	if (person->trouble[0] != '\0')
		printf("  warning: %s\n", person->trouble);
}

/* ---- one, with all that belongs to it ------------------------------------------ */

struct output_people {
	const struct tool *tool;
	struct webcred_person person;
	char *text[6]; /* behind the strings of person */
	json_t *belongs;
	bool any;
};

struct output_people *output_people_new(const struct tool *tool)
{
	struct output_people *people = calloc(1, sizeof(*people));

	if (people == NULL)
		return NULL;
	people->tool = tool;
	people->belongs = json_array();
	if (people->belongs == NULL) {
		free(people);
		return NULL;
	}
	return people;
}

void output_people_free(struct output_people *people)
{
	if (people == NULL)
		return;
	for (size_t i = 0; i < 6; i++)
		free(people->text[i]);
	json_decref(people->belongs);
	free(people);
}

static int keep(struct output_people *people, size_t i, const char **member)
{
	people->text[i] = strdup(*member);
	*member = people->text[i];
	return people->text[i] != NULL ? 0 : -ENOMEM;
}

int output_people_add(void *context, const struct webcred_person *person)
{
	struct output_people *people = context;
	int r = 0;

	if (person->kind == WEBCRED_IS_MEMBER)
		return json_array_append_new(people->belongs, json_string(person->name)) == 0
			       ? 0
			       : -ENOMEM;
	if (people->any)
		return -EPROTO;
	people->any = true;
	people->person = *person;
	r = keep(people, 0, &people->person.name);
	if (r == 0)
		r = keep(people, 1, &people->person.gecos);
	if (r == 0)
		r = keep(people, 2, &people->person.home);
	if (r == 0)
		r = keep(people, 3, &people->person.shell);
	if (r == 0)
		r = keep(people, 4, &people->person.group);
	return r == 0 ? keep(people, 5, &people->person.trouble) : r;
}

static void print_belongs(const char *what, const json_t *belongs)
{
	printf("  %-8s", what);
	for (size_t i = 0; i < json_array_size(belongs); i++)
		printf("%s%s", i > 0 ? "," : "", json_string_value(json_array_get(belongs, i)));
	putchar('\n');
}

static void print_person(const struct output_people *people)
{
	const struct webcred_person *person = &people->person;
	char expires[16];

	printf("%s\n  uid     %u\n  group   %s (%u)\n", person->name, (unsigned)person->uid,
	       person->group, (unsigned)person->gid);
	print_belongs("groups", people->belongs);
	printf("  gecos   %s\n  home    %s\n  shell   %s\n  expires %s%s\n  locked  %s\n",
	       person->gecos, person->home, person->shell, date(person->expires, expires),
	       person->expired ? " (expired)" : "", person->locked ? "yes" : "no");
}

int output_people_end(struct output_people *people)
{
	const struct webcred_person *person = &people->person;

	if (!people->any)
		return output_error(people->tool, TOOL_FAULT, "Fault",
				    "The authority said nothing about it.");
	if (people->tool->json) {
		print(whole_json(person, json_incref(people->belongs)));
		return TOOL_DONE;
	}
	if (person->kind == WEBCRED_IS_PERSON) {
		print_person(people);
	} else {
		printf("%s\n  gid     %u\n", person->name, (unsigned)person->gid);
		print_belongs("members", people->belongs);
	}
	if (person->trouble[0] != '\0')
		printf("  warning: %s\n", person->trouble);
	return TOOL_DONE;
}
