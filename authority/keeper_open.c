/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper_open - configuration, store and keys: opened at start, looked at again
 * at each request.  "Could not look" is never "nothing there".
 */
#include "authority/keeper.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "authority/made.h"
#include "lib/base/text.h"

#define OPEN_RETRY_MS 500

static bool open_conf_changed(const struct keeper *keeper, const struct stat *now)
{
	const struct stat *seen = &keeper->conf_seen;

	return now->st_ino != seen->st_ino || now->st_dev != seen->st_dev ||
	       now->st_size != seen->st_size || now->st_mode != seen->st_mode ||
	       now->st_uid != seen->st_uid || now->st_mtim.tv_sec != seen->st_mtim.tv_sec ||
	       now->st_mtim.tv_nsec != seen->st_mtim.tv_nsec ||
	       now->st_ctim.tv_sec != seen->st_ctim.tv_sec ||
	       now->st_ctim.tv_nsec != seen->st_ctim.tv_nsec;
}

/* Reads the file again where it is not the one we know; where it could not be read, or was
 * not trusted, now and then: the reason may have been a folder above it, or no memory. */
static void open_conf(struct keeper *keeper, int64_t clock)
{
	const char *path = keeper->options->conf_path;
	struct stat now;

	memset(&now, 0, sizeof(now));
	if (lstat(path, &now) < 0)
		memset(&now, 0, sizeof(now));
	if ((keeper->conf_good || clock < keeper->conf_retry_at) &&
	    !open_conf_changed(keeper, &now))
		return;
	keeper->conf_seen = now;
	keeper->conf_retry_at = clock + OPEN_RETRY_MS;
	keeper->conf_result =
		conf_read(path, &keeper->conf, keeper->conf_error, sizeof(keeper->conf_error));
	keeper->conf_good = keeper->conf_result == 0;
	if (!keeper->conf_good)
		conf_defaults(&keeper->conf); /* for limits and the log; no login is served */
}

static int open_meta(struct keeper *keeper, const char *key, const char *initial, char *value,
		     size_t size)
{
	struct store *store = keeper->store;
	int r = store->ops->meta_get(store, key, value, size);

	if (r != STORE_ABSENT)
		return r;
	if (snprintf(value, size, "%s", initial) >= (int)size)
		return -ENAMETOOLONG;
	r = store->ops->begin(store);
	if (r == 0)
		r = store->ops->meta_set(store, key, value);
	if (r == 0)
		return store->ops->commit(store);
	store->ops->rollback(store);
	return r;
}

/* The relying party id is fixed at first start (design: a renamed host keeps
 * its keys). */
static int open_rp_id(struct keeper *keeper)
{
	const char *initial;

	if (gethostname(keeper->host, sizeof(keeper->host) - 1) < 0)
		return -errno;
	if (!keeper->host[0])
		strcpy(keeper->host, "localhost");
	initial = keeper->conf.rp_id[0] ? keeper->conf.rp_id : keeper->host;
	return open_meta(keeper, "rp_id", initial, keeper->rp_id, sizeof(keeper->rp_id));
}

/* Without the host key one-time codes are lost; passwords and security keys are
 * not (design).  Who needs it is told, each time, and so is the log. */
static void open_without_key(struct keeper *keeper, const char *why)
{
	seal_close(keeper->seal);
	keeper->seal = NULL;
	snprintf(keeper->key_trouble, sizeof(keeper->key_trouble),
		 "%.350s; until then no one-time code, recovery code or invitation can be judged",
		 why);
	/* Which slot an unknown name has may change: nothing depends on it. */
	randombytes_buf(keeper->key_unknown, sizeof(keeper->key_unknown));
	audit_log(LOG_CRIT, "%s", keeper->key_trouble);
}

/* Recovery codes and invitations are hashed with keys of their own. */
static int open_code_keys(struct keeper *keeper)
{
	uint8_t keys[SEAL_CARRIED_SIZE];
	char text[SEAL_CARRIED_TEXT] = "";
	int r = keeper->store->ops->meta_get(keeper->store, "code_keys", text, sizeof(text));

	if (r >= 0)
		r = seal_code_keys(keeper->seal, text, keys);
	if (r < 0)
		return r;
	memcpy(keeper->key_recovery, keys, 32);
	memcpy(keeper->key_invite, keys + 32, 32);
	seal_subkey(keeper->seal, "unknown", keeper->key_unknown);
	sodium_memzero(keys, sizeof(keys));
	return 0;
}

static int open_keys(struct keeper *keeper)
{
	const char *folder = keeper->options->state_folder;
	char number[16] = "", stored[16] = "", *error = keeper->store_error;
	bool first;
	int r;

	/* Only a store that never named a key may get a new one. */
	r = keeper->store->ops->meta_get(keeper->store, "seal_key", stored, sizeof(stored));
	first = r == STORE_ABSENT;
	if (r == 0)
		r = seal_settle(folder, (uint32_t)strtoul(stored, NULL, 10), false, error,
				sizeof(keeper->store_error));
	if (r >= 0)
		r = seal_open(folder, first, &keeper->seal, error, sizeof(keeper->store_error));
	if (r == -ENOKEY && !first) {
		open_without_key(keeper, error);
		return 0;
	}
	if (r < 0)
		return r;
	snprintf(number, sizeof(number), "%u", seal_key_number(keeper->seal));
	r = open_meta(keeper, "seal_key", number, stored, sizeof(stored));
	if (r == 0 && strcmp(number, stored) != 0) {
		snprintf(error, sizeof(keeper->store_error),
			 "the host key is number %s, the store was sealed with number %s; put the "
			 "right host.key back",
			 number, stored);
		open_without_key(keeper, error);
		return 0;
	}
	return r == 0 ? open_code_keys(keeper) : r;
}

static void open_remember_file(struct keeper *keeper)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/webcred.db", keeper->options->state_folder);
	if (lstat(path, &st) == 0) {
		keeper->store_dev = st.st_dev;
		keeper->store_ino = st.st_ino;
	}
}

/* A database that was taken away under us holds what the next start will not
 * find: nothing more is written to it. */
static bool open_file_is_there(const struct keeper *keeper)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/webcred.db", keeper->options->state_folder);
	return lstat(path, &st) == 0 && st.st_dev == keeper->store_dev &&
	       st.st_ino == keeper->store_ino;
}

static void open_close_store(struct keeper *keeper)
{
	struct client *client;

	/* They hold account numbers of a store that is no more. */
	for (client = keeper->clients; client; client = client->next)
		client->closing = client->closing || (client->begun && !client->answer);
	keeper_backup_abandon(keeper);
	keeper_names_abandon(keeper);
	if (keeper->store)
		keeper->store->ops->close(keeper->store);
	keeper->store = NULL;
	seal_close(keeper->seal);
	keeper->seal = NULL;
}

static int open_store(struct keeper *keeper)
{
	const char *folder = keeper->options->state_folder;
	int r = made_check(folder, keeper->had_store, keeper->store_error,
			   sizeof(keeper->store_error));

	if (r != 0)
		return r;
	r = store_sqlite_open(folder, &keeper->store, keeper->store_error,
			      sizeof(keeper->store_error));
	if (r != 0)
		return r;
	r = open_rp_id(keeper);
	if (r == 0)
		r = open_keys(keeper);
	if (r == 0)
		r = made_note(folder, keeper->store_error, sizeof(keeper->store_error));
	if (r != 0) {
		if (!keeper->store_error[0])
			snprintf(keeper->store_error, sizeof(keeper->store_error), "%s: %s", folder,
				 strerror(-r));
		open_close_store(keeper);
		return r < 0 ? r : -EIO;
	}
	keeper->had_store = true;
	open_remember_file(keeper);
	keeper_names_open(keeper);
	return 0;
}

int keeper_ready(struct keeper *keeper, char *ret_text, size_t size)
{
	int64_t now = wire_clock();

	open_conf(keeper, now);
	if (keeper->store && !keeper->in_batch && !open_file_is_there(keeper)) {
		open_close_store(keeper);
		keeper->store_retry_at = 0;
	}
	if (!keeper->store && now >= keeper->store_retry_at) {
		keeper->store_retry_at = now + OPEN_RETRY_MS;
		keeper->store_error[0] = 0;
		keeper->store_result = open_store(keeper);
	}
	if (keeper->conf_result != 0) {
		snprintf(ret_text, size, "%s", keeper->conf_error);
		return keeper->conf_result;
	}
	if (!keeper->store) {
		snprintf(ret_text, size, "%s", keeper->store_error);
		return keeper->store_result < 0 ? keeper->store_result : -EIO;
	}
	return 0;
}
