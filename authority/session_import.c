/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_import - one entry of another program's file becomes a record.
 *
 * The text is foreign: it is parsed here, without rights, whoever sent it.  Its
 * first line says what it is (webcred.h); the rest is the entry as its file has
 * it.  An imported record keeps its own kind and rpId (behaviour 59).
 */
#include "authority/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/types/import.h"

struct import_found {
	struct import_entry entry;
	unsigned n;
};

struct import_head {
	bool check, pam_u2f;
	char rp_id[WIRE_RPID_MAX + 1]; /* pam-u2f */
};

static int import_take(void *context, const struct import_entry *entry)
{
	struct import_found *found = context;

	found->entry = *entry;
	return ++found->n > 1 ? WEBCRED_TYPE_ERROR : 0;
}

static bool import_word(const char **at, const char *word)
{
	if (strncmp(*at, word, strlen(word)) != 0)
		return false;
	*at += strlen(word);
	return true;
}

/* "[check ]pam-u2f RPID" or "[check ]openssh-sk"; the entry behind it, or NULL. */
static const char *import_read_head(const char *text, struct import_head *head)
{
	const char *end = strchr(text, '\n');
	size_t len;

	memset(head, 0, sizeof(*head));
	if (!end)
		return NULL;
	head->check = import_word(&text, "check ");
	if (import_word(&text, "openssh-sk"))
		return text == end ? end + 1 : NULL;
	if (!import_word(&text, "pam-u2f "))
		return NULL;
	head->pam_u2f = true;
	len = (size_t)(end - text);
	if (len < 1 || len > WIRE_RPID_MAX || !text_utf8_valid(text, len))
		return NULL;
	memcpy(head->rp_id, text, len);
	return end + 1;
}

static int import_parse(struct session *session, const char *text, struct import_head *head,
			struct import_found *found)
{
	const char *entry = import_read_head(text, head);
	int r = WEBCRED_TYPE_ERROR;

	found->n = 0;
	if (entry)
		r = head->pam_u2f
			    ? import_pam_u2f(entry, strlen(entry), head->rp_id, import_take, found)
			    : import_openssh(entry, strlen(entry), import_take, found);
	if (r != 0 || found->n != 1) {
		snprintf(session->trouble, sizeof(session->trouble), "not exactly one entry");
		return WEBCRED_TYPE_ERROR;
	}
	if (found->entry.good && head->pam_u2f &&
	    strcmp(found->entry.user, session->assign.name) != 0) {
		found->entry.good = false;
		snprintf(found->entry.text, sizeof(found->entry.text), "another user's");
	}
	if (found->entry.good)
		return 0;
	text_clean(session->trouble, sizeof(session->trouble), found->entry.text);
	return WEBCRED_TYPE_ERROR;
}

static bool import_same(const struct credential *a, const struct credential *b)
{
	if (a->type != b->type)
		return false;
	if (a->external_len > 0 && b->external_len > 0)
		return a->external_len == b->external_len &&
		       memcmp(a->external, b->external, a->external_len) == 0;
	/* Without its id an agent's key is told by its public half. */
	return a->key_len == b->key_len && memcmp(a->key, b->key, a->key_len) == 0;
}

/* Unlike what is there, and with a label that is not there yet. */
static int import_fit(struct session *session, struct credential *record)
{
	char label[WIRE_LABEL_MAX + 1];
	unsigned number = 1;
	size_t i;

	for (i = 0; i < session->n_credentials; i++) {
		if (import_same(&session->credentials[i], record)) {
			snprintf(session->trouble, sizeof(session->trouble), "enrolled already");
			return WEBCRED_INVALID_STATE;
		}
	}
	if (record->kind == KIND_PAM_U2F)
		strcpy(record->label, "pam-u2f key");
	strcpy(label, record->label);
	for (i = 0; i < session->n_credentials; i++) {
		if (strcmp(session->credentials[i].label, record->label) != 0)
			continue;
		snprintf(record->label, sizeof(record->label), "%.*s %u", WIRE_LABEL_MAX - 11,
			 label, ++number);
		i = (size_t)-1; /* from the first on */
	}
	return 0;
}

static const char *import_algorithm(const struct credential *record)
{
	return record->cose_algorithm == COSE_ES256   ? "ES256"
	       : record->cose_algorithm == COSE_EDDSA ? "EdDSA"
						      : "RS256";
}

static int import_tell(struct session *session, const struct import_entry *entry)
{
	const struct credential *record = &entry->record;
	char text[WIRE_LABEL_MAX + WIRE_RPID_MAX + IMPORT_TEXT_MAX + 64];
	char clean[sizeof(text)];

	snprintf(text, sizeof(text), "%s key \"%s\" of %s%s%s", import_algorithm(record),
		 record->label, record->rp_id, entry->text[0] ? "; " : "", entry->text);
	text_clean(clean, sizeof(clean), text);
	return session_show(session, WEBCRED_SHOW_INFO, clean);
}

int session_import(struct session *session, const struct type_host *host, const char *text)
{
	static struct import_found found;
	struct import_head head;
	struct credential stored;
	int r = import_parse(session, text, &head, &found);

	if (r == 0)
		r = import_fit(session, &found.entry.record);
	if (r == 0)
		r = import_tell(session, &found.entry);
	if (r != 0 || head.check)
		return r;
	r = host->enrol_key(host->context, &found.entry.record, &stored);
	if (r != 0)
		return r;
	credential_to_wire(&stored, &session->result.credential);
	session->result.has_credential = true;
	return 0;
}
