/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * What goes between keeper and session in parts: assignment, record, policy,
 * change, judgement, creation.  The first byte chooses.
 */
#include "authority/question.h"
#include "lib/core/credential.h"
#include "lib/core/policy.h"
#include "tests/fuzz/fuzz.h"

static struct wire_out out;

/* What decoded encodes, and that decodes to the same bytes once more. */
static void same(struct wire_out *again, const struct wire_in *in)
{
	fuzz_insist(!again->overflow && !in->bad);
}

static void try_assign(const uint8_t *data, size_t size)
{
	struct question_assign assign;

	if (!question_get_assign(data, size, &assign))
		return;
	question_put_assign(&out, &assign);
	fuzz_insist(out.len == size);
	for (unsigned i = 0; i < 256; i++)
		if (question_allowed((enum wire_verb)assign.verb, false, (uint8_t)i))
			fuzz_insist(
				question_allowed((enum wire_verb)assign.verb, true, (uint8_t)i));
}

static void try_record(struct wire_in *in, const uint8_t *data, size_t size)
{
	static struct credential record;
	struct wire_credential shown;

	if (!credential_get(in, &record))
		return;
	out.len = 0;
	out.overflow = false;
	credential_put(&out, &record);
	same(&out, in);
	fuzz_insist(out.len == size - in->left && memcmp(out.bytes, data, out.len) == 0);
	credential_to_wire(&record, &shown);
	fuzz_insist(credential_kind_name(record.kind) != NULL);
	(void)credential_kind_parse(record.label);
	fuzz_insist(credential_strength(&record, true) >= credential_strength(&record, false));
}

static void try_policy(struct wire_in *in, const uint8_t *data, size_t size)
{
	static struct policy policy;

	if (!policy_get(in, &policy))
		return;
	out.len = 0;
	out.overflow = false;
	policy_put(&out, &policy);
	same(&out, in);
	fuzz_insist(out.len == size - in->left && memcmp(out.bytes, data, out.len) == 0);
}

static void try_change(struct wire_in *in, size_t size)
{
	struct type_change change;

	if (!question_get_change(in, &change))
		return;
	out.len = 0;
	out.overflow = false;
	question_put_change(&out, &change);
	fuzz_insist(!out.overflow && out.len == size);
}

static void try_judgement(struct wire_in *in, size_t size)
{
	struct type_judgement judgement;

	if (!question_get_judgement(in, &judgement))
		return;
	fuzz_insist(judgement.verdict != VERDICT_GRANTED ||
		    (!judgement.throttled && !judgement.replayed));
	out.len = 0;
	out.overflow = false;
	question_put_judgement(&out, &judgement);
	fuzz_insist(!out.overflow && out.len == size);
}

static void try_creation(struct wire_in *in, size_t size)
{
	struct type_creation creation;

	if (!question_get_creation(in, &creation))
		return;
	out.len = 0;
	out.overflow = false;
	question_put_creation(&out, &creation);
	fuzz_insist(!out.overflow && out.len == size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_in in;

	if (size < 1)
		return 0;
	in = (struct wire_in){data + 1, size - 1, false};
	switch (data[0] % 6) {
	case 0:
		try_assign(data + 1, size - 1);
		break;
	case 1:
		try_record(&in, data + 1, size - 1);
		break;
	case 2:
		try_policy(&in, data + 1, size - 1);
		break;
	case 3:
		try_change(&in, size - 1);
		break;
	case 4:
		try_judgement(&in, size - 1);
		break;
	case 5:
		try_creation(&in, size - 1);
		break;
	}
	return 0;
}
