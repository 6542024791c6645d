/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) the webcred authors */
/*
 * make_peers - the other modules' files, with the same seeds.
 *
 *   oath hotp|totp FORMAT FIRST COUNT     a users file's lines, to stdout
 *   google hotp|totp FORMAT FIRST COUNT   .google_authenticator in each home
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/login.h"

static void name_of(const char *format, int number, char name[64])
{
	const char *at = strstr(format, "%d");

	if (at)
		snprintf(name, 64, "%.*s%d", (int)(at - format), format, number);
	else
		snprintf(name, 64, "%s", format);
}

static void oath_line(const char *name, bool totp)
{
	uint8_t seed[SEED_SIZE];

	otp_seed(name, seed);
	printf("%s\t%s\t-\t", totp ? "HOTP/T30/6" : "HOTP", name);
	for (int i = 0; i < SEED_SIZE; i++)
		printf("%02x", seed[i]);
	putchar('\n');
}

/* RFC 4648: 20 bytes are 32 characters, without padding. */
static void base32(const uint8_t seed[SEED_SIZE], char text[33])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

	for (int i = 0; i < 32; i++) {
		int bit = i * 5, value = seed[bit / 8] << 8;

		if (bit / 8 + 1 < SEED_SIZE)
			value |= seed[bit / 8 + 1];
		text[i] = alphabet[(value >> (11 - bit % 8)) & 31];
	}
	text[32] = '\0';
}

/* As google-authenticator(1) writes it, with reuse forbidden; no rate limit. */
static int google_file(const char *name, bool totp)
{
	const struct passwd *entry = getpwnam(name);
	uint8_t seed[SEED_SIZE];
	char path[512], text[33];
	FILE *file;

	if (!entry)
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/.google_authenticator", entry->pw_dir);
	otp_seed(name, seed);
	base32(seed, text);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fprintf(file, "%s\n%s\" WINDOW_SIZE 5\n%s", text, totp ? "" : "\" HOTP_COUNTER 1\n",
		totp ? "\" DISALLOW_REUSE\n\" TOTP_AUTH\n" : "");
	if (fchmod(fileno(file), 0400) != 0 ||
	    fchown(fileno(file), entry->pw_uid, entry->pw_gid) != 0) {
		fclose(file);
		return -errno;
	}
	return fclose(file) == 0 ? 0 : -errno;
}

int main(int argc, char **argv)
{
	char name[64];

	if (argc != 6) {
		fputs("usage: make_peers oath|google hotp|totp FORMAT FIRST COUNT\n", stderr);
		return 2;
	}
	for (int i = atoi(argv[4]), end = i + atoi(argv[5]); i < end; i++) {
		bool totp = strcmp(argv[2], "totp") == 0;
		int r = 0;

		name_of(argv[3], i, name);
		if (strcmp(argv[1], "oath") == 0)
			oath_line(name, totp);
		else
			r = google_file(name, totp);
		if (r != 0) {
			fprintf(stderr, "make_peers: %s: %s\n", name, strerror(-r));
			return 1;
		}
	}
	return 0;
}
