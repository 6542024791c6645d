/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * The keeper, from a caller's hello through every question of a session that an
 * attacker has taken over.  First byte: which socket, who is the peer, and which
 * configuration there is.  The first message is the hello; what follows are questions.  The store
 * is real, and each input finds it as the first did.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority/keeper.h"
#include "tests/fuzz/talk.h"

/* ---- what is not the keeper's judgement: time, keys that are plugged in, seats, the log ---- */

#define NOW 1700000000

int64_t keeper_now(void)
{
	return NOW;
}

void keeper_hurry(void)
{
}
void keeper_calm(void)
{
}
bool keeper_take_no_rights(int fd)
{
	return fd >= 0;
}

void keeper_devices(struct keeper *keeper, struct client *client, struct wire_in *in)
{
	(void)in;
	wire_begin(&keeper->out, (enum wire_message)ANSWER_DEVICES);
	wire_put_u8(&keeper->out, 0);
	wire_put_u8(&keeper->out, 0);
	keeper_answer(keeper, client);
}

void keeper_devices_pass(struct client *client)
{
	(void)client;
}

void keeper_devices_drop(struct client *client)
{
	(void)client;
}

/* It is a file in /run. */
void keeper_touch(struct keeper *keeper, struct client *client, bool awaited)
{
	(void)keeper;
	client->touching = awaited;
}

bool locality_is_remote(const struct keeper *keeper, struct client *client)
{
	(void)keeper;
	return client->rhost[0] != '\0';
}

/* Publishing to the name service is a fuzz target's business no more than its files are. */
void keeper_names_open(struct keeper *keeper)
{
	(void)keeper;
}

void keeper_names_abandon(struct keeper *keeper)
{
	(void)keeper;
}

void keeper_names_changed(struct keeper *keeper, struct client *client)
{
	keeper_done(keeper, client, "");
}

void audit_entry(const struct audit_entry *entry)
{
	fuzz_insist(entry->action && entry->result);
}

void audit_log(int priority, const char *format, ...)
{
	static char line[4096];
	va_list arguments;

	(void)priority;
	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
}

/* How long a hash takes is not what is looked for here. */
int __wrap_crypto_pwhash_str_alg(char *hash, const char *password, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm);
int __wrap_crypto_pwhash_str_alg(char *hash, const char *password, unsigned long long len,
				 unsigned long long passes, size_t memory, int algorithm)
{
	(void)password;
	(void)len;
	(void)passes;
	(void)memory;
	(void)algorithm;
	(void)snprintf(hash, crypto_pwhash_STRBYTES, "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA");
	return 0;
}

/* ---- a store that is written once -------------------------------------------------------- */

static char folder[64];
static struct store_ops ops;	     /* the keeper's: what a batch wrote is never committed */
static const struct store_ops *real; /* SQLite's */
static bool written;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_folder(void)
{
	(void)nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int begin_once(struct store *store)
{
	int r = written ? 0 : real->begin(store);

	written = true;
	return r;
}

static int commit_never(struct store *store)
{
	(void)store;
	return 0;
}

static void rollback_now(struct store *store)
{
	if (written)
		real->rollback(store);
	written = false;
}

/* ---- the keeper ------------------------------------------------------------------------- */

static struct keeper keeper;
static struct mother_options options = {.conf_path = "/nonexistent/webcred.conf",
					.state_folder = folder};

static void add(const struct store_account *account, uint8_t mark, enum credential_kind kind)
{
	struct store_record record = {.account = account->number};
	struct credential *credential = &record.credential;

	memset(credential->id, mark, sizeof(credential->id));
	credential->kind = kind;
	credential->type = kind == KIND_PASSWORD   ? WEBCRED_TYPE_PASSWORD
			   : kind == KIND_WEBAUTHN ? WEBCRED_TYPE_PUBLIC_KEY
						   : WEBCRED_TYPE_OTP;
	(void)snprintf(credential->label, sizeof(credential->label), "mark %u", mark);
	if (kind == KIND_PASSWORD)
		strcpy(record.hash, "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA");
	if (kind == KIND_TOTP || kind == KIND_HOTP) {
		credential->algorithm = ALGORITHM_SHA1;
		credential->digits = 6;
		credential->period = 30;
		fuzz_insist(seal_record(keeper.seal, account, &record,
					(const uint8_t *)"12345678901234567890", 20) == 0);
	}
	if (kind == KIND_WEBAUTHN) {
		credential->external_len = credential->key_len = 16;
		credential->cose_algorithm = COSE_ES256;
	}
	fuzz_insist(keeper.store->ops->record_add(keeper.store, &record) == 0);
}

static void fill(void)
{
	static const uint8_t handle[STORE_HANDLE_SIZE] = {1};
	struct store_account account;

	fuzz_insist(real->begin(keeper.store) == 0);
	fuzz_insist(real->account_add(keeper.store, "alice", 1000, handle, NOW, &account) == 0);
	add(&account, 1, KIND_PASSWORD);
	add(&account, 2, KIND_TOTP);
	add(&account, 3, KIND_HOTP);
	add(&account, 4, KIND_WEBAUTHN);
	fuzz_insist(real->commit(keeper.store) == 0);
}

static void set_up(void)
{
	char text[512] = "";

	fuzz_insist(sodium_init() >= 0);
	(void)snprintf(folder, sizeof(folder), "%s/webcred-fuzz.XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	fuzz_insist(mkdtemp(folder) != NULL && atexit(remove_folder) == 0);
	keeper.options = &options;
	keeper.epoll = keeper.mother = keeper.farewell.channel = -1;
	talk_begin(NULL, 0, -1, NULL);
	if (keeper_ready(&keeper, text, sizeof(text)) != 0) {
		(void)fprintf(stderr, "%s\n", text);
		fuzz_insist(!"the keeper is ready");
	}
	real = keeper.store->ops;
	fill();
	ops = *real;
	ops.begin = begin_once;
	ops.commit = commit_never;
	ops.rollback = rollback_now;
	keeper.store->ops = &ops;
}

/* A configuration that is wrong, that others may write, or that is no file. */
static void put_conf(uint8_t which)
{
	static const char *const name[] = {"none", "wrong", "loose", "."};
	static char path[4][128];
	FILE *file;

	if (path[0][0] == '\0') {
		for (unsigned i = 0; i < 4; i++)
			(void)snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name[i]);
		for (unsigned i = 1; i < 3; i++) {
			file = fopen(path[i], "w");
			fuzz_insist(file && fputs(i == 1 ? "nonsense\n" : "", file) >= 0 &&
				    fclose(file) == 0 && chmod(path[i], i == 1 ? 0600 : 0666) == 0);
		}
	}
	options.conf_path = path[which & 0x03];
}

/* As keeper_accept() makes one. */
static struct client *accept_one(uint8_t which)
{
	struct client *client = calloc(1, sizeof(*client));

	fuzz_insist(client != NULL);
	client->serial = ++keeper.serial;
	client->fd = talk_descriptor();
	client->channel = -1;
	client->login_socket = which & 0x01;
	client->peer_uid = client->login_socket ? 0 : which & 0x02 ? 1001 : 1000;
	client->pin.uid = client->pin.requester = UINT32_MAX;
	client->deadline = wire_clock() + KEEPER_HELLO_MS;
	keeper.clients = client;
	keeper.n_clients = 1;
	return client;
}

/* Of a session that is gone: a place to hash is given on then (keeper_hashing.c). */
static int ended_channel(void)
{
	int ends[2];

	fuzz_insist(pipe2(ends, O_CLOEXEC) == 0);
	(void)close(ends[1]);
	return ends[0];
}

static void serve(struct client *client)
{
	client->state = CLIENT_SERVED;
	client->channel = ended_channel();
}

/* What a turn of the keeper's loop does for one that has asked. */
static bool turn(struct client *client)
{
	keeper_hear_session(&keeper, client);
	/* The session ended before it asked anything, and another has the caller. */
	if (client->state == CLIENT_WAITING)
		serve(client);
	if (keeper.copy)
		keeper_backup_turn(&keeper);
	keeper_commit(&keeper);
	return !client->closing;
}

static void hold(const struct client *client)
{
	fuzz_insist(client->pin.verb >= WIRE_GET && client->pin.verb <= WIRE_PEOPLE);
	/* Behaviour of the two sockets: the user socket is for the peer's own account. */
	if (!client->login_socket)
		fuzz_insist(client->pin.uid == client->peer_uid &&
			    client->pin.requester == client->peer_uid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client *client;

	if (size < 1)
		return 0;
	if (!keeper.store)
		set_up();
	talk_begin(data + 1, size - 1, -1, NULL);
	memset(keeper.grant, 0, sizeof(keeper.grant));
	keeper.next_grant = keeper.n_hashing = 0;
	keeper.in_batch = false;
	put_conf(data[0] >> 4);
	client = accept_one(data[0]);
	keeper_hear_hello(&keeper, client);
	if (!client->closing && client->state == CLIENT_WAITING) {
		hold(client);
		serve(client);
		while (turn(client))
			;
	}
	keeper_backup_abandon(&keeper);
	keeper_drop(&keeper, client);
	fuzz_insist(!keeper.answers && !keeper.clients);
	rollback_now(keeper.store);
	return 0;
}
