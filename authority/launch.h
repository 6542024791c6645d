/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * launch - the last that webcred-authority does as one process: it forks the
 * keeper, and becomes the mother by executing webcred-authority-sessions.
 *
 * That is a program of its own because it is copied once for every login: it
 * links neither the store nor the configuration nor what asks logind and udev,
 * so a session that was taken over finds none of it, its addresses say nothing
 * about the keeper's, and a fork costs half.
 */
#ifndef WEBCRED_AUTHORITY_LAUNCH_H
#define WEBCRED_AUTHORITY_LAUNCH_H

#include "authority/mother.h"

/* Returns only where it failed: the exit status. */
int launch(const struct mother_options *options);

#endif
