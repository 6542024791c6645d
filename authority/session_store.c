/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* session_store - who has an account in the store, and a copy of all of it. */
#include "authority/session.h"

#include <errno.h>
#include <unistd.h>

#define STORE_COPY_MS 10000
#define STORE_SEND_MS 5000

/* ---- accounts ---------------------------------------------------------------- */

static int store_send_account(struct session *session, const char *name, uint32_t uid,
			      uint8_t locked)
{
	wire_begin(&session->out, WIRE_ACCOUNT);
	wire_put_str(&session->out, name);
	wire_put_u32(&session->out, uid);
	wire_put_u8(&session->out, locked);
	return wire_send(session->client, session->out.bytes, session->out.len,
			 session_deadline(session, STORE_SEND_MS));
}

/* One answer's; *after is the last one's number, *ret_n how many there were. */
static int store_pass_accounts(struct session *session, struct wire_in *in, uint64_t *after,
			       uint16_t *ret_n)
{
	uint16_t n = wire_get_u16(in), i;
	char name[WIRE_NAME_MAX + 1];
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		uint64_t number = wire_get_u64(in);
		uint32_t uid;
		uint8_t locked;

		wire_get_str(in, name, sizeof(name));
		uid = wire_get_u32(in);
		locked = wire_get_u8(in);
		if (in->bad || number <= *after || locked > 1)
			return -EPROTO;
		*after = number;
		r = store_send_account(session, name, uid, locked);
	}
	*ret_n = n;
	return r == 0 && !wire_done(in) ? -EPROTO : r;
}

int session_accounts(struct session *session)
{
	struct wire_in in;
	uint64_t after = 0;
	uint16_t n;
	int r;

	do {
		wire_begin(&session->out, (enum wire_message)QUESTION_ACCOUNTS);
		wire_put_u64(&session->out, after);
		r = session_question(session, ANSWER_ACCOUNTS, &in);
		n = 0;
		if (r == 0)
			r = store_pass_accounts(session, &in, &after, &n);
	} while (r == 0 && n);
	return r;
}

/* ---- backup ------------------------------------------------------------------ */

int session_backup(struct session *session)
{
	struct wire_in in;
	int fd = -1, r;
	ssize_t n;

	wire_begin(&session->out, (enum wire_message)QUESTION_BACKUP);
	r = session_question(session, ANSWER_DONE, &in);
	if (r != 0)
		return r;
	n = wire_recv(session->keeper, session->in, sizeof(session->in), &fd, -1,
		      wire_clock() + STORE_COPY_MS);
	if (n < 0)
		return (int)n;
	if (n != 1 || session->in[0] != ANSWER_COPY || fd < 0) {
		if (fd >= 0)
			close(fd);
		return -EPROTO;
	}
	wire_begin(&session->out, WIRE_COPY);
	r = wire_send_fd(session->client, session->out.bytes, session->out.len, fd,
			 session_deadline(session, STORE_SEND_MS));
	close(fd);
	return r;
}
