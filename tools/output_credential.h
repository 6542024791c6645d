/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* output_credential - a credential as JSON, and as a row of the list. */
#ifndef WEBCRED_TOOLS_OUTPUT_CREDENTIAL_H
#define WEBCRED_TOOLS_OUTPUT_CREDENTIAL_H

#include <jansson.h>

#include "lib/client/webcred.h"

#define OUTPUT_ID_SHORT 4 /* bytes of an id that people are shown */

/* Its owner is the caller; NULL on lack of memory. */
json_t *output_credential_json(const struct webcred_credential *credential);
/* Lower-case hex of n bytes; buffer has 2 * n + 1. */
void output_credential_hex(const uint8_t *id, size_t n, char *buffer);

#endif
