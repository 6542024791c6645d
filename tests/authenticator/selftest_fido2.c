/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftest_client.h"

static const char *const none[] = {NULL};

static void expect(int got, int want, const char *name)
{
	char why[80];

	snprintf(why, sizeof(why), "got 0x%02x, want 0x%02x", (unsigned)got, (unsigned)want);
	check(got == want, name, why);
}

static void fido2_algorithms(struct client *c, const char *prefix)
{
	static const struct {
		int algorithm;
		const char *name;
	} all[] = {{COSE_ES256, "es256"}, {COSE_EDDSA, "eddsa"}, {COSE_RS256, "rs256"}};
	char name[64];

	for (size_t i = 0; i < 6; i++) {
		bool rk = i >= 3;

		snprintf(name, sizeof(name), "%smake-%s%s", prefix, all[i % 3].name,
			 rk ? "-rk" : "");
		expect(client_make(c, all[i % 3].algorithm, 1, rk, false, false, NULL), FIDO_OK,
		       name);
		snprintf(name, sizeof(name), "%sget-%s%s", prefix, all[i % 3].name,
			 rk ? "-rk" : "");
		expect(client_get(c, !rk, false, false, NULL, NULL), FIDO_OK, name);
	}
}

static void fido2_accounts(struct client *c)
{
	size_t count = 0;

	client_make(c, COSE_ES256, 1, true, false, false, NULL);
	client_make(c, COSE_ES256, 2, true, false, false, NULL);
	expect(client_get(c, false, false, false, NULL, &count), FIDO_OK, "get-two-accounts");
	check(count == 2, "get-next-assertion", "an account was not overwritten, or is missing");
}

static void fido2_exclude(struct client *c)
{
	fido_cred_t *cred = fido_cred_new();
	const uint8_t hash[32] = {0};

	fido_cred_set_type(cred, COSE_ES256);
	fido_cred_set_clientdata_hash(cred, hash, 32);
	fido_cred_set_rp(cred, "example.org", NULL);
	fido_cred_set_user(cred, hash, 1, NULL, NULL, NULL);
	fido_cred_exclude(cred, c->id, c->id_len);
	expect(fido_dev_make_cred(c->dev, cred, NULL), FIDO_ERR_CREDENTIAL_EXCLUDED,
	       "make-excluded");
	fido_cred_free(&cred);
}

struct side {
	struct fixture *f;
	struct client *c;
	const char *command; /* NULL: cancel */
	int64_t at;
};

/* Wait for the ceremony to wait, then do what the test is about. */
static void *fido2_side(void *arg)
{
	struct side *side = arg;

	fixture_ctl(side->f, "wait-touch=5000");
	usleep(150000);
	side->at = clock_ms();
	if (side->command == NULL)
		fido_dev_cancel(side->c->dev);
	else
		fixture_ctl(side->f, side->command);
	return NULL;
}

static int fido2_get_beside(struct side *side)
{
	pthread_t thread;
	int r;

	if (pthread_create(&thread, NULL, fido2_side, side) != 0)
		abort();
	r = client_get(side->c, true, false, false, NULL, NULL);
	pthread_join(thread, NULL);
	return r;
}

static void fido2_touch(struct fixture *f, struct client *c)
{
	struct side side = {.f = f, .c = c};

	client_make(c, COSE_ES256, 1, false, false, false, NULL);
	fixture_ctl(f, "touch=wait");
	expect(fido2_get_beside(&side), FIDO_ERR_KEEPALIVE_CANCEL, "cancel");
	check(fixture_logged(f, "cancel-received") == 1 &&
		      fixture_logged(f, "answered status=0x2d") == 1 &&
		      fixture_logged(f, "keepalive") >= 1,
	      "cancel-in-log", "no such lines");
	side.command = "touch";
	expect(fido2_get_beside(&side), FIDO_OK, "touch");
	fixture_ctl(f, "touch-timeout=300");
	expect(client_get(c, true, false, false, NULL, NULL), FIDO_ERR_USER_ACTION_TIMEOUT,
	       "touch-timeout");
	fixture_ctl(f, "touch=refuse");
	expect(client_get(c, true, false, false, NULL, NULL), FIDO_ERR_OPERATION_DENIED, "refuse");
	fixture_ctl(f, "touch=120");
	fixture_ctl(f, "touch-timeout=30000");
	expect(client_get(c, true, false, false, NULL, NULL), FIDO_OK, "touch-later");
	fixture_ctl(f, "touch=auto");
}

/* The client's clock must end these, and the next client find a key. */
static void fido2_stall(struct fixture *f, const char *command, const char *undo)
{
	struct client c = {0};
	char name[64];
	int64_t start, took;
	int r;

	if (!client_open(&c, f->device) ||
	    client_make(&c, COSE_ES256, 1, false, false, false, NULL) != FIDO_OK)
		abort();
	fixture_ctl(f, command);
	fido_dev_set_timeout(c.dev, 400);
	start = clock_ms();
	r = client_get(&c, true, false, false, NULL, NULL);
	took = clock_ms() - start;
	snprintf(name, sizeof(name), "%s", command);
	check(r != FIDO_OK && took >= 350 && took < 2000, name, "no timeout");
	client_close(&c);
	if (!check(client_open(&c, f->device), "next-client", "cannot open"))
		abort();
	fixture_ctl(f, undo);
	expect(client_make(&c, COSE_ES256, 1, false, false, false, NULL), FIDO_OK, "recovers");
	client_close(&c);
}

static void fido2_cycles(struct fixture *f)
{
	int64_t start = clock_ms();
	char name[64];
	int bad = 0;

	for (int i = 0; i < 200; i++) {
		struct client c = {0};

		bad += !client_open(&c, f->device) || !fido_dev_is_fido2(c.dev);
		client_close(&c);
	}
	snprintf(name, sizeof(name), "cycles-200 # %lld ms", (long long)(clock_ms() - start));
	check(bad == 0, name, "some failed");
}

static void fido2_unplug(struct fixture *f, struct client *c)
{
	struct side side = {.f = f, .c = c, .command = "unplug"};
	int r, status = -1;

	fixture_ctl(f, "touch=wait");
	r = fido2_get_beside(&side);
	check(r != FIDO_OK && clock_ms() - side.at < 500, "unplug", "no error at once");
	check(waitpid(f->pid, &status, 0) == f->pid && status == 0, "unplug-exit", "bad status");
}

static void fido2_u2f(void)
{
	static const char *const options[] = {"--u2f-only", NULL};
	struct fixture f = {0};
	struct client c = {0};
	struct side side = {.f = &f, .c = &c, .command = "touch"};

	fixture_start(&f, options);
	check(client_open(&c, f.device) && !fido_dev_is_fido2(c.dev), "u2f-open", "is FIDO2");
	expect(client_make(&c, COSE_ES256, 1, false, false, false, NULL), FIDO_OK, "u2f-register");
	expect(client_get(&c, true, false, false, NULL, NULL), FIDO_OK, "u2f-authenticate");
	fixture_ctl(&f, "touch=wait");
	expect(fido2_get_beside(&side), FIDO_OK, "u2f-touch");
	fixture_ctl(&f, "touch=auto");
	fixture_ctl(&f, "lie=bad-signature");
	expect(client_get(&c, true, false, false, NULL, NULL), FIDO_ERR_INVALID_SIG,
	       "u2f-bad-signature");
	fixture_ctl(&f, "lie=none");
	c.id[0] ^= 1;
	expect(client_get(&c, true, false, false, NULL, NULL), FIDO_ERR_NO_CREDENTIALS,
	       "u2f-unknown");
	client_close(&c);
	check(fixture_stop(&f), "stop", "status, link or socket");
	fixture_remove(&f);
}

void selftest_fido2(void)
{
	static const char *const self[] = {"--attestation=self", "--versions=FIDO_2_0", NULL};
	struct fixture f = {0};
	struct client c = {0};

	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	fixture_start(&f, self);
	if (!client_open(&c, f.device))
		abort();
	fido2_algorithms(&c, "self-");
	client_close(&c);
	check(fixture_stop(&f), "stop", "status, link or socket");
	fixture_remove(&f);
	fixture_start(&f, none);
	if (!client_open(&c, f.device))
		abort();
	fido2_algorithms(&c, "");
	fido2_accounts(&c);
	fido2_exclude(&c);
	fido2_touch(&f, &c);
	client_close(&c);
	fido2_stall(&f, "stall=before", "stall=none");
	fido2_stall(&f, "stall=mid-frame", "stall=none");
	fido2_stall(&f, "flood=keepalives", "flood=none");
	fido2_stall(&f, "flood=reports", "flood=none");
	fido2_cycles(&f);
	fido_init(0);
	fido2_u2f();
	if (!client_open(&c, f.device) ||
	    client_make(&c, COSE_ES256, 1, false, false, false, NULL) != FIDO_OK)
		abort();
	fido2_unplug(&f, &c);
	client_close(&c);
	fixture_remove(&f);
}
