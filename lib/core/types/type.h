/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * type - what a credential type is.
 *
 * To add one: write types/<noun>.c with a `const struct type type_<noun>`, put
 * it into the table in types/type.c (nothing registers itself), give the store
 * its columns, and write its tests.
 *
 * A type does no I/O.  It asks, shows, charges and commits through the host it
 * is called with: the session in webcred-authority, a script in the tests.
 */
#ifndef WEBCRED_CORE_TYPE_H
#define WEBCRED_CORE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/outcome.h"
#include "lib/base/secret.h"
#include "lib/core/credential.h"
#include "lib/core/policy.h"

#define TYPE_HASH_MAX 160 /* an Argon2id string of libsodium has 128 */
#define TYPE_REASON_MAX 160

/* What `charge` hands out once there is an answer to check. */
struct type_verifier {
	bool throttled;		  /* nothing was charged, nothing may be checked */
	uint32_t wait_s;	  /* how long; 0 where it needs an administrator */
	char hash[TYPE_HASH_MAX]; /* password: what verifies it */
};

/* What a verification changed, to be committed by compare-and-swap. */
struct type_change {
	uint8_t id[WIRE_ID_SIZE];
	uint64_t read_moving; /* the value that was read */
	uint64_t moving;      /* the value it becomes; may be equal for a password */
	bool backup_state;    /* public-key */
	bool user_verified;
	bool silent;
	bool agent;		    /* public-key: signed in the caller's ssh agent */
	char rehash[TYPE_HASH_MAX]; /* password: "" keeps the stored one */
};

/* How the keeper judged a code or committed a change. */
struct type_judgement {
	enum verdict verdict;
	bool throttled;
	uint32_t wait_s;
	uint8_t id[WIRE_ID_SIZE];	/* which credential, when granted */
	uint8_t login[WIRE_LOGIN_SIZE]; /* for settle; when granted */
	uint8_t codes_left;		/* recovery, when granted */
	bool replayed;			/* refused: the code was right, and used before */
	char reason[TYPE_REASON_MAX];	/* for the log, when refused */
};

/* What begins to exist: enrolled, shown, not yet committed. */
struct type_enrolment {
	char uri[1024];	       /* otp: otpauth:// */
	char secret_text[512]; /* base32 seed, or the recovery codes, one a line */
};

/* What create() was asked for; see wire_change. */
struct type_creation {
	enum credential_kind kind;
	uint8_t algorithm, digits, count;
	uint16_t period;
	uint8_t user_verification;
	bool resident, no_touch, attest;
	char label[WIRE_LABEL_MAX + 1];
	bool agent; /* public-key: one that is in the caller's ssh agent; never sent */
	/* public-key; the session's own, never sent.  Each may be NULL. */
	const char *user;    /* the account's name, for the key's display */
	const char *service; /* what asks; bound into the client data (70) */
	const char *tty;
	const struct credential *credentials; /* the account's: the exclude list (76) */
	size_t n_credentials;
};

/* A ceremony with security keys, run by webcred-device (doc/decisions). */
struct type_ceremony;
struct type_ceremony_result;

/* How one exchange with the caller's ssh agent ended. */
enum type_agent_end {
	TYPE_AGENT_ANSWERED = 1,
	TYPE_AGENT_NONE = 2,	 /* the caller has none, or none that can be reached */
	TYPE_AGENT_UNFIT = 3,	 /* what the caller passed is no connected socket */
	TYPE_AGENT_CLOSED = 4,	 /* it hung up */
	TYPE_AGENT_LATE = 5,	 /* no answer in time */
	TYPE_AGENT_TOO_LONG = 6, /* an answer of no length, or longer than any */
	TYPE_AGENT_UNASKED = 7,	 /* it spoke out of turn */
};

struct type_agent_answer {
	enum type_agent_end end;
	int error;	      /* NONE: an errno, or 0 where the caller offers no agent at all */
	const uint8_t *bytes; /* ANSWERED: without its length; lent until the next exchange */
	size_t len;
};

/*
 * Every function: 0 ran; positive an outcome that ends the request; negative
 * -errno a fault.  `context` is the host's.
 */
struct type_host {
	void *context;
	/* WEBCRED_NOT_ALLOWED: declined or out of time.  WEBCRED_ABORTED: gone. */
	int (*ask)(void *context, enum webcred_ask kind, const char *text,
		   struct webcred_secret *answer);
	int (*show)(void *context, enum webcred_show kind, const char *text);
	/* Charges one attempt at `type`, durably, before anything is compared.
	 * id NULL: there is no such record; the verifier then holds a dummy of
	 * the same cost, and a commit will be refused. */
	int (*charge)(void *context, enum webcred_type type, const uint8_t *id,
		      struct type_verifier *ret_verifier);
	/* Refunds the charge and commits.  Only VERDICT_GRANTED grants. */
	int (*commit)(void *context, const struct type_change *change,
		      struct type_judgement *ret_judgement);
	/* The keeper checks a code against every otp record of the subject and
	 * commits in one step. */
	int (*check_code)(void *context, const struct webcred_secret *code,
			  struct type_judgement *ret_judgement);
	/* Enrolment in two steps: begin, show it, then finish with a code that
	 * proves the app has it (recovery codes: with an empty one). */
	int (*enrol_begin)(void *context, const struct type_creation *creation,
			   struct type_enrolment *ret_enrolment);
	int (*enrol_finish)(void *context, const struct webcred_secret *code,
			    struct credential *ret_credential);
	/* Inserts a verified public-key record; WEBCRED_INVALID_STATE where its
	 * external id is registered for any user (behaviour 79). */
	int (*enrol_key)(void *context, const struct credential *record,
			 struct credential *ret_credential);
	/* Waits for room to hash, and then what is hashed is for store_password. */
	int (*room)(void *context);
	int (*store_password)(void *context, const char *hash, struct credential *ret_credential);
	/* Runs a ceremony on every present key at once. */
	int (*ceremony)(void *context, const struct type_ceremony *ceremony,
			struct type_ceremony_result *ret_result);
	/* One request to the caller's ssh agent (ssh_agent.h), and its answer.
	 * WEBCRED_ABORTED: the person has gone away meanwhile. */
	int (*agent)(void *context, const uint8_t *request, size_t len, uint32_t timeout_ms,
		     struct type_agent_answer *ret_answer);
	/* At least `len` random bytes from the system. */
	void (*random)(void *context, void *bytes, size_t len);
};

/* One step of a login. */
struct type_login {
	/* in */
	const struct policy *policy;
	const char *service;
	const char *user;		      /* the account's name, for texts; may be NULL */
	const char *tty;		      /* where it is asked; may be NULL */
	const struct credential *credentials; /* of every type asked for */
	size_t n_credentials;
	bool preferred;			     /* they stand as the request's allow list has them */
	bool pretend;			     /* nobody is there: same prompts, same work, refusal */
	bool may_ask;			     /* false under silent mediation */
	const struct webcred_secret *cached; /* a collected password, or NULL */
	bool cached_only;
	uint8_t minimum_strength; /* MANAGE; 0 for a login */
	enum webcred_user_verification user_verification;
	uint32_t timeout_ms;
	/* out; the session sets verdict to VERDICT_REFUSED beforehand */
	struct type_judgement judgement;
	int result; /* FAULT: -errno; NOTALLOWED: the outcome */
	bool asked; /* the person was involved */
	bool user_verified;
	char reason[TYPE_REASON_MAX];
};

enum type_discovery { DISCOVERY_STORE = 1, DISCOVERY_REMOTE = 2 }; /* behaviour 7 */

struct type {
	enum webcred_type id;
	enum type_discovery discovery;
	bool conditional; /* behaviour 9: false unless declared */
	bool immediate;
	/* Never grants by itself: login->judgement.verdict does, set from the
	 * host's commit or check_code alone. */
	enum webcred_status (*get)(const struct type_host *host, struct type_login *login);
	/* NULL: creates null (behaviour 8). */
	int (*create)(const struct type_host *host, const struct policy *policy,
		      const struct type_creation *creation, struct credential *ret_credential);
	/* NULL: NotSupportedError (behaviours 8, 44). */
	int (*store)(const struct type_host *host, const struct policy *policy,
		     const struct webcred_secret *secret, struct credential *ret_credential);
};

extern const struct type type_password, type_otp, type_public_key;

/* NULL for a type this build does not have. */
const struct type *type_find(enum webcred_type id);
/* Behaviours 18 and 19: whether it has what this mediation asks of a type. */
bool type_can(const struct type *type, enum webcred_mediation mediation);
/* How many of the login's credentials are of this type and not locked. */
size_t type_count(const struct type_login *login, enum webcred_type id);

#endif
