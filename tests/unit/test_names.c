/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* names - what each field of an account and a group may hold, and what is said of the rest. */
#include "lib/base/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void wrong(const char *said, const char *word, const char *value)
{
	if (!said || !strstr(said, word))
		fail_msg("\"%s\": said \"%s\", which has no \"%s\"", value ? value : "(null)",
			 said ? said : "it will do", word);
}

static void right(const char *said, const char *value)
{
	if (said)
		fail_msg("\"%s\": said \"%s\"", value, said);
}

static void test_names_are_what_useradd_takes(void **state)
{
	static const char *const good[] = {
		"a",	    "carol",   "Carol",	     "_apt",
		"c4rol",    "4carol",  "first.last", "a-b",
		"machine$", ".hidden", "a..b",	     "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[][2] = {
		{"", "empty"},		 {"-carol", "dash"},
		{"a:b", "character"},	 {"a b", "character"},
		{"a\nb", "character"},	 {"a\tb", "character"},
		{"a/b", "character"},	 {"$", "character"},
		{"a$b", "character"},	 {"ärmel", "character"},
		{"a,b", "character"},	 {"+carol", "character"},
		{"~carol", "character"}, {"a\\b", "character"},
		{"a\x7f", "character"},	 {"1000", "number"},
		{"0", "number"},	 {".", "folder"},
		{"..", "folder"},	 {"a\"b", "character"},
		{"$(id)", "character"},	 {"abcdefghijklmnopqrstuvwxyz0123456", "longer"},
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		right(names_check_name(good[i]), good[i]);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		wrong(names_check_name(bad[i][0]), bad[i][1], bad[i][0]);
	wrong(names_check_name(NULL), "empty", NULL);
}

/* Every byte in every place: none but the allowed ones gets through. */
static void test_no_byte_gets_into_a_name_that_may_not(void **state)
{
	char name[4];

	(void)state;
	for (int place = 0; place < 3; place++)
		for (int byte = 1; byte < 256; byte++) {
			bool allowed = (byte >= 'a' && byte <= 'z') ||
				       (byte >= 'A' && byte <= 'Z') ||
				       (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' ||
				       (byte == '-' && place > 0) || (byte == '$' && place == 2);

			memcpy(name, "abc", sizeof(name));
			name[place] = (char)byte;
			if (allowed != (names_check_name(name) == NULL))
				fail_msg("byte %d in place %d", byte, place);
		}
}

static void test_texts_have_no_colon_control_character_or_broken_utf8(void **state)
{
	static const struct {
		const char *text, *word;
	} bad[] = {
		{"a:b", "colon"},
		{"a\nb", "line break"},
		{"a\rb", "control"},
		{"a\x1b[2Jb", "control"},
		{"a\x7f", "control"},
		{"\xc3", "UTF-8"},
		{"\xed\xa0\x80", "UTF-8"},
		{"\xc0\xba", "UTF-8"},
		{"a\xc2\x85z", "control"},
		{"a\xe2\x80\xae"
		 "b",
		 "control"},
		{NULL, "missing"},
	};
	char path[64];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		wrong(names_check_gecos(bad[i].text), bad[i].word, bad[i].text);
		if (bad[i].text)
			snprintf(path, sizeof(path), "/%s", bad[i].text);
		wrong(names_check_home(bad[i].text ? path : NULL), bad[i].word, bad[i].text);
		wrong(names_check_shell(bad[i].text ? path : NULL), bad[i].word, bad[i].text);
	}
	right(names_check_gecos(""), "");
	right(names_check_gecos("Carol Ärmel,Room 1,+49 1,"), "a whole one");
}

static void test_paths_are_absolute_and_do_not_go_up(void **state)
{
	static const char *const good[] = {"/",	     "/home/carol", "/srv/a b",	   "/a/..b",
					   "/a/b..", "/...",	    "/home/ärmel/"};
	static const char *const up[] = {"/..", "/../etc", "/a/../b", "/a/.."};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(good); i++) {
		right(names_check_home(good[i]), good[i]);
		right(names_check_shell(good[i]), good[i]);
	}
	for (size_t i = 0; i < N_ELEMENTS(up); i++) {
		wrong(names_check_home(up[i]), "goes up", up[i]);
		wrong(names_check_shell(up[i]), "goes up", up[i]);
	}
	wrong(names_check_home("home/carol"), "slash", "home/carol");
	wrong(names_check_home(""), "slash", "");
	wrong(names_check_shell("bash"), "slash", "bash");
	wrong(names_check_shell(""), "slash", "");
}

static void test_lengths(void **state)
{
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '/';
	text[255] = '\0';
	right(names_check_gecos(text), "255");
	right(names_check_home(text), "255");
	right(names_check_shell(text), "255");
	text[255] = 'x';
	text[256] = '\0';
	wrong(names_check_gecos(text), "longer than 255", "256");
	wrong(names_check_home(text), "longer than 255", "256");
	wrong(names_check_shell(text), "longer than 255", "256");
}

static void test_ids_that_belong_to_others_are_refused(void **state)
{
	static const struct {
		uint32_t low, high;
		const char *word;
	} reserved[] = {
		{0, 0, "superuser"},
		{1, 999, "system"},
		{60001, 65535, "nobody"},
		{524288, 1879048191, "containers"},
		{2147483648u, 4294967295u, "negative"},
	};
	static const uint32_t good[] = {1000, 60000, 65536, 99999, 524287, 1879048192, 2147483647};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(reserved); i++) {
		wrong(names_check_id(reserved[i].low), reserved[i].word, "the first");
		wrong(names_check_id(reserved[i].high), reserved[i].word, "the last");
	}
	wrong(names_check_id(65534), "nobody", "nobody");
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		right(names_check_id(good[i]), "an id");
}

static void test_ranges(void **state)
{
	(void)state;
	right(names_check_range(NAMES_ID_LOW, NAMES_ID_HIGH), "the default");
	right(names_check_range(1879048192, 2147483647), "large sites");
	right(names_check_range(70000, 70000), "one");
	right(names_check_range(1000, 60000), "like local people");
	wrong(names_check_range(70001, 70000), "ends before", "backwards");
	wrong(names_check_range(999, 2000), "belong to others", "999");
	wrong(names_check_range(50000, 60001), "belong to others", "60001");
	wrong(names_check_range(1000, 70000), "belong to others", "across");
	wrong(names_check_range(65536, 524288), "belong to others", "524288");
	wrong(names_check_range(1879048192, 2147483648u), "belong to others", "2147483648");
	wrong(names_check_range(0, UINT32_MAX), "belong to others", "all");
}

static void test_a_person_is_checked_field_by_field(void **state)
{
	const struct names_person good = {.name = "carol",
					  .uid = 70000,
					  .gid = 70001,
					  .gecos = "",
					  .home = "/home/carol",
					  .shell = "/bin/sh"};
	struct names_person person = good;

	(void)state;
	right(names_check_person(&person), "carol");
	person.name = "a:b";
	wrong(names_check_person(&person), "name", "name");
	person = good;
	person.uid = 0;
	wrong(names_check_person(&person), "id is 0", "uid");
	person = good;
	person.gid = 27;
	wrong(names_check_person(&person), "system", "gid");
	person = good;
	person.gecos = ":";
	wrong(names_check_person(&person), "full name", "gecos");
	person = good;
	person.home = NULL;
	wrong(names_check_person(&person), "home", "home");
	person = good;
	person.shell = "\n";
	wrong(names_check_person(&person), "shell", "shell");
	person = good;
	person.expires = -1;
	wrong(names_check_person(&person), "expiry", "expires");
}

static void test_a_group_has_each_member_once(void **state)
{
	static const char *const members[] = {"carol", "dave", "alice"};
	static const char *const twice[] = {"carol", "dave", "carol"};
	static const char *const wild[] = {"carol", "a,b"};
	struct names_group group = {
		.name = "crew", .gid = 70100, .members = members, .members_n = 3};
	const char **many = calloc(NAMES_MEMBERS_MAX + 1, sizeof(*many));

	(void)state;
	right(names_check_group(&group), "crew");
	group.members = twice;
	wrong(names_check_group(&group), "twice", "twice");
	group.members = wild;
	group.members_n = 2;
	wrong(names_check_group(&group), "member", "a comma");
	group.members = many;
	group.members_n = NAMES_MEMBERS_MAX + 1;
	wrong(names_check_group(&group), "more than 65536", "many");
	group.members_n = 0;
	group.gid = 0;
	wrong(names_check_group(&group), "id is 0", "gid");
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_what_useradd_takes),
		cmocka_unit_test(test_no_byte_gets_into_a_name_that_may_not),
		cmocka_unit_test(test_texts_have_no_colon_control_character_or_broken_utf8),
		cmocka_unit_test(test_paths_are_absolute_and_do_not_go_up),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_ids_that_belong_to_others_are_refused),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_a_person_is_checked_field_by_field),
		cmocka_unit_test(test_a_group_has_each_member_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
