/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/device/cases.h"

#include <string.h>

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

struct type_ceremony case_creation(int32_t algorithm)
{
	struct type_ceremony creation = {
		.kind = CEREMONY_CREATE,
		.rp_id = RP,
		.user_verification = WEBCRED_UV_DISCOURAGED,
		.timeout_ms = 5000,
		.user_id = {1, 2, 3, 4},
		.user_id_len = 32,
		.user_name = "alice",
		.n_algorithms = 3,
		.algorithm = {-7, -8, -257},
	};

	memset(creation.client_data_hash, 0x5a, sizeof(creation.client_data_hash));
	if (algorithm != 0) {
		creation.n_algorithms = 1;
		creation.algorithm[0] = algorithm;
	}
	return creation;
}

struct type_ceremony case_request(const struct ceremony_entry *entry, uint8_t n)
{
	struct type_ceremony request = {
		.kind = CEREMONY_GET,
		.rp_id = RP,
		.user_verification = WEBCRED_UV_PREFERRED,
		.timeout_ms = 5000,
		.n_entries = n,
		.entry = entry,
	};

	memset(request.client_data_hash, 0xa5, sizeof(request.client_data_hash));
	return request;
}

bool case_enrol_by(struct rig *rig, const struct type_ceremony *creation, const char *pin,
		   struct ceremony_entry *ret, struct seen *ret_seen)
{
	rig_run(rig, creation, pin, 8000, ret_seen);
	memset(ret, 0, sizeof(*ret));
	if (!CHECK_END(ret_seen, CEREMONY_OK) || !CHECK(ret_seen->result.id_len > 0) ||
	    !CHECK(ret_seen->result.id_len <= sizeof(ret->id)))
		return false;
	memcpy(ret->rp_id, creation->rp_id, sizeof(ret->rp_id));
	memcpy(ret->id, ret_seen->result.id, ret_seen->result.id_len);
	ret->len = ret_seen->result.id_len;
	return true;
}

bool case_enrol(struct rig *rig, int32_t algorithm, const char *pin, struct ceremony_entry *ret)
{
	const struct type_ceremony creation = case_creation(algorithm);
	struct seen seen;

	return case_enrol_by(rig, &creation, pin, ret, &seen);
}

struct ceremony_entry case_stranger(const char *rp_id, uint16_t len, uint8_t fill)
{
	struct ceremony_entry entry = {.len = len};

	memcpy(entry.rp_id, rp_id, strlen(rp_id) + 1);
	memset(entry.id, fill, len);
	return entry;
}

/* The public key is read out of the creation's authenticator data. */
static int read_key(const struct ceremony_result *created, fido_cred_t *credential)
{
	int r = fido_cred_set_type(credential, created->cose_algorithm);

	if (r == FIDO_OK)
		r = fido_cred_set_authdata_raw(credential, created->auth_data,
					       created->auth_data_len);
	return r;
}

static int verify_with(const fido_assert_t *assertion, const fido_cred_t *credential)
{
	const void *bytes = fido_cred_pubkey_ptr(credential);
	size_t len = fido_cred_pubkey_len(credential);
	es256_pk_t *es256 = es256_pk_new();
	eddsa_pk_t *eddsa = eddsa_pk_new();
	rs256_pk_t *rs256 = rs256_pk_new();
	const void *key = NULL;
	int r = FIDO_ERR_INTERNAL, type = fido_cred_type(credential);

	if (type == COSE_ES256 && es256_pk_from_ptr(es256, bytes, len) == FIDO_OK)
		key = es256;
	else if (type == COSE_EDDSA && eddsa_pk_from_ptr(eddsa, bytes, len) == FIDO_OK)
		key = eddsa;
	else if (type == COSE_RS256 && rs256_pk_from_ptr(rs256, bytes, len) == FIDO_OK)
		key = rs256;
	if (key)
		r = fido_assert_verify(assertion, 0, type, key);
	es256_pk_free(&es256);
	eddsa_pk_free(&eddsa);
	rs256_pk_free(&rs256);
	return r;
}

bool case_verify(const struct ceremony_result *created, const struct type_ceremony *request,
		 const struct ceremony_result *asserted)
{
	fido_cred_t *credential = fido_cred_new();
	fido_assert_t *assertion = fido_assert_new();
	int r = read_key(created, credential);

	if (r == FIDO_OK)
		r = fido_assert_set_rp(assertion, asserted->rp_id);
	if (r == FIDO_OK)
		r = fido_assert_set_clientdata_hash(assertion, request->client_data_hash, 32);
	if (r == FIDO_OK)
		r = fido_assert_set_count(assertion, 1);
	if (r == FIDO_OK)
		r = fido_assert_set_authdata_raw(assertion, 0, asserted->auth_data,
						 asserted->auth_data_len);
	if (r == FIDO_OK)
		r = fido_assert_set_sig(assertion, 0, asserted->signature, asserted->signature_len);
	if (r == FIDO_OK)
		r = verify_with(assertion, credential);
	fido_cred_free(&credential);
	fido_assert_free(&assertion);
	return r == FIDO_OK;
}
