/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * accounts - an account for each type, enrolled by root through libwebcred, and
 * the answers that let it in.  The security key's was enrolled by faults.sh.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/client/webcred.h"
#include "tests/faults/faults.h"

#define CODES_KEPT 4 /* recovery codes left when a new set is made */
#define TOTP_PERIOD 30
#define HOTP_BEHIND 3 /* counters whose codes are refused, should a later one's be the same */

static const struct login login_types[LOGIN_TYPES] = {
	[LOGIN_PASSWORD] = {LOGIN_PASSWORD, "password", "alice", "password"},
	[LOGIN_TOTP] = {LOGIN_TOTP, "totp", "bob", "otp"},
	[LOGIN_HOTP] = {LOGIN_HOTP, "hotp", "carol", "otp"},
	[LOGIN_RECOVERY] = {LOGIN_RECOVERY, "recovery", "dave", "otp"},
	[LOGIN_KEY] = {LOGIN_KEY, "public-key", "heidi", "key"},
};

static struct webcred_container *login_open(const struct login *login)
{
	struct webcred_container *container = NULL;
	const struct passwd *account = getpwnam(login->user);

	if (account == NULL ||
	    webcred_container_open(login->user, account->pw_uid, &container) != 0)
		broken("no container for %s", login->user);
	(void)webcred_container_set_service(container, "webcred");
	return container;
}

static uint64_t login_step(void)
{
	return (uint64_t)(time(NULL) + atomic_load(&control->clock)) / TOTP_PERIOD;
}

static void login_code(const struct login *login, uint64_t moving, char answer[ANSWER_MAX])
{
	snprintf(answer, ANSWER_MAX, "%06u", code_hotp(login->seed, moving));
}

/* ---- enrolment ---------------------------------------------------------------- */

static int login_ask(void *context, enum webcred_ask kind, const char *text,
		     struct webcred_secret *answer)
{
	struct login *login = context;
	char code[ANSWER_MAX];

	(void)kind;
	(void)text;
	login_code(login, login->type == LOGIN_TOTP ? login_step() : login->counter++, code);
	return webcred_secret_set(answer, code, strlen(code));
}

static void login_take_codes(struct login *login, const char *text)
{
	for (; *text != '\0' && login->n_codes < 32; text += strcspn(text, "\n"), text++) {
		size_t len = strcspn(text, "\n");

		if (len >= 19 && text[4] == '-' && text[9] == '-' && text[14] == '-')
			snprintf(login->code[login->n_codes++], sizeof(login->code[0]), "%.19s",
				 text);
		if (text[len] == '\0')
			break;
	}
}

static int login_show(void *context, enum webcred_show kind, const char *text)
{
	struct login *login = context;
	const char *seed = strstr(text, "secret=");

	if (kind == WEBCRED_SHOW_URI && seed != NULL)
		snprintf(login->seed, sizeof(login->seed), "%.*s", (int)strcspn(seed + 7, "&"),
			 seed + 7);
	else if (kind == WEBCRED_SHOW_SECRET && login->type == LOGIN_RECOVERY)
		login_take_codes(login, text);
	return 0;
}

static void login_create(struct login *login)
{
	const struct webcred_mediator mediator = {
		.size = sizeof(mediator), .context = login, .ask = login_ask, .show = login_show};
	const struct webcred_creation creation = {
		.size = sizeof(creation), .type = WEBCRED_TYPE_OTP, .backend = login->name};
	struct webcred_container *container = login_open(login);
	struct webcred_credential *made = NULL;
	int r = webcred_create(container, &creation, &mediator, &made);

	if (r != 0)
		broken("cannot enrol %s for %s: %d %s", login->name, login->user, r,
		       webcred_container_message(container));
	webcred_credential_free(made);
	webcred_container_close(container);
}

void login_set_password(struct login *login, const char *password)
{
	const struct webcred_mediator mediator = {.size = sizeof(mediator)};
	struct webcred_container *container = login_open(login);
	struct webcred_secret *secret = webcred_secret_new();

	if (secret == NULL || webcred_secret_set(secret, password, strlen(password)) != 0 ||
	    webcred_store(container, secret, &mediator) != 0)
		broken("cannot set %s's password: %s", login->user,
		       webcred_container_message(container));
	snprintf(login->password, sizeof(login->password), "%s", password);
	webcred_secret_free(secret);
	webcred_container_close(container);
}

/* ---- what is there -------------------------------------------------------------- */

struct login_list {
	unsigned n, n_remove;
	uint8_t remove[32][WEBCRED_CREDENTIAL_ID_SIZE];
	enum webcred_type type;
	const char *kind;
};

static int login_list_one(void *context, const struct webcred_credential *credential)
{
	struct login_list *list = context;

	list->n++;
	if (webcred_credential_type(credential) == list->type && list->n_remove < 32 &&
	    strcmp(webcred_credential_kind(credential), list->kind) == 0)
		memcpy(list->remove[list->n_remove++], webcred_credential_id(credential),
		       WEBCRED_CREDENTIAL_ID_SIZE);
	return 0;
}

unsigned login_credentials(const struct login *login)
{
	struct login_list list = {.kind = ""};
	struct webcred_container *container = login_open(login);

	if (webcred_list(container, login_list_one, &list) != 0)
		broken("cannot list %s's credentials: %s", login->user,
		       webcred_container_message(container));
	webcred_container_close(container);
	return list.n;
}

static int login_remove_once(struct login *login, enum webcred_type type, const char *kind)
{
	const struct webcred_mediator mediator = {.size = sizeof(mediator)};
	struct login_list list = {.type = type, .kind = kind};
	struct webcred_container *container = login_open(login);
	int r = webcred_list(container, login_list_one, &list);

	for (unsigned i = 0; r == 0 && i < list.n_remove; i++)
		r = webcred_remove(container, list.remove[i], &mediator);
	webcred_container_close(container);
	return r;
}

/* The authority may have ended of what failed, a moment ago. */
static void login_remove(struct login *login, enum webcred_type type, const char *kind)
{
	struct timespec nap = {.tv_nsec = 20 * 1000 * 1000};
	int r = 0;

	for (int i = 0; i < 250; i++) {
		r = login_remove_once(login, type, kind);
		if (r >= 0)
			break;
		nanosleep(&nap, NULL);
	}
	if (r != 0)
		broken("cannot remove %s's %s: %d", login->user, kind, r);
}

void login_restore(struct login *login)
{
	if (login->type != LOGIN_PASSWORD)
		login_remove(login, WEBCRED_TYPE_PASSWORD, "password");
}

/* ---- answers ------------------------------------------------------------------- */

void login_enrol(struct login *login, enum login_type type)
{
	*login = login_types[type];
	if (type == LOGIN_PASSWORD)
		login_set_password(login, "correct horse battery");
	else if (type != LOGIN_KEY)
		login_create(login);
	login->credentials = login_credentials(login);
}

static void login_next_recovery(struct login *login, char answer[ANSWER_MAX])
{
	if (login->n_codes <= CODES_KEPT) {
		login->n_codes = 0;
		login_remove(login, WEBCRED_TYPE_OTP, "recovery");
		login_create(login);
	}
	snprintf(answer, ANSWER_MAX, "%s", login->code[--login->n_codes]);
}

/* One whose code is none of the next three's: theirs would be taken for a used one. */
static uint64_t login_next_counter(struct login *login)
{
	for (uint64_t i = 1; i <= HOTP_BEHIND; i++) {
		if (code_hotp(login->seed, login->counter) !=
		    code_hotp(login->seed, login->counter + i))
			continue;
		login->counter++;
		i = 0;
	}
	return login->counter++;
}

void login_answer(struct login *login, char answer[ANSWER_MAX])
{
	answer[0] = '\0';
	switch (login->type) {
	case LOGIN_PASSWORD:
		snprintf(answer, ANSWER_MAX, "%s", login->password);
		break;
	case LOGIN_TOTP:
		atomic_fetch_add(&control->clock, 2 * TOTP_PERIOD);
		login_code(login, login_step(), answer);
		break;
	case LOGIN_HOTP:
		login_code(login, login_next_counter(login), answer);
		break;
	case LOGIN_RECOVERY:
		login_next_recovery(login, answer);
		break;
	case LOGIN_KEY:
	case LOGIN_TYPES:
		break;
	}
}

/* No code of any window is it: the next one that differs from hundreds. */
static unsigned login_far_code(const struct login *login)
{
	uint64_t from = login->type == LOGIN_TOTP ? login_step() - 128 : login->counter;
	unsigned code = (code_hotp(login->seed, from) + 314159) % 1000000;

	for (uint64_t i = 0; i < 256; i++) {
		if (code_hotp(login->seed, from + i) == code) {
			code = (code + 1) % 1000000;
			i = (uint64_t)-1;
		}
	}
	return code;
}

void login_wrong(const struct login *login, char answer[ANSWER_MAX])
{
	if (login->type == LOGIN_TOTP || login->type == LOGIN_HOTP)
		snprintf(answer, ANSWER_MAX, "%06u", login_far_code(login));
	else if (login->type == LOGIN_RECOVERY)
		snprintf(answer, ANSWER_MAX, "ABCD-EFGH-JKLM-NPQR");
	else
		snprintf(answer, ANSWER_MAX, "wrong horse battery");
}
