/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * sk_provider - lets the real ssh sign with a security key that is no hidraw node.
 *
 * OpenSSH's own provider looks for keys by udev and takes no path when it signs;
 * a SecurityKeyProvider is a shared object of the interface that OpenSSH's
 * PROTOCOL.u2f describes, version 10 of it (OpenSSH 9.2).  This one opens the
 * device that WEBCRED_SK_DEVICE names; ssh-keygen enrols by its own means, with
 * -O device.  Everything between the two is real: CTAP2, the signature, sshd's
 * check of it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <fido.h>
#include <openssl/ecdsa.h>

#define SK_ED25519 0x01
#define SK_VERIFY 0x04

struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};

uint32_t sk_api_version(void);
int sk_enroll(void);
int sk_load_resident_keys(void);
int sk_sign(uint32_t algorithm, const uint8_t *data, size_t len, const char *application,
	    const uint8_t *handle, size_t handle_len, uint8_t flags, const char *pin,
	    void **options, struct sk_sign_response **ret_response);

uint32_t sk_api_version(void)
{
	return 0x000a0000;
}

/* ssh looks for these two before it signs; SSH_SK_ERR_UNSUPPORTED, whatever their
 * arguments. */
int sk_enroll(void)
{
	return -2;
}

int sk_load_resident_keys(void)
{
	return -2;
}

static int take_number(const BIGNUM *number, uint8_t **ret_bytes, size_t *ret_len)
{
	*ret_len = (size_t)BN_num_bytes(number);
	*ret_bytes = calloc(1, *ret_len + 1);
	return *ret_bytes ? BN_bn2bin(number, *ret_bytes) : -1;
}

static int take_ecdsa(const fido_assert_t *assertion, struct sk_sign_response *response)
{
	const uint8_t *der = fido_assert_sig_ptr(assertion, 0);
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)fido_assert_sig_len(assertion, 0));
	int r = -1;

	if (signature &&
	    take_number(ECDSA_SIG_get0_r(signature), &response->sig_r, &response->sig_r_len) >= 0)
		r = take_number(ECDSA_SIG_get0_s(signature), &response->sig_s,
				&response->sig_s_len);
	ECDSA_SIG_free(signature);
	return r;
}

/* One piece of 64 bytes, which is in the place of the first number. */
static int take_ed25519(const fido_assert_t *assertion, struct sk_sign_response *response)
{
	response->sig_r_len = fido_assert_sig_len(assertion, 0);
	response->sig_r = malloc(response->sig_r_len + 1);
	if (!response->sig_r)
		return -1;
	memcpy(response->sig_r, fido_assert_sig_ptr(assertion, 0), response->sig_r_len);
	return 0;
}

static struct sk_sign_response *respond(const fido_assert_t *assertion, uint32_t algorithm)
{
	struct sk_sign_response *response = calloc(1, sizeof(*response));

	if (!response ||
	    (algorithm == SK_ED25519 ? take_ed25519 : take_ecdsa)(assertion, response) < 0) {
		free(response);
		return NULL;
	}
	response->flags = fido_assert_flags(assertion, 0);
	response->counter = fido_assert_sigcount(assertion, 0);
	return response;
}

/* The presence that ssh asks for is always asked of the key. */
int sk_sign(uint32_t algorithm, const uint8_t *data, size_t len, const char *application,
	    const uint8_t *handle, size_t handle_len, uint8_t flags, const char *pin,
	    void **options, struct sk_sign_response **ret_response)
{
	const char *path = getenv("WEBCRED_SK_DEVICE");
	fido_assert_t *assertion = fido_assert_new();
	fido_dev_t *device = fido_dev_new();
	bool opened = path && fido_dev_open(device, path) == FIDO_OK;

	(void)options;
	if (opened && fido_assert_set_clientdata(assertion, data, len) == FIDO_OK &&
	    fido_assert_set_rp(assertion, application) == FIDO_OK &&
	    fido_assert_allow_cred(assertion, handle, handle_len) == FIDO_OK &&
	    fido_assert_set_up(assertion, FIDO_OPT_TRUE) == FIDO_OK &&
	    (!(flags & SK_VERIFY) || fido_assert_set_uv(assertion, FIDO_OPT_TRUE) == FIDO_OK) &&
	    fido_dev_get_assert(device, assertion, flags & SK_VERIFY ? pin : NULL) == FIDO_OK)
		*ret_response = respond(assertion, algorithm);
	else
		*ret_response = NULL;
	if (opened)
		(void)fido_dev_close(device);
	fido_dev_free(&device);
	fido_assert_free(&assertion);
	return *ret_response ? 0 : -1;
}
