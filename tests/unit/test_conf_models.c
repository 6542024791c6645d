/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* [devices] models: sixteen of them are more than a line holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/conf_values.h"
#include "tests/unit/unit.h"

#define AAGUID "00112233-4455-6677-8899-aabbccddee"

static char folder[64], path[96], error[512];
static struct conf conf;

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/webcred-models.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/webcred.conf", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int read_this(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return conf_read(path, &conf, error, sizeof(error));
}

static void refused(const char *text, const char *what)
{
	assert_int_equal(read_this(text), WEBCRED_TYPE_ERROR);
	if (!strstr(error, what))
		fail_msg("\"%s\" instead of %s", error, what);
}

/* n of them, four on a line. */
static void models(char *text, size_t size, unsigned n)
{
	size_t len = (size_t)snprintf(text, size, "[devices]\nmodels =\n");

	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, size - len, "  " AAGUID "%02x%s", i,
					i % 4 == 3 ? "\n" : "");
}

static void test_continued(void **state)
{
	char text[1024], written[CONF_VALUE_MAX];

	(void)state;
	models(text, sizeof(text), POLICY_MODELS_MAX);
	if (read_this(text) != 0)
		fail_msg("%s", error);
	assert_int_equal(conf.models.n, POLICY_MODELS_MAX);
	for (unsigned i = 0; i < POLICY_MODELS_MAX; i++)
		assert_int_equal(conf.models.aaguid[i][15], i);
	/* what is told of it is what is read */
	conf_value_write(conf_key_find("devices", "models"), &conf, written, sizeof(written));
	assert_int_equal(strlen(written), POLICY_MODELS_MAX * 37 - 1);
}

static void test_refused(void **state)
{
	char text[1024];

	(void)state;
	models(text, sizeof(text), POLICY_MODELS_MAX + 1);
	refused(text, ":2: [devices] models: has more than 16 models");
	refused("[devices]\nmodels = any\n  " AAGUID "ff\n", "\"any\" is no AAGUID");
	refused("[devices]\nmodels = " AAGUID "ff\n  any\n", "\"any\" is no AAGUID");
	refused("[devices]\nmodels = " AAGUID "ff\n  device = /dev/hidraw0\n",
		"\"device\" is no AAGUID");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {CASE(test_continued), CASE(test_refused)};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
