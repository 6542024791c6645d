/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdlib.h>
#include <string.h>

#include "lib/core/types/ceremony.h"
#include "tests/unit/mutate.h"
#include "tests/unit/unit.h"

static struct wire_out out;
static struct ceremony_entry entries[CEREMONY_ENTRIES_MAX + 1];

static void begin_fill(struct type_ceremony *ceremony, uint8_t n_entries, uint16_t id_len)
{
	memset(ceremony, 0, sizeof(*ceremony));
	memset(entries, 0, sizeof(entries));
	ceremony->kind = CEREMONY_CREATE;
	strcpy(ceremony->rp_id, "host.example");
	memset(ceremony->client_data_hash, 0x5a, 32);
	ceremony->user_verification = WEBCRED_UV_REQUIRED;
	ceremony->resident = true;
	ceremony->timeout_ms = 60000;
	ceremony->user_id_len = 32;
	memset(ceremony->user_id, 0x66, 32);
	strcpy(ceremony->user_name, "ann");
	ceremony->n_algorithms = 3;
	ceremony->algorithm[0] = COSE_ES256;
	ceremony->algorithm[1] = COSE_EDDSA;
	ceremony->algorithm[2] = COSE_RS256;
	ceremony->n_entries = n_entries;
	ceremony->entry = entries;
	for (size_t i = 0; i < n_entries && i < N_ELEMENTS(entries); i++) {
		strcpy(entries[i].rp_id, "pam://host");
		entries[i].len = id_len;
		memset(entries[i].id, (int)i + 1, id_len);
		entries[i].no_touch = i % 2;
	}
}

static bool begin_again(const uint8_t *message, size_t len, struct wire_out *again)
{
	struct ceremony_entry *back = calloc(CEREMONY_ENTRIES_MAX, sizeof(*back));
	struct type_ceremony ceremony;
	bool good;

	assert_non_null(back);
	good = ceremony_get_begin(message, len, &ceremony, back);
	if (good)
		assert_true(ceremony_put_begin(again, &ceremony));
	free(back);
	return good;
}

static void test_begin_round_trip(void **state)
{
	static struct ceremony_entry back_entries[CEREMONY_ENTRIES_MAX];
	struct type_ceremony ceremony, back;

	(void)state;
	for (uint8_t n = 0; n <= CEREMONY_ENTRIES_MAX; n++) {
		begin_fill(&ceremony, n, WIRE_EXTERNAL_MAX);
		ceremony.kind = n % 2 ? CEREMONY_GET : CEREMONY_CREATE;
		ceremony.attest = n % 3 == 0;
		ceremony.resident = !ceremony.attest;
		ceremony.pin_tries = (uint8_t)(1 + n % CEREMONY_PIN_TRIES_MAX);
		assert_true(ceremony_put_begin(&out, &ceremony));
		assert_int_equal(out.bytes[0], CEREMONY_BEGIN);
		memset(&back, 0xee, sizeof(back));
		assert_true(ceremony_get_begin(out.bytes, out.len, &back, back_entries));
		assert_ptr_equal(back.entry, back_entries);
		back.entry = ceremony.entry;
		assert_int_equal(back.kind, ceremony.kind);
		assert_string_equal(back.rp_id, ceremony.rp_id);
		assert_memory_equal(back.client_data_hash, ceremony.client_data_hash, 32);
		assert_int_equal(back.user_verification, WEBCRED_UV_REQUIRED);
		assert_int_equal(back.resident, ceremony.resident);
		assert_int_equal(back.attest, ceremony.attest);
		assert_int_equal(back.pin_tries, ceremony.pin_tries);
		assert_int_equal(back.timeout_ms, 60000);
		assert_int_equal(back.user_id_len, 32);
		assert_memory_equal(back.user_id, ceremony.user_id, 64);
		assert_string_equal(back.user_name, "ann");
		assert_int_equal(back.n_algorithms, 3);
		assert_memory_equal(back.algorithm, ceremony.algorithm, sizeof(back.algorithm));
		assert_int_equal(back.n_entries, n);
		assert_memory_equal(back_entries, entries, n * sizeof(entries[0]));
	}
}

/* Everything at its largest fits into one message: the promise of 12 ids. */
static void test_begin_largest(void **state)
{
	struct type_ceremony ceremony;

	(void)state;
	begin_fill(&ceremony, CEREMONY_ENTRIES_MAX, WIRE_EXTERNAL_MAX);
	memset(ceremony.rp_id, 'r', WIRE_RPID_MAX);
	memset(ceremony.user_name, 'u', WIRE_NAME_MAX);
	ceremony.user_id_len = 64;
	ceremony.n_algorithms = 4;
	for (size_t i = 0; i < CEREMONY_ENTRIES_MAX; i++)
		memset(entries[i].rp_id, 'e', WIRE_RPID_MAX);
	assert_true(ceremony_put_begin(&out, &ceremony));
	assert_true(begin_again(out.bytes, out.len, &(struct wire_out){0}));
}

static void test_begin_bounds(void **state)
{
	struct type_ceremony ceremony;

	(void)state;
	begin_fill(&ceremony, CEREMONY_ENTRIES_MAX + 1, 16);
	assert_false(ceremony_put_begin(&out, &ceremony));
	begin_fill(&ceremony, 1, 0); /* an id of nothing */
	assert_false(ceremony_put_begin(&out, &ceremony));
	begin_fill(&ceremony, 1, 16);
	entries[0].len = WIRE_EXTERNAL_MAX + 1;
	assert_false(ceremony_put_begin(&out, &ceremony));
	begin_fill(&ceremony, 1, 16);
	ceremony.n_algorithms = 5;
	assert_false(ceremony_put_begin(&out, &ceremony));
	begin_fill(&ceremony, 1, 16);
	ceremony.user_id_len = 65;
	assert_false(ceremony_put_begin(&out, &ceremony));
	begin_fill(&ceremony, 1, 16);
	ceremony.pin_tries = CEREMONY_PIN_TRIES_MAX + 1;
	assert_false(ceremony_put_begin(&out, &ceremony));
	/* what put does not look at, get does */
	begin_fill(&ceremony, 1, 16);
	ceremony.kind = (enum ceremony_kind)3;
	assert_true(ceremony_put_begin(&out, &ceremony));
	assert_false(begin_again(out.bytes, out.len, &(struct wire_out){0}));
	begin_fill(&ceremony, 1, 16);
	ceremony.user_verification = (enum webcred_user_verification)3;
	assert_true(ceremony_put_begin(&out, &ceremony));
	assert_false(begin_again(out.bytes, out.len, &(struct wire_out){0}));
}

static void test_begin_damage(void **state)
{
	struct type_ceremony ceremony;

	(void)state;
	begin_fill(&ceremony, 2, 16);
	assert_true(ceremony_put_begin(&out, &ceremony));
	mutate_all(out.bytes, out.len, begin_again);
}

/* ---- PRESENT ------------------------------------------------------------------ */

static bool present_again(const uint8_t *message, size_t len, struct wire_out *again)
{
	struct ceremony_present present;

	return ceremony_get_present(message, len, &present) &&
	       ceremony_put_present(again, &present);
}

static void test_present(void **state)
{
	struct ceremony_present present = {
		.found = true, .can_verify = true, .entry = 11, .tries_left = 8};
	struct ceremony_present back = {0};

	(void)state;
	assert_true(ceremony_put_present(&out, &present));
	assert_true(ceremony_get_present(out.bytes, out.len, &back));
	assert_true(back.found && !back.has_pin && back.can_verify);
	assert_int_equal(back.entry, 11);
	assert_int_equal(back.tries_left, 8);
	mutate_all(out.bytes, out.len, present_again);
	/* an entry that no message can have had */
	present.entry = CEREMONY_ENTRIES_MAX;
	assert_true(ceremony_put_present(&out, &present));
	assert_false(ceremony_get_present(out.bytes, out.len, &back));
}

/* ---- DONE --------------------------------------------------------------------- */

static struct ceremony_result done, done_back;

static void done_fill(enum ceremony_end end)
{
	memset(&done, 0, sizeof(done));
	done.end = end;
	done.tries_left = 3;
	strcpy(done.detail, "FIDO_OK");
	done.uv_initialized = true;
	if (end != CEREMONY_OK)
		return;
	strcpy(done.rp_id, "host.example");
	done.id_len = 16;
	memset(done.id, 0x10, 16);
	done.auth_data_len = 37;
	memset(done.auth_data, 0x20, 37);
	done.signature_len = 70;
	memset(done.signature, 0x30, 70);
	done.user_handle_len = 32;
	memset(done.user_handle, 0x40, 32);
	done.cose_algorithm = COSE_ES256;
	strcpy(done.format, "packed");
	done.attestation_len = 9;
	memset(done.attestation, 0x50, 9);
	done.transports = TRANSPORT_USB;
}

static bool done_again(const uint8_t *message, size_t len, struct wire_out *again)
{
	return ceremony_get_done(message, len, &done_back) && ceremony_put_done(again, &done_back);
}

static void test_done_round_trip(void **state)
{
	(void)state;
	for (unsigned end = CEREMONY_OK; end <= CEREMONY_END_LAST; end++) {
		done_fill((enum ceremony_end)end);
		done.id_omitted = end % 2;
		done.uv_initialized = !done.id_omitted;
		assert_true(ceremony_put_done(&out, &done));
		memset(&done_back, 0xee, sizeof(done_back));
		assert_true(ceremony_get_done(out.bytes, out.len, &done_back));
		assert_memory_equal(&done_back, &done, sizeof(done));
	}
}

/* Only what ended well carries a response: a failure cannot smuggle one in. */
static void test_done_failure_is_bare(void **state)
{
	(void)state;
	done_fill(CEREMONY_OK);
	assert_true(ceremony_put_done(&out, &done));
	out.bytes[1] = CEREMONY_NOT_HERE;
	assert_false(ceremony_get_done(out.bytes, out.len, &done_back));
	out.bytes[1] = 0;
	assert_false(ceremony_get_done(out.bytes, out.len, &done_back));
	done_fill((enum ceremony_end)(CEREMONY_END_LAST + 1));
	assert_true(ceremony_put_done(&out, &done));
	assert_false(ceremony_get_done(out.bytes, out.len, &done_back));
}

static void test_done_largest(void **state)
{
	(void)state;
	done_fill(CEREMONY_OK);
	done.id_len = sizeof(done.id);
	done.auth_data_len = CEREMONY_AUTHDATA_MAX;
	done.signature_len = CEREMONY_SIGNATURE_MAX;
	done.user_handle_len = 64;
	done.attestation_len = CEREMONY_ATTESTATION_MAX;
	assert_true(ceremony_put_done(&out, &done));
	assert_true(ceremony_get_done(out.bytes, out.len, &done_back));
	assert_memory_equal(&done_back, &done, sizeof(done));
	done.auth_data_len++;
	assert_false(ceremony_put_done(&out, &done));
	done_fill(CEREMONY_OK);
	done.user_handle_len = 65;
	assert_false(ceremony_put_done(&out, &done));
}

static void test_done_damage(void **state)
{
	(void)state;
	done_fill(CEREMONY_OK);
	assert_true(ceremony_put_done(&out, &done));
	mutate_all(out.bytes, out.len, done_again);
	done_fill(CEREMONY_NO_TOUCH);
	assert_true(ceremony_put_done(&out, &done));
	mutate_all(out.bytes, out.len, done_again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin_round_trip),
		cmocka_unit_test(test_begin_largest),
		cmocka_unit_test(test_begin_bounds),
		cmocka_unit_test(test_begin_damage),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_done_round_trip),
		cmocka_unit_test(test_done_failure_is_bare),
		cmocka_unit_test(test_done_largest),
		cmocka_unit_test(test_done_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
