/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#ifndef SOFTKEY_ATTESTATION_H
#define SOFTKEY_ATTESTATION_H

#include <stdio.h>

#include "ctap2.h"

/* Make a root, and a batch certificate under it, where the state has none. */
int attestation_ensure(struct key *);
/* fmt (key 1), authData (2) and attStmt (3) of a makeCredential answer. */
int attestation_encode(struct key *, const struct credential *, const struct buf *authdata,
		       const uint8_t hash[32], struct buf *);
/* The root in PEM, for a trust store. */
int attestation_print_root(const struct key *, FILE *);

#endif
