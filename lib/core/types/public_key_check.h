/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_check - what get and create have in common. */
#ifndef WEBCRED_CORE_PUBLIC_KEY_CHECK_H
#define WEBCRED_CORE_PUBLIC_KEY_CHECK_H

#include "lib/core/types/public_key.h"

/* Each returns NULL, or what is wrong, for the log. */
const char *public_key_check_client_data(const struct public_key_context *expected,
					 const char *type, struct public_key_bytes client_data);
const char *public_key_check_rp_id(const char *rp_id, const struct public_key_auth *auth);
const char *public_key_check_flags(const struct public_key_auth *auth, bool no_touch,
				   bool user_verification);

/* The client data of one ceremony, which is ours. */
struct public_key_own {
	uint8_t challenge[PUBLIC_KEY_CHALLENGE_SIZE];
	char origin[PUBLIC_KEY_ORIGIN_MAX];
	char client_data[PUBLIC_KEY_CLIENT_DATA_MAX];
	size_t client_data_len;
	uint8_t hash[32];
};

/* With a fresh challenge, used for this ceremony alone.  0, or -errno. */
int public_key_own_make(const struct type_host *host, const struct policy *policy,
			const char *service, bool create, struct public_key_own *ret_own);
struct public_key_context public_key_own_context(const struct public_key_own *own);
/* An entry of an allow or exclude list. */
void public_key_entry(const struct credential *record, struct ceremony_entry *ret_entry);
/* Tells the person how a ceremony ended; 0, or -errno of the host. */
int public_key_tell_end(const struct type_host *host, const struct type_ceremony_result *result,
			bool create, const char *user);

/* Commits what the judgement changed; `agent` says where it was signed. */
enum webcred_status public_key_commit(const struct type_host *host, struct type_login *login,
				      const struct credential *record,
				      const struct public_key_judgement *judged, bool agent);
/* Sorts pointers to records: as the request's list has them, else the one used last first. */
void public_key_sort(const struct type_login *login, const struct credential **records, size_t n);
/* What the key has to do: required where that makes it proof enough. */
enum webcred_user_verification public_key_verification(const struct type_login *login,
						       const struct credential *record);

/* public_key_agent.c: get() and create() by a key in the caller's ssh agent. */
enum webcred_status public_key_agent_get(const struct type_host *host, struct type_login *login);
int public_key_agent_create(const struct type_host *host, const struct policy *policy,
			    const struct type_creation *creation,
			    struct credential *ret_credential);

/* create() of the type; see type.h. */
int public_key_create(const struct type_host *host, const struct policy *policy,
		      const struct type_creation *creation, struct credential *ret_credential);

#endif
