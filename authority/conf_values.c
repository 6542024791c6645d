/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "authority/conf_values.h"

#include "authority/conf_sets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/order.h"
#include "lib/core/types/ceremony.h"

static const struct conf_word mediations[] = {
	{"by-flags", WEBCRED_MEDIATION_BY_FLAGS},
	{"optional", WEBCRED_MEDIATION_OPTIONAL},
	{"required", WEBCRED_MEDIATION_REQUIRED},
	{"silent", WEBCRED_MEDIATION_SILENT},
	{"conditional", WEBCRED_MEDIATION_CONDITIONAL},
	{"immediate", WEBCRED_MEDIATION_IMMEDIATE},
	{NULL, 0},
};
static const struct conf_word verifications[] = {
	{"preferred", WEBCRED_UV_PREFERRED},
	{"required", WEBCRED_UV_REQUIRED},
	{"discouraged", WEBCRED_UV_DISCOURAGED},
	{NULL, 0},
};
static const struct conf_word types[] = {
	{"last", WEBCRED_TYPE_NONE},
	{"public-key", WEBCRED_TYPE_PUBLIC_KEY},
	{"otp", WEBCRED_TYPE_OTP},
	{"password", WEBCRED_TYPE_PASSWORD},
	{NULL, 0},
};
static const struct conf_word counters[] = {
	{"fail", COUNTER_FAIL},
	{"warn", COUNTER_WARN},
	{"ignore", COUNTER_IGNORE},
	{NULL, 0},
};
static const struct conf_word localities[] = {
	{"remote", LOCALITY_REMOTE},
	{"local", LOCALITY_LOCAL},
	{NULL, 0},
};
static const struct conf_word audits[] = {
	{"auto", 0}, {"journal", 0}, {"syslog", 0}, {"stderr", 0}, {NULL, 0},
};

/* Lock screens, polkit's helper and our own tool: what runs as the person. */
#define UNPRIVILEGED                                                                               \
	"webcred vlock swaylock i3lock hyprlock gtklock physlock waylock slock xscreensaver "      \
	"kscreenlocker kde kde-fingerprint kde-smartcard xfce4-screensaver mate-screensaver "      \
	"cinnamon-screensaver light-locker polkit-1"

static const struct conf_word key_waits[] = {{"auto", POLICY_KEY_WAIT_AUTO}, {NULL, 0}};

#define IN(member) offsetof(struct conf, member), sizeof(((struct conf *)NULL)->member)
#define OF(member)                                                                                 \
	offsetof(struct conf_service, member), sizeof(((struct conf_service *)NULL)->member)

const struct conf_key conf_keys[] = {
	{"webcred", "rp_id", CONF_RP_ID, IN(rp_id), 0, 0, NULL, NULL},
	{"webcred", "issuer", CONF_TEXT, IN(issuer), 0, 0, NULL, NULL},
	{"webcred", "quiet_services", CONF_LIST, IN(quiet_services), 0, 0, NULL,
	 "sudo sudo-i su su-l"},
	{"webcred", "unprivileged_services", CONF_LIST, IN(unprivileged_services), 0, 0, NULL,
	 UNPRIVILEGED},
	{"webcred", "one_answer_services", CONF_LIST, IN(one_answer_services), 0, 0, NULL,
	 "swaylock i3lock hyprlock gtklock waylock slock"},
	{"webcred", "ssh_services", CONF_LIST, IN(ssh_services), 0, 0, NULL, "sshd"},
	{"webcred", "touch_required", CONF_YES_NO, IN(touch_required), 0, 0, NULL, "no"},
	{"webcred", "prevent_on_close", CONF_LIST, IN(prevent_on_close), 0, 0, NULL, ""},
	{"webcred", "locality_unknown", CONF_WORD, IN(locality_unknown), 0, 0, localities,
	 "remote"},
	{"service", "get", CONF_ORDER, OF(order), 0, 0, NULL, "public-key otp password"},
	{"service", "mediation", CONF_WORD, OF(mediation), 0, 0, mediations, "by-flags"},
	{"service", "user_verification", CONF_WORD, OF(user_verification), 0, 0, verifications,
	 "preferred"},
	{"service", "unknown_as", CONF_WORD, OF(unknown_as), 0, 0, types, "last"},
	{"service", "counter", CONF_WORD, OF(counter), 0, 0, counters, "fail"},
	/* Below sshd's LoginGraceTime of 120 s (behaviour 61). */
	{"service", "timeout", CONF_SECONDS, OF(timeout_ms), 1, 110, NULL, "60"},
	{"service", "key_wait", CONF_SECONDS, OF(key_wait_ms), 0, 110, key_waits, "auto"},
	{"service", "pin_tries", CONF_NUMBER, OF(pin_tries), 1, CEREMONY_PIN_TRIES_MAX, NULL, "1"},
	{"service", "fail_delay", CONF_NUMBER, OF(fail_delay_ms), 0, 60000, NULL, "2000"},
	{"service", "tell_throttled", CONF_YES_NO, OF(tell_throttled), 0, 0, NULL, "no"},
	{"service", "required_credentials", CONF_TYPES, OF(required_credentials), 0, 0, NULL,
	 "none"},
	{"service", "offer", CONF_TYPES, OF(offer), 0, 0, NULL, "none"},
	{"service", "chooser", CONF_YES_NO, OF(chooser), 0, 0, NULL, "no"},
	{"service", "transport", CONF_TRANSPORTS, OF(transports), 0, 0, NULL, "device"},
	{"service", "echo_code", CONF_YES_NO, OF(echo_code), 0, 0, NULL, "no"},
	/* The least is for tests: 64 KiB protects nobody. */
	{"password", "memory", CONF_NUMBER, IN(argon_memory_kib), 64, 1048576, NULL, "65536"},
	{"password", "passes", CONF_NUMBER, IN(argon_passes), 1, 100, NULL, "2"},
	{"password", "min", CONF_NUMBER, IN(password_min), 1, 256, NULL, "8"},
	{"otp", "look_back", CONF_NUMBER, IN(windows.look_back), 0, 10, NULL, "1"},
	{"otp", "look_ahead", CONF_NUMBER, IN(windows.look_ahead), 0, 10, NULL, "1"},
	{"otp", "hotp_look_ahead", CONF_NUMBER, IN(windows.hotp_look_ahead), 0, 100, NULL, "10"},
	{"otp", "resynchronise", CONF_NUMBER, IN(windows.resynchronise), 0, 1000, NULL, "100"},
	{"throttle", "enabled", CONF_YES_NO, IN(throttle_enabled), 0, 0, NULL, "yes"},
	{"throttle", "free", CONF_NUMBER, IN(throttle_free), 0, 1000, NULL, "3"},
	{"throttle", "delay", CONF_NUMBER, IN(throttle_delay_s), 1, 3600, NULL, "1"},
	{"throttle", "max", CONF_NUMBER, IN(throttle_max_s), 1, 86400, NULL, "60"},
	{"throttle", "deny", CONF_NUMBER, IN(deny), 0, 1000, NULL, "0"},
	{"throttle", "unlock_time", CONF_NUMBER, IN(unlock_time_s), 0, 31536000, NULL, "600"},
	{"throttle", "fail_interval", CONF_NUMBER, IN(fail_interval_s), 1, 31536000, NULL, "900"},
	{"throttle", "even_deny_root", CONF_YES_NO, IN(even_deny_root), 0, 0, NULL, "no"},
	{"audit", "to", CONF_AUDIT, IN(audit), 0, 0, audits, "auto"},
	{"limits", "spare_sessions", CONF_NUMBER, IN(spare_sessions), 1, 256, NULL, "8"},
	{"limits", "max_sessions", CONF_NUMBER, IN(max_sessions), 1, 65536, NULL, "512"},
	{"limits", "max_user_sessions", CONF_NUMBER, IN(max_user_sessions), 1, 65536, NULL, "128"},
	{"limits", "max_per_uid", CONF_NUMBER, IN(max_per_uid), 1, 65536, NULL, "32"},
	{"limits", "max_hashes", CONF_NUMBER, IN(max_hashes), 1, 4096, NULL, "8"},
	{"devices", "models", CONF_MODELS, IN(models), 0, 0, NULL, "any"},
	{"devices", "device", CONF_DEVICES, 0, 0, 0, 0, NULL, NULL},
	{"account", "range", CONF_RANGE, IN(ids), 0, 0, NULL, "65536-99999"},
	{"account", "home", CONF_HOME, IN(home_folder), 0, 0, NULL, "/home"},
	{"account", "shell", CONF_HOME, IN(login_shell), 0, 0, NULL, "/bin/bash"},
};
const size_t conf_n_keys = sizeof(conf_keys) / sizeof(conf_keys[0]);

/* The enums of the table are written as unsigned. */
_Static_assert(sizeof(enum webcred_mediation) == sizeof(unsigned) &&
		       sizeof(enum webcred_user_verification) == sizeof(unsigned) &&
		       sizeof(enum webcred_type) == sizeof(unsigned) &&
		       sizeof(enum policy_counter) == sizeof(unsigned) &&
		       sizeof(enum conf_locality) == sizeof(unsigned) &&
		       sizeof(unsigned) == sizeof(uint32_t),
	       "one size of number");

const struct conf_key *conf_key_find(const char *section, const char *name)
{
	if (strcmp(section, "manage") == 0)
		section = "service";
	for (size_t i = 0; i < conf_n_keys; i++)
		if (strcmp(conf_keys[i].section, section) == 0 &&
		    strcmp(conf_keys[i].name, name) == 0)
			return &conf_keys[i];
	return NULL;
}

/* ---- reading ---- */

/* `"text" what`, the text made fit to show. */
static bool wrong(char *ret_what, size_t size, const char *text, const char *what)
{
	char shown[48];

	text_escape(shown, sizeof(shown), text);
	snprintf(ret_what, size, "\"%s\" %s", shown, what);
	return false;
}

static bool read_number(const struct conf_key *key, const char *text, uint32_t *ret_number,
			char *ret_what, size_t size)
{
	char range[64];
	unsigned long number;
	char *end = NULL;

	snprintf(range, sizeof(range), "is no whole number from %u to %u", (unsigned)key->least,
		 (unsigned)key->most);
	errno = 0;
	number = strtoul(text, &end, 10);
	/* strtoul() would take blanks and signs. */
	if (text[0] < '0' || text[0] > '9' || *end || errno != 0 || number < key->least ||
	    number > key->most)
		return wrong(ret_what, size, text, range);
	*ret_number = (uint32_t)number;
	return true;
}

static bool read_word(const struct conf_key *key, const char *text, unsigned *ret_value,
		      char *ret_what, size_t size)
{
	char allowed[128] = "is not one of:";
	size_t len = strlen(allowed);

	for (const struct conf_word *word = key->words; word->word; word++) {
		if (strcmp(word->word, text) == 0) {
			*ret_value = word->value;
			return true;
		}
		len += (size_t)snprintf(allowed + len, sizeof(allowed) - len, " %s", word->word);
	}
	return wrong(ret_what, size, text, allowed);
}

/* Whole seconds, or one of the key's words where it has any. */
static bool read_seconds(const struct conf_key *key, const char *text, uint32_t *ret_ms,
			 char *ret_what, size_t size)
{
	uint32_t seconds;

	for (const struct conf_word *word = key->words; word && word->word; word++) {
		if (strcmp(word->word, text) == 0) {
			*ret_ms = word->value;
			return true;
		}
	}
	if (!read_number(key, text, &seconds, ret_what, size))
		return false;
	*ret_ms = seconds * 1000;
	return true;
}

static bool read_text(const struct conf_key *key, const char *text, char *field, char *ret_what,
		      size_t size)
{
	char allowed[96];

	snprintf(allowed, sizeof(allowed), "is no printable text of 1 to %zu bytes without a colon",
		 key->size - 1);
	if (!text_label_valid(text, key->size - 1) || strchr(text, ':'))
		return wrong(ret_what, size, text, allowed);
	memcpy(field, text, strlen(text) + 1);
	return true;
}

/* Behaviour 58: labels of letters, digits and dashes; the last one not a number,
 * which leaves no IPv4 address, and no colon leaves no IPv6 address and no port. */
static bool rp_id_valid(const char *text)
{
	const char *label = text;

	for (;;) {
		size_t len = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-");

		if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
			return false;
		if (label[len] == '\0')
			return strspn(label, "0123456789") != len;
		if (label[len] != '.')
			return false;
		label += len + 1;
	}
}

static bool read_rp_id(const struct conf_key *key, const char *text, char *field, char *ret_what,
		       size_t size)
{
	if (strlen(text) >= key->size || !rp_id_valid(text))
		return wrong(ret_what, size, text,
			     "is no domain name: lower-case letters, digits, dashes and dots, no "
			     "address, no port");
	memcpy(field, text, strlen(text) + 1);
	return true;
}

static bool read_order(const struct conf_key *key, const char *text, char *field, char *ret_what,
		       size_t size)
{
	struct order order;
	struct order_error error = {0};

	if (strlen(text) >= key->size) {
		snprintf(ret_what, size, "is longer than %zu bytes", key->size - 1);
		return false;
	}
	if (order_parse(text, strlen(text), &order, &error) != 0) {
		snprintf(ret_what, size, "at its character %u: %s", error.column, error.text);
		return false;
	}
	memcpy(field, text, strlen(text) + 1);
	return true;
}

static bool read_list(const char *text, struct conf_list *field, char *ret_what, size_t size)
{
	struct conf_list list = {0};
	char word[WIRE_SERVICE_MAX + 2];

	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		size_t len = strcspn(text, " \t"), kept = len;

		if (list.n == CONF_LIST_MAX) {
			snprintf(ret_what, size, "has more than %d names", CONF_LIST_MAX);
			return false;
		}
		if (kept >= sizeof(word))
			kept = sizeof(word) - 1;
		memcpy(word, text, kept);
		word[kept] = '\0';
		if (!conf_service_name(word))
			return wrong(ret_what, size, word,
				     "is no service's name; blanks stand between names");
		memcpy(list.name[list.n++], word, kept + 1);
		text += len;
	}
	*field = list;
	return true;
}

static bool read_audit(const struct conf_key *key, const char *text, char *field, char *ret_what,
		       size_t size)
{
	unsigned ignored;

	if (text[0] != '/') {
		if (!read_word(key, text, &ignored, ret_what, size)) {
			size_t len = strlen(ret_what);

			snprintf(ret_what + len, size - len, ", and no absolute path");
			return false;
		}
	} else if (!text_label_valid(text, key->size - 1)) {
		return wrong(ret_what, size, text, "is no printable path of at most 255 bytes");
	}
	memcpy(field, text, strlen(text) + 1);
	return true;
}

static bool read_device(const char *text, struct conf *conf, char *ret_what, size_t size)
{
	if (conf->n_devices == CONF_DEVICES_MAX) {
		snprintf(ret_what, size, "stands there more than %d times", CONF_DEVICES_MAX);
		return false;
	}
	if (strncmp(text, "/dev/", 5) != 0 || strstr(text, "/../") ||
	    !text_label_valid(text, sizeof(conf->device[0]) - 1))
		return wrong(ret_what, size, text, "is no path below /dev/ of at most 255 bytes");
	memcpy(conf->device[conf->n_devices++], text, strlen(text) + 1);
	return true;
}

static bool read_yes_no(const char *text, bool *field, char *ret_what, size_t size)
{
	if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		return wrong(ret_what, size, text, "is neither yes nor no");
	*field = text[0] == 'y';
	return true;
}

bool conf_value_read(const struct conf_key *key, void *base, const char *text, char *ret_what,
		     size_t size)
{
	void *field = (char *)base + key->offset;
	uint32_t *number = field;

	switch (key->kind) {
	case CONF_YES_NO:
		return read_yes_no(text, field, ret_what, size);
	case CONF_NUMBER:
		return read_number(key, text, number, ret_what, size);
	case CONF_SECONDS:
		return read_seconds(key, text, number, ret_what, size);
	case CONF_WORD:
		return read_word(key, text, field, ret_what, size);
	case CONF_TEXT:
		return read_text(key, text, field, ret_what, size);
	case CONF_RP_ID:
		return read_rp_id(key, text, field, ret_what, size);
	case CONF_ORDER:
		return read_order(key, text, field, ret_what, size);
	case CONF_LIST:
		return read_list(text, field, ret_what, size);
	case CONF_TYPES:
		return conf_types_read(text, number, ret_what, size);
	case CONF_TRANSPORTS:
		return conf_transports_read(text, number, ret_what, size);
	case CONF_MODELS:
		return conf_models_read(text, field, ret_what, size);
	case CONF_AUDIT:
		return read_audit(key, text, field, ret_what, size);
	case CONF_RANGE:
		return conf_range_read(text, field, ret_what, size);
	case CONF_HOME:
		return conf_home_read(text, field, key->size, ret_what, size);
	case CONF_DEVICES:
		return read_device(text, base, ret_what, size);
	}
	snprintf(ret_what, size, "is of no known kind");
	return false;
}

/* ---- writing ---- */

static void write_list(const struct conf_list *list, char *buffer, size_t size)
{
	size_t len = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < list->n && len < size; i++)
		len += (size_t)snprintf(buffer + len, size - len, "%s%s", i > 0 ? " " : "",
					list->name[i]);
}

static void write_seconds(const struct conf_key *key, uint32_t ms, char *buffer, size_t size)
{
	for (const struct conf_word *word = key->words; word && word->word; word++) {
		if (word->value == ms) {
			snprintf(buffer, size, "%s", word->word);
			return;
		}
	}
	snprintf(buffer, size, "%u", (unsigned)(ms / 1000));
}

static void write_word(const struct conf_key *key, unsigned value, char *buffer, size_t size)
{
	const struct conf_word *word = key->words;

	while (word->word && word->value != value)
		word++;
	snprintf(buffer, size, "%s", word->word ? word->word : "?");
}

void conf_value_write(const struct conf_key *key, const void *base, char *buffer, size_t size)
{
	const void *field = (const char *)base + key->offset;

	buffer[0] = '\0';
	switch (key->kind) {
	case CONF_YES_NO:
		snprintf(buffer, size, "%s", *(const bool *)field ? "yes" : "no");
		break;
	case CONF_NUMBER:
		snprintf(buffer, size, "%u", (unsigned)*(const uint32_t *)field);
		break;
	case CONF_SECONDS:
		write_seconds(key, *(const uint32_t *)field, buffer, size);
		break;
	case CONF_WORD:
		write_word(key, *(const unsigned *)field, buffer, size);
		break;
	case CONF_TEXT:
	case CONF_RP_ID:
	case CONF_ORDER:
	case CONF_AUDIT:
	case CONF_HOME:
		snprintf(buffer, size, "%s", (const char *)field);
		break;
	case CONF_RANGE:
		conf_range_write(field, buffer, size);
		break;
	case CONF_LIST:
		write_list(field, buffer, size);
		break;
	case CONF_TYPES:
		conf_types_write(*(const uint32_t *)field, buffer, size);
		break;
	case CONF_TRANSPORTS:
		conf_transports_write(*(const uint32_t *)field, buffer, size);
		break;
	case CONF_MODELS:
		conf_models_write(field, buffer, size);
		break;
	case CONF_DEVICES:
		break; /* several values: conf_each() writes them */
	}
}

/* ---- what is in force ---- */

static void each_of(const struct conf *conf, const char *words, const char *section,
		    const void *base, conf_each_function *each, void *context)
{
	char value[CONF_VALUE_MAX];

	for (size_t i = 0; i < conf_n_keys; i++) {
		const struct conf_key *key = &conf_keys[i];

		if (strcmp(key->section, section) != 0)
			continue;
		conf_value_write(key, base, value, sizeof(value));
		if (key->kind != CONF_DEVICES && (value[0] || key->initial))
			each(context, words, key->name, value);
		for (size_t d = 0; key->kind == CONF_DEVICES && d < conf->n_devices; d++)
			each(context, words, key->name, conf->device[d]);
	}
}

void conf_each(const struct conf *conf, conf_each_function *each, void *context)
{
	char words[WIRE_SERVICE_MAX + 16];

	for (size_t i = 0; i < conf_n_keys; i++) {
		const char *section = conf_keys[i].section;

		if (i > 0 && strcmp(conf_keys[i - 1].section, section) == 0)
			continue;
		if (strcmp(section, "service") != 0) {
			each_of(conf, section, section, conf, each, context);
			continue;
		}
		each_of(conf, section, section, &conf->defaults, each, context);
		for (size_t s = 0; s < conf->n_services; s++) {
			snprintf(words, sizeof(words), "service %s", conf->service[s].name);
			each_of(conf, words, section, &conf->service[s], each, context);
		}
		each_of(conf, "manage", section, &conf->manage, each, context);
	}
}
