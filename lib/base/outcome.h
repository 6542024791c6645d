/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * outcome - how things end, and the words for it.
 *
 * int results everywhere: 0 ran, positive enum webcred_outcome, negative
 * -errno.  A function that can grant returns an enum verdict, never an int:
 * its values lie far apart, none of them is 0, and what has not been set
 * is a refusal.
 */
#ifndef WEBCRED_BASE_OUTCOME_H
#define WEBCRED_BASE_OUTCOME_H

#include <stdbool.h>

#include "lib/client/webcred.h"

enum verdict {
	VERDICT_REFUSED = (int)0x1a93c5e6,
	VERDICT_GRANTED = (int)WEBCRED_GRANTED,
};

const char *outcome_name(int outcome);
const char *outcome_status_name(enum webcred_status status);
const char *outcome_type_name(enum webcred_type type);
enum webcred_type outcome_type_parse(const char *name);
const char *outcome_mediation_name(enum webcred_mediation mediation);
/* False for an unknown word. */
bool outcome_mediation_parse(const char *word, enum webcred_mediation *ret_mediation);

#endif
