/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "lib/base/secret.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Secrets lie on pages of their own: nothing else shares them, so locking,
 * leaving out of dumps and wiping in forked children (where they then read as
 * empty secrets) apply to all of them and to nothing more.
 */
struct webcred_secret {
	size_t len;
	bool refused;			       /* what was to be stored was too long */
	uint8_t bytes[WEBCRED_SECRET_MAX + 1]; /* always terminated */
};

/*
 * A mapping of its own for each would be five system calls each, and a login
 * has two or three at once: they share a page, whose first user maps it and
 * whose last one gives it back.  Who finds it full, or in another thread's
 * hands, maps its own.
 */
#define SHARED_SIZE 4096
#define SHARED_PATIENCE 1000
#define SHARED_PLACES (SHARED_SIZE / sizeof(struct webcred_secret))

static struct {
	int lock;
	unsigned users; /* one for each place taken, and secret_keep()'s */
	struct webcred_secret *place;
	bool taken[SHARED_PLACES];
} shared;

static bool shared_try(void)
{
	return !__atomic_exchange_n(&shared.lock, 1, __ATOMIC_ACQUIRE);
}

/* Held for a few instructions; but a process that was forked in the midst of
 * them by another thread has a lock that nobody opens. */
static bool shared_wait(void)
{
	for (int i = 0; i < SHARED_PATIENCE; i++) {
		if (shared_try())
			return true;
		(void)sched_yield();
	}
	return false;
}

static void shared_leave(void)
{
	__atomic_store_n(&shared.lock, 0, __ATOMIC_RELEASE);
}

static void *pages_new(size_t size)
{
	int saved = errno, flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, flags | MAP_LOCKED, -1, 0);

	/* Best effort each: limits forbid the lock to an unprivileged locker,
	 * seccomp may forbid the advice; a login is still possible then. */
	if (pages == MAP_FAILED)
		pages = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (pages == MAP_FAILED)
		return NULL;
	(void)madvise(pages, size, MADV_DONTDUMP);
	(void)madvise(pages, size, MADV_WIPEONFORK);
	errno = saved;
	return pages;
}

static bool shared_use(void)
{
	if (!shared.place)
		__atomic_store_n(&shared.place, pages_new(SHARED_SIZE), __ATOMIC_RELEASE);
	shared.users += shared.place != NULL;
	return shared.place != NULL;
}

static void shared_unuse(void)
{
	if (--shared.users)
		return;
	(void)munmap(shared.place, SHARED_SIZE);
	__atomic_store_n(&shared.place, NULL, __ATOMIC_RELEASE);
}

void secret_keep(void)
{
	if (!shared_wait())
		return;
	(void)shared_use();
	shared_leave();
}

/* NULL where there is no place. */
static struct webcred_secret *shared_take(void)
{
	struct webcred_secret *secret = NULL;

	if (!shared_try())
		return NULL;
	for (size_t i = 0; i < SHARED_PLACES && !secret; i++) {
		if (shared.taken[i] || !shared_use())
			continue;
		shared.taken[i] = true;
		secret = &shared.place[i];
	}
	shared_leave();
	return secret;
}

/* As long as one of its places is taken the page stays where it is. */
static bool shared_has(const struct webcred_secret *secret)
{
	const struct webcred_secret *place = __atomic_load_n(&shared.place, __ATOMIC_ACQUIRE);

	return place && secret >= place && secret < place + SHARED_PLACES;
}

static void shared_give(const struct webcred_secret *secret)
{
	if (!shared_wait())
		return; /* wiped it is; its place is lost */
	shared.taken[secret - shared.place] = false;
	shared_unuse();
	shared_leave();
}

struct webcred_secret *secret_new(void)
{
	struct webcred_secret *secret = shared_take();

	return secret ? secret : pages_new(sizeof(*secret));
}

void secret_free(struct webcred_secret *secret)
{
	if (!secret)
		return;
	secret_wipe(secret, sizeof(*secret));
	if (shared_has(secret))
		shared_give(secret);
	else
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
