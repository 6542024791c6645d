/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * wycheproof - files with testGroups, each a public key and signatures.
 *
 * What is printed is what the authority would do; the file's own verdict
 * (valid, acceptable, invalid) is not looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/vector_runner/runner.h"

#define INTEGER_MAX 48 /* of a P-384 signature */

bool wycheproof_is(const json_t *file)
{
	return json_is_array(json_object_get(file, "testGroups"));
}

static bool word_has(const char *word, const char *part)
{
	return word != NULL && strcasestr(word, part) != NULL;
}

/* The digest must be the one that the algorithm fixes. */
static bool digest_fits(const json_t *group, int32_t algorithm)
{
	const char *sha = runner_text(group, "sha");

	if (algorithm == COSE_EDDSA)
		return sha == NULL;
	if (sha == NULL)
		return false;
	return strcmp(sha, algorithm == COSE_ES384 ? "SHA-384" : "SHA-256") == 0;
}

/* What a group signs with, by its type; an unknown type is none of ours. */
static bool type_fits(const char *type, int32_t algorithm)
{
	if (type == NULL || word_has(type, "Pss") || word_has(type, "Oaep") ||
	    word_has(type, "Ecdh"))
		return false;
	switch (algorithm) {
	case COSE_RS256:
		return word_has(type, "Pkcs1") || word_has(type, "Signature");
	case COSE_EDDSA:
		return word_has(type, "Eddsa");
	default:
		return word_has(type, "Ecdsa");
	}
}

/* One INTEGER in DER; returns its length. */
static size_t der_integer(const uint8_t *bytes, size_t len, uint8_t *out)
{
	size_t n = 0;

	while (len > 1 && bytes[0] == 0) {
		bytes++;
		len--;
	}
	out[n++] = 0x02;
	out[n++] = (uint8_t)(len + (bytes[0] >> 7));
	if ((bytes[0] & 0x80) != 0)
		out[n++] = 0;
	memcpy(out + n, bytes, len);
	return n + len;
}

/* r and s side by side (IEEE P1363) become DER, which is what keys send. */
static bool der_from_p1363(const uint8_t *bytes, size_t len, size_t size, uint8_t *out,
			   size_t *ret_len)
{
	size_t n = 2;

	if (len != 2 * size || size > INTEGER_MAX)
		return false;
	n += der_integer(bytes, size, out + n);
	n += der_integer(bytes + size, size, out + n);
	out[0] = 0x30;
	out[1] = (uint8_t)(n - 2);
	*ret_len = n;
	return true;
}

static enum answer judge_signature(const struct cose_key *key, bool p1363, const uint8_t *message,
				   size_t message_len, const uint8_t *signature,
				   size_t signature_len, char *reason)
{
	uint8_t der[2 + 2 * (3 + INTEGER_MAX)];

	if (p1363) {
		if (!der_from_p1363(signature, signature_len, key->x_len, der, &signature_len)) {
			snprintf(reason, RUNNER_REASON_MAX, "signature: of another length");
			return ANSWER_REJECT;
		}
		signature = der;
	}
	if (!cose_verify(key, message, message_len, signature, signature_len)) {
		snprintf(reason, RUNNER_REASON_MAX, "signature: does not verify");
		return ANSWER_REJECT;
	}
	snprintf(reason, RUNNER_REASON_MAX, "signature verified");
	return ANSWER_ACCEPT;
}

static enum answer judge_test(const json_t *test, const struct cose_key *key, bool p1363,
			      char *reason)
{
	uint8_t *message = NULL, *signature = NULL;
	size_t message_len = 0, signature_len = 0;
	enum answer answer = ANSWER_REJECT;

	if (runner_hex(test, "msg", &message, &message_len) &&
	    runner_hex(test, "sig", &signature, &signature_len))
		answer = judge_signature(key, p1363, message, message_len, signature, signature_len,
					 reason);
	else
		snprintf(reason, RUNNER_REASON_MAX, "msg or sig: missing, or no hex");
	free(message);
	free(signature);
	return answer;
}

/* ACCEPT: the group's tests can be judged, with *ret_key. */
static enum answer judge_group(const json_t *group, uint8_t *cose, size_t size,
			       struct cose_key *ret_key, char *reason)
{
	const char *type = runner_text(group, "type");
	enum answer answer;
	size_t len;

	answer = wycheproof_key(group, cose, size, &len, reason);
	if (answer != ANSWER_ACCEPT)
		return answer;
	switch (cose_parse(cose, len, ret_key)) {
	case COSE_OK:
		break;
	case COSE_UNSUPPORTED:
	case COSE_MALFORMED: /* RSA below 2048 bits, a point of another curve */
		snprintf(reason, RUNNER_REASON_MAX, "public key: of a kind no record can have");
		return ANSWER_UNSUPPORTED;
	}
	if (!type_fits(type, ret_key->algorithm) || !digest_fits(group, ret_key->algorithm)) {
		snprintf(reason, RUNNER_REASON_MAX, "%s with %s: not an algorithm of ours",
			 type != NULL ? type : "no type",
			 runner_text(group, "sha") != NULL ? runner_text(group, "sha")
							   : "no digest");
		return ANSWER_UNSUPPORTED;
	}
	return ANSWER_ACCEPT;
}

static void test_name(const json_t *test, char *buffer, size_t size)
{
	const json_t *id = json_object_get(test, "tcId");

	if (json_is_string(id))
		snprintf(buffer, size, "%s", json_string_value(id));
	else
		snprintf(buffer, size, "%lld", (long long)json_integer_value(id));
}

static void run_group(const json_t *group)
{
	const json_t *tests = json_object_get(group, "tests");
	bool p1363 = word_has(runner_text(group, "type"), "P1363");
	uint8_t cose[CREDENTIAL_KEY_MAX + 64];
	char why[RUNNER_REASON_MAX] = "";
	struct cose_key key;
	enum answer usable = judge_group(group, cose, sizeof(cose), &key, why);

	for (size_t i = 0; i < json_array_size(tests); i++) {
		const json_t *test = json_array_get(tests, i);
		char name[64], reason[RUNNER_REASON_MAX];

		test_name(test, name, sizeof(name));
		if (usable == ANSWER_ACCEPT)
			runner_say(name, judge_test(test, &key, p1363, reason), reason);
		else
			runner_say(name, usable, why);
	}
}

void wycheproof_run(const json_t *file)
{
	const json_t *groups = json_object_get(file, "testGroups");

	for (size_t i = 0; i < json_array_size(groups); i++)
		run_group(json_array_get(groups, i));
}
