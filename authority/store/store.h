/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * store - where credentials are kept: a small table of verbs, so that SQLite
 * today and a directory later look the same to the keeper.
 *
 * One process, the keeper, has a store open.  Work is done in batches: every
 * write stands between store_begin() and store_commit(), and a batch may serve
 * several sessions.  Nothing counts before store_commit() returned 0.  After any
 * negative result inside a batch the caller must store_rollback().
 *
 * Results: 0 done; STORE_ABSENT no such row; STORE_CONFLICT a compare-and-swap
 * found another value, or a row that must be unique exists; negative -errno: a
 * fault, and never "nothing there".
 *
 * What only rises: store_advance() refuses to lower a moving value,
 * store_use_code() takes a code from unused to used once.
 */
#ifndef WEBCRED_AUTHORITY_STORE_H
#define WEBCRED_AUTHORITY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/names.h"
#include "lib/core/credential.h"
#include "lib/core/types/type.h"

enum { STORE_ABSENT = 1, STORE_CONFLICT = 2 };

#define STORE_SEALED_MAX 160 /* nonce, seed of at most 64 bytes, tag */
#define STORE_HANDLE_SIZE 32 /* user.id (behaviour 72) */
#define STORE_ORIGIN_MAX 31

struct store_account {
	int64_t number; /* the store's own; stable while the account exists */
	char name[WIRE_NAME_MAX + 1];
	uint32_t uid;
	uint8_t handle[STORE_HANDLE_SIZE];
	bool locked;
	int64_t created;
};

/* A whole record.  The secret half never leaves the keeper, but for the hash
 * that `charge` hands out. */
struct store_record {
	int64_t account;
	struct credential credential;
	char hash[TYPE_HASH_MAX]; /* password */
	uint16_t sealed_len;	  /* totp, hotp */
	uint8_t sealed[STORE_SEALED_MAX];
	uint32_t seal_key; /* which key sealed it */
	uint64_t resync;   /* value of a first code seen out of the window; 0 none */
	int64_t resync_at;
};

/* Failures of one (subject, type, origin).  subject: "account:N", or
 * "unknown:N" for a slot of the fixed table of unknown names. */
struct store_throttle {
	uint32_t failures;
	int64_t first_at, last_at; /* seconds since the epoch */
};

/* A person whom only we know: the rest of what passwd(5) has of an account. */
struct store_person {
	int64_t number; /* the account's */
	char name[NAMES_NAME_MAX + 1];
	uint32_t uid, gid;
	char gecos[NAMES_GECOS_MAX + 1];
	char home[NAMES_HOME_MAX + 1];
	char shell[NAMES_SHELL_MAX + 1];
	int64_t expires; /* seconds since the epoch; 0 never */
	bool locked;
};

struct store_group {
	int64_t number;
	char name[NAMES_NAME_MAX + 1];
	uint32_t gid;
	int64_t owner; /* the account whose own group it is; 0 nobody's */
};

/* Whose an id is. */
enum store_id { STORE_ID_ACCOUNT = 1, STORE_ID_GROUP = 2, STORE_ID_RETIRED = 3 };

struct store;
struct store_copy;

/* What a restored backup does not know: see age(). */
struct store_age {
	int64_t now;
	unsigned totp_ahead; /* steps that a login may have taken before their time */
	unsigned hotp_ahead; /* counters that a login may have skipped */
};

struct store_ops {
	void (*close)(struct store *store);
	int (*begin)(struct store *store);
	int (*commit)(struct store *store);
	void (*rollback)(struct store *store);
	/* Off a login's path, when the keeper has nothing to do. */
	void (*idle)(struct store *store);
	/* 0 and *ret_text "ok", or what is damaged. */
	int (*check)(struct store *store, char *ret_text, size_t size);
	int (*backup)(struct store *store, const char *path);
	/*
	 * The same a slice at a time, so that others are served in between, outside
	 * of batches: what is committed on the way is in the copy.  `path` must not
	 * exist.  step: 1 there is more, 0 the copy is whole (not synced), negative
	 * a fault.  end: after 0 and after a fault; the file stays.
	 */
	int (*copy_begin)(struct store *store, const char *path, struct store_copy **ret_copy);
	int (*copy_step)(struct store *store, struct store_copy *copy);
	void (*copy_end)(struct store *store, struct store_copy *copy);

	int (*meta_get)(struct store *store, const char *key, char *value, size_t size);
	int (*meta_set)(struct store *store, const char *key, const char *value);

	int (*account_find)(struct store *store, const char *name,
			    struct store_account *ret_account);
	/* STORE_CONFLICT where the name exists, or the uid under another name. */
	int (*account_add)(struct store *store, const char *name, uint32_t uid,
			   const uint8_t handle[STORE_HANDLE_SIZE], int64_t now,
			   struct store_account *ret_account);
	int (*account_lock)(struct store *store, int64_t account, bool locked);
	/* With everything that hangs on it. */
	int (*account_remove)(struct store *store, int64_t account);
	/* Those whose number is above `after`, rising. */
	int (*account_each)(struct store *store, int64_t after,
			    int (*each)(void *context, const struct store_account *account),
			    void *context);

	/* In the order they were created; a positive value from each ends the walk. */
	int (*record_each)(struct store *store, int64_t account,
			   int (*each)(void *context, const struct store_record *record),
			   void *context);
	int (*record_get)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			  struct store_record *ret_record);
	/* A locked password of nobody's, at the cost of record_get: who has none is not to
	 * be told by the clock (behaviour 38). */
	int (*record_decoy)(struct store *store, struct store_record *ret_record);
	/* STORE_CONFLICT where a public-key external id is registered for any user,
	 * or the account has a password already. */
	int (*record_add)(struct store *store, const struct store_record *record);
	int (*record_rename)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			     const char *label);
	int (*record_remove)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE]);
	int (*record_external)(struct store *store, const uint8_t *external, size_t len,
			       struct store_record *ret_record);

	/* Compare-and-swap of the moving value, with last_used (0 leaves it) and,
	 * for a TOTP, drift; clears resync.  `moving` below `read` is -ERANGE. */
	int (*advance)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		       uint64_t read, uint64_t moving, int32_t drift, int64_t used_at);
	/* As advance() for a record that is to be learnt anew, once: `moving` may lie
	 * below `read`.  STORE_CONFLICT where it is not to be learnt. */
	int (*relearn)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
		       uint64_t read, uint64_t moving, int64_t used_at);
	int (*note_backup_state)(struct store *store, int64_t account,
				 const uint8_t id[WIRE_ID_SIZE], bool backup_state);
	int (*set_hash)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			const char *hash, int64_t used_at);
	int (*set_resync)(struct store *store, int64_t account, const uint8_t id[WIRE_ID_SIZE],
			  uint64_t value, int64_t at);

	/* The recovery codes of a record: keyed hashes, each unused or used. */
	int (*code_add)(struct store *store, const uint8_t id[WIRE_ID_SIZE],
			const uint8_t hash[32]);
	/* From unused to used, once: 0, STORE_CONFLICT (used before), STORE_ABSENT.
	 * Lowers the record's moving (codes left) with it. */
	int (*use_code)(struct store *store, const uint8_t id[WIRE_ID_SIZE], const uint8_t hash[32],
			int64_t used_at, uint8_t *ret_left);

	int (*throttle_get)(struct store *store, const char *subject, enum webcred_type type,
			    const char *origin, struct store_throttle *ret_throttle);
	int (*throttle_set)(struct store *store, const char *subject, enum webcred_type type,
			    const char *origin, const struct store_throttle *throttle);
	/* Forgets; origin NULL for all. */
	int (*throttle_clear)(struct store *store, const char *subject, const char *origin);

	/* The prevent-silent-access flag: set unless a row says clear (behaviour 2). */
	int (*flag_get)(struct store *store, int64_t account, const char *rp_id,
			const char *service, bool *ret_clear);
	/* service NULL sets it everywhere; `clear` needs a service. */
	int (*flag_set)(struct store *store, int64_t account, const char *rp_id,
			const char *service, bool clear);

	/* One open invitation per account (a keyed hash and an expiry). */
	int (*invite_set)(struct store *store, int64_t account, const uint8_t hash[32],
			  int64_t expires);
	/* Takes it: 0 where the hash matched and it had not expired. */
	int (*invite_take)(struct store *store, int64_t account, const uint8_t hash[32],
			   int64_t now);
	/* 0 and *ret_open. */
	int (*invite_open)(struct store *store, int64_t account, int64_t now, bool *ret_open);

	/* ---- the store as a whole, while nobody logs in ---- */

	/*
	 * After a restore: nothing that a login used since the backup counts again.
	 * Recovery codes and invitations are void, TOTP steps go on to now, HOTP
	 * counters by hotp_ahead, silent access is prevented, and counters of keys
	 * and of HOTP devices are to be learnt anew (credential.relearn).
	 */
	int (*age)(struct store *store, const struct store_age *age);
	/* Another sealing of the same seed. */
	int (*reseal)(struct store *store, const struct store_record *record);
	/* What cannot be opened without the key: sealed records, recovery codes and
	 * invitations.  *ret_n: how many records. */
	int (*drop_sealed)(struct store *store, unsigned *ret_n);

	/* ---- the name service: people, groups, ids ---- */

	int (*account_rename)(struct store *store, int64_t account, const char *name);
	/* Without its credentials, flags, invitation and failures; itself stays. */
	int (*account_empty)(struct store *store, int64_t account);

	/* STORE_ABSENT for an account that is no person of ours. */
	int (*person_find)(struct store *store, const char *name, struct store_person *ret_person);
	/* Of an account that exists; its gid must be a group's of ours.  Name, uid and lock are
	 * the account's. */
	int (*person_add)(struct store *store, const struct store_person *person);
	int (*person_set)(struct store *store, const struct store_person *person);
	/* Walks like account_each(). */
	int (*person_each)(struct store *store, int64_t after,
			   int (*each)(void *context, const struct store_person *person),
			   void *context);

	int (*group_find)(struct store *store, const char *name, struct store_group *ret_group);
	int (*group_name)(struct store *store, uint32_t gid, char *ret_name, size_t size);
	/* The account's own. */
	int (*group_own)(struct store *store, int64_t account, struct store_group *ret_group);
	int (*group_add)(struct store *store, const char *name, uint32_t gid, int64_t owner,
			 int64_t *ret_number);
	int (*group_rename)(struct store *store, int64_t group, const char *name);
	int (*group_disown)(struct store *store, int64_t group);
	/* STORE_ABSENT too where somebody has it for the primary one. */
	int (*group_remove)(struct store *store, int64_t group);
	/* Somebody whose primary group it is, other than `but`; else STORE_ABSENT. */
	int (*group_used)(struct store *store, int64_t group, int64_t but, char *ret_name,
			  size_t size);
	int (*group_each)(struct store *store, int64_t after,
			  int (*each)(void *context, const struct store_group *group),
			  void *context);
	/* A member that is one stays one: 0. */
	int (*member_add)(struct store *store, int64_t group, int64_t account);
	int (*member_remove)(struct store *store, int64_t group, int64_t account);
	int (*member_each)(struct store *store, int64_t group, int64_t after,
			   int (*each)(void *context, int64_t account, const char *name),
			   void *context);
	int (*groups_of)(struct store *store, int64_t account, int64_t after,
			 int (*each)(void *context, const struct store_group *group),
			 void *context);

	/* STORE_ABSENT: it never was anybody's. */
	int (*id_owner)(struct store *store, uint32_t id, enum store_id *ret_kind, char *ret_name,
			size_t size);
	/* It is spent: it was `name`'s. */
	int (*id_retire)(struct store *store, uint32_t id, const char *name, int64_t at);
	int (*id_revive)(struct store *store, uint32_t id);
};

/* What an implementation embeds first. */
struct store {
	const struct store_ops *ops;
};

/*
 * Opens the database in `folder` (root's alone, mode 0700; anything else is
 * -EPERM), creating it at first start (mode 0600).  A newer schema is
 * -EPROTONOSUPPORT, an older one is moved up in one transaction after a backup
 * beside it; a damaged file is -EUCLEAN.  *ret_error says what, where, what to
 * do, for the log.
 */
int store_sqlite_open(const char *folder, struct store **ret_store, char *ret_error, size_t size);
#define STORE_SCHEMA_VERSION 2

#endif
