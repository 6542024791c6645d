/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_carry - logins that wait for their account line live through a restart.
 *
 * An upgrade stops the authority between somebody's authenticate and their
 * acct_mgmt sooner or later.  A keeper that is told to stop leaves what it has
 * granted in the store's meta table, and the next one takes it out again, once.
 * It counts within the same boot alone, whose monotonic clock its times are of,
 * and settling looks at account and credential anew, as ever.  A keeper that is
 * killed carries nothing over: those logins are refused.
 */
#include "authority/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define CARRY_KEY "logins"
#define CARRY_BOOT_SIZE 36 /* random(4): a UUID */
#define CARRY_ENCODING sodium_base64_VARIANT_ORIGINAL
#define CARRY_HEAD_SIZE (CARRY_BOOT_SIZE + 1) /* and a space */

static int carry_boot(char ret_boot[CARRY_BOOT_SIZE])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_boot, CARRY_BOOT_SIZE);

	if (fd >= 0)
		close(fd);
	return n == CARRY_BOOT_SIZE ? 0 : -EIO;
}

static bool carry_counts(const struct keeper_grant *grant, int64_t now)
{
	return grant->at > 0 && grant->at <= now && now - grant->at < KEEPER_GRANT_S * 1000 &&
	       memchr(grant->service, '\0', sizeof(grant->service)) != NULL;
}

/* In a transaction of its own. */
static int carry_write(struct keeper *keeper, const char *text)
{
	const struct store_ops *ops = keeper->store->ops;
	int r = ops->begin(keeper->store);

	if (r == 0)
		r = ops->meta_set(keeper->store, CARRY_KEY, text);
	if (r == 0)
		r = ops->commit(keeper->store);
	if (r != 0)
		ops->rollback(keeper->store);
	return r;
}

static int carry_leave(struct keeper *keeper, const struct keeper_grant *grants, size_t n)
{
	size_t size = n * sizeof(*grants), room;
	char *text;
	int r;

	room = CARRY_HEAD_SIZE + sodium_base64_encoded_len(size, CARRY_ENCODING);
	text = calloc(1, room);
	if (!text)
		return -ENOMEM;
	r = carry_boot(text);
	if (r == 0) {
		text[CARRY_BOOT_SIZE] = ' ';
		sodium_bin2base64(text + CARRY_HEAD_SIZE, room - CARRY_HEAD_SIZE,
				  (const unsigned char *)grants, size, CARRY_ENCODING);
		r = carry_write(keeper, text);
	}
	sodium_memzero(text, room);
	free(text);
	return r;
}

void keeper_carry_leave(struct keeper *keeper)
{
	int64_t now = wire_clock();
	size_t n = 0;
	int r;

	if (!keeper->store || keeper->in_batch)
		return;
	for (size_t i = 0; i < KEEPER_GRANTS; i++) {
		if (carry_counts(&keeper->grant[i], now))
			keeper->grant[n++] = keeper->grant[i];
	}
	if (n == 0)
		return;
	r = carry_leave(keeper, keeper->grant, n);
	if (r != 0)
		audit_log(LOG_WARNING,
			  "%zu logins were not carried over, and will be refused by their account "
			  "line: %s",
			  n, strerror(r < 0 ? -r : EIO));
}

static void carry_adopt(struct keeper *keeper, const char *text)
{
	struct keeper_grant grant;
	unsigned char *bytes;
	char boot[CARRY_BOOT_SIZE];
	size_t len = strlen(text), size = 0;

	if (len <= CARRY_HEAD_SIZE || carry_boot(boot) != 0 ||
	    memcmp(text, boot, sizeof(boot)) != 0)
		return;
	bytes = calloc(1, len);
	if (!bytes)
		return;
	if (sodium_base642bin(bytes, len, text + CARRY_HEAD_SIZE, len - CARRY_HEAD_SIZE, NULL,
			      &size, NULL, CARRY_ENCODING) != 0 ||
	    size % sizeof(grant) != 0)
		size = 0;
	for (size_t at = 0; at < size && keeper->next_grant < KEEPER_GRANTS; at += sizeof(grant)) {
		memcpy(&grant, bytes + at, sizeof(grant));
		if (carry_counts(&grant, wire_clock()))
			keeper->grant[keeper->next_grant++] = grant;
	}
	sodium_memzero(&grant, sizeof(grant));
	sodium_memzero(bytes, len);
	free(bytes);
}

void keeper_carry_take(struct keeper *keeper)
{
	const size_t room =
		CARRY_HEAD_SIZE + sodium_base64_encoded_len(sizeof(keeper->grant), CARRY_ENCODING);
	char *text = keeper->store ? calloc(1, room) : NULL;

	if (!text)
		return;
	/* Taken out first: what is adopted twice could be settled twice. */
	if (keeper->store->ops->meta_get(keeper->store, CARRY_KEY, text, room) == 0 && text[0] &&
	    carry_write(keeper, "") == 0)
		carry_adopt(keeper, text);
	sodium_memzero(text, room);
	free(text);
}
