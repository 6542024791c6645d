/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * public_key_attest - attestation statements (WA 8.2, 8.6, 8.7), looked at
 * only where an administrator asked for `direct` (behaviour 78).
 */
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/public_key.h"

/* attStmt, its members that are known. */
struct attest_statement {
	bool has_alg, has_sig, has_certificate, empty;
	int64_t alg;
	const uint8_t *sig, *certificate; /* the first of x5c */
	size_t sig_len, certificate_len;
};

static bool attest_is(const char *name, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(name, word, len) == 0;
}

static bool attest_member(struct cbor_walk *walk, struct attest_statement *statement)
{
	const char *name;
	size_t len, n;

	if (!cbor_get_text(walk, &name, &len))
		return false;
	if (attest_is(name, len, "alg")) {
		statement->has_alg = true;
		return cbor_get_int(walk, &statement->alg);
	}
	if (attest_is(name, len, "sig")) {
		statement->has_sig = true;
		return cbor_get_bytes(walk, &statement->sig, &statement->sig_len);
	}
	if (!attest_is(name, len, "x5c"))
		return cbor_skip(walk);
	if (!cbor_get_array(walk, &n) || n < 1 ||
	    !cbor_get_bytes(walk, &statement->certificate, &statement->certificate_len))
		return false;
	statement->has_certificate = true;
	for (size_t i = 1; i < n; i++) {
		if (!cbor_skip(walk))
			return false;
	}
	return true;
}

static bool attest_parse(struct public_key_bytes bytes, struct attest_statement *statement)
{
	struct cbor_walk walk;
	size_t n;

	memset(statement, 0, sizeof(*statement));
	if (!cbor_whole(bytes.at, bytes.len)) /* no member twice, nothing after it */
		return false;
	cbor_open(&walk, bytes.at, bytes.len);
	if (!cbor_get_map(&walk, &n))
		return false;
	statement->empty = n == 0;
	for (size_t i = 0; i < n; i++) {
		if (!attest_member(&walk, statement))
			return false;
	}
	return true;
}

static X509 *attest_certificate(const struct attest_statement *statement)
{
	const unsigned char *at = statement->certificate;
	X509 *certificate;

	if (!statement->has_certificate || statement->certificate_len > CEREMONY_ATTESTATION_MAX)
		return NULL;
	certificate = d2i_X509(NULL, &at, (long)statement->certificate_len);
	if (certificate != NULL && at != statement->certificate + statement->certificate_len) {
		X509_free(certificate);
		return NULL;
	}
	return certificate;
}

/* By the certificate's own key; every attestation of these formats that exists
 * is ECDSA or RSA with SHA-256. */
static bool attest_verify(X509 *certificate, const struct attest_statement *statement,
			  const uint8_t *message, size_t len)
{
	EVP_PKEY *pkey = X509_get0_pubkey(certificate);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good =
		pkey != NULL && context != NULL && statement->has_sig &&
		EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		EVP_DigestVerify(context, statement->sig, statement->sig_len, message, len) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* WA 8.2.1: version 3, no authority, "Authenticator Attestation", and the
 * AAGUID, where the certificate names one (1.3.6.1.4.1.45724.1.1.4). */
static const char *attest_packed_rules(X509 *certificate, const uint8_t aaguid[16])
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1);
	int at = oid != NULL ? X509_get_ext_by_OBJ(certificate, oid, -1) : -1;
	const ASN1_OCTET_STRING *value = NULL;
	char unit[64] = "";

	ASN1_OBJECT_free(oid);
	X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_organizationalUnitName,
				  unit, sizeof(unit));
	if (X509_get_version(certificate) != X509_VERSION_3 ||
	    strcmp(unit, "Authenticator Attestation") != 0 || X509_check_ca(certificate) == 1)
		return "attestation: the certificate is none for authenticators";
	if (at >= 0)
		value = X509_EXTENSION_get_data(X509_get_ext(certificate, at));
	if (value != NULL && (ASN1_STRING_length(value) != 18 ||
			      memcmp(ASN1_STRING_get0_data(value), "\x04\x10", 2) != 0 ||
			      memcmp(ASN1_STRING_get0_data(value) + 2, aaguid, 16) != 0))
		return "attestation: the certificate names another AAGUID";
	return NULL;
}

static const char *attest_packed(const struct attest_statement *statement,
				 const struct public_key_auth *auth, const uint8_t *message,
				 size_t len)
{
	X509 *certificate;
	const char *wrong;

	if (!statement->has_alg || !statement->has_sig)
		return "attestation: members are missing";
	if (!statement->has_certificate) { /* by the new key itself */
		if (statement->alg != auth->cose.algorithm)
			return "attestation: of another algorithm than the key";
		return cose_verify(&auth->cose, message, len, statement->sig, statement->sig_len)
			       ? NULL
			       : "attestation: the signature does not verify";
	}
	certificate = attest_certificate(statement);
	if (certificate == NULL)
		return "attestation: the certificate cannot be read";
	wrong = attest_packed_rules(certificate, auth->aaguid);
	if (wrong == NULL && (statement->alg != COSE_ES256 && statement->alg != COSE_RS256))
		wrong = "attestation: of an algorithm that is not supported";
	if (wrong == NULL && !attest_verify(certificate, statement, message, len))
		wrong = "attestation: the signature does not verify";
	X509_free(certificate);
	return wrong;
}

/* WA 8.6: 0x00, rpIdHash, client data hash, id, public key as a point. */
static const char *attest_u2f(const struct attest_statement *statement,
			      const struct public_key_auth *auth, const uint8_t hash[32])
{
	uint8_t message[1 + 32 + 32 + WIRE_EXTERNAL_MAX + 65];
	X509 *certificate;
	size_t at = 65;
	bool good;

	if (auth->cose.algorithm != COSE_ES256)
		return "attestation: fido-u2f is for ES256";
	message[0] = 0;
	memcpy(message + 1, auth->rp_id_hash, 32);
	memcpy(message + 33, hash, 32);
	memcpy(message + at, auth->id, auth->id_len);
	at += auth->id_len;
	message[at++] = 0x04;
	memcpy(message + at, auth->cose.x, 32);
	memcpy(message + at + 32, auth->cose.y, 32);
	at += 64;
	certificate = attest_certificate(statement);
	good = certificate != NULL && attest_verify(certificate, statement, message, at);
	X509_free(certificate);
	return good ? NULL : "attestation: the signature does not verify";
}

enum verdict public_key_attestation_check(const struct public_key_attestation *response,
					  const struct public_key_auth *auth,
					  const uint8_t client_data_hash[32], char *ret_reason)
{
	uint8_t message[CEREMONY_AUTHDATA_MAX + 32];
	struct attest_statement statement;
	const char *wrong, *format = response->format != NULL ? response->format : "";

	if (response->auth_data.len > CEREMONY_AUTHDATA_MAX || auth->key_result != COSE_OK ||
	    !attest_parse(response->statement, &statement)) {
		wrong = "attestation: malformed";
	} else if (strcmp(format, "none") == 0) {
		wrong = statement.empty ? NULL : "attestation: none, and yet not empty";
	} else if (strcmp(format, "packed") == 0) {
		memcpy(message, response->auth_data.at, response->auth_data.len);
		memcpy(message + response->auth_data.len, client_data_hash, 32);
		wrong = attest_packed(&statement, auth, message, response->auth_data.len + 32);
	} else if (strcmp(format, "fido-u2f") == 0) {
		wrong = attest_u2f(&statement, auth, client_data_hash);
	} else {
		wrong = "attestation: of a format that is not supported";
	}
	ERR_clear_error();
	snprintf(ret_reason, TYPE_REASON_MAX, "%s", wrong != NULL ? wrong : "");
	return wrong == NULL ? VERDICT_GRANTED : VERDICT_REFUSED;
}
