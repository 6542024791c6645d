/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * scripted_host - the seam of a credential type (type.h), driven by a script.
 *
 * It answers what it was told to answer, writes down what it was asked, in
 * order, and can end any call in any way: the Nth one with a fault, say.
 */
#ifndef WEBCRED_TESTS_SCRIPTED_HOST_H
#define WEBCRED_TESTS_SCRIPTED_HOST_H

#include "lib/core/types/type.h"

#define SCRIPT_ANSWERS_MAX 4

struct script {
	/* in: what the person does; NULL after the last: asked too often */
	const char *answer[SCRIPT_ANSWERS_MAX];
	int ask_result; /* instead of an answer */
	/* in: what the keeper says */
	struct type_verifier verifier;	 /* charge */
	struct type_judgement judgement; /* commit, check_code */
	struct type_enrolment enrolment;
	int finish_result;
	int enrol_show_result; /* of WEBCRED_SHOW_URI and _SECRET */
	/* it says that all went well, and hands no judgement out, or nothing at all */
	enum { MUTE_NOT, MUTE_JUDGEMENT, MUTE_ALL } mute;
	/* in: the call of this number (from 1) returns `fail_with` instead */
	unsigned fail_at;
	int fail_with;

	/* out */
	unsigned calls, asked;
	char trace[256];  /* "ask charge commit " */
	char prompt[128]; /* the last one */
	enum webcred_ask ask_kind;
	char shown[1024];		    /* every text, a line each */
	char given[WEBCRED_SECRET_MAX + 1]; /* the code that was to be checked */
	uint8_t charged_id[WIRE_ID_SIZE];
	bool charged_nobody;
	struct type_change change;
	struct type_creation creation;
	char stored_hash[TYPE_HASH_MAX];
};

struct type_host script_host(struct script *script);

#endif
