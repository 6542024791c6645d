/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_ceremony - one helper for each key that is present; the first that
 * answers wins, the others are cancelled (behaviour 68).  The person's end is
 * watched all the while: who goes away leaves no key blinking.
 */
#include "authority/session_ceremony.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/core/types/public_key.h"

/* ---- what the keys say --------------------------------------------------------------- */

const char *ceremony_label(const struct ceremony_run *run, const struct ceremony_key *key)
{
	const struct ceremony_entry *entry;
	size_t i;

	if (run->ceremony->kind == CEREMONY_CREATE || !key->present.found ||
	    key->present.entry >= run->ceremony->n_entries)
		return "";
	entry = &run->ceremony->entry[key->present.entry];
	for (i = 0; i < run->session->n_credentials; i++) {
		const struct credential *credential = &run->session->credentials[i];

		if (credential->external_len == entry->len &&
		    !memcmp(credential->external, entry->id, entry->len))
			return credential->label;
	}
	return "";
}

static unsigned ceremony_going(const struct ceremony_run *run)
{
	unsigned i, going = 0;

	for (i = 0; i < run->n; i++)
		going += run->key[i].channel >= 0 && run->key[i].going;
	return going;
}

/* For whoever shows it; no answer, and none is missed. */
static void ceremony_awaited(struct ceremony_run *run, bool awaited)
{
	if (run->awaited == awaited)
		return;
	run->awaited = awaited;
	wire_begin(&run->session->out, (enum wire_message)QUESTION_TOUCH);
	wire_put_u8(&run->session->out, awaited);
	(void)wire_send(run->session->keeper, run->session->out.bytes, run->session->out.len,
			wire_clock() + CEREMONY_CANCEL_MS);
}

static void ceremony_tell_touch(struct ceremony_run *run, struct ceremony_key *key,
				bool fingerprint)
{
	char text[256];

	ceremony_awaited(run, true);
	/* The prompt that is out already says that a key may be touched. */
	if (run->session->conditional)
		return;
	/* Several keys blink, and any of them will do. */
	if (ceremony_going(run) > 1)
		snprintf(text, sizeof(text), "Touch one of your security keys.");
	else
		public_key_touch_text(ceremony_label(run, key), fingerprint, text, sizeof(text));
	if (!run->touch_told)
		run->trouble = session_show(run->session, WEBCRED_SHOW_TOUCH, text);
	run->touch_told = true;
}

/* The reason that helps most: a wrong PIN says more than a key that was not touched. */
static unsigned ceremony_weight(enum ceremony_end end)
{
	static const uint8_t weight[CEREMONY_END_LAST + 1] = {
		[CEREMONY_NOT_HERE] = 1,	[CEREMONY_CANCELLED] = 1,
		[CEREMONY_UNPLUGGED] = 2,	[CEREMONY_BUSY] = 3,
		[CEREMONY_NO_TOUCH] = 4,	[CEREMONY_BROKEN] = 5,
		[CEREMONY_UNABLE] = 6,		[CEREMONY_PIN_UNSET] = 7,
		[CEREMONY_PIN_MUST_CHANGE] = 7, [CEREMONY_DECLINED] = 8,
		[CEREMONY_PIN_BLOCKED] = 9,	[CEREMONY_PIN_WRONG] = 10,
		[CEREMONY_PIN_SHORT] = 10,	[CEREMONY_PIN_LONG] = 10,
		[CEREMONY_EXCLUDED] = 11,	[CEREMONY_OK] = 12,
	};

	return end <= CEREMONY_END_LAST ? weight[end] : 0;
}

void ceremony_keep(struct ceremony_run *run, const struct ceremony_result *result)
{
	if (ceremony_weight(result->end) > ceremony_weight(run->result.end))
		run->result = *result;
}

/* Without a word of the key's own; detail: for the log. */
static void ceremony_over(struct ceremony_run *run, struct ceremony_key *key, enum ceremony_end end,
			  const char *detail)
{
	static struct ceremony_result result;

	close(key->channel);
	key->channel = -1;
	memset(&result, 0, sizeof(result));
	result.end = end;
	snprintf(result.detail, sizeof(result.detail), "%s", detail);
	ceremony_keep(run, &result);
}

/* A helper that has ended may have said why, and its end is heard in any case; one that lives and
 * was not told would be waited for. */
void ceremony_send(struct ceremony_run *run, struct ceremony_key *key, const struct wire_out *out)
{
	int r;

	if (key->channel < 0)
		return;
	r = wire_send(key->channel, out->bytes, out->len, wire_clock() + CEREMONY_LOOK_MS);
	if (r != 0 && r != -EPIPE)
		ceremony_over(run, key, CEREMONY_BROKEN, "its helper could not be told");
}

void ceremony_say(struct ceremony_run *run, struct ceremony_key *key, enum ceremony_message word)
{
	wire_begin(&run->session->out, (enum wire_message)word);
	ceremony_send(run, key, &run->session->out);
}

/* An excluded key that was touched, or a PIN that was wrong, ends it too. */
static bool ceremony_settles(enum ceremony_end end)
{
	return end == CEREMONY_OK || end == CEREMONY_EXCLUDED || end == CEREMONY_PIN_WRONG ||
	       end == CEREMONY_PIN_BLOCKED || end == CEREMONY_PIN_SHORT || end == CEREMONY_PIN_LONG;
}

static void ceremony_done(struct ceremony_run *run, struct ceremony_key *key, size_t len)
{
	static struct ceremony_result result;

	if (!ceremony_get_done(run->session->in, len, &result)) {
		ceremony_over(run, key, CEREMONY_BROKEN, "its helper reported nonsense");
		return;
	}
	close(key->channel);
	key->channel = -1;
	key->looked = true;
	if (run->won)
		return;
	run->won = ceremony_settles(result.end);
	ceremony_keep(run, &result);
}

static void ceremony_hear(struct ceremony_run *run, struct ceremony_key *key)
{
	struct session *session = run->session;
	struct wire_in in;
	uint8_t first, second;
	ssize_t n;

	n = wire_recv(key->channel, session->in, sizeof(session->in), NULL, -1, wire_clock());
	if (n == -ETIMEDOUT)
		return;
	if (n <= 0) {
		ceremony_over(run, key, CEREMONY_BROKEN, "its helper ended without a report");
		return;
	}
	switch (wire_open(&in, session->in, (size_t)n)) {
	case CEREMONY_PRESENT:
		key->looked = ceremony_get_present(session->in, (size_t)n, &key->present);
		return;
	case CEREMONY_TOUCH:
		first = wire_get_u8(&in);
		ceremony_tell_touch(run, key, first == 1);
		return;
	case CEREMONY_PIN:
		first = wire_get_u8(&in);
		second = wire_get_u8(&in);
		ceremony_ask_pin(run, key, first, second);
		return;
	case CEREMONY_DONE:
		ceremony_done(run, key, (size_t)n);
		return;
	default:
		ceremony_over(run, key, CEREMONY_BROKEN, "its helper reported nonsense");
	}
}

/* ---- waiting --------------------------------------------------------------------------- */

static void ceremony_hear_client(struct ceremony_run *run)
{
	if (run->session->conditional)
		run->answered = session_conditional_hear(run->session);
	else
		run->trouble = session_hear_end(run->session);
}

/* When something is due that no descriptor tells of. */
static int64_t ceremony_next(const struct ceremony_run *run, int64_t until)
{
	unsigned i;

	until = run->reask_at < until ? run->reask_at : until;
	until = run->go_at < until ? run->go_at : until;
	for (i = 0; i < run->n; i++) {
		const struct ceremony_key *key = &run->key[i];

		if (key->channel >= 0 && !key->looked && key->look_until < until)
			until = key->look_until;
	}
	return until;
}

/* One turn: until something was heard, or something is due. */
static void ceremony_turn(struct ceremony_run *run, int64_t until)
{
	struct pollfd wait[CEREMONY_KEYS_MAX + 2];
	int64_t left = ceremony_next(run, until) - wire_clock();
	unsigned i;

	for (i = 0; i < run->n; i++)
		wait[i] = (struct pollfd){.fd = run->key[i].channel, .events = POLLIN};
	wait[run->n] = (struct pollfd){.fd = run->session->client, .events = POLLIN};
	wait[run->n + 1] = (struct pollfd){.fd = run->session->keeper, .events = POLLIN};
	if (poll(wait, run->n + 2, left > 0 ? (int)left : 0) < 0) {
		if (errno != EINTR)
			run->trouble = -errno;
		return;
	}
	for (i = 0; i < run->n; i++) {
		if (wait[i].revents && run->key[i].channel >= 0)
			ceremony_hear(run, &run->key[i]);
		if (run->trouble || run->won)
			return;
	}
	if (wait[run->n].revents)
		ceremony_hear_client(run);
	if (wait[run->n + 1].revents)
		run->trouble = -ENODATA; /* the keeper speaks unasked: it is gone */
}

/* Those that are still looked at; what does not even answer the pre-flight will not
 * serve, and costs nobody but itself. */
static unsigned ceremony_looking(struct ceremony_run *run)
{
	int64_t now = wire_clock();
	unsigned i, looking = 0;

	for (i = 0; i < run->n; i++) {
		struct ceremony_key *key = &run->key[i];

		if (key->channel < 0 || key->looked)
			continue;
		if (now < key->look_until)
			looking++;
		else
			ceremony_over(run, key, CEREMONY_BROKEN, "it was not looked at in time");
	}
	return looking;
}

static bool ceremony_found(const struct ceremony_run *run, const struct ceremony_key *key)
{
	/* With no list, a discoverable credential may be on any of them. */
	return run->ceremony->kind == CEREMONY_CREATE || run->ceremony->n_entries == 0 ||
	       key->present.found;
}

/* Looked at, and not told to go: the first of them sets the clock for the rest. */
static unsigned ceremony_sort(struct ceremony_run *run)
{
	unsigned i, ready = 0;

	for (i = 0; i < run->n; i++) {
		struct ceremony_key *key = &run->key[i];

		if (key->channel < 0 || !key->looked || key->going)
			continue;
		if (ceremony_found(run, key))
			ready++;
		else
			ceremony_over(run, key, CEREMONY_NOT_HERE, "");
	}
	if (ready && run->go_at == INT64_MAX)
		run->go_at = wire_clock() + CEREMONY_SETTLE_MS;
	return ready;
}

static void ceremony_go(struct ceremony_run *run)
{
	unsigned i;

	run->go_at = INT64_MAX;
	for (i = 0; i < run->n; i++) {
		struct ceremony_key *key = &run->key[i];

		if (key->channel < 0 || !key->looked || key->going)
			continue;
		key->going = true;
		run->matching++;
	}
	for (i = 0; i < run->n; i++) {
		if (run->key[i].channel >= 0 && run->key[i].going && !run->key[i].told) {
			run->key[i].told = true;
			ceremony_say(run, &run->key[i], CEREMONY_GO);
		}
	}
}

/* Whatever is due now, keys that have come among it.  False when nothing is left
 * to wait for; *ret_until: no longer than that. */
static bool ceremony_step(struct ceremony_run *run, int64_t *ret_until)
{
	struct session_conditional *prompt = run->session->conditional;
	unsigned looking, ready;

	if (wire_clock() >= run->reask_at)
		insert_ask(run);
	looking = ceremony_looking(run);
	ready = ceremony_sort(run);
	/* None of them is slower than the rest, or those that are have had their time. */
	if (prompt && run->trouble == 0 && (!looking || wire_clock() >= run->go_at))
		run->trouble = session_conditional_ask(run->session);
	if (run->trouble)
		return false;
	if (ready && (!looking || wire_clock() >= run->go_at))
		ceremony_go(run);
	*ret_until = run->deadline;
	if (looking || ceremony_going(run) || run->go_at != INT64_MAX) {
		run->waiting_since = 0;
		return true;
	}
	run->touch_told = false;
	ceremony_awaited(run, false);
	/* Enter alone means the key, and no key blinks. */
	if (prompt && prompt->answered)
		return false;
	return insert_wait(run, ret_until);
}

static void ceremony_all(struct ceremony_run *run)
{
	int64_t until;

	while (!run->won && !run->answered && ceremony_step(run, &until) && !run->trouble) {
		if (wire_clock() >= run->deadline)
			break;
		ceremony_turn(run, until);
		if (run->trouble)
			break;
	}
	if (run->trouble || run->won || run->answered)
		return;
	if (ceremony_going(run))
		ceremony_keep(run, &(const struct ceremony_result){.end = CEREMONY_NO_TOUCH});
	else
		insert_give_up(run);
}

/* Nothing stays behind blinking, and no channel stays busy. */
static void ceremony_stop(struct ceremony_run *run)
{
	int64_t until = wire_clock() + CEREMONY_CANCEL_MS;
	unsigned i;

	for (i = 0; i < run->n; i++) {
		if (run->key[i].channel >= 0)
			ceremony_say(run, &run->key[i], CEREMONY_CANCEL);
	}
	for (i = 0; i < run->n; i++) {
		struct ceremony_key *key = &run->key[i];

		while (key->channel >= 0 &&
		       wire_recv(key->channel, run->session->in, sizeof(run->session->in), NULL, -1,
				 until) > 0 &&
		       run->session->in[0] != CEREMONY_DONE)
			;
		if (key->channel >= 0)
			close(key->channel);
		key->channel = -1;
	}
}

int session_ceremony(void *context, const struct type_ceremony *ceremony,
		     struct type_ceremony_result *ret_result)
{
	static struct ceremony_run run; /* large, and one to a process */

	memset(&run, 0, sizeof(run));
	run.session = context;
	run.ceremony = ceremony;
	run.began = wire_clock();
	run.deadline = session_deadline(run.session, ceremony->timeout_ms);
	run.key_wait_ms = insert_key_wait(run.session, ceremony);
	run.go_at = INT64_MAX;
	ceremony_all(&run);
	ceremony_awaited(&run, false);
	ceremony_stop(&run);
	if (run.trouble != 0)
		return run.trouble;
	ret_result->present = run.plugged;
	ret_result->matching = run.matching;
	ret_result->result = run.result;
	return 0;
}
