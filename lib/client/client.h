/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * client - what the files of libwebcred share; never installed.
 *
 *   container.c   the object, its settings, what the last call left behind
 *   connect.c     the socket: who may own it, and reaching it in time
 *   agent.c       an ssh agent's socket, reached with the real user's rights
 *   request.c     options of one call
 *   call.c        one conversation with the authority, the mediator's turns
 *   credential.c  what a call returns
 *   verbs.c       get, settle, list, prevent, describe
 *   manage.c      prove, and every change that follows a proof
 *   people.c      the name service's people and groups
 *   words.c       names of the model, secrets
 */
#ifndef WEBCRED_CLIENT_CLIENT_H
#define WEBCRED_CLIENT_CLIENT_H

#include "lib/base/outcome.h"
#include "lib/base/wire.h"

#define PUBLIC __attribute__((visibility("default")))

#define CLIENT_MESSAGE_MAX (WIRE_TEXT_MAX + 1)
/* Connecting, and answers for which the authority has nobody to wait for. */
#define CLIENT_PROMPT_MS 5000
/* Who logs out does not wait for us. */
#define CLIENT_CLOSE_MS 1000
/* Beyond a request's own timeout: Argon2id, a queue, a device's last word. */
#define CLIENT_GRACE_MS 10000
#define CLIENT_PATIENCE_MAX_MS 130000
/* Texts of one call in which a person may be asked. */
#define CLIENT_SHOWS_MAX 1000

struct webcred_container {
	struct wire_hello hello; /* its verb is set anew for each call */
	char service[WIRE_SERVICE_MAX + 1];
	char tty[WIRE_TTY_MAX + 1];
	char rhost[WIRE_RHOST_MAX + 1];
	char socket_path[108]; /* "" for the default; sun_path's size */
	int cancel_fd;	       /* eventfd, owned */
	int abort_reason;      /* why it was cancelled; atomic, 0 for no reason given */
	int signal_fd;	       /* the caller's, or -1 */
	int proved_fd;	       /* a connection whose proof stands, or -1 */
	int64_t proved_patience_ms;
	bool busy; /* a call is running: behaviour 20 */
	enum webcred_status status;
	unsigned fail_delay_us;
	bool tell_throttled;
	char message[CLIENT_MESSAGE_MAX];
	/* Scratch of the running call; wiped after each message. */
	struct wire_result result;
	struct wire_out out;
	uint8_t in[WIRE_MESSAGE_MAX];
	char text[WIRE_TEXT_MAX + 1], clean[WIRE_TEXT_MAX + 1];
};

struct webcred_request {
	struct wire_request wire; /* service, tty and rhost stay empty */
};

struct webcred_credential {
	uint32_t granted;
	struct wire_credential wire;
	uint16_t login_len;
	uint8_t login[WIRE_LOGIN_SIZE];
};

/* ---- container.c -------------------------------------------------------- */

/* Sets the message for the log. */
void container_say(struct webcred_container *container, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A call begins: 0; WEBCRED_INVALID_STATE without a container, the reason when
 * cancelled, WEBCRED_NOT_ALLOWED inside another call; in this order (14, 15, 20). */
int container_enter(struct webcred_container *container);
/* The same, where the signal is looked at later: create() (46). */
int container_claim(struct webcred_container *container);
/* 0, or WEBCRED_ABORTED, with a message, once cancelled or signalled. */
int container_look(struct webcred_container *container);
/* The call ends with `result`, which is returned. */
int container_leave(struct webcred_container *container, int result);
/* True once cancelled or signalled. */
bool container_aborted(const struct webcred_container *container);
/* The descriptor, moved above 2 if it was there; hosts may have those closed. */
int container_lift_fd(int fd);

/* ---- connect.c ---------------------------------------------------------- */

/* 0; WEBCRED_SECURITY, with a message, where somebody other than root could
 * have put a socket at `path`; -ENOENT; -errno. */
int connect_check(struct webcred_container *container, const char *path);
/* Connects, sends the HELLO for `verb`, gives the socket. */
int connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);

/* ---- request.c ---------------------------------------------------------- */

/* Writes the REQUEST into container->out; request may be NULL, and `mediator` is
 * who will be asked, or NULL. */
int request_put(struct webcred_container *container, const struct webcred_request *request,
		const struct webcred_mediator *mediator);
/* How long the authority may take to work on one answer. */
int64_t request_patience(const struct webcred_request *request);

/* ---- call.c ------------------------------------------------------------- */

#define CALL_MAY_ASK 0x01u
#define CALL_MAY_PROVE 0x02u /* PROVED ends the call */
#define CALL_MAY_LIST 0x04u
#define CALL_MAY_ACCOUNTS 0x08u
#define CALL_MAY_COPY 0x10u
#define CALL_MAY_PEOPLE 0x20u

struct call {
	struct webcred_container *container;
	int fd;
	unsigned rules; /* CALL_MAY_*: what the authority may say now */
	struct webcred_mediator mediator;
	int64_t patience_ms;
	int (*each)(void *context, const struct webcred_credential *credential);
	int (*account)(void *context, const char *name, uid_t uid, bool locked);
	int (*person)(void *context, const struct webcred_person *person);
	void *each_context;
	struct webcred_secret *answer; /* call_converse()'s, NULL outside of it */
	unsigned shown;		       /* texts since it began */
	/* out */
	int copy; /* what came with COPY, owned; -1 */
	bool agent_asked;
	bool proved;
	bool ended; /* container->result holds a RESULT */
};

/* Copies the caller's mediator, whatever version of it he was built with. */
int call_take_mediator(struct call *call, const struct webcred_mediator *mediator);
/* Sends container->out and wipes it. */
int call_send(struct call *call);
/*
 * Lets the authority speak until its RESULT, or until PROVED.  0: one of the
 * two came.  Otherwise why not: the mediator's refusal, WEBCRED_ABORTED, what
 * `each` returned, or -errno.
 */
int call_converse(struct call *call);
/* What the RESULT means: 0, outcome or -errno; sets status, delay, message. */
int call_result(struct call *call);
/* Where success is the absence of complaints (SETTLE, changes): refuses what
 * came with a status that is none, else sets SUCCESS.  Returns r otherwise. */
int call_done(struct call *call, int r);
/* A whole call but for what is done with its RESULT: connects, sends what
 * container->out holds (if anything), converses. */
int call_whole(struct call *call, enum wire_verb verb);

/* ---- people.c ----------------------------------------------------------- */

/* A PERSON in container->in.  False: out of form. */
bool people_take(struct call *call, size_t len, int *ret_result);

/* ---- credential.c ------------------------------------------------------- */

/* A copy of what came over the wire; granted only if the result as a whole
 * grants.  NULL on lack of memory. */
struct webcred_credential *credential_new(const struct wire_result *result, bool login);

#endif
