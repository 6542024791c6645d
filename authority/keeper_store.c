/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_store - about no account in particular: who has one, and a copy of all. */
#include "authority/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- accounts -------------------------------------------------------------- */

struct store_walk {
	struct wire_out *out;
	uint16_t n;
};

static int store_put_account(void *context, const struct store_account *account)
{
	struct store_walk *walk = context;
	size_t before = walk->out->len;

	wire_put_u64(walk->out, (uint64_t)account->number);
	wire_put_str(walk->out, account->name);
	wire_put_u32(walk->out, account->uid);
	wire_put_u8(walk->out, account->locked);
	if (!walk->out->overflow) {
		walk->n++;
		return 0;
	}
	/* What does not fit is asked for again, by the last number it had. */
	walk->out->overflow = false;
	walk->out->len = before;
	return 1;
}

void keeper_accounts(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint64_t after = wire_get_u64(in);
	struct store_walk walk = {.out = &keeper->out};
	int r;

	if (!wire_done(in) || after > INT64_MAX) {
		client->closing = true;
		return;
	}
	wire_begin(&keeper->out, (enum wire_message)ANSWER_ACCOUNTS);
	wire_put_u16(&keeper->out, 0);
	r = keeper->store->ops->account_each(keeper->store, (int64_t)after, store_put_account,
					     &walk);
	if (r < 0) {
		keeper_fault(keeper, client, r, "the store could not be read");
		return;
	}
	keeper->out.bytes[1] = (uint8_t)(walk.n >> 8);
	keeper->out.bytes[2] = (uint8_t)walk.n;
	keeper_answer(keeper, client);
}

/* ---- backup ----------------------------------------------------------------- */

static int store_copy_path(const struct keeper *keeper, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/webcred.db.copy", keeper->options->state_folder);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

void keeper_backup(struct keeper *keeper, struct client *client)
{
	char path[PATH_MAX];
	int r;

	if (keeper->copy) {
		keeper_refuse(keeper, client, WEBCRED_INVALID_STATE,
			      "another backup is being made; wait for it");
		return;
	}
	r = store_copy_path(keeper, path);
	/* What a backup left behind that ended with its keeper. */
	if (r == 0 && unlink(path) < 0 && errno != ENOENT)
		r = -errno;
	if (r == 0)
		r = keeper->store->ops->copy_begin(keeper->store, path, &keeper->copy);
	if (r < 0) {
		keeper->copy = NULL;
		keeper_fault(keeper, client, r, "a backup could not be begun");
		return;
	}
	keeper->copy_for = client->serial;
}

void keeper_backup_abandon(struct keeper *keeper)
{
	char path[PATH_MAX];

	if (!keeper->copy)
		return;
	keeper->store->ops->copy_end(keeper->store, keeper->copy);
	keeper->copy = NULL;
	if (store_copy_path(keeper, path) == 0)
		(void)unlink(path);
}

/* The whole copy, without a name: nobody else will ever open it. */
static int store_take_copy(struct keeper *keeper, int *ret_fd)
{
	char path[PATH_MAX];
	int fd, r;

	keeper->store->ops->copy_end(keeper->store, keeper->copy);
	keeper->copy = NULL;
	r = store_copy_path(keeper, path);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	r = fd < 0 ? -errno : 0;
	if (unlink(path) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return r;
}

void keeper_backup_turn(struct keeper *keeper)
{
	struct client *client = keeper_client(keeper, keeper->copy_for);
	int r;

	if (!client) {
		keeper_backup_abandon(keeper);
		return;
	}
	r = keeper->store->ops->copy_step(keeper->store, keeper->copy);
	if (r > 0)
		return;
	if (r == 0)
		r = store_take_copy(keeper, &client->backup);
	if (r < 0) {
		keeper_backup_abandon(keeper);
		keeper_fault(keeper, client, r, "a backup could not be made");
	} else {
		strcpy(client->audit_on_commit, "backup");
		client->note = (struct audit_note){.result = "done"};
		keeper_done(keeper, client, "");
	}
	keeper_commit(keeper);
}

void keeper_backup_pass(struct client *client)
{
	struct wire_out out;

	if (client->backup <= 0)
		return;
	wire_begin(&out, (enum wire_message)ANSWER_COPY);
	if (wire_send_fd(client->channel, out.bytes, out.len, client->backup, wire_clock()) != 0)
		client->closing = true;
	close(client->backup);
	client->backup = 0;
}
