/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session - serves one connection and ends.  It runs without rights, behind a
 * system call filter, and speaks to two others: its client and the keeper.
 */
#ifndef WEBCRED_AUTHORITY_SESSION_H
#define WEBCRED_AUTHORITY_SESSION_H

#include <stdarg.h>

#include "authority/question.h"
#include "lib/core/mediation.h"
#include "lib/core/order.h"

struct session {
	int keeper; /* channel */
	int client; /* the caller's connection, once assigned */
	struct question_assign assign;
	struct wire_request request;
	bool has_request;
	bool hashing; /* a verifier was handed out, and the keeper counts it */
	struct policy policy;
	struct credential *credentials; /* owned; all of the account */
	size_t n_credentials;
	struct credential *usable; /* owned; those this request may use */
	size_t n_usable;
	enum webcred_mediation mediation;
	bool cached_allowed;
	uint32_t key_wait_ms; /* how long this step waits for a key to be plugged in */
	uint16_t asked;	      /* number of the last ASK */
	int64_t deadline;     /* of the whole request */
	char explain[WIRE_TEXT_MAX + 1];
	struct wire_result result;
	enum question_end end_late; /* the keeper is told once the caller has its result */
	struct session_conditional *conditional; /* while one prompt and a key both wait */
	struct session_agent {
		bool asked;    /* the client, for it */
		int fd;	       /* connected; -1 */
		int error;     /* why there is none: an errno, or 0 */
		bool unfit;    /* it passed something else */
		int64_t until; /* for all the exchanges of one step; 0 before the first */
		uint8_t *room; /* owned: the last answer */
	} agent;
	/* How the keeper refused or failed the last question. */
	char trouble[WIRE_TEXT_MAX + 1];
	/* Large, and last: most of their pages are never touched, not by wiping either. */
	struct wire_out out;
	size_t heard; /* the most that the keeper's answers took of `in` */
	uint8_t in[WIRE_MESSAGE_MAX];
};

/* Waits on `channel` for a connection, serves it; the exit status.  One that rehearses takes
 * 50 KiB more while it waits, and less time then. */
int session_run(int channel, bool rehearses);

/* session_host.c: the session as a type's host, and its two channels. */
struct type_host session_host(struct session *session);
/* Sends the question in session->out and receives the answer into session->in:
 * 0 and *ret_len, when its type is `expected`; a positive outcome (REFUSED) or a
 * negative errno (FAULT, or no keeper) with session->trouble otherwise. */
int session_question(struct session *session, uint8_t expected, struct wire_in *ret_in);
/* The same where the answer takes its time. */
int session_question_long(struct session *session, uint8_t expected, int64_t milliseconds,
			  struct wire_in *ret_in);
int session_begin(struct session *session);
int session_show(struct session *session, enum webcred_show kind, const char *text);
int session_ask(struct session *session, enum webcred_ask kind, const char *text,
		struct webcred_secret *answer);
/* How the request ended, for the audit line. */
void session_end(struct session *session, enum question_end end, enum webcred_type type,
		 const char *reason);
void session_explain(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Milliseconds from now, within the request's own deadline. */
int64_t session_deadline(const struct session *session, int64_t milliseconds);

/* Gives the room to hash back, where it was taken: before anything that waits. */
void session_hashed(struct session *session);
/* The two halves of session_ask(): the message is in session->in. */
int session_ask_send(struct session *session, enum webcred_ask kind, const char *text);
int session_ask_take(struct session *session, size_t len, struct webcred_secret *answer);

/* While a key is waited for, the client speaks only to say that it is over:
 * WEBCRED_ABORTED or _NOT_ALLOWED; 0 where it has said nothing after all. */
int session_hear_end(struct session *session);

/* session_ceremony.c: the host's `ceremony`, over every key that is present. */
int session_ceremony(void *context, const struct type_ceremony *ceremony,
		     struct type_ceremony_result *ret_result);

/* session_insert.c: how long the order's step number `at` waits for a key that is
 * not plugged in. */
uint32_t session_key_wait(const struct session *session, const struct order *order, size_t at);
/* What somebody with a key that is not here would see, for somebody without one
 * (38).  0, or as session_ask(). */
int session_insert_pretend(struct session *session);

/* session_agent.c: the host's `agent`, over the descriptor that the client passes. */
int session_agent(void *context, const uint8_t *request, size_t len, uint32_t timeout_ms,
		  struct type_agent_answer *ret_answer);
void session_agent_close(struct session *session);

/* session_get.c */
struct session_outcome {
	enum verdict verdict;
	int result; /* outcome or fault, when not granted */
	enum webcred_status status;
	enum webcred_type type; /* of the step that decided */
	const struct credential *used;
	struct type_judgement judgement;
	bool silent, user_verified;
	char reason[TYPE_REASON_MAX];
};
/* The whole of "request a credential"; `minimum` is the strength a proof needs
 * (0 for a login). */
void session_login(struct session *session, uint8_t minimum, struct session_outcome *ret_outcome);
/* What a step of it goes by, and what became of it; `name` is the step's. */
void session_prepare(struct session *session, uint8_t minimum, bool pretend,
		     struct type_login *login);
enum webcred_status session_took(struct session *session, const char *name,
				 const struct type_login *login, enum webcred_status status,
				 struct session_outcome *outcome);
/* One step of it, by one type. */
enum webcred_status session_step(struct session *session, const struct type_host *host,
				 enum webcred_type type, uint8_t minimum, bool pretend,
				 struct session_outcome *outcome);
/* Fills session->result from it. */
void session_login_result(struct session *session, const struct session_outcome *outcome);
void session_get(struct session *session);

/* session_filter.c: no list names unknown types alone (65). */
bool session_lists_sound(const struct wire_request *request);
/* Picks what this request may use into session->usable.  *ret_enrolled: how
 * many of the types asked for are enrolled at all, before the lists narrow them. */
int session_filter(struct session *session, const struct order *order, uint8_t minimum,
		   size_t *ret_enrolled);

/* session_conditional.c: one prompt for password or code, while a key blinks. */
struct session_conditional {
	bool asked, answered;
	struct webcred_secret *answer; /* owned */
	int64_t until;		       /* when both are over (60, 61) */
	int trouble;		       /* how the prompt ended, if not with an answer */
};
void session_conditional(struct session *session, const struct order *order, uint8_t minimum,
			 bool pretend, struct session_outcome *outcome);
/* Sends hint and prompt, once.  0, or as session_ask(). */
int session_conditional_ask(struct session *session);
/* The client has something to say: true once the prompt is settled by it. */
bool session_conditional_hear(struct session *session);
/* Waits for the prompt's answer; a conversation cannot be interrupted. */
void session_conditional_wait(struct session *session);

/* session_choose.c: narrows order and usable credentials to what the person
 * chose, where there is something to choose.  0, or as session_ask(). */
int session_choose(struct session *session, struct order *order);

/* session_ssh_key.c: takes the step ssh-key off the order; true where it has
 * decided, and then *outcome is written. */
bool session_ssh_key(struct session *session, struct order *order, bool pretend,
		     struct session_outcome *outcome);

/* session_import.c: one record in the words of webcred_import(). */
int session_import(struct session *session, const struct type_host *host, const char *text);

/* session_manage.c */
void session_manage(struct session *session);

/* session_store.c: 0, an outcome, or -errno. */
int session_accounts(struct session *session);
int session_backup(struct session *session);

/* session_people.c */
int session_people(struct session *session);

#endif
