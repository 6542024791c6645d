/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include "tests/unit/scripted_host.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

static void append(char *buffer, size_t size, const char *text, const char *end)
{
	assert_true(strlen(buffer) + strlen(text) + strlen(end) < size);
	strcat(buffer, text);
	strcat(buffer, end);
}

/* True where this call is the one that goes wrong. */
static bool fails(struct script *script, const char *call)
{
	append(script->trace, sizeof(script->trace), call, " ");
	return ++script->calls == script->fail_at;
}

static int do_ask(void *context, enum webcred_ask kind, const char *text,
		  struct webcred_secret *answer)
{
	struct script *script = context;
	const char *typed;

	script->ask_kind = kind;
	script->prompt[0] = '\0';
	append(script->prompt, sizeof(script->prompt), text, "");
	if (fails(script, "ask"))
		return script->fail_with;
	if (script->ask_result != 0)
		return script->ask_result;
	/* one prompt per secret, never a loop */
	assert_in_range(script->asked, 0, SCRIPT_ANSWERS_MAX - 1);
	typed = script->answer[script->asked++];
	assert_non_null(typed);
	return secret_set(answer, typed, strlen(typed));
}

static int do_show(void *context, enum webcred_show kind, const char *text)
{
	struct script *script = context;

	append(script->shown, sizeof(script->shown), text, "\n");
	if (fails(script, "show"))
		return script->fail_with;
	if (kind == WEBCRED_SHOW_URI || kind == WEBCRED_SHOW_SECRET)
		return script->enrol_show_result;
	return 0;
}

static int do_charge(void *context, enum webcred_type type, const uint8_t *id,
		     struct type_verifier *ret_verifier)
{
	struct script *script = context;

	assert_int_equal(type, WEBCRED_TYPE_PASSWORD);
	if (fails(script, "charge"))
		return script->fail_with;
	script->charged_nobody = id == NULL;
	if (id != NULL)
		memcpy(script->charged_id, id, WIRE_ID_SIZE);
	if (script->mute != MUTE_ALL)
		*ret_verifier = script->verifier;
	return 0;
}

static int do_commit(void *context, const struct type_change *change,
		     struct type_judgement *ret_judgement)
{
	struct script *script = context;

	script->change = *change;
	/* The worst host: it grants, and then says that it failed. */
	if (script->mute == MUTE_NOT)
		*ret_judgement = script->judgement;
	return fails(script, "commit") ? script->fail_with : 0;
}

static int do_check_code(void *context, const struct webcred_secret *code,
			 struct type_judgement *ret_judgement)
{
	struct script *script = context;

	memcpy(script->given, secret_bytes(code), secret_len(code) + 1);
	if (script->mute == MUTE_NOT)
		*ret_judgement = script->judgement;
	return fails(script, "check") ? script->fail_with : 0;
}

static int do_enrol_begin(void *context, const struct type_creation *creation,
			  struct type_enrolment *ret_enrolment)
{
	struct script *script = context;

	script->creation = *creation;
	if (fails(script, "begin"))
		return script->fail_with;
	if (script->mute != MUTE_ALL)
		*ret_enrolment = script->enrolment;
	return 0;
}

static int do_enrol_finish(void *context, const struct webcred_secret *code,
			   struct credential *ret_credential)
{
	struct script *script = context;

	memcpy(script->given, secret_bytes(code), secret_len(code) + 1);
	if (fails(script, "finish"))
		return script->fail_with;
	if (script->finish_result == 0)
		*ret_credential = (struct credential){.type = WEBCRED_TYPE_OTP};
	return script->finish_result;
}

static int do_room(void *context)
{
	struct script *script = context;

	return fails(script, "room") ? script->fail_with : 0;
}

static int do_store_password(void *context, const char *hash, struct credential *ret_credential)
{
	struct script *script = context;

	assert_true(strlen(hash) < sizeof(script->stored_hash));
	strcpy(script->stored_hash, hash);
	if (fails(script, "store"))
		return script->fail_with;
	*ret_credential = (struct credential){.type = WEBCRED_TYPE_PASSWORD};
	return 0;
}

struct type_host script_host(struct script *script)
{
	/* What a password or a code has no business with stays NULL. */
	return (struct type_host){
		.context = script,
		.ask = do_ask,
		.show = do_show,
		.charge = do_charge,
		.commit = do_commit,
		.check_code = do_check_code,
		.enrol_begin = do_enrol_begin,
		.enrol_finish = do_enrol_finish,
		.room = do_room,
		.store_password = do_store_password,
	};
}
