/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_text - client data, and what a person or the log is told. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/codec.h"
#include "lib/core/types/public_key.h"

#define TRIES_UNKNOWN 255

/* ---- client data -------------------------------------------------------- */

int public_key_origin(const char *host, const char *service, char *buffer, size_t size)
{
	char name[3 * WIRE_RPID_MAX + 1], asking[3 * WIRE_SERVICE_MAX + 1];
	int n;

	if (codec_percent_encode(host, strlen(host), name, sizeof(name)) < 0 ||
	    codec_percent_encode(service, strlen(service), asking, sizeof(asking)) < 0)
		return -EMSGSIZE;
	n = snprintf(buffer, size, "webcred://%s/%s", name, asking);
	return n < 0 || (size_t)n >= size ? -EMSGSIZE : 0;
}

/* The origin is percent-encoded: nothing in it needs an escape of JSON's. */
ssize_t public_key_client_data(bool create, const uint8_t *challenge, size_t challenge_len,
			       const char *origin, char *buffer, size_t size)
{
	char text[(PUBLIC_KEY_CHALLENGE_SIZE + 2) / 3 * 4 + 1];
	int n;

	if (codec_base64_encode(challenge, challenge_len, true, text, sizeof(text)) < 0)
		return -EMSGSIZE;
	n = snprintf(buffer, size,
		     "{\"type\":\"webauthn.%s\",\"challenge\":\"%s\",\"origin\":\"%s\","
		     "\"crossOrigin\":false}",
		     create ? "create" : "get", text, origin);
	return n < 0 || (size_t)n >= size ? -EMSGSIZE : n;
}

/* ---- behaviour 58 --------------------------------------------------------- */

static bool rp_id_label_valid(const char *label, size_t len)
{
	if (len < 1 || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)label[i];

		if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '_'))
			return false;
	}
	return true;
}

bool public_key_rp_id_valid(const char *rp_id)
{
	const char *label = rp_id, *dot;

	if (strlen(rp_id) > WIRE_RPID_MAX)
		return false;
	while ((dot = strchr(label, '.')) != NULL) {
		if (!rp_id_label_valid(label, (size_t)(dot - label)))
			return false;
		label = dot + 1;
	}
	/* The last label of a name is never a number; an address's is. */
	return rp_id_label_valid(label, strlen(label)) &&
	       strspn(label, "0123456789") != strlen(label);
}

/* ---- texts for the person -------------------------------------------------- */

/* "the key labelled blue", or "your security key". */
static void text_key(const char *label, char *buffer, size_t size)
{
	char clean[WIRE_LABEL_MAX + 1];

	text_clean(clean, sizeof(clean), label != NULL ? label : "");
	if (clean[0] != '\0')
		snprintf(buffer, size, "the key labelled %s", clean);
	else
		snprintf(buffer, size, "your security key");
}

static void text_tries(uint8_t tries, char *buffer, size_t size)
{
	if (tries == TRIES_UNKNOWN)
		snprintf(buffer, size, "%s", "");
	else
		snprintf(buffer, size, "%u %s left", tries, tries == 1 ? "try" : "tries");
}

void public_key_touch_text(const char *label, bool fingerprint, char *buffer, size_t size)
{
	char key[WIRE_LABEL_MAX + 32];

	text_key(label, key, sizeof(key));
	snprintf(buffer, size, "%s %s.", fingerprint ? "Put your finger on" : "Touch", key);
}

const char *public_key_pin_again(uint8_t again)
{
	if (again & CEREMONY_PIN_WAS_WRONG)
		return "Wrong PIN. ";
	if (again & CEREMONY_PIN_WAS_SHORT)
		return "Too short for its PIN. ";
	if (again & CEREMONY_PIN_WAS_LONG)
		return "Too long for a PIN. ";
	return "";
}

void public_key_pin_text(const char *label, uint8_t tries, uint8_t again, char *buffer, size_t size)
{
	char key[WIRE_LABEL_MAX + 32], left[32], hint[40] = "";

	text_key(label, key, sizeof(key));
	text_tries(tries, left, sizeof(left));
	if (left[0] != '\0')
		snprintf(hint, sizeof(hint), " (%s)", left);
	snprintf(buffer, size, "%sPIN of %s%s: ", public_key_pin_again(again), key, hint);
}

static void text_wrong_pin(uint8_t tries, char *buffer, size_t size)
{
	char left[32];

	text_tries(tries, left, sizeof(left));
	if (tries == 0)
		snprintf(buffer, size,
			 "Wrong PIN. The key is blocked now and must be reset; use another way to "
			 "log in.");
	else if (left[0] == '\0')
		snprintf(buffer, size, "Wrong PIN.");
	else
		snprintf(buffer, size, "Wrong PIN: %s.", left);
}

static void text_not_here(const struct type_ceremony_result *result, const char *user, char *buffer,
			  size_t size)
{
	char name[WIRE_NAME_MAX + 1];

	text_clean(name, sizeof(name), user != NULL ? user : "");
	snprintf(buffer, size, "%s not enrolled for %s.",
		 result->present > 1 ? "These keys are" : "This key is",
		 name[0] != '\0' ? name : "this account");
}

/* The sentences that need no number and no name; NULL where there is none. */
static const char *text_fixed(enum ceremony_end end, uint8_t tries)
{
	switch (end) {
	case CEREMONY_EXCLUDED:
		return "This key is enrolled already.";
	case CEREMONY_NO_TOUCH:
		return "The key was not touched in time.";
	case CEREMONY_DECLINED:
		return "The request was declined on the key.";
	case CEREMONY_PIN_BLOCKED:
		if (tries > 0 && tries != TRIES_UNKNOWN)
			return "Too many wrong PINs in a row. Unplug the key and plug it in again.";
		return "The PIN of this key is blocked. It must be reset; use another way to log "
		       "in.";
	case CEREMONY_PIN_UNSET:
		return "This key has no PIN yet, and one is required. Set one first.";
	case CEREMONY_PIN_MUST_CHANGE:
		return "The PIN of this key must be changed before it can be used.";
	case CEREMONY_PIN_SHORT:
		return "PIN too short for this key. No try was spent.";
	case CEREMONY_PIN_LONG:
		return "PIN too long: it has 63 bytes at most. No try was spent.";
	case CEREMONY_UNABLE:
		return "This key cannot do what is asked of it.";
	case CEREMONY_UNPLUGGED:
		return "The key was unplugged.";
	case CEREMONY_BUSY:
		return "Another program is using the key.";
	case CEREMONY_BROKEN:
		return "The key's answer was not valid.";
	case CEREMONY_OK:
	case CEREMONY_NOT_HERE:
	case CEREMONY_PIN_WRONG:
	case CEREMONY_CANCELLED:
		return NULL;
	}
	return NULL;
}

/* Whoever enrols a key that does not do as it should wants to know in what. */
static void text_with_detail(const char *fixed, const struct type_ceremony_result *result,
			     char *buffer, size_t size)
{
	char detail[CEREMONY_DETAIL_MAX];

	text_clean(detail, sizeof(detail), result->result.detail);
	if (detail[0] != '\0')
		snprintf(buffer, size, "%.*s: %s.", (int)strlen(fixed) - 1, fixed, detail);
	else
		snprintf(buffer, size, "%s", fixed);
}

void public_key_end_text(const struct type_ceremony_result *result, bool create, const char *user,
			 char *buffer, size_t size)
{
	const char *fixed = text_fixed(result->result.end, result->result.tries_left);

	buffer[0] = '\0';
	if (result->present == 0 && result->result.end != CEREMONY_UNPLUGGED) {
		/* At a login the next way in is offered, without a word. */
		if (create)
			snprintf(buffer, size, "No security key is plugged in.");
	} else if (result->result.end == CEREMONY_PIN_WRONG) {
		text_wrong_pin(result->result.tries_left, buffer, size);
	} else if (result->result.end == CEREMONY_NOT_HERE) {
		if (!create)
			text_not_here(result, user, buffer, size);
	} else if (create && (result->result.end == CEREMONY_BROKEN ||
			      result->result.end == CEREMONY_UNABLE)) {
		text_with_detail(fixed, result, buffer, size);
	} else if (fixed != NULL) {
		snprintf(buffer, size, "%s", fixed);
	}
}

const char *public_key_end_name(enum ceremony_end end)
{
	switch (end) {
	case CEREMONY_OK:
		return "ok";
	case CEREMONY_NOT_HERE:
		return "no enrolled credential on the key";
	case CEREMONY_EXCLUDED:
		return "enrolled already";
	case CEREMONY_NO_TOUCH:
		return "not touched in time";
	case CEREMONY_DECLINED:
		return "declined";
	case CEREMONY_PIN_WRONG:
		return "wrong PIN";
	case CEREMONY_PIN_BLOCKED:
		return "PIN blocked";
	case CEREMONY_PIN_UNSET:
		return "no PIN set";
	case CEREMONY_UNABLE:
		return "the key cannot do what is asked";
	case CEREMONY_UNPLUGGED:
		return "unplugged";
	case CEREMONY_BUSY:
		return "busy";
	case CEREMONY_BROKEN:
		return "invalid answer";
	case CEREMONY_CANCELLED:
		return "cancelled";
	case CEREMONY_PIN_MUST_CHANGE:
		return "PIN must be changed";
	case CEREMONY_PIN_SHORT:
		return "PIN too short";
	case CEREMONY_PIN_LONG:
		return "PIN too long";
	}
	return "no key answered";
}
