/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * desk - a host of the type public-key with a key plugged in: it signs truly, by
 * libcrypto, or lies as the test wants.
 */
#ifndef WEBCRED_TESTS_DESK_H
#define WEBCRED_TESTS_DESK_H

#include "tests/unit/signer.h"

#define DESK_RECORDS 30

/* What the key does, and what the type did with it. */
struct desk {
	/* in */
	enum ceremony_end end;
	unsigned present;
	const char *detail; /* of what the helper says when it ends; may be NULL */
	bool deaf;	    /* broken before the pre-flight found anything */
	int run_result;	    /* of the ceremony itself */
	size_t holds;	    /* index of the record whose key is plugged in */
	uint8_t flags;
	uint32_t counter;
	bool zeros;	 /* what is random is none */
	const char *lie; /* "signature", "id", "rp", "challenge", "handle" */
	struct type_judgement judgement;
	int commit_result, enrol_result, show_result;
	uint8_t tries;
	/* out */
	unsigned ceremonies, commits, enrols, shows;
	struct type_ceremony asked;
	struct ceremony_entry entry[CEREMONY_ENTRIES_MAX];
	struct type_change change;
	struct credential enrolled;
	char shown[512];
};

extern struct desk desk;
extern struct signer desk_signer;
extern struct policy desk_policy;
extern struct credential desk_records[DESK_RECORDS];
extern struct type_login desk_login;
extern const struct type_host desk_host;

/* A good login: n records, the first one's key plugged in and touched. */
void desk_set_up(size_t n);
int desk_open(void **state);
int desk_close(void **state);

#endif
