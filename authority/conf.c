/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * Around inih, which is lenient, stands what makes a mistake an error: lines
 * longer than inih reads, sections it would cut or pass over in silence, text
 * behind a section, control characters, keys that stand there twice.  An
 * indented line continues the value above (inih's rule): allowed for orders and
 * lists of services or models, an error for everything else.
 */
#include "authority/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authority/conf_values.h"
#include "authority/trusted.h"
#include "lib/base/text.h"

#define FILE_MAX (1024 * 1024)
/* inih reads 199 bytes with the line's end, and gives the rest out as a line of
 * its own; sections it cuts at 49. */
#define LINE_MAX_BYTES 196
#define SECTION_MAX_BYTES 49

/* Which struct a section fills; what is set there is remembered by target. */
enum { TARGET_CONF, TARGET_DEFAULTS, TARGET_MANAGE, TARGET_SERVICES };

struct reading {
	const char *path;
	const char *at; /* what is left of the text */
	unsigned line;
	bool indented;
	/* the section */
	char section[SECTION_MAX_BYTES + 1]; /* "" before the first */
	char words[SECTION_MAX_BYTES + 16];  /* as it stands in the file, for errors */
	size_t target;
	/* the value that indented lines may still continue */
	const struct conf_key *key;
	unsigned key_line;
	char value[CONF_VALUE_MAX];
	uint64_t set[TARGET_SERVICES + CONF_SERVICES_MAX]; /* keys, by target */
	int result;
	char *error;
	size_t size;
	struct conf conf;
};

/* The first mistake is told, and nothing of the file is used. */
static void mistake(struct reading *reading, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void mistake(struct reading *reading, unsigned line, const char *format, ...)
{
	char what[384];
	va_list arguments;

	if (reading->result != 0)
		return;
	reading->result = WEBCRED_TYPE_ERROR;
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	snprintf(reading->error, reading->size, "%s:%u: %s", reading->path, line, what);
}

static void *target_base(struct conf *conf, size_t target)
{
	if (target == TARGET_CONF)
		return conf;
	if (target == TARGET_DEFAULTS)
		return &conf->defaults;
	return target == TARGET_MANAGE ? &conf->manage : &conf->service[target - TARGET_SERVICES];
}

/* ---- values ---- */

/* The value that was being collected is whole. */
static void finish_value(struct reading *reading)
{
	const struct conf_key *key = reading->key;
	void *base = target_base(&reading->conf, reading->target);
	char what[288];

	reading->key = NULL;
	if (key && reading->result == 0 &&
	    !conf_value_read(key, base, reading->value, what, sizeof(what)))
		mistake(reading, reading->key_line, "[%s] %s: %s", reading->words, key->name, what);
}

static void begin_value(struct reading *reading, const char *name, const char *value)
{
	const struct conf_key *key = conf_key_find(reading->section, name);
	uint64_t bit = key ? UINT64_C(1) << (key - conf_keys) : 0;
	char shown[48], allowed[256] = "";
	size_t len = 0;

	if (!key) {
		for (size_t i = 0; i < conf_n_keys && len < sizeof(allowed); i++)
			if (conf_key_find(reading->section, conf_keys[i].name) == &conf_keys[i])
				len += (size_t)snprintf(allowed + len, sizeof(allowed) - len, " %s",
							conf_keys[i].name);
		text_escape(shown, sizeof(shown), name);
		mistake(reading, reading->line, "[%s] %s: no such key; there are:%s",
			reading->words, shown, allowed);
		return;
	}
	if ((reading->set[reading->target] & bit) && key->kind != CONF_DEVICES) {
		mistake(reading, reading->line, "[%s] %s: stands there twice; once is allowed",
			reading->words, name);
		return;
	}
	reading->set[reading->target] |= bit;
	reading->key = key;
	reading->key_line = reading->line;
	snprintf(reading->value, sizeof(reading->value), "%s", value);
}

static void continue_value(struct reading *reading, const char *value)
{
	size_t len = strlen(reading->value);

	if (reading->key->kind != CONF_LIST && reading->key->kind != CONF_ORDER &&
	    reading->key->kind != CONF_MODELS)
		mistake(reading, reading->line,
			"[%s] %s: an indented line continues the value above; begin the line with "
			"its key",
			reading->words, reading->key->name);
	else if (len + 1 + strlen(value) >= sizeof(reading->value))
		mistake(reading, reading->line, "[%s] %s: is longer than %zu bytes", reading->words,
			reading->key->name, sizeof(reading->value) - 1);
	else
		snprintf(reading->value + len, sizeof(reading->value) - len, " %s", value);
}

/* inih's: a key and its value, or an indented line under the key it continues. */
static int take_pair(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	(void)section; /* ours is whole */
	if (reading->result != 0)
		return 0;
	if (!reading->section[0]) {
		mistake(reading, reading->line, "stands before the first [section]");
	} else if (reading->indented && reading->key && strcmp(name, reading->key->name) == 0) {
		continue_value(reading, value);
	} else {
		finish_value(reading);
		begin_value(reading, name, value);
	}
	return reading->result == 0;
}

/* ---- sections ---- */

static void take_service(struct reading *reading, const char *name)
{
	struct conf *conf = &reading->conf;
	size_t i = 0;

	if (!conf_service_name(name)) {
		mistake(reading, reading->line, "[%s]: no service's name", reading->words);
		return;
	}
	while (i < conf->n_services && strcmp(conf->service[i].name, name) != 0)
		i++;
	if (i == CONF_SERVICES_MAX) {
		mistake(reading, reading->line, "[%s]: more than %d services", reading->words,
			CONF_SERVICES_MAX);
		return;
	}
	if (i == conf->n_services) {
		snprintf(conf->service[i].name, sizeof(conf->service[i].name), "%s", name);
		conf->n_services++;
	}
	reading->target = TARGET_SERVICES + i;
}

static void take_section(struct reading *reading, const char *name)
{
	bool known = strcmp(name, "manage") == 0;

	snprintf(reading->words, sizeof(reading->words), "%s", name);
	snprintf(reading->section, sizeof(reading->section), "%s", name);
	if (strncmp(name, "service ", 8) == 0) {
		reading->section[7] = '\0';
		take_service(reading, name + 8 + strspn(name + 8, " "));
		return;
	}
	for (size_t i = 0; !known && i < conf_n_keys; i++)
		known = strcmp(conf_keys[i].section, name) == 0;
	if (!known)
		mistake(reading, reading->line,
			"[%s]: no such section; there are webcred, service, service NAME, manage, "
			"password, otp, throttle, audit, limits, devices, account",
			name);
	reading->target = strcmp(name, "service") == 0	? TARGET_DEFAULTS
			  : strcmp(name, "manage") == 0 ? TARGET_MANAGE
							: TARGET_CONF;
}

/* `line` begins with '['. */
static void look_at_section(struct reading *reading, const char *line, size_t len)
{
	const char *end = memchr(line, ']', len);
	char name[SECTION_MAX_BYTES + 1];
	size_t rest;

	finish_value(reading);
	if (!end || end == line + 1) {
		mistake(reading, reading->line, "a section is [NAME]");
		return;
	}
	if (end - line - 1 > SECTION_MAX_BYTES) {
		mistake(reading, reading->line, "the section's name is longer than %d bytes",
			SECTION_MAX_BYTES);
		return;
	}
	rest = (size_t)(line + len - end - 1);
	while (rest > 0 && (end[1] == ' ' || end[1] == '\t' || end[1] == '\r')) {
		end++;
		rest--;
	}
	if (rest > 0 && end[1] != ';' && end[1] != '#') {
		mistake(reading, reading->line, "nothing may follow the section's ]");
		return;
	}
	len = (size_t)((const char *)memchr(line, ']', len) - line - 1);
	memcpy(name, line + 1, len);
	name[len] = '\0';
	take_section(reading, name);
}

/* ---- lines ---- */

static void look_at_line(struct reading *reading, const char *line, size_t len)
{
	size_t blank = 0;

	if (len > LINE_MAX_BYTES) {
		mistake(reading, reading->line,
			"the line has %zu bytes, %d are allowed; an order or a list goes on in "
			"indented lines",
			len, LINE_MAX_BYTES);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < 0x20 && c != '\t' && !(c == '\r' && i == len - 1)) || c == 0x7f) {
			mistake(reading, reading->line, "byte %zu is a control character", i + 1);
			return;
		}
	}
	while (blank < len && (line[blank] == ' ' || line[blank] == '\t'))
		blank++;
	reading->indented = blank > 0;
	if (blank < len && line[blank] == '[' && (blank == 0 || !reading->key))
		look_at_section(reading, line + blank, len - blank);
}

/* inih's, like fgets(3); it sees each line after we have. */
static char *next_line(char *buffer, int room, void *context)
{
	struct reading *reading = context;
	const char *end;
	size_t len;

	if (!*reading->at || reading->result != 0)
		return NULL;
	end = strchr(reading->at, '\n');
	len = end ? (size_t)(end - reading->at) : strlen(reading->at);
	reading->line++;
	look_at_line(reading, reading->at, len);
	if (reading->result != 0)
		return NULL;
	if (len + 2 > (size_t)room) {
		mistake(reading, reading->line, "the line is longer than inih was built for");
		return NULL;
	}
	memcpy(buffer, reading->at, len);
	memcpy(buffer + len, "\n", 2);
	reading->at += len + (end ? 1 : 0);
	return buffer;
}

/* ---- the whole ---- */

void conf_defaults(struct conf *ret_conf)
{
	char what[288];

	memset(ret_conf, 0, sizeof(*ret_conf));
	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		bool service = strcmp(key->section, "service") == 0;
		void *base = service ? (void *)&ret_conf->defaults : ret_conf;

		/* A default that is not allowed is a mistake of ours that must not run. */
		if (key->initial && !conf_value_read(key, base, key->initial, what, sizeof(what)))
			abort();
	}
	ret_conf->manage = ret_conf->defaults;
	snprintf(ret_conf->manage.name, sizeof(ret_conf->manage.name), "manage");
}

/* What a section leaves out is as in [service]; but the proof that a change
 * takes is not loosened by what logins ask for. */
static void inherit(struct reading *reading, size_t target)
{
	char *base = target_base(&reading->conf, target);

	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];
		bool own = target == TARGET_MANAGE && key->kind == CONF_ORDER;

		if (strcmp(key->section, "service") == 0 && !own &&
		    !(reading->set[target] & UINT64_C(1) << i))
			memcpy(base + key->offset,
			       (const char *)&reading->conf.defaults + key->offset, key->size);
	}
}

static void finish(struct reading *reading)
{
	struct conf *conf = &reading->conf;

	inherit(reading, TARGET_MANAGE);
	for (size_t i = 0; i < conf->n_services; i++)
		inherit(reading, TARGET_SERVICES + i);
	if (conf->throttle_max_s < conf->throttle_delay_s)
		mistake(reading, reading->line,
			"[throttle] max: %u is less than the first delay, %u",
			(unsigned)conf->throttle_max_s, (unsigned)conf->throttle_delay_s);
}

static void read_text(struct reading *reading, const char *text, size_t len)
{
	int line;

	/* A byte order mark, which some editors leave. */
	reading->at = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
	if (memchr(text, '\0', len)) {
		for (size_t i = 0; text[i]; i++)
			reading->line += text[i] == '\n';
		mistake(reading, reading->line + 1, "a zero byte: not a text file");
		return;
	}
	line = ini_parse_stream(next_line, reading, take_pair, reading);
	if (line != 0)
		mistake(reading, line > 0 ? (unsigned)line : 0,
			"neither [section] nor key = value nor # comment");
	finish_value(reading);
	finish(reading);
}

int conf_read(const char *path, struct conf *ret_conf, char *ret_error, size_t size)
{
	struct reading *reading;
	char *text = NULL;
	size_t len = 0;
	int r;

	ret_error[0] = '\0';
	r = trusted_above(path, ret_error, size);
	if (r == 0)
		r = trusted_file_read(AT_FDCWD, path, 022, FILE_MAX, &text, &len, ret_error, size);
	if (r == -ENOENT) {
		ret_error[0] = '\0';
		conf_defaults(ret_conf);
		return 0;
	}
	if (r < 0)
		return r == -EPERM ? WEBCRED_SECURITY : r;
	reading = calloc(1, sizeof(*reading));
	if (reading) {
		reading->path = path;
		reading->error = ret_error;
		reading->size = size;
		conf_defaults(&reading->conf);
		read_text(reading, text, len);
		r = reading->result;
		if (r == 0)
			*ret_conf = reading->conf;
	}
	free(text);
	r = reading ? r : -ENOMEM;
	free(reading);
	return r;
}

void conf_service_find(const struct conf *conf, const char *service,
		       struct conf_service *ret_service)
{
	for (size_t i = 0; i < conf->n_services; i++) {
		if (strcmp(conf->service[i].name, service) == 0) {
			*ret_service = conf->service[i];
			return;
		}
	}
	*ret_service = conf->defaults;
	snprintf(ret_service->name, sizeof(ret_service->name), "%s", service);
}

bool conf_service_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= WIRE_SERVICE_MAX && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			    "._@:+-") == len;
}

bool conf_list_has(const struct conf_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->name[i], name) == 0)
			return true;
	return false;
}
