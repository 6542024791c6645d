/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/base/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/*
 * The whole object lives on the mapping it protects: nothing else shares its
 * pages, so locking, leaving out of dumps and wiping in forked children (where
 * it then reads as an empty secret) apply to all of it and to nothing more.
 */
struct webcred_secret {
	size_t len;
	bool refused;			       /* what was to be stored was too long */
	uint8_t bytes[WEBCRED_SECRET_MAX + 1]; /* always terminated */
};

struct webcred_secret *secret_new(void)
{
	void *pages = mmap(NULL, sizeof(struct webcred_secret), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int saved = errno;

	if (pages == MAP_FAILED)
		return NULL;
	/* Best effort each: limits forbid the lock to an unprivileged locker,
	 * seccomp may forbid the advice; a login is still possible then. */
	(void)mlock(pages, sizeof(struct webcred_secret));
	(void)madvise(pages, sizeof(struct webcred_secret), MADV_DONTDUMP);
	(void)madvise(pages, sizeof(struct webcred_secret), MADV_WIPEONFORK);
	errno = saved;
	return pages;
}

void secret_free(struct webcred_secret *secret)
{
	if (!secret)
		return;
	secret_wipe(secret, sizeof(*secret));
	(void)munmap(secret, sizeof(*secret));
}

struct webcred_secret *secret_new_from(const void *bytes, size_t len)
{
	struct webcred_secret *secret = secret_new();

	if (secret && secret_set(secret, bytes, len) != 0) {
		secret_free(secret);
		return NULL;
	}
	return secret;
}

int secret_set(struct webcred_secret *secret, const void *bytes, size_t len)
{
	secret->refused = len > WEBCRED_SECRET_MAX;
	if (secret->refused) {
		secret_resize(secret, 0);
		return -EMSGSIZE;
	}
	/* The source may lie inside this secret: move first, wipe the rest. */
	if (len > 0)
		memmove(secret->bytes, bytes, len);
	secret_wipe(secret->bytes + len, sizeof(secret->bytes) - len);
	secret->len = len;
	return 0;
}

bool secret_refused(const struct webcred_secret *secret)
{
	return secret->refused;
}

const char *secret_bytes(const struct webcred_secret *secret)
{
	return (const char *)secret->bytes;
}

size_t secret_len(const struct webcred_secret *secret)
{
	return secret->len;
}

uint8_t *secret_room(struct webcred_secret *secret)
{
	return secret->bytes;
}

void secret_resize(struct webcred_secret *secret, size_t len)
{
	if (len > WEBCRED_SECRET_MAX)
		len = WEBCRED_SECRET_MAX;
	secret_wipe(secret->bytes + len, sizeof(secret->bytes) - len);
	secret->len = len;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

void secret_trim(struct webcred_secret *secret)
{
	size_t first = 0, end = secret->len;

	while (end > 0 && is_blank(secret->bytes[end - 1]))
		end--;
	while (first < end && is_blank(secret->bytes[first]))
		first++;
	memmove(secret->bytes, secret->bytes + first, end - first);
	secret_resize(secret, end - first);
}

void secret_wipe(void *bytes, size_t len)
{
	if (len > 0)
		explicit_bzero(bytes, len);
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return difference == 0;
}
