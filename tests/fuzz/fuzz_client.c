/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * libwebcred as a caller has it, against an authority that says anything.  The
 * first byte is the call, the second what the mediator does.
 */
#include <errno.h>
#include <unistd.h>

#include "lib/client/client.h"
#include "tests/fuzz/talk.h"

/* The socket is talk's. */
int __wrap_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd);
int __wrap_connect_open(struct webcred_container *container, enum wire_verb verb, int *ret_fd)
{
	container->hello.verb = (uint16_t)verb;
	*ret_fd = talk_descriptor();
	return 0;
}

static uint8_t manner;

static int on_ask(void *context, enum webcred_ask kind, const char *text,
		  struct webcred_secret *answer)
{
	(void)context;
	fuzz_insist(kind >= WEBCRED_ASK_SECRET && kind <= WEBCRED_ASK_CODE);
	fuzz_insist(strlen(text) <= WIRE_TEXT_MAX && !strpbrk(text, "\033\r\b"));
	(void)webcred_secret_set(answer, "answer", 6);
	return manner & 0x01 ? WEBCRED_NOT_ALLOWED : manner & 0x02 ? -5 : 0;
}

static int on_show(void *context, enum webcred_show kind, const char *text)
{
	(void)context;
	fuzz_insist(kind >= WEBCRED_SHOW_INFO && kind <= WEBCRED_SHOW_SECRET);
	fuzz_insist(strlen(text) <= WIRE_TEXT_MAX && !strpbrk(text, "\033\r\b"));
	return manner & 0x04 ? 17 : 0;
}

static int on_entry(void *context, const struct webcred_credential *credential)
{
	(void)context;
	fuzz_insist(!webcred_credential_granted(credential));
	return manner & 0x08 ? 3 : 0;
}

static int on_account(void *context, const char *name, uid_t uid, bool locked)
{
	(void)context;
	(void)uid;
	(void)locked;
	fuzz_insist(name[0] != '\0' && strlen(name) <= WIRE_NAME_MAX);
	return 0;
}

static int on_person(void *context, const struct webcred_person *person)
{
	(void)context;
	fuzz_insist(person->name[0] != '\0' && strlen(person->name) <= WIRE_NAME_MAX);
	return manner & 0x08 ? 3 : 0;
}

static struct webcred_credential *credential;

/* What is passed is the authority's to judge. */
static int on_agent(void *context, int *ret_fd)
{
	(void)context;
	if (manner & 0x08)
		return manner & 0x04 ? -EIO : -ENODATA;
	*ret_fd = talk_descriptor();
	return 0;
}

static int change(struct webcred_container *container, uint8_t which,
		  const struct webcred_mediator *mediator)
{
	static const uint8_t id[WIRE_ID_SIZE];
	struct webcred_creation creation = {.size = sizeof(creation),
					    .type = WEBCRED_TYPE_OTP,
					    .backend = "totp",
					    .label = "phone"};
	const struct webcred_order order = {.size = sizeof(order),
					    .id = 70000,
					    .gecos = "Alice",
					    .join = "wheel",
					    .has_expires = true,
					    .expires = 1700000000};
	struct webcred_secret *password = webcred_secret_new();
	int r = -1;

	(void)webcred_secret_set(password, "password", 8);
	switch (which) {
	case 0:
		r = webcred_create(container, &creation, mediator, &credential);
		break;
	case 1:
		r = webcred_store(container, password, mediator);
		break;
	case 2:
		r = webcred_remove(container, id, mediator);
		break;
	case 3:
		r = webcred_invite(container, 60, mediator);
		break;
	case 4:
		r = webcred_import(container, "openssh-sk\nx", mediator);
		break;
	case 5:
		r = webcred_people(container, WEBCRED_PERSON_ADD, &order, on_person, NULL);
		break;
	case 6:
		r = webcred_account_check(container);
		break;
	}
	webcred_secret_free(password);
	return r;
}

static int call(struct webcred_container *container, uint8_t which,
		const struct webcred_mediator *mediator)
{
	struct webcred_request *request = NULL;
	int r = -1, fd = -1;

	fuzz_insist(webcred_request_new(&request) == 0);
	switch (which) {
	case 0:
		r = webcred_get(container, request, mediator, &credential);
		break;
	case 1:
		r = webcred_settle(container, "0123456789abcdef0123456789abcdef", 32);
		break;
	case 2:
		r = webcred_list(container, on_entry, NULL);
		break;
	case 3:
		r = webcred_describe(container, mediator);
		break;
	case 4:
		r = webcred_accounts(container, on_account, NULL);
		break;
	case 5:
		r = webcred_backup(container, &fd);
		fuzz_insist((r == 0) == (fd >= 0));
		if (fd >= 0)
			(void)close(fd);
		break;
	case 6:
		r = webcred_prevent_silent_access(container);
		break;
	case 7:
		r = webcred_prove(container, request, mediator);
		if (r == 0)
			r = webcred_rename(container, (const uint8_t *)"0123456789abcdef", "new",
					   mediator);
		break;
	default:
		r = change(container, (uint8_t)(which - 8), mediator);
	}
	webcred_request_free(request);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct webcred_mediator mediator = {.size = sizeof(mediator)};
	struct webcred_container *container = NULL;
	int r;

	if (size < 2)
		return 0;
	manner = data[1];
	if (!(manner & 0x10))
		mediator.ask = on_ask;
	if (!(manner & 0x20))
		mediator.show = on_show;
	if (manner & 0x40)
		mediator.agent = on_agent;
	talk_begin(data + 2, size - 2, -1, NULL);
	credential = NULL;
	fuzz_insist(webcred_container_open("alice", 1000, &container) == 0);
	fuzz_insist(webcred_container_set_service(container, "login") == 0);
	r = call(container, data[0] % 15, &mediator);
	fuzz_insist(r == 0 || !credential);
	fuzz_insist(strlen(webcred_container_message(container)) < CLIENT_MESSAGE_MAX);
	webcred_credential_free(credential);
	webcred_container_close(container);
	return 0;
}
