/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * webcred.conf.  What is in force is written as a file again, as `webcred doctor`
 * shows it; that file must mean the same.
 */
#include <errno.h>

#include "authority/conf.h"
#include "authority/trusted.h"
#include "tests/fuzz/fuzz.h"

#define LINE_LEN_MAX 196 /* conf.c: what inih takes */

static const uint8_t *file;
static size_t file_len;

/* The file is the input: nothing of this target is read from a disk. */
int __wrap_trusted_above(const char *path, char *ret_error, size_t size);
int __wrap_trusted_above(const char *path, char *ret_error, size_t size)
{
	(void)path;
	(void)ret_error;
	(void)size;
	return 0;
}

int __wrap_trusted_file_read(int folder, const char *path, mode_t forbidden, size_t max,
			     char **ret_text, size_t *ret_len, char *ret_error, size_t size);
int __wrap_trusted_file_read(int folder, const char *path, mode_t forbidden, size_t max,
			     char **ret_text, size_t *ret_len, char *ret_error, size_t size)
{
	(void)folder;
	(void)path;
	(void)forbidden;
	(void)ret_error;
	(void)size;
	if (file_len > max)
		return -EFBIG;
	*ret_text = fuzz_text(file, file_len);
	*ret_len = file_len;
	return 0;
}

static struct {
	char text[256 * 1024];
	char section[128];
	size_t len;
	bool too_long;
} written;

static void write_pair(void *context, const char *section, const char *key, const char *value)
{
	int n = 0;

	(void)context;
	/* Sections come together, as in a file. */
	if (strcmp(section, written.section) != 0) {
		n = snprintf(written.text + written.len, sizeof(written.text) - written.len,
			     "[%s]\n", section);
		fuzz_insist(n > 0);
		written.len += (size_t)n;
		(void)snprintf(written.section, sizeof(written.section), "%s", section);
	}
	n = snprintf(written.text + written.len, sizeof(written.text) - written.len, "%s = %s\n",
		     key, value);
	fuzz_insist(n > 0);
	written.len += (size_t)n;
	if (n > LINE_LEN_MAX || written.len >= sizeof(written.text))
		written.too_long = true;
}

static void hold(const struct conf *conf)
{
	static struct conf again;
	static struct conf_service service;
	char error[512] = "";

	memset(&written, 0, sizeof(written));
	conf_each(conf, write_pair, NULL);
	conf_service_find(conf, "login", &service);
	fuzz_insist(strcmp(service.name, "login") == 0);
	(void)conf_list_has(&conf->quiet_services, "login");
	if (written.too_long)
		return;
	file = (const uint8_t *)written.text;
	file_len = written.len;
	if (conf_read("/conf", &again, error, sizeof(error)) != 0) {
		(void)fprintf(stderr, "%s\n%s\n", error, written.text);
		fuzz_insist(!"what is in force can be read again");
	}
	fuzz_insist(again.n_services == conf->n_services && again.deny == conf->deny &&
		    again.max_hashes == conf->max_hashes && strcmp(again.rp_id, conf->rp_id) == 0 &&
		    strcmp(again.audit, conf->audit) == 0 &&
		    strcmp(again.defaults.order, conf->defaults.order) == 0 &&
		    again.defaults.offer == conf->defaults.offer &&
		    again.manage.mediation == conf->manage.mediation &&
		    again.models.n == conf->models.n && again.n_devices == conf->n_devices);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf conf;
	char error[512] = "";
	int r;

	file = data;
	file_len = size;
	r = conf_read("/conf", &conf, error, sizeof(error));
	if (r == 0)
		hold(&conf);
	else
		fuzz_insist(r < 0 || (r == WEBCRED_TYPE_ERROR && error[0] != '\0'));
	return 0;
}
