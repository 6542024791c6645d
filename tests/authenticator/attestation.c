/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <string.h>

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "attestation.h"
#include "digest.h"
#include "keys.h"
#include "lies.h"

static bool attestation_name(X509_NAME *name, const char *field, const char *value)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value,
					  -1, -1, 0) == 1;
}

static bool attestation_extend(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	bool ok;

	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

/* id-fido-gen-ce-aaguid (WebAuthn Level 3, 8.2.1): an octet string within. */
static bool attestation_extend_aaguid(X509 *cert, const uint8_t aaguid[16])
{
	uint8_t der[18] = {0x04, 16};
	ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.45724.1.1.4", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;
	bool ok;

	memcpy(der + 2, aaguid, 16);
	ok = oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, der, sizeof(der)) == 1 &&
	     (ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value)) != NULL &&
	     X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return ok;
}

/* The common part. Dates are fixed, so that no test meets an expiry. */
static X509 *attestation_new_cert(EVP_PKEY *pkey, const char *common_name, long serial)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	if (cert == NULL)
		return NULL;
	name = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
	    ASN1_TIME_set_string(X509_getm_notBefore(cert), "20200101000000Z") == 1 &&
	    ASN1_TIME_set_string(X509_getm_notAfter(cert), "20991231235959Z") == 1 &&
	    X509_set_pubkey(cert, pkey) == 1 && attestation_name(name, "C", "XX") &&
	    attestation_name(name, "O", "webcred tests") &&
	    attestation_name(name, "OU", "Authenticator Attestation") &&
	    attestation_name(name, "CN", common_name))
		return cert;
	X509_free(cert);
	return NULL;
}

static bool attestation_keep(X509 *cert, uint8_t **ret_der, size_t *ret_len)
{
	int len = i2d_X509(cert, ret_der);

	*ret_len = len > 0 ? (size_t)len : 0;
	return len > 0;
}

int attestation_ensure(struct key *key)
{
	struct state *state = &key->state;
	EVP_PKEY *root_key = NULL;
	X509 *root = NULL, *cert = NULL;
	bool ok;

	if (state->attestation_key != NULL)
		return 0;
	root_key = keys_generate(KEYS_ES256);
	state->attestation_key = keys_generate(KEYS_ES256);
	root = attestation_new_cert(root_key, "softkey root", 1);
	cert = attestation_new_cert(state->attestation_key, "softkey", 2);
	ok = root != NULL && cert != NULL &&
	     X509_set_issuer_name(root, X509_get_subject_name(root)) == 1 &&
	     attestation_extend(root, NID_basic_constraints, "critical,CA:TRUE") &&
	     X509_sign(root, root_key, EVP_sha256()) > 0 &&
	     X509_set_issuer_name(cert, X509_get_subject_name(root)) == 1 &&
	     attestation_extend(cert, NID_basic_constraints, "critical,CA:FALSE") &&
	     attestation_extend_aaguid(cert, key->settings.aaguid) &&
	     X509_sign(cert, root_key, EVP_sha256()) > 0 &&
	     attestation_keep(root, &state->root_cert, &state->root_cert_len) &&
	     attestation_keep(cert, &state->attestation_cert, &state->attestation_cert_len);
	X509_free(root);
	X509_free(cert);
	EVP_PKEY_free(root_key);
	if (!ok)
		fprintf(stderr, "softkey: cannot make an attestation\n");
	return ok ? 0 : -1;
}

int attestation_print_root(const struct key *key, FILE *f)
{
	const unsigned char *p = key->state.root_cert;
	X509 *root = d2i_X509(NULL, &p, (long)key->state.root_cert_len);
	int ok = root != NULL && PEM_write_X509(f, root) == 1;

	X509_free(root);
	return ok ? 0 : -1;
}

static void attestation_encode_packed(struct key *key, const struct credential *cred,
				      const struct buf *authdata, const uint8_t hash[32],
				      struct buf *out)
{
	struct state *state = &key->state;
	bool basic = key->settings.attestation == ATTESTATION_BASIC;
	int algorithm = basic ? KEYS_ES256 : cred->algorithm;
	EVP_PKEY *pkey = basic ? state->attestation_key : cred->pkey;
	uint8_t sig[KEYS_SIGNATURE_MAX];
	size_t n = authdata_sign(key, pkey, algorithm, authdata, hash, sig);

	encode_map(out, basic ? 3 : 2);
	encode_text(out, "alg");
	encode_int(out, algorithm);
	encode_text(out, "sig");
	encode_bytes(out, sig, n);
	if (!basic)
		return;
	encode_text(out, "x5c");
	encode_array(out, 1);
	encode_bytes(out, state->attestation_cert, state->attestation_cert_len);
}

int attestation_encode(struct key *key, const struct credential *cred, const struct buf *authdata,
		       const uint8_t hash[32], struct buf *out)
{
	bool none = key->settings.attestation == ATTESTATION_NONE;

	encode_map(out, 3);
	encode_int(out, 1);
	encode_text(out, none ? "none" : "packed");
	encode_int(out, 2);
	encode_bytes(out, authdata->data, authdata->len);
	encode_int(out, 3);
	if (none)
		encode_map(out, 0);
	else
		attestation_encode_packed(key, cred, authdata, hash, out);
	return out->overflow ? CTAP_OTHER : CTAP_OK;
}
