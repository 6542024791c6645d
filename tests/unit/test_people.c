/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* The name service's orders: what the local files know, what goes over the wire, nsswitch.conf. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/local.h"
#include "lib/base/wire_people.h"
#include "tools/nsswitch.h"

/* ---- local files ---- */

static char folder[64];

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0644), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/webcred-people-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
	static const char *const name[] = {"passwd", "group", "subuid", "subgid"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(name); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, name[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static struct local *look(void)
{
	struct local *local = NULL;
	char error[256];

	assert_int_equal(local_read(folder, &local, error, sizeof(error)), 0);
	return local;
}

static void test_local_names_and_ids(void **state)
{
	struct local *local;
	char whose[160];

	(void)state;
	put("passwd",
	    "root:x:0:0:root:/root:/bin/sh\n# a comment\n\nalice:x:5001:6001::/:/bin/sh\n"
	    "broken\nodd:x:notanumber:1::/:\n big:x:4294967295:1::/:/\nlast:x:70000:1::/:/");
	put("group", "sudo:x:27:alice\ncrew:x:70001:\nroot:x:0:\n");
	put("subuid", "alice:100000:65536\nbob:80000:1\nbad:1\nnone:90000:0\n");
	put("subgid", "alice:4294967290:65536\n");
	local = look();
	assert_true(local_has_name(local, "alice", whose, sizeof(whose)));
	assert_string_equal(whose, "the local account alice (/etc/passwd)");
	assert_true(local_has_name(local, "sudo", whose, sizeof(whose)));
	assert_string_equal(whose, "the local group sudo (/etc/group)");
	assert_true(local_has_name(local, "broken", whose, sizeof(whose)));
	assert_true(local_has_name(local, "odd", whose, sizeof(whose)));
	assert_true(local_has_name(local, "last", whose, sizeof(whose)));
	assert_false(local_has_name(local, "Alice", whose, sizeof(whose)));
	assert_false(local_has_name(local, "alic", whose, sizeof(whose)));
	assert_false(local_has_name(local, "", whose, sizeof(whose)));
	assert_true(local_has_account(local, "root", whose, sizeof(whose)));
	assert_false(local_has_account(local, "sudo", whose, sizeof(whose)));
	assert_true(local_has_id(local, 0, whose, sizeof(whose)));
	assert_true(local_has_id(local, 5001, whose, sizeof(whose)));
	assert_false(local_has_id(local, 6001, whose, sizeof(whose))); /* a gid without a group */
	assert_true(local_has_id(local, 70001, whose, sizeof(whose)));
	assert_true(local_has_id(local, UINT32_MAX, whose, sizeof(whose)));
	assert_false(local_has_id(local, 99999, whose, sizeof(whose)));
	assert_true(local_has_id(local, 100000, whose, sizeof(whose)));
	assert_string_equal(whose, "the containers of alice (/etc/subuid)");
	assert_true(local_has_id(local, 165535, whose, sizeof(whose)));
	assert_false(local_has_id(local, 165536, whose, sizeof(whose)));
	assert_false(local_has_id(local, 90000, whose, sizeof(whose)));
	assert_int_equal(local_skip(local, 69999), 69999);
	assert_int_equal(local_skip(local, 70000), 70002);
	assert_int_equal(local_skip(local, 80000), 80001);
	assert_int_equal(local_skip(local, 100005), 165536);
	assert_int_equal(local_skip(local, 4294967292u), UINT32_MAX);
	local_free(local);
}

static void test_local_files_that_are_none(void **state)
{
	struct local *local = NULL;
	char error[256], path[128];

	(void)state;
	put("passwd", "");
	assert_int_equal(local_read(folder, &local, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "/group is missing"));
	put("group", "");
	local_free(look()); /* subuid and subgid may be missing */
	snprintf(path, sizeof(path), "%s/passwd", folder);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(local_read(folder, &local, error, sizeof(error)), -EPERM);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	assert_int_equal(local_read(folder, &local, error, sizeof(error)), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_true(local_read(folder, &local, error, sizeof(error)) < 0);
	assert_null(local);
}

/* ---- the wire ---- */

static void test_orders(void **state)
{
	static struct wire_out out;
	struct wire_order order = {.action = WIRE_PERSON_ADD,
				   .given = WIRE_GIVEN_GECOS | WIRE_GIVEN_ID,
				   .id = 70000,
				   .gecos = "a:b\n"},
			  again;

	(void)state;
	assert_true(wire_put_order(&out, &order));
	assert_true(wire_get_order(out.bytes, out.len, &again));
	assert_memory_equal(&order, &again, sizeof(order)); /* form alone is judged here */
	for (size_t len = 0; len < out.len; len++)
		assert_false(wire_get_order(out.bytes, len, &again));
	assert_false(wire_get_order(out.bytes, out.len + 1, &again));
	/* a field that is not given, one that the action does not take, no action at all */
	strcpy(order.home, "/x");
	assert_true(wire_put_order(&out, &order));
	assert_false(wire_get_order(out.bytes, out.len, &again));
	for (int action = 0; action < 16; action++) {
		order = (struct wire_order){.action = (uint8_t)action, .given = WIRE_GIVEN_LOCKED};
		assert_true(wire_put_order(&out, &order));
		assert_int_equal(wire_get_order(out.bytes, out.len, &again),
				 action == WIRE_PERSON_MODIFY);
	}
	order = (struct wire_order){
		.action = WIRE_PERSON_ADD, .given = WIRE_GIVEN_EXPIRES, .expires = -1};
	assert_true(wire_put_order(&out, &order));
	assert_false(wire_get_order(out.bytes, out.len, &again));
}

/* ---- nsswitch.conf ---- */

static void test_nsswitch_there_and_back(void **state)
{
	static const struct {
		const char *before, *after;
	} row[] = {
		{"passwd: files\ngroup: files\n", "passwd: files webcred\ngroup: files webcred\n"},
		{"passwd: files systemd\ngroup: files [SUCCESS=merge] systemd\n",
		 "passwd: files webcred systemd\ngroup: files [SUCCESS=merge] webcred systemd\n"},
		{"# passwd: x\n\tpasswd :\tfiles\t# people\ngroup:files\nhosts: dns",
		 "# passwd: x\n\tpasswd :\tfiles webcred\t# people\ngroup:files webcred\nhosts: "
		 "dns"},
		{"group: sss files ldap\npasswd: sss files",
		 "group: sss files webcred ldap\npasswd: sss files webcred"},
		{"passwd: files # webcred\ngroup: files\n",
		 "passwd: files webcred # webcred\ngroup: files webcred\n"},
	};
	static char text[NSSWITCH_MAX + 1], back[NSSWITCH_MAX + 1];
	char why[160];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(row); i++) {
		assert_int_equal(nsswitch_judge(row[i].before, why, sizeof(why)), NSSWITCH_OFF);
		assert_true(nsswitch_add(row[i].before, text));
		assert_string_equal(text, row[i].after);
		assert_int_equal(nsswitch_judge(text, why, sizeof(why)), NSSWITCH_ON);
		assert_false(nsswitch_add(text, back));
		assert_true(nsswitch_drop(text, back));
		assert_string_equal(back, row[i].before);
		assert_false(nsswitch_drop(back, text));
	}
}

static void test_nsswitch_not_understood(void **state)
{
	static const char *const text[] = {
		"",
		"passwd: files\n",
		"group: files\n",
		"passwd: compat\ngroup: files\n",
		"passwd:\ngroup: files\n",
		"passwd: files\npasswd: files\ngroup: files\n",
		"passwd: files [NOTFOUND=return] sss\ngroup: files\n",
		"passwd: files [!SUCCESS=return] sss\ngroup: files\n",
		"passwd: files [notfound = return]\ngroup: files\n",
		"passwd: webcred files\ngroup: webcred files\n",
		"passwd: files webcred\ngroup: files\n",
		"passwd: files webcred webcred\ngroup: files webcred\n",
		"passwd: files webcred [NOTFOUND=return]\ngroup: files webcred\n",
	};
	static char out[NSSWITCH_MAX + 1], long_[NSSWITCH_MAX + 1];
	char why[160];

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(text); i++) {
		assert_int_equal(nsswitch_judge(text[i], why, sizeof(why)), NSSWITCH_OTHER);
		assert_true(why[0]);
		assert_false(nsswitch_add(text[i], out));
		assert_false(nsswitch_drop(text[i], out));
	}
	memset(long_, '#', NSSWITCH_MAX);
	memcpy(long_, "passwd: files\ngroup: files\n", 27);
	assert_false(nsswitch_add(long_, out)); /* no room for another word */
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_local_names_and_ids),
		IN_FOLDER(test_local_files_that_are_none),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_nsswitch_there_and_back),
		cmocka_unit_test(test_nsswitch_not_understood),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
