/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * import_openssh - security keys of OpenSSH (PROTOCOL.u2f, PROTOCOL.key).
 *
 * In both forms a key is a sequence of ssh's strings (ssh_blob.h).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/secret.h"
#include "lib/base/text.h"
#include "lib/core/codec.h"
#include "lib/core/types/import.h"
#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/ssh_blob.h"

#define PRIVATE_BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define PRIVATE_END "-----END OPENSSH PRIVATE KEY-----"
#define BLOB_MAX 8192
#define FLAG_PRESENCE 0x01u
#define FLAG_VERIFICATION 0x04u

static bool openssh_say(struct import_entry *entry, const char *text)
{
	snprintf(entry->text, sizeof(entry->text), "%s", text);
	return false;
}

/* ---- what both forms hold -------------------------------------------------- */

/* [curve,] public key, application; the type has been read. */
static bool openssh_key(struct import_entry *entry, struct ssh_blob *blob, struct ssh_blob type)
{
	struct credential *record = &entry->record;
	bool ecdsa = ssh_blob_is(type, OPENSSH_ECDSA_SK);
	struct cose_key key = {0}, parsed;
	struct ssh_blob point, application;

	if (!ecdsa && !ssh_blob_is(type, OPENSSH_ED25519_SK))
		return openssh_say(entry, "not a security key's");
	if (ecdsa && !ssh_blob_is(ssh_blob_string(blob), "nistp256"))
		return openssh_say(entry, "of another curve than nistp256");
	point = ssh_blob_string(blob);
	application = ssh_blob_string(blob);
	if (blob->bad || point.left != (ecdsa ? 65u : 32u) || (ecdsa && point.at[0] != 0x04))
		return openssh_say(entry, "the public key is cut short or of another length");
	key.algorithm = ecdsa ? COSE_ES256 : COSE_EDDSA;
	key.x = ecdsa ? point.at + 1 : point.at;
	key.x_len = 32;
	key.y = ecdsa ? point.at + 33 : NULL;
	key.y_len = ecdsa ? 32 : 0;
	record->cose_algorithm = key.algorithm;
	record->key_len = (uint16_t)cose_write(&key, record->key, sizeof(record->key));
	if (cose_parse(record->key, record->key_len, &parsed) != COSE_OK || !cose_loads(&parsed))
		return openssh_say(entry, "the public key is none: not on its curve");
	if (application.left > WIRE_RPID_MAX || application.left < 4 ||
	    memcmp(application.at, "ssh:", 4) != 0 ||
	    memchr(application.at, '\0', application.left) != NULL ||
	    !text_utf8_valid((const char *)application.at, application.left))
		return openssh_say(entry, "the application does not begin with ssh:");
	memcpy(record->rp_id, application.at, application.left);
	record->rp_id[application.left] = '\0';
	return true;
}

static void openssh_begin(struct import_entry *entry, unsigned line)
{
	memset(entry, 0, sizeof(*entry));
	entry->line = line;
	entry->record.type = WEBCRED_TYPE_PUBLIC_KEY;
	entry->record.kind = KIND_SSH_SK;
	entry->record.transports = TRANSPORT_USB;
	strcpy(entry->record.label, "ssh key");
}

static void openssh_label(struct import_entry *entry, const char *comment, size_t len)
{
	char text[WIRE_LABEL_MAX + 1] = "";

	if (len < 1 || len > WIRE_LABEL_MAX)
		return;
	memcpy(text, comment, len);
	if (strlen(text) == len && text_label_valid(text, WIRE_LABEL_MAX))
		strcpy(entry->record.label, text);
}

/* ---- public keys ------------------------------------------------------------ */

/* One word of a line; authorized_keys' options may hold quoted blanks. */
static size_t openssh_word(const char *line, size_t len)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (line[i] == '\\' && i + 1 < len && line[i + 1] == '"')
			i++;
		else if (line[i] == '"')
			quoted = !quoted;
		else if (!quoted && (line[i] == ' ' || line[i] == '\t'))
			break;
	}
	return i < len ? i : len;
}

static size_t openssh_blank(const char *line, size_t len)
{
	size_t i = 0;

	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i;
}

static bool openssh_is_type(const char *word, size_t len)
{
	return (len == strlen(OPENSSH_ED25519_SK) && memcmp(word, OPENSSH_ED25519_SK, len) == 0) ||
	       (len == strlen(OPENSSH_ECDSA_SK) && memcmp(word, OPENSSH_ECDSA_SK, len) == 0);
}

/* Type, base64 and comment; the type of the text must be the blob's. */
static bool openssh_public(struct import_entry *entry, const char *line, size_t len)
{
	uint8_t bytes[BLOB_MAX];
	size_t word = openssh_word(line, len), type_len, base64_len;
	const char *type;
	struct ssh_blob blob = {bytes, 0, false}, inside;
	ssize_t n;

	if (!openssh_is_type(line, word)) { /* options stand first */
		word += openssh_blank(line + word, len - word);
		line += word;
		len -= word;
		word = openssh_word(line, len);
	}
	if (!openssh_is_type(line, word))
		return openssh_say(entry, "not a security key's: its type is not sk-...");
	type = line;
	type_len = word;
	word += openssh_blank(line + word, len - word);
	line += word;
	len -= word;
	base64_len = openssh_word(line, len);
	n = codec_base64_decode(line, base64_len, false, bytes, sizeof(bytes));
	blob.left = n < 0 ? 0 : (size_t)n;
	inside = ssh_blob_string(&blob);
	if (inside.bad || inside.left != type_len || memcmp(inside.at, type, type_len) != 0)
		return openssh_say(entry, "the key is no base64, or of another type than it says");
	if (!openssh_key(entry, &blob, inside))
		return false;
	if (blob.left > 0)
		return openssh_say(entry, "bytes follow the public key");
	word = base64_len + openssh_blank(line + base64_len, len - base64_len);
	openssh_label(entry, line + word, len - word);
	openssh_say(entry, "a public key does not tell the credential id: it serves through an "
			   "agent alone; import the private key file for more");
	return true;
}

const char *import_openssh_key(const uint8_t *key, size_t len, const char *comment,
			       size_t comment_len, struct credential *ret_record)
{
	struct ssh_blob blob = {key, len, false};
	struct import_entry entry;

	openssh_begin(&entry, 1);
	if (!openssh_key(&entry, &blob, ssh_blob_string(&blob)))
		return "not a security key's, or in no form of theirs";
	if (!ssh_blob_done(&blob))
		return "bytes follow the public key";
	openssh_label(&entry, comment, comment_len);
	*ret_record = entry.record;
	return NULL;
}

static int openssh_lines(const char *text, size_t len, import_each *each, void *context)
{
	struct import_entry entry;
	unsigned number = 0;
	int result = 0;

	while (len > 0 && result == 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end != NULL ? (size_t)(end - text) : len;
		size_t skip = openssh_blank(text, line), kept = line;

		number++;
		while (kept > skip && strchr(" \t\r", text[kept - 1]) != NULL)
			kept--;
		if (kept > skip && text[skip] != '#') {
			openssh_begin(&entry, number);
			entry.good = openssh_public(&entry, text + skip, kept - skip);
			result = each(context, &entry);
		}
		len -= line + (end != NULL);
		text += line + (end != NULL);
	}
	return result;
}

/* ---- a private key file ------------------------------------------------------- */

/* The file's base64 without its lines; its length, or 0. */
static size_t openssh_unfold(const char *text, size_t len, char *buffer, size_t size)
{
	const char *end = memmem(text, len, PRIVATE_END, strlen(PRIVATE_END));
	size_t n = 0;

	if (end == NULL)
		return 0;
	for (text += strlen(PRIVATE_BEGIN); text < end; text++) {
		if (*text == '\n' || *text == '\r')
			continue;
		if (n == size)
			return 0;
		buffer[n++] = *text;
	}
	return n;
}

/* flags, key handle, reserved, comment and padding 1, 2, 3... */
static bool openssh_handle(struct import_entry *entry, struct ssh_blob *blob)
{
	struct credential *record = &entry->record;
	struct ssh_blob flags = ssh_blob_bytes(blob, 1), handle = ssh_blob_string(blob);
	struct ssh_blob reserved = ssh_blob_string(blob), comment = ssh_blob_string(blob);

	if (blob->bad || reserved.bad || handle.left < 1 || handle.left > WIRE_EXTERNAL_MAX)
		return openssh_say(entry, "the key handle is missing or longer than 1023 bytes");
	for (size_t i = 0; i < blob->left; i++) {
		if (blob->at[i] != (uint8_t)(i + 1))
			return openssh_say(entry, "bytes follow the private key");
	}
	record->external_len = (uint16_t)handle.left;
	memcpy(record->external, handle.at, handle.left);
	openssh_label(entry, (const char *)comment.at, comment.left);
	record->uv_initialized = (flags.at[0] & FLAG_VERIFICATION) != 0;
	if (record->uv_initialized)
		openssh_say(entry, "it asks for verification there: here user_verification = "
				   "required does");
	else if ((flags.at[0] & FLAG_PRESENCE) == 0)
		openssh_say(entry, "it needed no touch there, and needs one here");
	return true;
}

/* PROTOCOL.key: magic, cipher, kdf, options, number of keys, public, private. */
static bool openssh_private(struct import_entry *entry, struct ssh_blob blob)
{
	static const char magic[] = "openssh-key-v1";
	struct ssh_blob cipher, kdf, options, inside;
	uint32_t n, check;

	if (!ssh_blob_is(ssh_blob_bytes(&blob, sizeof(magic) - 1), magic) || blob.left < 1 ||
	    ssh_blob_bytes(&blob, 1).at[0] != 0)
		return openssh_say(entry, "not an OpenSSH private key");
	cipher = ssh_blob_string(&blob);
	kdf = ssh_blob_string(&blob);
	options = ssh_blob_string(&blob);
	n = ssh_blob_u32(&blob);
	if (blob.bad || !ssh_blob_is(cipher, "none") || !ssh_blob_is(kdf, "none") ||
	    options.left > 0)
		return openssh_say(entry, "has a passphrase: take it off with ssh-keygen -p on a "
					  "copy");
	(void)ssh_blob_string(&blob); /* the public key, which stands inside as well */
	inside = ssh_blob_string(&blob);
	if (blob.bad || n != 1 || blob.left > 0)
		return openssh_say(entry, "cut short, or not exactly one key");
	check = ssh_blob_u32(&inside);
	if (ssh_blob_u32(&inside) != check || inside.bad)
		return openssh_say(entry, "damaged: its check numbers differ");
	return openssh_key(entry, &inside, ssh_blob_string(&inside)) &&
	       openssh_handle(entry, &inside);
}

static int openssh_private_file(const char *text, size_t len, import_each *each, void *context)
{
	struct import_entry entry;
	char base64[BLOB_MAX] = "";
	uint8_t bytes[BLOB_MAX];
	size_t n = openssh_unfold(text, len, base64, sizeof(base64));
	ssize_t decoded = codec_base64_decode(base64, n, false, bytes, sizeof(bytes));

	openssh_begin(&entry, 1);
	if (n == 0 || decoded < 0)
		openssh_say(&entry, "no base64 between its first and its last line");
	else
		entry.good =
			openssh_private(&entry, (struct ssh_blob){bytes, (size_t)decoded, false});
	/* A security key's file holds no secret, another private key's does. */
	secret_wipe(base64, sizeof(base64));
	secret_wipe(bytes, sizeof(bytes));
	return each(context, &entry);
}

int import_openssh(const char *text, size_t len, import_each *each, void *context)
{
	if (len > IMPORT_FILE_MAX || (len > 0 && memchr(text, '\0', len) != NULL))
		return WEBCRED_TYPE_ERROR;
	if (len >= strlen(PRIVATE_BEGIN) && memcmp(text, PRIVATE_BEGIN, strlen(PRIVATE_BEGIN)) == 0)
		return openssh_private_file(text, len, each, context);
	return openssh_lines(text, len, each, context);
}
