/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * session_pin - the PIN of a security key: one try, or as many as pin_tries = says, on one
 * key, and the last two on request alone.
 */
#include "authority/session_ceremony.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/types/public_key.h"

/* Eight wrong ones in a row and the key is lost: what is left of them below this
 * is spent by nobody who does not say so. */
#define PIN_TRIES_DEAR 2
#define PIN_TRIES_UNKNOWN 255 /* ceremony.h: CEREMONY_PIN */

/* The secret that such a service has at hand is the login password, and eight of
 * those typed into PIN prompts kill a key: it is passed over, and the order goes on. */
static void pin_pass_over(struct ceremony_run *run, struct ceremony_key *key, const char *why)
{
	struct ceremony_result unable = {.end = CEREMONY_UNABLE};

	snprintf(unable.detail, sizeof(unable.detail), "%s", why);
	ceremony_keep(run, &unable);
	ceremony_say(run, key, CEREMONY_CANCEL);
}

/* A program that answers every prompt with the login password does not say yes. */
static int pin_dare(struct ceremony_run *run, uint8_t tries, uint8_t again, bool *ret_yes)
{
	struct webcred_secret *answer = secret_new();
	char text[224];
	int r = answer ? 0 : -ENOMEM;

	*ret_yes = false;
	snprintf(text, sizeof(text),
		 "%sOnly %u %s left for the PIN of this key, and after the last one it must be "
		 "reset. Type yes to use %s: ",
		 public_key_pin_again(again), tries, tries == 1 ? "try is" : "tries are",
		 tries == 1 ? "it" : "one");
	if (r == 0)
		r = session_ask(run->session, WEBCRED_ASK_VISIBLE, text, answer);
	if (r == 0)
		*ret_yes = secret_len(answer) == 3 && !memcmp(secret_bytes(answer), "yes", 3);
	secret_free(answer);
	return r;
}

static void pin_ask(struct ceremony_run *run, struct ceremony_key *key, uint8_t tries,
		    uint8_t again)
{
	struct webcred_secret *pin = secret_new();
	char text[256];
	int r;

	if (!pin) {
		run->trouble = -ENOMEM;
		return;
	}
	public_key_pin_text(ceremony_label(run, key), tries, again, text, sizeof(text));
	r = session_ask(run->session, WEBCRED_ASK_SECRET, text, pin);
	if (r == 0 && secret_len(pin) > 0) {
		wire_begin(&run->session->out, (enum wire_message)CEREMONY_PIN);
		wire_put_bytes(&run->session->out, secret_bytes(pin), secret_len(pin));
		ceremony_send(run, key, &run->session->out);
		wire_wipe(&run->session->out);
	} else {
		run->trouble = r == 0 ? WEBCRED_NOT_ALLOWED : r;
	}
	secret_free(pin);
}

/* One key a login: the tries of the others are the person's.  How often, is not for the
 * key's helper to say.  And no second prompt while the first still stands. */
static bool pin_allowed(const struct ceremony_run *run, const struct ceremony_key *key,
			uint8_t tries)
{
	uint8_t most = run->ceremony->pin_tries;

	if (run->session->conditional)
		return false;
	/* Behind a wrong one, how many are left has to be known: they may be the last two. */
	return key->pins == 0 ? !run->pin_asked : key->pins < most && tries < PIN_TRIES_UNKNOWN;
}

void ceremony_ask_pin(struct ceremony_run *run, struct ceremony_key *key, uint8_t tries,
		      uint8_t again)
{
	bool yes = true;

	if (run->session->policy.one_answer) {
		pin_pass_over(run, key, "it wants its PIN, which this service cannot ask for");
		return;
	}
	if (!pin_allowed(run, key, tries)) {
		ceremony_say(run, key, CEREMONY_CANCEL);
		return;
	}
	run->pin_asked = true;
	key->pins++;
	if (tries > 0 && tries <= PIN_TRIES_DEAR)
		run->trouble = pin_dare(run, tries, again, &yes);
	if (run->trouble != 0)
		return;
	if (yes)
		pin_ask(run, key, tries, again);
	else
		pin_pass_over(run, key, "its last PIN tries were not spent");
}
