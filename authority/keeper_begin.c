/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* keeper_begin - who this is about, what the configuration says, what is enrolled. */
#include "authority/keeper.h"

#include "authority/conf_sets.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <syslog.h>

int keeper_find_account(struct keeper *keeper, struct client *client)
{
	struct store *store = keeper->store;
	int r = store->ops->account_find(store, client->pin.name, &client->account);

	client->known = client->barred = false;
	if (r == STORE_ABSENT) {
		randombytes_buf(client->account.handle, sizeof(client->account.handle));
		return 0;
	}
	if (r < 0)
		return r;
	/* On the user socket the uid is the kernel's word and the name the caller's:
	 * another's name is nobody's, and tells nothing. */
	if (client->account.uid != client->pin.uid && !client->login_socket) {
		memset(&client->account, 0, sizeof(client->account));
		randombytes_buf(client->account.handle, sizeof(client->account.handle));
		return 0;
	}
	if (client->account.uid != client->pin.uid) {
		client->barred = true;
		audit_log(LOG_WARNING,
			  "%s was enrolled as uid %u and now has uid %u: its credentials are not "
			  "accepted; remove them with: webcred remove --all --user %s",
			  client->pin.name, client->account.uid, client->pin.uid, client->pin.name);
		return 0;
	}
	client->known = true;
	client->barred = client->account.locked;
	return 0;
}

int keeper_look_again(struct keeper *keeper, struct client *client)
{
	struct store_account now;
	int r = keeper->store->ops->account_find(keeper->store, client->pin.name, &now);

	if (r < 0)
		return r;
	/* Never more than BEGIN found, and the throttle's subject stays what it was. */
	if (client->known && (r == STORE_ABSENT || now.number != client->account.number ||
			      now.uid != client->pin.uid || now.locked))
		client->barred = true;
	return 0;
}

/* Whether any service's one prompt takes a password or a code. */
static bool begin_combines(const struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->n_services; i++) {
		if (conf->service[i].mediation == WEBCRED_MEDIATION_CONDITIONAL)
			return true;
	}
	return conf->defaults.mediation == WEBCRED_MEDIATION_CONDITIONAL;
}

static void begin_policy(struct keeper *keeper, struct client *client, struct policy *policy)
{
	struct conf_service section;

	conf_service_find(&keeper->conf, client->service, &section);
	memset(policy, 0, sizeof(*policy));
	if (client->pin.verb == WIRE_MANAGE) {
		strcpy(section.order, keeper->conf.manage.order);
		/* The session asks for every proof; what passwd's stack has collected
		 * in this very transaction is no cache, and may be that answer. */
		section.mediation = WEBCRED_MEDIATION_BY_FLAGS;
		section.transports = keeper->conf.manage.transports;
		client->waived = client->login_socket && client->pin.requester == 0 &&
				 !(client->begin_flags & WIRE_FLAG_EXPIRED);
	}
	strcpy(policy->order, section.order);
	strcpy(policy->rp_id, keeper->rp_id);
	strcpy(policy->host, keeper->host);
	policy->mediation = (uint8_t)section.mediation;
	policy->unknown_as = (uint8_t)section.unknown_as;
	policy->user_verification = (uint8_t)section.user_verification;
	policy->counter = (uint8_t)section.counter;
	policy->pin_tries = (uint8_t)section.pin_tries;
	policy->quiet = conf_list_has(&keeper->conf.quiet_services, client->service);
	/* Only sshd itself, which is root and nobody else, has verified a key. */
	policy->ssh_key = keeper->conf.touch_required && client->login_socket &&
			  client->pin.requester == 0 && client->pin.verb == WIRE_GET &&
			  conf_list_has(&keeper->conf.ssh_services, client->service);
	policy->one_answer = conf_list_has(&keeper->conf.one_answer_services, client->service);
	policy->combines = begin_combines(&keeper->conf);
	policy->chooser = section.chooser;
	policy->echo_code = section.echo_code;
	policy->tell_throttled = section.tell_throttled;
	policy->agent = section.transports & CONF_TRANSPORT_AGENT;
	client->takes_rights = policy->agent;
	policy->no_device = !(section.transports & CONF_TRANSPORT_DEVICE);
	policy->remote = client->keyless || locality_is_remote(keeper, client);
	policy->waived = client->waived;
	policy->subject_known = client->known;
	policy->barred = client->barred;
	policy->timeout_ms = section.timeout_ms;
	policy->key_wait_ms = section.key_wait_ms;
	policy->fail_delay_us = section.fail_delay_ms * 1000u;
	policy->argon_memory_kib = keeper->conf.argon_memory_kib;
	policy->argon_passes = keeper->conf.argon_passes;
	policy->password_min = keeper->conf.password_min;
	policy->models = keeper->conf.models;
	/* A first key needs the handle that its account will have (behaviour 72). */
	if (client->known || client->pin.verb == WIRE_MANAGE) {
		memcpy(policy->user_handle, client->account.handle, STORE_HANDLE_SIZE);
		policy->user_handle_len = STORE_HANDLE_SIZE;
	}
}

struct begin_records {
	struct wire_out *out;
	uint16_t had; /* what the session has already */
	uint16_t seen, n;
	bool more;
	uint8_t strongest;
};

static int begin_put_record(void *context, const struct store_record *record)
{
	struct begin_records *records = context;
	const struct credential *credential = &record->credential;
	size_t before = records->out->len;
	unsigned strength = credential_strength(credential, credential->uv_initialized);

	if (!credential->locked && strength > records->strongest)
		records->strongest = (uint8_t)strength;
	if (records->seen++ < records->had || records->more)
		return 0;
	credential_put(records->out, credential);
	if (!records->out->overflow) {
		records->n++;
		return 0;
	}
	/* What does not fit is asked for again with MORE. */
	records->out->overflow = false;
	records->out->len = before;
	records->more = true;
	return 0;
}

/* Nobody's, where nobody is known or nothing is enrolled (any more): the same statements, and as
 * long an answer, as where there is one password (behaviour 38).  A session forgets it. */
static int begin_put_decoy(struct keeper *keeper, struct begin_records *records)
{
	struct store_record decoy;
	int r = keeper->store->ops->record_decoy(keeper->store, &decoy);

	if (r != 0)
		return r < 0 ? r : -EIO;
	credential_put(&keeper->out, &decoy.credential);
	records->n = 1;
	return 0;
}

/* flag more, u16 n, records. */
static int begin_put_records(struct keeper *keeper, struct client *client, uint16_t had)
{
	struct begin_records records = {.out = &keeper->out, .had = had};
	struct store *store = keeper->store;
	size_t start = keeper->out.len;
	bool login = client->pin.verb == WIRE_GET;
	int r = 0;

	wire_put_u8(&keeper->out, 0);
	wire_put_u16(&keeper->out, 0);
	if (client->known || login)
		r = store->ops->record_each(store, client->known ? client->account.number : 0,
					    begin_put_record, &records);
	if (r == 0 && login && records.seen == 0 && had == 0)
		r = begin_put_decoy(keeper, &records);
	if (r < 0)
		return r;
	client->strongest = records.strongest;
	keeper->out.bytes[start] = records.more;
	keeper->out.bytes[start + 1] = (uint8_t)(records.n >> 8);
	keeper->out.bytes[start + 2] = (uint8_t)records.n;
	return 0;
}

static int begin_put_begin(struct keeper *keeper, struct client *client, struct policy *policy)
{
	int r;

	wire_begin(&keeper->out, (enum wire_message)ANSWER_POLICY);
	policy_put(&keeper->out, policy);
	r = begin_put_records(keeper, client, 0);
	if (r < 0 || !client->strongest || client->pin.verb != WIRE_MANAGE)
		return r;
	/* A proof needs to know the strongest of what follows. */
	policy->strongest = client->strongest;
	wire_begin(&keeper->out, (enum wire_message)ANSWER_POLICY);
	policy_put(&keeper->out, policy);
	return begin_put_records(keeper, client, 0);
}

void keeper_more(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	uint16_t had = wire_get_u16(in);
	int r;

	if (!wire_done(in)) {
		client->closing = true;
		return;
	}
	wire_begin(&keeper->out, (enum wire_message)ANSWER_MORE);
	r = begin_put_records(keeper, client, had);
	if (r < 0)
		keeper_fault(keeper, client, r, "the store could not be read");
	else
		keeper_answer(keeper, client);
}

static int begin_facts(struct keeper *keeper, struct client *client, struct policy *policy)
{
	struct store *store = keeper->store;
	int r;

	if (!client->known && client->pin.verb != WIRE_GET)
		return 0;
	/* Nobody's number is 0, and nobody's flag is set (behaviour 38). */
	r = store->ops->flag_get(store, client->known ? client->account.number : 0, keeper->rp_id,
				 client->service, &policy->silent_allowed);
	if (r == 0 && client->pin.verb == WIRE_MANAGE)
		r = store->ops->invite_open(store, client->account.number, keeper_now(),
					    &policy->invited);
	return r;
}

bool keeper_begin_hear(struct client *client, struct wire_in *in)
{
	if (client->begun)
		return false;
	wire_get_str(in, client->service, sizeof(client->service));
	wire_get_str(in, client->tty, sizeof(client->tty));
	wire_get_str(in, client->rhost, sizeof(client->rhost));
	client->begin_flags = wire_get_u8(in);
	client->keyless = wire_get_u8(in) == 1;
	client->begun = wire_done(in);
	return client->begun;
}

void keeper_begin(struct keeper *keeper, struct client *client)
{
	struct policy policy;
	int r;

	/* Behaviour 21: the user socket is for lock screens and our own tool. */
	if (!client->login_socket &&
	    !conf_list_has(&keeper->conf.unprivileged_services, client->service) &&
	    (client->pin.verb == WIRE_GET || client->pin.verb == WIRE_MANAGE)) {
		keeper_refuse(keeper, client, WEBCRED_NOT_ALLOWED,
			      "this service is not one of [webcred] unprivileged_services in "
			      "webcred.conf");
		return;
	}
	throttle_origin(client->origin, sizeof(client->origin), client->rhost,
			client->pin.requester, client->login_socket);
	r = keeper_find_account(keeper, client);
	if (r == 0) {
		begin_policy(keeper, client, &policy);
		r = begin_facts(keeper, client, &policy);
	}
	if (r == 0)
		r = begin_put_begin(keeper, client, &policy);
	if (r < 0) {
		client->known = false;
		keeper_fault(keeper, client, r, "the store could not be read");
		return;
	}
	keeper_answer(keeper, client);
}
