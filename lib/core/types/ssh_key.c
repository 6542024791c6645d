/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/core/types/ssh_key.h"

#include <string.h>

#include "lib/core/types/import.h"
#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/said.h"

#define METHOD "publickey "
#define COUNT " signature count = "

/* ---- the text ------------------------------------------------------------------ */

static bool starts(const char *text, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

/* As sshd prints it with %u: no sign, no blank, no zero in front. */
static bool parse_count(const char *text, size_t len, uint32_t *ret_count)
{
	uint64_t count = 0;

	if (len < 1 || len > 10 || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		count = count * 10 + (uint64_t)(text[i] - '0');
	}
	*ret_count = (uint32_t)count;
	return count <= UINT32_MAX;
}

static int take_entry(void *context, const struct import_entry *entry)
{
	struct credential *named = context;

	if (!entry->good)
		return 1;
	*named = entry->record;
	return 0;
}

/* "sk-TYPE BASE64 signature count = N". */
static bool parse_key(const char *text, size_t len, struct ssh_key *key)
{
	const char *count = memmem(text, len, COUNT, strlen(COUNT));
	size_t named = count != NULL ? (size_t)(count - text) : 0;
	size_t blanks = 0;

	for (size_t i = 0; i < named; i++)
		blanks += text[i] == ' ' || text[i] == '\t';
	if (blanks != 1 ||
	    !parse_count(count + strlen(COUNT), len - named - strlen(COUNT), &key->counter))
		return false;
	return import_openssh(text, named, take_entry, &key->named) == 0 && key->named.key_len > 0;
}

bool ssh_key_parse(const char *text, size_t len, struct ssh_key *ret_key)
{
	struct ssh_key key = {0}, first = {0};

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end != NULL ? (size_t)(end - text) : len;

		if (line == 0)
			return false;
		if (starts(text, line, METHOD "sk-")) {
			memset(&key, 0, sizeof(key));
			if (!parse_key(text + strlen(METHOD), line - strlen(METHOD), &key))
				return false;
			if (first.named.key_len == 0)
				first = key;
		}
		line += end != NULL;
		text += line;
		len -= line;
	}
	if (first.named.key_len == 0)
		return false;
	*ret_key = first;
	return true;
}

/* ---- the record ------------------------------------------------------------------ */

bool ssh_key_same(const struct credential *a, const struct credential *b)
{
	struct cose_key x, y;

	if (a->type != WEBCRED_TYPE_PUBLIC_KEY || b->type != WEBCRED_TYPE_PUBLIC_KEY ||
	    cose_parse(a->key, a->key_len, &x) != COSE_OK ||
	    cose_parse(b->key, b->key_len, &y) != COSE_OK)
		return false;
	return x.algorithm == y.algorithm && x.x_len == y.x_len && x.y_len == y.y_len &&
	       memcmp(x.x, y.x, x.x_len) == 0 && (x.y_len == 0 || memcmp(x.y, y.y, x.y_len) == 0);
}

/* Our own records have an rpId of their own; one imported from ssh has ssh's. */
static const struct credential *find_record(const struct type_login *login,
					    const struct credential *named)
{
	for (size_t i = 0; i < login->n_credentials; i++) {
		const struct credential *record = &login->credentials[i];

		if (!record->locked && ssh_key_same(record, named) &&
		    (record->kind != KIND_SSH_SK || strcmp(record->rp_id, named->rp_id) == 0))
			return record;
	}
	return NULL;
}

/* ---- the step ---------------------------------------------------------------------- */

static const char *objection(const struct type_login *login)
{
	if (!login->policy->ssh_key)
		return "ssh-key: not taken from this caller; see [webcred] ssh_services and "
		       "touch_required";
	if (login->minimum_strength > 0)
		return "ssh-key: no proof for a change";
	if (login->user_verification == WEBCRED_UV_REQUIRED)
		return "ssh-key: sshd does not say whether the key verified anybody";
	return NULL;
}

static enum webcred_status commit(const struct type_host *host, struct type_login *login,
				  const struct credential *record, uint32_t counter)
{
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct type_change change = {
		.read_moving = record->moving,
		.moving = counter,
		.backup_state = record->backup_state,
		.silent = true,
	};
	int result;

	memcpy(change.id, record->id, sizeof(change.id));
	result = host->commit(host->context, &change, &judgement);
	if (result != 0)
		return said_result(login, result, "sshd's key was not committed");
	return said_judgement(login, &judgement, "sshd's key was not committed");
}

enum webcred_status ssh_key_get(const struct type_host *host, struct type_login *login,
				const char *text)
{
	const char *why = objection(login);
	const struct credential *record;
	struct ssh_key key;

	if (why != NULL)
		return said_unavailable(login, why);
	if (!ssh_key_parse(text, strlen(text), &key))
		return said_unavailable(
			login, strstr(text, METHOD "sk-") != NULL && strstr(text, COUNT) == NULL
				       ? "ssh-key: sshd does not tell the counter of the key"
				       : "ssh-key: sshd has verified no security key");
	record = login->pretend ? NULL : find_record(login, &key.named);
	if (record == NULL)
		return said_not_found(login, "ssh-key: the key that sshd verified is not enrolled");
	/* Whatever counter= says: nothing else keeps one line from serving twice. */
	if (key.counter <= record->moving)
		return said_result(login, WEBCRED_NOT_ALLOWED,
				   "ssh-key: signature counter: did not rise");
	return commit(host, login, record, key.counter);
}
