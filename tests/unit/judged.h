/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * judged - one assertion and what is expected of it, signed by the right key:
 * tests change what they are about, and then have it judged.
 */
#ifndef WEBCRED_TESTS_JUDGED_H
#define WEBCRED_TESTS_JUDGED_H

#include "tests/unit/signer.h"

#define RP "host.example"
#define ORIGIN "webcred://host.example/sudo"
#define UP PUBLIC_KEY_UP
#define UV PUBLIC_KEY_UV
#define BE PUBLIC_KEY_BE
#define BS PUBLIC_KEY_BS
#define AT PUBLIC_KEY_AT
#define ED PUBLIC_KEY_ED

extern struct signer signer, stranger;
extern const uint8_t challenge[32], the_id[20], other_id[11], handle[32];

struct fixture {
	struct credential record;
	struct public_key_bytes allow[2];
	struct public_key_expectation expected;
	struct public_key_response response;
	char client_data[4096];
	size_t client_len;
	uint8_t auth[CEREMONY_AUTHDATA_MAX];
	size_t auth_len;
	uint8_t signature[1100];
	struct public_key_judgement judgement;
};

void client_data(struct fixture *fixture, const char *text);
void auth(struct fixture *fixture, uint8_t flags, uint32_t counter);
void auth_more(struct fixture *fixture, const void *bytes, size_t len);
void fixture_init(struct fixture *fixture);
/* by NULL: with the signature as it stands. */
void judge(struct fixture *fixture, const struct signer *by);
void granted(struct fixture *fixture);
void refused(struct fixture *fixture, const char *reason);

/* cmocka's, for a group. */
int open_keys(void **state);
int close_keys(void **state);

#endif
