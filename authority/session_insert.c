/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_insert - keys that come while a ceremony runs.
 *
 * The keeper is asked again three times a second, for a session has no file
 * system and whether the caller may have a key at all is the keeper's to say.
 * What is plugged in meanwhile joins.  Where no key blinks: one that another
 * login has is waited for in turn; one that another program has, for a few
 * seconds; and one that is not here, as long as key_wait says.
 */
#include "authority/session_ceremony.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- asking --------------------------------------------------------------------------- */

static struct ceremony_key *insert_slot(struct ceremony_run *run)
{
	unsigned i;

	for (i = 0; i < run->n; i++) {
		if (run->key[i].channel < 0)
			return &run->key[i];
	}
	return run->n < CEREMONY_KEYS_MAX ? &run->key[run->n++] : NULL;
}

static void insert_begin(struct ceremony_run *run, int channel)
{
	struct ceremony_key *key = insert_slot(run);

	if (!key) {
		close(channel); /* the helper ends by itself */
		return;
	}
	*key = (struct ceremony_key){.channel = channel,
				     .look_until = wire_clock() + CEREMONY_LOOK_MS};
	if (!ceremony_put_begin(&run->session->out, run->ceremony))
		run->trouble = -EMSGSIZE;
	else
		ceremony_send(run, key, &run->session->out);
}

static int insert_receive(struct ceremony_run *run, unsigned expected)
{
	struct session *session = run->session;
	int fd;
	ssize_t n;

	while (expected-- > 0) {
		fd = -1;
		n = wire_recv(session->keeper, session->in, sizeof(session->in), &fd, -1,
			      wire_clock() + CEREMONY_LOOK_MS);
		if (n < 0)
			return (int)n;
		if (fd >= 0)
			insert_begin(run, fd);
	}
	return 0;
}

void insert_ask(struct ceremony_run *run)
{
	struct session *session = run->session;
	unsigned expected, plugged;
	struct wire_in in;
	int r;

	wire_begin(&session->out, (enum wire_message)QUESTION_DEVICES);
	wire_put_u8(&session->out, run->reask_at != 0);
	run->reask_at = wire_clock() + CEREMONY_REASK_MS;
	r = session_question(session, ANSWER_DEVICES, &in);
	if (r == 0) {
		expected = wire_get_u8(&in);
		plugged = wire_get_u8(&in);
		run->held = wire_get_u8(&in);
		run->queued = wire_get_u8(&in);
		/* That there was one is what is told in the end. */
		run->plugged = plugged > run->plugged ? plugged : run->plugged;
		r = wire_done(&in) ? insert_receive(run, expected) : -EPROTO;
	}
	if (r != 0 && run->trouble == 0)
		run->trouble = r;
}

/* ---- waiting -------------------------------------------------------------------------- */

/* "the key labelled blue", "one of your security keys"; whoever asks for somebody
 * else learns no label of a key that is not even here (behaviour 38). */
static void insert_name(const struct ceremony_run *run, char *text, size_t size)
{
	const struct session *session = run->session;
	const struct credential *only = NULL;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < session->n_usable; i++) {
		if (session->usable[i].type == WEBCRED_TYPE_PUBLIC_KEY && n++ == 0)
			only = &session->usable[i];
	}
	if (run->ceremony->kind == CEREMONY_CREATE)
		snprintf(text, size, "the security key");
	else if (session->assign.requester != session->assign.uid)
		snprintf(text, size, "your security key");
	else if (n > 1)
		snprintf(text, size, "one of your security keys");
	else if (only && only->label[0])
		snprintf(text, size, "the key labelled %s", only->label);
	else
		snprintf(text, size, "your security key");
}

static void insert_text(const struct ceremony_run *run, int64_t until, char *text, size_t size)
{
	unsigned seconds = (unsigned)((until - wire_clock() + 999) / 1000);
	const char *first = "";
	char name[WIRE_LABEL_MAX + 32];

	insert_name(run, name, sizeof(name));
	if (run->result.end == CEREMONY_UNPLUGGED)
		first = "The key was unplugged. ";
	else if (run->result.end == CEREMONY_NOT_HERE)
		first = "This key is not enrolled here. ";
	snprintf(text, size, "%sInsert %s (waiting %u second%s).", first, name, seconds,
		 seconds == 1 ? "" : "s");
}

static void insert_say(struct ceremony_run *run, int64_t until)
{
	char text[WIRE_LABEL_MAX + 128];
	int r;

	if (run->session->conditional) /* its prompt says it already */
		return;
	if (run->waiting == WAIT_QUEUED)
		snprintf(text, sizeof(text), "Another login has the key; waiting for my turn.");
	else if (run->waiting == WAIT_HELD)
		snprintf(text, sizeof(text),
			 "The key is in use by another program; waiting for it.");
	else
		insert_text(run, until, text, sizeof(text));
	/* A cue like a touch's: under PAM_SILENT other texts are not shown, and sudo is silent. */
	r = session_show(run->session, WEBCRED_SHOW_TOUCH, text);
	if (r != 0)
		run->trouble = r;
}

/* What there is to wait for; the strongest hope first. */
static enum ceremony_wait insert_what(const struct ceremony_run *run)
{
	enum ceremony_end end = run->result.end;

	if (run->ceremony->more)
		return WAIT_NOT;
	if (run->queued > 0)
		return WAIT_QUEUED;
	if (run->held > 0 && wire_clock() - run->began < CEREMONY_HELD_MS)
		return WAIT_HELD;
	if (run->session->conditional)
		return WAIT_INSERT;
	/* A key that is here and will not do is no reason to wait for it. */
	if (run->key_wait_ms == 0 || run->held > 0 ||
	    (end != 0 && end != CEREMONY_NOT_HERE && end != CEREMONY_UNPLUGGED))
		return WAIT_NOT;
	return WAIT_INSERT;
}

static int64_t insert_until(const struct ceremony_run *run)
{
	int64_t until = run->deadline;

	if (run->waiting == WAIT_HELD)
		until = run->began + CEREMONY_HELD_MS;
	else if (run->waiting == WAIT_INSERT && !run->session->conditional)
		until = run->waiting_since + run->key_wait_ms;
	return until < run->deadline ? until : run->deadline;
}

bool insert_wait(struct ceremony_run *run, int64_t *ret_until)
{
	enum ceremony_wait what = insert_what(run);
	bool news = what != run->waiting || run->waiting_since == 0;

	run->waiting = what;
	if (what == WAIT_NOT)
		return false;
	if (news)
		run->waiting_since = wire_clock();
	*ret_until = insert_until(run);
	if (news)
		insert_say(run, *ret_until);
	return wire_clock() < *ret_until;
}

void insert_give_up(struct ceremony_run *run)
{
	static const struct ceremony_result held = {
		.end = CEREMONY_BUSY,
		.detail = "another program has it",
	};
	static const struct ceremony_result queued = {
		.end = CEREMONY_BUSY,
		.detail = "another login has it",
	};

	if (run->held || run->queued)
		ceremony_keep(run, run->held ? &held : &queued);
}

/* ---- how long --------------------------------------------------------------------------- */

static bool insert_has(const struct session *session, enum webcred_type type)
{
	size_t i;

	for (i = 0; i < session->n_usable; i++) {
		if (session->usable[i].type == type)
			return true;
	}
	return false;
}

/* auto: who has another way in does not wait for a key that may lie at home; and a
 * name that somebody typed in tells nobody what is enrolled for it. */
uint32_t session_key_wait(const struct session *session, const struct order *order, size_t at)
{
	size_t i;

	if (session->mediation == WEBCRED_MEDIATION_IMMEDIATE)
		return 0;
	if (session->policy.key_wait_ms != POLICY_KEY_WAIT_AUTO)
		return session->policy.key_wait_ms;
	if (session->assign.requester != session->assign.uid)
		return 0;
	for (i = at + 1; i < order->n; i++) {
		if (insert_has(session, order->step[i].type))
			return 0;
	}
	return POLICY_KEY_WAIT_AUTO_MS;
}

/* A key that is to be enrolled is waited for by whoever enrols it. */
uint32_t insert_key_wait(const struct session *session, const struct type_ceremony *ceremony)
{
	if (ceremony->kind == CEREMONY_GET)
		return session->key_wait_ms;
	return session->policy.key_wait_ms == POLICY_KEY_WAIT_AUTO ? POLICY_KEY_WAIT_AUTO_MS
								   : session->policy.key_wait_ms;
}

int session_insert_pretend(struct session *session)
{
	static const struct type_ceremony ceremony = {.kind = CEREMONY_GET};
	struct ceremony_run run = {.session = session, .ceremony = &ceremony};
	uint32_t wait = session->policy.key_wait_ms;
	uint8_t message[64];
	int64_t until;
	ssize_t n;

	if (wait == POLICY_KEY_WAIT_AUTO || wait == 0 || session->policy.remote ||
	    session->mediation == WEBCRED_MEDIATION_SILENT ||
	    session->mediation == WEBCRED_MEDIATION_IMMEDIATE)
		return 0;
	run.deadline = session_deadline(session, session->policy.timeout_ms);
	run.key_wait_ms = wait;
	if (!insert_wait(&run, &until) || run.trouble != 0)
		return run.trouble;
	n = wire_recv(session->client, message, sizeof(message), NULL, session->keeper, until);
	return n == -ETIMEDOUT ? 0 : WEBCRED_ABORTED;
}
