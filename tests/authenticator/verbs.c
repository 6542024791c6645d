/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "verbs.h"

struct verb {
	const char *name;
	bool takes_value;
	int (*run)(struct key *, const char *value, char *ret_text, size_t size);
	const char *usage, *help;
};

static int verbs_number(const char *value, unsigned long max, unsigned long *ret_number)
{
	char *end;

	if (*value < '0' || *value > '9')
		return -1;
	*ret_number = strtoul(value, &end, 10);
	return *end == '\0' && *ret_number <= max ? 0 : -1;
}

static int verbs_touch(struct key *key, const char *value, char *ret_text, size_t size)
{
	(void)value;
	if (key_touch(key))
		return 0;
	snprintf(ret_text, size, "nothing waits for a touch");
	return -1;
}

static int verbs_pin(struct key *key, const char *value, char *ret_text, size_t size)
{
	size_t len;

	if (strncmp(value, "set ", 4) == 0)
		value += 4;
	len = strlen(value);
	if (strcmp(value, "none") == 0) {
		key->state.pin_set = false;
	} else if (len < 4 || len > 63) {
		snprintf(ret_text, size, "a PIN has 4 to 63 bytes");
		return -1;
	} else {
		state_set_pin(&key->state, value, len);
	}
	key->session.pin_mismatches = 0;
	return state_save(&key->state);
}

static int verbs_pin_retries(struct key *key, const char *value, char *ret_text, size_t size)
{
	unsigned long n;

	if (verbs_number(value, PIN_RETRIES_MAX, &n) != 0) {
		snprintf(ret_text, size, "0 to %d", PIN_RETRIES_MAX);
		return -1;
	}
	key->state.pin_retries = (unsigned)n;
	key->session.pin_mismatches = 0;
	return state_save(&key->state);
}

static int verbs_uv_retries(struct key *key, const char *value, char *ret_text, size_t size)
{
	unsigned long n;

	if (verbs_number(value, UV_RETRIES_MAX, &n) != 0) {
		snprintf(ret_text, size, "0 to %d", UV_RETRIES_MAX);
		return -1;
	}
	key->state.uv_retries = (unsigned)n;
	return state_save(&key->state);
}

static int verbs_min_pin_length(struct key *key, const char *value, char *ret_text, size_t size)
{
	unsigned long n;

	if (verbs_number(value, 63, &n) != 0 || n < 4) {
		snprintf(ret_text, size, "4 to 63");
		return -1;
	}
	key->state.min_pin_length = (unsigned)n;
	/* 6.11.4: a PIN that is too short by now must be changed. */
	if (key->state.pin_set && key->state.pin_length < n)
		key->state.force_pin_change = true;
	return state_save(&key->state);
}

static int verbs_block_pin(struct key *key, const char *value, char *ret_text, size_t size)
{
	(void)value;
	return verbs_pin_retries(key, "0", ret_text, size);
}

static int verbs_force_pin_change(struct key *key, const char *value, char *ret_text, size_t size)
{
	(void)value;
	(void)ret_text;
	(void)size;
	key->state.force_pin_change = true;
	return state_save(&key->state);
}

static int verbs_counter(struct key *key, const char *value, char *ret_text, size_t size)
{
	unsigned long n;

	if (verbs_number(value, UINT32_MAX, &n) != 0) {
		snprintf(ret_text, size, "a number of 32 bits");
		return -1;
	}
	key->state.counter = (uint32_t)n;
	return state_save(&key->state);
}

static int verbs_forget(struct key *key, const char *value, char *ret_text, size_t size)
{
	(void)value;
	(void)ret_text;
	(void)size;
	state_reset(&key->state);
	key->session.next_count = 0;
	return state_save(&key->state);
}

static int verbs_unplug(struct key *key, const char *value, char *ret_text, size_t size)
{
	(void)value;
	(void)ret_text;
	(void)size;
	log_event(&key->log, "unplugged");
	key->unplugged = true;
	return 0;
}

static int verbs_status(struct key *key, const char *value, char *ret_text, size_t size)
{
	static const char *const phases[] = {
		[CEREMONY_NONE] = "idle",
		[CEREMONY_TOUCH] = "touch-wait",
		[CEREMONY_STALLED] = "stalled",
		[CEREMONY_FLOODING] = "flooding",
	};
	const struct state *state = &key->state;
	size_t residents = 0;

	(void)value;
	for (size_t i = 0; i < state->count; i++)
		residents += state->credentials[i]->resident;
	snprintf(ret_text, size,
		 "phase=%s awaits-touch=%d counter=%u pin=%d "
		 "pin-retries=%u uv-retries=%u credentials=%zu residents=%zu",
		 phases[key->ceremony.phase], key_awaits_touch(key), state->counter, state->pin_set,
		 state->pin_retries, state->uv_retries, state->count, residents);
	return 0;
}

static const struct verb table[] = {
	{"touch", false, verbs_touch, "touch", "one touch for the ceremony that waits for it"},
	{"pin", true, verbs_pin, "pin=VALUE|none", "set or take away the PIN"},
	{"pin-retries", true, verbs_pin_retries, "pin-retries=N", "0 to 8"},
	{"block-pin", false, verbs_block_pin, "block-pin", "no retries are left"},
	{"force-pin-change", false, verbs_force_pin_change, "force-pin-change",
	 "until the PIN is set again"},
	{"min-pin-length", true, verbs_min_pin_length, "min-pin-length=N", "4 to 63"},
	{"uv-retries", true, verbs_uv_retries, "uv-retries=N", "0 to 5"},
	{"counter", true, verbs_counter, "counter=N",
	 "the last value shown; the next answer adds counter-step"},
	{"forget", false, verbs_forget, "forget", "all credentials and the PIN, as reset does"},
	{"status", false, verbs_status, "status", "in one line"},
	{"unplug", false, verbs_unplug, "unplug", "end, at once"},
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

static const struct verb *verbs_find(const char *name, size_t len)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
			return &table[i];
	}
	return NULL;
}

bool verbs_known(const char *name)
{
	return verbs_find(name, strlen(name)) != NULL;
}

int verbs_run(struct key *key, const char *command, char *ret_text, size_t size)
{
	size_t len = strcspn(command, "=");
	const struct verb *verb = verbs_find(command, len);
	bool value = command[len] == '=';

	if (verb == NULL) {
		snprintf(ret_text, size, "unknown command %s", command);
		return -1;
	}
	if (verb->takes_value != value) {
		snprintf(ret_text, size, "usage: %s", verb->usage);
		return -1;
	}
	return verb->run(key, command + len + value, ret_text, size);
}

void verbs_help(FILE *f)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		fprintf(f, "  %s\n        %s\n", table[i].usage, table[i].help);
}
