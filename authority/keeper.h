/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * keeper - root; the only process that has the store and the keys.
 *
 * It accepts callers, reads one fixed-size hello, pins who is asking about
 * whom to a session, and answers that session's questions.  One thread, one
 * loop: what became ready in one turn is answered in one turn, and everything
 * written in it is committed in one transaction; no answer that rests on a
 * write leaves before the commit did.
 */
#ifndef WEBCRED_AUTHORITY_KEEPER_H
#define WEBCRED_AUTHORITY_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "authority/audit.h"
#include "authority/conf.h"
#include "authority/mother.h"
#include "authority/question.h"
#include "authority/seal.h"
#include "authority/store/store.h"
#include "authority/throttle.h"

#define KEEPER_HELLO_MS 2000	 /* from accept to hello */
#define KEEPER_SESSION_MS 600000 /* the longest a session may live */
#define KEEPER_HASHING_MS 30000	 /* the longest a hash may take: then its session is ended */
#define KEEPER_END_MS 1000	 /* until the mother is asked once more to end one */
#define KEEPER_ROOM_MS 15000	 /* the longest anybody waits for room to hash */
#define KEEPER_GRANT_S 600	 /* from a login to its settlement */
#define KEEPER_GRANTS 1024
#define KEEPER_PEAK_MS 600000 /* how long a crowd is remembered */

enum keeper_state {
	CLIENT_HELLO,	/* accepted; its hello is awaited */
	CLIENT_WAITING, /* pinned; no session is free */
	CLIENT_SERVED,	/* a session has it */
};

/* An enrolment that has begun and is not committed. */
struct keeper_enrolment {
	struct store_record record;
	uint8_t seed[OTP_SEED_MAX];
	size_t seed_len;
	uint8_t n_codes;
	uint8_t (*code)[32]; /* keyed hashes */
};

/* What CHARGE said, kept while there is no room to hash; WEBCRED_TYPE_NONE is ROOM's. */
struct keeper_charge {
	enum webcred_type type;
	bool has_id;
	uint8_t id[WIRE_ID_SIZE];
};

/* Helpers that were ordered for a ceremony, until the session has them all. */
#define KEEPER_DEVICES 8
#define KEEPER_SEEN 16
struct keeper_seen {
	dev_t dev, rdev;
	ino_t ino;
	struct timespec changed;
};
struct keeper_devices {
	unsigned expected, n, plugged;
	unsigned held, queued; /* by other programs, by other logins */
	int channel[KEEPER_DEVICES];
	unsigned n_seen; /* all in all; the last KEEPER_SEEN are kept */
	struct keeper_seen seen[KEEPER_SEEN];
};

/* What the keeper waits for; above SOURCE_CLIENTS it is a client's serial.  No address: the
 * mother may have a copy of what we closed, and epoll tells of that still. */
enum keeper_source {
	SOURCE_MOTHER = 1,
	SOURCE_LOGIN = 2,
	SOURCE_USER = 3,
	SOURCE_SPARE = 4, /* any of them */
	SOURCE_CLIENTS = 16,
};

/* One caller, from accept to the end of its session. */
struct client {
	uint64_t serial;
	struct client *next, *previous;
	enum keeper_state state;
	int fd;	     /* the caller; the session has it as well; or -1 */
	int channel; /* the session, from then on; -1 */
	pid_t session;
	bool login_socket;
	uint8_t sessions;  /* so many ended before they asked anything */
	bool spoken;	   /* one has asked something */
	bool takes_rights; /* its session may take a descriptor of the caller's */
	uid_t peer_uid;
	pid_t peer_pid;
	int64_t deadline;
	/* pinned by the hello */
	struct question_assign pin;
	/* said by BEGIN */
	bool stranger; /* user socket: nothing is enrolled for this name and uid */
	bool begun, ended;
	bool doomed;	     /* a fault was answered, or a lock came: nothing but END may follow */
	bool touching;	     /* a touch is awaited, and shown */
	bool keyless;	     /* the request's own order has no place for a key */
	uint8_t begin_flags; /* WIRE_FLAG_* of the request */
	char service[WIRE_SERVICE_MAX + 1], tty[WIRE_TTY_MAX + 1], rhost[WIRE_RHOST_MAX + 1];
	char origin[STORE_ORIGIN_MAX + 1];
	bool remote; /* locality.c's word, and when it looked; 0: never */
	int64_t located_at;
	bool known, barred;
	struct store_account account;
	uint8_t strongest;
	/* what a change needs */
	bool proved, waived;
	bool keeps_flag; /* a login by the word `required` leaves the flag (33) */
	/* the charge that a commit refunds */
	bool charged;
	enum webcred_type charged_type;
	uint8_t charged_id[WIRE_ID_SIZE];
	bool hashing, waits_to_hash;
	int64_t hashing_since; /* or waiting for it */
	int64_t ending_since;  /* the mother was told to end a session that hashes; or 0 */
	struct keeper_charge charge;
	struct keeper_enrolment *enrolment;
	/* the answer that waits for the batch's commit */
	uint8_t *answer;
	size_t answer_len;
	struct client *next_answer;
	bool queued;	       /* ... and has not */
	uint64_t awaits_names; /* it waits for the name service, too: a keeper_names.changes */
	bool closing;
	char audit_on_commit[64]; /* action, where a line is owed at commit; else "" */
	struct audit_note {
		const char *result;
		enum webcred_type type;
		uint8_t mediation;
		char label[WIRE_LABEL_MAX + 1];
		uint8_t id[WIRE_ID_SIZE];
		bool has_id;
		char reason[TYPE_REASON_MAX];
	} note;
	struct keeper_devices devices;
	int backup; /* the copy that follows the answer, or 0 */
};

/* A login that waits for acct_mgmt to make it count. */
struct keeper_grant {
	uint8_t login[WIRE_LOGIN_SIZE];
	int64_t account;
	uint8_t id[WIRE_ID_SIZE];
	char service[WIRE_SERVICE_MAX + 1];
	int64_t at; /* wire_clock() milliseconds; 0 is free */
	bool silent;
};

/* The name service's databases, being written. */
struct publish;
struct local;
struct keeper_names {
	uint64_t changes, published; /* changes of people and groups: made, and seen by all */
	struct publish *run;	     /* one under way ... */
	uint64_t covers;	     /* ... that began after so many */
	int64_t after;		     /* the last row it has */
	bool groups, whole;	     /* people are through; groups are */
	size_t rows;		     /* both */
	struct names_writer *writer; /* ends a large run, beside us */
	int64_t retry_at;
	struct local *local;	/* the local files, for this run */
	struct stat local_seen; /* ... when /etc/passwd was read */
	char error[512];
};

#define KEEPER_SPARES_MAX 64
#define KEEPER_REHEARSED 8 /* of each pool's spares, the last */
struct keeper_spares {
	int channel[KEEPER_SPARES_MAX];
	pid_t pid[KEEPER_SPARES_MAX];
	unsigned n, requested;
	unsigned deaths;    /* in a row, of sessions that had asked nothing yet */
	int64_t not_before; /* wire_clock(); then the next may be forked */
	unsigned peak;	    /* callers at once, when some had to wait for a fork */
	int64_t peak_at;    /* when that was; remembered for KEEPER_PEAK_MS */
};

#define KEEPER_KEPT_MAX 512
struct keeper_farewell {
	int channel; /* to the session that closes, or -1 */
	pid_t pid;
	bool owed;     /* the word that what it was handed last is no longer ours */
	unsigned told; /* so many it has not closed yet ... */
	int64_t since; /* ... the first of them since then, wire_clock() */
	uid_t uid;     /* ... whose that was, more or less */
	unsigned lost; /* in a row, of those that did not come back */
	int64_t lost_at, not_before;
	bool deaf; /* the user socket is not listened to */
	unsigned n_kept;
	struct keeper_kept {
		int fd;
		uid_t uid;
	} kept[KEEPER_KEPT_MAX];
};

struct keeper {
	const struct mother_options *options;
	int epoll, mother;
	bool hurried; /* sockets take descriptors along: the kernel is an older one */
	struct sockets sockets;
	struct conf conf;
	bool conf_good;
	struct stat conf_seen;
	int conf_result;
	int64_t conf_retry_at;
	char conf_error[512];
	struct store *store;
	bool had_store; /* one was open here: another is not begun */
	dev_t store_dev;
	ino_t store_ino;
	char store_error[512];
	int store_result;
	int64_t store_retry_at;
	struct seal *seal;     /* NULL while the host key is lost */
	char key_trouble[512]; /* then why, and what to do */
	char rp_id[WIRE_RPID_MAX + 1], host[WIRE_RPID_MAX + 1];
	uint8_t key_recovery[32], key_invite[32], key_unknown[32];
	struct client *clients;
	unsigned n_clients;
	uint64_t serial; /* of the newest client */
	struct keeper_spares spares[POOL_N];
	struct keeper_farewell farewell;
	struct keeper_grant grant[KEEPER_GRANTS];
	unsigned next_grant;
	unsigned n_hashing;
	bool in_batch;
	struct client *answers; /* of this batch, newest first */
	bool draining;
	int64_t drain_until;
	struct wire_out out;	 /* the answer being written */
	struct store_copy *copy; /* a backup under way */
	uint64_t copy_for;	 /* whose: a client's serial */
	struct keeper_names names;
};

int keeper_run(const struct mother_options *options, int mother);
/*
 * A caller may attach a descriptor whose last close blocks, and to drop its
 * message, or its connection, is that close.  Where the kernel can, the sockets
 * take none (SO_PASSRIGHTS).  Elsewhere such a message is left where it is
 * (wire_recv()), and somebody else closes the connection (keeper_farewell.c); and
 * should one get here all the same, a timer's signal ends every wait that a signal
 * can end, of a socket that lingers, after a millisecond.  Around each such step.
 */
void keeper_hurry(void);
void keeper_calm(void);
/* False where the kernel cannot. */
bool keeper_take_no_rights(int fd);

/* keeper_admit.c */
void keeper_accept(struct keeper *keeper, bool login_socket);
void keeper_hear_hello(struct keeper *keeper, struct client *client);
void keeper_drop(struct keeper *keeper, struct client *client);
/* The caller with this serial; NULL where there is none, or it is about to be dropped. */
struct client *keeper_client(const struct keeper *keeper, uint64_t serial);

/* keeper_farewell.c: who closes what strangers may have filled. */
/* Closes the caller's connection, or has another close it: its descriptor is no longer the
 * keeper's. */
void keeper_part(struct keeper *keeper, const struct client *client);
/* What is due of that. */
void keeper_farewell(struct keeper *keeper);

/* keeper_spares.c: sessions that were forked ahead of need, and who gets which. */
void keeper_take_spare(struct keeper *keeper, enum mother_pool pool, pid_t pid, int channel);
/* One of them, which is none any more: its channel, or -1. */
int keeper_take_out_spare(struct keeper *keeper, enum mother_pool pool, pid_t *ret_pid);
/* One of them ended before it had a caller. */
void keeper_bury_spares(struct keeper *keeper);
/* All of them end: copies of a mother whose addresses a crash may have told. */
void keeper_forget_spares(struct keeper *keeper);
/* Hands a waiting caller to one, where there is one. */
void keeper_assign(struct keeper *keeper, struct client *client);
/* A session has ended.  True where another will have its caller: it had asked
 * nothing, and something of the caller's is there to be read. */
bool keeper_assign_again(struct keeper *keeper, struct client *client);
/* The mother is to end its session's process; 0, or -errno where she could not be told. */
int keeper_end_session(const struct keeper *keeper, const struct client *client);
/* Its session has asked something: no other will have the caller. */
void keeper_spoken(struct keeper *keeper, struct client *client);
/* What waiting callers need, at once; the rest when nobody is being served. */
void keeper_order_spares(struct keeper *keeper, bool quiet);
/* Some are missing, and were not ordered yet. */
bool keeper_lacks_spares(const struct keeper *keeper);

/* keeper_open.c: configuration and store, looked at again when they changed. */
int keeper_ready(struct keeper *keeper, char *ret_text, size_t size);

/* keeper_dispatch.c */
/* For the audit line: "get", "manage", ...; never NULL. */
const char *keeper_verb_name(uint16_t wire_verb);
void keeper_hear_session(struct keeper *keeper, struct client *client);

/* keeper_reply.c: answers, and the batch whose commit they wait for. */
/* Queues keeper->out as this client's answer; sent when the batch has committed. */
void keeper_answer(struct keeper *keeper, struct client *client);
void keeper_refuse(struct keeper *keeper, struct client *client, int outcome, const char *text);
void keeper_fault(struct keeper *keeper, struct client *client, int error, const char *text);
void keeper_done(struct keeper *keeper, struct client *client, const char *text);
/* Sends what keeper_commit() left waiting. */
void keeper_send_answer(struct client *client);
/* True where the host key is here; otherwise the client has been told. */
bool keeper_has_key(struct keeper *keeper, struct client *client);
/* Begins the batch's transaction where none is open. 0 or -errno. */
int keeper_write(struct keeper *keeper);
/* Commits, sends what was queued; on failure everybody queued gets a fault. */
void keeper_commit(struct keeper *keeper);
/* Everything written in this batch is taken back, everybody queued gets a fault. */
void keeper_spoil(struct keeper *keeper, int error);
void keeper_note(struct client *client, const char *action, const char *result,
		 const struct credential *credential, uint8_t mediation, const char *reason);
int64_t keeper_now(void); /* seconds since the epoch */

/* keeper_begin.c */
/* Looks the subject up: known only where name and uid are both as enrolled;
 * barred where it is locked or the uid is another's.  0 or -errno. */
int keeper_find_account(struct keeper *keeper, struct client *client);
/* Before something is granted: barred, too, where BEGIN's account is locked by now, or
 * no more under this name and uid.  0 or -errno. */
int keeper_look_again(struct keeper *keeper, struct client *client);
/* Takes down what BEGIN says, before anything can fail: a fault's audit line
 * names the service too.  False where it is malformed or comes a second time. */
bool keeper_begin_hear(struct client *client, struct wire_in *in);
void keeper_begin(struct keeper *keeper, struct client *client);
void keeper_more(struct keeper *keeper, struct client *client, struct wire_in *in);

/* keeper_login.c */
void keeper_charge(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_charge_now(struct keeper *keeper, struct client *client,
		       const struct keeper_charge *charge);
void keeper_commit_change(struct keeper *keeper, struct client *client, struct wire_in *in);
/* The throttle's subject of this client: its account, or a slot of unknown names. */
void keeper_subject(const struct keeper *keeper, const struct client *client, char *buffer,
		    size_t size);
/* Fills judgement->login and remembers it for settle; notes proof and audit. */
void keeper_grant_login(struct keeper *keeper, struct client *client,
			const struct credential *credential, bool user_verified, bool silent,
			uint8_t mediation, struct type_judgement *judgement);
void keeper_answer_judged(struct keeper *keeper, struct client *client,
			  const struct type_judgement *judgement);
/* 0 allowed (then *ret_state is to be charged), 1 throttled, negative a fault. */
int keeper_throttle(struct keeper *keeper, struct client *client, enum webcred_type type,
		    struct store_throttle *ret_state, uint32_t *ret_wait_s);
int keeper_throttle_set(struct keeper *keeper, struct client *client, enum webcred_type type,
			const struct store_throttle *state);

/* keeper_settle.c */
void keeper_settle(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_prevent(struct keeper *keeper, struct client *client);

/* keeper_carry.c: what was granted and not settled yet, from one keeper to the
 * next within a boot.  leave: the last thing before the store is closed. */
void keeper_carry_leave(struct keeper *keeper);
void keeper_carry_take(struct keeper *keeper);

/* keeper_hashing.c: how many sessions hash at once; each takes
 * argon_memory_kib.  Who finds no room waits, in order. */
/* True where this client may hash now; otherwise its charge is kept. */
bool keeper_hashing_enter(struct keeper *keeper, struct client *client,
			  const struct keeper_charge *charge);
/* Room to hash a password that is to be stored. */
void keeper_room(struct keeper *keeper, struct client *client, struct wire_in *in);
/* Whatever a session says next, its hash is done. */
void keeper_hashing_leave(struct keeper *keeper, struct client *client);
/* Has a client that is to be dropped ended while it hashes; true until it is gone. */
bool keeper_hashing_lingers(struct keeper *keeper, struct client *client);
void keeper_hashing_sweep(struct keeper *keeper, int64_t now);

/* keeper_code.c */
void keeper_code(struct keeper *keeper, struct client *client, struct wire_in *in);

/* keeper_manage.c, keeper_enrol.c */
void keeper_store_password(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_rename(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_remove(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_remove_all(struct keeper *keeper, struct client *client);
void keeper_invite(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_invite_take(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_lock(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_status(struct keeper *keeper, struct client *client);
/* What is in flight for this account ends, but for this client. */
void keeper_end_others(struct keeper *keeper, const struct client *client, int64_t account);
void keeper_enrol_begin(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_enrol_finish(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_enrol_key(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_enrolment_free(struct keeper_enrolment *enrolment);
/* The client's account, made where the caller may make one. */
int keeper_account(struct keeper *keeper, struct client *client);
void keeper_answer_credential(struct keeper *keeper, struct client *client,
			      const struct credential *credential);

/* keeper_store.c: about all accounts, and the store as a whole. */
void keeper_accounts(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_backup(struct keeper *keeper, struct client *client);
/* The next slice of a backup under way. */
void keeper_backup_turn(struct keeper *keeper);
/* Behind the answer that announced it. */
void keeper_backup_pass(struct client *client);
void keeper_backup_abandon(struct keeper *keeper);

/* keeper_people.c, keeper_roll.c: people and groups of the name service. */
void keeper_people_change(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_people(struct keeper *keeper, struct client *client, struct wire_in *in);
/* Whether the pinned account, if it is a person's of ours, may log in at all: 0; an
 * outcome, with why not; -errno. */
int keeper_person_fit(struct keeper *keeper, const struct client *client, char *ret_text,
		      size_t size);

/* keeper_names.c: the name service's databases, behind the store. */
/* A store was opened: what is published may be another's. */
void keeper_names_open(struct keeper *keeper);
/* Something changed in this batch; the client's answer waits until it can be seen. */
void keeper_names_changed(struct keeper *keeper, struct client *client);
/* How long the next turn may wait, at most: -1 as long as may be. */
int keeper_names_wait_ms(const struct keeper *keeper);
/* The next slice. */
void keeper_names_turn(struct keeper *keeper);
void keeper_names_abandon(struct keeper *keeper);
/* Whether /etc/passwd has changed under what is published. */
void keeper_names_watch(struct keeper *keeper);

/* locality.c */
bool locality_is_remote(const struct keeper *keeper, struct client *client);

/* devices.c */
void keeper_devices(struct keeper *keeper, struct client *client, struct wire_in *in);
void keeper_helper(struct keeper *keeper, uint64_t number, int channel);
void keeper_devices_answer(struct keeper *keeper, struct client *client);
void keeper_devices_pass(struct client *client);
void keeper_devices_drop(struct client *client);
/* A helper that was ordered does not come: who waits for one more is answered without; with
 * MOTHER_ANY everybody who waits is, with what they have. */
void keeper_devices_miss(struct keeper *keeper, uint64_t number);

/* keeper_touch.c */
void keeper_touch(struct keeper *keeper, struct client *client, bool awaited);
/* At the start: what one who was killed left shown. */
void keeper_touch_clear(void);

/* devices_seen.c: the keys that a ceremony has had. */
void keeper_seen_forget(struct client *client);
bool keeper_seen_had(const struct client *client, const struct stat *st);
/* The same node, whoever has changed it since. */
bool keeper_seen_node(const struct client *client, const struct stat *st);
void keeper_seen_note(struct client *client, const struct stat *st);
/* Some other login has this key. */
bool keeper_seen_elsewhere(const struct keeper *keeper, const struct client *except,
			   const struct stat *st);

#endif
