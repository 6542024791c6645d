/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_settle - a login that the whole stack let in counts; the flag comes and goes. */
#include "authority/conf_sets.h"
#include "authority/keeper.h"

#include <sodium.h>
#include <stdio.h>
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

/* ---- what an account lacks (behaviour 35) ------------------------------------- */

/* A set of recovery codes stands in for what is lost, and is no way in. */
static int settle_note_type(void *context, const struct store_record *record)
{
	uint32_t *types = context;

	if (!record->credential.locked && record->credential.kind != KIND_RECOVERY)
		*types |= CONF_TYPE_BIT(record->credential.type);
	return 0;
}

/* *ret_text: what to say; *ret_required: and the login does not count without. */
static int settle_lacks(struct keeper *keeper, const struct keeper_grant *grant, char *ret_text,
			size_t size, bool *ret_required)
{
	struct conf_service section;
	uint32_t have = 0;
	char types[64];
	int r;

	ret_text[0] = '\0';
	*ret_required = false;
	conf_service_find(&keeper->conf, grant->service, &section);
	if (!section.required_credentials && !section.offer)
		return 0;
	r = keeper->store->ops->record_each(keeper->store, grant->account, settle_note_type, &have);
	if (r < 0)
		return r;
	*ret_required = section.required_credentials && !(have & section.required_credentials);
	if (*ret_required) {
		conf_types_write(section.required_credentials, types, sizeof(types));
		snprintf(ret_text, size,
			 "%s wants one of these enrolled first: %s. See webcred "
			 "create --help.",
			 grant->service, types);
	} else if (section.offer && !(have & section.offer) && !grant->silent) {
		conf_types_write(section.offer, types, sizeof(types));
		snprintf(ret_text, size,
			 "You have none of these enrolled yet: %s. See webcred "
			 "create --help.",
			 types);
	}
	return 0;
}

/* ---- the login ------------------------------------------------------------------- */

static int settle_account(struct keeper *keeper, struct client *client,
			  const struct keeper_grant *grant, char *ret_text, size_t size,
			  bool *ret_required)
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
	if (r == 0)
		r = settle_lacks(keeper, grant, ret_text, size, ret_required);
	if (r == 0 && *ret_required)
		return 0;
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
	char text[256] = "";
	bool required = false;
	int r;

	wire_get_str(in, client->service, sizeof(client->service));
	wire_get_str(in, client->tty, sizeof(client->tty));
	wire_get_str(in, client->rhost, sizeof(client->rhost));
	if (!wire_done(in) || (len != 0 && len != sizeof(login))) {
		client->closing = true;
		return;
	}
	r = keeper_person_fit(keeper, client, text, sizeof(text));
	if (r < 0) {
		keeper_fault(keeper, client, r, "an account could not be looked at");
		return;
	}
	if (r > 0) {
		keeper_note(client, "settle", "refused", NULL, 0, text);
		keeper_refuse(keeper, client, r, text);
		return;
	}
	if (len == 0) {
		keeper_done(keeper, client, "");
		return;
	}
	grant = settle_find_grant(keeper, login);
	r = grant ? settle_account(keeper, client, grant, text, sizeof(text), &required)
		  : STORE_ABSENT;
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
	if (required) {
		keeper_note(client, "settle", "refused", NULL, 0, text);
		keeper_refuse(keeper, client, WEBCRED_CONSTRAINT, text);
		return;
	}
	sodium_memzero(grant, sizeof(*grant));
	keeper_done(keeper, client, text);
}

void keeper_prevent(struct keeper *keeper, struct client *client)
{
	const bool closed = client->begin_flags & WIRE_FLAG_CLOSED;
	struct store *store = keeper->store;
	int r = 0;

	/* The session of a caller on the user socket has refused the word already. */
	if (closed && !client->login_socket) {
		client->closing = true;
		return;
	}
	if (closed && !conf_list_has(&keeper->conf.prevent_on_close, client->service)) {
		keeper_done(keeper, client, "");
		return;
	}
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
	if (client->known) {
		strcpy(client->audit_on_commit, "prevent-silent-access");
		client->note = (struct audit_note){.result = "done"};
	}
	keeper_done(keeper, client, "");
}
