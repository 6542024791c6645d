/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The databases of the name service: what the authority writes, libcdb's own reader
 * and ours read alike; what somebody else made is refused or harmless.
 */
#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/publish.h"
#include "authority/publish_file.h"
#include "nss_webcred/row.h"

#include "tests/unit/unit.h"

#define MANY 3000

struct place {
	char folder[64];
	char error[512];
};

static int place_setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->folder, "/tmp/webcred-names.XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	assert_int_equal(chmod(place->folder, 0755), 0);
	*state = place;
	return 0;
}

static const char *place_file(const struct place *place, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", place->folder, name);
	return path;
}

static int place_teardown(void **state)
{
	struct place *place = *state;

	unlink(place_file(place, NAMES_PASSWD_FILE));
	unlink(place_file(place, NAMES_GROUP_FILE));
	assert_int_equal(rmdir(place->folder), 0); /* nothing else was left */
	free(place);
	return 0;
}

static const struct names_person carol = {.name = "carol",
					  .uid = 70000,
					  .gid = 70000,
					  .gecos = "Carol",
					  .home = "/home/carol",
					  .shell = "/bin/bash"};

static struct publish *begun(struct place *place)
{
	struct publish *publish;

	if (publish_begin(place->folder, &publish, place->error, sizeof(place->error)) != 0)
		fail_msg("%s", place->error);
	return publish;
}

static void person_is(struct place *place, struct publish *publish, const char *name, uint32_t id)
{
	struct names_person person = carol;

	person.name = name;
	person.uid = id;
	if (publish_person(publish, &person, place->error, sizeof(place->error)) != 0)
		fail_msg("%s", place->error);
}

static void finished(struct place *place, struct publish *publish)
{
	if (publish_finish(publish, place->error, sizeof(place->error)) != 0)
		fail_msg("%s", place->error);
}

static int opened(const struct place *place, enum database_kind kind, struct database *database,
		  unsigned char window[MODULE_WINDOW])
{
	int fd = open(
		place_file(place, kind == DATABASE_PASSWD ? NAMES_PASSWD_FILE : NAMES_GROUP_FILE),
		O_RDONLY);

	assert_true(fd >= 0);
	return database_take(database, kind, fd, window, MODULE_WINDOW);
}

/* getpwnam's and getpwuid's way, without local files. */
static int person_of(const struct place *place, const char *name, uint32_t id,
		     struct passwd *ret_person, char *buffer, size_t size)
{
	unsigned char window[MODULE_WINDOW];
	struct database_record record;
	struct database database;
	int r = opened(place, DATABASE_PASSWD, &database, window);

	if (r < 0)
		return r;
	r = name ? database_find(&database, '.', name, &record)
		 : row_find_id(&database, id, &record);
	if (r == 0)
		r = row_person(&database, &record, buffer, size, ret_person);
	database_close(&database);
	return r;
}

static void test_what_is_published_is_found(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);
	struct passwd person;
	char name[32], buffer[1024];

	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		person_is(place, publish, name, 70000 + i);
	}
	finished(place, publish);
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		assert_int_equal(person_of(place, name, 0, &person, buffer, sizeof(buffer)), 0);
		assert_string_equal(person.pw_name, name);
		assert_int_equal(person.pw_uid, 70000 + i);
		assert_int_equal(person_of(place, NULL, 70000 + i, &person, buffer, sizeof(buffer)),
				 0);
		assert_string_equal(person.pw_name, name);
		assert_string_equal(person.pw_passwd, "*");
	}
	assert_int_equal(person_of(place, "q", 0, &person, buffer, sizeof(buffer)),
			 DATABASE_ABSENT);
	assert_int_equal(person_of(place, NULL, 70000 + MANY, &person, buffer, sizeof(buffer)),
			 DATABASE_ABSENT);
}

/* The format is cdb's: another reader finds the same values. */
static void test_libcdb_reads_what_is_published(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);
	char value[256] = "";
	struct cdb cdb;
	int fd;

	person_is(place, publish, "carol", 70000);
	finished(place, publish);
	fd = open(place_file(place, NAMES_PASSWD_FILE), O_RDONLY);
	assert_int_equal(cdb_init(&cdb, fd), 0);
	assert_int_equal(cdb_find(&cdb, ".carol", 6), 1);
	assert_int_equal(cdb_read(&cdb, value, cdb_datalen(&cdb), cdb_datapos(&cdb)), 0);
	assert_string_equal(value + 9, "carol:70000:70000:Carol:/home/carol:/bin/bash");
	assert_int_equal(cdb_find(&cdb, "=70000", 6), 1);
	assert_int_equal(cdb_find(&cdb, ".dave", 5), 0);
	cdb_free(&cdb);
	close(fd);
}

static void test_files_are_public_and_nobody_elses_to_write(void **state)
{
	struct place *place = *state;
	mode_t before = umask(0077);
	struct stat st;

	finished(place, begun(place));
	umask(before);
	assert_int_equal(stat(place_file(place, NAMES_PASSWD_FILE), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(stat(place_file(place, NAMES_GROUP_FILE), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void test_a_failure_leaves_what_is_there(void **state)
{
	struct place *place = *state;
	struct names_person person = carol;
	struct publish *publish = begun(place);
	struct passwd found;
	char buffer[1024];

	person_is(place, publish, "carol", 70000);
	finished(place, publish);
	publish = begun(place);
	person_is(place, publish, "dave", 70001);
	person.uid = 0;
	assert_int_equal(publish_person(publish, &person, place->error, sizeof(place->error)),
			 -EINVAL);
	assert_non_null(strstr(place->error, "carol"));
	assert_non_null(strstr(place->error, "id is 0"));
	publish_abandon(publish);
	assert_int_equal(person_of(place, "carol", 0, &found, buffer, sizeof(buffer)), 0);
	assert_int_equal(person_of(place, "dave", 0, &found, buffer, sizeof(buffer)),
			 DATABASE_ABSENT);
}

static void test_a_name_or_an_id_twice_is_not_published(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);

	person_is(place, publish, "carol", 70000);
	person_is(place, publish, "dave", 70001);
	person_is(place, publish, "carol", 70002);
	assert_int_equal(publish_finish(publish, place->error, sizeof(place->error)), -EEXIST);
	publish = begun(place);
	person_is(place, publish, "carol", 70000);
	person_is(place, publish, "dave", 70001);
	person_is(place, publish, "erin", 70000);
	assert_int_equal(publish_finish(publish, place->error, sizeof(place->error)), -EEXIST);
	assert_non_null(strstr(place->error, "twice"));
}

static void test_a_folder_that_others_can_write_gets_nothing(void **state)
{
	struct place *place = *state;
	struct publish *publish;

	assert_int_equal(chmod(place->folder, 0777), 0);
	assert_int_equal(publish_begin(place->folder, &publish, place->error, sizeof(place->error)),
			 -EPERM);
	assert_non_null(strstr(place->error, "0755"));
}

/* ---- what nobody of ours wrote ----------------------------------------------------- */

/* A record as `prefix` and `key` say, checks and head right, in a file of `kind`. */
static void by_hand(struct place *place, const char *kind, const char *const records[][2], size_t n)
{
	struct publish_file file = {0};
	int folder = open(place->folder, O_RDONLY | O_DIRECTORY);

	assert_int_equal(publish_file_open(&file, folder, kind), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(publish_file_add(&file, records[i][0][0], records[i][0] + 1,
						  records[i][1], strlen(records[i][1])),
				 0);
	assert_int_equal(publish_file_finish(&file, folder), 0);
	assert_int_equal(renameat(folder, file.beside, folder, file.name), 0);
	publish_file_close(&file, folder);
	close(folder);
}

/* authd CVE-2025-5689: a record with gid 0. */
static void test_ids_of_others_never_come_out(void **state)
{
	static const char *const ids[] = {"0",		"1",	      "27",	   "999",
					  "60001",	"65534",      "65535",	   "524288",
					  "1879048191", "2147483648", "4294967295"};
	struct place *place = *state;
	char line[64], key[16], buffer[256];
	struct passwd person;

	for (size_t i = 0; i < N_ELEMENTS(ids); i++)
		for (int uid = 0; uid < 2; uid++) {
			const char *const records[][2] = {{".eve", line}, {key, "eve"}};

			snprintf(key, sizeof(key), "=%s", ids[i]);
			snprintf(line, sizeof(line), "eve:%s:%s::/:/bin/sh", uid ? ids[i] : "70000",
				 uid ? "70000" : ids[i]);
			by_hand(place, "passwd", records, 2);
			assert_int_equal(
				person_of(place, "eve", 0, &person, buffer, sizeof(buffer)),
				DATABASE_ABSENT);
			assert_int_equal(person_of(place, NULL, (uint32_t)strtoul(ids[i], NULL, 10),
						   &person, buffer, sizeof(buffer)),
					 DATABASE_ABSENT);
		}
}

static void test_lines_that_are_none_are_damage(void **state)
{
	static const char *const lines[] = {
		"",
		"eve",
		"eve:70000",
		"eve:70000:70000:E:/home/eve",
		"eve:70000:70000:E:/home/eve:/bin/sh:more",
		"other:70000:70000:E:/home/eve:/bin/sh",
		"eve::70000:E:/home/eve:/bin/sh",
		"eve:070000:70000:E:/home/eve:/bin/sh",
		"eve:+70000:70000:E:/home/eve:/bin/sh",
		"eve:-1:70000:E:/home/eve:/bin/sh",
		"eve:4295037296:70000:E:/home/eve:/bin/sh",
		"eve:70000:99999999999999999999:E:/home/eve:/bin/sh",
		"eve:70000:70000:E:home:/bin/sh",
		"eve:70000:70000:E:/home/eve:",
		"eve:70000:70000:E\nroot:/home/eve:/bin/sh",
		"eve:70000:70000:\xff:/home/eve:/bin/sh",
		"eve:70000:70000:E:/../root:/bin/sh",
	};
	struct place *place = *state;
	struct passwd person;
	char buffer[1024];

	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		const char *const records[][2] = {{".eve", lines[i]}, {"=70000", "eve"}};

		by_hand(place, "passwd", records, 2);
		if (person_of(place, "eve", 0, &person, buffer, sizeof(buffer)) != -EBADMSG ||
		    person_of(place, NULL, 70000, &person, buffer, sizeof(buffer)) != -EBADMSG)
			fail_msg("\"%s\" is a person", lines[i]);
	}
}

static void test_groups_that_are_none_are_damage(void **state)
{
	static const char *const lines[] = {"",
					    "eve",
					    "eve:70000",
					    "other:70000:",
					    "eve::",
					    "eve:70000:a,,b",
					    "eve:70000:,a",
					    "eve:70000:a,",
					    "eve:70000:a b",
					    "eve:70000:a:b",
					    "eve:x:70000:a"};
	struct place *place = *state;
	unsigned char window[MODULE_WINDOW];
	struct database_record record;
	struct database database;
	struct group group;
	char buffer[1024];

	for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
		const char *const records[][2] = {{".eve", lines[i]}, {"@eve", "70000,x"}};
		gid_t *ids = NULL;
		long n = 0, room = 0;

		by_hand(place, "group", records, 2);
		assert_int_equal(opened(place, DATABASE_GROUP, &database, window), 0);
		assert_int_equal(database_find(&database, '.', "eve", &record), 0);
		if (row_group(&database, &record, buffer, sizeof(buffer), &group) != -EBADMSG)
			fail_msg("\"%s\" is a group", lines[i]);
		assert_int_equal(initgroups_from(&database, "eve", 1, &n, &room, &ids, 0),
				 -EBADMSG);
		assert_int_equal(n, 0);
		database_close(&database);
	}
}

static size_t slurp(const struct place *place, unsigned char *bytes, size_t max)
{
	FILE *file = fopen(place_file(place, NAMES_PASSWD_FILE), "rb");
	size_t len = fread(bytes, 1, max, file);

	fclose(file);
	return len;
}

static void spill(const struct place *place, const unsigned char *bytes, size_t len)
{
	FILE *file = fopen(place_file(place, NAMES_PASSWD_FILE), "wb");

	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void test_a_file_cut_anywhere_is_refused(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);
	unsigned char bytes[8192];
	struct passwd person;
	char buffer[1024];
	size_t len;

	person_is(place, publish, "carol", 70000);
	finished(place, publish);
	len = slurp(place, bytes, sizeof(bytes));
	for (size_t cut = 0; cut < len; cut++) {
		spill(place, bytes, cut);
		assert_int_equal(person_of(place, "carol", 0, &person, buffer, sizeof(buffer)),
				 -EBADMSG);
	}
}

/* Each bit of the file turned over: the right row, none, or damage - never another row. */
static void test_a_turned_bit_never_makes_another_row(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);
	unsigned char bytes[8192];
	struct passwd person;
	char buffer[1024];
	size_t len, refused = 0;

	person_is(place, publish, "carol", 70000);
	person_is(place, publish, "dave", 70001);
	finished(place, publish);
	len = slurp(place, bytes, sizeof(bytes));
	for (size_t bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		spill(place, bytes, len);
		for (int by_name = 0; by_name < 2; by_name++) {
			int r = person_of(place, by_name ? "carol" : NULL, 70000, &person, buffer,
					  sizeof(buffer));

			refused += r == -EBADMSG;
			if (r == 0 &&
			    (strcmp(person.pw_name, "carol") != 0 || person.pw_uid != 70000 ||
			     person.pw_gid != 70000 || strcmp(person.pw_dir, "/home/carol") != 0))
				fail_msg("bit %zu made another person", bit);
		}
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	assert_true(refused > 100 * 8);
}

/* An index whose places are all taken, by nothing that is looked for. */
static void test_an_endless_index_ends(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);
	static unsigned char bytes[8192];
	struct passwd person;
	char buffer[1024];
	size_t len;

	person_is(place, publish, "carol", 70000);
	finished(place, publish);
	len = slurp(place, bytes, sizeof(bytes));
	/* Each table becomes the last 16 bytes, both places taken by other hashes. */
	for (size_t i = 0; i < 256; i++) {
		cdb_pack((unsigned)len - 16, bytes + i * 8);
		cdb_pack(2, bytes + i * 8 + 4);
	}
	memset(bytes + len - 16, 7, 16);
	spill(place, bytes, len);
	assert_int_equal(person_of(place, "carol", 0, &person, buffer, sizeof(buffer)), -EBADMSG);
	for (size_t i = 0; i < 256; i++)
		cdb_pack(0x1fffffff, bytes + i * 8 + 4);
	spill(place, bytes, len);
	assert_int_equal(person_of(place, "carol", 0, &person, buffer, sizeof(buffer)), -EBADMSG);
}

static void test_small_buffers_are_said_to_be_small(void **state)
{
	struct place *place = *state;
	struct publish *publish = begun(place);
	struct passwd person;
	bool fitted = false;

	person_is(place, publish, "carol", 70000);
	finished(place, publish);
	for (size_t size = 0; size < 200; size++) {
		char *buffer = malloc(size ? size : 1);
		int r = person_of(place, "carol", 0, &person, buffer, size);

		assert_int_equal(r, fitted || r == 0 ? 0 : -ERANGE);
		fitted = r == 0;
		free(buffer);
	}
	assert_true(fitted);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_what_is_published_is_found),
		EACH(test_libcdb_reads_what_is_published),
		EACH(test_files_are_public_and_nobody_elses_to_write),
		EACH(test_a_failure_leaves_what_is_there),
		EACH(test_a_name_or_an_id_twice_is_not_published),
		EACH(test_a_folder_that_others_can_write_gets_nothing),
		EACH(test_ids_of_others_never_come_out),
		EACH(test_lines_that_are_none_are_damage),
		EACH(test_groups_that_are_none_are_damage),
		EACH(test_a_file_cut_anywhere_is_refused),
		EACH(test_a_turned_bit_never_makes_another_row),
		EACH(test_an_endless_index_ends),
		EACH(test_small_buffers_are_said_to_be_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
