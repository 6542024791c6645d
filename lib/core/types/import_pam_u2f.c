/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * import_pam_u2f - the authfile of pam-u2f.
 *
 * Its own reader lets the last line of a user win, folds "::" and ",,", finds
 * attributes as substrings and drops a user for one bad credential.  This one
 * reports each of these instead.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/codec.h"
#include "lib/core/types/import.h"
#include "lib/core/types/public_key_parse.h"

#define RSA_N 256 /* pam-u2f knows RS256 with 2048 bits: n, then e of 3 bytes */
#define RSA_E 3

struct span {
	const char *at;
	size_t len;
};

/* Takes off what stands before the next `end`, and `end` with it; false where
 * nothing, not even an empty last part, is left. */
static bool span_next(struct span *rest, char end, struct span *ret_part)
{
	const char *at;

	if (rest->at == NULL)
		return false;
	at = memchr(rest->at, end, rest->len);
	ret_part->at = rest->at;
	ret_part->len = at != NULL ? (size_t)(at - rest->at) : rest->len;
	if (at != NULL) {
		rest->len -= ret_part->len + 1;
		rest->at = at + 1;
	} else {
		rest->at = NULL;
		rest->len = 0;
	}
	return true;
}

static bool span_is(struct span span, const char *word)
{
	return span.len == strlen(word) && memcmp(span.at, word, span.len) == 0;
}

static void pam_u2f_say(struct import_entry *entry, const char *text)
{
	snprintf(entry->text, sizeof(entry->text), "%s", text);
}

/* ---- one credential ------------------------------------------------------ */

static bool pam_u2f_handle(struct import_entry *entry, struct span span, bool old)
{
	struct credential *record = &entry->record;
	ssize_t n;

	if (span_is(span, "*")) {
		pam_u2f_say(entry, "a discoverable credential whose id is not in the file: enrol "
				   "the key anew");
		return false;
	}
	n = codec_base64_decode(span.at, span.len, old, record->external, sizeof(record->external));
	if (n < 1) {
		pam_u2f_say(entry, n == -EMSGSIZE ? "the key handle is longer than 1023 bytes"
						  : "the key handle is no base64");
		return false;
	}
	record->external_len = (uint16_t)n;
	return true;
}

static bool pam_u2f_algorithm(struct span type, int32_t *ret_algorithm)
{
	if (span_is(type, "es256"))
		*ret_algorithm = COSE_ES256;
	else if (span_is(type, "eddsa"))
		*ret_algorithm = COSE_EDDSA;
	else if (span_is(type, "rs256"))
		*ret_algorithm = COSE_RS256;
	else
		return false;
	return true;
}

/* Splits the raw key into the parts a COSE_Key has. */
static bool pam_u2f_parts(int32_t algorithm, const uint8_t *raw, size_t len, struct cose_key *key)
{
	size_t first = algorithm == COSE_RS256 ? RSA_N : 32;
	size_t second = algorithm == COSE_RS256 ? RSA_E : algorithm == COSE_EDDSA ? 0 : 32;

	if (len != first + second)
		return false;
	*key = (struct cose_key){algorithm, raw, raw + first, first, second};
	return true;
}

static bool pam_u2f_key(struct import_entry *entry, struct span span, bool old, int32_t algorithm)
{
	struct credential *record = &entry->record;
	uint8_t raw[RSA_N + RSA_E + 1];
	const uint8_t *at = raw;
	struct cose_key key, parsed;
	ssize_t n;

	if (old)
		n = codec_hex_decode(span.at, span.len, raw, sizeof(raw));
	else
		n = codec_base64_decode(span.at, span.len, false, raw, sizeof(raw));
	if (old && n == 65 && raw[0] == 0x04) { /* an uncompressed point */
		at++;
		n--;
	} else if (old) {
		n = -1;
	}
	if (n < 0 || !pam_u2f_parts(algorithm, at, (size_t)n, &key)) {
		pam_u2f_say(entry, "the public key is not of the form and length its type has");
		return false;
	}
	record->key_len = (uint16_t)cose_write(&key, record->key, sizeof(record->key));
	if (cose_parse(record->key, record->key_len, &parsed) != COSE_OK || !cose_loads(&parsed)) {
		pam_u2f_say(entry, "the public key is none: not on its curve, or out of bounds");
		return false;
	}
	record->cose_algorithm = algorithm;
	return true;
}

static bool pam_u2f_attributes(struct import_entry *entry, struct span span)
{
	bool presence = false, verification = false;

	while (span.len > 0) {
		const char *next = memchr(span.at + 1, '+', span.len - 1);
		struct span word = {span.at, next != NULL ? (size_t)(next - span.at) : span.len};

		if (span_is(word, "+presence")) {
			presence = true;
		} else if (span_is(word, "+verification") || span_is(word, "+pin")) {
			verification = true;
		} else {
			pam_u2f_say(entry, "an attribute is not one of +presence, +verification, "
					   "+pin");
			return false;
		}
		span.at += word.len;
		span.len -= word.len;
	}
	entry->record.uv_initialized = verification;
	if (verification)
		pam_u2f_say(entry, "it asked for a PIN or a fingerprint there: here "
				   "user_verification = required does");
	else if (!presence)
		pam_u2f_say(entry, "it needed no touch there, and needs one here");
	return true;
}

static bool pam_u2f_credential(struct import_entry *entry, struct span span)
{
	struct span field[5];
	size_t n = 0;
	int32_t algorithm = COSE_ES256;
	bool old;

	while (n < 5 && span_next(&span, ',', &field[n])) {
		if (field[n].len == 0 && n < 3) {
			pam_u2f_say(entry, "a field is empty");
			return false;
		}
		n++;
	}
	if (n < 2 || n > 4) {
		pam_u2f_say(entry, "a credential has two to four fields: handle, key, type, "
				   "attributes");
		return false;
	}
	old = n == 2;
	if (!old && !pam_u2f_algorithm(field[2], &algorithm)) {
		pam_u2f_say(entry, "the type is not one of es256, eddsa, rs256");
		return false;
	}
	return pam_u2f_handle(entry, field[0], old) &&
	       pam_u2f_key(entry, field[1], old, algorithm) &&
	       (old || pam_u2f_attributes(entry, n == 4 ? field[3] : (struct span){"", 0}));
}

/* ---- lines ----------------------------------------------------------------- */

static void pam_u2f_begin(struct import_entry *entry, unsigned line, const char *user,
			  const char *rp_id, unsigned number)
{
	struct credential *record = &entry->record;

	memset(entry, 0, sizeof(*entry));
	entry->line = line;
	text_clean(entry->user, sizeof(entry->user), user);
	record->type = WEBCRED_TYPE_PUBLIC_KEY;
	record->kind = KIND_PAM_U2F;
	snprintf(record->rp_id, sizeof(record->rp_id), "%s", rp_id);
	snprintf(record->label, sizeof(record->label), "pam-u2f key %u", number);
	record->transports = TRANSPORT_USB;
}

static bool pam_u2f_line(struct span *rest, unsigned *line, struct span *ret_line)
{
	while (span_next(rest, '\n', ret_line)) {
		++*line;
		if (ret_line->len > 0 && ret_line->at[ret_line->len - 1] == '\r')
			ret_line->len--;
		if (ret_line->len > 0 && ret_line->at[0] != '#')
			return true;
	}
	return false;
}

/* The line that pam-u2f would read instead, or 0. */
static unsigned pam_u2f_later(struct span rest, unsigned line, struct span user)
{
	unsigned found = 0;
	struct span other, name;

	while (pam_u2f_line(&rest, &line, &other)) {
		if (span_next(&other, ':', &name) && name.len == user.len &&
		    memcmp(name.at, user.at, user.len) == 0)
			found = line;
	}
	return found;
}

static int pam_u2f_user(struct span text, unsigned line, unsigned later, const char *rp_id,
			import_each *each, void *context)
{
	struct import_entry entry;
	struct span user, part;
	char name[WIRE_NAME_MAX + 1] = "";
	unsigned number = 0;
	int result = 0;

	span_next(&text, ':', &user);
	if (user.len <= WIRE_NAME_MAX)
		memcpy(name, user.at, user.len);
	pam_u2f_begin(&entry, line, name, rp_id, 1);
	if (strlen(name) != user.len || !text_name_valid(name)) {
		pam_u2f_say(&entry, "the user's name is none an account can have");
		return each(context, &entry);
	}
	if (later > 0) {
		snprintf(entry.text, sizeof(entry.text),
			 "pam-u2f reads only the last line of a user, which is line %u", later);
		return each(context, &entry);
	}
	while (result == 0 && span_next(&text, ':', &part)) {
		pam_u2f_begin(&entry, line, name, rp_id, ++number);
		entry.good = pam_u2f_credential(&entry, part);
		result = each(context, &entry);
	}
	if (number == 0) {
		pam_u2f_say(&entry, "no credential follows the user's name");
		return each(context, &entry);
	}
	return result;
}

int import_pam_u2f(const char *text, size_t len, const char *rp_id, import_each *each,
		   void *context)
{
	struct span rest = {text, len}, line, copy, user;
	unsigned number = 0;
	int result = 0;

	if (len > IMPORT_FILE_MAX || rp_id[0] == '\0' || strlen(rp_id) > WIRE_RPID_MAX ||
	    (len > 0 && memchr(text, '\0', len) != NULL))
		return WEBCRED_TYPE_ERROR;
	while (result == 0 && pam_u2f_line(&rest, &number, &line)) {
		copy = line;
		span_next(&copy, ':', &user);
		result = pam_u2f_user(line, number, pam_u2f_later(rest, number, user), rp_id, each,
				      context);
	}
	return result;
}
