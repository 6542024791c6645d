/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/counted_secret.h"

#include "lib/base/secret.h"
#include "tests/unit/unit.h"

bool counted_secret_none;
int counted_secret_alive;
static size_t wiped[1024];
static size_t n_wiped;

static void note(size_t len)
{
	assert_true(n_wiped < N_ELEMENTS(wiped));
	wiped[n_wiped++] = len;
}

struct webcred_secret *__real_secret_new(void);
struct webcred_secret *__wrap_secret_new(void);
struct webcred_secret *__wrap_secret_new(void)
{
	if (counted_secret_none)
		return NULL;
	counted_secret_alive++;
	return __real_secret_new();
}

void __real_secret_free(struct webcred_secret *secret);
void __wrap_secret_free(struct webcred_secret *secret);
void __wrap_secret_free(struct webcred_secret *secret)
{
	counted_secret_alive -= secret != NULL;
	__real_secret_free(secret);
}

void __real_secret_wipe(void *bytes, size_t len);
void __wrap_secret_wipe(void *bytes, size_t len);
void __wrap_secret_wipe(void *bytes, size_t len)
{
	note(len);
	__real_secret_wipe(bytes, len);
}

void __real_sodium_memzero(void *bytes, size_t len);
void __wrap_sodium_memzero(void *bytes, size_t len);
void __wrap_sodium_memzero(void *bytes, size_t len)
{
	note(len);
	__real_sodium_memzero(bytes, len);
}

void counted_secret_forget(void)
{
	counted_secret_none = false;
	counted_secret_alive = 0;
	n_wiped = 0;
}

unsigned counted_wipes(size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < n_wiped; i++)
		n += wiped[i] == len;
	return n;
}
