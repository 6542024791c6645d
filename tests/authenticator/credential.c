/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "state.h"

struct credential *credential_new(void)
{
	struct credential *cred = calloc(1, sizeof(*cred));

	if (cred == NULL)
		abort();
	cred->protect = 1;
	return cred;
}

void credential_free(struct credential *cred)
{
	if (cred == NULL)
		return;
	EVP_PKEY_free(cred->pkey);
	free(cred);
}

struct credential *credential_find(const struct state *state, const uint8_t *id, size_t id_len,
				   const uint8_t rp_hash[32])
{
	for (size_t i = 0; i < state->count; i++) {
		struct credential *cred = state->credentials[i];

		if (cred->id_len == id_len && memcmp(cred->id, id, id_len) == 0 &&
		    memcmp(cred->rp_hash, rp_hash, 32) == 0)
			return cred;
	}
	return NULL;
}

void state_add(struct state *state, struct credential *cred)
{
	struct credential **list =
		reallocarray(state->credentials, state->count + 1, sizeof(*list));

	if (list == NULL)
		abort();
	state->credentials = list;
	state->credentials[state->count++] = cred;
}

void state_remove(struct state *state, const struct credential *cred)
{
	for (size_t i = 0; i < state->count; i++) {
		if (state->credentials[i] != cred)
			continue;
		credential_free(state->credentials[i]);
		state->count--;
		memmove(&state->credentials[i], &state->credentials[i + 1],
			(state->count - i) * sizeof(*state->credentials));
		return;
	}
}

void state_init(struct state *state, const char *path)
{
	memset(state, 0, sizeof(*state));
	state->path = path == NULL ? NULL : strdup(path);
	state->pin_retries = PIN_RETRIES_MAX;
	state->uv_retries = UV_RETRIES_MAX;
	state->min_pin_length = 4;
}

void state_reset(struct state *state)
{
	while (state->count > 0)
		state_remove(state, state->credentials[state->count - 1]);
	state_set_replay(state, NULL, 0);
	state->counter = 0;
	state->pin_set = false;
	state->pin_retries = PIN_RETRIES_MAX;
	state->uv_retries = UV_RETRIES_MAX;
	state->min_pin_length = 4;
	state->force_pin_change = false;
}

void state_deinit(struct state *state)
{
	state_reset(state);
	free(state->credentials);
	free(state->path);
	free(state->attestation_cert);
	free(state->root_cert);
	EVP_PKEY_free(state->attestation_key);
	memset(state, 0, sizeof(*state));
}

void state_set_replay(struct state *state, const uint8_t *ptr, size_t len)
{
	free(state->replay);
	state->replay = NULL;
	state->replay_len = 0;
	if (len == 0)
		return;
	state->replay = malloc(len);
	if (state->replay == NULL)
		abort();
	memcpy(state->replay, ptr, len);
	state->replay_len = len;
}

/* Only LEFT(SHA-256(pin), 16) is kept (CTAP 2.1, 6.5.5.5). */
void state_set_pin(struct state *state, const char *pin, size_t len)
{
	uint8_t digest[32];

	digest_sha256(pin, len, digest);
	memcpy(state->pin_hash, digest, sizeof(state->pin_hash));
	state->pin_length = 0;
	for (size_t i = 0; i < len; i++)
		state->pin_length += ((uint8_t)pin[i] & 0xc0) != 0x80;
	state->pin_set = true;
	state->pin_retries = PIN_RETRIES_MAX;
	state->uv_retries = UV_RETRIES_MAX;
	state->force_pin_change = false;
}
