/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * Allow and exclude lists, as a session applies them (behaviours 65 and 66 say
 * what a list may hold).  Facts after web-platform-tests: what the allow list
 * names is used, webauthn/getcredential-passing.https.html; what the exclude
 * list names is not made anew, webauthn/createcredential-excludecredentials.https.html.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "authority/session.h"
#include "tests/unit/signer.h"
#include "tests/unit/unit.h"

static struct session session;
static struct credential records[5];
static struct order order;
static struct signer blue, red;
static size_t enrolled;

enum { PASSWORD = 0, APP = 1, BLUE = 2, RED = 3, LOCKED = 4 };

static void set_up(const char *types)
{
	static const uint8_t blue_id[] = "blue's own id", red_id[] = "red's own id";

	free(session.usable);
	memset(&session, 0, sizeof(session));
	memset(records, 0, sizeof(records));
	records[PASSWORD].type = WEBCRED_TYPE_PASSWORD;
	records[PASSWORD].kind = KIND_PASSWORD;
	records[APP].type = WEBCRED_TYPE_OTP;
	records[APP].kind = KIND_TOTP;
	signer_record(&blue, "host.example", blue_id, sizeof(blue_id), &records[BLUE]);
	signer_record(&red, "host.example", red_id, sizeof(red_id), &records[RED]);
	records[LOCKED] = records[RED];
	records[LOCKED].locked = true;
	for (size_t i = 0; i < N_ELEMENTS(records); i++)
		memset(records[i].id, (int)i + 1, WIRE_ID_SIZE);
	session.credentials = records;
	session.n_credentials = N_ELEMENTS(records);
	assert_int_equal(order_parse(types, strlen(types), &order, NULL), 0);
}

static struct wire_descriptor descriptor(uint8_t type, const void *id, size_t len)
{
	struct wire_descriptor one = {.type = type, .len = (uint16_t)len};

	memcpy(one.id, id, len);
	return one;
}

static struct wire_descriptor ours(size_t which)
{
	return descriptor((uint8_t)records[which].type, records[which].id, WIRE_ID_SIZE);
}

static void lists(struct wire_descriptor *allow, size_t n_allow, struct wire_descriptor *exclude,
		  size_t n_exclude)
{
	session.request.allow = allow;
	session.request.n_allow = (uint8_t)n_allow;
	session.request.exclude = exclude;
	session.request.n_exclude = (uint8_t)n_exclude;
}

static bool no_memory;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return no_memory ? NULL : __real_calloc(n, size);
}

/* Which of the five remain, as bits, where a change wants this strength. */
static unsigned remain_of(uint8_t minimum)
{
	unsigned bits = 0;

	free(session.usable);
	session.usable = NULL;
	session.n_usable = 0;
	assert_int_equal(session_filter(&session, &order, minimum, &enrolled), 0);
	for (size_t i = 0; i < session.n_usable; i++)
		bits |= 1u << (session.usable[i].id[0] - 1);
	return bits;
}

static unsigned remain(void)
{
	return remain_of(0);
}

#define BIT(which) (1u << (which))

/* behaviour 53 */
static void test_types(void **state)
{
	(void)state;
	set_up("public-key otp password");
	assert_int_equal(remain(), BIT(PASSWORD) | BIT(APP) | BIT(BLUE) | BIT(RED));
	assert_int_equal(enrolled, 5);
	set_up("otp");
	assert_int_equal(remain(), BIT(APP));
	assert_int_equal(enrolled, 1);
	set_up("ssh-key password"); /* a source of public-key */
	assert_int_equal(remain(), BIT(PASSWORD) | BIT(BLUE) | BIT(RED));
}

/* behaviour 65: by rpId's record, id and type; our id or the key's own. */
/* behaviour 60 */
static void test_allow(void **state)
{
	struct wire_descriptor list[3];

	(void)state;
	set_up("public-key otp password");
	list[0] = ours(APP);
	lists(list, 1, NULL, 0);
	assert_int_equal(remain(), BIT(APP));
	list[1] = descriptor(WEBCRED_TYPE_PUBLIC_KEY, records[BLUE].external,
			     records[BLUE].external_len);
	lists(list, 2, NULL, 0);
	assert_int_equal(remain(), BIT(APP) | BIT(BLUE));
	/* Another type's word beside the right id is another credential. */
	list[0] = ours(APP);
	list[0].type = WEBCRED_TYPE_PASSWORD;
	lists(list, 1, NULL, 0);
	assert_int_equal(remain(), 0);
	/* Cut, and with one byte more. */
	list[0] = descriptor(WEBCRED_TYPE_PUBLIC_KEY, records[BLUE].external,
			     records[BLUE].external_len - 1u);
	assert_int_equal(remain(), 0);
	list[0] = descriptor(WEBCRED_TYPE_PUBLIC_KEY, "nobody's", 8);
	assert_int_equal(remain(), 0);
	/* What is locked stays out, listed or not. */
	list[0] = ours(LOCKED);
	assert_int_equal(remain(), 0);
	/* How many are enrolled is what it was: a list is no "nothing there". */
	assert_int_equal(enrolled, 5);
}

/* behaviour 65: its order is preference */
static void test_allow_in_order(void **state)
{
	struct wire_descriptor list[4];

	(void)state;
	set_up("public-key otp password");
	list[0] = ours(RED);
	list[1] = ours(APP);
	list[2] = ours(BLUE);
	list[3] = ours(RED); /* again: the first one counts */
	lists(list, 4, NULL, 0);
	assert_int_equal(remain(), BIT(APP) | BIT(BLUE) | BIT(RED));
	assert_memory_equal(session.usable[0].id, records[RED].id, WIRE_ID_SIZE);
	assert_memory_equal(session.usable[1].id, records[APP].id, WIRE_ID_SIZE);
	assert_memory_equal(session.usable[2].id, records[BLUE].id, WIRE_ID_SIZE);
}

/* behaviour 60: whatever the mediation */
static void test_lists_in_each_mediation(void **state)
{
	struct wire_descriptor list[1];

	(void)state;
	for (int mediation = WEBCRED_MEDIATION_BY_FLAGS; mediation <= WEBCRED_MEDIATION_IMMEDIATE;
	     mediation++) {
		set_up("public-key otp password");
		session.mediation = (enum webcred_mediation)mediation;
		list[0] = ours(RED);
		lists(list, 1, NULL, 0);
		assert_int_equal(remain(), BIT(RED));
		lists(NULL, 0, list, 1);
		assert_int_equal(remain(), BIT(PASSWORD) | BIT(APP) | BIT(BLUE));
	}
}

/* behaviour 65: unknown types are ignored; a list of nothing else is an error. */
static void test_unknown_types(void **state)
{
	struct wire_descriptor list[2];

	(void)state;
	set_up("public-key otp password");
	lists(NULL, 0, NULL, 0);
	assert_true(session_lists_sound(&session.request));
	list[0] = descriptor(99, "x", 1);
	list[1] = descriptor(0, "x", 1);
	lists(list, 2, NULL, 0);
	assert_false(session_lists_sound(&session.request));
	lists(NULL, 0, list, 2);
	assert_false(session_lists_sound(&session.request));
	list[1] = ours(BLUE);
	lists(list, 2, NULL, 0);
	assert_true(session_lists_sound(&session.request));
	assert_int_equal(remain(), BIT(BLUE));
	/* wherever in it the known one stands, and whichever it is */
	list[1] = list[0];
	for (uint8_t type = WEBCRED_TYPE_PASSWORD; type <= WEBCRED_TYPE_IDENTITY; type++) {
		list[0] = descriptor(type, "x", 1);
		assert_true(session_lists_sound(&session.request));
	}
	list[0] = descriptor(WEBCRED_TYPE_IDENTITY + 1, "x", 1);
	assert_false(session_lists_sound(&session.request));
}

static void test_exclude(void **state)
{
	struct wire_descriptor list[2], allow[1];

	(void)state;
	set_up("public-key otp password");
	list[0] = ours(PASSWORD);
	list[1] = descriptor(WEBCRED_TYPE_PUBLIC_KEY, records[BLUE].external,
			     records[BLUE].external_len);
	lists(NULL, 0, list, 2);
	assert_int_equal(remain(), BIT(APP) | BIT(RED));
	/* Both lists name it: excluded. */
	allow[0] = ours(PASSWORD);
	lists(allow, 1, list, 2);
	assert_int_equal(remain(), 0);
}

/* One key under two records is one factor, however it is called. */
static void test_exclude_twin(void **state)
{
	struct wire_descriptor list[1];

	(void)state;
	set_up("public-key otp password");
	memcpy(records[RED].key, records[BLUE].key, sizeof(records[RED].key));
	records[RED].key_len = records[BLUE].key_len;
	records[RED].kind = KIND_SSH_SK;
	list[0] = ours(BLUE);
	lists(NULL, 0, list, 1);
	assert_int_equal(remain(), BIT(PASSWORD) | BIT(APP));
	list[0] = ours(RED);
	assert_int_equal(remain(), BIT(PASSWORD) | BIT(APP));
	/* where the excluded one is the first of all, and where it is none of theirs */
	session.credentials += BLUE;
	session.n_credentials = 2;
	list[0] = ours(BLUE);
	assert_int_equal(remain(), 0);
	session.n_credentials = 1;
	list[0] = ours(RED);
	assert_int_equal(remain(), BIT(BLUE));
	assert_int_equal(enrolled, 1);
}

/* A change wants at least as strong a proof; a recovery code is one, once. */
static void test_strength(void **state)
{
	(void)state;
	set_up("public-key otp password");
	assert_int_equal(remain_of(2), BIT(PASSWORD) | BIT(APP) | BIT(BLUE) | BIT(RED));
	assert_int_equal(remain_of(3), BIT(APP) | BIT(BLUE) | BIT(RED));
	assert_int_equal(remain_of(4), BIT(BLUE) | BIT(RED));
	assert_int_equal(remain_of(5), 0);
	records[APP].kind = KIND_RECOVERY;
	records[BLUE].uv_initialized = true;
	assert_int_equal(remain_of(5), BIT(APP) | BIT(BLUE));
}

/* Behaviour 38: as much is copied where nothing is usable, and not counted. */
static void test_nothing_usable(void **state)
{
	(void)state;
	set_up("otp");
	records[APP].locked = true;
	assert_int_equal(remain(), 0);
	assert_int_equal(session.n_usable, 0);
	assert_memory_equal(&session.usable[0], &records[0], sizeof(records[0]));
	session.credentials = NULL;
	session.n_credentials = 0;
	assert_int_equal(remain(), 0);
	assert_int_equal(session.usable[0].type, 0);
}

static void test_no_memory(void **state)
{
	int r;

	(void)state;
	set_up("otp");
	no_memory = true;
	r = session_filter(&session, &order, 0, &enrolled);
	no_memory = false;
	assert_int_equal(r, -ENOMEM);
	assert_int_equal(session.n_usable, 0);
}

static int open_keys(void **state)
{
	(void)state;
	signer_open(&blue, COSE_ES256);
	signer_open(&red, COSE_EDDSA);
	return 0;
}

static int close_keys(void **state)
{
	(void)state;
	free(session.usable);
	signer_close(&blue);
	signer_close(&red);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_lists_in_each_mediation),
		cmocka_unit_test(test_allow_in_order),
		cmocka_unit_test(test_unknown_types),
		cmocka_unit_test(test_exclude),
		cmocka_unit_test(test_exclude_twin),
		cmocka_unit_test(test_strength),
		cmocka_unit_test(test_nothing_usable),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
