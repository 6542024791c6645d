/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* password - what the keeper needs of the type beside type_password itself. */
#ifndef WEBCRED_CORE_PASSWORD_H
#define WEBCRED_CORE_PASSWORD_H

#include "lib/core/types/type.h"

/* The prompt, in every language: sudo replaces it by its own, and sudo -p and
 * Ansible break with any other text. */
#define PASSWORD_PROMPT "Password: "

/*
 * An Argon2id string of the policy's cost, with a random salt and a random
 * hash: no password matches it, and trying one is the work of a real one.  For
 * names that do not exist (behaviour 38).  0, or -EINVAL where the policy has
 * no usable cost.
 */
int password_dummy_hash(const struct policy *policy, char ret_hash[TYPE_HASH_MAX]);

#endif
