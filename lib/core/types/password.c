/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * password - Argon2id strings as libsodium writes them.
 *
 * One hash per answer, whoever asked: a name that does not exist costs the
 * keeper's dummy.  A second one is computed only where the configured cost has
 * changed since the password was stored.
 */
#include "lib/core/types/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/core/types/said.h"

_Static_assert(crypto_pwhash_STRBYTES <= TYPE_HASH_MAX, "a hash has room");

/* ---- Argon2id ---------------------------------------------------------------- */

static size_t memory_of(const struct policy *policy)
{
	return (size_t)policy->argon_memory_kib * 1024;
}

static bool is_argon2id(const char *hash)
{
	return memchr(hash, '\0', TYPE_HASH_MAX) != NULL &&
	       strncmp(hash, crypto_pwhash_argon2id_STRPREFIX,
		       strlen(crypto_pwhash_argon2id_STRPREFIX)) == 0;
}

/*
 * 0: it is the password.  WEBCRED_NOT_ALLOWED: it is not.  Negative: it could
 * not be looked at.  libsodium says -1 to all of these; only for a mismatch
 * errno is EINVAL, given that the prefix is one it knows.
 */
static int hash_verify(const char *hash, const struct webcred_secret *answer)
{
	if (!is_argon2id(hash))
		return -EBADMSG;
	errno = 0;
	if (crypto_pwhash_str_verify(hash, secret_bytes(answer), secret_len(answer)) == 0)
		return secret_len(answer) > 0 ? 0 : WEBCRED_NOT_ALLOWED;
	if (errno == EINVAL)
		return WEBCRED_NOT_ALLOWED;
	return errno == ENOMEM ? -ENOMEM : -EBADMSG;
}

static int hash_make(const struct policy *policy, const struct webcred_secret *secret,
		     char ret_hash[TYPE_HASH_MAX])
{
	char hash[TYPE_HASH_MAX] = "";

	errno = 0;
	if (crypto_pwhash_str_alg(hash, secret_bytes(secret), secret_len(secret),
				  policy->argon_passes, memory_of(policy),
				  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return errno == EINVAL ? -EINVAL : -ENOMEM;
	memcpy(ret_hash, hash, TYPE_HASH_MAX);
	return 0;
}

int password_dummy_hash(const struct policy *policy, char ret_hash[TYPE_HASH_MAX])
{
	uint8_t salt[16], digest[32];
	char salt_text[32], digest_text[64];

	if (policy->argon_passes < crypto_pwhash_OPSLIMIT_MIN ||
	    memory_of(policy) < crypto_pwhash_MEMLIMIT_MIN)
		return -EINVAL;
	randombytes_buf(salt, sizeof(salt));
	randombytes_buf(digest, sizeof(digest));
	sodium_bin2base64(salt_text, sizeof(salt_text), salt, sizeof(salt),
			  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	sodium_bin2base64(digest_text, sizeof(digest_text), digest, sizeof(digest),
			  sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	snprintf(ret_hash, TYPE_HASH_MAX, "$argon2id$v=19$m=%u,t=%u,p=1$%s$%s",
		 policy->argon_memory_kib, policy->argon_passes, salt_text, digest_text);
	return 0;
}

/* ---- get --------------------------------------------------------------------- */

static const struct credential *record_of(const struct type_login *login)
{
	for (size_t i = 0; i < login->n_credentials && !login->pretend; i++)
		if (login->credentials[i].type == WEBCRED_TYPE_PASSWORD &&
		    !login->credentials[i].locked)
			return &login->credentials[i];
	return NULL;
}

/* The password is right: only the host's word for the commit grants. */
static enum webcred_status commit(const struct type_host *host, struct type_login *login,
				  const struct credential *record, const char *hash,
				  const struct webcred_secret *answer)
{
	struct type_judgement judgement = {.verdict = VERDICT_REFUSED};
	struct type_change change = {
		.read_moving = record->moving, .moving = record->moving, .silent = !login->asked};
	int result;

	memcpy(change.id, record->id, sizeof(change.id));
	/* A rehash that fails for lack of memory can wait for the next login. */
	if (crypto_pwhash_str_needs_rehash(hash, login->policy->argon_passes,
					   memory_of(login->policy)) == 1)
		(void)hash_make(login->policy, answer, change.rehash);
	result = host->commit(host->context, &change, &judgement);
	sodium_memzero(change.rehash, sizeof(change.rehash));
	if (result != 0)
		return said_result(login, result, "the password's commit");
	return said_judgement(login, &judgement, "the password was not committed");
}

/* Charges one attempt, then one hash. */
static enum webcred_status judge(const struct type_host *host, struct type_login *login,
				 const struct credential *record,
				 const struct webcred_secret *answer)
{
	struct type_verifier verifier = {0};
	enum webcred_status status;
	int result;

	result = host->charge(host->context, WEBCRED_TYPE_PASSWORD, record ? record->id : NULL,
			      &verifier);
	if (result == 0 && verifier.throttled)
		return said_throttled(login, verifier.wait_s);
	if (result != 0)
		return said_result(login, result, "the attempt was not charged");
	result = hash_verify(verifier.hash, answer);
	if (result == 0 && record != NULL)
		status = commit(host, login, record, verifier.hash, answer);
	else if (result < 0)
		status = said_result(login, result, "the stored hash cannot be used");
	else
		status = said_result(login, WEBCRED_NOT_ALLOWED, "wrong password");
	sodium_memzero(&verifier, sizeof(verifier));
	return status;
}

static enum webcred_status ask(const struct type_host *host, struct type_login *login,
			       const struct credential *record)
{
	struct webcred_secret *answer = secret_new();
	enum webcred_status status;
	int result;

	if (answer == NULL)
		return said_result(login, -ENOMEM, "no memory for an answer");
	login->asked = true;
	result = host->ask(host->context, WEBCRED_ASK_SECRET, PASSWORD_PROMPT, answer);
	if (result != 0)
		status = said_result(login, result, "no answer");
	else
		/* An empty answer can match nothing, and is treated like any other:
		 * charged, hashed, refused. */
		status = judge(host, login, record, answer);
	secret_free(answer);
	return status;
}

static bool has_cached(const struct type_login *login)
{
	return login->cached != NULL && secret_len(login->cached) > 0;
}

static enum webcred_status password_get(const struct type_host *host, struct type_login *login)
{
	const struct credential *record = record_of(login);
	enum webcred_status status;

	if (record == NULL && !login->pretend)
		return said_not_found(login, "no password is enrolled");
	if (record != NULL && credential_strength(record, false) < login->minimum_strength)
		return said_not_found(login, "a password is too weak a proof for this change");
	if (has_cached(login)) {
		status = judge(host, login, record, login->cached);
		/* Wrong is worth a prompt; granted, throttled and broken are not. */
		if (status != WEBCRED_STATUS_NOTALLOWED || login->result != WEBCRED_NOT_ALLOWED ||
		    login->cached_only || !login->may_ask)
			return status;
		login->result = 0;
	} else if (login->cached_only || !login->may_ask) {
		return said_unavailable(login, "nothing was handed in, and nobody may be asked");
	}
	return ask(host, login, record);
}

/* ---- store ------------------------------------------------------------------- */

static size_t characters_of(const struct webcred_secret *secret)
{
	size_t n = 0;

	/* Each but a continuation byte of UTF-8 begins one. */
	for (size_t i = 0; i < secret_len(secret); i++)
		n += ((uint8_t)secret_bytes(secret)[i] & 0xc0) != 0x80;
	return n;
}

/* What no prompt could ever take in again must not be stored. */
static bool can_be_typed(const struct webcred_secret *secret)
{
	const char *bytes = secret_bytes(secret);

	for (size_t i = 0; i < secret_len(secret); i++)
		if ((uint8_t)bytes[i] < 0x20 || bytes[i] == 0x7f)
			return false;
	return text_utf8_valid(bytes, secret_len(secret));
}

/* Where one prompt takes either, what is all digits is a code. */
static bool is_digits(const struct webcred_secret *secret)
{
	for (size_t i = 0; i < secret_len(secret); i++)
		if (secret_bytes(secret)[i] < '0' || secret_bytes(secret)[i] > '9')
			return false;
	return true;
}

/* Says why, and returns `outcome`, or the fault of saying so. */
static int refuse(const struct type_host *host, int outcome, const char *text)
{
	int result = host->show(host->context, WEBCRED_SHOW_ERROR, text);

	return result < 0 ? result : outcome;
}

static int check_new(const struct type_host *host, const struct policy *policy,
		     const struct webcred_secret *secret)
{
	char text[120];

	if (secret_refused(secret) || secret_len(secret) > WEBCRED_SECRET_MAX)
		return refuse(host, WEBCRED_TYPE_ERROR,
			      "The password is too long: use at most 1024 bytes.");
	if (secret_len(secret) == 0) /* behaviour 49 */
		return refuse(host, WEBCRED_TYPE_ERROR,
			      "The password is empty: choose one of at least one character.");
	if (!can_be_typed(secret))
		return refuse(host, WEBCRED_TYPE_ERROR,
			      "The password holds a control character or is not UTF-8: use "
			      "letters, digits, blanks and signs.");
	if (policy->combines && is_digits(secret))
		return refuse(host, WEBCRED_NOT_ALLOWED,
			      "A password of digits only would be taken for a one-time code here: "
			      "add a letter or a sign.");
	if (characters_of(secret) >= policy->password_min)
		return 0;
	snprintf(text, sizeof(text), "The password is too short: use at least %u characters.",
		 policy->password_min);
	return refuse(host, WEBCRED_NOT_ALLOWED, text);
}

static int password_store(const struct type_host *host, const struct policy *policy,
			  const struct webcred_secret *secret, struct credential *ret_credential)
{
	char hash[TYPE_HASH_MAX];
	int result;

	if (secret == NULL)
		return WEBCRED_TYPE_ERROR; /* behaviour 45 */
	result = check_new(host, policy, secret);
	if (result != 0)
		return result;
	result = host->room(host->context);
	if (result == 0)
		result = hash_make(policy, secret, hash);
	if (result != 0)
		return result;
	result = host->store_password(host->context, hash, ret_credential);
	sodium_memzero(hash, sizeof(hash));
	return result;
}

const struct type type_password = {
	.id = WEBCRED_TYPE_PASSWORD,
	.discovery = DISCOVERY_STORE,
	.conditional = true, /* one prompt, beside a blinking key */
	.get = password_get,
	.store = password_store, /* behaviour 49: create() stores nothing */
};
