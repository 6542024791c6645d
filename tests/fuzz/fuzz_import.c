/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* Other programs' files; the first byte says whose. */
#include "lib/core/types/import.h"
#include "lib/core/types/public_key_parse.h"
#include "lib/core/types/ssh_key.h"
#include "tests/fuzz/fuzz.h"

static int hold(void *context, const struct import_entry *entry)
{
	unsigned *last = context;
	struct cose_key key;

	fuzz_insist(entry->line >= *last);
	*last = entry->line;
	fuzz_insist(memchr(entry->text, '\0', sizeof(entry->text)) != NULL);
	fuzz_insist(memchr(entry->user, '\0', sizeof(entry->user)) != NULL);
	if (!entry->good) {
		fuzz_insist(entry->text[0] != '\0');
		return 0;
	}
	fuzz_insist(!entry->record.no_touch);
	fuzz_insist(cose_parse(entry->record.key, entry->record.key_len, &key) == COSE_OK);
	fuzz_insist(cose_loads(&key) && key.algorithm == entry->record.cose_algorithm);
	return 0;
}

static void try_ssh_auth(const char *text, size_t len)
{
	static struct ssh_key key;

	if (!ssh_key_parse(text, len, &key))
		return;
	fuzz_insist(key.named.key_len > 0 && key.named.kind == KIND_SSH_SK);
	fuzz_insist(ssh_key_same(&key.named, &key.named));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned last = 0;
	char *text;

	if (size < 1)
		return 0;
	text = fuzz_text(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		(void)import_pam_u2f(text, size - 1, "pam://host", hold, &last);
		break;
	case 1:
		(void)import_openssh(text, size - 1, hold, &last);
		break;
	case 2:
		try_ssh_auth(text, size - 1);
		break;
	}
	free(text);
	return 0;
}
