/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * conf_values - the one table of keys, and how each kind of value is read,
 * checked and written.  Defaults stand in the table as text and are read like
 * any other value.
 */
#ifndef WEBCRED_AUTHORITY_CONF_VALUES_H
#define WEBCRED_AUTHORITY_CONF_VALUES_H

#include "authority/conf.h"

#define CONF_VALUE_MAX 4096

enum conf_kind {
	CONF_YES_NO,	 /* bool */
	CONF_NUMBER,	 /* uint32_t, least to most */
	CONF_SECONDS,	 /* the same, kept in milliseconds */
	CONF_WORD,	 /* an enum, one of words */
	CONF_TEXT,	 /* char[size], printable */
	CONF_RP_ID,	 /* char[size], a domain name (behaviour 58) */
	CONF_ORDER,	 /* char[size], see order.h */
	CONF_LIST,	 /* struct conf_list */
	CONF_TYPES,	 /* uint32_t, see conf_sets.h */
	CONF_TRANSPORTS, /* uint32_t, see conf_sets.h */
	CONF_MODELS,	 /* struct policy_models */
	CONF_AUDIT,	 /* char[size] */
	CONF_RANGE,	 /* struct conf_range, ids that may be given out */
	CONF_HOME,	 /* char[size], a folder's absolute path */
	CONF_DEVICES,	 /* struct conf: n_devices and device; may be repeated */
};

struct conf_word {
	const char *word;
	unsigned value;
};

struct conf_key {
	const char *section; /* "service": also [service NAME] and [manage] */
	const char *name;
	enum conf_kind kind;
	size_t offset; /* in struct conf; of "service" in struct conf_service */
	size_t size;
	uint32_t least, most;
	const struct conf_word *words; /* ends with a NULL word */
	const char *initial;	       /* NULL: nothing */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_n_keys;

/* NULL for a key that the section does not have; "manage" has those of "service". */
const struct conf_key *conf_key_find(const char *section, const char *name);
/* False with what is wrong and what is allowed. */
bool conf_value_read(const struct conf_key *key, void *base, const char *text, char *ret_what,
		     size_t size);
/* As it would stand in the file. */
void conf_value_write(const struct conf_key *key, const void *base, char *buffer, size_t size);
/* What a PAM service can be called. */
bool conf_service_name(const char *name);

#endif
