/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_settle - a login that the whole stack let in counts; the flag comes and goes. */
#include "authority/keeper.h"

#include <sodium.h>
#include <string.h>

static struct keeper_grant *settle_find_grant(struct keeper *keeper,
					      const uint8_t login[WIRE_LOGIN_SIZE])
{
	int64_t oldest = wire_clock() - KEEPER_GRANT_S * 1000;
	struct keeper_grant *found = NULL;
	unsigned i;

	for (i = 0; i < KEEPER_GRANTS; i++) {
		struct keeper_grant *grant = &keeper->grant[i];

		if (grant->at && grant->at >= oldest &&
		    secret_equal(grant->login, login, WIRE_LOGIN_SIZE))
			found = grant;
	}
	return found;
}

static int settle_account(struct keeper *keeper, struct client *client,
			  const struct keeper_grant *grant)
{
	struct store *store = keeper->store;
	struct store_record record;
	bool clear = false;
	int r = keeper_find_account(keeper, client);

	if (r < 0)
		return r;
	if (!client->known || client->barred || client->account.number != grant->account)
		return STORE_ABSENT;
	r = store->ops->record_get(store, grant->account, grant->id, &record);
	if (r == 0 && record.credential.locked)
		r = STORE_ABSENT;
	sodium_memzero(&record, sizeof(record));
	/* A silent login leaves the flag as it is; only a mediated one clears it. */
	if (r == 0 && !grant->silent)
		r = store->ops->flag_get(store, grant->account, keeper->rp_id, grant->service,
					 &clear);
	if (r == 0 && !grant->silent && !clear) {
		r = keeper_write(keeper);
		if (r == 0)
			r = store->ops->flag_set(store, grant->account, keeper->rp_id,
						 grant->service, true);
	}
	return r;
}

void keeper_settle(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint8_t login[WIRE_LOGIN_SIZE];
	size_t len = wire_get_bytes(in, login, sizeof(login));
	struct keeper_grant *grant;
	int r;

	wire_get_str(in, client->service, sizeof(client->service));
	if (!wire_done(in) || len != sizeof(login)) {
		client->closing = true;
		return;
	}
	grant = settle_find_grant(keeper, login);
	r = grant ? settle_account(keeper, client, grant) : STORE_ABSENT;
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "a login could not be settled");
		return;
	}
	if (r > 0) {
		keeper_note(client, "settle", "refused", NULL, 0,
			    grant ? "the account or the credential was locked or removed"
				  : "no such login, or it is too old");
		keeper_refuse(keeper, client, WEBCRED_NOT_ALLOWED, "this login no longer counts");
		return;
	}
	sodium_memzero(grant, sizeof(*grant));
	keeper_done(keeper, client, "");
}

void keeper_prevent(struct keeper *keeper, struct client *client)
{
	struct store *store = keeper->store;
	int r = 0;

	if (client->known) {
		r = keeper_write(keeper);
		if (r == 0)
			r = store->ops->flag_set(store, client->account.number, keeper->rp_id,
						 client->service[0] ? client->service : NULL,
						 false);
	}
	if (r < 0) {
		keeper_spoil(keeper, r);
		keeper_fault(keeper, client, r, "silent access could not be prevented");
		return;
	}
	strcpy(client->audit_on_commit, "prevent-silent-access");
	client->note = (struct audit_note){.result = "done"};
	keeper_done(keeper, client, "");
}
