/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdlib.h>
#include <string.h>

#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "selftest_client.h"

static const uint8_t client_hash[32] = {0x33};
static const uint8_t client_salt[32] = {0x44};

bool client_open(struct client *c, const char *device)
{
	c->dev = fido_dev_new();
	return c->dev != NULL && fido_dev_open(c->dev, device) == FIDO_OK;
}

void client_close(struct client *c)
{
	fido_dev_close(c->dev);
	fido_dev_free(&c->dev);
}

static void client_keep(struct client *c, const fido_cred_t *cred)
{
	c->id_len = fido_cred_id_len(cred);
	c->key_len = fido_cred_pubkey_len(cred);
	if (c->id_len > sizeof(c->id) || c->key_len > sizeof(c->key))
		abort();
	memcpy(c->id, fido_cred_id_ptr(cred), c->id_len);
	memcpy(c->key, fido_cred_pubkey_ptr(cred), c->key_len);
}

int client_make(struct client *c, int algorithm, uint8_t user, bool rk, bool uv, bool hmac,
		const char *pin)
{
	fido_cred_t *cred = fido_cred_new();
	int r;

	c->algorithm = algorithm;
	if ((r = fido_cred_set_type(cred, algorithm)) == FIDO_OK &&
	    (r = fido_cred_set_clientdata_hash(cred, client_hash, 32)) == FIDO_OK &&
	    (r = fido_cred_set_rp(cred, "example.org", "Example")) == FIDO_OK &&
	    (r = fido_cred_set_user(cred, &user, 1, "alice", "Alice", NULL)) == FIDO_OK &&
	    (!hmac || (r = fido_cred_set_extensions(cred, FIDO_EXT_HMAC_SECRET)) == FIDO_OK) &&
	    (!rk || (r = fido_cred_set_rk(cred, FIDO_OPT_TRUE)) == FIDO_OK) &&
	    (!uv || (r = fido_cred_set_uv(cred, FIDO_OPT_TRUE)) == FIDO_OK))
		r = fido_dev_make_cred(c->dev, cred, pin);
	if (r == FIDO_OK)
		r = fido_cred_x5c_ptr(cred) == NULL ? fido_cred_verify_self(cred)
						    : fido_cred_verify(cred);
	if (r == FIDO_OK)
		client_keep(c, cred);
	fido_cred_free(&cred);
	return r;
}

static int client_verify(struct client *c, const fido_assert_t *assertion, size_t i)
{
	es256_pk_t *es256 = es256_pk_new();
	eddsa_pk_t *eddsa = eddsa_pk_new();
	rs256_pk_t *rs256 = rs256_pk_new();
	const void *pk = es256;
	int r;

	if (c->algorithm == COSE_ES256) {
		r = es256_pk_from_ptr(es256, c->key, c->key_len);
	} else if (c->algorithm == COSE_EDDSA) {
		r = eddsa_pk_from_ptr(eddsa, c->key, c->key_len);
		pk = eddsa;
	} else {
		r = rs256_pk_from_ptr(rs256, c->key, c->key_len);
		pk = rs256;
	}
	if (r == FIDO_OK)
		r = fido_assert_verify(assertion, i, c->algorithm, pk);
	es256_pk_free(&es256);
	eddsa_pk_free(&eddsa);
	rs256_pk_free(&rs256);
	return r;
}

static int client_ask(struct client *c, fido_assert_t *assertion, bool listed, bool uv, bool hmac,
		      const char *pin)
{
	int r;

	if ((r = fido_assert_set_clientdata_hash(assertion, client_hash, 32)) != FIDO_OK ||
	    (r = fido_assert_set_rp(assertion, "example.org")) != FIDO_OK ||
	    (listed && (r = fido_assert_allow_cred(assertion, c->id, c->id_len)) != FIDO_OK) ||
	    (uv && (r = fido_assert_set_uv(assertion, FIDO_OPT_TRUE)) != FIDO_OK) ||
	    (hmac &&
	     (r = fido_assert_set_extensions(assertion, FIDO_EXT_HMAC_SECRET)) != FIDO_OK) ||
	    (hmac && (r = fido_assert_set_hmac_salt(assertion, client_salt, 32)) != FIDO_OK) ||
	    (r = fido_assert_set_up(assertion, FIDO_OPT_TRUE)) != FIDO_OK)
		return r;
	return fido_dev_get_assert(c->dev, assertion, pin);
}

int client_get(struct client *c, bool listed, bool uv, bool hmac, const char *pin,
	       size_t *ret_count)
{
	fido_assert_t *assertion = fido_assert_new();
	int r = client_ask(c, assertion, listed, uv, hmac, pin);

	if (r == FIDO_OK && ret_count != NULL)
		*ret_count = fido_assert_count(assertion);
	/* The newest comes first, and it is the one whose key is known. */
	if (r == FIDO_OK)
		r = client_verify(c, assertion, 0);
	if (r == FIDO_OK && hmac) {
		if (fido_assert_hmac_secret_len(assertion, 0) == 32)
			memcpy(c->hmac, fido_assert_hmac_secret_ptr(assertion, 0), 32);
		else
			r = FIDO_ERR_INTERNAL;
	}
	fido_assert_free(&assertion);
	return r;
}
