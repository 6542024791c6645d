/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/* nssdrive's courses of threads that are ended and of a module that is unloaded; see nssdrive.c. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/nssdrive.h"

#define ENDS_ROUNDS 50
#define ENDS_SECONDS 30

struct ends_call {
	const char *call, *key;
};

static void ends_do(const struct ends_call *call)
{
	struct answer *answer = malloc(sizeof(*answer));

	if (strcmp(call->call, "initgroups") == 0) {
		long n = 0, room = 1;
		gid_t *ids = calloc(1, sizeof(*ids));

		nss.initgroups(call->key, 70000, &n, &room, &ids, 0, &answer->error);
		free(ids);
	} else if (strcmp(call->call, "walks") == 0) {
		(void)(nss.setpwent(0), nss.setgrent(0));
		(void)(nss.endpwent(), nss.endgrent());
	} else {
		answer_get(answer, call->call, call->key, 65536, 0);
		if (answer->status != NSS_STATUS_SUCCESS)
			fail("%s: %s %d", call->call, answer_status(answer->status), answer->error);
	}
	free(answer);
}

/* fork(2) takes every lock of the module: if one was left behind, it waits for ever. */
static void ends_free(const char *what)
{
	int status;
	pid_t child;

	alarm(ENDS_SECONDS);
	child = fork();
	if (child == 0) {
		static const struct ends_call clara = {"pwnam", "clara"}, crew = {"grnam", "crew"};

		alarm(ENDS_SECONDS);
		ends_do(&clara);
		ends_do(&crew);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		fail("after %s was cancelled a child ended with %#x", what, (unsigned)status);
	alarm(0);
}

/* Cancelled ahead: whatever is a cancellation point inside would end the thread there. */
static void *ends_ahead(void *argument)
{
	int state;

	pthread_cancel(pthread_self());
	ends_do(argument);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (state != PTHREAD_CANCEL_ENABLE)
		fail("a call left cancellation disabled");
	*(const char **)argument = NULL;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
	pthread_testcancel();
	return NULL;
}

static void ends_each(void)
{
	static const struct ends_call calls[] = {
		{"pwnam", "clara"}, {"pwuid", "70000"}, {"grnam", "crew"},	 {"grgid", "70100"},
		{"pwent", NULL},    {"grent", NULL},	{"initgroups", "clara"}, {"walks", NULL}};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct ends_call call = calls[i];
		pthread_t thread;
		void *end;

		if (pthread_create(&thread, NULL, ends_ahead, &call) != 0)
			fail("no thread");
		pthread_join(thread, &end);
		if (call.call)
			fail("a thread was ended inside %s", calls[i].call);
		if (end != PTHREAD_CANCELED)
			fail("a thread was not cancelled after %s", calls[i].call);
		ends_free(calls[i].call);
	}
}

static atomic_int ends_answers;

static void *ends_at_any_time(void *argument)
{
	char *buffer = argument;
	struct passwd person;
	int error, type;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	for (;;) {
		if (nss.getpwnam("clara", &person, buffer, 4096, &error) != NSS_STATUS_SUCCESS)
			_exit(1);
		ends_answers++;
	}
	return NULL;
}

void course_cancel(void)
{
	static char buffer[4096];

	ends_each();
	for (int i = 0; i < ENDS_ROUNDS; i++) {
		pthread_t thread;
		void *end;

		ends_answers = 0;
		if (pthread_create(&thread, NULL, ends_at_any_time, buffer) != 0)
			fail("no thread");
		while (ends_answers <= i)
			sched_yield();
		pthread_cancel(thread);
		pthread_join(thread, &end);
		ends_free("a look-up");
	}
	printf("nothing was held\n");
}

/* What the module has open: two databases that it keeps, two that are walked through. */
void course_unload(void)
{
	static const struct ends_call calls[] = {
		{"pwnam", "clara"}, {"grnam", "crew"}, {"pwent", NULL}, {"grent", NULL}};
	int fd, status;
	pid_t child;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
			ends_do(&calls[i]);
		if (kept_count(&fd) != 4)
			fail("%d descriptors are open", kept_count(&fd));
		nss_unload();
		if (kept_count(&fd) != 0)
			fail("%d descriptors are left", kept_count(&fd));
		/* What fork(2) was told to call must be gone as well. */
		child = fork();
		if (child == 0)
			_exit(0);
		if (waitpid(child, &status, 0) != child || status != 0)
			fail("a child ended with %#x", (unsigned)status);
		nss_load();
	}
	printf("nothing is left\n");
}
