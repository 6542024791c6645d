/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * wire - the protocol between libwebcred and webcred-authority.
 *
 * This header is its specification; version WIRE_VERSION.  Both ends are of
 * one machine and, after an upgrade, of two versions at worst: a peer of
 * another version is refused, never guessed at.
 *
 * Transport.  AF_UNIX, SOCK_SEQPACKET: one message is one packet of at most
 * WIRE_MESSAGE_MAX bytes.  Two sockets (WIRE_SOCKET_*) differ in who may ask
 * what; see doc/threat-model.md.  The client passes a descriptor with AGENT
 * alone, the authority with COPY alone; any other is closed unread.
 *
 * Encoding.  A message is one type byte and then its fields in the order
 * given here, without tags.  u8, u16, u32, u64: big-endian.  str: u16 length
 * and that many bytes, no terminator, no NUL inside, at most the bound named
 * beside it.  bytes: u16 length and that many bytes.  flag: u8, 0 or 1.
 * A field cut short, a value out of bounds, an unknown type byte, a message
 * that the state does not allow or one byte too many ends the connection.
 *
 * Course.
 *
 *   client -> authority  HELLO      struct wire_hello, exactly; read by the
 *                                   keeper, which pins uid and subject
 *   client -> authority  REQUEST    (GET, MANAGE, LIST, PREVENT)  read by the session, like
 *                                   all that follows
 *   authority -> client  ASK        answered by ANSWER, or by CANCEL
 *   authority -> client  SHOW       not answered
 *   authority -> client  WANT_AGENT (GET, MANAGE) answered by AGENT, or by CANCEL; at
 *                                   most once, and only after WIRE_FLAG_AGENT
 *   authority -> client  PROVED     (MANAGE) the proof stands; a CHANGE may
 *                                   follow, once
 *   client -> authority  CHANGE
 *   authority -> client  ENTRY      (LIST) one credential
 *   authority -> client  ACCOUNT    (ACCOUNTS) one account
 *   authority -> client  COPY       (BACKUP) with a descriptor
 *   client -> authority  ORDER      (PEOPLE) what is to be done
 *   authority -> client  PERSON     (PEOPLE) a person, a group, or who belongs to it
 *   authority -> client  RESULT     the last message, always exactly one
 *
 * A client that closes the connection instead of answering has declined.  An
 * authority that closes it without RESULT has failed: that is a fault.
 */
#ifndef WEBCRED_BASE_WIRE_H
#define WEBCRED_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/secret.h"

#define WIRE_SOCKET_FOLDER "/run/webcred"
#define WIRE_SOCKET_LOGIN "/run/webcred/login" /* 0600 root: anything, about anyone */
#define WIRE_SOCKET_USER "/run/webcred/user"   /* 0666: the peer's own account */

#define WIRE_VERSION 1
#define WIRE_MAGIC 0x77656263u /* "webc" */
#define WIRE_MESSAGE_MAX 16384
#define WIRE_NAME_MAX 255   /* account name */
#define WIRE_SERVICE_MAX 63 /* PAM service */
#define WIRE_TTY_MAX 127
#define WIRE_RHOST_MAX 255
#define WIRE_ORDER_MAX 511 /* name-service-switch notation */
#define WIRE_TEXT_MAX 4095 /* a prompt, a message */
#define WIRE_LABEL_MAX 63
#define WIRE_RPID_MAX 253
#define WIRE_ID_SIZE 16	       /* our id of a record */
#define WIRE_EXTERNAL_MAX 1023 /* a key's own credential id (behaviour 79) */
#define WIRE_LIST_MAX 64       /* entries of an allow or exclude list */
#define WIRE_SSH_AUTH_MAX 4095 /* what sshd has verified */
#define WIRE_LOGIN_SIZE 32     /* what SETTLE presents */
#define WIRE_ERRNO_MAX 4095

/* What a connection is for. */
enum wire_verb {
	WIRE_GET = 1,	  /* REQUEST, asks, RESULT */
	WIRE_SETTLE = 2,  /* SETTLEMENT, RESULT; login socket alone */
	WIRE_MANAGE = 3,  /* REQUEST, asks, PROVED, CHANGE, asks, RESULT */
	WIRE_LIST = 4,	  /* REQUEST (its service), ENTRY..., RESULT */
	WIRE_PREVENT = 5, /* REQUEST (its service), RESULT */
	WIRE_STATUS = 6,  /* SHOW..., RESULT: the tables in force, for doctor */
	/* About no account in particular; login socket, requester 0. */
	WIRE_ACCOUNTS = 7, /* ACCOUNT..., RESULT: every account of the store */
	WIRE_BACKUP = 8,   /* COPY, RESULT */
	WIRE_PEOPLE = 9,   /* ORDER, PERSON..., RESULT: the name service (wire_people.h) */
};

/*
 * HELLO: a structure of fixed size and layout, so that the keeper, which is
 * root, parses nothing.  uid is the subject's, 0xffffffff where the name
 * service knows no such name.  On the user socket uid must be the peer's own
 * and requester is ignored.  name is padded with zeros.
 */
struct wire_hello {
	uint32_t magic;
	uint16_t version;
	uint16_t verb;
	uint32_t uid;
	uint32_t requester;
	char name[WIRE_NAME_MAX + 1];
};
_Static_assert(sizeof(struct wire_hello) == 272, "the hello's size is part of the protocol");

enum wire_message {
	/* client to authority */
	WIRE_REQUEST = 1,
	WIRE_ANSWER = 2, /* u16 number of the ask, bytes answer (WEBCRED_SECRET_MAX) */
	WIRE_CANCEL = 3, /* u8 outcome: NOT_ALLOWED declined, ABORTED dead */
	WIRE_CHANGE = 4,
	/* bytes login (WIRE_LOGIN_SIZE; or none: is the account itself in order?), str service,
	 * str tty, str rhost */
	WIRE_SETTLEMENT = 5,
	WIRE_ORDER = 6, /* struct wire_order */
	/* u32 errno: 0 with a descriptor, a stream socket that is connected to the
	 * person's ssh agent; else why there is none (ENODATA: nobody named one) */
	WIRE_AGENT = 7,
	/* authority to client */
	WIRE_ASK = 16,	  /* u16 number, u8 enum webcred_ask, str text */
	WIRE_SHOW = 17,	  /* u8 enum webcred_show, str text */
	WIRE_PROVED = 18, /* nothing */
	WIRE_ENTRY = 19,  /* struct wire_credential */
	WIRE_RESULT = 20,
	WIRE_ACCOUNT = 21,    /* str name (WIRE_NAME_MAX), u32 uid, flag locked */
	WIRE_COPY = 22,	      /* nothing; the descriptor reads a copy of the store */
	WIRE_PERSON = 23,     /* struct wire_person */
	WIRE_WANT_AGENT = 24, /* nothing */
};

/* One entry of an allow or exclude list. */
struct wire_descriptor {
	uint8_t type; /* enum webcred_type; an unknown one is ignored (65) */
	uint16_t len; /* 1 .. WIRE_EXTERNAL_MAX */
	uint8_t id[WIRE_EXTERNAL_MAX];
};

/*
 * REQUEST, in this order: service, tty, rhost, u32 host_flags, u8 mediation,
 * u8 user_verification, u32 timeout_ms, str order, u8 flags (WIRE_FLAG_*),
 * bytes cached, u8 n_allow and so many (u8 type, bytes id), u8 n_exclude and
 * so many, str ssh_auth.
 *
 * PREVENT with WIRE_FLAG_CLOSED says that a session of the service has closed:
 * what follows is the authority's to judge ([webcred] prevent_on_close), and
 * nothing may.  On the login socket alone; the user socket refuses it.
 *
 * ssh_auth (WIRE_SSH_AUTH_MAX) is sshd's SSH_AUTH_INFO_0 as it stood in the PAM
 * environment, lines and all, or empty.  It counts on the login socket alone,
 * from a requester with uid 0, where the configuration takes sshd's word; any
 * other session ignores it, and the user socket refuses it.
 */
#define WIRE_FLAG_NULL_OK 0x01u
#define WIRE_FLAG_CACHED 0x02u	    /* cached holds an earlier module's password */
#define WIRE_FLAG_CACHED_ONLY 0x04u /* ask for nothing */
#define WIRE_FLAG_EXPLAIN 0x08u
#define WIRE_FLAG_EXPIRED 0x10u /* MANAGE: PAM_CHANGE_EXPIRED_AUTHTOK, no waiver */
#define WIRE_FLAG_CLOSED 0x20u	/* PREVENT: because a session closed */
#define WIRE_FLAG_AGENT 0x40u	/* GET, MANAGE: the caller may be asked for an ssh agent */
#define WIRE_FLAG_ALL 0x7fu

struct wire_request {
	char service[WIRE_SERVICE_MAX + 1];
	char tty[WIRE_TTY_MAX + 1];
	char rhost[WIRE_RHOST_MAX + 1];
	char order[WIRE_ORDER_MAX + 1];
	uint32_t host_flags;
	uint32_t timeout_ms;
	uint8_t mediation;
	uint8_t user_verification;
	uint8_t flags;
	struct webcred_secret *cached; /* owned; NULL unless WIRE_FLAG_CACHED */
	uint8_t n_allow, n_exclude;
	struct wire_descriptor *allow, *exclude; /* owned, n entries */
	char ssh_auth[WIRE_SSH_AUTH_MAX + 1];
};

enum wire_change_kind {
	WIRE_CHANGE_STORE_PASSWORD = 1, /* bytes secret */
	WIRE_CHANGE_CREATE = 2,		/* the rest of struct wire_change */
	WIRE_CHANGE_RENAME = 3,		/* id, label */
	WIRE_CHANGE_REMOVE = 4,		/* id */
	WIRE_CHANGE_INVITE = 5,		/* u32 seconds; login socket, requester 0 */
	WIRE_CHANGE_LOCK = 6,		/* u32 1 locks, 0 unlocks; login socket, requester 0 */
	WIRE_CHANGE_REMOVE_ALL = 7,	/* nothing; login socket, requester 0 */
	WIRE_CHANGE_IMPORT = 8,		/* str text: one record in the words of import; as INVITE */
};

/* CHANGE: u8 kind, bytes id, str label, bytes secret, u32 number, u8 type,
 * u8 backend, u8 algorithm, u8 digits, u16 period, u8 count, u8 uv, u8 flags,
 * str text.  Fields a kind does not use are empty or zero, and must be. */
#define WIRE_CREATE_RESIDENT 0x01u
#define WIRE_CREATE_NO_TOUCH 0x02u
#define WIRE_CREATE_ATTEST 0x04u
#define WIRE_CREATE_AGENT 0x08u /* public-key: one that is in the caller's ssh agent */

struct wire_change {
	uint8_t kind;
	uint8_t type;
	uint8_t backend; /* enum credential_kind */
	uint8_t algorithm, digits, count;
	uint8_t user_verification, flags;
	uint16_t period;
	uint32_t number;
	bool has_id;
	uint8_t id[WIRE_ID_SIZE];
	char label[WIRE_LABEL_MAX + 1];
	char text[WIRE_TEXT_MAX + 1];
	struct webcred_secret *secret; /* owned, or NULL */
};

/* A credential as people may see it: bytes id (16), u8 type, str kind, str
 * label, str rp_id, u64 created, u64 last_used, u64 counter, u8 flags. */
#define WIRE_CREDENTIAL_UV 0x01u
#define WIRE_CREDENTIAL_SILENT 0x02u
#define WIRE_CREDENTIAL_LOCKED 0x04u

struct wire_credential {
	uint8_t id[WIRE_ID_SIZE];
	uint8_t type;
	uint8_t flags;
	char kind[32];
	char label[WIRE_LABEL_MAX + 1];
	char rp_id[WIRE_RPID_MAX + 1];
	int64_t created, last_used;
	uint64_t counter;
};

/*
 * RESULT: u32 granted (WEBCRED_GRANTED or anything else), u32 outcome (the
 * positive enum, or 0), u32 fault (errno, or 0), u8 status, u32 delay_us (to WIRE_DELAY_MAX_US),
 * u8 flags, str message, flag has_credential, and if 1 the credential and
 * bytes login (0 or WIRE_LOGIN_SIZE).  `granted` without a credential, or with
 * an outcome or a fault beside it, ends the connection: a refusal.
 * (null) because silent mediation asked nobody has status NONE, (null) because
 * nothing is enrolled NOTFOUND.  A settlement or change that succeeded has
 * status SUCCESS or NONE; any other beside outcome 0 counts as refused.
 */
#define WIRE_RESULT_TELL_THROTTLED 0x01u
#define WIRE_DELAY_MAX_US 60000000u /* what [service] fail_delay may be */

struct wire_result {
	uint32_t granted;
	uint32_t outcome;
	uint32_t fault;
	uint32_t delay_us;
	uint8_t status;
	uint8_t flags;
	char message[WIRE_TEXT_MAX + 1];
	bool has_credential;
	struct wire_credential credential;
	uint16_t login_len;
	uint8_t login[WIRE_LOGIN_SIZE];
};

/* ---- the encoder and the decoder ---------------------------------------- */

/* Writes into a buffer of its own; an overflow is remembered, not performed. */
struct wire_out {
	size_t len;
	bool overflow;
	uint8_t bytes[WIRE_MESSAGE_MAX];
};

void wire_begin(struct wire_out *out, enum wire_message type);
void wire_put_u8(struct wire_out *out, uint8_t value);
void wire_put_u16(struct wire_out *out, uint16_t value);
void wire_put_u32(struct wire_out *out, uint32_t value);
void wire_put_u64(struct wire_out *out, uint64_t value);
void wire_put_bytes(struct wire_out *out, const void *bytes, size_t len);
void wire_put_str(struct wire_out *out, const char *text);
/* Overwrites what was written; for messages that carried a secret. */
void wire_wipe(struct wire_out *out);

/* Reads from a message it does not own.  After the first mistake every get
 * yields zero or nothing, and wire_done() is false. */
struct wire_in {
	const uint8_t *at;
	size_t left;
	bool bad;
};

/* Takes the type byte off; 0 for an empty message. */
uint8_t wire_open(struct wire_in *in, const void *message, size_t len);
uint8_t wire_get_u8(struct wire_in *in);
uint16_t wire_get_u16(struct wire_in *in);
uint32_t wire_get_u32(struct wire_in *in);
uint64_t wire_get_u64(struct wire_in *in);
/* Copies at most max bytes; more is a mistake. */
size_t wire_get_bytes(struct wire_in *in, void *buffer, size_t max);
/* Copies a string of at most size - 1 bytes and terminates it. */
void wire_get_str(struct wire_in *in, char *buffer, size_t size);
/* A secret of its own, or NULL (and bad) on a mistake or lack of memory. */
struct webcred_secret *wire_get_secret(struct wire_in *in);
/* No mistake, and nothing left. */
bool wire_done(const struct wire_in *in);

/* Whole messages.  put: false on overflow.  get: `message` with its type byte;
 * false for anything but exactly this message within its bounds; nothing is
 * owned by the output then. */
bool wire_put_request(struct wire_out *out, const struct wire_request *request);
bool wire_get_request(const void *message, size_t len, struct wire_request *ret_request);
void wire_request_deinit(struct wire_request *request);
bool wire_put_change(struct wire_out *out, const struct wire_change *change);
bool wire_get_change(const void *message, size_t len, struct wire_change *ret_change);
void wire_change_deinit(struct wire_change *change);
bool wire_put_entry(struct wire_out *out, const struct wire_credential *credential);
bool wire_get_entry(const void *message, size_t len, struct wire_credential *ret_credential);
bool wire_put_result(struct wire_out *out, const struct wire_result *result);
bool wire_get_result(const void *message, size_t len, struct wire_result *ret_result);

/* ---- packets ------------------------------------------------------------ */

/*
 * Sends one packet, waiting until `deadline_ms` (of wire_clock()) for room.
 * Returns 0, -ETIMEDOUT, -EPIPE, or -errno.  Never raises SIGPIPE.
 */
int wire_send(int fd, const void *bytes, size_t len, int64_t deadline_ms);
/* As wire_send(), passing the descriptor `pass` with it unless it is -1. */
int wire_send_fd(int fd, const void *bytes, size_t len, int pass, int64_t deadline_ms);
/*
 * Receives one packet.  Returns its length, -ENODATA at the end of the
 * connection, -EMSGSIZE for a packet larger than the buffer, -ETIMEDOUT,
 * -ECANCELED when cancel_fd (or -1) became readable first, or -errno.
 * A descriptor passed along is given in *ret_fd, CLOEXEC (-1 for none).
 * With ret_fd NULL a packet that brings any along is -EPROTO, and stays where it
 * is: to receive or to drop it may be the last close of a file, and never end.
 */
ssize_t wire_recv(int fd, void *buffer, size_t size, int *ret_fd, int cancel_fd,
		  int64_t deadline_ms);
/* Milliseconds of CLOCK_MONOTONIC. */
int64_t wire_clock(void);

#endif
