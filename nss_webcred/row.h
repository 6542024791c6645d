/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * row - a record of a database as libc's struct, in the caller's buffer.
 *
 * Results: 0, DATABASE_ABSENT for a row whose ids are not to be given to anybody,
 * -ERANGE, -EBADMSG for a line that is none, and what reading gives.
 */
#ifndef WEBCRED_NSS_ROW_H
#define WEBCRED_NSS_ROW_H

#include "nss_webcred/module.h"

int row_person(struct database *database, const struct database_record *record, char *buffer,
	       size_t size, struct passwd *ret_person);
int row_group(struct database *database, const struct database_record *record, char *buffer,
	      size_t size, struct group *ret_group);
/* The record of the row with this id, by way of its name. */
int row_find_id(struct database *database, uint32_t id, struct database_record *ret_record);
/* Appends USER's groups but `primary` to the list, within `limit` if that is not 0. */
int initgroups_from(struct database *database, const char *user, gid_t primary, long *n, long *room,
		    gid_t **ids, long limit);

#endif
