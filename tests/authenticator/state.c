/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The state file: one "name value..." a line, byte strings in hex, "-" for an
 * empty one. A credential is one line of twelve words.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/x509.h>

#include "hex.h"
#include "state.h"

#define STATE_HEADING "softkey-state 1"

static void state_put_hex(FILE *f, const void *ptr, size_t len)
{
	const uint8_t *p = ptr;

	if (len == 0)
		fputs(" -", f);
	else
		fputc(' ', f);
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%02x", p[i]);
}

static void state_put_key(FILE *f, const EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	int len = i2d_PrivateKey(pkey, &der);

	state_put_hex(f, der, len > 0 ? (size_t)len : 0);
	OPENSSL_free(der);
}

static void state_put_credential(FILE *f, const struct credential *cred)
{
	fprintf(f, "credential %d %d %d %u", cred->algorithm, cred->resident, cred->hmac_secret,
		cred->protect);
	state_put_hex(f, cred->id, cred->id_len);
	state_put_hex(f, cred->rp_id, strlen(cred->rp_id));
	state_put_hex(f, cred->rp_hash, sizeof(cred->rp_hash));
	state_put_hex(f, cred->user_id, cred->user_id_len);
	state_put_hex(f, cred->user_name, strlen(cred->user_name));
	state_put_hex(f, cred->user_display, strlen(cred->user_display));
	state_put_hex(f, cred->cred_random, sizeof(cred->cred_random));
	state_put_key(f, cred->pkey);
	fputc('\n', f);
}

static void state_put(FILE *f, const struct state *state)
{
	fprintf(f, STATE_HEADING "\n");
	fprintf(f, "counter %" PRIu32 "\n", state->counter);
	fprintf(f, "retries %u %u\n", state->pin_retries, state->uv_retries);
	fprintf(f, "policy %u %d\n", state->min_pin_length, state->force_pin_change);
	if (state->pin_set) {
		fprintf(f, "pin %u", state->pin_length);
		state_put_hex(f, state->pin_hash, sizeof(state->pin_hash));
		fputc('\n', f);
	}
	if (state->attestation_key != NULL) {
		fputs("attestation", f);
		state_put_key(f, state->attestation_key);
		state_put_hex(f, state->attestation_cert, state->attestation_cert_len);
		state_put_hex(f, state->root_cert, state->root_cert_len);
		fputc('\n', f);
	}
	if (state->replay_len > 0) {
		fputs("replay", f);
		state_put_hex(f, state->replay, state->replay_len);
		fputc('\n', f);
	}
	for (size_t i = 0; i < state->count; i++)
		state_put_credential(f, state->credentials[i]);
}

int state_save(const struct state *state)
{
	char *tmp = NULL;
	FILE *f = NULL;
	int r = -1;

	if (state->path == NULL)
		return 0;
	if (asprintf(&tmp, "%s.new", state->path) < 0)
		return -1;
	f = fopen(tmp, "we");
	if (f == NULL)
		goto out;
	fchmod(fileno(f), 0600);
	state_put(f, state);
	r = ferror(f) ? -1 : 0;
	if (fclose(f) != 0 || r != 0 || rename(tmp, state->path) != 0)
		r = -1;
out:
	if (r != 0)
		fprintf(stderr, "softkey: cannot save %s: %s\n", state->path, strerror(errno));
	free(tmp);
	return r;
}

/* The next word as bytes in the caller's hands, NULL on nonsense. */
static uint8_t *state_take_hex(char **rest, size_t *ret_len)
{
	char *word = strsep(rest, " ");
	uint8_t *ptr;

	if (word == NULL)
		return NULL;
	if (strcmp(word, "-") == 0)
		*word = '\0';
	ptr = malloc(strlen(word) / 2 + 1);
	if (ptr == NULL)
		abort();
	if (!hex_parse(word, ptr, strlen(word) / 2, ret_len)) {
		free(ptr);
		return NULL;
	}
	ptr[*ret_len] = '\0';
	return ptr;
}

/* Copies at most size bytes; an exact length where ret_len is NULL. */
static bool state_take_bytes(char **rest, void *dst, size_t size, size_t *ret_len)
{
	size_t len;
	uint8_t *ptr = state_take_hex(rest, &len);
	bool ok = ptr != NULL && len <= size && (ret_len != NULL || len == size);

	if (ok && len > 0)
		memcpy(dst, ptr, len);
	if (ok && ret_len != NULL)
		*ret_len = len;
	free(ptr);
	return ok;
}

static EVP_PKEY *state_take_key(char **rest)
{
	size_t len;
	uint8_t *der = state_take_hex(rest, &len);
	const uint8_t *p = der;
	EVP_PKEY *pkey = NULL;

	if (der != NULL)
		pkey = d2i_AutoPrivateKey(NULL, &p, (long)len);
	free(der);
	return pkey;
}

static bool state_take_credential(struct state *state, char *rest)
{
	struct credential *cred = credential_new();
	int n = 0, resident, hmac;
	size_t ignored;

	if (sscanf(rest, "%d %d %d %u %n", &cred->algorithm, &resident, &hmac, &cred->protect,
		   &n) != 4)
		goto bad;
	cred->resident = resident;
	cred->hmac_secret = hmac;
	rest += n;
	/* The arrays of text are one byte longer than what fits, and zero. */
	if (!state_take_bytes(&rest, cred->id, sizeof(cred->id), &cred->id_len) ||
	    !state_take_bytes(&rest, cred->rp_id, sizeof(cred->rp_id) - 1, &ignored) ||
	    !state_take_bytes(&rest, cred->rp_hash, 32, NULL) ||
	    !state_take_bytes(&rest, cred->user_id, sizeof(cred->user_id), &cred->user_id_len) ||
	    !state_take_bytes(&rest, cred->user_name, sizeof(cred->user_name) - 1, &ignored) ||
	    !state_take_bytes(&rest, cred->user_display, sizeof(cred->user_display) - 1,
			      &ignored) ||
	    !state_take_bytes(&rest, cred->cred_random, 64, NULL))
		goto bad;
	cred->pkey = state_take_key(&rest);
	if (cred->pkey == NULL)
		goto bad;
	state_add(state, cred);
	return true;
bad:
	credential_free(cred);
	return false;
}

static bool state_take_line(struct state *state, char *line)
{
	char *rest = line;
	const char *name = strsep(&rest, " ");
	int flag;

	if (rest == NULL)
		return false;
	if (strcmp(name, "credential") == 0)
		return state_take_credential(state, rest);
	if (strcmp(name, "counter") == 0)
		return sscanf(rest, "%" SCNu32, &state->counter) == 1;
	if (strcmp(name, "retries") == 0)
		return sscanf(rest, "%u %u", &state->pin_retries, &state->uv_retries) == 2;
	if (strcmp(name, "policy") == 0) {
		if (sscanf(rest, "%u %d", &state->min_pin_length, &flag) != 2)
			return false;
		state->force_pin_change = flag;
		return true;
	}
	if (strcmp(name, "pin") == 0) {
		state->pin_length = (unsigned)atoi(strsep(&rest, " "));
		state->pin_set = true;
		return state_take_bytes(&rest, state->pin_hash, 16, NULL);
	}
	if (strcmp(name, "attestation") == 0) {
		state->attestation_key = state_take_key(&rest);
		state->attestation_cert = state_take_hex(&rest, &state->attestation_cert_len);
		state->root_cert = state_take_hex(&rest, &state->root_cert_len);
		return state->attestation_key != NULL && state->attestation_cert != NULL &&
		       state->root_cert != NULL;
	}
	if (strcmp(name, "replay") == 0) {
		state->replay = state_take_hex(&rest, &state->replay_len);
		return state->replay != NULL;
	}
	return false;
}

int state_load(struct state *state)
{
	FILE *f;
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t n;
	int r = 0;

	if (state->path == NULL || (f = fopen(state->path, "re")) == NULL) {
		if (state->path == NULL || errno == ENOENT)
			return 0;
		perror(state->path);
		return -1;
	}
	while (r == 0 && (n = getline(&line, &size, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (number++ == 0)
			r = strcmp(line, STATE_HEADING) == 0 ? 0 : -1;
		else
			r = state_take_line(state, line) ? 0 : -1;
	}
	if (r != 0)
		fprintf(stderr, "softkey: %s:%zu: not understood\n", state->path, number);
	free(line);
	fclose(f);
	return r;
}
