/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* conf_sets - values that are sets: of credential types, of ways to keys, of models, of ids. */
#ifndef WEBCRED_AUTHORITY_CONF_SETS_H
#define WEBCRED_AUTHORITY_CONF_SETS_H

#include "authority/conf.h"

/* A bit for each type; recovery codes stand in for others and are none. */
#define CONF_TYPE_BIT(type) (1u << (unsigned)(type))

/* Names parted by blanks, or "none"; false with what is wrong. */
bool conf_types_read(const char *text, uint32_t *ret_types, char *ret_what, size_t size);
void conf_types_write(uint32_t types, char *buffer, size_t size);
/* Ways to a security key. */
#define CONF_TRANSPORT_DEVICE 1u
#define CONF_TRANSPORT_AGENT 2u

/* One of them at least. */
bool conf_transports_read(const char *text, uint32_t *ret_transports, char *ret_what, size_t size);
void conf_transports_write(uint32_t transports, char *buffer, size_t size);
/* AAGUIDs as vendors print them, with or without dashes; or "any". */
bool conf_models_read(const char *text, struct policy_models *ret_models, char *ret_what,
		      size_t size);
void conf_models_write(const struct policy_models *models, char *buffer, size_t size);

/* LOW-HIGH, ids that names.h lets us give out. */
bool conf_range_read(const char *text, struct conf_range *ret_range, char *ret_what, size_t size);
void conf_range_write(const struct conf_range *range, char *buffer, size_t size);
/* A path as names.h wants it, of less than `max` bytes. */
bool conf_home_read(const char *text, char *ret_path, size_t max, char *ret_what, size_t size);

#endif
