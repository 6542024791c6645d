/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* cases - what the tests of webcred-device have in common, and their tables. */
#ifndef TESTS_DEVICE_CASES_H
#define TESTS_DEVICE_CASES_H

#include "tests/device/harness.h"

#define RP "host.example.org"

struct test {
	const char *name;
	void (*run)(void);
};

/* Each ended by a test without a name. */
extern const struct test tests_get[], tests_person[], tests_create[], tests_hostile[],
	tests_sandbox[];

/* A creation for RP; ES256, EdDSA, RS256 where algorithm is 0. */
struct type_ceremony case_creation(int32_t algorithm);
/* A request for these entries. */
struct type_ceremony case_request(const struct ceremony_entry *entry, uint8_t n);
/* Enrols a credential and says under which entry it is asked for. */
bool case_enrol(struct rig *rig, int32_t algorithm, const char *pin, struct ceremony_entry *ret);
/* As case_enrol, with the creation's own settings. */
bool case_enrol_by(struct rig *rig, const struct type_ceremony *creation, const char *pin,
		   struct ceremony_entry *ret, struct seen *ret_seen);
/* An entry that no key has. */
struct ceremony_entry case_stranger(const char *rp_id, uint16_t len, uint8_t fill);
/* The assertion is signed by the key that `created` enrolled, over `request`. */
bool case_verify(const struct ceremony_result *created, const struct type_ceremony *request,
		 const struct ceremony_result *asserted);

#endif
