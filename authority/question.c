/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* question - see question.h. */
#include "authority/question.h"

#include <string.h>

#define BIT(question) (UINT64_C(1) << (question))

/* What a verb needs, and nothing beside it. */
static uint64_t question_set(enum wire_verb verb)
{
	static const uint64_t prove =
		BIT(QUESTION_BEGIN) | BIT(QUESTION_MORE) | BIT(QUESTION_CHARGE) |
		BIT(QUESTION_HASHED) | BIT(QUESTION_COMMIT) | BIT(QUESTION_CODE) |
		BIT(QUESTION_DEVICES) | BIT(QUESTION_TOUCH) | BIT(QUESTION_END);
	switch (verb) {
	case WIRE_GET:
		return prove;
	case WIRE_SETTLE:
		return BIT(QUESTION_SETTLE) | BIT(QUESTION_END);
	case WIRE_MANAGE:
		return prove | BIT(QUESTION_ENROL_BEGIN) | BIT(QUESTION_ENROL_FINISH) |
		       BIT(QUESTION_ENROL_KEY) | BIT(QUESTION_ROOM) | BIT(QUESTION_STORE_PASSWORD) |
		       BIT(QUESTION_RENAME) | BIT(QUESTION_REMOVE) | BIT(QUESTION_REMOVE_ALL) |
		       BIT(QUESTION_INVITE) | BIT(QUESTION_INVITE_TAKE) | BIT(QUESTION_LOCK);
	case WIRE_LIST:
		return BIT(QUESTION_BEGIN) | BIT(QUESTION_MORE) | BIT(QUESTION_END);
	case WIRE_PREVENT:
		return BIT(QUESTION_BEGIN) | BIT(QUESTION_MORE) | BIT(QUESTION_PREVENT) |
		       BIT(QUESTION_END);
	case WIRE_STATUS:
		return BIT(QUESTION_STATUS) | BIT(QUESTION_END);
	case WIRE_ACCOUNTS:
		return BIT(QUESTION_ACCOUNTS) | BIT(QUESTION_END);
	case WIRE_BACKUP:
		return BIT(QUESTION_BACKUP) | BIT(QUESTION_END);
	case WIRE_PEOPLE:
		return BIT(QUESTION_PEOPLE_CHANGE) | BIT(QUESTION_PEOPLE) | BIT(QUESTION_END);
	}
	return 0;
}

bool question_allowed(enum wire_verb verb, bool login_socket, uint8_t question)
{
	/* A login counts only where root's program says so (behaviour 3), and
	 * root's verbs come over root's socket. */
	static const uint64_t login_only = BIT(QUESTION_SETTLE) | BIT(QUESTION_REMOVE_ALL) |
					   BIT(QUESTION_INVITE) | BIT(QUESTION_LOCK) |
					   BIT(QUESTION_ACCOUNTS) | BIT(QUESTION_BACKUP) |
					   BIT(QUESTION_PEOPLE_CHANGE) | BIT(QUESTION_PEOPLE);
	if (question >= 64)
		return false;
	if (!login_socket && (login_only & BIT(question)))
		return false;
	return question_set(verb) & BIT(question);
}

void question_put_assign(struct wire_out *out, const struct question_assign *assign)
{
	wire_begin(out, (enum wire_message)QUESTION_ASSIGN);
	wire_put_u16(out, assign->verb);
	wire_put_u8(out, assign->login_socket);
	wire_put_u32(out, assign->uid);
	wire_put_u32(out, assign->requester);
	wire_put_str(out, assign->name);
}

bool question_get_assign(const void *message, size_t len, struct question_assign *ret_assign)
{
	struct wire_in in;

	if (wire_open(&in, message, len) != QUESTION_ASSIGN)
		return false;
	memset(ret_assign, 0, sizeof(*ret_assign));
	ret_assign->verb = wire_get_u16(&in);
	ret_assign->login_socket = wire_get_u8(&in) == 1;
	ret_assign->uid = wire_get_u32(&in);
	ret_assign->requester = wire_get_u32(&in);
	wire_get_str(&in, ret_assign->name, sizeof(ret_assign->name));
	return wire_done(&in);
}

static bool question_get_id(struct wire_in *in, uint8_t id[WIRE_ID_SIZE])
{
	return wire_get_bytes(in, id, WIRE_ID_SIZE) == WIRE_ID_SIZE;
}

void question_put_change(struct wire_out *out, const struct type_change *change)
{
	wire_put_bytes(out, change->id, WIRE_ID_SIZE);
	wire_put_u64(out, change->read_moving);
	wire_put_u64(out, change->moving);
	wire_put_u8(out, change->backup_state);
	wire_put_u8(out, change->user_verified);
	wire_put_u8(out, change->silent);
	wire_put_u8(out, change->agent);
	wire_put_str(out, change->rehash);
}

bool question_get_change(struct wire_in *in, struct type_change *ret_change)
{
	memset(ret_change, 0, sizeof(*ret_change));
	if (!question_get_id(in, ret_change->id))
		return false;
	ret_change->read_moving = wire_get_u64(in);
	ret_change->moving = wire_get_u64(in);
	ret_change->backup_state = wire_get_u8(in);
	ret_change->user_verified = wire_get_u8(in);
	ret_change->silent = wire_get_u8(in);
	ret_change->agent = wire_get_u8(in);
	wire_get_str(in, ret_change->rehash, sizeof(ret_change->rehash));
	return wire_done(in);
}

void question_put_judgement(struct wire_out *out, const struct type_judgement *judgement)
{
	wire_put_u32(out, (uint32_t)judgement->verdict);
	wire_put_u8(out, judgement->throttled);
	wire_put_u32(out, judgement->wait_s);
	wire_put_bytes(out, judgement->id, WIRE_ID_SIZE);
	wire_put_bytes(out, judgement->login, WIRE_LOGIN_SIZE);
	wire_put_u8(out, judgement->codes_left);
	wire_put_u8(out, judgement->replayed);
	wire_put_str(out, judgement->reason);
}

bool question_get_judgement(struct wire_in *in, struct type_judgement *ret_judgement)
{
	struct type_judgement j = {.verdict = VERDICT_REFUSED};
	uint32_t verdict = wire_get_u32(in);

	j.throttled = wire_get_u8(in);
	j.wait_s = wire_get_u32(in);
	if (!question_get_id(in, j.id))
		return false;
	if (wire_get_bytes(in, j.login, WIRE_LOGIN_SIZE) != WIRE_LOGIN_SIZE)
		return false;
	j.codes_left = wire_get_u8(in);
	j.replayed = wire_get_u8(in);
	wire_get_str(in, j.reason, sizeof(j.reason));
	if (!wire_done(in))
		return false;
	if (verdict == (uint32_t)VERDICT_GRANTED && !j.throttled && !j.replayed)
		j.verdict = VERDICT_GRANTED;
	*ret_judgement = j;
	return true;
}

void question_put_creation(struct wire_out *out, const struct type_creation *creation)
{
	wire_put_u8(out, (uint8_t)creation->kind);
	wire_put_u8(out, creation->algorithm);
	wire_put_u8(out, creation->digits);
	wire_put_u8(out, creation->count);
	wire_put_u16(out, creation->period);
	wire_put_str(out, creation->label);
}

bool question_get_creation(struct wire_in *in, struct type_creation *ret_creation)
{
	memset(ret_creation, 0, sizeof(*ret_creation));
	ret_creation->kind = (enum credential_kind)wire_get_u8(in);
	ret_creation->algorithm = wire_get_u8(in);
	ret_creation->digits = wire_get_u8(in);
	ret_creation->count = wire_get_u8(in);
	ret_creation->period = wire_get_u16(in);
	wire_get_str(in, ret_creation->label, sizeof(ret_creation->label));
	return wire_done(in);
}
