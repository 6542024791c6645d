/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * webcred.h - the credential container of this machine.
 *
 * W3C Credential Management brought to system logins: a container answers
 * get(), create(), store() and preventSilentAccess() for one account.  Nothing
 * is verified in the calling process: every call is one conversation with
 * webcred-authority over a local socket, and no hash, seed or database ever
 * enters the caller.
 *
 * Results.  Every function that can fail returns an int:
 *   0          the call ran; look at the outputs (get() may yield no credential)
 *   positive   an enum webcred_outcome, named after the model's exceptions
 *   negative   -errno, a fault: no authority, no memory, a broken protocol.
 *              A fault says nothing about the person; refuse.
 * Outputs are the last parameters, are named ret_*, and are written only when
 * the call returned 0.
 *
 * Threads.  Objects are not locked.  One container may be used by one thread
 * at a time; webcred_container_cancel() and _abort() alone may be called from any
 * thread and from a signal handler.  The library starts no thread and no process,
 * installs no signal handler, prints nothing, reads no environment variable,
 * and leaves no descriptor open once the container is closed.
 *
 * Lifetimes.  _open/_new give an object that its _close/_free ends; these take
 * NULL.  _get functions lend pointers that live as long as the object.
 */
#ifndef WEBCRED_H
#define WEBCRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- words of the model ------------------------------------------------ */

/* The exceptions of the model (CM 2.5, WA 5.1, FedCM). */
enum webcred_outcome {
	WEBCRED_OK = 0,
	WEBCRED_NOT_ALLOWED = 1,   /* NotAllowedError: declined, timed out, wrong secret */
	WEBCRED_ABORTED = 2,	   /* AbortError: the signal, or the conversation died */
	WEBCRED_SECURITY = 3,	   /* SecurityError: not a secure context */
	WEBCRED_NOT_SUPPORTED = 4, /* NotSupportedError */
	WEBCRED_INVALID_STATE = 5, /* InvalidStateError: closed, or already enrolled */
	WEBCRED_CONSTRAINT = 6,	   /* ConstraintError: the key cannot do what is asked */
	WEBCRED_TYPE_ERROR = 7,	   /* TypeError: a bad option or a bad configuration */
	WEBCRED_NETWORK = 8,	   /* NetworkError of an identity provider */
	WEBCRED_IDENTITY = 9,	   /* IdentityCredentialError */
};

/* "NotAllowedError" for WEBCRED_NOT_ALLOWED, and so on; never NULL. */
const char *webcred_outcome_name(int outcome);

/* How a step of a login ended, in the words of the name service switch. */
enum webcred_status {
	WEBCRED_STATUS_NONE = 0, /* no step has run */
	WEBCRED_STATUS_SUCCESS = 1,
	WEBCRED_STATUS_NOTFOUND = 2,   /* nothing of this type is enrolled */
	WEBCRED_STATUS_UNAVAIL = 3,    /* no device that could serve */
	WEBCRED_STATUS_NOTALLOWED = 4, /* tried and refused */
	WEBCRED_STATUS_TRYAGAIN = 5,   /* throttled, or a plugged key not touched */
	WEBCRED_STATUS_FAULT = 6,      /* could not look */
};

/* "NOTFOUND" for WEBCRED_STATUS_NOTFOUND, and so on; never NULL. */
const char *webcred_status_name(enum webcred_status status);

enum webcred_type {
	WEBCRED_TYPE_NONE = 0,
	WEBCRED_TYPE_PASSWORD = 1,
	WEBCRED_TYPE_PUBLIC_KEY = 2,
	WEBCRED_TYPE_OTP = 3, /* TOTP, HOTP and recovery codes */
	WEBCRED_TYPE_FEDERATED = 4,
	WEBCRED_TYPE_IDENTITY = 5,
};

/* "password", "public-key", "otp", ...; never NULL. */
const char *webcred_type_name(enum webcred_type type);
/* WEBCRED_TYPE_NONE for a word that names no type. */
enum webcred_type webcred_type_parse(const char *name);

enum webcred_mediation {
	WEBCRED_MEDIATION_BY_FLAGS = 0, /* the authority's table maps the host flags */
	WEBCRED_MEDIATION_OPTIONAL = 1,
	WEBCRED_MEDIATION_REQUIRED = 2,
	WEBCRED_MEDIATION_SILENT = 3,
	WEBCRED_MEDIATION_CONDITIONAL = 4,
	WEBCRED_MEDIATION_IMMEDIATE = 5,
};

/* Returns 0, or WEBCRED_TYPE_ERROR for an unknown word (behaviour 12). */
int webcred_mediation_parse(const char *word, enum webcred_mediation *ret_mediation);

enum webcred_user_verification {
	WEBCRED_UV_PREFERRED = 0,
	WEBCRED_UV_REQUIRED = 1,
	WEBCRED_UV_DISCOURAGED = 2,
};

/* ---- secrets ----------------------------------------------------------- */

/*
 * A password, PIN or code on its way to the authority: locked in memory where
 * the limits allow it, wiped when replaced and when freed.  At most
 * WEBCRED_SECRET_MAX bytes; zero bytes are data like any other.
 */
struct webcred_secret;
#define WEBCRED_SECRET_MAX 1024

/* Replaces the content by a copy of len bytes.  Returns 0, or
 * WEBCRED_TYPE_ERROR where len exceeds WEBCRED_SECRET_MAX, or -ENOMEM. */
int webcred_secret_set(struct webcred_secret *secret, const void *bytes, size_t len);
/* Lends the content; *ret_len bytes, not terminated.  NULL when empty. */
const void *webcred_secret_get(const struct webcred_secret *secret, size_t *ret_len);

/* ---- the mediator: what plays the browser's part ------------------------ */

enum webcred_ask {
	WEBCRED_ASK_SECRET = 1,	 /* an answer that is not echoed: password, PIN */
	WEBCRED_ASK_VISIBLE = 2, /* an answer that may be echoed: a choice, a label */
	WEBCRED_ASK_CODE = 3,	 /* a one-time code: echoed only where configured */
};

enum webcred_show {
	WEBCRED_SHOW_INFO = 1,	/* good to know */
	WEBCRED_SHOW_ERROR = 2, /* what went wrong and what to do */
	WEBCRED_SHOW_TOUCH = 3, /* a key is blinking: say so at once */
	WEBCRED_SHOW_URI = 4,	/* an otpauth:// URI to draw as a QR code */
	WEBCRED_SHOW_SECRET = 5 /* recovery codes, a seed: show once, keep nowhere */
};

/*
 * A table of callbacks.  `size` is sizeof(struct webcred_mediator); a callback
 * that is NULL stands for a mediator that cannot do this, and the request that
 * needs it ends with WEBCRED_NOT_ALLOWED.  `text` is UTF-8 without control
 * characters other than newline, and lives for the duration of the call.  Each
 * returns: who jumps out of one leaves a connection and a secret's room behind.
 *
 * ask: fill `answer` and return 0; return WEBCRED_NOT_ALLOWED if the person
 * declined, WEBCRED_ABORTED if the conversation is dead (nothing more will be
 * asked), or -errno.
 * show: return 0, or as above; a text that could not be shown is no failure
 * except for WEBCRED_SHOW_URI and WEBCRED_SHOW_SECRET.
 * agent: fill *ret_fd with a stream socket that is connected to the person's ssh
 * agent, and return 0; or return why there is none, a -errno (-ENODATA: nobody
 * named one).  The library passes it to the authority and closes it.  It is
 * called once at most, and only where a key behind an agent would do.  See
 * webcred_agent_connect().
 */
struct webcred_mediator {
	size_t size;
	void *context;
	int (*ask)(void *context, enum webcred_ask kind, const char *text,
		   struct webcred_secret *answer);
	int (*show)(void *context, enum webcred_show kind, const char *text);
	int (*agent)(void *context, int *ret_fd);
};

/*
 * Connects to the ssh agent whose socket is at `path`, an absolute one, with the
 * rights of the real user and group ids and no others: what a set-user-id program's
 * caller cannot reach is not reached for them, and who is connected to sees them.
 * 0, or a -errno; -EIO where the rights of before did not come back: then nothing
 * this process does may be taken for a success.  Never waits.
 */
int webcred_agent_connect(const char *path, int *ret_fd);

/* ---- the container ----------------------------------------------------- */

struct webcred_container;

/*
 * A container for one account.  `user` is the name as the name service spells
 * it, `uid` its id, or (uid_t)-1 where no such account exists (such a name is
 * asked for like any other, and refused).  Nothing is connected yet.
 * Errors: WEBCRED_TYPE_ERROR for a name no account can have; -ENOMEM.
 */
int webcred_container_open(const char *user, uid_t uid, struct webcred_container **ret_container);
void webcred_container_close(struct webcred_container *container);

/*
 * The caller's context (behaviour 6).  Strings are copied; NULL is empty.
 * `requester` is the real uid of the person who asks, getuid() by default.
 * On the user socket the authority takes none of rhost, tty and requester
 * from here: it looks for itself.  Errors: WEBCRED_TYPE_ERROR, -ENOMEM.
 */
int webcred_container_set_service(struct webcred_container *container, const char *service);
int webcred_container_set_tty(struct webcred_container *container, const char *tty);
int webcred_container_set_rhost(struct webcred_container *container, const char *rhost);
void webcred_container_set_requester(struct webcred_container *container, uid_t requester);

/*
 * Another socket than /run/webcred/login (effective uid 0) or
 * /run/webcred/user (everybody else).  Refused with WEBCRED_SECURITY unless
 * root owns the socket and nobody else may write to any folder above it.
 */
int webcred_container_set_socket(struct webcred_container *container, const char *path);

/* Ends the running call with WEBCRED_ABORTED; the authority stops every device.
 * A cancel that comes before a call ends that call at once (behaviour 15). */
void webcred_container_cancel(struct webcred_container *container);
/* The same with a reason, which the call it ends returns as it is: an enum
 * webcred_outcome or a -errno of the caller's own; 0 stands for
 * WEBCRED_ABORTED.  Of several reasons the first counts. */
void webcred_container_abort(struct webcred_container *container, int reason);
/* Lends the descriptor whose readability cancels; -1 for none (the default). */
void webcred_container_set_signal(struct webcred_container *container, int fd);

/* How the last call ended: the status of the step that decided.  NONE beside
 * (null): silent mediation, and nobody was asked. */
enum webcred_status webcred_container_status(const struct webcred_container *container);
/* For the log: what, where, what to do; one sentence, or, explained, lines.
 * Never NULL, never secret. */
const char *webcred_container_message(const struct webcred_container *container);
/* Microseconds the authority wants a refusal delayed (for pam_fail_delay). */
unsigned webcred_container_fail_delay(const struct webcred_container *container);
/* True where the service asks for throttling to be told (PAM_MAXTRIES). */
bool webcred_container_tell_throttled(const struct webcred_container *container);

/* ---- the request ------------------------------------------------------- */

/* What the host application said by its flags; the authority maps them. */
#define WEBCRED_HOST_SILENT 0x1u		/* PAM_SILENT */
#define WEBCRED_HOST_DISALLOW_NULL_AUTHTOK 0x2u /* PAM_DISALLOW_NULL_AUTHTOK */

/*
 * Options of one call.  The authority's configuration decides what is left
 * unset.  On the user socket nothing here may loosen it: an order or a
 * mediation set there ends with WEBCRED_SECURITY.
 */
struct webcred_request;
int webcred_request_new(struct webcred_request **ret_request);
void webcred_request_free(struct webcred_request *request);

/* The order of types in name-service-switch notation, for instance
 * "public-key [UNAVAIL=continue] otp password".  Copied. */
int webcred_request_set_order(struct webcred_request *request, const char *order);
void webcred_request_set_mediation(struct webcred_request *request,
				   enum webcred_mediation mediation);
void webcred_request_set_host_flags(struct webcred_request *request, unsigned flags);
void webcred_request_set_user_verification(struct webcred_request *request,
					   enum webcred_user_verification uv);
/* Milliseconds; 0 asks for the configured timeout.  Clamped (behaviour 61). */
void webcred_request_set_timeout(struct webcred_request *request, uint32_t milliseconds);
/* A password that an earlier step already collected.  Copied.  With `only`
 * nothing else is asked for. */
int webcred_request_set_cached(struct webcred_request *request, const void *bytes, size_t len,
			       bool only);
/* What sshd says it has verified (SSH_AUTH_INFO_0), for an order that names
 * ssh-key; copied.  For callers whose real and effective uid are 0 alone.
 * WEBCRED_TYPE_ERROR for a text that is too long or not printable. */
int webcred_request_set_ssh_auth(struct webcred_request *request, const char *text);
/* "Nothing enrolled" is to be reported as (null) and WEBCRED_STATUS_NOTFOUND
 * instead of being asked for and refused (behaviour 38). */
void webcred_request_set_null_ok(struct webcred_request *request, bool null_ok);
/* webcred_prove() for a password that has expired: no proof is waived, not even
 * root's (PAM_CHANGE_EXPIRED_AUTHTOK; sshd and login reset expired users as root). */
void webcred_request_set_expired(struct webcred_request *request, bool expired);
/* Ask for the decisions taken, step by step, in webcred_container_message(). */
void webcred_request_set_explain(struct webcred_request *request, bool explain);
/* Allow and exclude lists: credential ids as webcred_credential_id() has them,
 * or raw public-key credential ids.  Copied; at most 64 entries of 1 to 1023
 * bytes, else WEBCRED_TYPE_ERROR. */
int webcred_request_allow(struct webcred_request *request, enum webcred_type type, const void *id,
			  size_t len);
int webcred_request_exclude(struct webcred_request *request, enum webcred_type type, const void *id,
			    size_t len);

/* ---- the credential ---------------------------------------------------- */

/*
 * A credential that exists in the store.  What get() returns has been verified
 * and committed; webcred_credential_granted() says so a second time, and only
 * WEBCRED_GRANTED counts.
 */
struct webcred_credential;
#define WEBCRED_GRANTED 0x6d5ca39bu /* far from 0, from 1 and from its complement */

void webcred_credential_free(struct webcred_credential *credential);
uint32_t webcred_credential_granted(const struct webcred_credential *credential);
#define WEBCRED_CREDENTIAL_ID_SIZE 16
/* Lends WEBCRED_CREDENTIAL_ID_SIZE bytes. */
const uint8_t *webcred_credential_id(const struct webcred_credential *credential);
enum webcred_type webcred_credential_type(const struct webcred_credential *credential);
/* "password", "security key", "totp", "hotp", "recovery codes"; for people. */
const char *webcred_credential_kind(const struct webcred_credential *credential);
const char *webcred_credential_label(const struct webcred_credential *credential);
const char *webcred_credential_rp_id(const struct webcred_credential *credential);
/* Seconds since the epoch; 0 for never. */
int64_t webcred_credential_created(const struct webcred_credential *credential);
int64_t webcred_credential_last_used(const struct webcred_credential *credential);
/* Signature counter of a key, moving factor of an HOTP, codes left of a set. */
uint64_t webcred_credential_counter(const struct webcred_credential *credential);
bool webcred_credential_user_verified(const struct webcred_credential *credential);
bool webcred_credential_was_silent(const struct webcred_credential *credential);
bool webcred_credential_locked(const struct webcred_credential *credential);
/* Lends the bytes that webcred_settle() wants; empty except after get(). */
const void *webcred_credential_login(const struct webcred_credential *credential, size_t *ret_len);

/* ---- the four verbs ---------------------------------------------------- */

/*
 * get(): choose, ask, verify, commit, and only then return the credential.
 * 0 with *ret_credential NULL is (null); webcred_container_status() says why.
 * `mediator` may be NULL for a silent request.
 */
int webcred_get(struct webcred_container *container, const struct webcred_request *request,
		const struct webcred_mediator *mediator,
		struct webcred_credential **ret_credential);

/* What create() makes. */
struct webcred_creation {
	size_t size; /* sizeof(struct webcred_creation) */
	enum webcred_type type;
	const char *label;     /* NULL: a sensible one is chosen */
	const char *backend;   /* otp: "totp" (default), "hotp", "recovery" */
	const char *algorithm; /* otp: "sha1" (default), "sha256", "sha512" */
	unsigned digits;       /* otp: 6 (default) to 8 */
	unsigned period;       /* totp: seconds, 30 by default */
	unsigned count;	       /* recovery: how many, 10 by default */
	enum webcred_user_verification user_verification; /* public-key */
	bool resident;					  /* public-key: discoverable */
	bool no_touch;					  /* public-key: root only */
	const char *attestation; /* public-key: "none" (default), "direct" */
	const char *transport;	 /* public-key: "device" (default), "ssh-agent" */
};

/* create(): enrols a one-time code, recovery codes or a security key, asking
 * for a proof first where one is needed.  A password comes in by store(). */
int webcred_create(struct webcred_container *container, const struct webcred_creation *creation,
		   const struct webcred_mediator *mediator,
		   struct webcred_credential **ret_credential);

/* store(): replaces or inserts the account's password (behaviour 42).  An empty
 * one is a TypeError. */
int webcred_store(struct webcred_container *container, const struct webcred_secret *password,
		  const struct webcred_mediator *mediator);

/* preventSilentAccess(): sets the flag for this account and service; with an
 * empty service, for every service (behaviour 56). */
int webcred_prevent_silent_access(struct webcred_container *container);
/* A session of this service has closed: the same, where the configuration's
 * prevent_on_close names the service, and nothing elsewhere.  For root's
 * programs; it takes about a second at most where the authority hangs. */
int webcred_session_closed(struct webcred_container *container);

/* ---- managing ---------------------------------------------------------- */

/* A fresh, empty secret for webcred_store(); NULL on lack of memory. */
struct webcred_secret *webcred_secret_new(void);
void webcred_secret_free(struct webcred_secret *secret);

/*
 * Asks for the proof that a change needs and keeps the connection for one
 * change: the next webcred_create(), _store(), _rename() or _remove() on this
 * container uses it.  Each of them proves by itself where this was not called.
 */
int webcred_prove(struct webcred_container *container, const struct webcred_request *request,
		  const struct webcred_mediator *mediator);

/* Once the whole stack has let the person in: makes the login count (clears the
 * prevent-silent-access flag, notes the login).  `login` is from
 * webcred_credential_login().  WEBCRED_NOT_ALLOWED where the account or the
 * credential has been locked or removed since; WEBCRED_CONSTRAINT where the
 * service wants something enrolled that the account lacks; WEBCRED_INVALID_STATE
 * where the account has expired.  Where the account lacks something, and after 0
 * where the message is not empty, webcred_container_message() is for the person. */
int webcred_settle(struct webcred_container *container, const void *login, size_t len);

/* Calls `each` for every credential of the account, without secrets; a value
 * other than 0 from `each` ends the walk and is returned. */
int webcred_list(struct webcred_container *container,
		 int (*each)(void *context, const struct webcred_credential *credential),
		 void *context);
int webcred_rename(struct webcred_container *container, const uint8_t *id, const char *label,
		   const struct webcred_mediator *mediator);
int webcred_remove(struct webcred_container *container, const uint8_t *id,
		   const struct webcred_mediator *mediator);

/* Root's verbs: a one-time code with which this account may enrol its first
 * credential (shown by WEBCRED_SHOW_SECRET, valid for `seconds`); locking. */
int webcred_invite(struct webcred_container *container, uint32_t seconds,
		   const struct webcred_mediator *mediator);
int webcred_lock(struct webcred_container *container, bool locked);
/*
 * Root's verbs, too: forgets the account with all its credentials; enrols one
 * key that another program's file names.  `record` is a line
 * "[check ]pam-u2f RPID" or "[check ]openssh-sk" and below it the entry as its
 * file has it: of an authfile "user:credential", of OpenSSH a public key's line
 * or a private key's whole file; at most 4095 bytes.  What it is, is shown as
 * WEBCRED_SHOW_INFO; with `check` nothing is enrolled.  WEBCRED_TYPE_ERROR for
 * an entry that is none (the message says why), WEBCRED_INVALID_STATE for one
 * that is enrolled.
 */
int webcred_remove_all(struct webcred_container *container,
		       const struct webcred_mediator *mediator);
int webcred_import(struct webcred_container *container, const char *record,
		   const struct webcred_mediator *mediator);
/* About all accounts, whatever the container's: calls `each` for every account of
 * the store; a value other than 0 ends the walk and is returned. */
int webcred_accounts(struct webcred_container *container,
		     int (*each)(void *context, const char *name, uid_t uid, bool locked),
		     void *context);
/* Gives a descriptor that reads a consistent copy of the whole store from its
 * beginning, for the caller to close.  The host key is not in it. */
int webcred_backup(struct webcred_container *container, int *ret_fd);
/* Shows the tables in force, one WEBCRED_SHOW_INFO each, through the mediator. */
int webcred_describe(struct webcred_container *container, const struct webcred_mediator *mediator);

/* ---- people whom only this machine's store knows: the name service -------- */

/* What root wants done about the person, or group, that the container names;
 * the container's uid is of no account here. */
enum webcred_action {
	WEBCRED_PERSON_ADD = 1,
	WEBCRED_PERSON_MODIFY = 2,
	WEBCRED_PERSON_REMOVE = 3, /* with every credential */
	WEBCRED_PERSON_LIST = 4,   /* everybody */
	WEBCRED_PERSON_SHOW = 5,   /* and the groups the person belongs to */
	WEBCRED_GROUP_ADD = 6,
	WEBCRED_GROUP_MODIFY = 7,
	WEBCRED_GROUP_REMOVE = 8,
	WEBCRED_GROUP_LIST = 9,
	WEBCRED_GROUP_SHOW = 10, /* and who belongs to it */
	WEBCRED_PUBLISH = 11,	 /* write what the name service reads once more */
};

/* NULL, 0 and false leave a field as it is, or to the authority's choice. */
struct webcred_order {
	size_t size; /* sizeof(struct webcred_order) */
	uid_t id;    /* of a new person or group */
	const char *new_name, *gecos, *home, *shell;
	const char *group;	  /* the primary one; else one of the person's own */
	const char *join, *leave; /* names with commas between: groups, or a group's people */
	bool has_expires, has_locked, locked;
	int64_t expires; /* seconds since the epoch; 0 never */
};

enum webcred_person_kind {
	WEBCRED_IS_PERSON = 1,
	WEBCRED_IS_GROUP = 2,
	WEBCRED_IS_MEMBER = 3, /* name: a group of the person, a person of the group, said before */
};

/* Strings are never NULL and live for the duration of the callback. */
struct webcred_person {
	enum webcred_person_kind kind;
	const char *name, *gecos, *home, *shell, *group;
	uid_t uid;
	gid_t gid;
	int64_t expires; /* 0 never */
	bool locked, expired;
	const char *trouble; /* why nobody is served it, and what to do; "" */
};

/*
 * Runs the action; root's, over the login socket.  `order` may be NULL.  `each`,
 * which may be NULL, is called with what there is: after ADD and MODIFY the person
 * or group as it has become.  A value other than 0 from it ends the call with it.
 *
 * WEBCRED_TYPE_ERROR: a field holds what it may not; WEBCRED_INVALID_STATE: there
 * is such a name or id, or none; WEBCRED_CONSTRAINT: the id may not be given out.
 * -EIO and the like after a change may mean that it was stored and could not be
 * published; the message says so.
 */
int webcred_people(struct webcred_container *container, enum webcred_action action,
		   const struct webcred_order *order,
		   int (*each)(void *context, const struct webcred_person *person), void *context);

/* Whether the account itself is in order where the store holds it as a person's,
 * however the login was made: 0; WEBCRED_NOT_ALLOWED where it is locked,
 * WEBCRED_INVALID_STATE where it has expired.  0 for any other account.  Root's. */
int webcred_account_check(struct webcred_container *container);

#ifdef __cplusplus
}
#endif
#endif
