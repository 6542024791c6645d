/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* public_key_check - the checks that get and create have in common.  Each
 * returns NULL, or what is wrong, for the log. */
#ifndef WEBCRED_CORE_PUBLIC_KEY_CHECK_H
#define WEBCRED_CORE_PUBLIC_KEY_CHECK_H

#include "lib/core/types/public_key.h"

const char *public_key_check_client_data(const struct public_key_context *expected,
					 const char *type, struct public_key_bytes client_data);
const char *public_key_check_rp_id(const char *rp_id, const struct public_key_auth *auth);
const char *public_key_check_flags(const struct public_key_auth *auth, bool no_touch,
				   bool user_verification);

#endif
