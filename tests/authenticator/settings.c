/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "key.h"
#include "keys.h"
#include "verbs.h"

enum kind {
	KIND_SWITCH, /* on|off */
	KIND_NUMBER,
	KIND_WORD, /* an enum, in the order of its words */
	KIND_FUNCTION,
};

struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	/* KIND_NUMBER */
	unsigned min, max;
	/* KIND_WORD: its words, divided by |; else what help shows */
	const char *words;
	int (*apply)(struct key *, const char *value);
	const char *help;
};

#define AT(field) offsetof(struct settings, field)

static int settings_apply_versions(struct key *, const char *);
static int settings_apply_u2f_only(struct key *, const char *);
static int settings_apply_algorithms(struct key *, const char *);
static int settings_apply_aaguid(struct key *, const char *);
static int settings_apply_transports(struct key *, const char *);
static int settings_apply_protocols(struct key *, const char *);
static int settings_apply_touch(struct key *, const char *);
static int settings_apply_error(struct key *, const char *);

static const struct setting table[] = {
	{"versions", KIND_FUNCTION, 0, 0, 0, "U2F_V2,FIDO_2_0,FIDO_2_1", settings_apply_versions,
	 "what getInfo claims, and does"},
	{"u2f-only", KIND_FUNCTION, 0, 0, 0, "on|off", settings_apply_u2f_only,
	 "an old key without CTAP2"},
	{"algorithms", KIND_FUNCTION, 0, 0, 0, "es256,eddsa,rs256", settings_apply_algorithms,
	 "in the key's order"},
	{"aaguid", KIND_FUNCTION, 0, 0, 0, "HEX", settings_apply_aaguid,
	 "16 bytes; before the state is made"},
	{"attestation", KIND_WORD, AT(attestation), 0, 0, "basic|self|none", NULL,
	 "kind of attestation"},
	{"transports", KIND_FUNCTION, 0, 0, 0, "usb,nfc,...", settings_apply_transports,
	 "as getInfo lists them"},
	{"rk", KIND_SWITCH, AT(rk), 0, 0, "on|off", NULL, "can keep resident credentials"},
	{"up", KIND_SWITCH, AT(up), 0, 0, "on|off", NULL, "option up of getInfo"},
	{"client-pin", KIND_SWITCH, AT(client_pin), 0, 0, "on|off", NULL, "can have a PIN"},
	{"pin-protocols", KIND_FUNCTION, 0, 0, 0, "1,2", settings_apply_protocols,
	 "PIN/UV auth protocols"},
	{"tell-retries", KIND_SWITCH, AT(tell_retries), 0, 0, "on|off", NULL,
	 "says how many PIN tries are left"},
	{"always-uv", KIND_SWITCH, AT(always_uv), 0, 0, "on|off", NULL,
	 "every ceremony needs user verification"},
	{"make-cred-uv-not-rqd", KIND_SWITCH, AT(make_cred_uv_not_rqd), 0, 0, "on|off", NULL,
	 "non-resident credentials without PIN"},
	{"hmac-secret", KIND_SWITCH, AT(hmac_secret), 0, 0, "on|off", NULL, "the extension"},
	{"backup", KIND_WORD, AT(backup), 0, 0, "none|eligible|backed-up", NULL, "flags BE and BS"},
	{"max-resident", KIND_NUMBER, AT(max_resident), 0, 100000, "N", NULL,
	 "room for resident credentials"},
	{"credential-id-length", KIND_NUMBER, AT(credential_id_length), 1, CREDENTIAL_ID_MAX, "N",
	 NULL, "bytes of new ids"},
	{"omit-id", KIND_SWITCH, AT(omit_id), 0, 0, "on|off", NULL,
	 "leave out the credential where one was asked for"},
	{"counter-step", KIND_NUMBER, AT(counter_step), 0, 1000000, "N", NULL,
	 "0 with counter=0: a key without a counter"},
	{"reset-window", KIND_NUMBER, AT(reset_window), 0, 1u << 30, "MS", NULL,
	 "reset only so long after the start; 0: always"},
	{"touch", KIND_FUNCTION, 0, 0, 0, "auto|refuse|wait|MS", settings_apply_touch,
	 "what the user does; MS: after so long"},
	{"touch-timeout", KIND_NUMBER, AT(touch_timeout), 1, 1u << 30, "MS", NULL,
	 "then USER_ACTION_TIMEOUT"},
	{"uv", KIND_WORD, AT(uv), 0, 0, "none|ok|fail|blocked", NULL,
	 "the fingerprint reader, and whose finger"},
	{"lie", KIND_WORD, AT(lie), 0, 0,
	 "none|bad-signature|wrong-rpid-hash|no-up|no-uv|counter-still|"
	 "counter-back|at-set|at-data|trailing-bytes|trailing-cbor|"
	 "bs-without-be|be-flip|other-credential-id|wrong-user-handle|"
	 "empty-id|huge-id|wrong-alg|zero-length-authdata|replay|"
	 "random-cbor|huge-cbor|truncated-cbor|bomb-cbor",
	 NULL, "in ceremonies with a touch; the rest is signed and true"},
	{"stall", KIND_WORD, AT(stall), 0, 0, "none|before|mid-frame|silent", NULL,
	 "no answer, its first frame, or deaf altogether"},
	{"flood", KIND_WORD, AT(flood), 0, 0, "none|keepalives|reports", NULL,
	 "for ever, in place of an answer"},
	{"error", KIND_FUNCTION, 0, 0, 0, "none|HEX", settings_apply_error,
	 "CTAP status of every ceremony"},
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

void settings_init(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->fido_2_0 = s->fido_2_1 = s->u2f = s->ctap2 = true;
	s->algorithms[0] = KEYS_ES256;
	s->algorithms[1] = KEYS_EDDSA;
	s->algorithms[2] = KEYS_RS256;
	memcpy(s->aaguid, "webcred softkey!", sizeof(s->aaguid));
	strcpy(s->transports, "usb");
	s->rk = s->up = s->client_pin = s->hmac_secret = true;
	s->pin_one = s->pin_two = s->tell_retries = true;
	s->max_resident = 50;
	s->credential_id_length = 48;
	s->counter_step = 1;
	s->touch_timeout = 30000;
}

static int settings_apply_versions(struct key *key, const char *value)
{
	struct settings *s = &key->settings;
	bool u2f = false, v2_0 = false, v2_1 = false;
	char copy[64], *rest = copy, *word;

	if (strlen(value) >= sizeof(copy))
		return -1;
	strcpy(copy, value);
	while ((word = strsep(&rest, ",")) != NULL) {
		if (strcmp(word, "U2F_V2") == 0)
			u2f = true;
		else if (strcmp(word, "FIDO_2_0") == 0)
			v2_0 = true;
		else if (strcmp(word, "FIDO_2_1") == 0)
			v2_1 = true;
		else
			return -1;
	}
	s->u2f = u2f;
	s->fido_2_0 = v2_0;
	s->fido_2_1 = v2_1;
	s->ctap2 = v2_0 || v2_1;
	return 0;
}

static int settings_apply_u2f_only(struct key *key, const char *value)
{
	bool on = strcmp(value, "on") == 0;

	if (!on && strcmp(value, "off") != 0)
		return -1;
	return settings_apply_versions(key, on ? "U2F_V2" : "U2F_V2,FIDO_2_0,FIDO_2_1");
}

static int settings_apply_algorithms(struct key *key, const char *value)
{
	int list[SETTINGS_ALGORITHMS] = {0};
	char copy[64], *rest = copy, *word;
	size_t n = 0;

	if (strlen(value) >= sizeof(copy))
		return -1;
	strcpy(copy, value);
	while ((word = strsep(&rest, ",")) != NULL) {
		if (n == SETTINGS_ALGORITHMS || keys_parse(word) == 0)
			return -1;
		list[n++] = keys_parse(word);
	}
	memcpy(key->settings.algorithms, list, sizeof(list));
	return 0;
}

static int settings_apply_aaguid(struct key *key, const char *value)
{
	uint8_t aaguid[16];
	size_t len;

	if (!hex_parse(value, aaguid, sizeof(aaguid), &len) || len != 16)
		return -1;
	memcpy(key->settings.aaguid, aaguid, sizeof(aaguid));
	return 0;
}

static int settings_apply_transports(struct key *key, const char *value)
{
	if (strlen(value) >= sizeof(key->settings.transports))
		return -1;
	strcpy(key->settings.transports, value);
	return 0;
}

static int settings_apply_protocols(struct key *key, const char *value)
{
	bool both = strcmp(value, "1,2") == 0 || strcmp(value, "2,1") == 0;

	if (!both && strcmp(value, "1") != 0 && strcmp(value, "2") != 0)
		return -1;
	key->settings.pin_one = both || value[0] == '1';
	key->settings.pin_two = both || value[0] == '2';
	return 0;
}

static int settings_parse_number(const char *value, unsigned min, unsigned max,
				 unsigned *ret_number)
{
	char *end;
	unsigned long v = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || v < min || v > max)
		return -1;
	*ret_number = (unsigned)v;
	return 0;
}

static int settings_apply_touch(struct key *key, const char *value)
{
	static const char *const words[] = {"auto", "refuse", "wait"};
	struct settings *s = &key->settings;

	for (unsigned i = 0; i < 3; i++) {
		if (strcmp(value, words[i]) == 0) {
			s->touch = (enum touch)i;
			return 0;
		}
	}
	if (settings_parse_number(value, 0, 1u << 30, &s->touch_delay) != 0)
		return -1;
	s->touch = TOUCH_DELAY;
	return 0;
}

static int settings_apply_error(struct key *key, const char *value)
{
	char *end;
	unsigned long v = strtoul(value, &end, 16);

	if (strcmp(value, "none") == 0)
		v = 0;
	else if (*value == '\0' || *end != '\0' || v > 0xff)
		return -1;
	key->settings.error = (unsigned)v;
	return 0;
}

static int settings_find_word(const char *words, const char *value)
{
	size_t len = strlen(value);

	for (int i = 0;; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && memcmp(words, value, n) == 0)
			return i;
		if (words[n] == '\0')
			return -1;
		words += n + 1;
	}
}

static int settings_apply_one(struct key *key, const struct setting *setting, const char *value)
{
	void *field = (char *)&key->settings + setting->offset;
	int word;

	switch (setting->kind) {
	case KIND_SWITCH:
		word = settings_find_word("off|on", value);
		if (word != -1)
			*(bool *)field = word;
		return word == -1 ? -1 : 0;
	case KIND_NUMBER:
		return settings_parse_number(value, setting->min, setting->max, field);
	case KIND_WORD:
		word = settings_find_word(setting->words, value);
		/* Enums without negative values are unsigned int here. */
		if (word != -1)
			*(unsigned *)field = (unsigned)word;
		return word == -1 ? -1 : 0;
	case KIND_FUNCTION:
		return setting->apply(key, value);
	}
	return -1;
}

static const struct setting *settings_find(const char *name, size_t len)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
			return &table[i];
	}
	return NULL;
}

bool settings_known(const char *name)
{
	return settings_find(name, strlen(name)) != NULL || verbs_known(name);
}

int settings_apply(struct key *key, const char *command, char *ret_text, size_t size)
{
	const char *equals = strchr(command, '=');
	const struct setting *setting = NULL;

	ret_text[0] = '\0';
	if (equals != NULL)
		setting = settings_find(command, (size_t)(equals - command));
	if (setting == NULL)
		return verbs_run(key, command, ret_text, size);
	if (settings_apply_one(key, setting, equals + 1) != 0) {
		snprintf(ret_text, size, "%s wants %s", setting->name, setting->words);
		return -1;
	}
	key_settle(key);
	return 0;
}

void settings_help(FILE *f)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		fprintf(f, "  %s=%s\n        %s\n", table[i].name, table[i].words, table[i].help);
	verbs_help(f);
}
