/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
#include <stdio.h>
#include <string.h>

#include "selftest_client.h"

static void expect(int got, int want, const char *name, const char *with)
{
	char full[80], why[80];

	snprintf(full, sizeof(full), "%s-%s", with, name);
	snprintf(why, sizeof(why), "got 0x%02x, want 0x%02x", (unsigned)got, (unsigned)want);
	check(got == want, full, why);
}

static void expect_retries(struct client *c, int want, const char *name, const char *with)
{
	int n = -1;

	fido_dev_get_retry_count(c->dev, &n);
	expect(n, want, name, with);
}

static void pin_reopen(struct fixture *f, struct client *c, const char *const options[])
{
	client_close(c);
	check(fixture_stop(f), "stop", "status, link or socket");
	fixture_start(f, options);
	check(client_open(c, f->device), "replug", "cannot open");
}

static void pin_tries(struct fixture *f, struct client *c, const char *const options[],
		      const char *with)
{
	expect(client_get(c, true, true, false, "wrong", NULL), FIDO_ERR_PIN_INVALID, "wrong-1",
	       with);
	expect_retries(c, 7, "retries-7", with);
	check(fixture_logged(f, "pin-wrong retries=7") == 1, "pin-in-log", "no such line");
	expect(client_get(c, true, true, false, "12345", NULL), FIDO_OK, "right", with);
	expect_retries(c, 8, "retries-8", with);
	client_get(c, true, true, false, "wrong", NULL);
	client_get(c, true, true, false, "wrong", NULL);
	expect(client_get(c, true, true, false, "wrong", NULL), FIDO_ERR_PIN_AUTH_BLOCKED,
	       "three-wrong", with);
	expect(client_get(c, true, true, false, "12345", NULL), FIDO_ERR_PIN_AUTH_BLOCKED,
	       "right-but-blocked", with);
	pin_reopen(f, c, options);
	expect_retries(c, 5, "retries-after-replug", with);
	expect(client_get(c, true, true, false, "12345", NULL), FIDO_OK, "right-after-replug",
	       with);
	fixture_ctl(f, "block-pin");
	expect(client_get(c, true, true, false, "12345", NULL), FIDO_ERR_PIN_BLOCKED, "blocked",
	       with);
	fixture_ctl(f, "pin-retries=8");
}

static void pin_change(struct fixture *f, struct client *c, const char *with)
{
	expect(fido_dev_set_pin(c->dev, "123", "12345"), FIDO_ERR_PIN_POLICY_VIOLATION, "short",
	       with);
	expect(fido_dev_set_pin(c->dev, "6789", "12345"), FIDO_OK, "change", with);
	expect(client_get(c, true, true, false, "6789", NULL), FIDO_OK, "changed", with);
	fixture_ctl(f, "force-pin-change");
	check(client_get(c, true, true, false, "6789", NULL) != FIDO_OK, "force-pin-change",
	      "the old one still does");
	expect(fido_dev_set_pin(c->dev, "98765", "6789"), FIDO_OK, "forced-change", with);
	expect(client_get(c, true, true, false, "98765", NULL), FIDO_OK, "forced-changed", with);
}

static void pin_hmac_secret(struct client *c, const char *with)
{
	uint8_t first[32];

	expect(client_make(c, COSE_ES256, 3, false, true, true, "98765"), FIDO_OK, "hmac-make",
	       with);
	expect(client_get(c, true, true, true, "98765", NULL), FIDO_OK, "hmac-get", with);
	memcpy(first, c->hmac, sizeof(first));
	client_get(c, true, true, true, "98765", NULL);
	check(memcmp(first, c->hmac, sizeof(first)) == 0, "hmac-secret", "not the same twice");
}

static void pin_all(const char *const options[], const char *with)
{
	struct fixture f = {0};
	struct client c = {0};

	fixture_start(&f, options);
	check(client_open(&c, f.device), "pin-open", "cannot open");
	expect(client_make(&c, COSE_ES256, 1, false, false, false, NULL), FIDO_OK, "make-no-pin",
	       with);
	expect(fido_dev_set_pin(c.dev, "12345", NULL), FIDO_OK, "set", with);
	expect(client_make(&c, COSE_ES256, 1, false, false, false, NULL), FIDO_ERR_PIN_REQUIRED,
	       "make-wants-pin", with);
	expect(client_make(&c, COSE_EDDSA, 1, true, true, false, "12345"), FIDO_OK, "make", with);
	expect(client_get(&c, true, false, false, NULL, NULL), FIDO_OK, "get-without", with);
	pin_tries(&f, &c, options, with);
	pin_change(&f, &c, with);
	pin_hmac_secret(&c, with);
	fixture_ctl(&f, "lie=no-uv");
	check(client_get(&c, true, true, false, "98765", NULL) != FIDO_OK, "lie-no-uv",
	      "verified all the same");
	fixture_ctl(&f, "lie=none");
	expect(fido_dev_reset(c.dev), FIDO_OK, "reset", with);
	check(!fido_dev_has_pin(c.dev) ||
		      client_get(&c, true, false, false, NULL, NULL) == FIDO_ERR_NO_CREDENTIALS,
	      "reset-forgets", "something is left");
	client_close(&c);
	check(fixture_stop(&f), "stop", "status, link or socket");
	fixture_remove(&f);
}

static void pin_fingerprint(const char *const options[], const char *with, int failure)
{
	struct fixture f = {0};
	struct client c = {0};
	int n = -1;

	fixture_start(&f, options);
	check(client_open(&c, f.device) && fido_dev_has_uv(c.dev), "uv-open", "no uv");
	expect(client_make(&c, COSE_ES256, 1, true, true, false, NULL), FIDO_OK, "make", with);
	expect(client_get(&c, true, true, false, NULL, NULL), FIDO_OK, "get", with);
	fixture_ctl(&f, "uv=fail");
	expect(client_get(&c, true, true, false, NULL, NULL), failure, "wrong-finger", with);
	fido_dev_get_uv_retry_count(c.dev, &n);
	expect(n, 4, "retries", with);
	fixture_ctl(&f, "uv=blocked");
	check(client_get(&c, true, true, false, NULL, NULL) != FIDO_OK, "uv-blocked",
	      "not blocked");
	check(fixture_logged(&f, "uv-blocked") >= 1, "uv-blocked-in-log", "no such line");
	client_close(&c);
	check(fixture_stop(&f), "stop", "status, link or socket");
	fixture_remove(&f);
}

void selftest_pin(void)
{
	static const char *const one[] = {"--pin-protocols=1", NULL};
	static const char *const two[] = {"--pin-protocols=2", NULL};
	static const char *const old[] = {"--versions=U2F_V2,FIDO_2_0", "--pin-protocols=1", NULL};
	static const char *const uv[] = {"--uv=ok", NULL};
	static const char *const uv_old[] = {"--uv", "ok", "--versions", "FIDO_2_0", NULL};

	pin_all(one, "pin1");
	pin_all(two, "pin2");
	pin_all(old, "pin-old");
	pin_fingerprint(uv, "uv", FIDO_ERR_UV_INVALID);
	pin_fingerprint(uv_old, "uv-old", FIDO_ERR_OPERATION_DENIED);
}
