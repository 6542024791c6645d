/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/secret.h"

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static void test_set_and_get(void **state)
{
	struct webcred_secret *secret = secret_new_from("a\0b", 3);

	(void)state;
	assert_non_null(secret);
	assert_int_equal(secret_len(secret), 3);
	assert_memory_equal(secret_bytes(secret), "a\0b\0", 4);
	secret_free(secret);
	secret_free(NULL);
}

static void test_replaced_content_is_wiped(void **state)
{
	struct webcred_secret *secret = secret_new_from("a long password", 15);

	(void)state;
	assert_int_equal(secret_set(secret, "ab", 2), 0);
	assert_true(all_zero(secret_room(secret) + 2, WEBCRED_SECRET_MAX - 2));
	assert_int_equal(secret_set(secret, NULL, 0), 0);
	assert_true(all_zero(secret_room(secret), WEBCRED_SECRET_MAX));
	secret_free(secret);
}

static void test_too_long_is_refused_and_leaves_nothing(void **state)
{
	char long_text[WEBCRED_SECRET_MAX + 1];
	struct webcred_secret *secret = secret_new_from("old", 3);

	(void)state;
	memset(long_text, 'x', sizeof(long_text));
	assert_int_equal(secret_set(secret, long_text, sizeof(long_text)), -EMSGSIZE);
	assert_true(secret_refused(secret));
	assert_int_equal(secret_len(secret), 0);
	assert_true(all_zero(secret_room(secret), WEBCRED_SECRET_MAX));
	assert_int_equal(secret_set(secret, long_text, WEBCRED_SECRET_MAX), 0);
	assert_false(secret_refused(secret));
	assert_int_equal(secret_len(secret), WEBCRED_SECRET_MAX);
	assert_int_equal(secret_bytes(secret)[WEBCRED_SECRET_MAX], 0);
	secret_free(secret);
	assert_null(secret_new_from(long_text, sizeof(long_text)));
}

static void test_freed_pages_are_gone(void **state)
{
	struct webcred_secret *secret = secret_new_from("gone", 4);
	uintptr_t page = (uintptr_t)secret & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);

	(void)state;
	assert_int_equal(msync((void *)page, 1, MS_ASYNC), 0);
	secret_free(secret);
	assert_int_equal(msync((void *)page, 1, MS_ASYNC), -1);
	assert_int_equal(errno, ENOMEM);
}

/* More than a page has room for: each is its own, empty at first, and stays. */
static void test_many_at_once_share_nothing_but_pages(void **state)
{
	struct webcred_secret *secret[9];
	char text[16];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 9; i++) {
			secret[i] = secret_new();
			assert_non_null(secret[i]);
			assert_true(all_zero(secret_room(secret[i]), WEBCRED_SECRET_MAX));
			(void)snprintf(text, sizeof(text), "secret %d", i);
			assert_int_equal(secret_set(secret[i], text, 8), 0);
		}
		for (int i = 0; i < 9; i++) {
			(void)snprintf(text, sizeof(text), "secret %d", i);
			assert_memory_equal(secret_bytes(secret[i]), text, 9);
		}
		/* Not in the order they came in. */
		for (int i = 0; i < 9; i++)
			secret_free(secret[(i * 4 + round) % 9]);
	}
}

static void test_kept_page_is_wiped_and_used_again(void **state)
{
	struct webcred_secret *secret, *again;
	uintptr_t page;

	(void)state;
	secret_keep();
	secret = secret_new_from("kept", 4);
	page = (uintptr_t)secret & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	secret_free(secret);
	assert_int_equal(msync((void *)page, 1, MS_ASYNC), 0);
	assert_true(all_zero((const uint8_t *)page, (size_t)sysconf(_SC_PAGESIZE)));
	again = secret_new();
	assert_ptr_equal(again, secret);
	secret_free(again);
}

static void test_forked_child_sees_nothing(void **state)
{
	struct webcred_secret *secret = secret_new_from("parent's", 8);
	int status = -1;
	pid_t child;

	(void)state;
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(secret_len(secret) == 0 && all_zero(secret_room(secret), WEBCRED_SECRET_MAX)
			      ? 0
			      : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_memory_equal(secret_bytes(secret), "parent's", 8);
	secret_free(secret);
}

/* The kernel's own word for it: "dd" do not dump, "wf" wipe on fork. */
static void test_pages_are_left_out_of_dumps(void **state)
{
	struct webcred_secret *secret = secret_new_from("core", 4);
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[512];
	bool inside = false, dont_dump = false, wipe = false;

	(void)state;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (uintptr_t)secret >= start && (uintptr_t)secret < end;
		if (inside && strncmp(line, "VmFlags:", 8) == 0) {
			dont_dump = strstr(line, " dd") != NULL;
			wipe = strstr(line, " wf") != NULL;
		}
	}
	(void)fclose(maps);
	assert_true(dont_dump);
	assert_true(wipe);
	secret_free(secret);
}

static void test_trim(void **state)
{
	struct webcred_secret *secret = secret_new_from(" \t123 456\r\n", 11);

	(void)state;
	secret_trim(secret);
	assert_int_equal(secret_len(secret), 7);
	assert_string_equal(secret_bytes(secret), "123 456");
	assert_true(all_zero(secret_room(secret) + 7, WEBCRED_SECRET_MAX - 7));
	assert_int_equal(secret_set(secret, " \n ", 3), 0);
	secret_trim(secret);
	assert_int_equal(secret_len(secret), 0);
	secret_free(secret);
}

static void test_resize_wipes_what_no_longer_counts(void **state)
{
	struct webcred_secret *secret = secret_new();

	(void)state;
	memset(secret_room(secret), 'z', WEBCRED_SECRET_MAX);
	secret_resize(secret, 4);
	assert_string_equal(secret_bytes(secret), "zzzz");
	assert_true(all_zero(secret_room(secret) + 4, WEBCRED_SECRET_MAX - 4));
	secret_resize(secret, WEBCRED_SECRET_MAX + 100);
	assert_int_equal(secret_len(secret), WEBCRED_SECRET_MAX);
	secret_free(secret);
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(secret_equal("abc", "abc", 3));
	assert_false(secret_equal("abc", "abd", 3));
	assert_false(secret_equal("\x01", "\x81", 1));
	assert_true(secret_equal("a", "b", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_get),
		cmocka_unit_test(test_replaced_content_is_wiped),
		cmocka_unit_test(test_too_long_is_refused_and_leaves_nothing),
		cmocka_unit_test(test_freed_pages_are_gone),
		cmocka_unit_test(test_forked_child_sees_nothing),
		cmocka_unit_test(test_pages_are_left_out_of_dumps),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_resize_wipes_what_no_longer_counts),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_many_at_once_share_nothing_but_pages),
		cmocka_unit_test(test_kept_page_is_wiped_and_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
